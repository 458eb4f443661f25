package streamcmd

import (
	"math"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/stream"
	"github.com/medleydb/medley/keyspace"
)

var xclaim = command.Spec{
	Name: "xclaim", Group: command.GroupStream, Since: "5.0.0", Arity: -6,
	Summary:    "Makes pending entries those of another consumer.",
	Syntax:     "key group consumer min-idle-time id [id ...] [IDLE ms] [TIME unix-time-milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID lastid]",
	Complexity: "O(log N) for each entry",
	Flags:      command.Write | command.Fast,
	Keys:       []command.KeySpec{command.Key(1, command.RW|command.Update)},
	Tips:       []string{"nondeterministic_output"},
	Run:        runXClaim,
}

var (
	errClaimIdle     = command.Errorf("Invalid min-idle-time argument for XCLAIM")
	errAutoClaimIdle = command.Errorf("Invalid min-idle-time argument for XAUTOCLAIM")
	errClaimIdleOpt  = command.Errorf("Invalid IDLE option argument for XCLAIM")
	errClaimTime     = command.Errorf("Invalid TIME option argument for XCLAIM")
	errClaimRetry    = command.Errorf("Invalid RETRYCOUNT option argument for XCLAIM")
)

// A claim is a consumer's taking over of pending entries.
type claim struct {
	c        *command.Context
	key      []byte
	s        stream.Stream
	g        stream.Group
	to       stream.Consumer
	created  bool
	told     bool // an effect names the consumer
	minIdle  int64
	timeMs   int64 // of the delivery
	retries  int64 // negative: one more than before
	justID   bool
	force    bool
	lastID   stream.ID
	lastTold bool
}

// openClaim opens the group, and makes the consumer if there is none.
func openClaim(c *command.Context, key, group []byte) (x claim, err error) {
	x = claim{c: c, key: key, retries: -1, timeMs: c.Tx.NowMs()}
	var ok bool
	x.s, ok, err = keyspace.Update[stream.Stream](c.Tx, key)
	c.Tx.Looked(key, ok || err != nil)
	if err != nil {
		return x, err
	}
	if x.g, ok = x.s.Group(group); !ok {
		return x, errNoGroup(key, group)
	}
	return x, nil
}

// begin makes the consumer if there is none.
func (x *claim) begin(consumer []byte) {
	x.to, x.created = x.g.AddConsumer(consumer, x.c.Tx.NowMs())
	x.to.Seen(x.c.Tx.NowMs())
	if x.created {
		groupsChanged(x.c, x.key, keyspace.EvXGroupCreateConsumer)
	}
}

// end names effects that nothing else has told.
func (x *claim) end() {
	if x.created && !x.told {
		effectConsumer(x.c, x.key, x.g, x.to)
	}
}

// runXClaim looks at the group before the other arguments, as servers of the field do.
func runXClaim(c *command.Context) error {
	key, group, consumer := c.Args.Key(), c.Args.Bytes(), c.Args.Bytes()
	x, err := openClaim(c, key, group)
	if err != nil {
		return err
	}
	x.minIdle = max(c.Args.IntOr(errClaimIdle), 0)
	ids := leadingIDs(&c.Args)
	for c.Args.More() {
		x.option(&c.Args)
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	raised := x.g.Raise(x.lastID)
	x.begin(consumer)
	mark, n := c.Reply.Open(), 0
	for _, id := range ids {
		if x.take(id) {
			n++
		}
	}
	c.Reply.Close(mark, n)
	if raised && !x.lastTold {
		c.Tx.Dirty()
		effectRead(c, key, x.g)
	}
	x.end()
	return nil
}

// leadingIDs takes arguments as long as they are IDs.
func leadingIDs(a *command.Args) (ids []stream.ID) {
	for a.More() {
		id, _, ok := stream.ParseID(a.Peek(), 0)
		if !ok {
			return ids
		}
		a.Bytes()
		ids = append(ids, id)
	}
	return ids
}

func (x *claim) option(a *command.Args) {
	now := x.c.Tx.NowMs()
	switch {
	case a.Word("FORCE"):
		x.force = true
	case a.Word("JUSTID"):
		x.justID = true
	case a.Option("IDLE", 1):
		x.at(now - a.IntOr(errClaimIdleOpt))
	case a.Option("TIME", 1):
		x.at(a.IntOr(errClaimTime))
	case a.Option("RETRYCOUNT", 1):
		x.retries = a.IntOr(errClaimRetry)
	case a.Option("LASTID", 1):
		x.lastID = idArg(a)
	default:
		a.Fail(command.Errorf("Unrecognized XCLAIM option '%s'", a.Peek()))
	}
}

// at sets the time of the delivery; one that cannot be is now.
func (x *claim) at(ms int64) {
	if now := x.c.Tx.NowMs(); ms < 0 || ms > now {
		ms = now
	}
	x.timeMs = ms
}

// take claims an entry and answers with it; false when there is nothing to claim.
func (x *claim) take(id stream.ID) bool {
	p, pending := x.g.Find(id)
	if !x.s.Has(id) {
		if pending {
			x.forget(p)
		}
		return false
	}
	if !pending {
		if !x.force {
			return false
		}
		p = x.g.Add(id, 1)
	}
	if x.tooFresh(p) {
		return false
	}
	x.give(p)
	return true
}

// tooFresh reports whether the entry is somebody's and was delivered lately.
func (x *claim) tooFresh(p stream.Pending) bool {
	return !x.g.Free(p) && x.c.Tx.NowMs()-p.TimeMs < x.minIdle
}

// forget removes what is pending of an entry that is gone.
func (x *claim) forget(p stream.Pending) {
	x.tell(p)
	x.g.Remove(p)
}

// tell names the effect of a pending entry's being as it is.
func (x *claim) tell(p stream.Pending) {
	x.c.Tx.Dirty()
	x.lastTold = true
	if p.Consumer == "" && x.g.Free(p) { // XCLAIM would make a consumer without a name
		x.c.Effect("XACK", x.key, []byte(x.g.Name()), idText(p.ID))
		return
	}
	x.told = x.told || p.Consumer == x.to.Name()
	effectClaim(x.c, x.key, x.g, p)
}

// give makes a pending entry the consumer's and answers with it.
func (x *claim) give(p stream.Pending) {
	c := x.c
	count := x.retries
	switch {
	case count >= 0:
	case x.justID:
		count = p.Count
	default:
		count = oneMore(p.Count)
	}
	if x.justID {
		replyID(c, p.ID)
	} else {
		it := x.s.Range(p.ID, p.ID, false)
		it.Next()
		replyEntry(c, &it)
	}
	x.g.Give(p, x.to, x.timeMs, count)
	x.to.Active(c.Tx.NowMs())
	p, _ = x.g.Find(p.ID)
	x.tell(p)
}

// oneMore returns the number of deliveries after another one.
func oneMore(count int64) int64 {
	if count == math.MaxInt64 {
		return count
	}
	return count + 1
}

var xautoclaim = command.Spec{
	Name: "xautoclaim", Group: command.GroupStream, Since: "6.2.0", Arity: -6,
	Summary: "Makes pending entries that nobody has touched for a while those of another consumer.",
	Syntax:  "key group consumer min-idle-time start [COUNT count] [JUSTID]", Complexity: "O(1), if COUNT is small",
	Flags: command.Write | command.Fast,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Delete)},
	Tips:  []string{"nondeterministic_output"},
	Run:   runXAutoClaim,
}

const (
	autoClaimCount = 100
	// looksPerClaim is how many pending entries XAUTOCLAIM looks at for each that it
	// may return.
	looksPerClaim = 10
)

func runXAutoClaim(c *command.Context) error {
	key, group, consumer := c.Args.Key(), c.Args.Bytes(), c.Args.Bytes()
	minIdle := max(c.Args.IntOr(errAutoClaimIdle), 0)
	start := startArg(&c.Args)
	count, justID := int64(autoClaimCount), false
	for c.Args.More() {
		switch {
		case c.Args.Option("COUNT", 1):
			count = c.Args.IntIn(1, math.MaxInt64/16, errClaimCount)
		case c.Args.Word("JUSTID"):
			justID = true
		default:
			c.Args.Fail(command.ErrSyntax)
		}
	}
	if err := c.Args.Err(); err != nil {
		c.Tx.Peek(key) // servers of the field look for the key first, and tell if there is none
		return err
	}

	x, err := openClaim(c, key, group)
	if err != nil {
		return err
	}
	x.minIdle, x.justID = minIdle, justID
	x.begin(consumer)
	list, next := x.candidates(start, count)

	c.Reply.Array(3)
	replyID(c, next)
	mark, n := c.Reply.Open(), 0
	var gone []stream.ID
	for _, p := range list {
		if !x.s.Has(p.ID) {
			x.forget(p)
			gone = append(gone, p.ID)
			continue
		}
		x.give(p)
		n++
	}
	c.Reply.Close(mark, n)
	c.Reply.Array(len(gone))
	for _, id := range gone {
		replyID(c, id)
	}
	x.end()
	return nil
}

// candidates returns the pending entries to claim or, where they are gone, to forget,
// and the ID to go on with, 0-0 at the end.
func (x *claim) candidates(start stream.ID, count int64) (list []stream.Pending, next stream.ID) {
	looks := count * looksPerClaim
	x.g.EachPending(stream.Consumer{}, start, func(p stream.Pending) bool {
		if looks == 0 || int64(len(list)) == count {
			next = p.ID
			return false
		}
		looks--
		if !x.s.Has(p.ID) || !x.tooFresh(p) {
			list = append(list, p)
		}
		return true
	})
	return list, next
}

var xnack = command.Spec{
	Name: "xnack", Group: command.GroupStream, Since: "8.8.0", Arity: -7,
	Summary: "Gives pending entries back to their group, for any consumer to claim at once.",
	Syntax:  "key group <SILENT | FAIL | FATAL> IDS numids id [id ...] [RETRYCOUNT count] [FORCE]", Complexity: "O(log N) for each entry",
	Flags: command.Write | command.Fast,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Update)},
	Run:   runXNack,
}

// A nack is what XNACK is asked for.
type nack struct {
	mode    nackMode
	ids     []stream.ID
	retries int64 // negative: as the mode says
	force   bool
}

type nackMode uint8

const (
	nackSilent nackMode = iota // the delivery does not count
	nackFail                   // it does
	nackFatal                  // there shall be no other
)

func nackArgs(a *command.Args) (x nack) {
	x.retries = -1
	switch {
	case a.Word("SILENT"):
	case a.Word("FAIL"):
		x.mode = nackFail
	case a.Word("FATAL"):
		x.mode = nackFatal
	default:
		a.Fail(command.ErrSyntax)
	}
	for a.More() {
		switch {
		case a.Option("RETRYCOUNT", 1):
			x.retries = a.IntIn(0, math.MaxInt64, errNackRetry)
		case a.Word("FORCE"):
			x.force = true
		case x.ids == nil:
			x.ids = numberedIDs(a)
		default:
			a.Fail(command.ErrSyntax)
		}
	}
	if x.ids == nil {
		a.Fail(command.ErrSyntax)
	}
	return x
}

var errNackRetry = command.Errorf("Invalid RETRYCOUNT option argument for XNACK")

// count returns how often an entry that had been delivered so often counts as delivered.
func (x *nack) count(was int64) int64 {
	switch {
	case x.retries >= 0:
		return x.retries
	case x.mode == nackFatal:
		return math.MaxInt64
	case x.mode == nackSilent:
		return max(was-1, 0)
	}
	return was
}

func runXNack(c *command.Context) error {
	key, group := c.Args.Key(), c.Args.Bytes()
	x := nackArgs(&c.Args)
	if err := c.Args.Err(); err != nil {
		return err
	}

	s, _, err := keyspace.Update[stream.Stream](c.Tx, key)
	if err != nil {
		return err
	}
	g, ok := s.Group(group)
	if !ok {
		return errNoGroup(key, group)
	}
	n := int64(0)
	for _, id := range x.ids {
		p, pending := g.Find(id)
		switch {
		case pending:
			g.Release(p, x.count(p.Count))
		case x.force && s.Has(id):
			g.Add(id, x.count(0))
		default:
			continue
		}
		n++
	}
	if n > 0 {
		c.Changed(key, keyspace.EvNone) // wakes those who wait to claim
	}

	c.Reply.Int(n)
	return nil
}

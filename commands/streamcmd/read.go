package streamcmd

import (
	"math"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/stream"
	"github.com/medleydb/medley/keyspace"
)

var xread = command.Spec{
	Name: "xread", Group: command.GroupStream, Since: "5.0.0", Arity: -4,
	Summary:    "Returns the entries of several streams behind given IDs, or waits for one.",
	Syntax:     "[COUNT count] [MAXCOUNT count] [MAXSIZE bytes] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]",
	Complexity: "O(N) in the number of entries returned, and O(log M) in that of all, for each stream",
	Flags:      command.ReadOnly | command.Blocking,
	Keys:       []command.KeySpec{{Flags: command.RO | command.Access, Keyword: "STREAMS", Begin: 1, Last: -1, Step: 1, Limit: 2}},
	Run:        runXRead,
}

var xreadgroup = command.Spec{
	Name: "xreadgroup", Group: command.GroupStream, Since: "5.0.0", Arity: -7,
	Summary: "Returns entries that no consumer of a group has got yet, or what is pending for one, or waits for an entry.",
	Syntax: "GROUP group consumer [COUNT count] [MAXCOUNT count] [MAXSIZE bytes] [BLOCK milliseconds] [CLAIM min-idle-time] [NOACK] " +
		"STREAMS key [key ...] id [id ...]",
	Complexity: "O(N) in the number of entries returned, and O(log M) in that of all, for each stream",
	Flags:      command.Write | command.Blocking,
	Keys:       []command.KeySpec{{Flags: command.RO | command.Access, Keyword: "STREAMS", Begin: 4, Last: -1, Step: 1, Limit: 2}},
	Run:        runXReadGroup,
}

// longIdle is longer in milliseconds than anything has been idle, and can be added to a
// time.
const longIdle = 1 << 50

// readArgs are the arguments of XREAD and XREADGROUP.
type readArgs struct {
	grouped         bool
	group, consumer []byte
	noAck           bool
	claim           bool
	minIdle         int64
	count           int64 // of each stream, negative for no limit
	maxCount        int64 // of all, likewise
	maxSize         int64 // likewise
	block           bool
	deadline        int64 // Unix milliseconds, 0 for none
	keys, ids       [][]byte
}

var (
	errUnbalanced      = command.Errorf("Unbalanced 'xread' list of streams: for each stream key an ID, '+', or '$' must be specified.")
	errUnbalancedGroup = command.Errorf("Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be specified.")
	errOnlyGroup       = command.Errorf("The GROUP option is only supported by XREADGROUP. You called XREAD instead.")
	errOnlyNoAck       = command.Errorf("The NOACK option is only supported by XREADGROUP. You called XREAD instead.")
	errOnlyClaim       = command.Errorf("The CLAIM option is only supported by XREADGROUP. You called XREAD instead.")
	errMissingGroup    = command.Errorf("Missing GROUP option for XREADGROUP")
	errOnlyNew         = command.Errorf("The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.")
	errDollar          = errMeaningless("$")
	errPlus            = errMeaningless("+")
	errMinIdle         = command.Errorf("min-idle-time must be a non-negative integer")
	errMaxCount        = command.Errorf("MAXCOUNT must be a positive integer, and not less than COUNT")
	errMaxSizeRead     = command.Errorf("MAXSIZE must be a positive integer")
)

func errMeaningless(id string) error {
	return command.Errorf("The %s ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, "+
		"or use the > ID to get new messages. The %s ID would just return an empty result set.", id, id)
}

func readOptions(c *command.Context, grouped bool) (r readArgs) {
	a := &c.Args
	r = readArgs{grouped: grouped, count: -1, maxCount: -1, maxSize: -1}
	for a.More() && r.keys == nil {
		switch {
		case a.Option("BLOCK", 1):
			r.block = true
			r.deadline = deadlineArg(c)
		case a.Option("COUNT", 1):
			if r.count = a.Int(); r.count <= 0 {
				r.count = -1
			}
		case a.Option("MAXCOUNT", 1):
			r.maxCount = a.IntIn(1, math.MaxInt64, errMaxCount)
		case a.Option("MAXSIZE", 1):
			r.maxSize = a.IntIn(1, math.MaxInt64, errMaxSizeRead)
		case a.Option("STREAMS", 1):
			r.streams(c)
		case a.Option("GROUP", 2):
			if !grouped {
				a.Fail(errOnlyGroup)
			}
			r.group, r.consumer = a.Bytes(), a.Bytes()
		case a.Word("NOACK"):
			if !grouped {
				a.Fail(errOnlyNoAck)
			}
			r.noAck = true
		case a.Option("CLAIM", 1):
			if !grouped {
				a.Fail(errOnlyClaim)
			}
			r.claim = true
			r.minIdle = min(a.IntIn(0, math.MaxInt64, errMinIdle), longIdle)
		default:
			a.Fail(command.ErrSyntax)
		}
	}
	switch {
	case a.Err() != nil:
	case r.keys == nil:
		a.Fail(command.ErrSyntax)
	case grouped && r.group == nil:
		a.Fail(errMissingGroup)
	case r.maxCount > 0 && r.count > r.maxCount:
		a.Fail(errMaxCount)
	}
	return r
}

// deadlineArg takes a timeout in milliseconds and makes it a deadline, 0 for none.
func deadlineArg(c *command.Context) int64 {
	ms := c.Args.IntOr(command.ErrTimeoutNotInt)
	switch {
	case c.Args.Err() != nil || ms == 0:
		return 0
	case ms < 0:
		c.Args.Fail(command.ErrTimeoutNegative)
	case ms > math.MaxInt64-c.Tx.NowMs():
		c.Args.Fail(command.ErrTimeoutRange)
	}
	return c.Tx.NowMs() + ms
}

// streams takes all that is left: keys, and as many IDs.
func (r *readArgs) streams(c *command.Context) {
	words := c.Args.Rest()
	n := len(words) / 2
	if len(words)%2 != 0 {
		if r.grouped {
			c.Args.Fail(errUnbalancedGroup)
		} else {
			c.Args.Fail(errUnbalanced)
		}
	}
	r.keys, r.ids = words[:n], words[n:]
}

// A source is one of the streams to be read.
type source struct {
	key     []byte
	s       stream.Stream
	found   bool // the key
	g       stream.Group
	c       stream.Consumer
	from    stream.ID
	end     bool // nothing can stand there
	is      readKind
	created bool // the consumer
	serve   bool // there is something
	n       int  // with a budget: how many entries
	claims  []stream.Pending
}

// A readKind says what is to be read.
type readKind uint8

const (
	readBehind  readKind = iota // what stands behind an ID
	readTop                     // the last entry (+)
	readNew                     // what the group has not read (>)
	readHistory                 // what is pending for the consumer
)

func runXRead(c *command.Context) error {
	r := readOptions(c, false)
	if err := c.Args.Err(); err != nil {
		return err
	}

	var room [2]source
	list, err := r.open(c, room[:0])
	if err != nil {
		return err
	}
	served := 0
	for i := range list {
		x := &list[i]
		top, ok := x.s.Top()
		if x.is == readTop && ok {
			x.from = top
		}
		if x.serve = ok && !x.end && !top.Less(x.from); x.serve {
			served++
		}
	}
	if r.limited() {
		served = r.budget(c, list)
	}
	if served == 0 {
		return r.wait(c, list)
	}

	c.Reply.Rows(served)
	for i := range list {
		if x := &list[i]; x.serve {
			c.Reply.Row()
			c.Reply.Bulk(x.key)
			it := x.s.Range(x.from, stream.MaxID, false)
			replyEntries(c, &it, r.countOf(x))
		}
	}
	return nil
}

// open opens the streams and makes out what is to be read.
func (r *readArgs) open(c *command.Context, list []source) ([]source, error) {
	for i, key := range r.keys {
		x := source{key: key}
		var err error
		if r.grouped {
			x.s, x.found, err = keyspace.Update[stream.Stream](c.Tx, key)
			c.Tx.Looked(key, x.found || err != nil)
			if err == nil {
				var ok bool
				if x.g, ok = x.s.Group(r.group); !ok {
					err = command.ReplyError(errNoGroup(key, r.group).Error() + " in XREADGROUP with GROUP option")
				}
			}
		} else {
			x.s, x.found, err = keyspace.Read[stream.Stream](c.Tx, key)
		}
		if err != nil {
			return nil, err
		}
		if err := r.target(c, &x, r.ids[i]); err != nil {
			return nil, err
		}
		list = append(list, x)
	}
	for i := range list { // servers of the field look again for what there is to serve
		c.Tx.Looked(list[i].key, list[i].found)
	}
	return list, nil
}

// target makes out from where the stream is to be read.
func (r *readArgs) target(c *command.Context, x *source, word []byte) error {
	var after stream.ID
	switch string(word) {
	case "$":
		if r.grouped {
			return errDollar
		}
		after = x.s.LastID()
	case "+":
		if r.grouped {
			return errPlus
		}
		x.is = readTop
		return nil
	case ">":
		if !r.grouped {
			return errOnlyNew
		}
		x.is = readNew
		after = x.g.Last()
	default:
		after = parseID(&c.Args, word)
		if err := c.Args.Err(); err != nil {
			return err
		}
		switch {
		case r.grouped && after == stream.MaxID: // servers of the field mean > by it
			x.is, after = readNew, x.g.Last()
		case r.grouped:
			x.is = readHistory
		}
	}
	x.behind(after)
	return nil
}

// behind makes the source begin behind an ID.
func (x *source) behind(id stream.ID) {
	next, ok := id.Next()
	x.from, x.end = next, !ok
}

func (r *readArgs) limited() bool { return r.maxCount > 0 || r.maxSize > 0 }

// countOf returns how many entries of the stream to return, negative for all.
func (r *readArgs) countOf(x *source) int64 {
	switch {
	case r.limited():
		return int64(x.n)
	case x.is == readTop:
		return 1
	}
	return r.count
}

// budget shares what all streams together may return, in their order, and returns how
// many of them have something then. The first entry is returned whatever its size.
func (r *readArgs) budget(c *command.Context, list []source) (served int) {
	left, size := r.maxCount, r.maxSize
	if left < 0 {
		left = math.MaxInt64
	}
	if size < 0 {
		size = math.MaxInt64
	}
	first := true
	for i := range list {
		x := &list[i]
		if !x.serve {
			continue
		}
		most := r.count
		if most < 0 || x.is == readTop {
			most = math.MaxInt64
			if x.is == readTop {
				most = 1
			}
		}
		x.eachSize(c.Scratch, func(n int64) bool {
			if int64(x.n) >= most || left <= 0 || size < n && !first {
				return false
			}
			first = false
			left--
			size -= n
			x.n++
			return true
		})
		if len(x.claims) > x.n {
			x.claims = x.claims[:x.n]
		}
		x.serve = x.n > 0 || x.is == readHistory
		if x.serve {
			served++
		}
	}
	return served
}

// eachSize calls fn with the bytes of the fields and values of each entry that there is
// to return, in order, until it says no.
func (x *source) eachSize(scratch []byte, fn func(n int64) bool) {
	for _, p := range x.claims {
		it := x.s.Range(p.ID, p.ID, false)
		if it.Next() && !fn(entrySize(&it, scratch)) {
			return
		}
	}
	if x.is == readHistory {
		x.g.EachPending(x.c, x.from, func(p stream.Pending) bool {
			it := x.s.Range(p.ID, p.ID, false)
			n := int64(0)
			if it.Next() {
				n = entrySize(&it, scratch)
			}
			return fn(n)
		})
		return
	}
	for it := x.s.Range(x.from, stream.MaxID, false); it.Next(); {
		if !fn(entrySize(&it, scratch)) {
			return
		}
	}
}

func entrySize(it *stream.Iter, scratch []byte) (n int64) {
	for it.NextField() {
		n += int64(len(it.Field(scratch)))
		n += int64(len(it.Value(scratch)))
	}
	return n
}

// wait waits for an entry, or answers that there is none.
func (r *readArgs) wait(c *command.Context, list []source) error {
	if !r.block {
		c.Reply.NullArray()
		return nil
	}
	w := command.Wait{
		Keys: r.keys, Kind: datatypes.Stream, Loss: r.grouped, DeadlineMs: r.deadline,
		TimedOut: command.Value{Kind: command.NullArray},
	}
	argv := c.Argv()
	for i := range list {
		if x := &list[i]; len(r.ids[i]) == 1 && r.ids[i][0] == '$' {
			// What is the last ID now must stay so when the command runs again.
			if w.Argv == nil {
				w.Argv = append([][]byte(nil), argv...)
			}
			w.Argv[len(argv)-len(r.ids)+i] = idText(x.s.LastID())
		}
		if oldest, ok := r.nextClaim(&list[i], c.Tx.NowMs()); ok && (w.RetryMs == 0 || oldest < w.RetryMs) {
			w.RetryMs = oldest
		}
	}
	return c.Park(w)
}

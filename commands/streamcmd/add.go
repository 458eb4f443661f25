package streamcmd

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/stream"
	"github.com/medleydb/medley/keyspace"
)

var xadd = command.Spec{
	Name: "xadd", Group: command.GroupStream, Since: "5.0.0", Arity: -5,
	Summary: "Adds an entry to a stream, which is made if there is none.",
	Syntax: "key [NOMKSTREAM] [KEEPREF | DELREF | ACKED] [IDMPAUTO producer-id | IDMP producer-id idempotent-id] " +
		"[<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> field value [field value ...]",
	Complexity: "O(1), and O(N) in the number of entries that are removed",
	Flags:      command.Write | command.DenyOOM | command.Fast,
	Keys:       []command.KeySpec{command.Key(1, command.RW|command.Update)},
	Tips:       []string{"nondeterministic_output"},
	Run:        runXAdd,
}

// trimArgs are the options that say what to remove from the start of a stream.
type trimArgs struct {
	trim   stream.Trim
	given  bool      // MAXLEN or MINID
	limit  bool      // LIMIT
	refs   bool      // a policy for references
	word   int       // position of MAXLEN or MINID among the arguments
	thresh int       // that of the threshold
	stop   stream.ID // with ACKED, where trimming stopped
}

// option takes one of the options; false when the next argument is none.
func (t *trimArgs) option(a *command.Args) bool {
	switch {
	case a.Option("MAXLEN", 1):
		t.bound(a, false)
	case a.Option("MINID", 1):
		t.bound(a, true)
	case a.Option("LIMIT", 1):
		t.limit = true
		t.trim.Limit = int(a.Int())
		if a.Err() == nil && t.trim.Limit < 0 {
			a.Fail(errLimit)
		}
	default:
		refs, ok := refsWord(a)
		if !ok {
			return false
		}
		if t.refs {
			a.Fail(command.ErrSyntax)
		}
		t.refs, t.trim.Refs = true, refs
	}
	return true
}

// refsWord takes a policy for references to entries that go.
func refsWord(a *command.Args) (refs stream.Refs, ok bool) {
	switch {
	case a.Word("KEEPREF"):
		return stream.KeepRefs, true
	case a.Word("DELREF"):
		return stream.DropRefs, true
	case a.Word("ACKED"):
		return stream.OnlyAcked, true
	}
	return 0, false
}

func (t *trimArgs) bound(a *command.Args, byID bool) {
	if t.given {
		a.Fail(errBothBounds)
		return
	}
	t.given, t.trim.ByID, t.trim.About = true, byID, false
	t.word = len(a.All()) - a.Len() - 1
	if a.Option("~", 1) {
		t.trim.About = true
	} else {
		a.Option("=", 1)
	}
	t.thresh = len(a.All()) - a.Len()
	if byID {
		t.trim.MinID = idArg(a)
		return
	}
	n := a.Int()
	if a.Err() == nil && n < 0 {
		a.Fail(errMaxLen)
	}
	t.trim.MaxLen = int(n)
}

// check completes the options once all are taken.
func (t *trimArgs) check(c *command.Context) {
	a := &c.Args
	if a.Err() != nil {
		return
	}
	const most, unlimited = 1_000_000, 10_000
	switch {
	case t.limit && !t.given:
		a.Fail(errLimitNoBound)
	case t.limit && !t.trim.About:
		a.Fail(errLimitExact)
	case t.trim.About && !t.limit:
		t.trim.Limit = 100 * c.Tx.Env().Limits.StreamNodeMaxEntries
		if t.trim.Limit <= 0 {
			t.trim.Limit = unlimited
		}
		t.trim.Limit = min(t.trim.Limit, most)
	}
}

// run trims the stream and returns how many entries have gone.
func (t *trimArgs) run(s stream.Stream) (n int) {
	switch {
	case !t.given:
		return 0
	case t.trim.Refs == stream.OnlyAcked:
		n, t.stop = s.TrimAcked(t.trim)
		return n
	}
	return s.Trim(t.trim)
}

// exact returns the arguments with an exact threshold in place of one that depends on
// how the stream is stored, or on a limit.
func (t *trimArgs) exact(argv [][]byte, s stream.Stream) [][]byte {
	if !t.given || !t.trim.About {
		return argv
	}
	out := append(make([][]byte, 0, len(argv)+1), argv[:t.word]...)
	switch {
	case t.trim.Refs == stream.OnlyAcked:
		out = append(out, wordMinID, wordExactly, idText(t.stop))
	case t.trim.ByID && s.Len() == 0:
		out = append(out, argv[t.word], wordExactly, argv[t.thresh]) // all have gone
	case t.trim.ByID:
		out = append(out, argv[t.word], wordExactly, idText(s.Info().First))
	default:
		out = append(out, argv[t.word], wordExactly, intText(int64(s.Len())))
	}
	rest := argv[t.thresh+1:]
	for len(rest) > 1 && command.EqualFold(rest[0], "LIMIT") {
		rest = rest[2:]
	}
	return append(out, rest...)
}

// addArgs are the arguments of XADD.
type addArgs struct {
	trimArgs
	noMake    bool
	id        stream.ID
	auto      bool // the ID is made here
	autoSeq   bool // its second half is
	idAt      int  // position of the ID
	idmp      bool
	idmpAuto  bool
	pid, name []byte
	fields    [][]byte
}

func addOptions(c *command.Context) (x addArgs) {
	a := &c.Args
	for a.Err() == nil {
		if b := a.Peek(); b == nil || len(b) == 1 && b[0] == '*' {
			break
		}
		switch {
		case a.Word("NOMKSTREAM"):
			x.noMake = true
			continue
		case a.Option("IDMP", 2), a.Option("IDMPAUTO", 1):
			x.idempotence(a)
			continue
		case x.option(a):
			continue
		}
		break
	}
	x.idAt = len(a.All()) - a.Len()
	x.takeID(a)
	x.check(c)
	x.fields = a.Rest()
	if n := len(x.fields); n == 0 || n%2 != 0 {
		a.Fail(command.ErrArity)
	}
	if x.idmp && !x.auto {
		a.Fail(errNamedID)
	}
	return x
}

func (x *addArgs) takeID(a *command.Args) {
	if !a.More() {
		a.Fail(command.ErrArity)
		return
	}
	b := a.Bytes()
	n := len(b)
	switch {
	case n == 1 && b[0] == '*':
		x.auto = true
	case n > 2 && b[n-2] == '-' && b[n-1] == '*':
		x.autoSeq = true
		x.id = parseID(a, b[:n-2])
	default:
		x.id = parseID(a, b)
	}
}

// idempotence takes what follows IDMP or IDMPAUTO.
func (x *addArgs) idempotence(a *command.Args) {
	if x.idmp {
		a.Fail(errNamedTwice)
		return
	}
	x.idmp = true
	argv := a.All()
	x.idmpAuto = command.EqualFold(argv[len(argv)-a.Len()-1], "IDMPAUTO")
	x.pid = a.Bytes()
	switch {
	case x.idmpAuto && len(x.pid) == 0:
		a.Fail(errAutoProducer)
	case len(x.pid) == 0:
		a.Fail(errProducer)
	case !x.idmpAuto:
		if x.name = a.Bytes(); len(x.name) == 0 {
			a.Fail(errIdempotent)
		}
	}
}

// Errors of idempotent production.
var (
	errNamedID      = command.Errorf("IDMP/IDMPAUTO can be used only with auto-generated IDs")
	errNamedTwice   = command.Errorf("IDMP/IDMPAUTO specified multiple times")
	errProducer     = command.Errorf("IDMP requires a non-empty producer ID")
	errIdempotent   = command.Errorf("IDMP requires a non-empty idempotent ID")
	errAutoProducer = command.Errorf("IDMPAUTO requires a non-empty producer ID")
)

// contentName derives the name of an entry from its fields.
func contentName(fields [][]byte) []byte {
	h := sha256.New()
	var n [8]byte
	for _, f := range fields {
		binary.LittleEndian.PutUint64(n[:], uint64(len(f)))
		h.Write(n[:])
		h.Write(f)
	}
	return h.Sum(nil)[:16]
}

// server returns the server's settings of idempotent production.
func server(c *command.Context) stream.Idempotence {
	cfg := c.Services.Config
	return stream.Idempotence{DurationSec: cfg.StreamIdmpDuration.Load(), MaxSize: cfg.StreamIdmpMaxsize.Load()}
}

func runXAdd(c *command.Context) error {
	key := c.Args.Key()
	x := addOptions(c)
	if err := c.Args.Err(); err != nil {
		return err
	}
	if !x.auto && !x.autoSeq && x.id.IsZero() {
		return stream.ErrZeroID
	}

	s, err := x.open(c, key)
	if err != nil || s.Value() == nil {
		return err
	}
	if x.idmpAuto {
		x.name = contentName(x.fields)
	}
	if x.idmp {
		if id, ok := s.Known(x.pid, x.name, server(c)); ok {
			s.Double()
			c.Tx.NoEffect()
			replyID(c, id)
			return nil
		}
	}
	if err := x.append(c, key, s); err != nil {
		return err
	}

	replyID(c, x.id)
	return nil
}

// open opens the stream; with NOMKSTREAM and without one it answers, and the handle is
// over nothing.
func (x *addArgs) open(c *command.Context, key []byte) (s stream.Stream, err error) {
	if !x.noMake {
		return keyspace.Upsert[stream.Stream](c.Tx, key)
	}
	s, ok, err := keyspace.Update[stream.Stream](c.Tx, key)
	if err == nil && !ok {
		c.Reply.Null()
		return stream.Stream{}, nil
	}
	return s, err
}

func (x *addArgs) append(c *command.Context, key []byte, s stream.Stream) (err error) {
	switch {
	case x.auto:
		x.id, err = s.NextID(c.Tx.NowMs())
	case x.autoSeq:
		x.id, err = s.NextSeq(x.id.Ms)
	}
	if err != nil {
		return err
	}
	if err := s.Append(x.id, x.fields); err != nil {
		return err
	}
	c.Changed(key, keyspace.EvXAdd)
	if x.idmp {
		s.Remember(x.pid, x.name, x.id, server(c))
	}
	if x.run(s) > 0 {
		c.AlsoChanged(key, keyspace.EvXTrim)
	}
	if c.Tx.Recording() {
		x.effect(c, key, s)
	}
	return nil
}

func (x *addArgs) effect(c *command.Context, key []byte, s stream.Stream) {
	argv := c.Argv()
	if x.idmp {
		x.namedEffect(c, key, s)
		return
	}
	if x.auto || x.autoSeq {
		argv = append([][]byte(nil), argv...)
		argv[x.idAt] = idText(x.id)
	}
	c.Tx.Effect(x.exact(argv, s)...)
}

// namedEffect is the effect of an entry with a name: the name is recorded while the entry
// is there, and only then what is too much removed.
func (x *addArgs) namedEffect(c *command.Context, key []byte, s stream.Stream) {
	id := idText(x.id)
	c.Effect("XADD", append([][]byte{key, id}, x.fields...)...)
	c.Effect("XIDMPRECORD", key, x.pid, x.name, id)
	if !x.given {
		return
	}
	argv := append([][]byte{key}, c.Argv()[x.word:x.thresh+1]...)
	t := x.trimArgs
	t.word, t.thresh = 1, len(argv)-1
	argv = t.exact(argv, s)
	switch x.trim.Refs {
	case stream.DropRefs:
		argv = append(argv, wordDelRef)
	case stream.OnlyAcked:
		argv = append(argv, wordAcked)
	}
	c.Effect("XTRIM", argv...)
}

var xtrim = command.Spec{
	Name: "xtrim", Group: command.GroupStream, Since: "5.0.0", Arity: -4,
	Summary:    "Removes entries from the start of a stream, down to a length or up to an ID.",
	Syntax:     "key <MAXLEN | MINID> [= | ~] threshold [LIMIT count] [KEEPREF | DELREF | ACKED]",
	Complexity: "O(N) in the number of entries that are removed",
	Flags:      command.Write,
	Keys:       []command.KeySpec{command.Key(1, command.RW|command.Delete)},
	Tips:       []string{"nondeterministic_output"},
	Run:        runXTrim,
}

func runXTrim(c *command.Context) error {
	key := c.Args.Key()
	var t trimArgs
	for c.Args.More() {
		if !t.option(&c.Args) {
			c.Args.Fail(command.ErrSyntax)
		}
	}
	t.check(c)
	if c.Args.Err() == nil && !t.given {
		c.Args.Fail(errNoBound)
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	s, _, err := keyspace.Update[stream.Stream](c.Tx, key)
	if err != nil {
		return err
	}
	n := t.run(s)
	if n > 0 {
		c.Changed(key, keyspace.EvXTrim)
		if c.Tx.Recording() {
			c.Tx.Effect(t.exact(c.Argv(), s)...)
		}
	}

	c.Reply.Int(int64(n))
	return nil
}

var xcfgset = command.Spec{
	Name: "xcfgset", Group: command.GroupStream, Since: "8.6.0", Arity: -2,
	Summary:    "Sets how long a stream remembers the names that producers give to entries, and how many.",
	Syntax:     "key [IDMP-DURATION seconds] [IDMP-MAXSIZE count]",
	Complexity: "O(N) in the number of names remembered, where a setting changes",
	Flags:      command.Write | command.Fast,
	Keys:       []command.KeySpec{command.Key(1, command.RW|command.Update)},
	Run:        runXCfgSet,
}

const (
	maxNameDuration = 86400 // seconds
	maxNames        = 10000 // of a producer
)

var (
	errDuration = command.Errorf("IDMP-DURATION must be between 1 and %d seconds", maxNameDuration)
	errMaxSize  = command.Errorf("IDMP-MAXSIZE must be between 1 and %d entries", maxNames)
)

func runXCfgSet(c *command.Context) error {
	key := c.Args.Key()
	var to stream.Idempotence
	if !c.Args.More() {
		c.Args.Fail(command.ErrSyntax)
	}
	for c.Args.More() {
		switch {
		case c.Args.Option("IDMP-DURATION", 1):
			to.DurationSec = c.Args.IntIn(1, maxNameDuration, errDuration)
		case c.Args.Option("IDMP-MAXSIZE", 1):
			to.MaxSize = c.Args.IntIn(1, maxNames, errMaxSize)
		default:
			c.Args.Fail(command.ErrSyntax)
		}
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	s, ok, err := keyspace.Update[stream.Stream](c.Tx, key)
	if err != nil {
		return err
	}
	if !ok {
		return command.ErrNoSuchKey
	}
	s.SetIdempotence(to, server(c))
	c.Tx.Dirty()

	c.Reply.OK()
	return nil
}

var xidmprecord = command.Spec{
	Name: "xidmprecord", Group: command.GroupStream, Since: "8.6.2", Arity: 5,
	Summary: "Makes a stream remember the name that a producer has given to an entry.",
	Syntax:  "key producer-id idempotent-id id", Complexity: "O(1)",
	Flags: command.Write | command.DenyOOM | command.Fast,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Update)},
	Run:   runXIdmpRecord,
}

var (
	errNoEntry  = command.Errorf("The specified entry does not exist in the stream")
	errNameUsed = command.Errorf("The idempotent ID is bound to another entry")
)

func runXIdmpRecord(c *command.Context) error {
	key, pid, name := c.Args.Key(), c.Args.Bytes(), c.Args.Bytes()
	id := idArg(&c.Args)
	if len(pid) == 0 {
		c.Args.Fail(errProducer)
	}
	if len(name) == 0 {
		c.Args.Fail(errIdempotent)
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	s, ok, err := keyspace.Update[stream.Stream](c.Tx, key)
	switch {
	case err != nil:
		return err
	case !ok:
		return command.ErrNoSuchKey
	case !s.Has(id):
		return errNoEntry
	}
	was, known := s.Known(pid, name, server(c))
	if known && was != id {
		return errNameUsed
	}
	if !known {
		s.Remember(pid, name, id, server(c))
		c.Tx.Dirty()
	}

	c.Reply.OK()
	return nil
}

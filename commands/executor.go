package commands

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/keyspace"
)

// An Outcome says how a session goes on after a command.
type Outcome uint8

// The outcomes.
const (
	Done    Outcome = iota // the reply is written
	Waiting                // the command waits; Peer.Resume brings its reply
	Retry                  // nothing happened; Peer.Retry says when to come again
	Quit                   // the reply is written and the connection ends
)

// An Executor runs commands, one at a time: the one pipeline that sockets, Do, EXEC,
// scripts and replay share. It belongs to one goroutine at a time (Engine.Acquire).
type Executor struct {
	eng   *Engine
	svc   *command.Services
	tx    *keyspace.Tx
	ctx   command.Context
	set   keyspace.ShardSet
	stats *command.StatBlock
	runs  command.Run
	quick quickCalls // since the last look at the clock

	short   bool    // memory is at its limit
	unkept  error   // why nothing may be changed
	long    bool    // the command may keep its locks for long
	one     batched // the command of Execute
	batch   Batch
	keys    keyspace.Ahead // of the present command
	glanced uint64         // so that nobody can do without LookAhead's loads
	keep    bool           // the next command needs the same lock
	ahead   [][]byte       // elements of the key that this command and the next ones look for

	acquired int64
	ns       int64 // time of the last look at the clock
	offset   int64 // journal offset that the replies so far must wait for
}

func (e *Engine) newExecutor() *Executor {
	x := &Executor{eng: e, svc: e.svc, tx: e.svc.Store.NewTx(), set: e.svc.Store.NewShardSet(), stats: e.svc.Stats.Block()}
	x.ctx.Tx, x.ctx.Services = x.tx, e.svc
	x.ctx.Scratch = make([]byte, 0, 64)
	x.ctx.SetCaller(x)
	return x
}

// Acquire returns an executor for some commands in a row; Release gives it back.
func (e *Engine) Acquire() *Executor {
	x := e.executors.Get().(*Executor)
	x.ns = e.clock.ns()
	x.acquired, x.offset = x.ns, 0
	return x
}

// Release gives the executor back and returns the journal offset that the replies
// must wait for, 0 for none.
func (x *Executor) Release() int64 {
	x.tx.Release()
	offset := x.offset
	x.settle()
	x.stats.Flush(&x.runs, x.eng.histograms.Load())
	// Nothing of the callers' arguments is kept, which may be large.
	x.ctx.Session, x.ctx.Reply, x.ctx.Spec, x.ctx.Args = nil, nil, nil, command.Args{}
	x.one = batched{}
	x.batch.drop()
	x.keys.Reset()
	x.eng.executors.Put(x)
	return offset
}

// Execute runs one command of the session, or queues it, and writes its reply to r.
// argv is borrowed.
func (x *Executor) Execute(s *command.Session, argv [][]byte, r command.Reply) Outcome {
	x.one = batched{argv: argv, spec: x.svc.Table.Find(argv)}
	out := x.answer(s, &x.one, r)
	s.Note()
	return out
}

// answer runs the command with the replies that the session wants.
func (x *Executor) answer(s *command.Session, it *batched, r command.Reply) Outcome {
	if s.Flag(command.Killed) {
		return Quit
	}
	if s.ReplyMode == command.ReplyOn {
		return x.execute(s, it, r)
	}
	s.Hush()
	mark := r.Len()
	out := x.execute(s, it, r)
	if (out == Done || out == Quit) && !s.Answers() {
		r.Truncate(mark)
	}
	return out
}

func (x *Executor) execute(s *command.Session, it *batched, r command.Reply) Outcome {
	spec, argv := it.spec, it.argv
	s.Ran(spec)
	if text := x.refusal(s, spec, argv); text != "" {
		x.refuse(s, spec, text, r)
		return x.finish(s)
	}
	if x.svc.Pause.Kind() != command.PauseNone {
		x.tx.Release()
		if x.held(s, spec, argv) {
			return Retry
		}
	}
	if s.InMulti && !runsInMulti(spec) {
		s.Enqueue(spec, argv)
		r.Status("QUEUED")
		return x.finish(s)
	}
	if x.run(s, it, r) {
		return Waiting
	}
	return x.finish(s)
}

func (x *Executor) finish(s *command.Session) Outcome {
	if s.Closing {
		return Quit
	}
	return Done
}

// run executes the command under its locks; true when the session waits now.
func (x *Executor) run(s *command.Session, it *batched, r command.Reply) (waits bool) {
	spec, argv := it.spec, it.argv
	if !spec.Quick() {
		x.settle()
	}
	x.tx.Begin(x.eng.clock.ms(x.ns))
	x.tx.DB, x.tx.Origin = s.DB(), s.ID
	x.tx.NoTouch = s.Flag(command.NoTouch)
	x.tx.Expired = x.expiredMode(s, spec, argv)
	if !x.lockPatiently(s, it, r) {
		return false
	}
	mark := r.Len()
	c := &x.ctx
	c.Session, c.Reply, c.Spec, c.Nested, c.OutOfMemory, c.Unkept = s, r, spec, false, x.short, x.unkept
	began := x.ns
	shown := x.svc.Feed.On()
	if shown {
		x.eng.show(s, spec, argv, nil, true)
	}
	err := x.handle(c, spec, argv)
	if shown {
		x.eng.show(s, spec, argv, nil, false)
	}
	switch err {
	case nil:
	case command.ErrParked:
		waits = true
		x.park(s, spec, argv, c.Wait)
	default:
		r.Truncate(mark)
		x.fail(err, spec, r)
	}
	if s.Caching != command.CachingUnsaid && !s.InMulti && !aboutClients(spec) {
		s.Caching = command.CachingUnsaid
	}
	size := r.Len() - mark
	if offset := x.tx.Rest(); offset != 0 {
		x.offset, s.Written = offset, offset
	}
	if !x.keep {
		x.tx.Release()
	}
	x.ended()
	if waits {
		x.measure(spec, 1, false) // for the logs it has not run yet
		return true
	}
	if spec.Beyond != nil && x.ns != began { // a script takes the time of its commands, too
		x.settle()
		x.ns = began
	}
	if x.count(s, spec, argv, size, err != nil) > keepNs {
		x.tx.Release()
	}
	return false
}

// aboutClients reports whether the command is a subcommand of CLIENT, behind which CLIENT
// CACHING still holds.
func aboutClients(spec *command.Spec) bool {
	return spec.Parent() != nil && spec.Parent().Name == "client"
}

// fail replies the error.
func (x *Executor) fail(err error, spec *command.Spec, r command.Reply) {
	text := command.WireText(err, spec)
	r.Error(text)
	if _, ok := err.(command.Counted); !ok {
		x.svc.Stats.CountError(command.ErrorCode(text))
	}
}

// expiredMode keeps expired keys while clients are paused, so that the keys stay as
// they are, and shows them to one that imports data.
func (x *Executor) expiredMode(s *command.Session, spec *command.Spec, argv [][]byte) keyspace.ExpiredMode {
	importing := x.svc.Importing()
	switch {
	case importing && s.Flag(command.ImportSource):
		return keyspace.ShowExpired
	case x.svc.Pause.Kind() == command.PauseNone && !importing || x.writes(s, spec, argv):
		return keyspace.RemoveExpired
	}
	return keyspace.HideExpired
}

// handle runs the handler and ends the command within the transaction.
func (x *Executor) handle(c *command.Context, spec *command.Spec, argv [][]byte) error {
	at := 1
	if spec.Parent() != nil {
		at = 2
	}
	c.Args = command.NewArgs(argv, at)
	if err := spec.Run(c); err != nil {
		x.tx.Abort()
		return err
	}
	if spec.Flags&command.ReadOnly != 0 && spec.Group != command.GroupScripting && c.Session.Flag(command.Tracks) {
		x.tx.TellTouches()
		x.svc.Tracking.Remember(c.Session, spec, argv)
	}
	if spec.Flags&command.Write == 0 {
		argv = nil
	}
	x.tx.Commit(argv)
	return nil
}

// quickCalls are calls of quick commands that are measured together: looking at the clock costs
// a third of what the cheapest of them do. Each counts as having taken as long as any other.
type quickCalls struct {
	rows [quickRun]struct {
		spec  *command.Spec
		calls int64
	}
	n     int // rows in use
	calls int64
}

// add counts one more call; false where there are as many as may be measured together.
func (q *quickCalls) add(spec *command.Spec) bool {
	if q.calls == quickRun-1 {
		return false
	}
	q.calls++
	for i := range q.rows[:q.n] {
		if q.rows[i].spec == spec {
			q.rows[i].calls++
			return true
		}
	}
	q.rows[q.n].spec, q.rows[q.n].calls = spec, 1
	q.n++
	return true
}

const (
	// quickRun is how many calls of quick commands are measured together at most.
	quickRun = 8
	// quickArgs is how many arguments a quick command has at most.
	quickArgs = 16
	// quickNs is what a quick command is taken to last at most, in nanoseconds:
	// who wants to know of shorter ones has each measured.
	quickNs = 1e6
)

// count takes the time that the command took, and goes on with the present time as
// that of the next one. replied is how much longer its reply made the output. It returns
// how long the command took, or 0 where that is measured later.
func (x *Executor) count(s *command.Session, spec *command.Spec, argv [][]byte, replied int, failed bool) int64 {
	asked := 0
	for _, a := range argv {
		asked += len(a)
	}
	size := int64(max(asked, replied))
	if !failed && spec.Quick() && len(argv) <= quickArgs && !x.svc.Monitor.Remarkable(quickNs, size) && x.quick.add(spec) {
		return 0
	}
	if !spec.Quick() {
		x.settle() // commands inside the one that ends now
	}
	took := x.measure(spec, 1, failed)
	if x.svc.Monitor.Remarkable(took, size) {
		x.eng.remark(s, spec, argv, took, asked, replied)
	}
	return took
}

// measure counts n calls, and those of quick commands that were not measured yet, and
// returns how long each took.
func (x *Executor) measure(spec *command.Spec, n int64, failed bool) int64 {
	now := x.eng.clock.ns()
	each := (now - x.ns) / (n + x.quick.calls)
	x.ns = now
	histograms := x.eng.histograms.Load()
	for i := range x.quick.rows[:x.quick.n] {
		row := &x.quick.rows[i]
		x.stats.Ran(&x.runs, row.spec, row.calls, each*row.calls, 0, histograms)
	}
	x.quick.n, x.quick.calls = 0, 0
	if n > 0 {
		f := int64(0)
		if failed {
			f = 1
		}
		x.stats.Ran(&x.runs, spec, n, each*n, f, histograms)
	}
	return each
}

// settle measures what was not measured yet.
func (x *Executor) settle() {
	if x.quick.calls > 0 {
		x.measure(nil, 0, false)
	}
}

// Call implements command.Caller: a command inside EXEC or a script.
func (x *Executor) Call(outer *command.Context, spec *command.Spec, argv [][]byte) {
	s, r, spec0, args, nested := outer.Session, outer.Reply, outer.Spec, outer.Args, outer.Nested
	if !spec.Quick() {
		x.settle()
	}
	x.tx.Commit(nil)
	mark := r.Len()
	x.tx.DB = s.DB()
	if spec0.Group == command.GroupScripting {
		s.Active(s.LastMs(), 1)
	}
	outer.Spec, outer.Nested = spec, true
	if x.svc.Feed.On() {
		x.eng.show(s, spec, argv, spec0, true)
	}
	err := x.handle(outer, spec, argv)
	if x.svc.Feed.On() {
		x.eng.show(s, spec, argv, spec0, false)
	}
	switch err {
	case nil:
	case command.ErrParked:
		command.Replay(r, outer.Wait.TimedOut)
	default:
		r.Truncate(mark)
		x.fail(err, spec, r)
	}
	x.count(s, spec, argv, r.Len()-mark, err != nil && err != command.ErrParked)
	outer.Spec, outer.Args, outer.Nested = spec0, args, nested
}

// discard leaves a transaction whose EXEC was refused.
func (x *Executor) discard(s *command.Session) {
	s.EndMulti()
	x.unwatch(s)
}

// unwatch releases the session's watched keys; no lock may be held.
func (x *Executor) unwatch(s *command.Session) {
	if s.Watch.Len() == 0 {
		return
	}
	x.tx.Begin(x.eng.clock.ms(x.ns))
	x.set.Clear()
	s.Watch.AddShards(x.svc.Store, x.set)
	x.tx.LockSet(x.set)
	x.tx.Unwatch(&s.Watch)
	x.tx.End()
	s.NoteWatches()
}

// runsInMulti reports whether the command runs at once in MULTI.
func runsInMulti(spec *command.Spec) bool {
	if spec.Group == command.GroupTransactions {
		return spec.Name != "unwatch"
	}
	return spec.FullName == "quit" || spec.FullName == "reset"
}

// held keeps the session's command back while clients are paused. A pause of
// everything holds CLIENT UNPAUSE too: it ends when its time has passed.
func (x *Executor) held(s *command.Session, spec *command.Spec, argv [][]byte) bool {
	return x.svc.Pause.Hold(s, x.writes(s, spec, argv), x.NowMs())
}

func (x *Executor) writes(s *command.Session, spec *command.Spec, argv [][]byte) bool {
	if spec.FullName == "exec" {
		for _, q := range s.Queue {
			if x.mayWrite(q.Spec, q.Argv) {
				return true
			}
		}
	}
	return x.mayWrite(spec, argv)
}

func (x *Executor) mayWrite(spec *command.Spec, argv [][]byte) bool {
	if spec.Flags&command.MayReplicate != 0 {
		return spec.Writes == nil || spec.Writes(x.svc, argv)
	}
	return spec.Flags&command.Write != 0
}

// cloneArgv copies arguments in one allocation of bytes.
func cloneArgv(argv [][]byte) [][]byte {
	n := 0
	for _, a := range argv {
		n += len(a)
	}
	buf := make([]byte, 0, n)
	out := make([][]byte, len(argv))
	for i, a := range argv {
		at := len(buf)
		buf = append(buf, a...)
		out[i] = buf[at:len(buf):len(buf)]
	}
	return out
}

// MakeRoom evicts keys where memory is over its limit, as the next command would, and
// forgets tracked keys that are too many: a client that is told of them is told before that
// command's reply.
func (x *Executor) MakeRoom() {
	x.svc.Tracking.Shrink()
	if x.eng.maxMemory.Load() > 0 {
		x.tx.Release()
		x.eng.makeRoom(x)
	}
}

// NowMs returns the time of the last command in Unix milliseconds.
func (x *Executor) NowMs() int64 { return x.eng.clock.ms(x.ns) }

// Turn counts how long the executor has been used since Acquire, as the turn of a
// loop.
func (x *Executor) Turn() {
	x.settle()
	x.stats.LoopTurn.Add(x.ns - x.acquired)
}

// Recover releases the locks of a command whose handler panicked. What it had
// changed through handles is dropped.
func (x *Executor) Recover() {
	x.tx.Abort()
	x.tx.End()
	x.ended()
}

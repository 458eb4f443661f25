package commands

import (
	"container/heap"
	"sync"
	"time"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/keyspace"
)

// park makes the session wait. The locks of the command are held.
func (x *Executor) park(s *command.Session, spec *command.Spec, argv [][]byte, w command.Wait) {
	p := &command.Parked{DeadlineMs: w.DeadlineMs, TimedOut: w.TimedOut, Spec: spec, SinceMs: x.tx.NowMs()}
	if s.Proto == 3 && p.TimedOut.Kind == command.NullArray {
		p.TimedOut.Kind = command.Null // RESP3 has one null
	}
	if w.Argv != nil {
		argv = w.Argv
	}
	eng, own := x.eng, cloneArgv(argv)
	var reply command.Value
	p.Waiter = &keyspace.Waiter{
		DB: s.DB(), Keys: cloneArgv(w.Keys), Targets: cloneArgv(w.Targets), Kind: w.Kind, Loss: w.Loss,
		Later: func() { eng.timers.set(s, p, eng.NowMs()) },
		Serve: func(tx *keyspace.Tx, _ []byte) bool {
			var again *command.Wait
			if reply, again = eng.serve(tx, s, spec, own); again == nil {
				return true
			}
			if again.RetryMs > 0 {
				eng.timers.set(s, p, again.RetryMs)
			}
			return false
		},
		Done: func(offset int64) {
			eng.timers.remove(p)
			s.SetFlag(command.Blocked, false) // for others it waits no more, though its loop has not looked yet
			s.Peer.Resume(reply, offset)
		},
	}
	if !x.tx.Holding() {
		x.tx.LockKey(0) // of a waiter for nothing that is a key's
	}
	x.tx.Park(p.Waiter)
	s.Park(p) // what others see must be complete: they may cancel it
	if p.DeadlineMs > 0 || w.RetryMs > 0 {
		eng.timers.set(s, p, w.RetryMs)
	}
	if w.Begin != nil {
		w.Begin(func(v command.Value) {
			if eng.svc.Store.Cancel(p.Waiter) {
				eng.timers.remove(p)
				s.Peer.Resume(v, 0)
			}
		})
	}
}

// serve runs the command of a waiting session in the transaction that may have
// made its key ready. Where it has to wait on, again is how.
func (e *Engine) serve(tx *keyspace.Tx, s *command.Session, spec *command.Spec, argv [][]byte) (reply command.Value, again *command.Wait) {
	capture := command.Capture{RESP2: s.SeenProto() == 2}
	c := command.Context{Tx: tx, Reply: &capture, Spec: spec, Session: s, Services: e.svc, Scratch: make([]byte, 0, 64)}
	at := 1
	if spec.Parent() != nil {
		at = 2
	}
	c.Args = command.NewArgs(argv, at)
	tx.DB = s.DB()
	waker := tx.Origin
	tx.Origin = s.ID
	defer func() { tx.Origin = waker }()
	start := e.clock.ns()
	err := spec.Run(&c)
	if err == command.ErrParked {
		tx.Abort()
		return reply, &c.Wait
	}
	if took := e.clock.ns() - start; e.svc.Monitor.Remarkable(took, 0) {
		e.remark(s, spec, argv, took, 0, 0)
	}
	if err != nil {
		tx.Abort()
		text := command.WireText(err, spec)
		e.svc.Stats.CountError(command.ErrorCode(text))
		e.svc.Stats.Failed(spec)
		return command.Value{Kind: command.Error, Str: text}, nil
	}
	if s.Flag(command.Tracks) && spec.Flags&command.ReadOnly != 0 {
		e.svc.Tracking.Remember(s, spec, argv)
	}
	tx.Commit(argv)
	return capture.Value(), nil
}

// unblock ends the wait of a session that CLIENT UNBLOCK names.
func (e *Engine) unblock(tx *keyspace.Tx, s *command.Session, withError bool) bool {
	p := s.Parked()
	if p == nil {
		return false
	}
	reply := p.TimedOut
	if withError {
		reply = command.Value{Kind: command.Error, Str: "UNBLOCKED client unblocked via CLIENT UNBLOCK"}
	}
	return e.endWait(tx, s, p, reply)
}

// kill ends another session. What it waits with must not be served any more, though
// its connection's loop may take a while to see that it ends.
func (e *Engine) kill(tx *keyspace.Tx, s *command.Session) {
	s.SetFlag(command.Killed, true)
	if p := s.Parked(); p != nil && tx.Cancel(p.Waiter) {
		e.timers.remove(p)
	}
	s.Peer.Kick()
}

// endWait ends a wait with a reply. tx holds no shard, or all.
func (e *Engine) endWait(tx *keyspace.Tx, s *command.Session, p *command.Parked, reply command.Value) bool {
	if !tx.Cancel(p.Waiter) {
		return false
	}
	e.timers.remove(p)
	s.Peer.Resume(reply, 0)
	return true
}

// timers end waits whose time has passed, and run waiting commands again that asked for
// a time: one heap and one goroutine for all.
type timers struct {
	mu    sync.Mutex
	heap  timerHeap
	at    map[*command.Parked]*timer
	wake  chan struct{}
	eng   *Engine
	nowMs func() int64
}

type timer struct {
	p       *command.Parked
	s       *command.Session
	retryMs int64 // when to run it again, 0 for never
	idx     int
}

// atMs is when something is to be done.
func (t *timer) atMs() int64 {
	if t.retryMs > 0 && (t.p.DeadlineMs == 0 || t.retryMs < t.p.DeadlineMs) {
		return t.retryMs
	}
	return t.p.DeadlineMs
}

type timerHeap []*timer

func (h timerHeap) Len() int           { return len(h) }
func (h timerHeap) Less(i, j int) bool { return h[i].atMs() < h[j].atMs() }
func (h timerHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].idx, h[j].idx = i, j
}

func (h *timerHeap) Push(v any) {
	t := v.(*timer)
	t.idx = len(*h)
	*h = append(*h, t)
}

func (h *timerHeap) Pop() any {
	old := *h
	t := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	return t
}

func newTimers(e *Engine) *timers {
	return &timers{at: map[*command.Parked]*timer{}, wake: make(chan struct{}, 1), eng: e}
}

// set makes the wait end at its deadline, and the command run again at a time before
// that, 0 for never.
func (t *timers) set(s *command.Session, p *command.Parked, retryMs int64) {
	t.mu.Lock()
	n := t.at[p]
	if n == nil {
		n = &timer{p: p, s: s, retryMs: retryMs}
		heap.Push(&t.heap, n)
		t.at[p] = n
	} else {
		n.retryMs = retryMs
		heap.Fix(&t.heap, n.idx)
	}
	first := n.idx == 0
	t.mu.Unlock()
	if first {
		select {
		case t.wake <- struct{}{}:
		default:
		}
	}
}

func (t *timers) remove(p *command.Parked) {
	t.mu.Lock()
	if n := t.at[p]; n != nil {
		heap.Remove(&t.heap, n.idx)
		delete(t.at, p)
	}
	t.mu.Unlock()
}

// run ends waits until stop is closed.
func (t *timers) run(stop <-chan struct{}) {
	tx := t.eng.svc.Store.NewTx()
	for {
		now := t.eng.NowMs()
		due, wait := t.due(now)
		for _, n := range due {
			if d := n.p.DeadlineMs; d > 0 && d <= now {
				t.eng.endWait(tx, n.s, n.p, n.p.TimedOut)
				continue
			}
			t.retry(tx, n)
		}
		var after <-chan time.Time
		if wait > 0 {
			after = time.After(wait)
		}
		select {
		case <-stop:
			return
		case <-t.wake:
		case <-after:
		}
	}
}

// retry runs a waiting command again.
func (t *timers) retry(tx *keyspace.Tx, n *timer) {
	tx.Begin(t.eng.NowMs())
	if !tx.Retry(n.p.Waiter) {
		return
	}
	t.mu.Lock()
	_, again := t.at[n.p] // it has asked for another time
	t.mu.Unlock()
	if !again && n.p.DeadlineMs > 0 {
		t.set(n.s, n.p, 0)
	}
}

// due takes out what has run out and returns how long the next one still has, 0
// for no next one.
func (t *timers) due(nowMs int64) (due []*timer, wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.heap) > 0 && t.heap[0].atMs() <= nowMs {
		n := heap.Pop(&t.heap).(*timer)
		delete(t.at, n.p)
		due = append(due, n)
	}
	if len(t.heap) > 0 {
		wait = time.Duration(t.heap[0].atMs()-nowMs) * time.Millisecond
		wait = max(wait, time.Millisecond)
	}
	return due, wait
}

package command

import (
	"sync"
	"sync/atomic"
)

// Pause is the state of CLIENT PAUSE. A session whose command is paused leaves its
// input where it is and is told to retry when the pause ends.
//
// Pauses of both kinds run side by side, each with a deadline of its own. Redis keeps
// one deadline, the later one, with the stricter kind: there a long pause of writes
// followed by a short one of everything stops everything for the long time,
// CLIENT UNPAUSE included.
type Pause struct {
	active atomic.Uint32 // PauseKind
	mu     sync.Mutex
	until  [3]int64   // Unix milliseconds, by kind
	held   []*Session // first come first; nil where one has left
	count  int        // of held that are not nil
}

// A resumption is the going on of the sessions that a pause has held.
type resumption struct {
	left int // sessions that have not run yet
	done func()
}

// PauseKind says which commands are held back.
type PauseKind uint32

// The kinds.
const (
	PauseNone PauseKind = iota
	PauseWrites
	PauseAll
)

// Kind returns what is held back now.
func (p *Pause) Kind() PauseKind { return PauseKind(p.active.Load()) }

// Start begins a pause of the kind or makes it longer; it never ends one sooner.
func (p *Pause) Start(k PauseKind, untilMs int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until[k] = max(p.until[k], untilMs)
	p.active.Store(max(p.active.Load(), uint32(k)))
}

// Hold keeps the session to be told when the pause ends; false when its command may
// run. Another session may have changed the pause since the caller looked at Kind.
func (p *Pause) Hold(s *Session, writes bool, nowMs int64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until[PauseAll] <= nowMs && !(writes && p.until[PauseWrites] > nowMs) {
		return false
	}
	s.resumed()
	if s.heldAt == 0 {
		p.held = append(p.held, s)
		p.count++
		s.heldAt = len(p.held)
	}
	s.SetFlag(Blocked, true)
	return true
}

// Resumed notes that a session which was told to retry has run.
func (p *Pause) Resumed(s *Session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.resumed()
}

// resumed is Resumed; the pause's mu is held.
func (s *Session) resumed() {
	r := s.resumption
	if r == nil {
		return
	}
	s.resumption = nil
	if r.left--; r.left == 0 {
		go r.done()
	}
}

// Forget lets go of a session that will not come again.
func (p *Pause) Forget(s *Session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.resumed()
	if s.heldAt == 0 {
		return
	}
	p.held[s.heldAt-1] = nil
	p.count--
	s.heldAt = 0
	s.SetFlag(Blocked, false)
}

// Tick ends pauses whose time has passed.
func (p *Pause) Tick(nowMs int64) {
	if p.Kind() == PauseNone {
		return
	}
	p.mu.Lock()
	kind := PauseNone
	for k := PauseWrites; k <= PauseAll; k++ {
		if p.until[k] > nowMs {
			kind = k
		} else {
			p.until[k] = 0
		}
	}
	p.finish(kind, nil)
}

// End ends every pause at once. done, where it is not nil, is called on a goroutine of its own
// once all sessions that were held have run their command, wait with it, or have gone.
func (p *Pause) End(done func()) {
	p.mu.Lock()
	p.until = [3]int64{}
	p.finish(PauseNone, done)
}

// finish sets the kind, unlocks, and tells the sessions when it became milder.
func (p *Pause) finish(kind PauseKind, done func()) {
	was := p.Kind()
	p.active.Store(uint32(kind))
	var list []*Session
	var r *resumption
	switch {
	case done == nil:
	case p.count == 0:
		go done()
	default:
		r = &resumption{p.count, done}
	}
	if kind < was {
		list, p.held, p.count = p.held, nil, 0
	}
	// A session is marked as going on before the lock is released: it may come again
	// at once.
	for _, s := range list {
		if s != nil {
			s.heldAt, s.resumption = 0, r
			s.SetFlag(Blocked, false)
		}
	}
	p.mu.Unlock()
	for _, s := range list {
		if s != nil {
			s.Peer.Retry()
		}
	}
}

// Held returns the number of sessions that wait for the end of the pause.
func (p *Pause) Held() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.count
}

// Until returns the end of the present pause in Unix milliseconds, and its kind.
func (p *Pause) Until() (int64, PauseKind) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := p.Kind()
	return p.until[k], k
}

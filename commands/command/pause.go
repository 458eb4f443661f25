package command

import (
	"sync"
	"sync/atomic"
)

// Pause is the state of CLIENT PAUSE. A session whose command is paused leaves its
// input where it is and is told to retry when the pause ends.
type Pause struct {
	active atomic.Uint32 // PauseKind
	mu     sync.Mutex
	until  [3]int64 // Unix milliseconds, by kind
	parked []*Session
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

// Hold keeps the session to be told when the pause ends; false when there is no
// pause any more.
func (p *Pause) Hold(s *Session) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.Kind() == PauseNone {
		return false
	}
	p.parked = append(p.parked, s)
	s.SetFlag(Blocked, true)
	return true
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
	p.finish(kind)
}

// End ends every pause at once.
func (p *Pause) End() {
	p.mu.Lock()
	p.until = [3]int64{}
	p.finish(PauseNone)
}

// finish sets the kind, unlocks, and tells the sessions when it became milder.
func (p *Pause) finish(kind PauseKind) {
	was := p.Kind()
	p.active.Store(uint32(kind))
	var list []*Session
	if kind < was {
		list, p.parked = p.parked, nil
	}
	p.mu.Unlock()
	for _, s := range list {
		s.SetFlag(Blocked, false)
		s.Peer.Retry()
	}
}

// Held returns the number of sessions that wait for the end of the pause.
func (p *Pause) Held() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.parked)
}

// Until returns the end of the present pause in Unix milliseconds, and its kind.
func (p *Pause) Until() (int64, PauseKind) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := p.Kind()
	return p.until[k], k
}

package commands

import (
	"sync"
	"sync/atomic"
)

// A Gate holds replies back until the journal has reached an offset: group commit
// for appendfsync always, and the acknowledgement of replicas. One caller opens it
// with Advance; a loop that holds replies asks to be woken.
type Gate struct {
	reached atomic.Int64
	open    atomic.Bool
	mu      sync.Mutex
	waiting []gateWaiter
}

type gateWaiter struct {
	offset int64
	wake   func()
}

// Reached reports whether replies that depend on the offset may go out.
func (g *Gate) Reached(offset int64) bool { return offset <= g.reached.Load() || g.open.Load() }

// Open makes the gate let everything through, whatever the offset, or no more: where replies need
// not wait for the disk.
func (g *Gate) Open(open bool) {
	if g.open.Swap(open) != open && open {
		g.Advance(0)
	}
}

// Notify calls wake once the offset is reached, at once when it is already. wake
// must not block.
func (g *Gate) Notify(offset int64, wake func()) {
	g.mu.Lock()
	if !g.Reached(offset) {
		g.waiting = append(g.waiting, gateWaiter{offset, wake})
		g.mu.Unlock()
		return
	}
	g.mu.Unlock()
	wake()
}

// Advance opens the gate up to the offset.
func (g *Gate) Advance(offset int64) {
	g.mu.Lock()
	if offset > g.reached.Load() {
		g.reached.Store(offset)
	}
	var wake []func()
	rest := g.waiting[:0]
	for _, w := range g.waiting {
		if g.Reached(w.offset) {
			wake = append(wake, w.wake)
		} else {
			rest = append(rest, w)
		}
	}
	clear(g.waiting[len(rest):])
	g.waiting = rest
	g.mu.Unlock()
	for _, w := range wake {
		w()
	}
}

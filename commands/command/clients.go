package command

import (
	"sort"
	"sync"
	"sync/atomic"
)

// Clients are the sessions of an engine.
type Clients struct {
	mu     sync.RWMutex
	byID   map[uint64]*Session
	lastID atomic.Uint64
}

// NewClients returns an empty registry.
func NewClients() *Clients { return &Clients{byID: map[uint64]*Session{}} }

// NextID returns a new session's number.
func (c *Clients) NextID() uint64 { return c.lastID.Add(1) }

// Add registers the session.
func (c *Clients) Add(s *Session) {
	c.mu.Lock()
	c.byID[s.ID] = s
	c.mu.Unlock()
}

// Remove takes the session out.
func (c *Clients) Remove(s *Session) {
	c.mu.Lock()
	delete(c.byID, s.ID)
	c.mu.Unlock()
}

// Get returns the session with the number, or nil.
func (c *Clients) Get(id uint64) *Session {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.byID[id]
}

// Len returns the number of sessions.
func (c *Clients) Len() int {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.byID)
}

// Each calls fn with every session, in no order; fn must not change the registry.
func (c *Clients) Each(fn func(*Session)) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for _, s := range c.byID {
		fn(s)
	}
}

// All returns the sessions in the order of their numbers.
func (c *Clients) All() []*Session {
	c.mu.RLock()
	list := make([]*Session, 0, len(c.byID))
	for _, s := range c.byID {
		list = append(list, s)
	}
	c.mu.RUnlock()
	sort.Slice(list, func(i, j int) bool { return list[i].ID < list[j].ID })
	return list
}

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
	taken  atomic.Int64 // bytes that the sessions weigh
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
	c.weigh(s, gone)
}

// gone is the weight of a session that was removed: it stays as it is.
const gone = -1

// Weigh notes how many bytes the session takes.
func (c *Clients) Weigh(s *Session, bytes int64) { c.weigh(s, max(bytes, 0)) }

func (c *Clients) weigh(s *Session, bytes int64) {
	for {
		old := s.weight.Load()
		if old == gone || old == bytes {
			return
		}
		if s.weight.CompareAndSwap(old, bytes) {
			c.taken.Add(max(bytes, 0) - old)
			return
		}
	}
}

// Taken returns how many bytes all sessions take, as far as they were weighed.
func (c *Clients) Taken() int64 { return c.taken.Load() }

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

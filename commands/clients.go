package commands

import (
	"cmp"
	"slices"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/keyspace"
)

// sampledClients is how many clients a tick looks at, in the mean: with more of them
// there are ticks between that look at none.
const sampledClients = 1000

// sample looks at all clients: it notes rates and the peak of memory, and ends those that
// leave too much unread for too long or take too much memory.
func (e *Engine) sample(tx *keyspace.Tx, nowMs int64) {
	if every := 1 + e.svc.Clients.Len()/sampledClients; e.ticks%min(every, 10) != 0 {
		return
	}
	r, st, cfg := e.svc.Rates, e.svc.Stats, e.svc.Config
	in, out := st.BytesIn.Load(), st.BytesOut.Load()
	taken, weigh := int64(0), e.weighs.Load() || e.maxMemory.Load() > 0
	var slow []*command.Session
	e.svc.Clients.Each(func(s *command.Session) {
		p := s.Peer.Stats()
		in += p.BytesIn
		out += p.BytesOut
		size := s.Memory(p)
		taken += size
		if weigh {
			e.weigh(s, p)
		}
		if waiting := int64(p.OutputBuffer); s.OverSoftLimit(s.OutputLimit(cfg, p.Messages > 0), waiting, nowMs) {
			slow = append(slow, s)
		}
	})
	r.Ops.Sample(st.Calls(), nowMs)
	r.BytesIn.Sample(in, nowMs)
	r.BytesOut.Sample(out, nowMs)
	f := e.svc.Scripting.Figures()
	r.PeakMemory(e.svc.Store.Used() + f.Memory() + taken)
	for _, s := range slow {
		e.svc.Log.Warn("closing client that has left much unread for long", "addr", s.Peer.Addr(), "id", s.ID)
		st.OutputLimit.Add(1)
		e.kill(tx, s)
	}
	e.evictClients(tx)
}

// Weigh notes what the session takes, while maxmemory-clients is set. input is how many bytes of
// input have come that its connection's figures do not show yet. Where clients take too much
// together, those that take most are ended. The caller holds no locks.
func (e *Engine) Weigh(s *command.Session, input int) {
	if !e.weighs.Load() {
		return
	}
	s.Arriving(input)
	e.note(s)
	if e.clientsCrowded() {
		e.endClients()
	}
}

// Grew is told that more waits in the buffers of the session's connection, in either direction. It
// is Weigh for a caller that must not wait, not even for a lock: who has to go is ended by a
// goroutine of its own. What waits there counts against maxmemory at once, too.
func (e *Engine) Grew(s *command.Session) {
	if !e.weighs.Load() && e.maxMemory.Load() == 0 {
		return
	}
	e.note(s)
	if e.clientsCrowded() && e.ending.CompareAndSwap(false, true) {
		go func() {
			defer e.ending.Store(false)
			e.endClients()
		}()
	}
}

func (e *Engine) endClients() {
	x := e.Acquire()
	x.tx.Begin(x.NowMs())
	e.evictClients(x.tx)
	x.Release()
}

// clientsCrowded reports whether clients take more together than they may.
func (e *Engine) clientsCrowded() bool {
	limit := e.clientMemory()
	return limit > 0 && e.svc.Clients.Taken() >= limit
}

// Note is Weigh for a caller that may hold locks: it ends nobody.
func (e *Engine) Note(s *command.Session) {
	if e.weighs.Load() {
		e.note(s)
	}
}

func (e *Engine) note(s *command.Session) { e.weigh(s, s.Peer.Stats()) }

// weigh notes what a session takes. Replicas have limits of their own.
func (e *Engine) weigh(s *command.Session, st command.PeerStats) {
	if s.Flag(command.Follows | command.Killed) {
		e.svc.Clients.Weigh(s, 0)
	} else {
		e.svc.Clients.Weigh(s, s.Memory(st))
	}
}

// applyClientMemory weighs all clients as soon as their memory is limited.
func (e *Engine) applyClientMemory(c *config.Config) {
	e.weighs.Store(c.MaxmemoryClients.Load() != 0)
	if e.weighs.Load() {
		e.svc.Clients.Each(e.note)
	}
}

// clientMemory returns how many bytes clients may take together, 0 for any number.
func (e *Engine) clientMemory() int64 {
	n := e.svc.Config.MaxmemoryClients.Load()
	if n < 0 { // a percentage
		return e.svc.Config.Maxmemory.Load() / 100 * -n
	}
	return n
}

// evictClients ends the clients that take most, until all take less than they may.
func (e *Engine) evictClients(tx *keyspace.Tx) {
	if !e.clientsCrowded() {
		return
	}
	e.clientsMu.Lock()
	defer e.clientsMu.Unlock()
	type client struct {
		s    *command.Session
		size int64
	}
	var list []client
	e.svc.Clients.Each(func(s *command.Session) {
		if !s.Flag(command.NoEvict | command.Follows | command.Killed) {
			list = append(list, client{s, s.Memory(s.Peer.Stats())})
		}
	})
	slices.SortFunc(list, func(a, b client) int { return cmp.Compare(b.size, a.size) })
	for _, c := range list {
		if !e.clientsCrowded() {
			return
		}
		e.svc.Log.Warn("closing client that takes much memory", "addr", c.s.Peer.Addr(), "id", c.s.ID, "bytes", c.size)
		e.svc.Stats.Evicted.Add(1)
		e.kill(tx, c.s)
		e.svc.Clients.Weigh(c.s, 0)
	}
}

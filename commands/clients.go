package commands

import (
	"cmp"
	"slices"

	"github.com/medleydb/medley/commands/command"
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
	taken := int64(0)
	var slow []*command.Session
	e.svc.Clients.Each(func(s *command.Session) {
		p := s.Peer.Stats()
		in += p.BytesIn
		out += p.BytesOut
		taken += s.Memory(p)
		if waiting := int64(p.OutputBuffer); s.OverSoftLimit(s.OutputLimit(cfg, p.Messages > 0), waiting, nowMs) {
			slow = append(slow, s)
		}
	})
	r.Ops.Sample(st.Calls(), nowMs)
	r.BytesIn.Sample(in, nowMs)
	r.BytesOut.Sample(out, nowMs)
	r.PeakMemory(e.used() + taken)
	for _, s := range slow {
		e.svc.Log.Warn("closing client that has left much unread for long", "addr", s.Peer.Addr(), "id", s.ID)
		st.OutputLimit.Add(1)
		e.kill(tx, s)
	}
	if limit := e.clientMemory(); limit > 0 && taken > limit {
		e.evictClients(tx, taken-limit)
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

// evictClients ends the clients that take most, until so many bytes are free.
func (e *Engine) evictClients(tx *keyspace.Tx, bytes int64) {
	type client struct {
		s    *command.Session
		size int64
	}
	var list []client
	e.svc.Clients.Each(func(s *command.Session) {
		if !s.Flag(command.NoEvict | command.Killed) {
			list = append(list, client{s, s.Memory(s.Peer.Stats())})
		}
	})
	slices.SortFunc(list, func(a, b client) int { return cmp.Compare(b.size, a.size) })
	for _, c := range list {
		if bytes <= 0 {
			return
		}
		e.svc.Log.Warn("closing client that takes much memory", "addr", c.s.Peer.Addr(), "id", c.s.ID, "bytes", c.size)
		e.svc.Stats.Evicted.Add(1)
		e.kill(tx, c.s)
		bytes -= c.size
	}
}

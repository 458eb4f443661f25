package keyspace

import (
	"math/rand/v2"

	"github.com/medleydb/medley/datatypes/arena"
)

// An AccessPolicy says what the 24-bit access clock of a record means. As LRU it is
// the second of the last access, or as LRM of the last change; as LFU the minute of the last
// decrement (16 bits) and a logarithmic counter (8 bits), all as servers of the field define them.
type AccessPolicy struct {
	LFU, LRM  bool
	LogFactor int // of the counter: how many accesses the next step takes
	DecayMin  int // minutes after which the counter loses one; 0 for never
}

const (
	clockMask  = 1<<24 - 1
	lfuInitial = 5
)

func (p *AccessPolicy) clock(nowMs int64) uint32 { return uint32(nowMs/1000) & clockMask }

func minutes(nowMs int64) uint32 { return uint32(nowMs/60000) & 0xffff }

// initial returns the clock of a new record.
func (p *AccessPolicy) initial(nowMs int64) uint32 {
	if p.LFU {
		return minutes(nowMs)<<8 | lfuInitial
	}
	return p.clock(nowMs)
}

// counter returns the LFU counter after the decay that is due.
func (p *AccessPolicy) counter(clock uint32, nowMs int64) uint32 {
	n := clock & 0xff
	if p.DecayMin <= 0 {
		return n
	}
	passed := (minutes(nowMs) - clock>>8) & 0xffff / uint32(p.DecayMin)
	return n - min(n, passed)
}

func (p *AccessPolicy) touchLFU(r record, nowMs int64, rng *rand.Rand) {
	n := p.counter(r.clock(), nowMs)
	if n < 255 {
		base := float64(n) - lfuInitial
		if rng.Float64() < 1/(max(base, 0)*float64(p.LogFactor)+1) {
			n++
		}
	}
	r.setClock(minutes(nowMs)<<8 | n)
}

// SetAccessPolicy changes the meaning of the access clock; records keep theirs.
func (s *Store) SetAccessPolicy(p AccessPolicy) { s.policy.Store(&p) }

// AccessPolicy returns the present meaning of the access clock.
func (s *Store) AccessPolicy() AccessPolicy { return *s.policy.Load() }

// Access returns the seconds since the key's last access and, with an LFU policy,
// its counter. It does not count as an access.
func (tx *Tx) Access(key []byte) (idleSec int64, freq int, ok bool) {
	_, _, _, ref, r := tx.lookup(key)
	if ref == 0 {
		return 0, 0, false
	}
	p := tx.store.policy.Load()
	if p.LFU {
		return 0, int(p.counter(r.clock(), tx.accessMs)), true
	}
	return int64((tx.clock - r.clock()) & clockMask), 0, true
}

// SetAccess sets what Access returns.
func (tx *Tx) SetAccess(key []byte, idleSec int64, freq int) bool {
	_, _, _, ref, r := tx.lookup(key)
	if ref == 0 {
		return false
	}
	if tx.store.policy.Load().LFU {
		r.setClock(minutes(tx.accessMs)<<8 | uint32(freq)&0xff)
	} else {
		r.setClock((tx.clock - uint32(idleSec)) & clockMask)
	}
	return true
}

// An EvictionOrder says which of the sampled keys goes first.
type EvictionOrder uint8

// The orders.
const (
	EvictLRU EvictionOrder = iota // longest without access
	EvictLFU                      // least often accessed
	EvictTTL                      // soonest to expire
	EvictRandom
)

// Evict removes one key out of samples that it looks at in a random shard; false
// when it found none. With volatile only keys that have an expiry count. The
// transaction must hold no lock.
func (tx *Tx) Evict(order EvictionOrder, volatile bool, samples int) bool {
	start := tx.rng.IntN(len(tx.store.shards))
	for i := range tx.store.shards {
		shard := (start + i) & (len(tx.store.shards) - 1)
		tx.LockKey(shard)
		done := tx.evictFrom(&tx.store.shards[shard], order, volatile, samples)
		tx.End()
		if done {
			return true
		}
	}
	return false
}

func (tx *Tx) evictFrom(sh *shard, order EvictionOrder, volatile bool, samples int) bool {
	var best struct {
		t    *table
		db   int
		ref  arena.Ref
		rank int64
	}
	for db, t := range sh.tables {
		if t == nil || t.index.count == 0 || volatile && t.index.expires == 0 {
			continue
		}
		tries := samples
		if volatile {
			tries = samples * min(64, 1+t.index.count/t.index.expires)
		}
		for range tries {
			slot := t.index.random(tx.rng.Uint64())
			if volatile && slot&slotVolatile == 0 {
				continue
			}
			r := t.record(arena.Ref(slot))
			if rank := tx.evictionRank(order, r); best.t == nil || rank > best.rank {
				best.t, best.db, best.ref, best.rank = t, db, arena.Ref(slot), rank
			}
		}
	}
	if best.t == nil {
		return false
	}
	tx.DB = best.db
	key := append([]byte(nil), best.t.key(best.t.record(best.ref))...)
	tx.remove(sh, best.t, tx.store.hash(key), best.ref, best.t.record(best.ref))
	sh.stats.Evicted++
	// A table that has lost its last key keeps its first page for the next one. Here memory is
	// short: with a small limit these pages can be most of it.
	if best.t.index.count == 0 {
		best.t.index.drop()
	}
	if tx.Recording() {
		tx.prepend(Effect{DB: tx.DB, Args: [][]byte{removalName(tx.store.removals.Load().UnlinkEvicted), key}})
	}
	tx.touched(sh, tx.DB, key)
	tx.notify(tx.DB, key, EvEvicted)
	return true
}

// evictionRank is the larger, the sooner the record should go.
func (tx *Tx) evictionRank(order EvictionOrder, r record) int64 {
	switch order {
	case EvictLFU:
		return 255 - int64(tx.store.policy.Load().counter(r.clock(), tx.now))
	case EvictTTL:
		return -r.expiry()
	case EvictRandom:
		return 0
	}
	return int64((tx.clock - r.clock()) & clockMask)
}

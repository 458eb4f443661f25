package keyspace

import (
	"bytes"

	"github.com/medleydb/medley/datatypes/arena"
)

// What the journal is told of a key that expired or was evicted; read only.
var delName, unlinkName = []byte("DEL"), []byte("UNLINK")

// Removals says which keys' removals are told to the journal as UNLINK instead of DEL.
type Removals struct{ UnlinkExpired, UnlinkEvicted bool }

// SetRemovals chooses between DEL and UNLINK.
func (s *Store) SetRemovals(r Removals) { s.removals.Store(&r) }

func removalName(unlink bool) []byte {
	if unlink {
		return unlinkName
	}
	return delName
}

// Expiry returns the time in Unix milliseconds at which the key goes, 0 where it
// stays; ok is false when there is no such key. It does not count as an access.
func (tx *Tx) Expiry(key []byte) (ms int64, ok bool) {
	if tx.n > 0 {
		if o := tx.pending(key); o != nil {
			return o.expiry, o.exists()
		}
	}
	_, _, _, ref, r := tx.lookup(key)
	if ref == 0 {
		return 0, false
	}
	return r.expiry(), true
}

// SetExpiry sets the time in Unix milliseconds at which the key goes, 0 for
// never; false when there is no such key. The time may have passed.
func (tx *Tx) SetExpiry(key []byte, ms int64) bool {
	o := tx.open(key)
	if !o.exists() {
		return false
	}
	o.expiry = ms
	return true
}

// expire removes a key whose time has passed. Its DEL comes before the effect of the
// command that met it.
func (tx *Tx) expire(sh *shard, t *table, key []byte, h uint32, ref arena.Ref) {
	tx.remove(sh, t, h, ref, t.record(ref))
	sh.stats.Expired++
	if tx.Recording() {
		tx.prepend(Effect{DB: tx.DB, Args: [][]byte{removalName(tx.store.removals.Load().UnlinkExpired), key}})
	}
	tx.touched(sh, tx.DB, key)
	tx.notify(tx.DB, key, EvExpired)
}

// Sweep removes keys of one shard whose time has passed, and members whose time has
// passed (SetReaper), at most budget of them, and reports whether there may be more. The transaction must hold no lock.
func (tx *Tx) Sweep(shard, budget int) (more bool) {
	tx.LockKey(shard)
	tx.walks = true
	sh := &tx.store.shards[shard]
	for db, t := range sh.tables {
		if t == nil || t.index.expires == 0 && t.due.heap.Len() == 0 {
			continue
		}
		tx.DB = db
		for budget > 0 && t.index.expires > 0 {
			due := t.index.due(tx.now, func(ref arena.Ref) int64 { return t.record(ref).expiry() }, budget)
			for _, ref := range due {
				key := bytes.Clone(t.key(t.record(ref)))
				tx.expire(sh, t, key, tx.store.hash(key), ref)
			}
			if len(due) == 0 {
				break
			}
			budget -= len(due)
		}
		budget = tx.reap(db, t, budget)
	}
	tx.End()
	return budget <= 0
}

// NextExpiry returns a lower bound of the time at which a key of the shard, or a
// member of a value, goes.
func (s *Store) NextExpiry(shard int) int64 {
	sh := &s.shards[shard]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	next := int64(never)
	for _, t := range sh.tables {
		if t == nil {
			continue
		}
		if t.due.heap.Len() > 0 {
			next = min(next, t.due.heap.Least())
		}
		if t.index.expires == 0 {
			continue
		}
		for _, s := range t.index.dir {
			next = min(next, s.soonest)
		}
	}
	return next
}

// due returns up to limit entries of one segment that is due, and brings the
// segment's bound up to date; none when no segment is due.
func (x *index) due(now int64, expiry func(arena.Ref) int64, limit int) []arena.Ref {
	for _, s := range x.dir {
		if s.soonest > now {
			continue
		}
		var refs []arena.Ref
		soonest := int64(never)
		for i, n := 0, s.cap(); i < n; i++ {
			v := s.at(i)
			if v&slotVolatile == 0 {
				continue
			}
			ms := expiry(arena.Ref(v))
			if ms <= now && len(refs) < limit {
				refs = append(refs, arena.Ref(v))
				continue
			}
			soonest = min(soonest, ms)
		}
		s.soonest = soonest
		if len(refs) > 0 {
			return refs
		}
	}
	return nil
}

package keyspace

import (
	"slices"

	"github.com/medleydb/medley/datatypes/arena"
)

// Figures of the whole store. A Store's methods take the shards' locks one after the
// other; a transaction that may hold some uses its own methods of the same names,
// which read a shard that it holds as it is, and, so as to keep to the lock order,
// leave out one that another holds meanwhile.

// each calls fn with every shard, locked.
func (s *Store) each(fn func(*shard)) {
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		fn(sh)
		sh.mu.Unlock()
	}
}

func (tx *Tx) each(fn func(*shard)) {
	if !tx.held {
		tx.store.each(fn)
		return
	}
	for i := range tx.store.shards {
		sh := &tx.store.shards[i]
		switch {
		case tx.Held(i):
			fn(sh)
		case sh.mu.TryLock():
			fn(sh)
			sh.mu.Unlock()
		}
	}
}

// Memory is what the store holds in bytes.
type Memory struct {
	Keys      int
	Expires   int
	Index     int // pages, segments and directories
	Records   int // live records
	Objects   int // large values
	Due       int // the order of keys whose members go by themselves
	Allocated int // all of it with the room that is free in chunks
}

// Used returns the bytes that keys and values occupy.
func (m Memory) Used() int { return m.Index + m.Records + m.Objects + m.Due }

func (m *Memory) add(sh *shard) {
	for _, t := range sh.tables {
		if t != nil {
			m.Keys += t.index.count
			m.Expires += t.index.expires
			m.Index += t.index.size()
			m.Records += t.arena.Live()
			m.Objects += t.objects.bytes
			m.Due += t.due.size()
			m.Allocated += t.size()
		}
	}
}

// Memory returns what the store holds, exact at one moment for each shard.
func (s *Store) Memory() (m Memory) {
	s.each(m.add)
	return m
}

// Memory returns what the store holds.
func (tx *Tx) Memory() (m Memory) {
	tx.each(m.add)
	return m
}

func (sum *Stats) add(sh *shard) {
	sum.Hits += sh.stats.Hits
	sum.Misses += sh.stats.Misses
	sum.Expired += sh.stats.Expired
	sum.Evicted += sh.stats.Evicted
	sum.ExpiredMembers += sh.stats.ExpiredMembers
	sum.Dirty += sh.stats.Dirty
}

// Counters returns the sum of all shards' counters.
func (s *Store) Counters() (sum Stats) {
	s.each(sum.add)
	return sum
}

// Counters returns the sum of all shards' counters.
func (tx *Tx) Counters() (sum Stats) {
	tx.each(sum.add)
	return sum
}

// ResetStats clears the counters but Dirty.
func (tx *Tx) ResetStats() {
	tx.each(func(sh *shard) { sh.stats = Stats{Dirty: sh.stats.Dirty} })
}

// A DatabaseFigure is what there is to tell about one database.
type DatabaseFigure struct {
	Keys, Expires int
	Due           int   // keys with members that go by themselves
	Index         int   // bytes of pages, segments and directories
	AverageTTLMs  int64 // of sampled keys with an expiry
}

// ttlSamples is how many keys of a shard are looked at for the average TTL.
const ttlSamples = 32

// Database returns figures of one database.
func (tx *Tx) Database(db int) (f DatabaseFigure) {
	sum, n := int64(0), int64(0)
	tx.each(func(sh *shard) {
		t := sh.tables[db]
		if t == nil {
			return
		}
		f.Keys += t.index.count
		f.Expires += t.index.expires
		f.Due += t.due.heap.Len()
		f.Index += t.index.size()
		if t.index.expires == 0 {
			return
		}
		seen := 0
		t.index.walk(0, func(slot uint64) bool {
			if slot&slotVolatile != 0 {
				sum += max(t.record(arena.Ref(slot)).expiry()-tx.now, 0)
				n++
			}
			seen++
			return seen < ttlSamples
		})
	})
	if n > 0 {
		f.AverageTTLMs = sum / n
	}
	return f
}

// DatabaseSize returns the number of keys and of keys with an expiry.
func (s *Store) DatabaseSize(db int) (keys, expires int) {
	s.each(func(sh *shard) {
		if t := sh.tables[db]; t != nil {
			keys += t.index.count
			expires += t.index.expires
		}
	})
	return keys, expires
}

// WatchedKeys returns the number of keys that sessions watch.
func (tx *Tx) WatchedKeys() (n int) {
	tx.each(func(sh *shard) { n += len(sh.watched) })
	return n
}

// WaitedKeys returns the number of keys that waiters wait for, and how many of them are
// waited for by one that is served also when the key goes (Waiter.Loss).
func (tx *Tx) WaitedKeys() (keys, loss int) {
	tx.each(func(sh *shard) {
		keys += len(sh.waiting)
		for _, q := range sh.waiting {
			if slices.ContainsFunc(q.waiters, func(w *Waiter) bool { return w.Loss }) {
				loss++
			}
		}
	})
	return keys, loss
}

// slotBytes is a key's share of the index.
const slotBytes = 8

// SizeOf returns the bytes that the key and its value occupy; false when there is no
// such key. It does not count as an access.
func (tx *Tx) SizeOf(key []byte) (n int, ok bool) {
	_, t, _, ref, r := tx.lookup(key)
	if ref == 0 {
		return 0, false
	}
	n = slotBytes + arena.Footprint(len(r))
	if r.has(objectKey) {
		n += len(key)
	}
	if _, o := t.value(r); o != nil {
		n += o.Size()
	}
	return n, true
}

package keyspace

import (
	"bytes"
	"math"
	"slices"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/arena"
	"github.com/medleydb/medley/datatypes/due"
)

// A Reaper takes members whose time has passed out of the value of the key, which is
// of the kind, at most limit of them, and returns how many. It runs in a
// transaction that holds the key's shard, opens the value with Update, names its effect
// and events, and does not commit: the store does.
type Reaper func(tx *Tx, key []byte, kind datatypes.Kind, limit int) (n int, err error)

// retryMs is how long a value is left alone that is due and from which the reaper
// took nothing.
const retryMs = 1000

// SetReaper sets who takes members out whose time has passed; call it before the
// first transaction.
func (s *Store) SetReaper(r Reaper) { s.reaper = r }

// ReapWhenMet names kinds of values from which a lookup takes out all members whose time
// has passed, so that their handles need not hide any. Where nothing may change
// (HideExpired), hide returns a copy of the value without them. Call it before the first
// transaction.
func (s *Store) ReapWhenMet(hide func(datatypes.Value) datatypes.Value, kinds ...datatypes.Kind) {
	s.hide = hide
	for _, k := range kinds {
		s.met |= 1 << k
	}
}

// meets reports whether a lookup that has found the record must reap its value.
func (tx *Tx) meets(t *table, ref arena.Ref, r record) bool {
	return tx.store.met&(1<<r.kind()) != 0 && tx.Expired == RemoveExpired && !tx.reaping && t.due.of(ref) <= tx.now
}

// meet reaps a value that a lookup has found. It is a command of its own that comes before
// the present one: that may fail, or have no effect.
func (tx *Tx) meet(sh *shard, key []byte, kind datatypes.Kind) {
	opened, explicit, dirty, effects := tx.n, tx.explicit, tx.dirty, len(tx.effects)
	tx.reaping = true
	n, err := tx.store.reaper(tx, key, kind, math.MaxInt)
	tx.reaping = false
	if err == nil && n > 0 {
		for _, o := range tx.opened[opened:tx.n] {
			if o.write {
				o.commit()
			}
		}
	}
	tx.forget(opened)
	sh.stats.Dirty += int64(tx.dirty - dirty)
	tx.explicit, tx.dirty = explicit, dirty
	if named := slices.Clone(tx.effects[effects:]); len(named) > 0 {
		tx.effects = slices.Insert(tx.effects[:effects], tx.mark, named...)
		tx.mark += len(named)
	}
}

// dueKeys are the keys of a table with members that go by themselves, in the order in
// which the first of these goes (datatypes.Value.DueMs). A record that stands here has
// the flag hasDue; for all others it costs nothing. The place of each in the heap
// is kept in a map and not in the record: these records are few, and the rest of the
// record's shape does not change as members get and lose times.
type dueKeys struct {
	heap   due.Heap
	places map[arena.Ref]int
}

// SetPlace implements due.Owner.
func (d *dueKeys) SetPlace(ref uint32, place int) { d.places[arena.Ref(ref)] = place }

// of returns the time of a record that has the flag.
func (d *dueKeys) of(ref arena.Ref) int64 { return d.heap.At(d.places[ref]).Ms }

func (d *dueKeys) add(ref arena.Ref, ms int64) {
	if d.places == nil {
		d.places = map[arena.Ref]int{}
	}
	d.heap.Push(d, due.Entry{Ms: ms, Ref: uint32(ref)})
}

func (d *dueKeys) remove(ref arena.Ref) {
	place := d.places[ref]
	delete(d.places, ref)
	d.heap.Remove(d, place)
	if d.heap.Len() == 0 {
		*d = dueKeys{}
	}
}

func (d *dueKeys) set(ref arena.Ref, ms int64) {
	d.heap.Change(d, d.places[ref], due.Entry{Ms: ms, Ref: uint32(ref)})
}

// moved follows a record to another place in the arena.
func (d *dueKeys) moved(from, to arena.Ref) {
	place := d.places[from]
	delete(d.places, from)
	d.heap.Change(d, place, due.Entry{Ms: d.heap.At(place).Ms, Ref: uint32(to)})
}

// size returns the bytes of memory held: a place is a map's entry of 16 bytes at the
// load of Go's maps.
func (d *dueKeys) size() int { return d.heap.Size() + len(d.places)*24 }

// dueOf returns the DueMs of the record's value.
func (t *table) dueOf(ref arena.Ref, r record) int64 {
	if !r.has(hasDue) {
		return 0
	}
	return t.due.of(ref)
}

// unlink takes a record out of the index and of the due keys.
func (t *table) unlink(h uint32, ref arena.Ref) {
	t.index.remove(h, uint32(ref))
	if r := t.record(ref); r.has(hasDue) {
		t.due.remove(ref)
		r[recFlags] &^= hasDue
	}
}

// storeDue makes the due keys agree with the value that is being committed: old is the
// record that the index still names, if any, and ref the one that it will name.
func (t *table) storeDue(old, ref arena.Ref, ms int64) {
	r := t.record(ref)
	was := old != 0 && t.record(old).has(hasDue)
	switch {
	case was && ms == 0:
		t.due.remove(old)
		t.record(old)[recFlags] &^= hasDue
	case was:
		if old != ref {
			t.due.moved(old, ref)
			t.record(old)[recFlags] &^= hasDue
		}
		t.due.set(ref, ms)
		r[recFlags] |= hasDue
	case ms != 0:
		t.due.add(ref, ms)
		r[recFlags] |= hasDue
	}
}

// reap runs the reaper on values of the table, which lies in database db of the held
// shard, until none is due or about budget members have gone.
func (tx *Tx) reap(db int, t *table, budget int) (left int) {
	for budget > 0 && t.due.heap.Len() > 0 && t.due.heap.Least() <= tx.now {
		ref := arena.Ref(t.due.heap.At(0).Ref)
		r := t.record(ref)
		key := bytes.Clone(t.key(r))
		tx.DB = db
		n, err := 0, error(nil)
		if h := tx.store.hash(key); r.has(hasExpiry) && r.expiry() <= tx.now {
			tx.expire(tx.heldShard(), t, key, h, ref)
			budget--
			continue
		}
		if tx.store.reaper != nil {
			tx.reaping = true
			n, err = tx.store.reaper(tx, key, r.kind(), budget)
			tx.reaping = false
		}
		if err != nil || n == 0 {
			tx.Abort()
			t.due.set(ref, tx.now+retryMs)
			budget--
			continue
		}
		tx.Commit(nil)
		budget -= n
	}
	return budget
}

// Reaped counts n members of the key's value that have gone by themselves.
func (tx *Tx) Reaped(key []byte, n int) {
	tx.store.shards[tx.shardOf(key)].stats.ExpiredMembers += int64(n)
}

func (tx *Tx) heldShard() *shard { return &tx.store.shards[tx.single] }

// DueKeys returns the number of keys of the database with members that go by
// themselves.
func (s *Store) DueKeys(db int) (n int) {
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		if t := sh.tables[db]; t != nil {
			n += t.due.heap.Len()
		}
		sh.mu.Unlock()
	}
	return n
}

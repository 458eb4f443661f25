package keyspace

import (
	"github.com/medleydb/medley/datatypes"
)

// Flush removes every key of the database and returns how many there were. All
// shards must be held. Tables are dropped whole, so it takes no time per key.
func (tx *Tx) Flush() int {
	n := 0
	tx.flushed = EventClass(tx.store.classes.Load())&classTouched != 0
	for i := range tx.store.shards {
		sh := &tx.store.shards[i]
		t := sh.tables[tx.DB]
		if t == nil {
			continue
		}
		n += t.index.count
		for k, list := range sh.watched {
			if k.db == tx.DB && t.holds([]byte(k.key), tx) {
				for _, w := range list {
					w.broken.Store(true)
				}
			}
		}
		for key := range sh.waiting {
			if t.holds([]byte(key), tx) {
				tx.makeReady(sh, tx.DB, []byte(key))
			}
		}
		tx.store.used.Add(int64(-t.told))
		if sh.evacuating == t {
			sh.evacuating, sh.evacuation = nil, nil
		}
		sh.tables[tx.DB] = nil
	}
	tx.dirty += n
	return n
}

// holds reports whether the key is there and has not expired.
func (t *table) holds(key []byte, tx *Tx) bool {
	if t == nil {
		return false
	}
	ref, r := t.find(key, tx.store.hash(key))
	return ref != 0 && !(r.has(hasExpiry) && r.expiry() <= tx.now)
}

// Swap exchanges two databases. All shards must be held. A database that takes its own
// place changes nothing that anyone watches, but counts as a change.
func (tx *Tx) Swap(a, b int) {
	if a == b {
		tx.dirty++
		return
	}
	tx.expireWatched(a)
	tx.expireWatched(b)
	for i := range tx.store.shards {
		sh := &tx.store.shards[i]
		ta, tb := sh.tables[a], sh.tables[b]
		for k, list := range sh.watched {
			key := []byte(k.key)
			if (k.db == a || k.db == b) && (ta.holds(key, tx) || tb.holds(key, tx)) {
				for _, w := range list {
					w.broken.Store(true)
				}
			}
		}
		sh.tables[a], sh.tables[b] = tb, ta
		for key := range sh.waiting {
			for _, db := range [2]int{a, b} {
				if ta.holds([]byte(key), tx) || tb.holds([]byte(key), tx) {
					tx.makeReady(sh, db, []byte(key))
				}
			}
		}
	}
	tx.dirty++
}

// expireWatched removes expired keys that are watched in any database, so that a
// watched key that is missing is not changed by one that has expired taking its place.
func (tx *Tx) expireWatched(db int) {
	here := tx.DB
	tx.DB = db
	for i := range tx.store.shards {
		for k := range tx.store.shards[i].watched {
			tx.lookup([]byte(k.key))
		}
	}
	tx.DB = here
}

// Rename gives the value of src in the present database the name dst in database
// db, in place of what is there; false when there is no src. The expiry goes with it.
// The caller reports both changes.
func (tx *Tx) Rename(src []byte, db int, dst []byte) bool {
	from := tx.open(src)
	if !from.exists() {
		return false
	}
	to := tx.target(db, dst)
	to.adopt(from, false)
	from.delete()
	return true
}

// Copy gives dst in database db a copy of the value of src in the present one;
// false when there is no src.
func (tx *Tx) Copy(src []byte, db int, dst []byte) bool {
	from := tx.open(src)
	if !from.exists() {
		return false
	}
	tx.target(db, dst).adopt(from, true)
	return true
}

func (tx *Tx) target(db int, key []byte) *opened {
	here := tx.DB
	tx.DB = db
	o := tx.openFor(key, true)
	tx.DB = here
	return o
}

// adopt gives o the value and expiry of another opened key.
func (o *opened) adopt(from *opened, clone bool) {
	o.created, o.renewed = o.exists(), true
	o.expiry = from.expiry
	v, w := &o.value, &from.value
	v.Kind, v.Empty, v.DueMs = w.Kind, w.Empty, w.DueMs
	if w.Object == nil {
		copy(v.Replace(w.Encoding, len(w.Bytes)), w.Bytes)
		return
	}
	obj := w.Object
	if clone {
		obj = obj.Clone()
	} else {
		// The record of src goes without its object.
		r := from.t.record(from.ref)
		from.t.objects.set(from.t.valueIndex(r), movedObject{})
	}
	v.Object = nil
	v.SetObject(w.Encoding, obj)
}

// movedObject stands in the slab where an object was that has another name now.
type movedObject struct{}

func (movedObject) Size() int               { return 0 }
func (movedObject) Clone() datatypes.Object { return movedObject{} }

// Dirty adds a change that is no key's, such as a flush of an empty database.
func (tx *Tx) Dirty() { tx.dirty++ }

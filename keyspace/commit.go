package keyspace

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/arena"
)

// Commit ends a command that succeeded: opened values are stored back, empty
// collections removed, and the command's effect is noted. args is the effect of
// a command that named none; nil for none.
func (tx *Tx) Commit(args [][]byte) {
	tx.Settle()
	if tx.dirty > 0 || tx.explicit > 0 {
		tx.note(args)
	}
}

// Settle stores back the values that the present command has opened so far. A
// command that changes many keys calls it after each, having made sure that it
// cannot fail any more.
func (tx *Tx) Settle() {
	for _, o := range tx.opened[:tx.n] {
		if o.write {
			o.commit()
		}
	}
	tx.forget(0)
	if len(tx.events) > 0 {
		tx.tellEvents()
	}
}

// Changes returns how many changes the present command has reported.
func (tx *Tx) Changes() int { return tx.dirty }

// note counts the command's changes and queues its effect.
func (tx *Tx) note(args [][]byte) {
	if tx.held && tx.dirty > 0 {
		i := tx.single
		if i < 0 {
			for w, m := range tx.set {
				if m != 0 {
					i = w<<6 + bits.TrailingZeros64(m)
					break
				}
			}
		}
		tx.store.shards[i].stats.Dirty += int64(tx.dirty)
	}
	if tx.Recording() && tx.explicit == 0 && args != nil {
		tx.effects = append(tx.effects, Effect{DB: tx.DB, Args: args})
	}
	tx.mark = len(tx.effects)
	tx.dirty, tx.explicit = 0, 0
}

// Abort ends a command that failed: a value's new representation is dropped, the old
// one stays. A handler may not fail once it has changed a value in place, which
// includes every change of an object. What the lookup of an expired key removed stays
// removed.
func (tx *Tx) Abort() {
	for _, o := range tx.opened[:tx.n] {
		if o.write && o.old != 0 {
			if r := o.t.record(o.old); r.has(objectValue) {
				o.t.objects.recount(o.t.valueIndex(r)) // a handler that panicked
			}
		}
		if o.write && o.ref != o.old && o.ref != 0 {
			tx.trash = append(tx.trash, trash{o.t, o.ref, false})
		}
	}
	tx.forget(0)
	if len(tx.events) > 0 {
		tx.tellEvents()
	}
	if tx.dirty > 0 {
		tx.note(nil)
	}
	tx.explicit, tx.reaping = 0, false
}

// forget closes the values opened from number n on.
func (tx *Tx) forget(n int) {
	for _, o := range tx.opened[n:tx.n] {
		o.key, o.t, o.sh = nil, nil, nil
		o.value.Bytes, o.value.Object = nil, nil
	}
	tx.n = n
	if len(tx.opened) > 256 {
		clear(tx.opened[256:])
		tx.opened = tx.opened[:256]
	}
}

// Effect names a deterministic command in place of the command's arguments. The
// arguments are borrowed until the transaction ends. A command may name several.
func (tx *Tx) Effect(args ...[]byte) {
	tx.explicit++
	if tx.Recording() {
		tx.effects = append(tx.effects, Effect{DB: tx.DB, Args: args})
	}
}

// Pass hands a command that changes nothing to replicas, in its place among the effects.
func (tx *Tx) Pass(args ...[]byte) {
	if tx.Recording() {
		tx.explicit++
		tx.effects = append(tx.effects, Effect{DB: tx.DB, Args: args, Passing: true})
	}
}

// NoEffect says that the command has none for the journal.
func (tx *Tx) NoEffect() { tx.explicit++ }

// Recording reports whether effects go anywhere, so that a command need not
// build one for nothing.
func (tx *Tx) Recording() bool { return tx.store.journal.Load() != nil && !tx.NoJournal }

// prepend puts an effect before those of the present command: the removal of an
// expired or evicted key comes before what met it.
func (tx *Tx) prepend(e Effect) {
	tx.effects = append(tx.effects, Effect{})
	copy(tx.effects[tx.mark+1:], tx.effects[tx.mark:])
	tx.effects[tx.mark] = e
	tx.mark++
	tx.removals++
}

// Changed says that the command changed the key, and how.
func (tx *Tx) Changed(key []byte, ev Event) {
	tx.dirty++
	tx.touched(&tx.store.shards[tx.shardOf(key)], tx.DB, key)
	tx.notify(tx.DB, key, ev)
}

// AlsoChanged is Changed for another key of one change, which counts once: the
// other end of a move.
func (tx *Tx) AlsoChanged(key []byte, ev Event) {
	tx.Changed(key, ev)
	tx.dirty--
}

// touched marks watchers of the key and readies its waiters.
func (tx *Tx) touched(sh *shard, db int, key []byte) {
	if len(sh.watched) > 0 {
		sh.breakWatches(db, key)
	}
	if len(sh.waiting) > 0 {
		tx.makeReady(sh, db, key)
	}
	if EventClass(tx.store.classes.Load())&classTouched != 0 {
		tx.touches = append(tx.touches, Touch{bytes.Clone(key), tx.Origin})
	}
}

// Notify tells the observer of an event that is no change of its own.
func (tx *Tx) Notify(key []byte, ev Event) { tx.notify(tx.DB, key, ev) }

func (tx *Tx) notify(db int, key []byte, ev Event) {
	if tx.recording {
		tx.changes = append(tx.changes, Change{db, string(key), ev})
	}
	tx.tell(db, key, ev)
}

// tell tells the observer of an event, now or when the command ends.
func (tx *Tx) tell(db int, key []byte, ev Event) {
	c := EventClass(tx.store.classes.Load())
	switch {
	case c&^noClasses == 0:
	case c&firstClasses != 0:
		tx.events = append(tx.events, event{db, bytes.Clone(key), ev, nil})
	case c&ev.Class() != 0:
		tx.store.observer.KeyEvent(db, key, ev)
	}
}

// firstClasses are the classes of notifyFirst.
const firstClasses = ClassNew | ClassOverwritten | ClassTypeChanged

// event is one that waits until its command ends.
type event struct {
	db  int
	key []byte
	ev  Event
	// What it is about, where that is told: the event itself stands before.
	subkeys [][]byte
}

// notifyFirst is notify for what is known only when a value is stored, and comes before what
// the command itself said of the key: that it is new, or of another type. A key that takes
// the name of another is new before either of the two is told of. Where such events are
// wanted, all wait until the command ends.
func (tx *Tx) notifyFirst(db int, key []byte, ev Event) {
	n := len(tx.events)
	tx.notify(db, key, ev)
	if len(tx.events) == n {
		return
	}
	at := n
	for i := n - 1; i >= 0; i-- {
		e := &tx.events[i]
		if e.db != db || string(e.key) != string(key) || e.ev.Class()&firstClasses != 0 {
			continue
		}
		if e.ev == EvExpired || e.ev == EvKeyMiss {
			break // that was before this key was there
		}
		at = i
	}
	if at == n {
		return
	}
	if e := tx.events[at].ev; at > 0 && (e == EvRenameTo || e == EvMoveTo) {
		at--
	}
	last := tx.events[n]
	copy(tx.events[at+1:], tx.events[at:n])
	tx.events[at] = last
}

// tellEvents tells the observer of the events that have waited.
func (tx *Tx) tellEvents() {
	c := EventClass(tx.store.classes.Load())
	for _, e := range tx.events {
		switch {
		case c&e.ev.Class() == 0:
		case e.subkeys != nil:
			tx.store.subkeys(e.db, e.key, e.ev, e.subkeys)
		default:
			tx.store.observer.KeyEvent(e.db, e.key, e.ev)
		}
	}
	clear(tx.events)
	tx.events = tx.events[:0]
}

// Record makes the transaction keep the events of what it does until TakeChanges.
func (tx *Tx) Record(on bool) { tx.recording = on }

// TakeChanges returns the recorded events.
func (tx *Tx) TakeChanges() []Change {
	c := tx.changes
	tx.changes = nil
	return c
}

func (o *opened) commit() {
	v := &o.value
	switch {
	case o.gone:
		if o.ref != 0 && o.ref != o.old {
			o.tx.trash = append(o.tx.trash, trash{o.t, o.ref, false})
		}
		return
	case !v.Dirty:
		if o.ref != 0 {
			o.storeExpiry()
		}
		return
	case v.Empty && !v.Kind.KeepsEmpty():
		o.commitEmpty()
		return
	case v.Object != nil:
		o.storeObject()
	}
	r := o.t.record(o.ref)
	r.setKind(v.Kind, v.Encoding)
	o.storeExpiry()
	o.t.storeDue(o.old, o.ref, v.DueMs)
	if o.created {
		o.tellOverwritten()
	}
	if o.renewed && o.old != 0 {
		o.tx.notifyFirst(o.db, o.key, EvNew)
	}
	if o.ref == o.old {
		return
	}
	o.mark(o.t.record(o.ref))
	if o.old == 0 {
		o.t.index.insert(o.hash, uint32(o.ref), o.expiry != 0, o.expiry)
		o.t.tell(o.tx.store)
		o.tx.notifyFirst(o.db, o.key, EvNew)
		return
	}
	o.t.index.replace(o.hash, uint32(o.old), uint32(o.ref), o.expiry != 0, o.expiry)
	o.dropOld(o.objectMoved())
}

// tellOverwritten tells the observer that a new value has taken the place of
// another, and whether of another kind.
func (o *opened) tellOverwritten() {
	if o.tx.recording || EventClass(o.tx.store.classes.Load())&firstClasses != 0 {
		o.tx.notifyFirst(o.db, o.key, EvOverwritten)
		if o.kind != o.value.Kind {
			o.tx.notifyFirst(o.db, o.key, EvTypeChanged)
		}
	}
}

// objectMoved reports whether the new record names the object of the old one.
func (o *opened) objectMoved() bool {
	a, b := o.t.record(o.old), o.t.record(o.ref)
	return a.has(objectValue) && b.has(objectValue) && o.t.valueIndex(a) == o.t.valueIndex(b)
}

func (o *opened) dropOld(headOnly bool) {
	o.tx.trash = append(o.tx.trash, trash{o.t, o.old, headOnly})
}

// commitEmpty removes the key of a collection without elements.
func (o *opened) commitEmpty() {
	tx := o.tx
	if o.ref != o.old && o.ref != 0 {
		tx.trash = append(tx.trash, trash{o.t, o.ref, false})
	}
	if o.old == 0 {
		return
	}
	o.t.unlink(o.hash, o.old)
	o.dropOld(false)
	tx.touched(o.sh, o.db, o.key)
	tx.notify(o.db, o.key, EvDel)
}

// storeObject makes the record name the value's object.
func (o *opened) storeObject() {
	v := &o.value
	if o.ref != 0 {
		if r := o.t.record(o.ref); r.has(objectValue) {
			o.t.objects.set(o.t.valueIndex(r), v.Object)
			o.t.tell(o.tx.store)
			return
		}
	}
	obj := v.Object
	i := o.t.objects.add(obj, obj.Size())
	binary.LittleEndian.PutUint32(o.Fresh(v, 4, false), i)
	o.t.record(o.ref)[recFlags] |= objectValue
}

// storeExpiry brings the record's expiry to o.expiry, in place or, where it had
// none or has none now, in a new record.
func (o *opened) storeExpiry() {
	r := o.t.record(o.ref)
	if r.expiry() == o.expiry {
		return
	}
	if r.has(hasExpiry) && o.expiry != 0 {
		r.setExpiry(o.expiry)
		if o.ref == o.old {
			o.t.index.replace(o.hash, uint32(o.ref), uint32(o.ref), true, o.expiry)
		}
		return
	}
	l := layoutFor(o.key, o.expiry)
	_, from := r.keyBounds()
	ref, nr := o.t.alloc(&l, len(r)-from)
	r = o.t.record(o.ref)
	copy(nr[l.head():], r[from:])
	nr.setKind(r.kind(), r.encoding())
	nr.setClock(r.clock())
	nr[recFlags] |= r[recFlags] & objectValue
	o.mark(nr)
	was := o.ref
	o.ref = ref
	if was != o.old {
		o.tx.trash = append(o.tx.trash, trash{o.t, was, r.has(objectValue)})
		return
	}
	if !o.value.Dirty {
		o.t.index.replace(o.hash, uint32(o.old), uint32(ref), o.expiry != 0, o.expiry)
		o.t.storeDue(o.old, ref, o.value.DueMs)
		o.dropOld(r.has(objectValue))
	}
}

// mark gives a new record the snapshot bit of records that the present snapshot need
// not write.
func (o *opened) mark(r record) {
	if o.tx.store.parity.Load() {
		r[recFlags] |= snapBit
	} else {
		r[recFlags] &^= snapBit
	}
}

// Delete removes the key and reports whether there was one.
func (tx *Tx) Delete(key []byte) bool {
	if tx.n > 0 {
		if o := tx.pending(key); o != nil {
			return o.delete()
		}
	}
	sh, t, h, ref, r := tx.lookup(key)
	if ref == 0 {
		return false
	}
	tx.remove(sh, t, h, ref, r)
	return true
}

func (o *opened) delete() bool {
	if !o.exists() {
		return false
	}
	if o.old != 0 {
		o.t.unlink(o.hash, o.old)
		o.dropOld(false)
	}
	if o.ref != o.old && o.ref != 0 {
		o.tx.trash = append(o.tx.trash, trash{o.t, o.ref, false})
	}
	o.old, o.ref, o.expiry = 0, 0, 0
	o.value = datatypes.Value{Env: o.value.Env, Storage: o}
	o.gone = true
	return true
}

// remove takes the record out of the table; it is freed when the transaction ends.
func (tx *Tx) remove(sh *shard, t *table, h uint32, ref arena.Ref, r record) {
	if tx.store.snap.Load() != nil {
		tx.beforeChange(sh, t, r, true)
	}
	t.unlink(h, ref)
	tx.trash = append(tx.trash, trash{t, ref, false})
}

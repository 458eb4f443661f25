package keyspace

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/arena"
)

// A table holds the keys of one database in one shard: an index, the arena of the
// records that it names, and the objects that are too large for records. It is
// whole in itself, so that FLUSHDB drops it and SWAPDB moves it in constant time.
type table struct {
	index   index
	arena   arena.Arena
	chunks  chunkList
	objects objects
	due     dueKeys
	sweep   uint32 // where active expiry goes on
	told    int    // bytes last added to Store.used
	snapDB  int    // database in which the present snapshot saw the table
}

// objects is a slab of Go objects that records name by number.
type objects struct {
	items []object
	free  []uint32
	bytes int // sum of the items' sizes
}

type object struct {
	item any // datatypes.Object, or []byte for a long key
	size int // as it is counted
}

func (o *objects) add(item any, size int) uint32 {
	o.bytes += size
	if n := len(o.free); n > 0 {
		i := o.free[n-1]
		o.free = o.free[:n-1]
		o.items[i] = object{item, size}
		return i
	}
	o.items = append(o.items, object{item, size})
	return uint32(len(o.items) - 1)
}

// set stores the object, the same one or another, and counts its present size.
func (o *objects) set(i uint32, item datatypes.Object) {
	n := item.Size()
	o.bytes += n - o.items[i].size
	o.items[i] = object{item, n}
}

// recount counts the object's present size.
func (o *objects) recount(i uint32) { o.set(i, o.items[i].item.(datatypes.Object)) }

func (o *objects) drop(i uint32) {
	o.bytes -= o.items[i].size
	o.items[i] = object{}
	o.free = append(o.free, i)
}

// size returns the bytes of memory that the table holds; used those that its
// keys and values occupy of them.
func (t *table) size() int {
	return t.index.size() + t.arena.Size() + t.objects.bytes + t.due.size()
}

func (t *table) used() int {
	return t.index.size() + t.arena.Live() + t.objects.bytes + t.due.size()
}

func (t *table) record(ref arena.Ref) record { return record(t.arena.Bytes(ref)) }

// key returns the record's key; it borrows the record.
func (t *table) key(r record) []byte {
	from, to := r.keyBounds()
	if r.has(objectKey) {
		return t.objects.items[binary.LittleEndian.Uint32(r[from:])].item.([]byte)
	}
	return r[from:to:to]
}

// value returns the record's value in one of its two forms.
func (t *table) value(r record) ([]byte, datatypes.Object) {
	_, to := r.keyBounds()
	if r.has(objectValue) {
		return nil, t.objects.items[binary.LittleEndian.Uint32(r[to:])].item.(datatypes.Object)
	}
	return r[to:], nil
}

func (t *table) valueIndex(r record) uint32 {
	_, to := r.keyBounds()
	return binary.LittleEndian.Uint32(r[to:])
}

// find returns the record of the key; ref is 0 when there is none.
func (t *table) find(key []byte, h uint32) (ref arena.Ref, r record) {
	s, i := t.index.first(h)
	for i >= 0 {
		ref = arena.Ref(s.at(i))
		if r = t.record(ref); t.isOf(r, key) {
			return ref, r
		}
		i = s.next(i, h)
	}
	return 0, nil
}

// findSeen is find for a key that was looked ahead for: where the index still has the entry that was
// seen then, it is not searched again.
func (t *table) findSeen(p *placed) (ref arena.Ref, r record) {
	if g := &p.seen; g.slot != 0 && g.t == t && t.index.holds(g) {
		ref = arena.Ref(g.slot)
		if r = t.record(ref); t.isOf(r, p.key) {
			return ref, r
		}
	}
	return t.find(p.key, p.hash)
}

// isOf reports whether the record is the key's.
func (t *table) isOf(r record, key []byte) bool {
	if r[recFlags]&(longKey|hasExpiry) == 0 {
		// The shape of nearly every key, without the general offsets.
		n := int(r[recKlen])
		return n == len(key) && string(r[recFixed:recFixed+n]) == string(key)
	}
	return bytes.Equal(t.key(r), key)
}

// alloc returns a new record with its head written and n bytes for the value.
func (t *table) alloc(l *layout, n int) (arena.Ref, record) {
	head := l.head()
	ref, b := t.arena.Alloc(head + n)
	t.chunks.follow(&t.arena)
	r := record(b)
	keyIndex := uint32(0)
	if l.flags&objectKey != 0 {
		keyIndex = t.objects.add(bytes.Clone(l.key), len(l.key))
	}
	l.write(r, keyIndex)
	return ref, r
}

// release frees a record with all that it names.
func (t *table) release(ref arena.Ref) {
	r := t.record(ref)
	if r.has(objectValue) {
		t.objects.drop(t.valueIndex(r))
	}
	t.releaseHead(ref, r)
}

// releaseHead frees a record but not its value's object.
func (t *table) releaseHead(ref arena.Ref, r record) {
	if r.has(objectKey) {
		from, _ := r.keyBounds()
		t.objects.drop(binary.LittleEndian.Uint32(r[from:]))
	}
	t.arena.Free(ref)
}

// compact moves up to budget records out of a sparse chunk and reports whether
// there is more to do.
func (t *table) compact(ev **arena.Evacuation, hash func([]byte) uint32, budget int) bool {
	if *ev == nil {
		if *ev = t.arena.Sparse(); *ev == nil {
			return false
		}
	}
	for ; budget > 0; budget-- {
		old, ok := (*ev).Next()
		if !ok {
			(*ev).Finish()
			t.chunks.follow(&t.arena)
			*ev = nil
			return true
		}
		r := t.record(old)
		ref, b := t.arena.Alloc(len(r))
		t.chunks.follow(&t.arena)
		r = t.record(old) // Alloc may have added a chunk, not moved one
		copy(b[arena.HeaderSize:], r[arena.HeaderSize:])
		h := hash(t.key(r))
		t.index.replace(h, uint32(old), uint32(ref), r.has(hasExpiry), never)
		if r.has(hasDue) {
			t.due.moved(old, ref)
		}
		t.arena.Free(old)
	}
	return true
}

// check reports the first broken invariant.
func (t *table) check(hash func([]byte) uint32) error {
	if err := t.arena.Check(); err != nil {
		return err
	}
	if err := t.index.check(); err != nil {
		return err
	}
	if t.arena.Records() != t.index.count {
		return fmt.Errorf("keyspace: %d records for %d keys", t.arena.Records(), t.index.count)
	}
	held, inUse, dues := 0, 0, 0
	var err error
	t.index.walk(0, func(slot uint64) bool {
		r := t.record(arena.Ref(slot))
		key := t.key(r)
		switch {
		case hash(key) != slotHashOf(slot):
			err = fmt.Errorf("keyspace: key %q stands under another hash", key)
		case r.has(hasExpiry) != (slot&slotVolatile != 0):
			err = fmt.Errorf("keyspace: the index is wrong about the expiry of %q", key)
		}
		if r.has(hasDue) {
			dues++
			if _, ok := t.due.places[arena.Ref(slot)]; !ok {
				err = fmt.Errorf("keyspace: %q is marked as due and stands nowhere", key)
			}
		}
		if r.has(objectKey) {
			held += len(key)
			inUse++
		}
		if r.has(objectValue) {
			_, o := t.value(r)
			held += o.Size()
			inUse++
		}
		return err == nil
	})
	if err != nil {
		return err
	}
	place := func(ref uint32) int {
		if p, ok := t.due.places[arena.Ref(ref)]; ok {
			return p
		}
		return -1
	}
	if dues != t.due.heap.Len() || dues != len(t.due.places) || !t.due.heap.Check(place) {
		return fmt.Errorf("keyspace: %d records are marked as due, %d stand in order, %d have a place",
			dues, t.due.heap.Len(), len(t.due.places))
	}
	if held != t.objects.bytes || inUse != len(t.objects.items)-len(t.objects.free) {
		return fmt.Errorf("keyspace: objects count %d bytes in %d, have %d in %d",
			t.objects.bytes, len(t.objects.items)-len(t.objects.free), held, inUse)
	}
	return nil
}

// check reports the first broken invariant of the index itself.
func (x *index) check() error {
	used, expires, pages := 0, 0, 0
	var last *segment
	for i, s := range x.dir {
		if s == last {
			continue
		}
		last = s
		pages += s.n
		k, prev := 0, uint32(0)
		for j, n := 0, s.cap(); j < n; j++ {
			v := s.at(j)
			if v == 0 {
				continue
			}
			h := slotHashOf(v)
			switch {
			case h < prev:
				return fmt.Errorf("keyspace: slot %d of segment %d is out of order", j, i)
			case s.home(h) > j:
				return fmt.Errorf("keyspace: slot %d of segment %d stands before its home", j, i)
			case s.home(h) < j && s.at(j-1) == 0:
				return fmt.Errorf("keyspace: a gap lies before slot %d of segment %d", j, i)
			case x.segmentOf(h) != s:
				return fmt.Errorf("keyspace: slot %d stands in the wrong segment %d", j, i)
			}
			prev = h
			k++
			if v&slotVolatile != 0 {
				expires++
			}
		}
		if k != s.used {
			return fmt.Errorf("keyspace: segment %d counts %d entries, has %d", i, s.used, k)
		}
		used += k
	}
	if used != x.count || expires != x.expires || pages != x.pages {
		return fmt.Errorf("keyspace: index counts %d entries, %d with expiry, %d pages; has %d, %d, %d",
			x.count, x.expires, x.pages, used, expires, pages)
	}
	return nil
}

package hash

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"unsafe"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/arena"
	"github.com/medleydb/medley/datatypes/due"
	"github.com/medleydb/medley/datatypes/refindex"
)

// A large is the object of a Large hash. It is whole in itself: dropping it is
// dropping a few pointers, whatever its size.
//
// What deleted and outgrown fields leave free in the arena is reused; where that
// is not enough, every change moves a few records out of a sparse chunk (evacuate).
type large struct {
	records arena.Arena
	index   refindex.Index
	due     due.Heap // of fields with a time
	out     outside
	seed    maphash.Seed
	moving  *arena.Evacuation
	changes uint32 // since the last look for a sparse chunk
	beyond  bool   // the limits of packed hashes have been passed
	timed   bool   // a field has, or had, a time
}

const (
	firstChunk = 256
	// movesPerChange is how many records a change moves out of a sparse chunk: more
	// than it can free, so that compaction keeps up.
	movesPerChange = 4
	// sparseEvery is how many changes lie between two looks for a sparse chunk.
	sparseEvery = 64
	// fewRecords is how many records are moved at once to give memory back.
	fewRecords = 48
)

func newLarge() *large { return &large{records: *arena.New(firstChunk), seed: maphash.MakeSeed()} }

// Size implements datatypes.Object.
func (l *large) Size() int {
	return int(unsafe.Sizeof(*l)) + l.records.Size() + l.records.Overhead() + l.index.Size() + l.due.Size() + l.out.size()
}

// LookAhead implements datatypes.Foreseer.
func (l *large) LookAhead(names [][]byte) (sum uint64) {
	var hashes [datatypes.MaxAhead]uint64
	var refs [refindex.MaxAhead]uint32
	names = names[:min(len(names), len(hashes))]
	for i, name := range names {
		hashes[i] = l.hashOf(name)
	}
	n, sum := l.index.LookAhead(hashes[:len(names)], &refs)
	for _, ref := range refs[:n] {
		sum += l.records.Glance(arena.Ref(ref))
	}
	return sum
}

// Clone implements datatypes.Object.
func (l *large) Clone() datatypes.Object {
	for l.moving != nil {
		l.evacuate(1 << 10)
	}
	c := *l
	c.records = l.records.Clone()
	c.index = l.index.Clone()
	c.due = l.due.Clone()
	c.out = l.out.clone()
	return &c
}

func (l *large) hashOf(field []byte) uint64 { return maphash.Bytes(l.seed, field) }

// Hash implements refindex.Owner.
func (l *large) Hash(ref uint32) uint64 { return l.hashOf(l.field(l.record(arena.Ref(ref)))) }

// SetPlace implements due.Owner.
func (l *large) SetPlace(ref uint32, place int) { l.record(arena.Ref(ref)).setPlace(place) }

func (l *large) record(ref arena.Ref) record { return l.records.Bytes(ref) }

func (l *large) field(r record) []byte {
	if i, ok := r.elsewhere(); ok {
		return l.out.items[i].field
	}
	from, to := r.bounds()
	return r[from:to:to]
}

func (l *large) value(r record) []byte {
	if i, ok := r.elsewhere(); ok {
		return l.out.items[i].value
	}
	_, from := r.bounds()
	return r[from:]
}

// find fills in the spot of the field.
func (l *large) find(s *spot, field []byte) {
	s.hash = l.hashOf(field)
	p := l.index.Find(s.hash)
	for ref := p.Next(); ref != 0; ref = p.Next() {
		r := l.record(arena.Ref(ref))
		if bytes.Equal(l.field(r), field) {
			s.found, s.ref, s.expiry = true, arena.Ref(ref), r.expiry()
			return
		}
	}
}

// put stores the field at the spot.
func (l *large) put(s *spot, field, value []byte, ms int64, lim *datatypes.Limits) {
	if len(field) > lim.HashMaxPackedValue || len(value) > lim.HashMaxPackedValue {
		l.beyond = true
	}
	if !s.found {
		l.add(field, value, ms, s.hash)
		l.beyond = l.beyond || l.index.Len() > lim.HashMaxPackedEntries
		return
	}
	if l.inPlace(s.ref, field, value, ms) {
		return
	}
	old := l.record(s.ref)
	if old.timed() {
		l.due.Remove(l, old.place())
	}
	ref := l.alloc(field, value, ms)
	l.index.Move(s.hash, uint32(s.ref), uint32(ref))
	l.free(s.ref)
	s.ref = ref
	l.changed()
}

// add stores a field that is not there.
func (l *large) add(field, value []byte, ms int64, h uint64) {
	l.index.Insert(l, h, uint32(l.alloc(field, value, ms)))
}

// inPlace writes value and time over those of the record, where it takes as much
// memory as before.
func (l *large) inPlace(ref arena.Ref, field, value []byte, ms int64) bool {
	r := l.record(ref)
	n, out := recordSize(len(field), len(value), ms != 0)
	if _, was := r.elsewhere(); out || was || r.timed() != (ms != 0) || arena.Footprint(n) != arena.Footprint(len(r)) {
		return false
	}
	if n != len(r) {
		r = l.records.Shrink(ref, n)
	}
	if ms != 0 && r.expiry() != ms {
		r.setExpiry(ms)
		l.due.Change(l, r.place(), due.Entry{Ms: ms, Ref: uint32(ref)})
	}
	copy(l.value(r), value)
	return true
}

// alloc writes a new record and, where it has a time, enters it in the heap.
func (l *large) alloc(field, value []byte, ms int64) arena.Ref {
	n, out := recordSize(len(field), len(value), ms != 0)
	ref, b := l.records.Alloc(n)
	r := record(b)
	r[recHead] = byte(min(len(field), longField))
	if out {
		r[recHead] = elsewhere
	}
	if ms != 0 {
		r[recHead] |= timed
		r.setExpiry(ms)
	}
	at := r.body()
	switch {
	case out:
		binary.LittleEndian.PutUint32(r[at:], l.out.add(field, value))
	case len(field) >= longField:
		binary.LittleEndian.PutUint32(r[at:], uint32(len(field)))
		at += 4
		fallthrough
	default:
		copy(r[at+copy(r[at:], field):], value)
	}
	if ms != 0 {
		l.timed = true
		l.due.Push(l, due.Entry{Ms: ms, Ref: uint32(ref)})
	}
	return ref
}

// free gives back a record that stands in no index and no heap.
func (l *large) free(ref arena.Ref) {
	if i, ok := l.record(ref).elsewhere(); ok {
		l.out.drop(i)
	}
	l.records.Free(ref)
}

// remove takes a field out.
func (l *large) remove(ref arena.Ref, h uint64) {
	p := l.index.Find(h)
	for r := p.Next(); r != uint32(ref); r = p.Next() {
		if r == 0 {
			panic(errCorrupt)
		}
	}
	if r := l.record(ref); r.timed() {
		l.due.Remove(l, r.place())
	}
	l.index.Remove(l, &p)
	l.free(ref)
	l.changed()
}

// expire gives a field another time, 0 for none.
func (l *large) expire(ref arena.Ref, ms int64) {
	r := l.record(ref)
	if r.timed() && ms != 0 {
		r.setExpiry(ms)
		l.due.Change(l, r.place(), due.Entry{Ms: ms, Ref: uint32(ref)})
		return
	}
	if r.timed() {
		l.due.Remove(l, r.place())
	}
	l.reshape(ref, r, ms)
	l.changed()
}

// reshape gives a field a record with room for a time, or without.
func (l *large) reshape(ref arena.Ref, r record, ms int64) {
	n, from := len(r)-r.body()+recBody, r.body()
	if ms != 0 {
		n += timeSize + placeSize
	}
	to, b := l.records.Alloc(n)
	nr := record(b)
	nr[recHead] = r[recHead] &^ timed
	if ms != 0 {
		nr[recHead] |= timed
		nr.setExpiry(ms)
	}
	copy(nr[nr.body():], r[from:])
	l.index.Move(l.hashOf(l.field(nr)), uint32(ref), uint32(to))
	l.records.Free(ref)
	if ms != 0 {
		l.timed = true
		l.due.Push(l, due.Entry{Ms: ms, Ref: uint32(to)})
	}
}

// changed does a step of compaction after a change that has freed memory.
func (l *large) changed() {
	if n := l.records.Records(); n <= fewRecords && l.records.Size() > 4*l.records.Live()+fewRecords*64 {
		l.renew()
		return
	}
	if l.moving == nil {
		if l.changes++; l.changes < sparseEvery {
			return
		}
		l.changes = 0
		if l.moving = l.records.Sparse(); l.moving == nil {
			return
		}
	}
	l.evacuate(movesPerChange)
}

// renew gives a hash that has lost nearly all of its fields an arena of its present
// size.
func (l *large) renew() {
	refs := make([]uint32, 0, fewRecords)
	l.index.Walk(func(ref uint32) bool {
		refs = append(refs, ref)
		return true
	})
	old := l.records
	l.records, l.moving = *arena.New(firstChunk), nil
	l.index, l.due = refindex.Index{}, due.Heap{}
	for _, from := range refs {
		r := old.Bytes(arena.Ref(from))
		ref, b := l.records.Alloc(len(r))
		copy(b[arena.HeaderSize:], r[arena.HeaderSize:])
		l.index.Insert(l, l.hashOf(l.field(b)), uint32(ref))
		if ms := record(b).expiry(); ms != 0 {
			l.due.Push(l, due.Entry{Ms: ms, Ref: uint32(ref)})
		}
	}
}

// evacuate moves up to n records out of the sparse chunk.
func (l *large) evacuate(n int) {
	for ; n > 0; n-- {
		old, ok := l.moving.Next()
		if !ok {
			l.moving.Finish()
			l.moving = nil
			return
		}
		size := len(l.record(old))
		ref, b := l.records.Alloc(size)
		r := record(b)
		copy(r[arena.HeaderSize:], l.record(old)[arena.HeaderSize:])
		l.index.Move(l.hashOf(l.field(r)), uint32(old), uint32(ref))
		if r.timed() {
			l.due.Change(l, r.place(), due.Entry{Ms: r.expiry(), Ref: uint32(ref)})
		}
		l.records.Free(old)
	}
}

// outside holds the fields and values that are too large for the arena.
type outside struct {
	items []outItem
	spare []uint32
	bytes int
}

type outItem struct{ field, value []byte }

const outItemSize = 48

func (o *outside) add(field, value []byte) uint32 {
	b := make([]byte, len(field)+len(value))
	copy(b[copy(b, field):], value)
	item := outItem{b[:len(field):len(field)], b[len(field):]}
	o.bytes += len(b)
	if n := len(o.spare); n > 0 {
		i := o.spare[n-1]
		o.spare = o.spare[:n-1]
		o.items[i] = item
		return i
	}
	o.items = append(o.items, item)
	return uint32(len(o.items) - 1)
}

func (o *outside) drop(i uint32) {
	o.bytes -= len(o.items[i].field) + len(o.items[i].value)
	o.items[i] = outItem{}
	o.spare = append(o.spare, i)
}

func (o *outside) size() int { return o.bytes + cap(o.items)*outItemSize + cap(o.spare)*4 }

// clone shares the bytes, which are never written to once they are there.
func (o *outside) clone() outside {
	return outside{append([]outItem(nil), o.items...), append([]uint32(nil), o.spare...), o.bytes}
}

// check reports the first broken invariant.
func (l *large) check() error {
	if l.moving == nil {
		if err := l.records.Check(); err != nil {
			return err
		}
	}
	if err := l.index.Check(l); err != nil {
		return err
	}
	n := 0
	l.index.Walk(func(ref uint32) bool {
		if l.record(arena.Ref(ref)).timed() {
			n++
		}
		return true
	})
	place := func(ref uint32) int { return l.record(arena.Ref(ref)).place() }
	if l.records.Records() != l.index.Len() || n != l.due.Len() || !l.due.Check(place) {
		return errCorrupt
	}
	return nil
}

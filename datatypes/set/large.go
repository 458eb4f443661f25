package set

import (
	"encoding/binary"
	"hash/maphash"
	"math/rand/v2"
	"strconv"
	"unsafe"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/arena"
	"github.com/medleydb/medley/datatypes/due"
	"github.com/medleydb/medley/datatypes/pack"
	"github.com/medleydb/medley/datatypes/refindex"
)

// A large is the object of a Large set, in two parts. Each member is in one of them:
//
//   - the bitmap, for integers, while they lie close enough together (dense.go);
//   - the table, for all other members: records of an arena of its own, found by an
//     index of references.
//
// A record is the arena's header and the encoded string of package pack, so that an
// integer takes 16 bytes at most, and a string one byte more than itself. In place of
// that string may stand outsideMark and the number of a string on the Go heap, which is
// too long for the arena. A member that goes by itself has before it timedMark, its time
// in Unix milliseconds, 8 bytes, and its place in the heap of times, 4 bytes; it stands in
// the table even where it is an integer.
//
// The object is whole in itself: dropping it is dropping a few pointers, whatever its
// size. What removed members leave free in the arena is reused; where that is not
// enough, every removal moves a few records out of a sparse chunk (evacuate).
type large struct {
	records arena.Arena
	index   refindex.Index
	due     due.Heap // of members with a time
	out     outside
	seed    maphash.Seed
	moving  *arena.Evacuation
	owed    int    // records to move for the changes since the last were
	changes uint32 // since the last look for a sparse chunk
	name    datatypes.Encoding

	bits *bitmap
	dense
}

const (
	firstChunk = 256
	// movesPerChange is how many records a removal moves out of a sparse chunk: more
	// than it can free, so that compaction keeps up.
	movesPerChange = 4
	// sparseEvery is how many removals lie between two looks for a sparse chunk.
	sparseEvery = 64
	// fewRecords is how many records are moved at once to give memory back.
	fewRecords = 48
	// maxRecord is the longest encoded string in bytes that stands in the arena.
	maxRecord = 4 << 10

	// Marks begin no encoded string.
	timedMark   = 0xFD
	outsideMark = 0xFE

	timedPlace = 1 + 8          // behind the mark and the time
	timedSize  = timedPlace + 4 // bytes before the member
)

func newLarge(name datatypes.Encoding) *large {
	return &large{records: *arena.New(firstChunk), seed: maphash.MakeSeed(), name: name, bits: &bitmap{}, dense: newDense()}
}

// Size implements datatypes.Object. The part of the bitmaps is an estimate, some
// percent off: roaring does not tell the room that its lists have to grow.
func (l *large) Size() int {
	return int(unsafe.Sizeof(*l)) + l.records.Size() + l.records.Overhead() + l.index.Size() + l.due.Size() + l.out.size() +
		l.bits.size() + l.dense.size()
}

// LookAhead implements datatypes.Foreseer.
func (l *large) LookAhead(names [][]byte) (sum uint64) {
	var hashes [datatypes.MaxAhead]uint64
	var refs [refindex.MaxAhead]uint32
	names = names[:min(len(names), len(hashes))]
	for i, name := range names {
		m := pack.Make(name)
		hashes[i] = l.hashOf(&m)
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
	c.bits = l.bits.clone()
	c.dense = l.dense.clone()
	return &c
}

func (l *large) len() int { return l.bits.n + l.index.Len() }

func (l *large) hashOf(t *Member) uint64 { return maphash.Bytes(l.seed, t.Unique()) }

// Hash implements refindex.Owner.
func (l *large) Hash(ref uint32) uint64 {
	t := l.member(ref)
	return l.hashOf(&t)
}

// SetPlace implements due.Owner.
func (l *large) SetPlace(ref uint32, place int) {
	binary.LittleEndian.PutUint32(l.body(ref)[timedPlace:], uint32(place))
}

// body returns the record without the arena's header.
func (l *large) body(ref uint32) []byte { return l.records.Bytes(arena.Ref(ref))[arena.HeaderSize:] }

// timeOf returns the time in a record's body, 0 where it has none.
func timeOf(r []byte) int64 {
	if r[0] != timedMark {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(r[1:]))
}

// text returns the encoded string of the record.
func (l *large) text(ref uint32) []byte {
	r := l.body(ref)
	if r[0] < timedMark {
		return r
	}
	if r[0] == timedMark {
		r = r[timedSize:]
	}
	if r[0] == outsideMark {
		return l.out.items[binary.LittleEndian.Uint32(r[1:])]
	}
	return r
}

// member returns the member of a record.
func (l *large) member(ref uint32) Member { return pack.Raw(l.text(ref)) }

// probe looks for the member in the table.
func (l *large) probe(t *Member, h uint64) (p refindex.Probe, ref uint32) {
	p = l.index.Find(h)
	for ref = p.Next(); ref != 0; ref = p.Next() {
		if t.Equals(l.text(ref)) {
			return p, ref
		}
	}
	return p, 0
}

func (l *large) has(t *Member) bool {
	if n, ok := t.Int(); ok && l.bits.n > 0 && l.bits.has(n) {
		return true
	}
	if l.index.Len() == 0 {
		return false
	}
	_, ref := l.probe(t, l.hashOf(t))
	return ref != 0
}

// add puts a member in; false when it was there.
func (l *large) add(t *Member) bool {
	n, isInt := t.Int()
	isInt = isInt && fits(n)
	if isInt && l.bits.n > 0 && l.bits.has(n) {
		return false
	}
	h := uint64(0)
	if l.index.Len() > 0 || !isInt || !l.isDense {
		h = l.hashOf(t)
		if _, ref := l.probe(t, h); ref != 0 {
			return false
		}
	}
	switch {
	case isInt && l.wants(n):
		l.bits.add(n)
	default:
		if h == 0 {
			h = l.hashOf(t)
		}
		l.insert(t, h, isInt)
	}
	l.migrate()
	return true
}

// insert puts a member that is not there into the table.
func (l *large) insert(t *Member, h uint64, fitting bool) {
	if fitting {
		l.loose++
	}
	l.index.Insert(l, h, uint32(l.alloc(t, 0)))
}

// alloc writes a new record and, where it has a time, enters it in the heap.
func (l *large) alloc(t *Member, ms int64) arena.Ref {
	n, before := t.Size(), 0
	if ms != 0 {
		before = timedSize
	}
	out := n > maxRecord
	if out {
		n = 5
	}
	ref, b := l.records.Alloc(arena.HeaderSize + before + n)
	r := b[arena.HeaderSize:]
	if out {
		raw := make([]byte, t.Size())
		t.Write(raw)
		r[before] = outsideMark
		binary.LittleEndian.PutUint32(r[before+1:], l.out.add(raw))
	} else {
		t.Write(r[before:])
	}
	if ms != 0 {
		r[0] = timedMark
		binary.LittleEndian.PutUint64(r[1:], uint64(ms))
		l.due.Push(l, due.Entry{Ms: ms, Ref: uint32(ref)})
	}
	return ref
}

// remove takes a member out; false when it was not there.
func (l *large) remove(t *Member) bool {
	n, isInt := t.Int()
	if isInt && l.bits.n > 0 && l.bits.remove(n) {
		l.thinned()
		l.migrate()
		return true
	}
	if l.index.Len() == 0 {
		return false
	}
	p, ref := l.probe(t, l.hashOf(t))
	if ref == 0 {
		return false
	}
	l.take(&p, ref, isInt && fits(n))
	l.migrate()
	return true
}

// pop takes out a random member of those that are there and appends its text to dst.
func (l *large) pop(rng *rand.Rand, dst []byte) []byte {
	if n := l.bits.n; n > 0 && rng.IntN(l.len()) < n {
		dst = strconv.AppendInt(dst, l.bits.pop(rng), 10)
		l.thinned()
	} else {
		p, ref := l.index.Draw(rng)
		t := l.member(ref)
		var scratch [pack.IntText]byte
		dst = append(dst, t.Bytes(scratch[:0])...)
		number, isInt := t.Int()
		l.take(&p, ref, isInt && fits(number))
	}
	l.migrate()
	return dst
}

// take removes the record that the probe has found.
func (l *large) take(p *refindex.Probe, ref uint32, fitting bool) {
	l.index.Remove(l, p)
	l.forget(ref, fitting)
	l.records.Free(arena.Ref(ref))
	l.compact()
}

// forget ends what there is of a record outside itself.
func (l *large) forget(ref uint32, fitting bool) {
	r := l.body(ref)
	if r[0] == timedMark {
		l.due.Remove(l, placeOf(r))
		r = r[timedSize:]
	} else if fitting {
		l.loose--
	}
	if r[0] == outsideMark {
		l.out.drop(binary.LittleEndian.Uint32(r[1:]))
	}
}

func placeOf(r []byte) int { return int(binary.LittleEndian.Uint32(r[timedPlace:])) }

// rename brings the encoding's name up to date after t was added.
func (l *large) rename(t *Member, lim *datatypes.Limits) {
	n := l.len()
	if _, isInt := t.Int(); l.name == Ints {
		if isInt {
			if n > lim.SetMaxIntset {
				l.name = Wide
			}
			return
		}
		l.name = Packed
	}
	if n > lim.SetMaxPackedEntries || t.Len() > lim.SetMaxPackedValue {
		l.name = Wide
	}
}

// compact does a step of compaction after a removal from the table.
func (l *large) compact() {
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
	if l.owed += movesPerChange; l.owed >= refindex.MaxAhead {
		l.evacuate(l.owed)
		l.owed = 0
	}
}

// renew gives a table that has lost nearly all of its members an arena of its present
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
		ref := uint32(l.copyOf(old.Bytes(arena.Ref(from))))
		l.index.Insert(l, l.Hash(ref), ref)
		if ms := timeOf(l.body(ref)); ms != 0 {
			l.due.Push(l, due.Entry{Ms: ms, Ref: ref})
		}
	}
}

func (l *large) copyOf(r []byte) arena.Ref {
	ref, b := l.records.Alloc(len(r))
	copy(b[arena.HeaderSize:], r[arena.HeaderSize:])
	return ref
}

// evacuate moves up to n records out of the sparse chunk. Their places in the index are
// looked for together.
func (l *large) evacuate(n int) {
	for ; n > 0; n -= refindex.MaxAhead {
		var olds [refindex.MaxAhead]arena.Ref
		var hashes [refindex.MaxAhead]uint64
		count, more := 0, true
		for count < min(n, len(olds)) {
			if olds[count], more = l.moving.Next(); !more {
				break
			}
			hashes[count] = l.Hash(uint32(olds[count]))
			count++
		}
		var found [refindex.MaxAhead]uint32
		l.index.LookAhead(hashes[:count], &found)
		for i, old := range olds[:count] {
			l.move(old, hashes[i])
		}
		if !more {
			l.moving.Finish()
			l.moving = nil
			return
		}
	}
}

func (l *large) move(old arena.Ref, h uint64) {
	ref := l.copyOf(l.records.Bytes(old))
	l.index.Move(h, uint32(old), uint32(ref))
	if r := l.body(uint32(ref)); r[0] == timedMark {
		l.due.Change(l, placeOf(r), due.Entry{Ms: timeOf(r), Ref: uint32(ref)})
	}
	l.records.Free(old)
}

// outside holds the encoded strings that are too long for the arena.
type outside struct {
	items [][]byte
	spare []uint32
	bytes int
}

func (o *outside) add(raw []byte) uint32 {
	o.bytes += len(raw)
	if n := len(o.spare); n > 0 {
		i := o.spare[n-1]
		o.spare = o.spare[:n-1]
		o.items[i] = raw
		return i
	}
	o.items = append(o.items, raw)
	return uint32(len(o.items) - 1)
}

func (o *outside) drop(i uint32) {
	o.bytes -= len(o.items[i])
	o.items[i] = nil
	o.spare = append(o.spare, i)
}

func (o *outside) size() int { return o.bytes + cap(o.items)*24 + cap(o.spare)*4 }

// clone shares the bytes, which are never written to once they are there.
func (o *outside) clone() outside {
	return outside{append([][]byte(nil), o.items...), append([]uint32(nil), o.spare...), o.bytes}
}

func (l *large) check() error {
	if l.moving == nil {
		if err := l.records.Check(); err != nil {
			return err
		}
	}
	if err := l.index.Check(l); err != nil {
		return err
	}
	loose, timed, twice := 0, 0, false
	l.index.Walk(func(ref uint32) bool {
		t := l.member(ref)
		isTimed := l.body(ref)[0] == timedMark
		if isTimed {
			timed++
		}
		if n, ok := t.Int(); ok && fits(n) {
			if !isTimed {
				loose++
			}
			twice = twice || l.bits.has(n)
		}
		return true
	})
	if l.records.Records() != l.index.Len() || loose != l.loose || twice || !l.bits.check() {
		return errCorrupt
	}
	if timed != l.due.Len() || !l.due.Check(func(ref uint32) int { return placeOf(l.body(ref)) }) {
		return errCorrupt
	}
	return nil
}

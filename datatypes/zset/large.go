package zset

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math"
	"unsafe"

	"github.com/tidwall/btree"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/arena"
	"github.com/medleydb/medley/datatypes/refindex"
)

// A record is one member in the arena of a large sorted set:
//
//	byte 0-1   the arena's header
//	byte 2-9   the score's bits, little endian
//	byte 10-   the member
//
// A member that is too large for the arena stands in a list on the Go heap: the place
// of the score then holds a NaN (elsewhere), which no score is, and the score and the
// number in the list, 4 bytes, follow it. A member of 17 bytes takes 32 with rounding.
//
// # Order
//
// An item of the tree is the top 32 bits of the score, made such that they compare as
// the score does, and the record's reference. Where these bits differ, and with random
// scores they nearly always do, a comparison looks at no record. Items of the whole
// score would take 16 bytes and save a look only where scores are close together.
//
// A comparison needs the records of both items, so the probe, which is what searches
// look for and stands in no record, has a place of its own in the large and the
// reference 0. Searches therefore are for one goroutine at a time, as changes are.
type large struct {
	records arena.Arena
	index   refindex.Index
	order   *btree.BTreeG[uint64]
	out     outside
	seed    maphash.Seed
	probe   probe
	moving  *arena.Evacuation
	changes uint32 // since the last look for a sparse chunk
	beyond  bool   // the limits of packed sorted sets have been passed
}

const (
	recScore  = arena.HeaderSize
	recMember = recScore + 8
	elsewhere = 0x7FF8_0000_0000_0001

	// maxRecord is the largest record in bytes that stands in the arena.
	maxRecord = 4 << 10

	firstChunk = 256
	// movesPerChange is how many records a change moves out of a sparse chunk: more
	// than it can free, so that compaction keeps up.
	movesPerChange = 4
	// sparseEvery is how many changes lie between two looks for a sparse chunk.
	sparseEvery = 64

	// treeDegree is half the most children of a node of the tree. Above 128 the
	// tree's DeleteAt fails.
	treeDegree = 64
	// treeItemBytes is what the tree takes for an item, its nodes being about two
	// thirds full. It does not tell its size.
	treeItemBytes = 12
)

// A probe is a place in the order that need not be that of a member.
type probe struct {
	score  float64
	member []byte
	side   int8 // before (-1) or behind (1) all members of the score
}

func newLarge() *large {
	l := &large{records: *arena.New(firstChunk), seed: maphash.MakeSeed()}
	l.order = btree.NewBTreeGOptions(l.less, btree.Options{NoLocks: true, Degree: treeDegree})
	return l
}

// note takes down whether a new member passes the limits of packed sorted sets.
func (l *large) note(member int, lim *datatypes.Limits) {
	l.beyond = l.beyond || member > lim.ZSetMaxPackedValue || l.index.Len() > lim.ZSetMaxPackedEntries
}

// Size implements datatypes.Object.
func (l *large) Size() int {
	return int(unsafe.Sizeof(*l)) + l.records.Size() + l.records.Overhead() + l.index.Size() +
		l.index.Len()*treeItemBytes + l.out.size()
}

// Clone implements datatypes.Object.
func (l *large) Clone() datatypes.Object {
	for l.moving != nil {
		l.evacuate(1 << 10)
	}
	c := new(large)
	*c = *l
	c.records, c.index, c.out = l.records.Clone(), l.index.Clone(), l.out.clone()
	c.probe = probe{}
	// Not the tree's own copy, which would compare with the records of l.
	c.order = btree.NewBTreeGOptions(c.less, btree.Options{NoLocks: true, Degree: treeDegree})
	l.order.Scan(func(item uint64) bool {
		c.order.Load(item)
		return true
	})
	return c
}

func (l *large) hashOf(member []byte) uint64 { return maphash.Bytes(l.seed, member) }

// Hash implements refindex.Owner.
func (l *large) Hash(ref uint32) uint64 { return l.hashOf(l.member(arena.Ref(ref))) }

func (l *large) score(ref arena.Ref) float64 {
	r := l.records.Bytes(ref)
	bits := binary.LittleEndian.Uint64(r[recScore:])
	if bits == elsewhere {
		bits = binary.LittleEndian.Uint64(r[recMember:])
	}
	return math.Float64frombits(bits)
}

func (l *large) member(ref arena.Ref) []byte {
	r := l.records.Bytes(ref)
	if binary.LittleEndian.Uint64(r[recScore:]) == elsewhere {
		return l.out.items[binary.LittleEndian.Uint32(r[recMember+8:])]
	}
	return r[recMember:]
}

// topBits returns the first 32 bits of the score in a form that compares as the score
// does.
func topBits(f float64) uint64 {
	if f == 0 {
		f = 0 // -0 is the same score
	}
	b := math.Float64bits(f)
	if b>>63 != 0 {
		b = ^b
	} else {
		b |= 1 << 63
	}
	return b >> 32
}

func itemOf(score float64, ref arena.Ref) uint64 { return topBits(score)<<32 | uint64(ref) }

func refOf(item uint64) arena.Ref { return arena.Ref(uint32(item)) }

func (l *large) less(a, b uint64) bool {
	if a>>32 != b>>32 {
		return a < b
	}
	return a != b && l.compare(refOf(a), refOf(b)) < 0
}

// compare compares two records, either of which may be the probe.
func (l *large) compare(a, b arena.Ref) int {
	if a == 0 {
		return -l.compareProbe(b)
	}
	if b == 0 {
		return l.compareProbe(a)
	}
	switch x, y := l.score(a), l.score(b); {
	case x < y:
		return -1
	case x > y:
		return 1
	}
	return bytes.Compare(l.member(a), l.member(b))
}

// compareProbe compares the record with the probe.
func (l *large) compareProbe(a arena.Ref) int {
	if a == 0 {
		return 0
	}
	p := &l.probe
	switch x := l.score(a); {
	case x < p.score:
		return -1
	case x > p.score:
		return 1
	case p.side != 0:
		return int(-p.side)
	}
	return bytes.Compare(l.member(a), p.member)
}

// find fills in the spot of the member.
func (l *large) find(s *spot, member []byte) {
	s.hash, s.found = l.hashOf(member), false
	p := l.index.Find(s.hash)
	for ref := p.Next(); ref != 0; ref = p.Next() {
		if bytes.Equal(l.member(arena.Ref(ref)), member) {
			s.found, s.ref, s.score = true, arena.Ref(ref), l.score(arena.Ref(ref))
			return
		}
	}
}

// add stores a member that is not there.
func (l *large) add(member []byte, score float64, h uint64) {
	n, out := recMember+len(member), false
	if n > maxRecord {
		n, out = recMember+12, true
	}
	ref, r := l.records.Alloc(n)
	if out {
		binary.LittleEndian.PutUint64(r[recScore:], elsewhere)
		binary.LittleEndian.PutUint64(r[recMember:], math.Float64bits(score))
		binary.LittleEndian.PutUint32(r[recMember+8:], l.out.add(member))
	} else {
		binary.LittleEndian.PutUint64(r[recScore:], math.Float64bits(score))
		copy(r[recMember:], member)
	}
	l.index.Insert(l, h, uint32(ref))
	l.order.Set(itemOf(score, ref))
}

// setScore gives the member another score. Its record stays where it is.
func (l *large) setScore(ref arena.Ref, score float64) {
	l.order.Delete(itemOf(l.score(ref), ref))
	r := l.records.Bytes(ref)
	at := recScore
	if binary.LittleEndian.Uint64(r[recScore:]) == elsewhere {
		at = recMember
	}
	binary.LittleEndian.PutUint64(r[at:], math.Float64bits(score))
	l.order.Set(itemOf(score, ref))
}

// remove takes a member out.
func (l *large) remove(ref arena.Ref, h uint64) {
	l.order.Delete(itemOf(l.score(ref), ref))
	l.drop(ref, h)
}

// drop takes a member out that the tree does not hold any more.
func (l *large) drop(ref arena.Ref, h uint64) {
	p := l.index.Find(h)
	for r := p.Next(); r != uint32(ref); r = p.Next() {
		if r == 0 {
			panic(errCorrupt)
		}
	}
	l.index.Remove(l, &p)
	if r := l.records.Bytes(ref); binary.LittleEndian.Uint64(r[recScore:]) == elsewhere {
		l.out.drop(binary.LittleEndian.Uint32(r[recMember+8:]))
	}
	l.records.Free(ref)
	l.changed()
}

// changed does a step of compaction after a change that has freed memory.
func (l *large) changed() {
	if l.moving == nil {
		if l.changes++; l.changes < sparseEvery || l.index.Len() == 0 {
			return
		}
		l.changes = 0
		if l.moving = l.records.Sparse(); l.moving == nil {
			return
		}
	}
	l.evacuate(movesPerChange)
}

// evacuate moves up to n records out of the sparse chunk. An item that compares as equal
// takes the place of the old one in the tree, so both records must be there meanwhile.
func (l *large) evacuate(n int) {
	for ; n > 0; n-- {
		old, ok := l.moving.Next()
		if !ok {
			l.moving.Finish()
			l.moving = nil
			return
		}
		size := len(l.records.Bytes(old))
		ref, r := l.records.Alloc(size)
		copy(r[arena.HeaderSize:], l.records.Bytes(old)[arena.HeaderSize:])
		l.index.Move(l.Hash(uint32(ref)), uint32(old), uint32(ref))
		l.order.Set(itemOf(l.score(ref), ref))
		l.records.Free(old)
	}
}

// outside holds the members that are too large for the arena.
type outside struct {
	items [][]byte
	spare []uint32
	bytes int
}

func (o *outside) add(member []byte) uint32 {
	member = bytes.Clone(member)
	o.bytes += len(member)
	if n := len(o.spare); n > 0 {
		i := o.spare[n-1]
		o.spare = o.spare[:n-1]
		o.items[i] = member
		return i
	}
	o.items = append(o.items, member)
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
	n, last, ok := 0, uint64(0), true
	l.order.Scan(func(item uint64) bool {
		ref := refOf(item)
		ok = ok && item == itemOf(l.score(ref), ref) && (n == 0 || l.less(last, item))
		last = item
		n++
		return ok
	})
	if !ok || n != l.index.Len() || n != l.records.Records() || n != l.order.Len() {
		return errCorrupt
	}
	return nil
}

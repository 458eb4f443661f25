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
	"github.com/medleydb/medley/datatypes/due"
	"github.com/medleydb/medley/datatypes/refindex"
)

// A record is one member in the arena of a large sorted set:
//
//	byte 0-1   the arena's header
//	byte 2-9   the score's bits, little endian
//	byte 10-   the member
//
// A member of 17 bytes takes 32 with rounding. Where there is more to say, the place of
// the score holds one of three NaNs, which no score is, and the score follows:
//
//	byte 10-17 the score's bits
//	[8 bytes]  the time at which the member goes, Unix milliseconds, where it has one,
//	[4 bytes]  and its place in the heap of times
//	[4 bytes]  with elsewhere, in place of the member, its number in a list on the Go
//	           heap: what is too large for the arena
//
// # Order
//
// An item of the tree is 32 bits of the score, made such that they compare as the score
// does (topBits), and the record's reference. Where these bits differ, and with random
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
	due     due.Heap // of members with a time
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

	// Marks in the place of a score: a base with one or both of two bits.
	markBase  = 0x7FF8_0000_0000_0000
	elsewhere = 1
	timed     = 2

	recTime  = recMember + 8 // with timed
	timeSize = 8 + 4         // time and place

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
		l.index.Len()*treeItemBytes + l.due.Size() + l.out.size()
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
	c := new(large)
	*c = *l
	c.records, c.index, c.out, c.due = l.records.Clone(), l.index.Clone(), l.out.clone(), l.due.Clone()
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

// marks returns the marks of a record, none in most.
func marks(r []byte) uint64 {
	if bits := binary.LittleEndian.Uint64(r[recScore:]); bits&^(elsewhere|timed) == markBase {
		return bits & (elsewhere | timed)
	}
	return 0
}

func (l *large) score(ref arena.Ref) float64 {
	r := l.records.Bytes(ref)
	bits := binary.LittleEndian.Uint64(r[recScore:])
	if bits&^(elsewhere|timed) == markBase {
		bits = binary.LittleEndian.Uint64(r[recMember:])
	}
	return math.Float64frombits(bits)
}

func (l *large) member(ref arena.Ref) []byte {
	r := l.records.Bytes(ref)
	m := marks(r)
	if m == 0 {
		return r[recMember:]
	}
	if r = r[memberAt(m):]; m&elsewhere != 0 {
		return l.out.items[binary.LittleEndian.Uint32(r)]
	}
	return r
}

// entry returns the member and score of a record.
func (l *large) entry(ref arena.Ref) ([]byte, float64) {
	r := l.records.Bytes(ref)
	bits := binary.LittleEndian.Uint64(r[recScore:])
	if bits&^(elsewhere|timed) == markBase {
		return l.member(ref), l.score(ref)
	}
	return r[recMember:], math.Float64frombits(bits)
}

// memberAt returns where a record with the marks has its member, or the number of that.
func memberAt(m uint64) int {
	switch {
	case m&timed != 0:
		return recTime + timeSize
	case m != 0:
		return recTime
	}
	return recMember
}

// expiry returns the record's time, 0 for none.
func expiry(r []byte) int64 {
	if marks(r)&timed == 0 {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(r[recTime:]))
}

func setExpiry(r []byte, ms int64) { binary.LittleEndian.PutUint64(r[recTime:], uint64(ms)) }

func place(r []byte) int { return int(binary.LittleEndian.Uint32(r[recTime+8:])) }

// SetPlace implements due.Owner.
func (l *large) SetPlace(ref uint32, place int) {
	binary.LittleEndian.PutUint32(l.records.Bytes(arena.Ref(ref))[recTime+8:], uint32(place))
}

// topBits returns 32 bits of the score that compare as the score does, where they differ:
// the sign, 7 bits of the exponent and the first 24 of the fraction. Scores are seldom beyond
// 2^64 or nearer to zero than 2^-63, so that the exponent's other bits would tell nothing; all
// that are have the bits of the last ones that are not.
func topBits(f float64) uint64 {
	const (
		least = (1023 - 63) << 52
		most  = 1<<(7+52) - 1
		sign  = 1 << 31
	)
	m := min(max(math.Float64bits(math.Abs(f)), least)-least, most) >> 28
	if f < 0 {
		return sign - 1 - m
	}
	return sign | m
}

// scoreNear returns about the score of the item: the least of those with its bits.
func scoreNear(item uint64) float64 {
	const least = (1023 - 63) << 52
	top := item >> 32
	if top>>31 == 0 {
		return -math.Float64frombits((1<<31-1-top)<<28 + least)
	}
	return math.Float64frombits(top&(1<<31-1)<<28 + least)
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
			s.timed = marks(l.records.Bytes(s.ref))&timed != 0
			return
		}
	}
}

// add stores a member that is not there.
func (l *large) add(member []byte, score float64, ms int64, h uint64) {
	m, body := uint64(0), member
	var number [4]byte
	if recMember+len(member) > maxRecord {
		m, body = elsewhere, number[:]
		binary.LittleEndian.PutUint32(body, l.out.add(member))
	}
	ref := l.alloc(m, body, score, ms)
	l.index.Insert(l, h, uint32(ref))
	l.order.Set(itemOf(score, ref))
}

// alloc writes a record of a member, or its number with the mark elsewhere, and enters it
// in the heap where it has a time.
func (l *large) alloc(m uint64, body []byte, score float64, ms int64) arena.Ref {
	if ms != 0 {
		m |= timed
	}
	at := memberAt(m)
	ref, r := l.records.Alloc(at + len(body))
	copy(r[at:], body)
	if m == 0 {
		binary.LittleEndian.PutUint64(r[recScore:], math.Float64bits(score))
		return ref
	}
	binary.LittleEndian.PutUint64(r[recScore:], markBase|m)
	binary.LittleEndian.PutUint64(r[recMember:], math.Float64bits(score))
	if ms != 0 {
		setExpiry(r, ms)
		l.due.Push(l, due.Entry{Ms: ms, Ref: uint32(ref)})
	}
	return ref
}

// setScore gives the member another score. Its record stays where it is.
func (l *large) setScore(ref arena.Ref, score float64) {
	l.order.Delete(itemOf(l.score(ref), ref))
	r := l.records.Bytes(ref)
	at := recScore
	if marks(r) != 0 {
		at = recMember
	}
	binary.LittleEndian.PutUint64(r[at:], math.Float64bits(score))
	l.order.Set(itemOf(score, ref))
}

// setTime gives the member another time, 0 for none.
func (l *large) setTime(ref arena.Ref, ms int64) {
	r := l.records.Bytes(ref)
	m := marks(r)
	if m&timed != 0 {
		if ms != 0 {
			setExpiry(r, ms)
			l.due.Change(l, place(r), due.Entry{Ms: ms, Ref: uint32(ref)})
			return
		}
		l.due.Remove(l, place(r))
	} else if ms == 0 {
		return
	}
	l.replace(ref, l.alloc(m&elsewhere, r[memberAt(m):], l.score(ref), ms))
	l.changed()
}

// replace puts a record in the place of another with the same member and score.
func (l *large) replace(old, ref arena.Ref) {
	l.index.Move(l.Hash(uint32(ref)), uint32(old), uint32(ref))
	// An item that compares as equal takes the place of the old one in the tree, so both
	// records must be there meanwhile.
	l.order.Set(itemOf(l.score(ref), ref))
	l.records.Free(old)
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
	r := l.records.Bytes(ref)
	m := marks(r)
	if m&timed != 0 {
		l.due.Remove(l, place(r))
	}
	if m&elsewhere != 0 {
		l.out.drop(binary.LittleEndian.Uint32(r[memberAt(m):]))
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

// evacuate moves up to n records out of the sparse chunk.
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
		if ms := expiry(r); ms != 0 {
			l.due.Change(l, place(r), due.Entry{Ms: ms, Ref: uint32(ref)})
		}
		l.replace(old, ref)
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
	n, times, last, ok := 0, 0, uint64(0), true
	l.order.Scan(func(item uint64) bool {
		ref := refOf(item)
		ok = ok && item == itemOf(l.score(ref), ref) && (n == 0 || l.less(last, item))
		last = item
		if n++; expiry(l.records.Bytes(ref)) != 0 {
			times++
		}
		return ok
	})
	if !ok || n != l.index.Len() || n != l.records.Records() || n != l.order.Len() || times != l.due.Len() ||
		!l.due.Check(func(ref uint32) int { return place(l.records.Bytes(arena.Ref(ref))) }) {
		return errCorrupt
	}
	return nil
}

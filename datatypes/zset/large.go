package zset

import (
	"bytes"
	"encoding/binary"
	"hash/maphash"
	"math"
	"unsafe"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/arena"
	"github.com/medleydb/medley/datatypes/due"
	"github.com/medleydb/medley/datatypes/ranktree"
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
type large struct {
	records arena.Arena
	index   refindex.Index
	order   ranktree.Tree
	due     due.Heap // of members with a time
	out     outside
	seed    maphash.Seed
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
)

func newLarge() *large {
	return &large{records: *arena.New(firstChunk), seed: maphash.MakeSeed()}
}

// note takes down whether a new member passes the limits of packed sorted sets.
func (l *large) note(member int, lim *datatypes.Limits) {
	l.beyond = l.beyond || member > lim.ZSetMaxPackedValue || l.index.Len() > lim.ZSetMaxPackedEntries
}

// Size implements datatypes.Object.
func (l *large) Size() int {
	return int(unsafe.Sizeof(*l)) + l.records.Size() + l.records.Overhead() + l.index.Size() +
		l.order.Size() + l.due.Size() + l.out.size()
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
	c.records, c.index, c.order = l.records.Clone(), l.index.Clone(), l.order.Clone()
	c.out, c.due = l.out.clone(), l.due.Clone()
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

// Score implements ranktree.Owner.
func (l *large) Score(ref uint32) float64 { return l.score(arena.Ref(ref)) }

// SetScore implements ranktree.Owner.
func (l *large) SetScore(ref uint32, score float64) {
	r := l.records.Bytes(arena.Ref(ref))
	at := recScore
	if marks(r) != 0 {
		at = recMember
	}
	binary.LittleEndian.PutUint64(r[at:], math.Float64bits(score))
}

// Compare implements ranktree.Owner.
func (l *large) Compare(a, b uint32) int {
	return bytes.Compare(l.member(arena.Ref(a)), l.member(arena.Ref(b)))
}

func (l *large) score(ref arena.Ref) float64 { return scoreIn(l.records.Bytes(ref)) }

func scoreIn(r []byte) float64 {
	bits := binary.LittleEndian.Uint64(r[recScore:])
	if bits&^(elsewhere|timed) == markBase {
		bits = binary.LittleEndian.Uint64(r[recMember:])
	}
	return math.Float64frombits(bits)
}

func (l *large) member(ref arena.Ref) []byte { return l.memberIn(l.records.Bytes(ref)) }

func (l *large) memberIn(r []byte) []byte {
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
func (l *large) entry(r []byte) (member []byte, score float64) { return l.memberIn(r), scoreIn(r) }

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
	l.order.Insert(l, score, uint32(ref))
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
	l.order.Replace(l, l.score(ref), uint32(old), uint32(ref))
	l.records.Free(old)
}

// remove takes a member out.
func (l *large) remove(ref arena.Ref, h uint64) {
	l.order.Remove(l, l.score(ref), uint32(ref))
	l.drop(ref, h)
}

// drop takes a member out that the order does not hold any more.
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
	if err := l.order.Check(l); err != nil {
		return err
	}
	times := 0
	l.index.Walk(func(ref uint32) bool {
		if expiry(l.records.Bytes(arena.Ref(ref))) != 0 {
			times++
		}
		return true
	})
	if n := l.order.Len(); n != l.index.Len() || n != l.records.Records() || times != l.due.Len() ||
		!l.due.Check(func(ref uint32) int { return place(l.records.Bytes(arena.Ref(ref))) }) {
		return errCorrupt
	}
	return nil
}

package bitmap

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"unsafe"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/medleydb/medley/datatypes"
)

// A sparse is the compressed form: the offsets of the bits that are set, in
// bitmaps of 2^32 bits each, and the length in bytes, since zero bytes at the end
// are part of a string.
//
// Roaring bitmaps keep 2^16 offsets in a container: a list, a list of runs or, when
// well filled, plain bits. The bitmap of the first 2^32 offsets stands in the struct itself, and
// what only larger ones need behind a pointer: a bitmap of one bit takes 160 bytes.
//
// The size in bytes is asked for after every command, and adding up the containers takes
// time, so it is counted anew only after so many changes that it costs next to nothing
// (more.until), and by rule of thumb in between. A small one is always added up.
type sparse struct {
	length int64 // bytes
	more   *more // nil as long as the bitmap is small
	low    roaring.Bitmap
}

type more struct {
	size  int // bytes, as last added up and changed since
	until int // changes before the next time
	high  []bucket
}

// A bucket holds the bits whose offsets share the upper 32 bits, which are not 0.
type bucket struct {
	high uint32
	bits *roaring.Bitmap
}

const (
	// containerCost is about what a container takes beside its contents, in bytes: its
	// header, and its place in the bitmap's three lists.
	containerCost = 48
	// bucketCost is what a bucket takes beside its containers.
	bucketCost = 96
	// maxSmall is the size in bytes up to which a bitmap is added up every time.
	maxSmall = 1 << 10
	// containerBits is the number of offsets of a container.
	containerBits = 1 << 16
)

// at returns the bitmap of the offsets with the upper 32 bits, or nil.
func (s *sparse) at(high uint32) *roaring.Bitmap {
	if high == 0 {
		return &s.low
	}
	if s.more == nil {
		return nil
	}
	i, ok := s.more.find(high)
	if !ok {
		return nil
	}
	return s.more.high[i].bits
}

func (m *more) find(high uint32) (int, bool) {
	return slices.BinarySearchFunc(m.high, high, func(b bucket, h uint32) int { return int(int64(b.high) - int64(h)) })
}

// put makes b the bitmap of the offsets with the upper 32 bits.
func (s *sparse) put(high uint32, b *roaring.Bitmap) {
	if high == 0 {
		s.low = *b
		return
	}
	if s.more == nil {
		s.more = &more{}
	}
	i, ok := s.more.find(high)
	switch {
	case ok && b.IsEmpty():
		s.more.high = slices.Delete(s.more.high, i, i+1)
	case ok:
		s.more.high[i].bits = b
	case !b.IsEmpty():
		s.more.high = slices.Insert(s.more.high, i, bucket{high, b})
	}
}

func (s *sparse) has(offset uint64) bool {
	b := s.at(uint32(offset >> 32))
	return b != nil && b.Contains(uint32(offset))
}

// add sets a bit and reports whether it was clear.
func (s *sparse) add(offset uint64) bool {
	b := s.at(uint32(offset >> 32))
	if b == nil {
		b = roaring.New()
		b.Add(uint32(offset))
		s.put(uint32(offset>>32), b)
		s.recount()
		return true
	}
	if !b.CheckedAdd(uint32(offset)) {
		return false
	}
	s.changed(2)
	return true
}

// remove clears a bit and reports whether it was set.
func (s *sparse) remove(offset uint64) bool {
	high := uint32(offset >> 32)
	b := s.at(high)
	if b == nil || !b.CheckedRemove(uint32(offset)) {
		return false
	}
	if b.IsEmpty() {
		s.put(high, b)
	}
	s.changed(0)
	return true
}

func (s *sparse) changed(bytes int) {
	if s.more == nil {
		if s.exactSize() > maxSmall {
			s.recount()
		}
		return
	}
	s.more.size += bytes
	if s.more.until--; s.more.until <= 0 {
		s.recount()
	}
}

// recount adds the size up.
func (s *sparse) recount() {
	n := s.exactSize()
	if s.more == nil {
		if n <= maxSmall {
			return
		}
		s.more = &more{}
		n += int(unsafe.Sizeof(more{}))
	}
	s.more.size, s.more.until = n, n/(8*containerCost)+16
}

// exactSize adds up about what the bitmap takes in bytes. Lists of offsets have
// room to grow, an eighth on average.
func (s *sparse) exactSize() int {
	n := int(unsafe.Sizeof(*s)) + bitsSize(&s.low)
	if s.more != nil {
		n += int(unsafe.Sizeof(*s.more))
		for i := range s.more.high {
			n += bucketCost + bitsSize(s.more.high[i].bits)
		}
	}
	return n
}

func bitsSize(b *roaring.Bitmap) int {
	st := b.Stats()
	list := int(st.ArrayContainerBytes)
	return int(st.Containers)*containerCost + list + list/8 + int(st.RunContainerBytes+st.BitmapContainerBytes) + 16
}

// Size implements datatypes.Object.
func (s *sparse) Size() int {
	if s.more == nil {
		return s.exactSize()
	}
	return s.more.size
}

// Clone implements datatypes.Object.
func (s *sparse) Clone() datatypes.Object {
	c := &sparse{length: s.length, low: *s.low.Clone()}
	if s.more != nil {
		m := *s.more
		m.high = slices.Clone(m.high)
		for i := range m.high {
			m.high[i].bits = m.high[i].bits.Clone()
		}
		c.more = &m
	}
	return c
}

// pays reports whether the bitmap is small beside its bytes.
func (s *sparse) pays() bool { return int64(s.Size()) <= max(s.length/2, maxSmall) }

// Len implements str.Source.
func (s *sparse) Len() int { return int(s.length) }

// parts passes the part of the range that lies in each 2^32 bits to fn, in order, with
// nil where no bit is set, until fn says no. lo and hi are relative to base.
func (s *sparse) parts(from, to uint64, fn func(b *roaring.Bitmap, base, lo, hi uint64) bool) {
	for from < to {
		base := from &^ (1<<32 - 1)
		hi := min(to-base, 1<<32)
		if !fn(s.at(uint32(base>>32)), base, from-base, hi) {
			return
		}
		from = base + hi
	}
}

func (s *sparse) count(from, to uint64) (n uint64) {
	s.parts(from, to, func(b *roaring.Bitmap, _, lo, hi uint64) bool {
		if b != nil {
			n += b.CardinalityInRange(lo, hi)
		}
		return true
	})
	return n
}

func (s *sparse) first(set bool, from, to uint64) int64 {
	pos := int64(-1)
	s.parts(from, to, func(b *roaring.Bitmap, base, lo, hi uint64) bool {
		if !set {
			if at := firstClear(b, lo, hi); at < hi {
				pos = int64(base + at)
			}
			return pos < 0
		}
		if b == nil || b.IsEmpty() {
			return true
		}
		if at := b.NextValue(uint32(lo)); at >= 0 && uint64(at) < hi {
			pos = int64(base) + at
		}
		return pos < 0
	})
	return pos
}

// firstClear returns the first offset of the range that is not in b, or hi. It counts
// ever longer ranges until one is not full, and halves that: the library's own
// search for absent values is wrong past the first container.
func firstClear(b *roaring.Bitmap, lo, hi uint64) uint64 {
	if b == nil {
		return lo
	}
	full := func(lo, hi uint64) bool { return b.CardinalityInRange(lo, hi) == hi-lo }
	width := uint64(1)
	for ; lo < hi; width *= 2 {
		end := min(lo+width, hi)
		if full(lo, end) {
			lo = end
			continue
		}
		for lo+1 < end {
			if mid := lo + (end-lo)/2; full(lo, mid) {
				lo = mid
			} else {
				end = mid
			}
		}
		return lo
	}
	return hi
}

// AppendRange implements str.Source.
func (s *sparse) AppendRange(dst []byte, from, to int) []byte {
	at := len(dst)
	dst = slices.Grow(dst, to-from)[:at+to-from]
	out := dst[at:]
	clear(out)
	start := uint64(from) * 8
	s.parts(start, uint64(to)*8, func(b *roaring.Bitmap, base, lo, hi uint64) bool {
		if b != nil {
			write(out[(base+lo-start)/8:], b, lo, hi)
		}
		return true
	})
	return dst
}

// write sets the bits of the range in out, which begins with bit lo; lo and hi are
// multiples of 8.
func write(out []byte, b *roaring.Bitmap, lo, hi uint64) {
	it := b.Iterator()
	for at := lo; at < hi; {
		end := min(at&^(containerBits-1)+containerBits, hi)
		switch n := b.CardinalityInRange(at, end); n {
		case 0:
		case end - at:
			fill := out[(at-lo)/8 : (end-lo)/8]
			for i := range fill {
				fill[i] = 0xff
			}
		default:
			it.AdvanceIfNeeded(uint32(at))
			for ; n > 0; n-- {
				x := uint64(it.Next()) - lo
				out[x>>3] |= 0x80 >> (x & 7)
			}
		}
		at = end
	}
}

// maxWrite is the most bytes that are written to a compressed bitmap bit by bit.
const maxWrite = 1 << 10

// WriteAt implements str.Writer.
func (s *sparse) WriteAt(b []byte, offset int) bool {
	if len(b) > maxWrite {
		return false
	}
	s.length = max(s.length, int64(offset+len(b)))
	for i, x := range b {
		at := uint64(offset+i) * 8
		for j := range uint64(8) {
			if x&(0x80>>j) != 0 {
				s.add(at + j)
			} else {
				s.remove(at + j)
			}
		}
	}
	return true
}

// compressedSize estimates what the bits of p take compressed, in bytes.
func compressedSize(p []byte) int64 {
	n := int64(0)
	for len(p) > 0 {
		part := p[:min(len(p), containerBits/8)]
		p = p[len(part):]
		if c := count(part); c > 0 {
			n += containerCost + min(c*2, containerBits/8)
		}
	}
	return n
}

// compress returns the bits of p in a compressed bitmap of so many bytes.
func compress(p []byte, length int64) *sparse {
	s := &sparse{length: length}
	const step = containerBits / 8
	for at := 0; at < len(p); at += step {
		part := p[at:min(at+step, len(p))]
		if zero(part) {
			continue
		}
		high := uint32(at >> 29)
		b := s.at(high)
		if b == nil {
			b = roaring.New()
		}
		b.Or(roaring.AddOffset64(roaring.FromDense(toWords(part), true), int64(at)<<3&(1<<32-1)))
		s.put(high, b)
	}
	s.recount()
	return s
}

// toWords returns bytes in the library's order of bits: bit 0 is the lowest.
func toWords(p []byte) []uint64 {
	words := make([]uint64, 0, (len(p)+7)/8)
	for ; len(p) >= 8; p = p[8:] {
		words = append(words, bits.Reverse64(binary.BigEndian.Uint64(p)))
	}
	if len(p) > 0 {
		var last [8]byte
		copy(last[:], p)
		words = append(words, bits.Reverse64(binary.BigEndian.Uint64(last[:])))
	}
	return words
}

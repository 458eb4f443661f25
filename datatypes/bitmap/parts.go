package bitmap

import (
	"math/bits"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/medleydb/medley/datatypes/str"
)

// PartBits is the number of bits of a part of a compressed bitmap, PartBytes that of bytes.
const (
	PartBits  = containerBits
	PartBytes = PartBits / 8
)

// Compressed reports whether the bitmap is compressed.
func (b Bitmap) Compressed() bool { return b.sparse() != nil }

// Parts returns the number of parts of a compressed bitmap in which a bit is set.
func (b Bitmap) Parts() (n int) {
	s := b.sparse()
	n = containers(&s.low)
	if s.more != nil {
		for i := range s.more.high {
			n += containers(s.more.high[i].bits)
		}
	}
	return n
}

func containers(b *roaring.Bitmap) int { return int(b.Stats().Containers) }

// EachPart passes every part of a compressed bitmap in which a bit is set to fn, with its
// number (times PartBits, the offset of its first bit) and its bytes, of which there are
// PartBytes, until fn says no. The bytes are fn's until it returns.
func (b Bitmap) EachPart(fn func(number uint64, part []byte) bool) {
	s := b.sparse()
	if !eachPart(&s.low, 0, fn) || s.more == nil {
		return
	}
	for i := range s.more.high {
		x := &s.more.high[i]
		if !eachPart(x.bits, uint64(x.high)<<16, fn) {
			return
		}
	}
}

func eachPart(b *roaring.Bitmap, base uint64, fn func(uint64, []byte) bool) bool {
	out := make([]byte, PartBytes)
	it := b.Iterator()
	for it.HasNext() {
		at := uint64(it.PeekNext()) &^ (PartBits - 1)
		clear(out)
		write(out, b, at, at+PartBits)
		if !fn(base+at/PartBits, out) {
			return false
		}
		if at+PartBits > 1<<32-1 {
			return true
		}
		it.AdvanceIfNeeded(uint32(at + PartBits))
	}
	return true
}

// Load makes the string a compressed bitmap of so many zero bytes.
func (b Bitmap) Load(length int64) { b.v.SetObject(str.Sparse, &sparse{length: length}) }

// LoadPart sets the bits of a part, which is no longer than PartBytes; false when it does
// not lie in the string. Loaded must follow the last.
func (b Bitmap) LoadPart(number uint64, part []byte) bool {
	s := b.sparse()
	if number > MaxBits/PartBits || int64(number)*PartBytes+int64(len(part)) > s.length+PartBytes {
		return false
	}
	for i := len(part) - 1; i >= 0 && part[i] == 0; i-- {
		part = part[:i]
	}
	if len(part) == 0 {
		return true
	}
	if int64(number)*PartBytes+int64(len(part)) > s.length {
		return false
	}
	high := uint32(number >> 16)
	to := s.at(high)
	if to == nil {
		to = roaring.New()
	}
	base := uint32(number&0xffff) * PartBits
	if count(part) > maxListed {
		x := roaring.AddOffset64(roaring.FromDense(toWords(part), true), int64(base))
		x.RunOptimize() // what is full takes no more than it took where it came from
		to.Or(x)
	} else {
		// Not Or, which passes all the parts before.
		var list [maxListed]uint32
		n := 0
		for i, x := range part {
			for ; x != 0; n++ {
				j := bits.LeadingZeros8(x)
				list[n] = base + uint32(i*8+j)
				x &^= 0x80 >> j
			}
		}
		to.AddMany(list[:n])
	}
	s.put(high, to)
	return true
}

// maxListed is the number of bits up to which a part is a list.
const maxListed = 4096

// Loaded ends the loading of a compressed bitmap.
func (b Bitmap) Loaded() {
	s := b.sparse()
	s.recount()
	b.settle(s)
}

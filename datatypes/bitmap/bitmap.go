// Package bitmap implements bitmaps: strings seen as bits. Bit 0 is the highest bit
// of the first byte, as servers of the field have it.
//
// A bitmap is a value of the kind String, and stays an ordinary string to whoever reads it as
// one. It has one of two forms:
//
//   - the bytes of package str (any encoding but str.Sparse), counted and joined in
//     words of 64 bits;
//   - str.Sparse: a compressed bitmap beside the length in bytes (sparse.go), where few
//     bits are set. SETBIT at offset 2^32-1 of a new key takes 200 bytes then, not 512 MiB.
//
// A bitmap of bytes that is about to be given new memory, of at least minSparse bytes, is
// compressed if that makes it a quarter as large or less. A compressed one goes back to
// bytes when it takes more than half as much as they would: between the two it stays as it is,
// so that none goes back and forth. One that is longer than a string may be
// (Limits.MaxBits above eight times Limits.MaxString) is always compressed.
package bitmap

import (
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/str"
)

const (
	// minSparse is the length in bytes from which a growing bitmap may be compressed.
	minSparse = 256 << 10
	// MaxBits is the largest that Limits.MaxBits may be.
	MaxBits = 1 << 40
)

// A Bitmap is the typed handle of a string seen as bits. Offsets and ranges are in
// bits; a range is from its first bit to the first one behind it.
type Bitmap struct{ v *datatypes.Value }

// Kind returns datatypes.String.
func (Bitmap) Kind() datatypes.Kind { return datatypes.String }

// Of returns the handle over v.
func (Bitmap) Of(v *datatypes.Value) Bitmap { return Bitmap{v} }

// New returns an empty bitmap that lives on the Go heap, outside any keyspace.
func New(env *datatypes.Env) Bitmap { return Bitmap{datatypes.NewValue(datatypes.String, env)} }

// Value returns the value beneath the handle.
func (b Bitmap) Value() *datatypes.Value { return b.v }

// Exists reports whether there is a string at all.
func (b Bitmap) Exists() bool { return b.v.Exists() }

func (b Bitmap) str() str.String { return str.String{}.Of(b.v) }

// Len returns the length in bytes.
func (b Bitmap) Len() int64 { return int64(b.str().Len()) }

// Bits returns the length in bits.
func (b Bitmap) Bits() int64 { return b.Len() * 8 }

// sparse returns the compressed form, or nil.
func (b Bitmap) sparse() *sparse {
	if b.v.Encoding != str.Sparse {
		return nil
	}
	return b.v.Object.(*sparse)
}

// numberText is the room in bytes that the text of an integer takes.
const numberText = 20

// bytes returns the bytes of a bitmap that is not compressed, to be read.
func (b Bitmap) bytes(scratch *[numberText]byte) []byte {
	if b.v.Object == nil && b.v.Encoding != str.Integer {
		return b.v.Bytes
	}
	return b.str().Bytes(scratch[:])
}

// Get reports whether the bit is set; those behind the end are not.
func (b Bitmap) Get(offset int64) bool {
	if s := b.sparse(); s != nil {
		return s.has(uint64(offset))
	}
	var scratch [numberText]byte
	p := b.bytes(&scratch)
	i := offset >> 3
	return i < int64(len(p)) && p[i]&(0x80>>(offset&7)) != 0
}

// Set sets or clears the bit, having made the string long enough. It returns what the
// bit was, and whether the string is another one now. Error:
// datatypes.ErrStringTooLong.
func (b Bitmap) Set(offset int64, on bool) (was, changed bool, err error) {
	if p := b.str().InPlace(); offset>>3 < int64(len(p)) {
		was = b.put(p, offset, on)
		return was, was != on, nil
	}
	grown, err := b.Grow(offset + 1)
	if err != nil {
		return false, false, err
	}
	if s := b.sparse(); s != nil {
		if on {
			was = !s.add(uint64(offset))
		} else {
			was = s.remove(uint64(offset))
		}
		if was != on || grown {
			b.v.Dirty = true
			b.settle(s)
		}
		return was, was != on || grown, nil
	}
	p, err := b.str().Writable(0)
	if err != nil {
		return false, false, err
	}
	was = b.put(p, offset, on)
	return was, was != on || grown, nil
}

// put sets or clears a bit of p and returns what it was.
func (b Bitmap) put(p []byte, offset int64, on bool) (was bool) {
	i, mask := offset>>3, byte(0x80>>(offset&7))
	was = p[i]&mask != 0
	if was != on {
		p[i] ^= mask
		b.v.Dirty = true
	}
	return was
}

// Grow makes the string long enough for so many bits and reports whether it was not.
// Error: datatypes.ErrStringTooLong.
func (b Bitmap) Grow(nbits int64) (bool, error) {
	n := (nbits + 7) >> 3
	if s := b.sparse(); s != nil {
		if n <= s.length {
			return false, nil
		}
		s.length = n
		b.v.Dirty = true
		return true, nil
	}
	have := b.Len()
	if n <= have && b.v.Exists() {
		return false, nil
	}
	st := b.str()
	if n > int64(st.Room()) && n >= minSparse {
		var scratch [numberText]byte
		p := b.bytes(&scratch)
		if n > int64(b.v.Env.Limits.MaxString) || compressedSize(p) < n/4 {
			b.v.SetObject(str.Sparse, compress(p, n))
			return true, nil
		}
	}
	_, err := st.Writable(int(n))
	return true, err
}

// settle turns a compressed bitmap to bytes where the compression does not pay.
func (b Bitmap) settle(s *sparse) {
	if s.pays() || s.length > int64(b.v.Env.Limits.MaxString) {
		return
	}
	b.str().Adopt(s.AppendRange(make([]byte, 0, s.length), 0, int(s.length)))
}

// Count returns the number of bits that are set in the range.
func (b Bitmap) Count(from, to int64) int64 {
	from, to = max(from, 0), min(to, b.Bits())
	if from >= to {
		return 0
	}
	if s := b.sparse(); s != nil {
		return int64(s.count(uint64(from), uint64(to)))
	}
	var scratch [numberText]byte
	return countRange(b.bytes(&scratch), from, to)
}

// First returns the offset of the first bit of the range that is set, or clear; -1 when
// there is none. The range ends where the string ends.
func (b Bitmap) First(set bool, from, to int64) int64 {
	from, to = max(from, 0), min(to, b.Bits())
	if from >= to {
		return -1
	}
	if s := b.sparse(); s != nil {
		return s.first(set, uint64(from), uint64(to))
	}
	var scratch [numberText]byte
	return firstInRange(b.bytes(&scratch), set, from, to)
}

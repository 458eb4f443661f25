package pack

import (
	"encoding/binary"
	"slices"

	"github.com/medleydb/medley/datatypes"
)

// EntrySize returns the bytes of an entry. value is nil in packs of one string; an
// entry whose number is 0 has none.
func EntrySize(num int64, key, value *Text) int {
	n := key.Size()
	if num != 0 {
		n += NumberSize
	}
	if value != nil {
		n += value.Size()
	}
	return n
}

// Put writes an entry of EntrySize bytes to the start of dst.
func Put(dst []byte, num int64, key, value *Text) {
	if num != 0 {
		PutNumber(dst, num)
		dst = dst[NumberSize:]
	}
	n := key.put(dst)
	if value != nil {
		value.put(dst[n:])
	}
}

// PutNumber writes the number of an entry that has, or is to have, one at the
// start of dst, and leaves what is behind.
func PutNumber(dst []byte, num int64) {
	dst[0] = number
	binary.LittleEndian.PutUint64(dst[1:], uint64(num))
}

// Resize makes room in the pack that v holds inline: the cut bytes at offset at
// become add bytes, to be written by the caller. It returns the pack's bytes, which
// are still those of before when the length stays the same. The value counts as
// changed. What v.Bytes was is not to be read any more.
func Resize(v *datatypes.Value, enc datatypes.Encoding, at, cut, add int) []byte {
	old := v.Bytes
	if cut == add && len(old) > 0 {
		v.Encoding, v.Dirty = enc, true
		return old
	}
	b := v.Overwrite(enc, len(old)-cut+add)
	// b may be the memory of old, so the tail goes first: copied upwards over
	// nothing that is still to be read, downwards likewise.
	copy(b[at+add:], old[at+cut:])
	copy(b[:at], old)
	return b
}

// Splice is Resize for a pack in a buffer of the caller's.
func Splice(b []byte, at, cut, add int) []byte {
	if add > cut {
		n := len(b)
		b = slices.Grow(b, add-cut)[:n+add-cut]
		copy(b[at+add:], b[at+cut:n])
		return b
	}
	n := copy(b[at+add:], b[at+cut:])
	return b[:at+add+n]
}

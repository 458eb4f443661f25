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

// Reap takes out of the pack that v holds inline the entries whose number, a time, is not
// after now, at most limit of them, and returns how many. fn, which may be nil, is given
// the first string of each; the bytes are good until it returns. The pack is written once.
func Reap(v *datatypes.Value, strings int, now int64, limit int, fn func(key []byte)) (n int) {
	var room [1024]byte
	var text [IntText]byte
	stay := room[:0]
	for at := 0; at < len(v.Bytes); {
		e := At(v.Bytes, strings, at)
		at = e.End
		if n == limit || e.Number == 0 || e.Number > now {
			stay = append(stay, v.Bytes[e.At:e.End]...)
			continue
		}
		if n++; fn != nil {
			fn(e.Key(text[:]))
		}
	}
	switch {
	case n == 0:
	case len(stay) == 0:
		v.Bytes, v.Empty, v.Dirty = v.Bytes[:0], true, true
	default:
		copy(v.Overwrite(v.Encoding, len(stay)), stay)
	}
	return n
}

// SetNumber gives the entry of the pack that v holds inline another number, 0 for none.
func SetNumber(v *datatypes.Value, enc datatypes.Encoding, e *Entry, num int64) {
	cut, add := 0, 0
	if e.HasNumber() {
		cut = NumberSize
	}
	if num != 0 {
		add = NumberSize
	}
	b := Resize(v, enc, e.At, cut, add)
	if num != 0 {
		PutNumber(b[e.At:], num)
	}
}

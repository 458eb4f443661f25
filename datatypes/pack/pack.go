// Package pack keeps a small collection in one run of bytes: the fields and values
// of a hash, the members of a set, the members and scores of a sorted set.
//
// # Layout
//
// A pack is a run of entries without a header. An entry is one or two strings (the
// owner knows which, all entries are alike), preceded by a number where it has one:
//
//	FF n n n n n n n n   the entry's number, 8 bytes little endian
//	00-7F  bytes         a string of that length
//	80-BF  n bytes       a string of up to 16383 bytes: the low six bits of the
//	                     first byte, then n, are its length
//	C0-EF                the decimal form of an integer, 0 to 47
//	F0-F7  1-8 bytes     that of an integer of so many bytes, little endian
//	F8 n n n n  bytes    a longer string, its length in 4 bytes little endian
//
// So a number, such as a time of expiry, costs nothing where there is none; a short
// string costs one byte, against two in the listpacks of the field. A string that is
// the canonical decimal form of a 64-bit integer is always kept as one, in the
// fewest bytes, and read back byte for byte. Every string thus has one encoding,
// and a search compares encoded bytes: it decodes nothing and allocates nothing.
//
// There is no count and no length in front: the owner's record has the length, and
// counting takes as long as the search for a missing entry, which an insertion needs
// anyway. A backward link in each entry, which listpacks have, serves lists only.
//
// A pack must be well-formed: these functions trust it.
package pack

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"github.com/medleydb/medley/datatypes"
)

const (
	wideString = 0x80
	smallInt   = 0xC0
	wideInt    = 0xF0
	longString = 0xF8
	number     = 0xFF

	maxShort    = wideString - 1
	maxWide     = 1<<14 - 1
	maxSmallInt = wideInt - smallInt - 1

	// NumberSize is the number of bytes that an entry's number takes.
	NumberSize = 9

	// IntText is the number of bytes of the longest integer's decimal form: the
	// room that a scratch buffer needs.
	IntText = 20
)

// A Text is a string made ready to be looked for or stored. It borrows the string.
type Text struct {
	head [9]byte
	n    uint8  // bytes of head in use
	body []byte // what follows the head
}

// Make returns s made ready.
func Make(s []byte) (t Text) {
	if n := len(s); n <= IntText && n > 0 && s[0] <= '9' {
		if v, ok := datatypes.ParseInt(s); ok {
			t.setInt(v)
			return t
		}
	}
	t.body = s
	switch n := len(s); {
	case n <= maxShort:
		t.head[0], t.n = byte(n), 1
	case n <= maxWide:
		t.head[0], t.head[1], t.n = wideString|byte(n>>8), byte(n), 2
	default:
		t.head[0], t.n = longString, 5
		binary.LittleEndian.PutUint32(t.head[1:], uint32(n))
	}
	return t
}

// MakeInt returns the decimal form of v made ready.
func MakeInt(v int64) (t Text) {
	t.setInt(v)
	return t
}

func (t *Text) setInt(v int64) {
	if v >= 0 && v <= maxSmallInt {
		t.head[0], t.n = smallInt+byte(v), 1
		return
	}
	w := datatypes.IntWidth(v)
	t.head[0], t.n = wideInt+byte(w-1), uint8(1+w)
	datatypes.PutInt(t.head[1:1+w], v)
}

// Size returns the bytes that the string takes in an entry.
func (t *Text) Size() int { return int(t.n) + len(t.body) }

func (t *Text) put(dst []byte) int {
	n := copy(dst, t.head[:t.n])
	return n + copy(dst[n:], t.body)
}

// size returns the bytes of the encoded string at b[at:].
func size(b []byte, at int) int {
	h := b[at]
	switch {
	case h < wideString:
		return 1 + int(h)
	case h < smallInt:
		return 2 + int(h&63)<<8 + int(b[at+1])
	case h < wideInt:
		return 1
	case h < longString:
		return 2 + int(h&7)
	}
	return 5 + int(binary.LittleEndian.Uint32(b[at+1:]))
}

// getInt returns the integer at b[at:]; ok is false when a string stands there.
func getInt(b []byte, at int) (v int64, ok bool) {
	h := b[at]
	if h < smallInt || h >= longString {
		return 0, false
	}
	if h < wideInt {
		return int64(h - smallInt), true
	}
	return datatypes.GetInt(b[at+1 : at+2+int(h&7)]), true
}

// text returns the string at b[at:]: borrowed, or an integer's decimal form in scratch.
func text(b []byte, at int, scratch []byte) []byte {
	if v, ok := getInt(b, at); ok {
		return strconv.AppendInt(scratch[:0], v, 10)
	}
	from := at + 1
	switch h := b[at]; {
	case h >= longString:
		from = at + 5
	case h >= wideString:
		from = at + 2
	}
	to := at + size(b, at)
	return b[from:to:to]
}

// An Entry is a place in a pack. It borrows the pack's bytes and is good until they
// change.
type Entry struct {
	// At and End are the entry's bounds in the pack.
	At, End int
	// Number is the entry's number, 0 where it has none.
	Number int64

	b             []byte
	first, second int
}

// HasNumber reports whether the entry has a number.
func (e *Entry) HasNumber() bool { return e.first != e.At }

// Key returns the entry's first string: borrowed, or, where it is an integer,
// written to scratch, which needs room for IntText bytes.
func (e *Entry) Key(scratch []byte) []byte { return text(e.b, e.first, scratch) }

// Value is Key for the second string.
func (e *Entry) Value(scratch []byte) []byte { return text(e.b, e.second, scratch) }

// ValueInt returns the second string as an integer; ok is false when it is not the
// canonical form of one.
func (e *Entry) ValueInt() (v int64, ok bool) { return getInt(e.b, e.second) }

// KeyText and ValueText return the strings made ready to be stored elsewhere.
func (e *Entry) KeyText() Text { return rawText(e.b[e.first : e.first+size(e.b, e.first)]) }

// ValueText is KeyText for the second string.
func (e *Entry) ValueText() Text { return rawText(e.b[e.second:e.End]) }

// rawText makes a Text of an encoded string.
func rawText(raw []byte) (t Text) {
	n := len(raw)
	switch h := raw[0]; {
	case h < wideString:
		n = 1
	case h < smallInt:
		n = 2
	case h >= longString:
		n = 5
	}
	t.n = uint8(copy(t.head[:], raw[:n]))
	t.body = raw[n:]
	return t
}

// At returns the entry that begins at b[at:], of so many strings (1 or 2).
func At(b []byte, strings, at int) Entry {
	e := Entry{At: at, b: b, first: at}
	if b[at] == number {
		e.Number = int64(binary.LittleEndian.Uint64(b[at+1:]))
		e.first += NumberSize
	}
	e.End = e.first + size(b, e.first)
	if strings == 2 {
		e.second = e.End
		e.End += size(b, e.second)
	}
	return e
}

// Find returns the entry whose first string is the key. Where there is none, ok is
// false and count the number of entries.
func Find(b []byte, strings int, key *Text) (e Entry, count int, ok bool) {
	head, last, want := key.head[0], key.last(), key.Size()
	for at := 0; at < len(b); count++ {
		start, h := at, b[at]
		if h == number {
			at += NumberSize
			h = b[at]
		}
		n := 1 + int(h)
		if h >= wideString {
			n = size(b, at)
		}
		// The last byte first: keys of one collection often begin and are as long
		// as each other.
		if h == head && n == want && b[at+n-1] == last && key.equals(b[at:at+n]) {
			return At(b, strings, start), count, true
		}
		at += n
		if strings == 2 {
			if h = b[at]; h < wideString {
				at += 1 + int(h)
			} else {
				at += size(b, at)
			}
		}
	}
	return e, count, false
}

// last returns the last byte of the encoded string.
func (t *Text) last() byte {
	if n := len(t.body); n > 0 {
		return t.body[n-1]
	}
	return t.head[t.n-1]
}

func (t *Text) equals(raw []byte) bool {
	n := int(t.n)
	return string(t.head[:n]) == string(raw[:n]) && bytes.Equal(t.body, raw[n:])
}

// Count returns the number of entries.
func Count(b []byte, strings int) (n int) {
	for at := 0; at < len(b); n++ {
		at = skip(b, strings, at)
	}
	return n
}

// Nth returns the entry number i, from 0; the pack must have it.
func Nth(b []byte, strings, i int) Entry {
	at := 0
	for ; i > 0; i-- {
		at = skip(b, strings, at)
	}
	return At(b, strings, at)
}

func skip(b []byte, strings, at int) int {
	if b[at] == number {
		at += NumberSize
	}
	at += size(b, at)
	if strings == 2 {
		at += size(b, at)
	}
	return at
}

// LeastNumber returns the smallest number of any entry, 0 when none has one.
func LeastNumber(b []byte, strings int) (least int64) {
	for at := 0; at < len(b); at = skip(b, strings, at) {
		if b[at] == number {
			n := int64(binary.LittleEndian.Uint64(b[at+1:]))
			if least == 0 || n < least {
				least = n
			}
		}
	}
	return least
}

// End returns the end of the string that is encoded at b[at:], for owners that keep
// strings one by one.
func End(b []byte, at int) int { return at + size(b, at) }

// String returns the string that is encoded at b[at:]: borrowed, or, where it is an
// integer, written to scratch, which needs room for IntText bytes.
func String(b []byte, at int, scratch []byte) []byte { return text(b, at, scratch) }

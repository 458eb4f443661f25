package pack

import "strconv"

// Int returns the integer of which the string is the canonical decimal form; ok is
// false when it is none.
func (t *Text) Int() (v int64, ok bool) { return getInt(t.head[:], 0) }

// Bytes returns the string: borrowed, or, where it is an integer, written to
// scratch, which needs room for IntText bytes.
func (t *Text) Bytes(scratch []byte) []byte {
	if v, ok := t.Int(); ok {
		return strconv.AppendInt(scratch[:0], v, 10)
	}
	return t.body
}

// Len returns the length of the string in bytes.
func (t *Text) Len() int {
	v, ok := t.Int()
	if !ok {
		return len(t.body)
	}
	u, n := uint64(v), 1
	if v < 0 {
		u, n = -u, 2
	}
	for ; u > 9; u /= 10 {
		n++
	}
	return n
}

// Write writes the encoded string, of Size bytes, to the start of dst.
func (t *Text) Write(dst []byte) { t.put(dst) }

// Equals reports whether raw, an encoded string, is the same.
func (t *Text) Equals(raw []byte) bool { return t.Size() == len(raw) && t.equals(raw) }

// Unique returns bytes that tell the string from all others but one: those of a
// string, or the encoded ones of an integer. Hashes are made of them.
func (t *Text) Unique() []byte {
	if _, ok := t.Int(); ok {
		return t.head[:t.n]
	}
	return t.body
}

// Raw makes a Text of an encoded string, which it borrows.
func Raw(raw []byte) Text { return rawText(raw) }

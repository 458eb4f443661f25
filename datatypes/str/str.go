// Package str implements the string value: bytes, counters and ranges of bytes.
//
// # Encodings
//
//	Raw       the bytes inline, as they were set
//	Modified  the bytes inline, after a change in the middle or at the end
//	Integer   a 64-bit signed integer inline, little endian, in 1 to 8 bytes
//	Large     an object: bytes of the Go heap with room to grow
//	Sparse    an object of another package that stands for a string
//
// A record is rounded up to 8 bytes, so that with keys of mixed lengths every
// byte less pays one time in eight; hence an integer is stored in as few bytes as
// hold it. Zero takes one, not none, so that a flag going from 0 to 1 stays where
// it is. For the same reason an increment never makes the bytes fewer: a counter
// that swings around 128 would otherwise move each time.
//
// Modified differs from Raw in nothing but its name in OBJECT ENCODING, where
// servers of the field call a short string embstr until it is changed in place.
//
// A string that grows becomes Large early (growInline), since growing inline
// copies it every time. A string that is set stays inline up to the storage's
// limit: it costs no object and no slack there.
package str

import (
	"strconv"

	"github.com/medleydb/medley/datatypes"
)

// Encodings of a string. Raw is the zero Encoding: a value that is not there
// reads as an empty string.
const (
	Raw datatypes.Encoding = iota
	Modified
	Integer
	Large
	Sparse
)

const (
	// growInline is the length in bytes from which a growing string is Large.
	growInline = 2 << 10

	// maxSlack is the most room in bytes that a string becoming Large gets.
	maxSlack = 1 << 20

	// maxEmbedded is the longest string in bytes that is called embstr.
	maxEmbedded = 44

	maxIntegerText = 20 // bytes of the longest 64-bit signed integer in decimal
)

// A String is the typed handle of a string value.
//
// Slices that its methods return borrow the value: they are valid until the
// string is changed or the transaction ends, and are not to be written to,
// except those of Writable.
type String struct{ v *datatypes.Value }

// Kind returns datatypes.String.
func (String) Kind() datatypes.Kind { return datatypes.String }

// Of returns the handle over v.
func (String) Of(v *datatypes.Value) String { return String{v} }

// A Source is a large string in a form other than plain bytes, such as a
// compressed bitmap. A value that holds one has the encoding Sparse.
type Source interface {
	datatypes.Object
	// Len returns the length of the string in bytes.
	Len() int
	// AppendRange appends the bytes from (inclusive) to to (exclusive) to dst.
	AppendRange(dst []byte, from, to int) []byte
}

// A Writer is a Source that takes bytes too, as far as its form bears them.
type Writer interface {
	Source
	// WriteAt writes b (not empty) at the offset in bytes, which may lie behind the end:
	// then zero bytes stand between. Where that does not pay in this form it changes
	// nothing and returns false.
	WriteAt(b []byte, offset int) bool
}

// large is the object of a Large string.
type large struct{ b []byte }

// Size implements datatypes.Object.
func (l *large) Size() int { return cap(l.b) + 24 }

// Len implements Source.
func (l *large) Len() int { return len(l.b) }

// AppendRange implements Source.
func (l *large) AppendRange(dst []byte, from, to int) []byte { return append(dst, l.b[from:to]...) }

// Exists reports whether there is a string at all.
func (s String) Exists() bool { return s.v.Exists() }

// Value returns the value beneath the handle.
func (s String) Value() *datatypes.Value { return s.v }

// EncodingName returns the encoding in the words of OBJECT ENCODING: int, embstr or raw.
func (s String) EncodingName() string {
	switch {
	case s.v.Encoding == Integer:
		return "int"
	case s.v.Encoding == Raw && len(s.v.Bytes) <= maxEmbedded:
		return "embstr"
	}
	return "raw"
}

// Set makes the string hold a copy of b. The canonical form of an integer is
// stored as one.
func (s String) Set(b []byte) {
	if len(b) <= maxIntegerText {
		if n, ok := datatypes.ParseInt(b); ok {
			s.SetInt(n)
			return
		}
	}
	s.SetRaw(b)
}

// SetRaw makes the string hold a copy of b as it is, also where b reads as an
// integer.
func (s String) SetRaw(b []byte) {
	if len(b) > growInline && len(b) > s.v.Storage.MaxInline() {
		s.v.SetObject(Large, &large{append([]byte(nil), b...)})
		return
	}
	copy(s.v.Overwrite(Raw, len(b)), b)
}

// Adopt makes the string hold b, which is the string's from then on: as it is, like
// one that has been changed in place.
func (s String) Adopt(b []byte) {
	if len(b) > growInline {
		s.v.SetObject(Large, &large{b})
		return
	}
	copy(s.v.Overwrite(Modified, len(b)), b)
}

// Room returns how many bytes the string can have without being copied.
func (s String) Room() int {
	if l, ok := s.v.Object.(*large); ok {
		return cap(l.b)
	}
	return len(s.v.Bytes)
}

// SetInt makes the string hold the decimal form of n.
func (s String) SetInt(n int64) { datatypes.PutInt(s.v.Overwrite(Integer, datatypes.IntWidth(n)), n) }

// Len returns the length in bytes.
func (s String) Len() int {
	switch {
	case s.v.Encoding == Integer:
		return intLen(datatypes.GetInt(s.v.Bytes))
	case s.v.Object != nil:
		return s.v.Object.(Source).Len()
	}
	return len(s.v.Bytes)
}

// Bytes returns the string, which is Whole. It borrows the value; an integer is written to
// scratch, which needs room for 20 bytes not to be grown, and a Sparse string is
// new memory.
func (s String) Bytes(scratch []byte) []byte {
	switch s.v.Encoding {
	case Integer:
		return strconv.AppendInt(scratch[:0], datatypes.GetInt(s.v.Bytes), 10)
	case Large:
		return s.v.Object.(*large).b
	case Sparse:
		// Not to scratch: what goes through an interface moves to the heap, and
		// with it the scratch of every caller.
		return s.AppendTo(nil)
	}
	return s.v.Bytes
}

// Whole reports whether the string may be given out whole: its error is
// datatypes.ErrStringTooLong for a Sparse one that is longer than other strings may be.
func (s String) Whole() error {
	if s.v.Encoding == Sparse && s.Len() > s.v.Env.Limits.MaxString {
		return datatypes.ErrStringTooLong
	}
	return nil
}

// AppendTo appends the string to dst.
func (s String) AppendTo(dst []byte) []byte {
	switch {
	case s.v.Encoding == Integer:
		return strconv.AppendInt(dst, datatypes.GetInt(s.v.Bytes), 10)
	case s.v.Object != nil:
		src := s.v.Object.(Source)
		return src.AppendRange(dst, 0, src.Len())
	}
	return append(dst, s.v.Bytes...)
}

// Int returns the string as an integer: 0 for a string that is not there,
// datatypes.ErrNotInteger for one that is not the canonical form of an int64.
func (s String) Int() (int64, error) {
	if s.v.Encoding == Integer {
		return datatypes.GetInt(s.v.Bytes), nil
	}
	if !s.v.Exists() {
		return 0, nil
	}
	if s.v.Object == nil && len(s.v.Bytes) <= maxIntegerText {
		if n, ok := datatypes.ParseInt(s.v.Bytes); ok {
			return n, nil
		}
	}
	return 0, datatypes.ErrNotInteger
}

// intLen returns the length in bytes of n in decimal.
func intLen(n int64) int {
	u, l := uint64(n), 1
	if n < 0 {
		u, l = -u, 2
	}
	for ; u > 9; u /= 10 {
		l++
	}
	return l
}

// Clone implements datatypes.Object.
func (l *large) Clone() datatypes.Object { return &large{append([]byte(nil), l.b...)} }

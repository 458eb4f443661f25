package stream

import (
	"bytes"
	"cmp"
	"math"
	"strconv"

	"github.com/medleydb/medley/datatypes"
)

// An ID names an entry: a time in Unix milliseconds and a number among those of the
// same millisecond. Its text is ms-seq, both in decimal.
type ID struct{ Ms, Seq uint64 }

// MaxID is the greatest ID.
var MaxID = ID{math.MaxUint64, math.MaxUint64}

// IDText is the number of bytes of the longest ID's text.
const IDText = 41

// Compare returns -1, 0 or 1 as a is less than, equal to or greater than b.
func (a ID) Compare(b ID) int {
	if a.Ms != b.Ms {
		return cmp.Compare(a.Ms, b.Ms)
	}
	return cmp.Compare(a.Seq, b.Seq)
}

// Less reports whether a is less than b.
func (a ID) Less(b ID) bool { return a.Ms < b.Ms || a.Ms == b.Ms && a.Seq < b.Seq }

// IsZero reports whether the ID is 0-0, which no entry has.
func (a ID) IsZero() bool { return a == ID{} }

// Next returns the ID behind a; ok is false when a is the last.
func (a ID) Next() (next ID, ok bool) {
	if a.Seq < math.MaxUint64 {
		return ID{a.Ms, a.Seq + 1}, true
	}
	if a.Ms < math.MaxUint64 {
		return ID{a.Ms + 1, 0}, true
	}
	return a, false
}

// Prev returns the ID before a; ok is false when a is 0-0.
func (a ID) Prev() (prev ID, ok bool) {
	if a.Seq > 0 {
		return ID{a.Ms, a.Seq - 1}, true
	}
	if a.Ms > 0 {
		return ID{a.Ms - 1, math.MaxUint64}, true
	}
	return a, false
}

// Append appends the ID's text.
func (a ID) Append(dst []byte) []byte {
	dst = strconv.AppendUint(dst, a.Ms, 10)
	dst = append(dst, '-')
	return strconv.AppendUint(dst, a.Seq, 10)
}

// String returns the ID's text.
func (a ID) String() string { return string(a.Append(nil)) }

// maxIDInput is the length in bytes from which on a text is no ID, whatever it says.
const maxIDInput = 127

// ParseID parses the text of an ID: ms or ms-seq. Without the second number it is
// seq, and hasSeq is false.
func ParseID(b []byte, seq uint64) (id ID, hasSeq, ok bool) {
	if len(b) > maxIDInput {
		return id, false, false
	}
	ms, rest, hasSeq := bytes.Cut(b, []byte{'-'})
	if id.Ms, ok = parseNumber(ms); !ok {
		return id, hasSeq, false
	}
	if id.Seq = seq; hasSeq {
		id.Seq, ok = parseNumber(rest)
	}
	return id, hasSeq, ok
}

// parseNumber parses an unsigned number with the leniency of the field's servers, which
// go by C's strtoull where the text is no canonical number: spaces before it, a plus
// sign and leading zeros.
func parseNumber(b []byte) (uint64, bool) {
	if n, ok := datatypes.ParseUint(b); ok {
		return n, true
	}
	if len(b) > 0 && b[0] == '-' {
		return 0, false
	}
	b = bytes.TrimLeft(b, " \t\n\v\f\r")
	if len(b) > 0 && b[0] == '+' {
		b = b[1:]
	}
	for len(b) > 1 && b[0] == '0' {
		b = b[1:]
	}
	return datatypes.ParseUint(b)
}

package list

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"github.com/medleydb/medley/datatypes"
)

// Tags of elements. A tag says how long an element's bytes are; they stand elsewhere
// in the block.
//
//	0-245    a string of that length
//	246-253  a 64-bit signed integer, little endian, in 1 to 8 bytes
//	254      a string with its length in two bytes at both of its ends, so that it
//	         can be passed in both directions
//	255      a string that has a block to itself
//
// An integer is one only where that takes fewer bytes than its text.
const (
	maxShort = 245
	tagInt   = 245 // plus the number of bytes
	tagLong  = 254
	tagWhole = 255

	lengthSize  = 2  // bytes of a length at an end of a long string
	maxIntText  = 20 // bytes of the longest 64-bit signed integer in decimal
	maxIntBytes = 8
)

// An elem is an element in its stored form.
type elem struct {
	tag  byte
	data []byte // the text, or an integer's bytes
}

// encode returns the stored form of b, which borrows b or buf.
func encode(b []byte, buf *[maxIntBytes]byte) elem {
	n := len(b)
	if n > maxShort {
		return elem{tagLong, b}
	}
	if n > 1 && n <= maxIntText && (b[0] <= '9' && b[0] >= '-') {
		if v, ok := datatypes.ParseInt(b); ok {
			if w := datatypes.IntWidth(v); w < n {
				binary.LittleEndian.PutUint64(buf[:], uint64(v))
				return elem{byte(tagInt + w), buf[:w]}
			}
		}
	}
	return elem{byte(n), b}
}

// size returns the bytes that the element takes beside its tag.
func (e elem) size() int {
	if e.tag == tagLong {
		return len(e.data) + 2*lengthSize
	}
	return len(e.data)
}

// isInt reports whether the element is stored as an integer.
func (e elem) isInt() bool { return e.tag > maxShort && e.tag < tagLong }

// bytes returns the element's text; an integer's is written to scratch.
func (e elem) bytes(scratch []byte) []byte {
	if e.isInt() {
		return strconv.AppendInt(scratch[:0], datatypes.GetInt(e.data), 10)
	}
	return e.data
}

// equal reports whether two elements have the same text. Since every text has one
// stored form, but for where a long one stands, the stored forms are compared.
func (e elem) equal(o elem) bool {
	return (e.tag == o.tag || e.tag >= tagLong && o.tag >= tagLong) && bytes.Equal(e.data, o.data)
}

// width returns the bytes of an element with a tag below tagLong.
func width(tag byte) uint32 {
	if tag <= maxShort {
		return uint32(tag)
	}
	return uint32(tag) - tagInt
}

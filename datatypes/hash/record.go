package hash

import (
	"encoding/binary"

	"github.com/medleydb/medley/datatypes/arena"
)

// A record is one field with its value, in the arena of a large hash:
//
//	byte 0-1   the arena's header
//	byte 2     low seven bits: the field's length, or longField, or elsewhere;
//	           top bit: the field has a time
//	[8 bytes]  the time, Unix milliseconds, where it has one,
//	[4 bytes]  and its place in the heap of times
//	[4 bytes]  the field's length, with longField
//	field      its bytes
//	value      its bytes, up to the end of the record
//
// With elsewhere, 4 bytes in the place of field and value are a number in the hash's
// list of byte pairs on the Go heap: what is too large for the arena. A field of 16
// bytes with a value of 16 takes 40 bytes with rounding.
type record []byte

const (
	recHead = arena.HeaderSize
	recBody = recHead + 1

	timed     = 0x80
	longField = 0x7E
	elsewhere = 0x7F

	timeSize  = 8
	placeSize = 4

	// maxRecord is the largest record in bytes that stands in the arena.
	maxRecord = 4 << 10
)

func (r record) timed() bool { return r[recHead]&timed != 0 }

// expiry returns the field's time, 0 for none.
func (r record) expiry() int64 {
	if !r.timed() {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(r[recBody:]))
}

func (r record) setExpiry(ms int64) { binary.LittleEndian.PutUint64(r[recBody:], uint64(ms)) }

func (r record) place() int { return int(binary.LittleEndian.Uint32(r[recBody+timeSize:])) }

func (r record) setPlace(i int) {
	binary.LittleEndian.PutUint32(r[recBody+timeSize:], uint32(i))
}

// body returns where what follows the time begins.
func (r record) body() int {
	if r.timed() {
		return recBody + timeSize + placeSize
	}
	return recBody
}

// bounds returns where field and value begin; not with elsewhere.
func (r record) bounds() (field, value int) {
	at := r.body()
	n := int(r[recHead] &^ timed)
	if n == longField {
		n = int(binary.LittleEndian.Uint32(r[at:]))
		at += 4
	}
	return at, at + n
}

func (r record) elsewhere() (uint32, bool) {
	if r[recHead]&^timed != elsewhere {
		return 0, false
	}
	return binary.LittleEndian.Uint32(r[r.body():]), true
}

// recordSize returns the size of a record, and whether field and value stand
// elsewhere.
func recordSize(field, value int, withTime bool) (n int, out bool) {
	n = recBody + field + value
	if field >= longField {
		n += 4
	}
	if out = n > maxRecord; out {
		n = recBody + 4
	}
	if withTime {
		n += timeSize + placeSize
	}
	return n, out
}

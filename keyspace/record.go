package keyspace

import (
	"encoding/binary"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/arena"
)

// A record is one key with its value, in the arena of its table:
//
//	byte  0-1  the arena's header
//	byte  2    kind (high four bits) and encoding (low four)
//	byte  3    flags
//	byte  4    length of the key; with longKey the low byte of a length whose
//	           other four bytes follow the fixed part
//	byte  5-7  access clock
//	[4 bytes]  length of the key, with longKey
//	[8 bytes]  expiry in Unix milliseconds, with hasExpiry
//	key        its bytes; with objectKey a 4-byte index into the table's objects
//	value      its inline bytes; with objectValue a 4-byte index likewise
//
// A 16-byte key with a 32-byte string takes 56 bytes, an integer 32. The key
// stands in the record, so that a table slot needs nothing but the reference,
// and the value behind it, so that a GET touches one place in memory.
type record []byte

const (
	recKind  = arena.HeaderSize
	recFlags = recKind + 1
	recKlen  = recFlags + 1
	recClock = recKlen + 1
	recFixed = recClock + 3

	expirySize = 8
)

// Record flags.
const (
	hasExpiry   = 1 << iota
	longKey     // the key is longer than 255 bytes
	objectKey   // the key is longer than maxInlineKey and lives in the objects
	objectValue // the value lives in the objects
	snapBit     // parity of the last snapshot that has seen the record
	hasDue      // the value has members that go by themselves (dueKeys)
)

const (
	// maxInlineKey is the longest key in bytes that stands in its record.
	maxInlineKey = 8 << 10
	// maxInlineRecord is the largest record in bytes; larger values become objects.
	maxInlineRecord = 16 << 10
)

func (r record) kind() datatypes.Kind         { return datatypes.Kind(r[recKind] >> 4) }
func (r record) encoding() datatypes.Encoding { return datatypes.Encoding(r[recKind] & 15) }

func (r record) setKind(k datatypes.Kind, e datatypes.Encoding) {
	r[recKind] = byte(k)<<4 | byte(e)
}

func (r record) has(flag byte) bool { return r[recFlags]&flag != 0 }

func (r record) clock() uint32 {
	return uint32(r[recClock]) | uint32(r[recClock+1])<<8 | uint32(r[recClock+2])<<16
}

func (r record) setClock(c uint32) {
	r[recClock], r[recClock+1], r[recClock+2] = byte(c), byte(c>>8), byte(c>>16)
}

func (r record) expiryOffset() int {
	if r.has(longKey) {
		return recFixed + 4
	}
	return recFixed
}

// expiry returns the time in Unix milliseconds at which the key goes, or 0.
func (r record) expiry() int64 {
	if !r.has(hasExpiry) {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(r[r.expiryOffset():]))
}

func (r record) setExpiry(ms int64) {
	binary.LittleEndian.PutUint64(r[r.expiryOffset():], uint64(ms))
}

// keyBounds returns where the key's bytes, or its object index, stand.
func (r record) keyBounds() (from, to int) {
	from = recFixed
	n := int(r[recKlen])
	f := r[recFlags]
	if f&(longKey|hasExpiry) != 0 {
		if f&longKey != 0 {
			n = int(binary.LittleEndian.Uint32(r[recFixed:]))
			from += 4
		}
		if f&hasExpiry != 0 {
			from += expirySize
		}
	}
	if f&objectKey != 0 {
		n = 4
	}
	return from, from + n
}

// layout is the shape of a record before it exists.
type layout struct {
	key    []byte
	expiry int64
	flags  byte
}

func layoutFor(key []byte, expiry int64) layout {
	l := layout{key: key, expiry: expiry}
	if expiry != 0 {
		l.flags |= hasExpiry
	}
	if len(key) > 255 {
		l.flags |= longKey
		if len(key) > maxInlineKey {
			l.flags |= objectKey
		}
	}
	return l
}

// head returns the bytes before the value.
func (l *layout) head() int {
	n := recFixed + len(l.key)
	if l.flags&longKey != 0 {
		n += 4
		if l.flags&objectKey != 0 {
			n += 4 - len(l.key)
		}
	}
	if l.flags&hasExpiry != 0 {
		n += expirySize
	}
	return n
}

// write fills a record's head; keyIndex is the key's object index where it has one.
func (l *layout) write(r record, keyIndex uint32) {
	r[recFlags] = l.flags
	r[recKlen] = byte(len(l.key))
	at := recFixed
	if l.flags&longKey != 0 {
		binary.LittleEndian.PutUint32(r[at:], uint32(len(l.key)))
		at += 4
	}
	if l.flags&hasExpiry != 0 {
		binary.LittleEndian.PutUint64(r[at:], uint64(l.expiry))
		at += expirySize
	}
	if l.flags&objectKey != 0 {
		binary.LittleEndian.PutUint32(r[at:], keyIndex)
		return
	}
	copy(r[at:], l.key)
}

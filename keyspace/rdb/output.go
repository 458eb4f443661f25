package rdb

import (
	"encoding/binary"
	"io"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/hash"
)

// An output is bytes that are written: to a file in pieces, or to memory. After an error it
// swallows everything.
type output struct {
	w      io.Writer // nil: buf is all
	buf    []byte
	crc    uint64 // of what is in w
	sum    bool
	err    error
	packer *packer            // nil: nothing is compressed
	digits [hash.Scratch]byte // of numbers, here so that they take no memory for each
}

// room makes room by writing out what there is, if that is worth while.
func (o *output) room() {
	if o.w == nil || len(o.buf) < window {
		return
	}
	o.flush()
}

func (o *output) flush() {
	if o.err == nil && len(o.buf) > 0 {
		if o.sum {
			o.crc = checksum(o.crc, o.buf)
		}
		_, o.err = o.w.Write(o.buf)
	}
	o.buf = o.buf[:0]
}

func (o *output) byte(b byte)     { o.buf = append(o.buf, b) }
func (o *output) uint64(n uint64) { o.buf = binary.LittleEndian.AppendUint64(o.buf, n) }

// head writes a length.
func (o *output) length(n uint64) {
	switch {
	case n < 1<<6:
		o.buf = append(o.buf, byte(n))
	case n < 1<<14:
		o.buf = append(o.buf, 0x40|byte(n>>8), byte(n))
	case n < 1<<32:
		o.buf = binary.BigEndian.AppendUint32(append(o.buf, 0x80), uint32(n))
	default:
		o.buf = binary.BigEndian.AppendUint64(append(o.buf, 0x81), n)
	}
}

const (
	// minPacked is the length in bytes from which strings are compressed.
	minPacked = 21
	// maxPacked is the longest string that is, since it takes as much memory again.
	maxPacked = 64 << 20
)

// string writes a string.
func (o *output) string(b []byte) {
	if len(b) <= 11 {
		if n, ok := datatypes.ParseInt(b); ok && n == int64(int32(n)) {
			o.int32(int32(n))
			return
		}
	}
	if o.packer != nil && len(b) >= minPacked && len(b) <= maxPacked {
		if p := o.packer.pack(b); p != nil {
			o.byte(0xC0 | codeLZF)
			o.length(uint64(len(p)))
			o.length(uint64(len(b)))
			o.raw(p)
			if cap(o.packer.out) > maxUnpacked {
				o.packer.out = nil
			}
			return
		}
	}
	o.length(uint64(len(b)))
	o.raw(b)
}

// raw writes bytes as they are.
func (o *output) raw(b []byte) {
	if o.w == nil || len(b) < window {
		o.buf = append(o.buf, b...)
		o.room()
		return
	}
	o.flush()
	for len(b) > 0 && o.err == nil {
		p := b[:min(len(b), 1<<20)]
		if o.sum {
			o.crc = checksum(o.crc, p)
		}
		_, o.err = o.w.Write(p)
		b = b[len(p):]
	}
}

func (o *output) int32(n int32) {
	switch {
	case n == int32(int8(n)):
		o.buf = append(o.buf, 0xC0|codeInt8, byte(n))
	case n == int32(int16(n)):
		o.buf = append(o.buf, 0xC0|codeInt16, byte(n), byte(n>>8))
	default:
		o.buf = binary.LittleEndian.AppendUint32(append(o.buf, 0xC0|codeInt32), uint32(n))
	}
}

package rdb

import (
	"encoding/binary"
	"math/bits"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/bitmap"
)

// A string in which few bits are set is its length in bytes, the number of its parts of 8192
// bytes in which one is, and these: each its number, less that of the one before and
// one (the first: its number), and one of
//
//	0  uint16 n, then n times uint16      the bits that are set, n+1 of them
//	1  uint16 n, then n times 2 uint16    runs of them, n+1: the first and the last
//	2  8192 bytes
const (
	partList  = 0
	partRuns  = 1
	partBytes = 2
)

func (o *output) sparse(b bitmap.Bitmap) {
	o.length(uint64(b.Len()))
	o.length(uint64(b.Parts()))
	next := uint64(0)
	b.EachPart(func(number uint64, part []byte) bool {
		o.length(number - next)
		next = number + 1
		o.part(part)
		o.room()
		return o.err == nil
	})
}

func (o *output) part(part []byte) {
	set, runs, was := 0, 0, byte(0)
	for i := 0; i < len(part); i += 8 {
		x := binary.BigEndian.Uint64(part[i:])
		set += bits.OnesCount64(x)
		runs += bits.OnesCount64(x &^ (x>>1 | uint64(was)<<63))
		was = byte(x & 1)
	}
	switch {
	case min(set*2, runs*4) >= bitmap.PartBytes:
		o.byte(partBytes)
		o.buf = append(o.buf, part...)
	case set*2 <= runs*4:
		o.byte(partList)
		o.uint16(set - 1)
		eachRun(part, func(from, to int) {
			for ; from <= to; from++ {
				o.uint16(from)
			}
		})
	default:
		o.byte(partRuns)
		o.uint16(runs - 1)
		eachRun(part, func(from, to int) {
			o.uint16(from)
			o.uint16(to)
		})
	}
}

func (o *output) uint16(n int) { o.buf = binary.LittleEndian.AppendUint16(o.buf, uint16(n)) }

// eachRun passes the first and the last bit of every run that is set.
func eachRun(part []byte, fn func(from, to int)) {
	from := -1
	for i, x := range part {
		if x == 0 && from < 0 || x == 0xff && from >= 0 {
			continue
		}
		for j := range 8 {
			switch on := x&(0x80>>j) != 0; {
			case on && from < 0:
				from = i*8 + j
			case !on && from >= 0:
				fn(from, i*8+j-1)
				from = -1
			}
		}
	}
	if from >= 0 {
		fn(from, len(part)*8-1)
	}
}

func (d *loader) loadSparse(v *datatypes.Value) error {
	var length, parts uint64
	if err := d.numbers(&length, &parts); err != nil {
		return err
	}
	if length > uint64(v.Env.Limits.MaxBits)/8 {
		return datatypes.ErrStringTooLong
	}
	b := bitmap.Bitmap{}.Of(v)
	b.Load(int64(length))
	next := uint64(0)
	part := make([]byte, bitmap.PartBytes)
	for range parts {
		skip, err := d.in.length()
		if err != nil {
			return err
		}
		number := next + skip
		next = number + 1
		if number < skip {
			return d.in.fail("a part of a string beyond its end")
		}
		clear(part)
		if err := d.loadPart(part); err != nil {
			return err
		}
		if !b.LoadPart(number, part) {
			return d.in.fail("a part of a string beyond its end")
		}
	}
	b.Loaded()
	return nil
}

func (d *loader) loadPart(part []byte) error {
	form, err := d.in.byte()
	if err != nil {
		return err
	}
	if form == partBytes {
		p, err := d.in.take(len(part))
		copy(part, p)
		return err
	}
	if form > partBytes {
		return d.in.fail("a part of an unknown form")
	}
	n, err := d.uint16()
	for ; n >= 0 && err == nil; n-- {
		var from, to int
		if from, err = d.uint16(); err != nil {
			return err
		}
		to = from
		if form == partRuns {
			to, err = d.uint16()
		}
		for ; from <= to; from++ {
			part[from>>3] |= 0x80 >> (from & 7)
		}
	}
	return err
}

func (d *loader) uint16() (int, error) {
	b, err := d.in.take(2)
	if err != nil {
		return 0, err
	}
	return int(binary.LittleEndian.Uint16(b)), nil
}

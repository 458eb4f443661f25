package hll

import (
	"encoding/binary"
	"math/bits"

	"github.com/axiomhq/hyperloglog"
)

// A Union joins HyperLogLogs and elements. It is a sketch of axiomhq/hyperloglog of
// precision 14 in its dense form, whose registers are the same as ours once the bits of
// the hash stand as that library takes them (SketchHash).
//
// Registers of strings that clients wrote can be more than any hash gives: up to 63, where
// the sketch takes 51. These are kept beside it.
//
// The zero Union is empty.
type Union struct {
	sketch *hyperloglog.Sketch
	beyond map[int]uint8
}

// maxRank is the largest value that a hash gives a register.
const maxRank = rankBits + 1

// SketchHash returns the hash for Sketch.InsertHash that brings the register of an
// element, by its Hash, to the value that it has here: that library takes the register
// from the highest bits, and counts zeros from there on.
func SketchHash(h uint64) uint64 { return h<<rankBits | bits.Reverse64(h>>indexBits)>>indexBits }

// The header of a dense sketch: version 2, precision 14, and the number of registers.
const sketchHeader = 8

func (u *Union) ready() {
	if u.sketch == nil {
		u.sketch = hyperloglog.NewNoSparse()
	}
}

// Add adds an element.
func (u *Union) Add(element []byte) {
	u.ready()
	u.sketch.InsertHash(SketchHash(Hash(element)))
}

// raise makes a register at least of the value.
func (u *Union) raise(index int, value uint8) {
	if value > maxRank {
		if u.beyond == nil {
			u.beyond = map[int]uint8{}
		}
		u.beyond[index] = max(u.beyond[index], value)
		return
	}
	u.sketch.InsertHash(uint64(index)<<rankBits | 1<<rankBits>>value)
}

// Merge joins a HyperLogLog in. Error: ErrCorrupted.
func (u *Union) Merge(h HLL) error {
	u.ready()
	if !h.Dense() {
		return h.each(u.raise)
	}
	sk, err := h.denseSketch(u)
	if err != nil {
		return err
	}
	return u.sketch.Merge(sk)
}

// denseSketch returns the registers of a dense HyperLogLog as a sketch, without those
// that are too large, which go to u.
func (h HLL) denseSketch(u *Union) (*hyperloglog.Sketch, error) {
	var data [sketchHeader + Registers]byte
	data[0], data[1] = 2, indexBits
	binary.BigEndian.PutUint32(data[4:], Registers)
	regs := (*[Registers]uint8)(data[sketchHeader:])
	unpack(h.bytes()[headerSize:], regs)
	for i, v := range regs {
		if v > maxRank {
			regs[i] = 0
			u.raise(i, v)
		}
	}
	sk := &hyperloglog.Sketch{}
	return sk, sk.UnmarshalBinary(data[:])
}

// Sketch returns the HyperLogLog as a sketch of axiomhq/hyperloglog, to which elements can
// be added with SketchHash. Error: ErrCorrupted.
func (h HLL) Sketch() (*hyperloglog.Sketch, error) {
	var u Union
	if err := u.Merge(h); err != nil {
		return nil, err
	}
	return u.sketch, nil
}

// Registers returns the values of all registers.
func (u *Union) Registers() (*[Registers]uint8, error) {
	out := new([Registers]uint8)
	if u.sketch == nil {
		return out, nil
	}
	data, err := u.sketch.AppendBinary(nil)
	if err != nil {
		return nil, err
	}
	copy(out[:], data[sketchHeader:])
	for i, v := range u.beyond {
		out[i] = v
	}
	return out, nil
}

// Count returns the estimated number of elements.
func (u *Union) Count() (uint64, error) {
	regs, err := u.Registers()
	if err != nil {
		return 0, err
	}
	var hist histogram
	for _, v := range regs {
		hist[v]++
	}
	return hist.estimate(), nil
}

// Store makes the HyperLogLog hold the union, too: registers only ever grow, and those of
// the union are at least as large where it was joined in. With toDense it becomes dense
// first. Error: ErrCorrupted, before anything is changed.
func (h HLL) Store(u *Union, toDense bool) error {
	regs, err := u.Registers()
	if err != nil {
		return err
	}
	if toDense {
		if _, err := h.MakeDense(); err != nil {
			return err
		}
	} else if !h.Dense() {
		if err := h.checkRuns(); err != nil {
			return err
		}
	}
	for i, v := range regs {
		if v != 0 {
			if _, err := h.raise(i, v); err != nil {
				return err
			}
		}
	}
	h.Invalidate()
	return nil
}

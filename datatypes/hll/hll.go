// Package hll implements HyperLogLogs: estimates of how many different elements were
// added, within about 0.81%, in at most 12 KiB.
//
// # The value
//
// A HyperLogLog is a value of the kind String, byte for byte what servers of the field
// store, so that it can be read, written, dumped and loaded as a string:
//
//	byte  0-3   HYLL
//	byte  4     encoding: 0 dense, 1 sparse
//	byte  5-7   zero
//	byte  8-15  the number of elements as last estimated, little endian; the highest bit
//	            is set when the registers have changed since
//	byte  16-   the registers
//
// There are 16384 registers. An element's hash (MurmurHash64A with a seed of the field's)
// chooses one by its lower 14 bits, and gives it the number of zero bits that follow, plus
// one, if it is larger than what the register has. A dense HyperLogLog has them in 6 bits
// each, from the lowest bit of the first byte on. A sparse one is a row of runs:
//
//	00xxxxxx           ZERO: x+1 registers (1 to 64) are 0
//	01xxxxxx xxxxxxxx  XZERO: x+1 registers (1 to 16384) are 0
//	1vvvvvxx           VAL: x+1 registers (1 to 4) are v+1 (1 to 32)
//
// It becomes dense when a register is to be more than 32, or when it would be
// longer than Limits.HLLSparseMaxBytes. Which runs there are for given registers
// depends on the order of changes; sparse.go makes them as the field does, so that equal
// commands give equal bytes.
//
// A value that is no such string is ErrNotHLL, one whose runs do not add up
// ErrCorrupted: both can come from clients.
package hll

import (
	"encoding/binary"
	"errors"
	"math/bits"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/str"
)

// Errors of values that are not what they ought to be.
var (
	// ErrNotHLL: a string is no HyperLogLog.
	ErrNotHLL = errors.New("key is not a valid HyperLogLog string value")
	// ErrCorrupted: a HyperLogLog's registers cannot be read.
	ErrCorrupted = errors.New("corrupted HLL object detected")
)

const (
	// Registers is the number of registers.
	Registers = 1 << indexBits

	indexBits  = 14
	rankBits   = 64 - indexBits // of a hash that make the value of a register
	headerSize = 16
	denseSize  = headerSize + Registers*6/8

	dense  = 0
	sparse = 1
)

const magic = "HYLL"

// An HLL is the typed handle of a string that holds a HyperLogLog.
type HLL struct{ v *datatypes.Value }

// Kind returns datatypes.String.
func (HLL) Kind() datatypes.Kind { return datatypes.String }

// Of returns the handle over v.
func (HLL) Of(v *datatypes.Value) HLL { return HLL{v} }

// New returns an empty HyperLogLog that lives on the Go heap, outside any keyspace.
func New(env *datatypes.Env) HLL {
	h := HLL{datatypes.NewValue(datatypes.String, env)}
	h.Create()
	return h
}

// Value returns the value beneath the handle.
func (h HLL) Value() *datatypes.Value { return h.v }

// Exists reports whether there is a string at all.
func (h HLL) Exists() bool { return h.v.Exists() }

func (h HLL) str() str.String { return str.String{}.Of(h.v) }

// Create makes the string an empty HyperLogLog.
func (h HLL) Create() {
	b := h.str().Resize(headerSize + 2)
	clear(b)
	copy(b, magic)
	b[4] = sparse
	putXZero(b[headerSize:], Registers)
}

// Check reports whether the string is a HyperLogLog, as far as its header tells. Error:
// ErrNotHLL, or ErrCorrupted where it cannot be one for its length. All other methods want
// it to be one.
func (h HLL) Check() error {
	if h.v.Encoding == str.Integer {
		return ErrNotHLL
	}
	if h.v.Encoding == str.Sparse { // what SETBIT can make of one: longer than any can be
		head, err := h.str().Range(0, headerSize-1, nil)
		if err == nil && string(head[:4]) == magic && head[4] == sparse {
			err = ErrCorrupted
		} else {
			err = ErrNotHLL
		}
		return err
	}
	b := h.str().Bytes(nil)
	if len(b) < headerSize || string(b[:4]) != magic || b[4] > sparse || b[4] == dense && len(b) != denseSize {
		return ErrNotHLL
	}
	return nil
}

// bytes returns the string to be read.
func (h HLL) bytes() []byte { return h.str().Bytes(nil) }

// writable returns the string to be changed in place.
func (h HLL) writable() []byte {
	if b := h.str().InPlace(); b != nil {
		h.v.Dirty = true
		return b
	}
	b, err := h.str().Writable(0)
	if err != nil {
		panic(err) // asked to be no longer than it is
	}
	return b
}

// Dense reports whether the encoding is the dense one.
func (h HLL) Dense() bool { return h.bytes()[4] == dense }

// Add adds elements and reports whether a register has changed. Error: ErrCorrupted, where the
// runs do not reach the register of an element; those before it are added.
func (h HLL) Add(elements [][]byte) (changed bool, err error) {
	for _, e := range elements {
		index, rank := place(Hash(e))
		did, err := h.raise(index, rank)
		if err != nil {
			return changed, err
		}
		changed = changed || did
	}
	return changed, nil
}

// raise makes the register at least of the value.
func (h HLL) raise(index int, value uint8) (bool, error) {
	if !h.Dense() {
		return h.raiseSparse(index, value)
	}
	b := h.bytes()
	if register(b[headerSize:], index) >= value {
		return false, nil
	}
	b = h.writable()
	setRegister(b[headerSize:], index, value)
	spoil(b)
	return true, nil
}

// Invalidate marks the stored number of elements as old.
func (h HLL) Invalidate() { spoil(h.writable()) }

func spoil(b []byte) { b[headerSize-1] |= 0x80 }

// Cached returns the number of elements as stored; ok is false when it is old.
func (h HLL) Cached() (n uint64, ok bool) {
	n = binary.LittleEndian.Uint64(h.bytes()[8:])
	return n, n>>63 == 0
}

// Count returns the estimated number of elements, which it stores as well when it has
// to be computed: stored then is true. Error: ErrCorrupted.
func (h HLL) Count() (n uint64, stored bool, err error) {
	if n, ok := h.Cached(); ok {
		return n, false, nil
	}
	var hist histogram
	if err := h.histogram(&hist); err != nil {
		return 0, false, err
	}
	n = hist.estimate()
	binary.LittleEndian.PutUint64(h.writable()[8:], n)
	return n, true, nil
}

// Hash returns the hash of an element: MurmurHash64A, by Austin Appleby, with the seed
// that the field uses.
func Hash(element []byte) uint64 {
	const (
		m    = 0xc6a4a7935bd1e995
		r    = 47
		seed = 0xadc83b19
	)
	h := seed ^ uint64(len(element))*m
	b := element
	for len(b) >= 8 {
		k := binary.LittleEndian.Uint64(b) * m
		k = (k ^ k>>r) * m
		h = (h ^ k) * m
		b = b[8:]
	}
	if len(b) > 0 {
		for i, c := range b {
			h ^= uint64(c) << (8 * i)
		}
		h *= m
	}
	h = (h ^ h>>r) * m
	return h ^ h>>r
}

// place returns the register that a hash falls to, and its value: 1 to 51.
func place(hash uint64) (index int, value uint8) {
	return int(hash & (Registers - 1)), uint8(bits.TrailingZeros64(hash>>indexBits|1<<rankBits) + 1)
}

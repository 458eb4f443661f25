package hll

import (
	"slices"
	"strconv"
)

// A run is one opcode of the sparse form: so many registers of one value.
type run struct {
	value uint8 // 0 for ZERO and XZERO
	n     int   // registers
	size  int   // bytes of the opcode
}

const (
	maxZero  = 64 // registers of a ZERO
	maxXZero = Registers
	maxVal   = 4  // registers of a VAL
	maxValue = 32 // of a register of a VAL
)

// runAt decodes the opcode at the beginning of p; its size is more than p has where
// the second byte is missing, which then is taken for 0.
func runAt(p []byte) run {
	switch c := p[0]; {
	case c&0x80 != 0:
		return run{c>>2&31 + 1, int(c&3) + 1, 1}
	case c&0x40 == 0:
		return run{0, int(c&63) + 1, 1}
	case len(p) < 2:
		return run{0, int(c&63)<<8 + 1, 2}
	default:
		return run{0, int(c&63)<<8 | int(p[1]) + 1, 2}
	}
}

func putXZero(p []byte, n int) { p[0], p[1] = 0x40|byte((n-1)>>8), byte(n-1) }

// appendZeros appends an opcode for n registers of value 0, none for none.
func appendZeros(p []byte, n int) []byte {
	switch {
	case n == 0:
		return p
	case n <= maxZero:
		return append(p, byte(n-1))
	}
	return append(p, 0x40|byte((n-1)>>8), byte(n-1))
}

// appendVal appends an opcode for n registers, at most 4, of a value; none for none.
func appendVal(p []byte, value uint8, n int) []byte {
	if n == 0 {
		return p
	}
	return append(p, 0x80|(value-1)<<2|byte(n-1))
}

// eachRun passes every run with the number of its first register to fn. Error:
// ErrCorrupted, when they are not exactly all registers; fn is never given others.
func eachRun(p []byte, fn func(r run, first int)) error {
	first := 0
	for len(p) > 0 {
		r := runAt(p)
		if r.size > len(p) || r.n > Registers-first {
			return ErrCorrupted
		}
		fn(r, first)
		first += r.n
		p = p[r.size:]
	}
	if first != Registers {
		return ErrCorrupted
	}
	return nil
}

// checkRuns reports whether the runs of a sparse HyperLogLog add up. Error: ErrCorrupted.
func (h HLL) checkRuns() error { return eachRun(h.bytes()[headerSize:], func(run, int) {}) }

// raiseSparse makes a register at least of the value, in the steps that the field takes:
// the run that the register lies in is replaced by up to three; then runs of equal values
// are joined, in the five opcodes from the one before on.
func (h HLL) raiseSparse(index int, value uint8) (bool, error) {
	if value > maxValue {
		return h.promote(index, value)
	}
	b := h.bytes()
	at, prev, first := findRun(b, index)
	if at < 0 {
		return false, ErrCorrupted
	}
	r := runAt(b[at:])
	if r.value >= value {
		return false, nil
	}
	// What changes: from the opcode before on, as far as runs can be joined.
	var space [32]byte
	part := append(space[:0], b[prev:at]...)
	if r.value == 0 {
		part = appendZeros(part, index-first)
		part = appendVal(part, value, 1)
		part = appendZeros(part, first+r.n-1-index)
	} else {
		part = appendVal(part, r.value, index-first)
		part = appendVal(part, value, 1)
		part = appendVal(part, r.value, first+r.n-1-index)
	}
	if more := prev + len(part) - at - r.size; more > 0 && len(b)+more > h.v.Env.Limits.HLLSparseMaxBytes {
		return h.promote(index, value)
	}
	end := min(at+r.size+joinAhead, len(b))
	part = join(append(part, b[at+r.size:end]...))
	if prev+len(part) == end {
		b = h.writable()
	} else {
		n := len(b) + prev + len(part) - end
		tail := len(b) - end
		if n > len(b) {
			b = h.str().Resize(n)
			copy(b[n-tail:], b[end:end+tail])
		} else {
			b = h.writable()
			copy(b[n-tail:], b[end:end+tail])
			b = h.str().Resize(n)
		}
	}
	copy(b[prev:], part)
	spoil(b)
	return true, nil
}

// findRun returns where in a sparse HyperLogLog the run of a register and the one before
// it begin, and the number of its first register; at is -1 when there is none. It is
// where adding spends its time: hundreds of runs are passed, so they are not taken
// apart further than that needs.
func findRun(b []byte, index int) (at, prev, first int) {
	at, prev = headerSize, headerSize
	left := index
	for at < len(b) {
		c := b[at]
		n, size := int(c&63)+1, 1
		if c&0x80 != 0 {
			n = int(c&3) + 1
		} else if c&0x40 != 0 {
			if at+1 >= len(b) {
				break
			}
			n, size = int(c&63)<<8|int(b[at+1])+1, 2
		}
		if left < n {
			return at, prev, index - left
		}
		left -= n
		prev = at
		at += size
	}
	return -1, 0, 0
}

const (
	// joinSteps is how many opcodes are looked at for runs of equal values.
	joinSteps = 5
	// joinAhead is how many bytes behind the changed run they can be, at most.
	joinAhead = 2*joinSteps + 1
)

// join joins neighbouring runs of equal values as far as one opcode can hold them.
func join(p []byte) []byte {
	at := 0
	for steps := joinSteps; at < len(p) && steps > 0; steps-- {
		r := runAt(p[at:])
		if r.value != 0 && at+1 < len(p) {
			if next := runAt(p[at+1:]); next.value == r.value && r.n+next.n <= maxVal {
				appendVal(p[:at], r.value, r.n+next.n)
				p = slices.Delete(p, at+1, at+2)
				continue
			}
		}
		at += r.size
	}
	return p
}

// promote makes a sparse HyperLogLog dense, and a register of the value. Error:
// ErrCorrupted.
func (h HLL) promote(index int, value uint8) (bool, error) {
	if _, err := h.MakeDense(); err != nil {
		return false, err
	}
	if _, err := h.raise(index, value); err != nil {
		return false, err
	}
	return true, nil
}

// AppendRuns appends the runs of a sparse HyperLogLog in text: z:n and Z:n for n
// registers of value 0, v:x,n for n of value x, with spaces between. It tells what there
// is, whether or not it adds up.
func (h HLL) AppendRuns(dst []byte) []byte {
	for p := h.bytes()[headerSize:]; len(p) > 0; {
		r := runAt(p)
		switch {
		case r.value != 0:
			dst = append(dst, "v:"...)
			dst = append(strconv.AppendUint(dst, uint64(r.value), 10), ',')
		case r.size == 1:
			dst = append(dst, "z:"...)
		default:
			dst = append(dst, "Z:"...)
		}
		dst = strconv.AppendInt(dst, int64(r.n), 10)
		if p = p[min(r.size, len(p)):]; len(p) > 0 {
			dst = append(dst, ' ')
		}
	}
	return dst
}

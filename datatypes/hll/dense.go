package hll

import "encoding/binary"

// register returns a register of the dense form.
func register(p []byte, index int) uint8 {
	bit := index * 6
	i, shift := bit>>3, bit&7
	v := p[i] >> shift
	if shift > 2 {
		v |= p[i+1] << (8 - shift)
	}
	return v & 63
}

func setRegister(p []byte, index int, value uint8) {
	bit := index * 6
	i, shift := bit>>3, bit&7
	p[i] = p[i]&^(63<<shift) | value<<shift
	if shift > 2 {
		p[i+1] = p[i+1]&^(63>>(8-shift)) | value>>(8-shift)
	}
}

// unpack writes all registers of the dense form to out, a byte each.
func unpack(p []byte, out *[Registers]uint8) {
	for i := 0; i < Registers; i += 8 {
		q := p[i*6/8 : i*6/8+6 : i*6/8+6]
		w := uint64(binary.LittleEndian.Uint32(q)) | uint64(binary.LittleEndian.Uint16(q[4:]))<<32
		r := out[i : i+8 : i+8]
		r[0], r[1], r[2], r[3] = uint8(w)&63, uint8(w>>6)&63, uint8(w>>12)&63, uint8(w>>18)&63
		r[4], r[5], r[6], r[7] = uint8(w>>24)&63, uint8(w>>30)&63, uint8(w>>36)&63, uint8(w>>42)&63
	}
}

// MakeDense turns a sparse HyperLogLog to the dense form and reports whether it was
// one. Error: ErrCorrupted.
func (h HLL) MakeDense() (bool, error) {
	if h.Dense() {
		return false, nil
	}
	out := make([]byte, denseSize)
	if err := h.expand(out); err != nil {
		return false, err
	}
	h.str().Adopt(out)
	return true, nil
}

// expand writes the dense form of a sparse HyperLogLog to out, which is zero bytes.
func (h HLL) expand(out []byte) error {
	b := h.bytes()
	copy(out, b[:headerSize])
	out[4] = dense
	return eachRun(b[headerSize:], func(r run, first int) {
		if r.value == 0 {
			return
		}
		for i := range r.n {
			setRegister(out[headerSize:], first+i, r.value)
		}
	})
}

// each passes the value of every register that is not 0 to fn. Error: ErrCorrupted,
// at the end of what could be read.
func (h HLL) each(fn func(index int, value uint8)) error {
	b := h.bytes()
	if h.Dense() {
		var all [Registers]uint8
		unpack(b[headerSize:], &all)
		for i, v := range all {
			if v != 0 {
				fn(i, v)
			}
		}
		return nil
	}
	return eachRun(b[headerSize:], func(r run, first int) {
		if r.value != 0 {
			for i := range r.n {
				fn(first+i, r.value)
			}
		}
	})
}

// Registers returns the values of all registers. Error: ErrCorrupted.
func (h HLL) Registers() (*[Registers]uint8, error) {
	out := new([Registers]uint8)
	if h.Dense() {
		unpack(h.bytes()[headerSize:], out)
		return out, nil
	}
	return out, h.each(func(i int, v uint8) { out[i] = v })
}

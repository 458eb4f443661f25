package rdb

// LZF is a run of
//
//	000LLLLL                  L+1 bytes as they are
//	LLLooooo oooooooo         L+2 bytes (L from 1 to 6) from o+1 bytes back
//	111ooooo LLLLLLLL oooooooo  L+9 bytes from o+1 bytes back
//
// so that a byte can stand for no more than 88.

const (
	lzfWindow   = 1 << 13
	lzfLiterals = 32
	lzfLongest  = 264
	// lzfBits is the size of the table of places.
	lzfBits = 14
)

// A packer compresses. It keeps the table of one string for the next, with places that
// count on, so that it need not be cleared.
type packer struct {
	table [1 << lzfBits]uint32
	base  uint32 // place of the first byte of the present string; smaller ones are old
	out   []byte
}

// pack returns p compressed, good until the next call, or nil where that is not at least
// four bytes less.
func (c *packer) pack(p []byte) []byte {
	if len(p) >= 1<<31 {
		return nil
	}
	if c.base == 0 || c.base > 1<<32-1-uint32(len(p)) {
		clear(c.table[:])
		c.base = 1
	}
	out, most := c.out[:0], len(p)-4
	from, i := 0, 0 // of the literals that are not written yet, of the search
	for i+3 < len(p) {
		h := hash3(p[i:])
		place := c.table[h]
		c.table[h] = c.base + uint32(i)
		at := int(place) - int(c.base)
		if at < 0 || i-at > lzfWindow || p[at] != p[i] || p[at+1] != p[i+1] || p[at+2] != p[i+2] {
			i++
			continue
		}
		n, max := 3, min(lzfLongest, len(p)-i)
		for n < max && p[at+n] == p[i+n] {
			n++
		}
		out = literals(out, p[from:i])
		back := i - at - 1
		if n < 9 {
			out = append(out, byte((n-2)<<5|back>>8), byte(back))
		} else {
			out = append(out, byte(7<<5|back>>8), byte(n-9), byte(back))
		}
		if len(out) > most {
			c.out = out
			c.base += uint32(len(p))
			return nil
		}
		for end := i + n; i < end; i++ {
			if i+3 < len(p) && i+2 >= end-2 {
				c.table[hash3(p[i:])] = c.base + uint32(i)
			}
		}
		from = i
	}
	out = literals(out, p[from:])
	c.out = out
	c.base += uint32(len(p))
	if len(out) > most {
		return nil
	}
	return out
}

func hash3(p []byte) uint32 {
	return (uint32(p[0])<<16 | uint32(p[1])<<8 | uint32(p[2])) * 0x9E3779B1 >> (32 - lzfBits)
}

func literals(out, p []byte) []byte {
	for len(p) > 0 {
		n := min(len(p), lzfLiterals)
		out = append(out, byte(n-1))
		out = append(out, p[:n]...)
		p = p[n:]
	}
	return out
}

// unpackedSize returns how many bytes p is the compressed form of; false when it is none. Only
// with that a caller knows what to allocate: what a file says of it may be anything.
func unpackedSize(p []byte) (n int, ok bool) {
	for len(p) > 0 {
		c := int(p[0])
		p = p[1:]
		if c < lzfLiterals {
			if c >= len(p) {
				return n, false
			}
			p = p[c+1:]
			n += c + 1
			continue
		}
		size := c >> 5
		if size == 7 && len(p) > 0 {
			size += int(p[0])
			p = p[1:]
		}
		if len(p) == 0 || c&0x1f<<8|int(p[0]) >= n {
			return n, false
		}
		p = p[1:]
		n += size + 2
	}
	return n, true
}

// unpack appends what p is the compressed form of, for which unpackedSize has answered true.
func unpack(dst, p []byte) []byte {
	for len(p) > 0 {
		c := int(p[0])
		p = p[1:]
		if c < lzfLiterals {
			dst = append(dst, p[:c+1]...)
			p = p[c+1:]
			continue
		}
		size := c >> 5
		if size == 7 {
			size += int(p[0])
			p = p[1:]
		}
		size += 2
		at := len(dst) - (c&0x1f<<8 | int(p[0])) - 1
		p = p[1:]
		if at+size <= len(dst) {
			dst = append(dst, dst[at:at+size]...)
			continue
		}
		for ; size > 0; size-- {
			dst = append(dst, dst[at])
			at++
		}
	}
	return dst
}

package bitmap

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// Loops over bytes, eight at a time. Go's compiler makes one load of an
// encoding/binary call and one instruction of an OnesCount64; unrolled fourfold
// nothing but the loads and the counts is left.

// count returns the number of bits that are set in p.
func count(p []byte) (n int64) {
	if blocks := len(p) / wideBlock; blocks > 0 && countWide != nil {
		n = countWide(&p[0], blocks)
		p = p[blocks*wideBlock:]
	}
	return n + countWords(p)
}

func countWords(p []byte) int64 {
	var a, b, c, d int
	for len(p) >= 64 {
		q := p[:64:64]
		a += bits.OnesCount64(binary.LittleEndian.Uint64(q)) + bits.OnesCount64(binary.LittleEndian.Uint64(q[32:]))
		b += bits.OnesCount64(binary.LittleEndian.Uint64(q[8:])) + bits.OnesCount64(binary.LittleEndian.Uint64(q[40:]))
		c += bits.OnesCount64(binary.LittleEndian.Uint64(q[16:])) + bits.OnesCount64(binary.LittleEndian.Uint64(q[48:]))
		d += bits.OnesCount64(binary.LittleEndian.Uint64(q[24:])) + bits.OnesCount64(binary.LittleEndian.Uint64(q[56:]))
		p = p[64:]
	}
	for len(p) >= 8 {
		a += bits.OnesCount64(binary.LittleEndian.Uint64(p))
		p = p[8:]
	}
	for _, x := range p {
		b += bits.OnesCount8(x)
	}
	return int64(a + b + c + d)
}

// countRange returns the number of bits that are set in a range of bits, which is not
// empty and lies within p.
func countRange(p []byte, from, to int64) int64 {
	first, last := from>>3, (to-1)>>3
	head := byte(0xff) >> (from & 7)     // of the first byte
	tail := byte(0xff) << (7 - (to-1)&7) // of the last one
	if first == last {
		return int64(bits.OnesCount8(p[first] & head & tail))
	}
	return int64(bits.OnesCount8(p[first]&head)+bits.OnesCount8(p[last]&tail)) + count(p[first+1:last])
}

// firstInRange returns the offset of the first bit of the range that is set, or clear;
// the range is not empty and lies within p.
func firstInRange(p []byte, set bool, from, to int64) int64 {
	flip := byte(0xff) // turns what is looked for to set bits
	if set {
		flip = 0
	}
	at := from >> 3
	x := (p[at] ^ flip) & (0xff >> (from & 7))
	if x == 0 {
		at = skip(p, at+1, (to+7)>>3, ^flip)
		if at >= (to+7)>>3 {
			return -1
		}
		x = p[at] ^ flip
	}
	if pos := at*8 + int64(bits.LeadingZeros8(x)); pos < to {
		return pos
	}
	return -1
}

// skip returns the first place from at on, before end, where p does not hold the
// complement of what: what is 0xff to look for set bits, 0 for clear ones.
func skip(p []byte, at, end int64, what byte) int64 {
	pattern := uint64(0)
	if what == 0 {
		pattern = ^pattern
	}
	for ; end-at >= 32; at += 32 {
		q := p[at : at+32 : at+32]
		if (get(q)^pattern)|(get(q[8:])^pattern)|(get(q[16:])^pattern)|(get(q[24:])^pattern) != 0 {
			break
		}
	}
	for ; at < end && p[at] == byte(pattern); at++ {
	}
	return at
}

// zero reports whether all of p is zero bytes.
func zero(p []byte) bool {
	for len(p) >= 8 {
		if binary.LittleEndian.Uint64(p) != 0 {
			return false
		}
		p = p[8:]
	}
	return len(bytes.TrimLeft(p, "\x00")) == 0
}

// The operations of joined bitmaps, on words. They work on dst[i] and src[i]; both are
// equally long.

func andWords(dst, src []byte) {
	for len(dst) >= 32 && len(src) >= 32 {
		d, s := dst[:32:32], src[:32:32]
		put(d, get(d)&get(s))
		put(d[8:], get(d[8:])&get(s[8:]))
		put(d[16:], get(d[16:])&get(s[16:]))
		put(d[24:], get(d[24:])&get(s[24:]))
		dst, src = dst[32:], src[32:]
	}
	for i := range dst {
		dst[i] &= src[i]
	}
}

func orWords(dst, src []byte) {
	for len(dst) >= 32 && len(src) >= 32 {
		d, s := dst[:32:32], src[:32:32]
		put(d, get(d)|get(s))
		put(d[8:], get(d[8:])|get(s[8:]))
		put(d[16:], get(d[16:])|get(s[16:]))
		put(d[24:], get(d[24:])|get(s[24:]))
		dst, src = dst[32:], src[32:]
	}
	for i := range dst {
		dst[i] |= src[i]
	}
}

func xorWords(dst, src []byte) {
	for len(dst) >= 32 && len(src) >= 32 {
		d, s := dst[:32:32], src[:32:32]
		put(d, get(d)^get(s))
		put(d[8:], get(d[8:])^get(s[8:]))
		put(d[16:], get(d[16:])^get(s[16:]))
		put(d[24:], get(d[24:])^get(s[24:]))
		dst, src = dst[32:], src[32:]
	}
	for i := range dst {
		dst[i] ^= src[i]
	}
}

// andNotWords clears in dst what is set in src.
func andNotWords(dst, src []byte) {
	for len(dst) >= 32 && len(src) >= 32 {
		d, s := dst[:32:32], src[:32:32]
		put(d, get(d)&^get(s))
		put(d[8:], get(d[8:])&^get(s[8:]))
		put(d[16:], get(d[16:])&^get(s[16:]))
		put(d[24:], get(d[24:])&^get(s[24:]))
		dst, src = dst[32:], src[32:]
	}
	for i := range dst {
		dst[i] &^= src[i]
	}
}

// oneWords adds src to what was set once (dst) and more than once (many).
func oneWords(dst, many, src []byte) {
	for len(dst) >= 8 && len(src) >= 8 && len(many) >= 8 {
		d, s := get(dst), get(src)
		put(many, get(many)|d&s)
		put(dst, d|s)
		dst, src, many = dst[8:], src[8:], many[8:]
	}
	for i := range dst {
		many[i] |= dst[i] & src[i]
		dst[i] |= src[i]
	}
}

func notWords(dst []byte) {
	for len(dst) >= 8 {
		put(dst, ^get(dst))
		dst = dst[8:]
	}
	for i := range dst {
		dst[i] = ^dst[i]
	}
}

func get(b []byte) uint64    { return binary.LittleEndian.Uint64(b) }
func put(b []byte, w uint64) { binary.LittleEndian.PutUint64(b, w) }

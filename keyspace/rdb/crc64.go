package rdb

import (
	"encoding/binary"
	"math/bits"
)

// The checksum is CRC-64 of Jones's polynomial, reflected, from 0 and without a final
// inversion. Eight tables take eight bytes at a step.

const jones = 0xad93d23594c935a9

var crcTables = makeCRCTables()

func makeCRCTables() *[8][256]uint64 {
	poly := bits.Reverse64(jones)
	t := new([8][256]uint64)
	for i := range t[0] {
		c := uint64(i)
		for range 8 {
			c = c>>1 ^ poly&-(c&1)
		}
		t[0][i] = c
	}
	for i := range t[0] {
		for j := 1; j < 8; j++ {
			t[j][i] = t[0][byte(t[j-1][i])] ^ t[j-1][i]>>8
		}
	}
	return t
}

// checksum returns the checksum of what crc is that of, followed by p.
func checksum(crc uint64, p []byte) uint64 {
	t := crcTables
	for ; len(p) >= 8; p = p[8:] {
		crc ^= binary.LittleEndian.Uint64(p)
		crc = t[7][byte(crc)] ^ t[6][byte(crc>>8)] ^ t[5][byte(crc>>16)] ^ t[4][byte(crc>>24)] ^
			t[3][byte(crc>>32)] ^ t[2][byte(crc>>40)] ^ t[1][byte(crc>>48)] ^ t[0][crc>>56]
	}
	for _, b := range p {
		crc = t[0][byte(crc)^b] ^ crc>>8
	}
	return crc
}

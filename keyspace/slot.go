package keyspace

import "bytes"

// Slots is the number of hash slots.
const Slots = 16384

// crcTables are the tables of CRC-16/XMODEM for slicing by eight.
type crcTables [8][256]uint16

func newCRCTables() *crcTables {
	t := new(crcTables)
	for i := range 256 {
		c := uint16(i) << 8
		for range 8 {
			if c&0x8000 != 0 {
				c = c<<1 ^ 0x1021
			} else {
				c <<= 1
			}
		}
		t[0][i] = c
	}
	for i := range 256 {
		for k := 1; k < 8; k++ {
			prev := t[k-1][i]
			t[k][i] = prev<<8 ^ t[0][prev>>8]
		}
	}
	return t
}

var crcTable = newCRCTables() // read only

func crc16(b []byte) uint16 {
	t := crcTable
	c := uint16(0)
	for len(b) >= 8 {
		c = t[7][byte(c>>8)^b[0]] ^ t[6][byte(c)^b[1]] ^ t[5][b[2]] ^ t[4][b[3]] ^
			t[3][b[4]] ^ t[2][b[5]] ^ t[1][b[6]] ^ t[0][b[7]]
		b = b[8:]
	}
	if len(b) >= 4 {
		c = t[3][byte(c>>8)^b[0]] ^ t[2][byte(c)^b[1]] ^ t[1][b[2]] ^ t[0][b[3]]
		b = b[4:]
	}
	for _, x := range b {
		c = c<<8 ^ t[0][byte(c>>8)^x]
	}
	return c
}

// SlotOf returns the hash slot of the key: that of the part between the first {
// and the next } where there is one and it is not empty.
func SlotOf(key []byte) int {
	if open := bytes.IndexByte(key, '{'); open >= 0 {
		if n := bytes.IndexByte(key[open+1:], '}'); n > 0 {
			key = key[open+1 : open+1+n]
		}
	}
	return int(crc16(key) & (Slots - 1))
}

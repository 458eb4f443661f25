package datatypes

import "encoding/binary"

// Integers in as few bytes as hold them, 1 to 8, little endian, two's complement: the form
// in which values keep them.

// IntWidth returns the number of bytes that n takes.
func IntWidth(n int64) int {
	u := uint64(n ^ n>>63)
	w := 1
	for u >>= 7; u != 0; u >>= 8 {
		w++
	}
	return w
}

// PutInt fills b, which is at least IntWidth(n) bytes long and at most 8.
func PutInt(b []byte, n int64) {
	if len(b) == 8 {
		binary.LittleEndian.PutUint64(b, uint64(n))
		return
	}
	for i := range b {
		b[i] = byte(n)
		n >>= 8
	}
}

// GetInt reads what PutInt has written.
func GetInt(b []byte) int64 {
	switch len(b) {
	case 8:
		return int64(binary.LittleEndian.Uint64(b))
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(b)))
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(b)))
	}
	var u uint64
	for i, c := range b {
		u |= uint64(c) << (8 * i)
	}
	shift := 64 - 8*len(b)
	return int64(u<<shift) >> shift
}

package str

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"

	"github.com/zeebo/xxh3"
)

// Equal reports whether the string holds just these bytes.
func (s String) Equal(b []byte) bool {
	var scratch [32]byte
	return bytes.Equal(s.Bytes(scratch[:0]), b)
}

// Digest returns the XXH3 64-bit hash of the string as 16 lower-case hex digits.
func (s String) Digest() (d [16]byte) {
	var scratch [32]byte
	var sum [8]byte
	binary.BigEndian.PutUint64(sum[:], xxh3.Hash(s.Bytes(scratch[:0])))
	hex.Encode(d[:], sum[:])
	return d
}

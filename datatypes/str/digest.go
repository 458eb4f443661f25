package str

import (
	"bytes"
	"strconv"

	"github.com/medleydb/medley/datatypes"
	"github.com/zeebo/xxh3"
)

// Equal reports whether the string's bytes are b.
func (s String) Equal(b []byte) bool {
	switch {
	case s.v.Encoding == Integer:
		// Both are canonical, so that equal numbers have equal texts.
		n, ok := datatypes.ParseInt(b)
		return ok && n == datatypes.GetInt(s.v.Bytes)
	case s.v.Object != nil && s.Len() != len(b):
		return false
	}
	return bytes.Equal(s.Bytes(nil), b)
}

// Digest returns the hash by which conditional commands compare strings: XXH3 of
// 64 bits, without a seed, over the bytes.
func (s String) Digest() uint64 {
	if s.v.Encoding == Sparse {
		return s.digestPieces()
	}
	var text [maxIntegerText]byte
	return xxh3.Hash(s.Bytes(text[:]))
}

// digestPieces is Digest without the whole string in memory.
func (s String) digestPieces() uint64 {
	src := s.v.Object.(Source)
	h := xxh3.New()
	var buf []byte
	for at := 0; at < src.Len(); at += 64 << 10 {
		buf = src.AppendRange(buf[:0], at, min(at+64<<10, src.Len()))
		h.Write(buf)
	}
	return h.Sum64()
}

// digestDigits is the length of a digest in text.
const digestDigits = 16

// AppendDigest appends d as 16 lower-case hexadecimal digits.
func AppendDigest(dst []byte, d uint64) []byte {
	const digits = "0123456789abcdef"
	for shift := 60; shift >= 0; shift -= 4 {
		dst = append(dst, digits[d>>shift&15])
	}
	return dst
}

// ParseDigest reads a digest: 16 hexadecimal digits of either case.
func ParseDigest(b []byte) (uint64, bool) {
	if len(b) != digestDigits {
		return 0, false
	}
	d, err := strconv.ParseUint(string(b), 16, 64)
	return d, err == nil
}

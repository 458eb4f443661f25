package datatypes

import (
	"bytes"
	"math"
	"strconv"
)

// ParseInt parses the canonical decimal form of a 64-bit signed integer: no
// plus sign, no leading zeros, no spaces, so that the bytes can be formed again
// from the number.
func ParseInt(b []byte) (int64, bool) {
	n := len(b)
	if n == 0 || n > 20 {
		return 0, false
	}
	i, neg := 0, false
	if b[0] == '-' {
		if n == 1 {
			return 0, false
		}
		neg, i = true, 1
	}
	if b[i] == '0' {
		return 0, n == 1
	}
	var v uint64
	for ; i < n; i++ {
		d := b[i] - '0'
		if d > 9 || v > math.MaxUint64/10 {
			return 0, false
		}
		v = v*10 + uint64(d)
		if v < uint64(d) {
			return 0, false
		}
	}
	if neg {
		if v > 1<<63 {
			return 0, false
		}
		return -int64(v), true
	}
	return int64(v), v <= math.MaxInt64
}

// ParseUint parses a decimal unsigned 64-bit integer without sign or leading zeros.
func ParseUint(b []byte) (uint64, bool) {
	if len(b) == 0 || len(b) > 20 || b[0] == '0' && len(b) > 1 {
		return 0, false
	}
	var v uint64
	for _, c := range b {
		d := uint64(c - '0')
		if d > 9 || v > (math.MaxUint64-d)/10 {
			return 0, false
		}
		v = v*10 + d
	}
	return v, true
}

// ParseFloat parses a double in the forms of C's strtod, without surrounding
// spaces: decimal and hexadecimal, inf and infinity. NaN is refused, and so are
// numbers beyond the type's range and others than 0 that round to 0.
func ParseFloat(b []byte) (float64, bool) {
	t, ok := scanFloat(b)
	if !ok {
		return 0, false
	}
	if t.inf {
		return signed(math.Inf(1), t.neg), true
	}
	if t.exact && !t.hex && t.mant <= 1<<53 && -22 <= t.exp && t.exp <= 22 {
		// Both factors are exact, so that the result is rounded once.
		if t.exp < 0 {
			return signed(float64(t.mant)/pow10[-t.exp], t.neg), true
		}
		return signed(float64(t.mant)*pow10[t.exp], t.neg), true
	}
	text := string(b)
	if t.hex && bytes.IndexByte(b, 'p') < 0 && bytes.IndexByte(b, 'P') < 0 {
		text += "p0" // strconv wants an exponent
	}
	f, err := strconv.ParseFloat(text, 64)
	return f, err == nil && (f != 0 || !t.nonzero)
}

// pow10 holds the powers of ten that a double holds exactly. It is never written to.
var pow10 = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
	1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22}

func signed(f float64, neg bool) float64 {
	if neg {
		return -f
	}
	return f
}

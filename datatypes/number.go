package datatypes

import (
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

// ParseFloat parses a double as C's strtod does, without surrounding spaces:
// decimal and hexadecimal forms, inf and infinity. NaN is refused.
func ParseFloat(b []byte) (float64, bool) {
	if !plausibleFloat(b) {
		return 0, false
	}
	f, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		ne, ok := err.(*strconv.NumError)
		if !ok || ne.Err != strconv.ErrRange {
			return hexFloat(b)
		}
		return f, false // out of range
	}
	return f, !math.IsNaN(f)
}

// hexFloat parses the hexadecimal forms without exponent that strtod takes and
// strconv does not.
func hexFloat(b []byte) (float64, bool) {
	f, err := strconv.ParseFloat(string(b)+"p0", 64)
	return f, err == nil
}

// plausibleFloat keeps out what strconv accepts and strtod does not.
func plausibleFloat(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	for _, c := range b {
		if c == '_' || c == ' ' || c == 0 {
			return false
		}
	}
	return true
}

// FormatFloat appends the shortest decimal form of f that reads back as f, in
// the style of servers of the field: no exponent between 1e-6 and 1e21 (%.17g
// shapes beyond), inf and -inf.
func FormatFloat(dst []byte, f float64) []byte {
	switch {
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	case math.IsNaN(f):
		return append(dst, "nan"...)
	case f == 0:
		if math.Signbit(f) {
			return append(dst, "-0"...)
		}
		return append(dst, '0')
	case f == math.Trunc(f) && math.Abs(f) < 1<<53:
		return strconv.AppendInt(dst, int64(f), 10)
	}
	abs := math.Abs(f)
	if abs < 1e-6 || abs >= 1e21 {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}

package lua

import (
	"math"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// maxExact is the number from which on %.14g has an exponent.
const maxExact = 1e14

// appendNumber appends the number as Lua 5.1 writes it: %.14g of C.
func appendNumber(b []byte, f float64) []byte {
	if f > -maxExact && f < maxExact && f == math.Trunc(f) {
		if f == 0 && math.Signbit(f) {
			return append(b, "-0"...)
		}
		return strconv.AppendInt(b, int64(f), 10)
	}
	return appendG(b, f, 14)
}

// appendG appends %.<digits>g of C.
func appendG(b []byte, f float64, digits int) []byte {
	if s := special(f); s != "" {
		return append(b, s...)
	}
	return strconv.AppendFloat(b, f, 'g', digits, 64)
}

// special returns the name of what is no finite number, "" for one that is. C writes the sign
// of a NaN, too; that of 0/0 is the processor's choice, as it is there.
func special(f float64) string {
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case f == f:
		return ""
	case math.Signbit(f):
		return "-nan"
	}
	return "nan"
}

func numberText(f float64) string {
	var room [32]byte
	return string(appendNumber(room[:0], f))
}

// isSpace is C's isspace.
func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// parseNumber reads a number as Lua 5.1 does, by strtod of C: decimal, hexadecimal, inf and
// nan, with white space around it.
func parseNumber(s string) (float64, bool) {
	if i := strings.IndexByte(s, 0); i >= 0 {
		s = s[:i] // where C's string ends
	}
	for s != "" && isSpace(s[0]) {
		s = s[1:]
	}
	for s != "" && isSpace(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	if s == "" || strings.IndexByte(s, '_') >= 0 {
		return 0, false
	}
	sign, t := 1.0, s
	if t[0] == '-' || t[0] == '+' {
		if t[0] == '-' {
			sign = -1
		}
		t = t[1:]
	}
	if len(t) > 2 && t[0] == '0' && t[1]|0x20 == 'x' {
		return parseHex(t[2:], sign)
	}
	if t == "" || t[0] == '-' || t[0] == '+' {
		return 0, false
	}
	switch strings.ToLower(t) {
	case "inf", "infinity":
		return math.Inf(int(sign)), true
	case "nan":
		return math.Copysign(math.NaN(), sign), true
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !strings.HasSuffix(err.Error(), strconv.ErrRange.Error()) {
		return 0, false
	}
	return f, true
}

// parseHex reads what follows 0x: digits, a fraction and a binary exponent.
func parseHex(t string, sign float64) (float64, bool) {
	if strings.IndexAny(t, "pP") < 0 {
		t += "p0"
	}
	f, err := strconv.ParseFloat("0x"+t, 64)
	if err != nil && !strings.HasSuffix(err.Error(), strconv.ErrRange.Error()) {
		return 0, false
	}
	return sign * f, true
}

// toNumber converts a number, or a string that is one.
func toNumber(v glua.LValue) (float64, bool) {
	switch v := v.(type) {
	case glua.LNumber:
		return float64(v), true
	case glua.LString:
		return parseNumber(string(v))
	}
	return 0, false
}

// toInt converts as C casts a double to a 64-bit integer.
func toInt(f float64) int {
	if f != f || f >= 1<<63 || f < -1<<63 {
		return math.MinInt64
	}
	return int(f)
}

// modulo is a % b as Lua 5.1 defines it. That rounds otherwise than the remainder of C.
func modulo(a, b float64) float64 { return a - math.Floor(a/b)*b }

// power is a ^ b. Whole numbers are multiplied, since math.Pow is not exact in its last bit.
func power(a, b float64) float64 {
	if b == 2 {
		return a * a
	}
	if a == math.Trunc(a) && b == math.Trunc(b) && b >= 0 && b < 64 {
		r, ok := 1.0, true
		for range int(b) {
			r *= a
			if math.Abs(r) > 1<<53 {
				ok = false
				break
			}
		}
		if ok {
			return r
		}
	}
	return undefined(math.Pow(a, b), a, b)
}

// undefined gives a NaN that came of numbers the sign that C's functions give it.
func undefined(f float64, of ...float64) float64 {
	if f == f {
		return f
	}
	for _, x := range of {
		if x != x {
			return f
		}
	}
	return math.Copysign(f, -1)
}

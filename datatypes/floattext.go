package datatypes

// A floatText is a number as it is written: its significant digits, and the
// exponent that they are to be taken at.
type floatText struct {
	neg, inf, hex bool
	digits        []byte // as written, perhaps with a point among them
	mant          uint64 // the digits, while they are few enough
	exact         bool   // mant is all of them
	nonzero       bool   // any digit is not 0
	exp           int    // of 10, or of 2 in a hexadecimal number
}

// expLimit bounds what an exponent is read as; far outside any type's range, also
// when as many digits as a string may have stand against it.
const expLimit = 1 << 30

// scanFloat reads a number in the forms of C's strtod, all of b, but NaN.
func scanFloat(b []byte) (t floatText, ok bool) {
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		t.neg = b[0] == '-'
		b = b[1:]
	}
	if len(b) == 0 {
		return t, false
	}
	if lower(b[0]) == 'i' {
		t.inf = equalFoldText(b, "inf") || equalFoldText(b, "infinity")
		return t, t.inf
	}
	if len(b) > 2 && b[0] == '0' && lower(b[1]) == 'x' {
		t.hex = true
		b = b[2:]
	}
	n, ok := t.scanDigits(b)
	if !ok {
		return t, false
	}
	return t, t.scanExponent(b[n:])
}

// scanDigits reads the mantissa and returns its length.
func (t *floatText) scanDigits(b []byte) (n int, ok bool) {
	base, perDigit := uint64(10), 1
	if t.hex {
		base, perDigit = 16, 4
	}
	point := false
	t.exact = true
	for ; n < len(b); n++ {
		if b[n] == '.' && !point {
			point = true
			continue
		}
		d, isDigit := digitValue(b[n])
		if !isDigit || uint64(d) >= base {
			break
		}
		ok = true
		t.nonzero = t.nonzero || d != 0
		if point {
			t.exp -= perDigit
		}
		if t.mant > (1<<64-16)/base {
			t.exact = false
		}
		if t.exact {
			t.mant = t.mant*base + uint64(d)
		}
	}
	t.digits = b[:n]
	return n, ok
}

// scanExponent reads what follows the mantissa.
func (t *floatText) scanExponent(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	mark := byte('e')
	if t.hex {
		mark = 'p'
	}
	if lower(b[0]) != mark {
		return false
	}
	b = b[1:]
	neg := false
	if len(b) > 0 && (b[0] == '-' || b[0] == '+') {
		neg = b[0] == '-'
		b = b[1:]
	}
	if len(b) == 0 {
		return false
	}
	e := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
		if e < expLimit {
			e = e*10 + int(c-'0')
		}
	}
	if neg {
		e = -e
	}
	t.exp += e
	return true
}

func digitValue(c byte) (byte, bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= lower(c) && lower(c) <= 'f':
		return lower(c) - 'a' + 10, true
	}
	return 0, false
}

func equalFoldText(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i := range b {
		if lower(b[i]) != s[i] {
			return false
		}
	}
	return true
}

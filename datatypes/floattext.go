package datatypes

import (
	"math/big"
	"math/bits"
)

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

// expLimit bounds what an exponent is read as; far outside any type's range.
const expLimit = 1 << 20

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
		e = min(e*10+int(c-'0'), expLimit)
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

// ParseLongDouble parses a number in the forms of C's strtold, without surrounding
// spaces. NaN is refused, and so are numbers beyond the type's range and others
// than 0 that round to 0; infinities are not.
func ParseLongDouble(b []byte) (LongDouble, bool) {
	if len(b) >= ldMaxText {
		return LongDouble{}, false
	}
	t, ok := scanFloat(b)
	switch {
	case !ok:
		return LongDouble{}, false
	case t.inf:
		return LongDouble{neg: t.neg, inf: true}, true
	case !t.nonzero:
		return LongDouble{neg: t.neg}, true
	}
	var l LongDouble
	switch {
	case t.exact && t.hex:
		l = roundLongDouble(t.neg, 0, t.mant, t.exp, false)
	case t.exact && 0 <= t.exp && t.exp <= maxPow5:
		hi, lo := bits.Mul64(t.mant, pow5(t.exp))
		l = roundLongDouble(t.neg, hi, lo, t.exp, false)
	case t.exact && -maxPow5 <= t.exp && t.exp < 0:
		l = divLongDouble(t.neg, t.mant, -t.exp)
	default:
		l = t.big()
	}
	return l, !l.inf && l.mant != 0
}

// maxPow5 is the largest power of five that has 64 bits.
const maxPow5 = 27

func pow5(n int) uint64 {
	p, f := uint64(1), uint64(5)
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			p *= f
		}
		f *= f
	}
	return p
}

// divLongDouble returns mant / 10^k for k up to maxPow5.
func divLongDouble(neg bool, mant uint64, k int) LongDouble {
	d := pow5(k)
	s, t := bits.LeadingZeros64(d), bits.LeadingZeros64(mant)
	d <<= s
	r, top := mant<<t, uint64(0)
	if r >= d {
		r, top = r-d, 1
	}
	q1, r := bits.Div64(r, 0, d)
	q2, r := bits.Div64(r, 0, d)
	// top:q1:q2 is the quotient in units of 2^-128; its last bit turns sticky.
	return roundLongDouble(neg, top<<63|q1>>1, q1<<63|q2>>1, s-t-k-127, q2&1 != 0 || r != 0)
}

// big returns a number of many digits or of extreme size. The bounds keep the
// integers below some 10,000 digits: the text is shorter than ldMaxText.
func (t *floatText) big() LongDouble {
	digits := make([]byte, 0, len(t.digits))
	for _, c := range t.digits {
		if c != '.' && (c != '0' || len(digits) > 0) {
			digits = append(digits, c)
		}
	}
	base := 10
	if t.hex {
		base = 16
	}
	num, _ := new(big.Int).SetString(string(digits), base)
	if t.hex {
		return roundBig(t.neg, num, t.exp, false)
	}
	switch magnitude := len(digits) + t.exp; {
	case magnitude > 4934:
		return LongDouble{neg: t.neg, inf: true}
	case magnitude < -4952:
		return LongDouble{neg: t.neg}
	case t.exp >= 0:
		return roundBig(t.neg, num.Mul(num, bigPow10(t.exp)), 0, false)
	}
	den := bigPow10(-t.exp)
	shift := max(0, den.BitLen()-num.BitLen()+128)
	rest := new(big.Int)
	num.QuoRem(num.Lsh(num, uint(shift)), den, rest)
	return roundBig(t.neg, num, -shift, rest.Sign() != 0)
}

func bigPow10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// roundBig is roundLongDouble for an integer of any length.
func roundBig(neg bool, n *big.Int, exp int, sticky bool) LongDouble {
	if drop := n.BitLen() - 128; drop > 0 {
		sticky = sticky || n.TrailingZeroBits() < uint(drop)
		n.Rsh(n, uint(drop))
		exp += drop
	}
	lo := new(big.Int).And(n, new(big.Int).SetUint64(1<<64-1)).Uint64()
	return roundLongDouble(neg, n.Rsh(n, 64).Uint64(), lo, exp, sticky)
}

// appendLarge appends a number of 2^64 and more.
func (l LongDouble) appendLarge(dst []byte) []byte {
	n := new(big.Int).SetUint64(l.mant)
	return n.Lsh(n, uint(l.exp)).Append(dst, 10)
}

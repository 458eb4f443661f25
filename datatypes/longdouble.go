package datatypes

import (
	"math/big"
	"math/bits"
	"strconv"
)

// A LongDouble is a number of the extended precision in which INCRBYFLOAT and
// HINCRBYFLOAT calculate: the long double of x86, a 64-bit mantissa and a 15-bit
// exponent. Servers of the field do the sum in it and print 17 decimals, so that
// 0.1 + 0.2 gives 0.3; any other precision would show in the last digits.
//
// Parsing, adding and printing round to nearest, ties to even, once and from the
// exact value. They do it in integer arithmetic of 128 bits and one sticky bit (is
// any bit below set), and with big integers only where numbers are longer than 19
// digits or of extreme size.
//
// The zero LongDouble is 0.
type LongDouble struct {
	// The number is mant * 2^exp. The top bit of mant is set, but in zero and at
	// the smallest exponent.
	mant uint64
	exp  int32
	neg  bool
	inf  bool
}

const (
	ldMinExp = -16445 // of the smallest positive number, 2^-16445
	ldMaxExp = 16384 - 64

	// ldMaxText is one more than the length in bytes of the longest number that
	// servers of the field parse.
	ldMaxText = 5 << 10
)

// LongDoubleOf returns n as a LongDouble.
func LongDoubleOf(n int64) LongDouble {
	u := uint64(n)
	if n < 0 {
		u = -u
	}
	return roundLongDouble(n < 0, 0, u, 0, false)
}

// MaxLongDouble returns the largest finite number.
func MaxLongDouble() LongDouble { return LongDouble{mant: 1<<64 - 1, exp: ldMaxExp} }

// roundLongDouble returns the number nearest to hi<<64|lo times 2^exp; sticky says
// that the exact number is a little larger.
func roundLongDouble(neg bool, hi, lo uint64, exp int, sticky bool) LongDouble {
	if hi == 0 {
		if lo == 0 {
			return LongDouble{neg: neg}
		}
		hi, lo, exp = lo, 0, exp-64
	}
	n := bits.LeadingZeros64(hi)
	hi, lo, exp = hi<<n|lo>>(64-n), lo<<n, exp-n+64
	if exp < ldMinExp {
		d := ldMinExp - exp
		if d > 65 {
			return LongDouble{neg: neg}
		}
		sticky = sticky || lo != 0
		// Shift the 64 bits of hi, to which the rest adds no more than stickiness.
		lo = shiftRight(hi, d-64)
		sticky = sticky || d == 65 && hi&1 != 0
		hi, exp = shiftRight(hi, d), ldMinExp
	}
	const half = 1 << 63
	if lo > half || lo == half && (sticky || hi&1 != 0) {
		hi++
		if hi == 0 {
			hi = half
			exp++
		}
	}
	if exp > ldMaxExp {
		return LongDouble{neg: neg, inf: true}
	}
	if hi == 0 {
		exp = 0
	}
	return LongDouble{mant: hi, exp: int32(exp), neg: neg}
}

// shiftRight shifts by d, to the left where d is negative.
func shiftRight(x uint64, d int) uint64 {
	if d < 0 {
		return x << -d
	}
	return x >> d
}

// Sign returns -1, 0 or 1.
func (l LongDouble) Sign() int {
	switch {
	case l.mant == 0 && !l.inf:
		return 0
	case l.neg:
		return -1
	}
	return 1
}

// IsInf reports whether l is an infinity.
func (l LongDouble) IsInf() bool { return l.inf }

// Neg returns l with the other sign.
func (l LongDouble) Neg() LongDouble {
	l.neg = !l.neg
	return l
}

// Less reports whether l is smaller than m.
func (l LongDouble) Less(m LongDouble) bool {
	a, b := l.Sign(), m.Sign()
	switch {
	case a != b:
		return a < b
	case a < 0:
		return m.absLess(l)
	}
	return a > 0 && l.absLess(m)
}

func (l LongDouble) absLess(m LongDouble) bool {
	switch {
	case l.inf || m.inf:
		return !l.inf
	case l.mant == 0 || m.mant == 0:
		return l.mant < m.mant
	case l.exp != m.exp:
		return l.exp < m.exp
	}
	return l.mant < m.mant
}

// Add returns the rounded sum; ok is false when it is not finite.
func (l LongDouble) Add(m LongDouble) (sum LongDouble, ok bool) {
	switch {
	case l.inf || m.inf:
		if l.inf {
			return l, false
		}
		return m, false
	case m.mant == 0:
		return l, true
	case l.mant == 0:
		return m, true
	}
	if l.absLess(m) {
		l, m = m, l
	}
	// Both as 128 bits at one exponent, the top bit free for a carry.
	hi, lo := l.mant>>1, l.mant<<63
	mhi, mlo := m.mant>>1, m.mant<<63
	mhi, mlo, sticky := shiftSticky(mhi, mlo, int(l.exp-m.exp))
	var carry uint64
	if l.neg == m.neg {
		lo, carry = bits.Add64(lo, mlo, 0)
		hi += mhi + carry
	} else {
		if sticky {
			carry = 1 // m is larger than its bits: what is left lies below
		}
		lo, carry = bits.Sub64(lo, mlo, carry)
		hi -= mhi + carry
	}
	if hi|lo == 0 {
		return LongDouble{}, true
	}
	sum = roundLongDouble(l.neg, hi, lo, int(l.exp)-63, sticky)
	return sum, !sum.inf
}

// shiftSticky shifts hi<<64|lo right by d and reports whether a set bit fell out.
func shiftSticky(hi, lo uint64, d int) (uint64, uint64, bool) {
	switch {
	case d == 0:
		return hi, lo, false
	case d < 64:
		return hi >> d, hi<<(64-d) | lo>>d, lo<<(64-d) != 0
	case d < 128:
		return 0, hi >> (d - 64), lo != 0 || hi<<(128-d) != 0
	}
	return 0, 0, hi|lo != 0
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

// Append appends the number with at most 17 decimals, rounded, and no trailing
// zeros, as C's "%.17Lf" gives them; never an exponent, so that it may take 4951
// bytes.
func (l LongDouble) Append(dst []byte) []byte {
	start := len(dst)
	if l.neg {
		dst = append(dst, '-')
	}
	if l.inf {
		return append(dst, "inf"...)
	}
	whole, frac := l.mant, uint64(0)
	switch {
	case l.exp < 0:
		whole, frac = l.split()
	case l.exp > 0:
		return l.appendLarge(dst)
	}
	dst = strconv.AppendUint(dst, whole, 10)
	if frac != 0 {
		dst = append(dst, '.')
		at := len(dst)
		dst = strconv.AppendUint(dst, frac+1e17, 10) // 18 digits, the first a one
		dst = append(dst[:at], dst[at+1:]...)
		for dst[len(dst)-1] == '0' {
			dst = dst[:len(dst)-1]
		}
	}
	if string(dst[start:]) == "-0" {
		dst = append(dst[:start], '0')
	}
	return dst
}

// split returns the whole part and the fraction in units of 10^-17, rounded, of a
// number with a negative exponent.
func (l LongDouble) split() (whole, frac uint64) {
	k := int(-l.exp)
	if k >= 128 {
		return 0, 0 // below 2^-64, less than half a unit
	}
	whole = shiftRight(l.mant, k)
	hi, lo := bits.Mul64(l.mant-whole<<k, 1e17)
	_, twice, rest := shiftSticky(hi, lo, k-1) // at most 2*10^17
	q := twice >> 1
	if twice&1 != 0 && (rest || q&1 != 0) {
		q++
	}
	if q == 1e17 {
		return whole + 1, 0
	}
	return whole, q
}

// appendLarge appends a number of 2^64 and more.
func (l LongDouble) appendLarge(dst []byte) []byte {
	n := new(big.Int).SetUint64(l.mant)
	return n.Lsh(n, uint(l.exp)).Append(dst, 10)
}

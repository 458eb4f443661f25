package datatypes

import (
	"math"
	"math/bits"
	"strconv"
)

// Doubles are written as servers of the field write scores: whole numbers up to
// 2^62 as integers, all others in the digits of Grisu2 (Florian Loitsch, "Printing
// Floating-Point Numbers Quickly and Accurately with Integers", 2010). Its digits
// always read back as the same double, but one time in some hundreds or thousands
// they are not the shortest ones: 749.138261 comes out as 749.1382610000001. They
// are wanted for just that reason: strconv's digits are better, and a client that
// compares texts would see the difference.

// FormatFloat appends f in decimal: inf, -inf, nan, a plain number, or for a very
// large or small one a form such as 1.5e-9 or 3e+100. It appends at most 25 bytes.
func FormatFloat(dst []byte, f float64) []byte {
	if a := math.Abs(f); a <= 1<<62 && a == math.Trunc(a) {
		if math.Signbit(f) {
			dst = append(dst, '-')
		}
		return strconv.AppendInt(dst, int64(a), 10)
	}
	return FormatDigits(dst, f)
}

// FormatDigits is FormatFloat for whole numbers too: 1e+16, where that one appends a
// one and its zeros.
func FormatDigits(dst []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(dst, "nan"...)
	case f < 0 || f == 0 && math.Signbit(f):
		dst = append(dst, '-')
		f = -f
	}
	switch {
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case f == 0:
		return append(dst, '0')
	}
	var buf [20]byte
	n, exp := grisu(&buf, f)
	return layoutDecimal(dst, buf[:n], exp)
}

// layoutDecimal appends the number digits * 10^exp.
func layoutDecimal(dst, digits []byte, exp int) []byte {
	n := len(digits)
	first := exp + n - 1 // exponent of the first digit
	switch {
	case exp >= 0 && first < n+7:
		dst = append(dst, digits...)
		return append(dst, "0000000"[:exp]...)
	case exp < 0 && (exp > -7 || -4 < first && first < 4):
		if n+exp > 0 {
			dst = append(dst, digits[:n+exp]...)
			dst = append(dst, '.')
			return append(dst, digits[n+exp:]...)
		}
		dst = append(dst, "0.000000"[:2-n-exp]...)
		return append(dst, digits...)
	}
	dst = append(dst, digits[0])
	if n > 1 {
		dst = append(dst, '.')
		dst = append(dst, digits[1:]...)
	}
	dst = append(dst, 'e')
	if first >= 0 {
		dst = append(dst, '+')
	}
	return strconv.AppendInt(dst, int64(first), 10)
}

// grisu fills buf with the n digits of a finite f > 0: f is about digits * 10^exp.
func grisu(buf *[20]byte, f float64) (n, exp int) {
	const mantBits = 52
	b := math.Float64bits(f)
	m, e := b&(1<<mantBits-1), int(b>>mantBits)
	if e != 0 {
		m |= 1 << mantBits
	} else {
		e = 1
	}
	e -= 1023 + mantBits
	// The number and the middles between it and its neighbours, at one exponent
	// with the top bit of the number set. The gap below a power of two is half as
	// wide.
	s := bits.LeadingZeros64(m)
	w, upper, lower := m<<s, (2*m+1)<<(s-1), (2*m-1)<<(s-1)
	if m == 1<<mantBits {
		lower = (4*m - 1) << (s - 2)
	}
	e -= s
	// Scaled by a power of ten that leaves 4 to 32 bits before the point.
	power, pe, k := cachedPower(e)
	w, upper, lower = mulRound(w, power), mulRound(upper, power)-1, mulRound(lower, power)+1
	n, exp = shortDigits(buf, w, upper, lower, uint(-(e + pe + 64)))
	return n, exp - k
}

// mulRound returns a*b / 2^64, rounded.
func mulRound(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi + lo>>63
}

// cachedPower returns 10^k = power * 2^pe so that a mantissa with the exponent e,
// multiplied by it, has one from -60 to -32.
func cachedPower(e int) (power uint64, pe, k int) {
	// log10(2) is 0.30103. Where two powers would do, this is the one that others take.
	i := (int(-float64(e+len(powersOfTen))*0.30102999566398114) - firstPower) / powerStep
	for {
		k = firstPower + i*powerStep
		pe = (k*217706)>>16 - 63 // log2(10) is 217706/2^16
		switch sum := e + pe + 64; {
		case sum < -60:
			i++
		case sum > -32:
			i--
		default:
			return powersOfTen[i], pe, k
		}
	}
}

// shortDigits writes the fewest digits of a number between lower and upper, and of
// these the nearest to w. The numbers have point bits behind the binary point.
func shortDigits(buf *[20]byte, w, upper, lower uint64, point uint) (n, exp int) {
	gap, delta := upper-w, upper-lower
	whole, frac := upper>>point, upper&(1<<point-1)
	exp = 10
	for unit := uint64(1e9); exp > 0; unit /= 10 {
		d := whole / unit
		whole -= d * unit
		exp--
		if d != 0 || n > 0 {
			buf[n] = '0' + byte(d)
			n++
		}
		if rest := whole<<point + frac; rest <= delta {
			nearer(&buf[n-1], rest, delta, gap, unit<<point)
			return n, exp
		}
	}
	for scale := uint64(10); ; scale *= 10 {
		frac *= 10
		delta *= 10
		exp--
		buf[n] = '0' + byte(frac>>point)
		n++
		frac &= 1<<point - 1
		if frac < delta {
			nearer(&buf[n-1], frac, delta, gap*scale, 1<<point)
			return n, exp
		}
	}
}

// nearer lowers the last digit while that brings the number, which is rest below
// the upper bound, nearer to the one that is gap below it.
func nearer(digit *byte, rest, delta, gap, unit uint64) {
	for rest < gap && delta-rest >= unit && (rest+unit < gap || gap-rest > rest+unit-gap) {
		*digit--
		rest += unit
	}
}

const (
	firstPower = -348
	powerStep  = 8
)

// powersOfTen holds the 64 leading bits of 10^firstPower and so on to 10^340 in steps
// of powerStep, rounded. It is never written to.
var powersOfTen = [...]uint64{
	0xfa8fd5a0081c0288, 0xbaaee17fa23ebf76, 0x8b16fb203055ac76, 0xcf42894a5dce35ea,
	0x9a6bb0aa55653b2d, 0xe61acf033d1a45df, 0xab70fe17c79ac6ca, 0xff77b1fcbebcdc4f,
	0xbe5691ef416bd60c, 0x8dd01fad907ffc3c, 0xd3515c2831559a83, 0x9d71ac8fada6c9b5,
	0xea9c227723ee8bcb, 0xaecc49914078536d, 0x823c12795db6ce57, 0xc21094364dfb5637,
	0x9096ea6f3848984f, 0xd77485cb25823ac7, 0xa086cfcd97bf97f4, 0xef340a98172aace5,
	0xb23867fb2a35b28e, 0x84c8d4dfd2c63f3b, 0xc5dd44271ad3cdba, 0x936b9fcebb25c996,
	0xdbac6c247d62a584, 0xa3ab66580d5fdaf6, 0xf3e2f893dec3f126, 0xb5b5ada8aaff80b8,
	0x87625f056c7c4a8b, 0xc9bcff6034c13053, 0x964e858c91ba2655, 0xdff9772470297ebd,
	0xa6dfbd9fb8e5b88f, 0xf8a95fcf88747d94, 0xb94470938fa89bcf, 0x8a08f0f8bf0f156b,
	0xcdb02555653131b6, 0x993fe2c6d07b7fac, 0xe45c10c42a2b3b06, 0xaa242499697392d3,
	0xfd87b5f28300ca0e, 0xbce5086492111aeb, 0x8cbccc096f5088cc, 0xd1b71758e219652c,
	0x9c40000000000000, 0xe8d4a51000000000, 0xad78ebc5ac620000, 0x813f3978f8940984,
	0xc097ce7bc90715b3, 0x8f7e32ce7bea5c70, 0xd5d238a4abe98068, 0x9f4f2726179a2245,
	0xed63a231d4c4fb27, 0xb0de65388cc8ada8, 0x83c7088e1aab65db, 0xc45d1df942711d9a,
	0x924d692ca61be758, 0xda01ee641a708dea, 0xa26da3999aef774a, 0xf209787bb47d6b85,
	0xb454e4a179dd1877, 0x865b86925b9bc5c2, 0xc83553c5c8965d3d, 0x952ab45cfa97a0b3,
	0xde469fbd99a05fe3, 0xa59bc234db398c25, 0xf6c69a72a3989f5c, 0xb7dcbf5354e9bece,
	0x88fcf317f22241e2, 0xcc20ce9bd35c78a5, 0x98165af37b2153df, 0xe2a0b5dc971f303a,
	0xa8d9d1535ce3b396, 0xfb9b7cd9a4a7443c, 0xbb764c4ca7a44410, 0x8bab8eefb6409c1a,
	0xd01fef10a657842c, 0x9b10a4e5e9913129, 0xe7109bfba19c0c9d, 0xac2820d9623bf429,
	0x80444b5e7aa7cf85, 0xbf21e44003acdd2d, 0x8e679c2f5e44ff8f, 0xd433179d9c8cb841,
	0x9e19db92b4e31ba9, 0xeb96bf6ebadf77d9, 0xaf87023b9bf0ee6b,
}

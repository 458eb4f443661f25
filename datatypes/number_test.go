package datatypes

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// TestParseInt protects which texts are integers: exactly those that the number
// gives back.
func TestParseInt(t *testing.T) {
	for _, s := range []string{"0", "-0", "00", "+1", "1", "-1", "-01", "9223372036854775807",
		"9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615",
		"18446744073709551616", "99999999999999999999", "-99999999999999999999", "100000000000000000000",
		"", "-", "--1", " 1", "1 ", "1a", "a1", "1.0", "1e3", "0x1", "1\x00", "\x001", "१"} {
		checkParseInt(t, []byte(s))
	}
	for i := range 64 {
		for d := int64(-1); d <= 1; d++ {
			checkParseInt(t, strconv.AppendInt(nil, 1<<i+d, 10))
			checkParseInt(t, strconv.AppendUint(nil, 1<<i+uint64(d), 10))
		}
	}
}

func checkParseInt(t *testing.T, b []byte) {
	want, err := strconv.ParseInt(string(b), 10, 64)
	canonical := err == nil && strconv.FormatInt(want, 10) == string(b)
	if got, ok := ParseInt(b); ok != canonical || ok && got != want {
		t.Errorf("ParseInt(%q) = %d, %v", b, got, ok)
	}
	unsigned, err := strconv.ParseUint(string(b), 10, 64)
	canonical = err == nil && strconv.FormatUint(unsigned, 10) == string(b)
	if got, ok := ParseUint(b); ok != canonical || ok && got != unsigned {
		t.Errorf("ParseUint(%q) = %d, %v", b, got, ok)
	}
}

func FuzzParseInt(f *testing.F) {
	f.Add([]byte("-12"))
	f.Add([]byte("18446744073709551616"))
	f.Fuzz(checkParseInt)
}

// TestParseFloat protects which numbers are scores; the table is what ZADD and
// ZSCORE of a server answer.
func TestParseFloat(t *testing.T) {
	long := strings.Repeat("0", 6000)
	for _, c := range []struct{ in, want string }{
		{"nan", ""}, {"NaN", ""}, {"-nan", ""}, {"nan(1)", ""}, {"inf", "inf"}, {"+inf", "inf"},
		{"Infinity", "inf"}, {"-infinity", "-inf"}, {"INF", "inf"}, {"infin", ""},
		{"0x10", "16"}, {"0X1.8p3", "12"}, {"0X1.8P3", "12"}, {"0x1p-2", "0.25"}, {"0x", ""}, {"0x.8", "0.5"},
		{"0x1.", "1"}, {"0x1e", "30"}, {"0x1p", ""}, {"0x1p+", ""}, {"1p3", ""}, {"1_0", ""}, {"0x_1", ""},
		{"0b1", ""}, {"0o7", ""}, {" 1", ""}, {"1 ", ""}, {"\t1", ""}, {"1\x00", ""}, {"", ""}, {".", ""},
		{".5", "0.5"}, {"5.", "5"}, {"+5", "5"}, {"+-5", ""}, {"--1", ""}, {"e5", ""}, {"1e", ""}, {"1e+", ""},
		{"1e5", "100000"}, {"1E5", "100000"}, {"00012", "12"}, {"-0", "-0"}, {"1f", ""}, {"1d", ""}, {"1.0l", ""},
		{"1,5", ""}, {"1e400", ""}, {"-1e400", ""}, {"1e-400", ""}, {"1e-320", "1e-320"},
		{"0e-999", "0"}, {"0e99999999999999999999", "0"}, {"1e99999999999999999999", ""},
		{"1e-99999999999999999999", ""}, {"0x0p-9999", "0"}, {"0x1p-1074", "5e-324"}, {"0x1p-1075", ""},
		{"0x1.8p-1075", "5e-324"}, {"0x1p-1080", ""}, {"0x1p1024", ""},
		{"2.4703282292062328e-324", "5e-324"}, {"2.4703282292062327e-324", ""},
		{"1.7976931348623159e308", ""}, {"1.797693134862315807e308", "1.7976931348623157e+308"},
		{long + "1", "1"}, {"0." + long + "1e6000", "0.1"}, {"12345678901234567.5", "12345678901234568"},
	} {
		f, ok := ParseFloat([]byte(c.in))
		if got := string(FormatFloat(nil, f)); ok != (c.want != "") || ok && got != c.want {
			t.Errorf("ParseFloat(%.30q) = %s, %v; want %q", c.in, got, ok, c.want)
		}
	}
}

// TestParseFloatModel compares with strconv, which rounds as strtod does.
func TestParseFloatModel(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 50000 {
		text := numberText(r)
		want, err := strconv.ParseFloat(text, 64)
		accept := err == nil && !math.IsNaN(want)
		if accept && want == 0 {
			exact, _ := new(big.Rat).SetString(text)
			accept = exact.Sign() == 0
		}
		if got, ok := ParseFloat([]byte(text)); ok != accept || ok && got != want {
			t.Fatalf("ParseFloat(%s) = %v, %v; want %v, %v", text, got, ok, want, accept)
		}
	}
}

// TestFormatFloat protects the text of scores; the table is what ZSCORE of servers
// answers, from Redis 7.2 and Valkey 8 on.
func TestFormatFloat(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"1e21", "1e+21"}, {"1e-7", "1e-7"}, {"1e17", "100000000000000000"}, {"3e100", "3e+100"},
		{"5e-324", "5e-324"}, {"1e20", "1e+20"}, {"1e16", "10000000000000000"},
		{"1e15", "1000000000000000"}, {"4503599627370496", "4503599627370496"},
		{"4503599627370497", "4503599627370497"}, {"9007199254740993", "9007199254740992"},
		{"123456789012345678", "123456789012345680"}, {"4611686018427387904", "4611686018427387904"},
		{"4611686018427388928", "4611686018427389000"}, {"1e19", "1e+19"},
		{"9223372036854775807", "9223372036854776000"}, {"1e7", "10000000"}, {"1e8", "100000000"},
		{"1.5", "1.5"}, {"0.1", "0.1"}, {"0.0001", "0.0001"}, {"1e-5", "0.00001"}, {"1e-6", "0.000001"},
		{"0.000012345", "1.2345e-5"}, {"1234.5678", "1234.5678"},
		{"1.7976931348623157e308", "1.7976931348623157e+308"},
		{"2.2250738585072014e-308", "2.2250738585072014e-308"},
		{"4.9406564584124654e-320", "4.9407e-320"}, {"-0", "-0"}, {"0", "0"}, {"-1.5e-9", "-1.5e-9"},
		{"1e22", "1e+22"}, {"1e23", "99999999999999990000000"}, {"123456789.125", "123456789.125"},
		{"1234567890123456789012", "1234567890123456800000"}, {"12345e17", "1234499999999999900000"},
		{"1e-3", "0.001"}, {"0.3", "0.3"}, {"3.3e-5", "0.000033"}, {"4.9e-6", "4.9e-6"},
		{"1.25e-7", "1.25e-7"}, {"0.00001234", "1.234e-5"}, {"0.00012345678901", "1.2345678901e-4"},
		{"123456.7e15", "1.234567e+20"}, {"749.138261", "749.1382610000001"},
		{"231.46937995798190", "231.46937995798189"}, {"0.65151892073695295", "0.6515189207369529"},
		{"-2.5", "-2.5"}, {"inf", "inf"}, {"-inf", "-inf"}, {"1e300", "1e+300"}, {"9.5e-10", "9.5e-10"},
		{"1e-10", "1e-10"}, {"5e-5", "0.00005"}, {"0.30000000000000004", "0.30000000000000004"},
		{"100000.5", "100000.5"}, {"1e5", "100000"}, {"12345678.9", "12345678.9"},
		{"3.141592653589793", "3.141592653589793"}, {"8.018e21", "8017999999999999000000"},
		{"6.9084e21", "6908400000000001000000"},
	} {
		f, _ := strconv.ParseFloat(c.in, 64)
		if got := string(FormatFloat(nil, f)); got != c.want {
			t.Errorf("FormatFloat(%s) = %s, want %s", c.in, got, c.want)
		}
	}
	if got := string(FormatFloat([]byte("x"), math.NaN())); got != "xnan" {
		t.Error(got)
	}
}

// randomFloat draws doubles of all sizes, and those that people write.
func randomFloat(r *rand.Rand) float64 {
	switch r.IntN(6) {
	case 0:
		return r.NormFloat64()
	case 1:
		return float64(r.IntN(1e9)) / 1e6
	case 2:
		return float64(r.IntN(1e4)) * math.Pow10(r.IntN(40))
	case 3:
		f, _ := strconv.ParseFloat(strconv.Itoa(r.IntN(1e6))+"e"+strconv.Itoa(r.IntN(60)-30), 64)
		return f
	case 4:
		return math.Ldexp(1, r.IntN(2098)-1074)
	}
	for {
		if f := math.Float64frombits(r.Uint64()); !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f
		}
	}
}

// TestFormatFloatModel protects that every double reads back from its text, and
// that the text is hardly ever longer than need be.
func TestFormatFloatModel(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	const n = 200000
	digits := func(s string) int {
		s, _, _ = strings.Cut(s, "e")
		return len(strings.Trim(strings.ReplaceAll(s, ".", ""), "-0"))
	}
	longer := 0
	for range n {
		f := randomFloat(r)
		text := string(FormatFloat(nil, f))
		if back, err := strconv.ParseFloat(text, 64); err != nil || back != f {
			t.Fatalf("%v is written as %s, which reads as %v", f, text, back)
		}
		if len(text) > 25 {
			t.Fatalf("%s has %d bytes", text, len(text))
		}
		if f != math.Trunc(f) && digits(text) > digits(strconv.FormatFloat(f, 'e', -1, 64)) {
			longer++
		}
	}
	if longer > n/100 {
		t.Errorf("%d of %d texts are not the shortest", longer, n)
	}
}

// TestPowersOfTen protects the table from a wrong digit.
func TestPowersOfTen(t *testing.T) {
	for i, got := range powersOfTen {
		k := firstPower + i*powerStep
		f := new(big.Float).SetPrec(2000).SetInt(bigPow10(max(k, -k)))
		if k < 0 {
			f.Quo(big.NewFloat(1), f)
		}
		f.SetPrec(64)
		f.SetMantExp(f, 63-((k*217706)>>16)) // 64 bits before the point
		if want, acc := f.Uint64(); acc != big.Exact || got != want || want>>63 != 1 {
			t.Errorf("10^%d: %x, want %x", k, got, want)
		}
	}
}

// TestFormatFloatAgainstPeer compares with ZSCORE.
func TestFormatFloatAgainstPeer(t *testing.T) {
	p := dialPeer(t)
	p.do([]string{"CONFIG", "SET", "zset-max-listpack-entries", "0"})
	r := rand.New(rand.NewPCG(rand.Uint64(), 2))
	for range 400 {
		var commands [][]string
		var want []string
		for range 500 {
			f := randomFloat(r)
			commands = append(commands, []string{"ZADD", "z", strconv.FormatFloat(f, 'g', 17, 64), "m"}, []string{"ZSCORE", "z", "m"})
			want = append(want, string(FormatFloat(nil, f)))
		}
		replies := p.do(commands...)
		for i, w := range want {
			if got := replies[2*i+1]; got != w {
				t.Errorf("%s: %s, here %s", commands[2*i][2], got, w)
			}
		}
	}
}

func FuzzParseFloat(f *testing.F) {
	for _, s := range []string{"1", "-0.5e10", "0x1p-3", "inf", "1e-400", "."} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		f, ok := ParseFloat(b)
		if !ok {
			return
		}
		if back, ok := ParseFloat(FormatFloat(nil, f)); !ok || back != f {
			t.Errorf("%q is %v, written as %s", b, f, FormatFloat(nil, f))
		}
		if l, ok := ParseLongDouble(b); len(b) < ldMaxText && (!ok || l.IsInf() != math.IsInf(f, 0)) {
			t.Errorf("%q is a double but no long double", b)
		}
	})
}

func BenchmarkFloat(b *testing.B) {
	score, long := []byte("749.138261"), []byte("0.30000000000000004")
	var buf [32]byte
	for name, f := range map[string]func(){
		"parse":       func() { ParseFloat(score) },
		"parse17":     func() { ParseFloat(long) },
		"format":      func() { FormatFloat(buf[:0], 3.141592653589793) },
		"format_int":  func() { FormatFloat(buf[:0], 1234567) },
		"parse_int64": func() { ParseInt(score[:3]) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f()
			}
		})
	}
}

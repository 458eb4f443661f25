package datatypes

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestParseLongDouble protects which numbers are accepted, and their text; the
// table is what servers of the field answer.
func TestParseLongDouble(t *testing.T) {
	zeros := strings.Repeat("0", 5118)
	for _, c := range []struct{ in, want string }{
		{"inf", "inf"}, {"+inf", "inf"}, {"Infinity", "inf"}, {"-infinity", "-inf"}, {"INF", "inf"},
		{"nan", ""}, {"-nan", ""}, {"nan(1)", ""}, {"infin", ""}, {"i", ""}, {"-", ""}, {"+", ""},
		{"0x10", "16"}, {"0X1.8p3", "12"}, {"0x1p-2", "0.25"}, {"0x.8", "0.5"}, {"0x1.", "1"},
		{"0x", ""}, {"0x.", ""}, {"0xp1", ""}, {"0x1p", ""}, {"0x1p+", ""}, {"1p3", ""}, {"1_0", ""}, {"0b1", ""},
		{" 1", ""}, {"1 ", ""}, {"\t1", ""}, {"1\x00", ""}, {"", ""}, {".", ""}, {"-.", ""}, {"1.2.3", ""},
		{".5", "0.5"}, {"5.", "5"}, {"+5", "5"}, {"+-5", ""}, {"--1", ""}, {"e5", ""}, {"1e", ""}, {"1e+", ""},
		{"1e5", "100000"}, {"1E5", "100000"}, {"00012", "12"}, {"-0", "0"}, {"-0.0000000000000000001", "0"},
		{"1f", ""}, {"1.0l", ""}, {"1,5", ""},
		{"1.18973149535723176509e+4932", ""}, {"-1.2e4932", ""}, {"0x1p16384", ""}, {"1e99999999999999999999", ""},
		{"1e-4940", "0"}, {"1e-4951", ""}, {"1.9e-4951", "0"}, {"1e-4952", ""}, {"1e-99999999999999999999", ""},
		{"0x1p-16445", "0"}, {"0x1p-16446", ""}, {"0x1.8p-16446", "0"},
		{"0e-9999", "0"}, {"0e99999999999999999999", "0"}, {zeros + "1", "1"}, {zeros + "10", ""},
		{"0." + strings.Repeat("0", 4000) + "1e4000", "0.1"},
		{"0x" + strings.Repeat("0", 4000) + "1.8", "1.5"},
		{"3.14159265358979323846264338327950288", "3.14159265358979324"},
		{"1e21", "1000000000000000000000"}, {"123456789012345678901234567890", "123456789012345678899921813504"},
		{"0.5", "0.5"}, {"0.1", "0.1"}, {"1e-17", "0.00000000000000001"}, {"5e-18", "0"}, {"5.1e-18", "0.00000000000000001"},
		{"4e-18", "0"}, {"0.99999999999999999999", "1"}, {"-7.99999999999999999999", "-8"},
	} {
		l, ok := ParseLongDouble([]byte(c.in))
		if got := string(l.Append(nil)); ok != (c.want != "") || ok && got != c.want {
			t.Errorf("%.40q: %q, %v; want %q", c.in, got, ok, c.want)
		}
	}
}

// TestLongDoubleSum protects sums as servers print them.
func TestLongDoubleSum(t *testing.T) {
	for _, c := range []struct{ a, b, want string }{
		{"0.1", "0.2", "0.3"}, {"10.5", "0.1", "10.6"}, {"5.0e3", "2.0e2", "5200"}, {"1e-5", "1", "1.00001"},
		{"1.1", "-1.1", "0"}, {"-1", "1", "0"}, {"3", "-0.0000000000000000001", "3"},
		{"1e18", "0.0625", "1000000000000000000.0625"}, {"1e18", "0.03125", "1000000000000000000"}, {"1e19", "0.4", "10000000000000000000"},
		{"9223372036854775807", "1", "9223372036854775808"}, {"18446744073709551615", "1", "18446744073709551616"},
		{"0x10", "1", "17"}, {"5e-5", "1", "1.00005"}, {"1e400", "-1e400", "0"},
		{"1.1897e4932", "1e4932", "overflow"}, {"inf", "1", "overflow"}, {"1", "-inf", "overflow"},
		{"inf", "-inf", "overflow"},
	} {
		a, ok1 := ParseLongDouble([]byte(c.a))
		b, ok2 := ParseLongDouble([]byte(c.b))
		if !ok1 || !ok2 {
			t.Fatal(c.a, c.b)
		}
		sum, ok := a.Add(b)
		got := string(sum.Append(nil))
		if !ok {
			got = "overflow"
		}
		if got != c.want {
			t.Errorf("%s + %s = %s, want %s", c.a, c.b, got, c.want)
		}
	}
}

// bigOf is the number as a big.Float, for the model.
func bigOf(l LongDouble) *big.Float {
	f := new(big.Float).SetPrec(64).SetUint64(l.mant)
	f.SetMantExp(f, int(l.exp))
	if l.neg {
		f.Neg(f)
	}
	return f
}

// TestLongDoubleModel compares parsing, sums, order and text with math/big, in the
// range in which big.Float rounds as the type does.
func TestLongDoubleModel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 8000 {
		var l [2]LongDouble
		var f [2]*big.Float
		for i := range l {
			text := numberText(r)
			var ok bool
			for l[i], ok = ParseLongDouble([]byte(text)); !ok; l[i], ok = ParseLongDouble([]byte(text)) {
				text = numberText(r) // out of range
			}
			exact, isRat := new(big.Rat).SetString(text)
			if !isRat {
				t.Fatal(text)
			}
			f[i] = new(big.Float).SetPrec(64).SetRat(exact)
			if l[i].exp > ldMinExp && bigOf(l[i]).Cmp(f[i]) != 0 {
				t.Fatalf("%s parsed as %v, want %v", text, bigOf(l[i]), f[i])
			}
			want := strings.TrimRight(f[i].Text('f', 17), "0")
			if want = strings.TrimSuffix(want, "."); want == "-0" {
				want = "0"
			}
			if got := string(l[i].Append(nil)); got != want {
				t.Fatalf("%s printed as %s, want %s", text, got, want)
			}
		}
		if got, want := l[0].Less(l[1]), f[0].Cmp(f[1]) < 0; got != want {
			t.Fatalf("%v < %v: %v", f[0], f[1], got)
		}
		sum, ok := l[0].Add(l[1])
		if want := f[0].Add(f[0], f[1]); !ok || sum.exp > ldMinExp && bigOf(sum).Cmp(want) != 0 {
			t.Fatalf("sum %v, want %v", bigOf(sum), want)
		}
	}
}

// TestLongDoubleEdges protects the type's ends.
func TestLongDoubleEdges(t *testing.T) {
	most := MaxLongDouble()
	if _, ok := most.Add(most); ok {
		t.Error("twice the largest is finite")
	}
	if sum, ok := most.Add(LongDoubleOf(1)); !ok || sum != most {
		t.Error("1 changes the largest")
	}
	if sum, ok := most.Add(most.Neg()); !ok || sum.Sign() != 0 {
		t.Error("the largest less itself is not 0")
	}
	inf, _ := ParseLongDouble([]byte("inf"))
	if !inf.IsInf() || !most.Less(inf) || inf.Less(inf) || !inf.Neg().Less(most.Neg()) {
		t.Error("order of infinities")
	}
	for _, n := range []int64{0, 1, -1, 42, math.MaxInt64, math.MinInt64} {
		text := big.NewInt(n).String()
		want, _ := ParseLongDouble([]byte(text))
		if got := LongDoubleOf(n); got != want || string(got.Append(nil)) != text {
			t.Errorf("LongDoubleOf(%d) = %v, want %v", n, got, want)
		}
	}
	tiny, _ := ParseLongDouble([]byte("0x1p-16445"))
	normal, _ := ParseLongDouble([]byte("0x1p-16382"))
	below, _ := ParseLongDouble([]byte("0x7fffffffffffffffp-16445"))
	if sum, _ := below.Add(tiny); sum != normal {
		t.Errorf("%v, want %v", sum, normal)
	}
	if diff, _ := normal.Add(tiny.Neg()); diff != below {
		t.Errorf("%v, want %v", diff, below)
	}
}

func FuzzParseLongDouble(f *testing.F) {
	for _, s := range []string{"1", "-0.5e10", "0x1p-3", "inf", "1e-4951", "."} {
		f.Add([]byte(s), []byte("1"))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		x, ok := ParseLongDouble(a)
		y, ok2 := ParseLongDouble(b)
		if !ok || !ok2 {
			return
		}
		s1, ok1 := x.Add(y)
		s2, ok2 := y.Add(x)
		if ok1 != ok2 || ok1 && s1.Less(s2) || ok1 && s2.Less(s1) {
			t.Errorf("%q and %q: %v, %v", a, b, s1, s2)
		}
		if back, ok := ParseLongDouble(s1.Append(nil)); ok1 && !ok && len(s1.Append(nil)) < ldMaxText {
			t.Errorf("%s does not read back: %v", s1.Append(nil), back)
		}
	})
}

func BenchmarkLongDouble(b *testing.B) {
	b.ReportAllocs()
	x, y := []byte("1234.5678"), []byte("0.25")
	var buf [64]byte
	for b.Loop() {
		l, _ := ParseLongDouble(x)
		m, _ := ParseLongDouble(y)
		sum, _ := l.Add(m)
		sum.Append(buf[:0])
	}
}

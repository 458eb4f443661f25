package str

import (
	"bytes"
	"math"
	"testing"

	"github.com/medleydb/medley/datatypes"
)

func longDouble(t testing.TB, text string) datatypes.LongDouble {
	l, ok := datatypes.ParseLongDouble([]byte(text))
	if !ok {
		t.Fatal(text)
	}
	return l
}

// TestIncrByFloat protects what INCRBYFLOAT stores; the table is what servers of
// the field answer.
func TestIncrByFloat(t *testing.T) {
	for _, c := range []struct {
		stored, by, want string
		err              error
	}{
		{"10.50", "0.1", "10.6", nil}, {"5.0e3", "2.0e2", "5200", nil}, {"1", "1", "2", nil},
		{"0x10", "1", "17", nil}, {"5e-5", "1", "1.00005", nil}, {"-1", "1", "0", nil},
		{"9223372036854775807", "1", "9223372036854775808", nil},
		{"inf", "1", "", datatypes.ErrNaNOrInfinity}, {"1", "-inf", "", datatypes.ErrNaNOrInfinity},
		{"1.1897e4932", "1e4932", "", datatypes.ErrNaNOrInfinity},
		{"nan", "1", "", datatypes.ErrNotFloat}, {" 1", "1", "", datatypes.ErrNotFloat},
		{"", "1", "", datatypes.ErrNotFloat}, {"abc", "1", "", datatypes.ErrNotFloat},
	} {
		s := newString()
		s.Set([]byte(c.stored))
		got, err := s.IncrByFloat(longDouble(t, c.by))
		if err != c.err || string(got) != c.want {
			t.Errorf("%q + %s = %q, %v; want %q, %v", c.stored, c.by, got, err, c.want, c.err)
		}
		if want := c.want; err == nil && (string(s.Bytes(nil)) != want || s.EncodingName() != "embstr") {
			t.Errorf("%q + %s holds %q as %s", c.stored, c.by, s.Bytes(nil), s.EncodingName())
		}
		if err != nil && string(s.Bytes(nil)) != c.stored {
			t.Errorf("%q changed to %q by an error", c.stored, s.Bytes(nil))
		}
	}
	s := newString()
	if got, err := s.IncrByFloat(longDouble(t, "3.0")); err != nil || string(got) != "3" {
		t.Errorf("none + 3.0 = %q, %v", got, err)
	}
	s = newString()
	got, err := s.IncrByFloat(datatypes.MaxLongDouble())
	if err != nil || len(got) != 4933 || !bytes.HasPrefix(got, []byte("11897314953572317650212638530")) {
		t.Errorf("largest: %d bytes, %v", len(got), err)
	}
}

// TestBoundedIncr protects INCREX: bounds are inside, and neither an overflow nor a
// value outside the bounds is special.
func TestBoundedIncr(t *testing.T) {
	const lowest, highest = math.MinInt64, math.MaxInt64
	for _, c := range []struct {
		n, by, lo, hi int64
		saturate      bool
		sum, applied  int64
		changed       bool
		err           error
	}{
		{5, 3, 0, 10, false, 8, 3, true, nil},
		{5, 5, 0, 10, false, 10, 5, true, nil},
		{5, 6, 0, 10, false, 5, 0, false, nil},
		{5, 6, 0, 10, true, 10, 5, true, nil},
		{5, -6, 0, 10, true, 0, -5, true, nil},
		{10, 1, 0, 10, true, 10, 0, true, nil},
		{100, -1, 0, 10, false, 100, 0, false, nil},
		{100, -1, 0, 10, true, 10, -90, true, nil},
		{100, -95, 0, 10, false, 5, -95, true, nil},
		{highest, 1, lowest, highest, false, highest, 0, false, nil},
		{highest, 1, lowest, highest, true, highest, 0, true, nil},
		{highest - 1, 5, lowest, highest, true, highest, 1, true, nil},
		{lowest, -1, lowest, highest, true, lowest, 0, true, nil},
		{lowest, -1, 5, 10, true, lowest, 0, false, ErrAppliedOverflow},
		{highest, 0, lowest, -5, true, highest, 0, false, ErrAppliedOverflow},
		{-1, highest, 0, highest, false, highest - 1, highest, true, nil},
	} {
		sum, applied, changed, err := BoundedIncr(c.n, c.by, c.lo, c.hi, c.saturate)
		if sum != c.sum || applied != c.applied || changed != c.changed || err != c.err {
			t.Errorf("%+v: %d, %d, %v, %v", c, sum, applied, changed, err)
		}
	}
}

// TestBoundedIncrFloat protects the same for long doubles.
func TestBoundedIncrFloat(t *testing.T) {
	const none = "none"
	for _, c := range []struct {
		n, by, lo, hi string
		saturate      bool
		sum, applied  string
		changed       bool
		err           error
	}{
		{"0.5", "0.25", "0", "1", false, "0.75", "0.25", true, nil},
		{"0.5", "0.5", "0", "1", false, "1", "0.5", true, nil},
		{"0.5", "0.6", "0", "1", false, "0.5", "0", false, nil},
		{"0.5", "0.6", "0", "1", true, "1", "0.5", true, nil},
		{"5", "-0.5", "0", "1", true, "1", "-4", true, nil},
		{"1e4932", "1e4932", none, "7", true, "7", "-" + string(longDouble(t, "1e4932").Append(nil)), true, nil},
		{"1e4932", "1e4932", none, none, false, string(longDouble(t, "1e4932").Append(nil)), "0", false, nil},
		{"-1.1e4932", "-1", "1.1e4932", none, true, string(longDouble(t, "-1.1e4932").Append(nil)), "0", false, ErrAppliedOverflow},
	} {
		lo, hi := datatypes.MaxLongDouble().Neg(), datatypes.MaxLongDouble()
		if c.lo != none {
			lo = longDouble(t, c.lo)
		}
		if c.hi != none {
			hi = longDouble(t, c.hi)
		}
		sum, applied, changed, err := BoundedIncrFloat(longDouble(t, c.n), longDouble(t, c.by), lo, hi, c.saturate)
		if string(sum.Append(nil)) != c.sum || string(applied.Append(nil)) != c.applied || changed != c.changed || err != c.err {
			t.Errorf("%+v: %s, %s, %v, %v", c, sum.Append(nil), applied.Append(nil), changed, err)
		}
	}
}

// TestDigest protects the digest's text: other servers' conditions name it.
func TestDigest(t *testing.T) {
	for text, want := range map[string]string{
		"Hello world": "b6acb9d84a38ff74",
		"v8lf0c11xh8ymlqztfd3eeq16kfn4sspw7fqmnuuq3k3t75em5wdizgcdw7uc26nnf961u2jkfzkjytls2kwlj7626sd": "00006c38adf31777",
	} {
		s := newString()
		s.Set([]byte(text))
		if got := string(AppendDigest(nil, s.Digest())); got != want {
			t.Errorf("digest of %.20q is %s, want %s", text, got, want)
		}
		if d, ok := ParseDigest(bytes.ToUpper([]byte(want))); !ok || d != s.Digest() {
			t.Errorf("%s in upper case reads as %x, %v", want, d, ok)
		}
	}
	number, text := newString(), newString()
	number.SetInt(-1234)
	text.SetRaw([]byte("-1234"))
	if number.Digest() != text.Digest() {
		t.Error("an integer and its text differ in digest")
	}
	for _, bad := range []string{"", "b6acb9d84a38ff7", "b6acb9d84a38ff745", "b6acb9d84a38ffg4", "+6acb9d84a38ff74", "b6acb9d8_a38ff74"} {
		if _, ok := ParseDigest([]byte(bad)); ok {
			t.Errorf("%q is a digest", bad)
		}
	}
}

// TestEqual protects comparison across encodings.
func TestEqual(t *testing.T) {
	long := bytes.Repeat([]byte("ab"), 20000)
	for _, text := range []string{"", "0", "12", "-12", "12a", "012", "9223372036854775808", string(long)} {
		s, modified := newString(), newString()
		s.Set([]byte(text))
		modified.Set(nil)
		modified.Append([]byte(text))
		for _, other := range []string{"", "0", "00", "-0", "12", " 12", "-12", "12a", "012", "9223372036854775808", string(long), string(long[1:])} {
			if s.Equal([]byte(other)) != (text == other) || modified.Equal([]byte(other)) != (text == other) {
				t.Errorf("%.20q equal to %.20q: %v", text, other, text != other)
			}
		}
	}
}

// arena is storage that hands the same bytes out again, as a keyspace's does.
type arena struct{ b [64]byte }

func (a *arena) Fresh(_ *datatypes.Value, n int, _ bool) []byte { return a.b[:n:n] }
func (a *arena) MaxInline() int                                 { return 16 << 10 }

// TestNoAllocation protects the hot path from the garbage collector.
func TestNoAllocation(t *testing.T) {
	s := newString()
	s.v.Storage = &arena{}
	var scratch [20]byte
	text, number, digest := []byte("thirty-two bytes of a short text"), []byte("1234567"), uint64(0)
	delta := longDouble(t, "0.25")
	s.Set(text)
	for name, f := range map[string]func(){
		"Set":         func() { s.Set(text) },
		"Set integer": func() { s.Set(number); s.Bytes(scratch[:]); s.Len() },
		"Bytes":       func() { s.Bytes(scratch[:]); s.Range(1, 3, scratch[:]) },
		"IncrBy":      func() { s.SetInt(1); s.IncrBy(1000) },
		"IncrByFloat": func() { s.SetInt(1); s.IncrByFloat(delta); s.IncrByFloat(delta) },
		"SetRange":    func() { s.Set(text); s.SetRange(3, number) },
		"Digest":      func() { digest ^= s.Digest(); s.Equal(text) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkString(b *testing.B) {
	s := newString()
	s.v.Storage = &arena{}
	var scratch [20]byte
	text, number := []byte("thirty-two bytes of a short text"), []byte("1234567")
	delta := longDouble(b, "0.25")
	for _, c := range []struct {
		name string
		f    func()
	}{
		{"Set", func() { s.Set(text) }},
		{"SetInteger", func() { s.Set(number) }},
		{"GetInteger", func() { s.Bytes(scratch[:]) }},
		{"IncrBy", func() { s.IncrBy(1) }},
		{"IncrByFloat", func() { s.IncrByFloat(delta) }},
		{"SetText", func() { s.Set(text) }},
		{"Get", func() { s.Bytes(scratch[:]) }},
		{"SetRange", func() { s.SetRange(3, number) }},
		{"Digest", func() { s.Digest() }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.f()
			}
		})
	}
}

package str

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/medleydb/medley/datatypes"
)

func newString() String {
	env := &datatypes.Env{Limits: datatypes.DefaultLimits()}
	return String{}.Of(datatypes.NewValue(datatypes.String, env))
}

// zeros is a Source that another package might have: n zero bytes.
type zeros int

func (z zeros) Clone() datatypes.Object { return z }

func (z zeros) Size() int { return 8 }
func (z zeros) Len() int  { return int(z) }
func (z zeros) AppendRange(dst []byte, from, to int) []byte {
	return append(dst, make([]byte, to-from)...)
}

// TestIntegerWidth protects the packed integers: each is read back from the
// fewest bytes, and in any larger number of them.
func TestIntegerWidth(t *testing.T) {
	check := func(n int64) {
		w := datatypes.IntWidth(n)
		if w > 1 {
			lo, hi := int64(-1)<<(8*w-9), int64(1)<<(8*w-9)-1
			if n >= lo && n <= hi {
				t.Errorf("datatypes.IntWidth(%d) = %d: too wide", n, w)
			}
		}
		for ; w <= 8; w++ {
			b := make([]byte, w)
			datatypes.PutInt(b, n)
			if got := datatypes.GetInt(b); got != n {
				t.Errorf("%d in %d bytes reads as %d", n, w, got)
			}
		}
		if got, want := intLen(n), len(strconv.FormatInt(n, 10)); got != want {
			t.Errorf("intLen(%d) = %d, want %d", n, got, want)
		}
	}
	for i := range 64 {
		for d := int64(-2); d <= 2; d++ {
			check(int64(1)<<i + d)
			check(-(int64(1) << i) + d)
		}
	}
	for p := int64(1); p < math.MaxInt64/10; p *= 10 {
		check(p)
		check(p - 1)
		check(-p)
		check(1 - p)
	}
	check(math.MinInt64)
	check(math.MaxInt64)
}

// TestEncodingName protects what OBJECT ENCODING shows.
func TestEncodingName(t *testing.T) {
	text := func(n int) []byte { return bytes.Repeat([]byte{'x'}, n) }
	for _, c := range []struct {
		name string
		do   func(String)
		want string
	}{
		{"integer", func(s String) { s.Set([]byte("-12")) }, "int"},
		{"largest", func(s String) { s.Set([]byte("9223372036854775807")) }, "int"},
		{"beyond", func(s String) { s.Set([]byte("9223372036854775808")) }, "embstr"},
		{"zeros", func(s String) { s.Set([]byte("007")) }, "embstr"},
		{"empty", func(s String) { s.Set(nil) }, "embstr"},
		{"44", func(s String) { s.Set(text(44)) }, "embstr"},
		{"45", func(s String) { s.Set(text(45)) }, "raw"},
		{"large", func(s String) { s.Set(text(100000)) }, "raw"},
		{"raw integer", func(s String) { s.SetRaw([]byte("12")) }, "embstr"},
		{"append to none", func(s String) { s.Append([]byte("12")) }, "int"},
		{"append", func(s String) { s.Set([]byte("1")); s.Append([]byte("2")) }, "raw"},
		{"append nothing", func(s String) { s.Set([]byte("1")); s.Append(nil) }, "raw"},
		{"setrange", func(s String) { s.SetRange(0, []byte("1")) }, "raw"},
		{"setrange nothing", func(s String) { s.Set([]byte("1")); s.SetRange(9, nil) }, "int"},
		{"incr of raw", func(s String) { s.SetRange(0, []byte("1")); s.IncrBy(1) }, "int"},
	} {
		s := newString()
		c.do(s)
		if got := s.EncodingName(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestRange protects GETRANGE's index rules; the table is what servers answer.
func TestRange(t *testing.T) {
	for _, c := range []struct {
		start, end int64
		want       string
	}{
		{0, -1, "hello"}, {0, 0, "h"}, {1, 3, "ell"}, {-3, -1, "llo"}, {-3, -2, "ll"},
		{3, 1, ""}, {-1, -3, ""}, {0, 100, "hello"}, {5, 9, ""}, {-100, 1, "he"},
		{0, -100, "h"}, {-100, -100, "h"}, {-100, -200, ""}, {1, -100, ""},
		{math.MinInt64, math.MaxInt64, "hello"}, {math.MaxInt64, math.MinInt64, ""},
	} {
		s := newString()
		s.Set([]byte("hello"))
		if got, err := s.Range(c.start, c.end, nil); string(got) != c.want || err != nil {
			t.Errorf("Range(%d, %d) = %q, want %q", c.start, c.end, got, c.want)
		}
	}
	if got, err := newString().Range(0, -1, nil); len(got) != 0 || err != nil {
		t.Errorf("range of no string: %q", got)
	}
}

// TestLimits protects the longest string.
func TestLimits(t *testing.T) {
	s := newString()
	s.v.Env.Limits.MaxString = 10
	s.Set([]byte("12345678"))
	if n, err := s.Append([]byte("abc")); err != datatypes.ErrStringTooLong || n != 8 {
		t.Error(n, err)
	}
	if _, err := s.SetRange(8, []byte("abc")); err != datatypes.ErrStringTooLong {
		t.Error(err)
	}
	if _, err := s.SetRange(math.MaxInt, []byte("abc")); err != datatypes.ErrStringTooLong {
		t.Error(err)
	}
	if _, err := s.Writable(11); err != datatypes.ErrStringTooLong {
		t.Error(err)
	}
	if got := s.Bytes(nil); string(got) != "12345678" {
		t.Errorf("%q after errors", got)
	}
	if n, err := s.Append([]byte("ab")); err != nil || n != 10 {
		t.Error(n, err)
	}
}

// model is the naive string beside which the real one is run.
type model struct {
	b  []byte
	ok bool
}

func (m *model) set(b []byte) { m.b, m.ok = bytes.Clone(b), true }

func (m *model) setRange(at int, b []byte) {
	if len(b) == 0 {
		return
	}
	if n := at + len(b) - len(m.b); n > 0 {
		m.b = append(m.b, make([]byte, n)...)
	}
	copy(m.b[at:], b)
	m.ok = true
}

func (m *model) incr(d int64) (int64, bool) {
	if !m.ok {
		m.set([]byte("0"))
	}
	n, err := strconv.ParseInt(string(m.b), 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != string(m.b) {
		return 0, false
	}
	if d > 0 && n > math.MaxInt64-d || d < 0 && n < math.MinInt64-d {
		return 0, false
	}
	m.b = strconv.AppendInt(nil, n+d, 10)
	return n + d, true
}

// step does one operation, drawn from r, on both strings.
func step(t *testing.T, r *rand.Rand, s String, m *model) {
	text := make([]byte, []int{0, 1, 5, 40, 50, 700, 3000, 20000}[r.IntN(8)])
	for i := range text {
		text[i] = byte(r.IntN(256))
	}
	n := int64(r.Uint64()) >> r.IntN(64)
	switch r.IntN(12) {
	case 0:
		s.Set(text)
		m.set(text)
	case 1, 2:
		s.Set(strconv.AppendInt(nil, n, 10))
		m.set(strconv.AppendInt(nil, n, 10))
	case 3:
		s.SetInt(n)
		m.set(strconv.AppendInt(nil, n, 10))
	case 4, 5, 6:
		got, err := s.IncrBy(n)
		was := m.ok
		want, ok := m.incr(n)
		m.ok = was || ok
		if got != want || (err == nil) != ok {
			t.Fatalf("IncrBy(%d) = %d, %v; want %d, %v", n, got, err, want, ok)
		}
	case 7:
		if got, err := s.Append(text); err != nil || got != len(m.b)+len(text) {
			t.Fatalf("Append: %d, %v", got, err)
		}
		m.b, m.ok = append(m.b, text...), true
	case 8:
		at := r.IntN(4000)
		m.setRange(at, text)
		if got, err := s.SetRange(at, text); err != nil || got != len(m.b) {
			t.Fatalf("SetRange: %d, %v; want %d", got, err, len(m.b))
		}
	case 9:
		b, err := s.Writable(r.IntN(3000))
		if err != nil {
			t.Fatal(err)
		}
		m.b, m.ok = append(m.b, make([]byte, max(0, len(b)-len(m.b)))...), true
		if len(b) > 0 {
			i := r.IntN(len(b))
			b[i]++
			m.b[i]++
		}
	case 10:
		if k := r.IntN(8); k == 0 {
			s.v.SetObject(Sparse, zeros(3000))
			m.set(make([]byte, 3000))
		}
	case 11:
		start, end := r.Int64N(200)-100, r.Int64N(200)-100
		lo, hi := int(fromEnd(start, int64(len(m.b)))), int(fromEnd(end, int64(len(m.b))))
		var want []byte
		for i := lo; i <= hi && i < len(m.b); i++ {
			want = append(want, m.b[i])
		}
		if start < 0 && end < 0 && start > end {
			want = nil
		}
		if got, err := s.Range(start, end, nil); !bytes.Equal(got, want) || err != nil {
			t.Fatalf("Range(%d, %d) = %q, want %q", start, end, got, want)
		}
	}
}

func compare(t *testing.T, s String, m *model) {
	var scratch [20]byte
	if got := s.Bytes(scratch[:]); !bytes.Equal(got, m.b) {
		t.Fatalf("holds %q, want %q", got, m.b)
	}
	if s.Len() != len(m.b) || s.Exists() != m.ok {
		t.Fatalf("length %d, want %d", s.Len(), len(m.b))
	}
	if got := s.AppendTo([]byte("x")); string(got[1:]) != string(m.b) {
		t.Fatalf("AppendTo gives %q, want %q", got[1:], m.b)
	}
}

// TestModel runs random operations on a string and on plain bytes.
func TestModel(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 1))
		s, m := newString(), &model{}
		for range 200 {
			step(t, r, s, m)
			compare(t, s, m)
			if len(m.b) > 1<<20 {
				break
			}
		}
	}
}

// TestAppendAmortised protects APPEND in small pieces from copying the string each
// time, and what it reports as memory from being far from the string's length.
func TestAppendAmortised(t *testing.T) {
	s := newString()
	s.Set([]byte("start"))
	piece := []byte("0123456789")
	allocs := testing.AllocsPerRun(1, func() {
		for range 100000 {
			s.Append(piece)
		}
	})
	if allocs > 400 {
		t.Errorf("%v allocations for 100000 appends", allocs)
	}
	if n, size := s.Len(), s.v.Object.Size(); size < n || size > n*3/2 {
		t.Errorf("%d bytes in %d", n, size)
	}
}

func FuzzModel(f *testing.F) {
	f.Add(uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, a, b uint64) {
		r := rand.New(rand.NewPCG(a, b))
		s, m := newString(), &model{}
		for range 50 {
			step(t, r, s, m)
			compare(t, s, m)
		}
	})
}

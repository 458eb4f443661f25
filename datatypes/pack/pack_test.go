package pack

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/medleydb/medley/datatypes"
)

type modelEntry struct {
	num        int64
	key, value string
}

// model is a list of entries beside which a pack is run, in a value of its own and in
// a plain buffer.
type model struct {
	t       testing.TB
	strings int
	want    []modelEntry
	v       *datatypes.Value
	buf     []byte
}

func newModel(t testing.TB, strings int) *model {
	return &model{t: t, strings: strings, v: datatypes.NewValue(datatypes.Hash, nil)}
}

func (m *model) texts(key, value string) (k Text, v *Text) {
	k = Make([]byte(key))
	if m.strings == 2 {
		x := Make([]byte(value))
		v = &x
	}
	return k, v
}

// set inserts the entry at the end, or replaces the one with its key.
func (m *model) set(e modelEntry) {
	k, v := m.texts(e.key, e.value)
	found, count, ok := Find(m.buf, m.strings, &k)
	i := slices.IndexFunc(m.want, func(x modelEntry) bool { return x.key == e.key })
	if ok != (i >= 0) || !ok && count != len(m.want) {
		m.t.Fatalf("Find(%.40q) = %v after %d, want %d", e.key, ok, count, i)
	}
	at, cut := len(m.buf), 0
	if ok {
		at, cut = found.At, found.End-found.At
		m.want[i] = e
	} else {
		m.want = append(m.want, e)
	}
	m.edit(at, cut, EntrySize(e.num, &k, v), func(dst []byte) { Put(dst, e.num, &k, v) })
}

func (m *model) delete(i int) {
	e := Nth(m.buf, m.strings, i)
	m.want = slices.Delete(m.want, i, i+1)
	m.edit(e.At, e.End-e.At, 0, func([]byte) {})
}

func (m *model) edit(at, cut, add int, fill func([]byte)) {
	m.buf = Splice(m.buf, at, cut, add)
	fill(m.buf[at:])
	fill(Resize(m.v, 0, at, cut, add)[at:])
	if !bytes.Equal(m.buf, m.v.Bytes) {
		m.t.Fatalf("Resize gives\n%x\nSplice\n%x", m.v.Bytes, m.buf)
	}
}

func (m *model) check() {
	m.t.Helper()
	var scratch [IntText]byte
	at, least := 0, int64(0)
	for i, want := range m.want {
		e := At(m.buf, m.strings, at)
		if got := string(e.Key(scratch[:])); got != want.key || e.Number != want.num || e.HasNumber() != (want.num != 0) {
			m.t.Fatalf("entry %d is %.40q %d, want %.40q %d", i, got, e.Number, want.key, want.num)
		}
		if m.strings == 2 {
			m.checkValue(&e, want.value)
		}
		kt := e.KeyText()
		if back, _, ok := Find(m.buf, m.strings, &kt); !ok || back.At != at {
			m.t.Fatalf("entry %d is not found by its own text", i)
		}
		if want.num != 0 && (least == 0 || want.num < least) {
			least = want.num
		}
		at = e.End
	}
	if at != len(m.buf) || Count(m.buf, m.strings) != len(m.want) || LeastNumber(m.buf, m.strings) != least {
		m.t.Fatalf("%d bytes in %d entries, least %d; want %d, %d, %d", len(m.buf),
			Count(m.buf, m.strings), LeastNumber(m.buf, m.strings), at, len(m.want), least)
	}
}

func (m *model) checkValue(e *Entry, want string) {
	var scratch [IntText]byte
	if got := string(e.Value(scratch[:])); got != want {
		m.t.Fatalf("value %.40q, want %.40q", got, want)
	}
	n, ok := e.ValueInt()
	if p, err := strconv.ParseInt(want, 10, 64); ok != (err == nil && strconv.FormatInt(p, 10) == want) || ok && n != p {
		m.t.Fatalf("integer of %.40q: %d, %v", want, n, ok)
	}
	if vt := e.ValueText(); vt.Size() != e.End-e.second {
		m.t.Fatalf("text of %.40q has %d bytes", want, vt.Size())
	}
}

func drawString(r *rand.Rand) string {
	switch r.IntN(8) {
	case 0, 1:
		return strconv.FormatInt(int64(r.Uint64())>>r.IntN(64), 10)
	case 2:
		return strconv.Itoa(r.IntN(60) - 5)
	case 3:
		return []string{"", "-0", "00", "+1", "-", "9223372036854775808", "-9223372036854775808", "1 "}[r.IntN(8)]
	case 4:
		return string(bytes.Repeat([]byte{byte(r.IntN(256))}, []int{127, 128, 63, 64, 300, 16383, 16384, 20000}[r.IntN(8)]))
	}
	return "key" + strconv.Itoa(r.IntN(40))
}

func (m *model) step(r *rand.Rand) {
	if len(m.want) > 0 && r.IntN(3) == 0 {
		m.delete(r.IntN(len(m.want)))
		return
	}
	e := modelEntry{key: drawString(r)}
	if m.strings == 2 {
		e.value = drawString(r)
	}
	if r.IntN(3) == 0 {
		e.num = 1 + int64(r.Uint64()>>r.IntN(64)>>1)
	}
	m.set(e)
}

// TestModel runs random edits on packs of one and of two strings and on a list.
func TestModel(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 2))
		m := newModel(t, 1+int(seed%2))
		for i := range 300 {
			m.step(r)
			if i%10 == 0 {
				m.check()
			}
		}
	}
}

// TestBytes protects the layout: these are the bytes of stored data.
func TestBytes(t *testing.T) {
	for _, c := range []struct {
		s    string
		want string
	}{
		{"", "\x00"}, {"abc", "\x03abc"}, {"0", "\xc0"}, {"47", "\xef"}, {"48", "\xf0\x30"}, {"-1", "\xf0\xff"},
		{"127", "\xf0\x7f"}, {"128", "\xf1\x80\x00"}, {"-129", "\xf1\x7f\xff"}, {"007", "\x03007"}, {"-0", "\x02-0"},
		{strconv.Itoa(math.MaxInt64), "\xf7\xff\xff\xff\xff\xff\xff\xff\x7f"},
		{strconv.Itoa(math.MinInt64), "\xf7\x00\x00\x00\x00\x00\x00\x00\x80"},
	} {
		k := Make([]byte(c.s))
		b := make([]byte, EntrySize(0, &k, nil))
		Put(b, 0, &k, nil)
		if string(b) != c.want {
			t.Errorf("%q is stored as %x, want %x", c.s, b, c.want)
		}
	}
	for n, head := range map[int]string{127: "\x7f", 128: "\x80\x80", 16383: "\xbf\xff", 16384: "\xf8\x00\x40\x00\x00"} {
		k := Make(make([]byte, n))
		b := make([]byte, EntrySize(5, &k, nil))
		Put(b, 5, &k, nil)
		if want := "\xff\x05\x00\x00\x00\x00\x00\x00\x00" + head; string(b[:len(want)]) != want {
			t.Errorf("%d bytes are stored behind %x, want %x", n, b[:len(want)], want)
		}
	}
	for n := int64(-300); n < 70000; n++ {
		a, b := MakeInt(n), Make(strconv.AppendInt(nil, n, 10))
		if a.head != b.head || a.n != b.n || len(b.body) > 0 {
			t.Fatalf("%d has two encodings", n)
		}
	}
}

func FuzzModel(f *testing.F) {
	f.Add(uint64(1), []byte("abc"), []byte("12"))
	f.Fuzz(func(t *testing.T, seed uint64, key, value []byte) {
		r := rand.New(rand.NewPCG(seed, 2))
		m := newModel(t, 1+int(seed%2))
		for range 30 {
			m.step(r)
		}
		e := modelEntry{key: string(key)}
		if m.strings == 2 {
			e.value = string(value)
		}
		m.set(e)
		m.check()
	})
}

func BenchmarkFind(b *testing.B) {
	b.ReportAllocs()
	var buf []byte
	for i := range 100 {
		k, v := Make([]byte("field:"+strconv.Itoa(1000+i))), Make([]byte("value:000"))
		at := len(buf)
		buf = Splice(buf, at, 0, EntrySize(0, &k, &v))
		Put(buf[at:], 0, &k, &v)
	}
	key := []byte("field:1050")
	for b.Loop() {
		k := Make(key)
		if _, _, ok := Find(buf, 2, &k); !ok {
			b.Fatal("lost")
		}
	}
}

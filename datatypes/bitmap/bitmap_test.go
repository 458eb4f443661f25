package bitmap

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"testing"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/str"
)

// rounds is how often a random test runs: MEDLEY_ROUNDS times as often on demand.
func rounds(n int) int {
	if f, err := strconv.Atoi(os.Getenv("MEDLEY_ROUNDS")); err == nil {
		return n * f
	}
	return n
}

func newEnv() *datatypes.Env { return &datatypes.Env{Limits: datatypes.DefaultLimits()} }

// A model is a bitmap as plain bytes.
type model []byte

func (m model) get(at int64) bool { return at/8 < int64(len(m)) && m[at/8]&(0x80>>(at%8)) != 0 }

func (m *model) grow(nbits int64) {
	if n := int((nbits + 7) / 8); n > len(*m) {
		*m = append(*m, make([]byte, n-len(*m))...)
	}
}

func (m *model) set(at int64, on bool) {
	m.grow(at + 1)
	(*m)[at/8] &^= 0x80 >> (at % 8)
	if on {
		(*m)[at/8] |= 0x80 >> (at % 8)
	}
}

func (m model) count(from, to int64) (n int64) {
	for at := from; at < to; at++ {
		if m.get(at) {
			n++
		}
	}
	return n
}

func (m model) first(set bool, from, to int64) int64 {
	for at := from; at < min(to, int64(len(m))*8); at++ {
		if m.get(at) == set {
			return at
		}
	}
	return -1
}

func content(b Bitmap) []byte { return str.String{}.Of(b.v).AppendTo(nil) }

// compressed makes the bitmap a compressed one, whatever it is worth.
func compressed(m model, env *datatypes.Env) Bitmap {
	b := New(env)
	b.v.SetObject(str.Sparse, compress(m, int64(len(m))))
	return b
}

func plain(m model, env *datatypes.Env) Bitmap {
	b := New(env)
	str.String{}.Of(b.v).SetRaw(m)
	return b
}

// random makes bytes of a kind: empty, noise, runs of ones and zeros, or few bits.
func random(r *rand.Rand, size int) model {
	m := make(model, r.IntN(size+1))
	switch r.IntN(4) {
	case 0:
		for i := range m {
			m[i] = byte(r.Uint32())
		}
	case 1:
		for i := 0; i < len(m); {
			n := min(len(m)-i, 1+r.IntN(20000))
			if r.IntN(2) == 0 {
				for j := range m[i : i+n] {
					m[i+j] = 0xff
				}
			}
			i += n
		}
	case 2:
		for range r.IntN(200) {
			if len(m) > 0 {
				m[r.IntN(len(m))] |= 1 << r.IntN(8)
			}
		}
	}
	return m
}

// TestModel protects single bits, ranges and fields in both forms: random operations give
// what they give on plain bytes, and the string is the same in the end.
func TestModel(t *testing.T) {
	for seed := range uint64(rounds(60)) {
		r := rand.New(rand.NewPCG(seed, 1))
		env := newEnv()
		m := random(r, 50000)
		b := plain(m, env)
		if seed%2 == 0 {
			b = compressed(m, env)
		}
		check(t, r, b, m)
		for range 300 {
			at := r.Int64N(400000)
			on := r.IntN(2) == 0
			was, long := m.get(at), at/8 < int64(len(m))
			m.set(at, on)
			got, changed, err := b.Set(at, on)
			if got != was || changed != (was != on || !long) || err != nil {
				t.Fatalf("seed %d: Set(%d, %v) = %v, %v, %v", seed, at, on, got, changed, err)
			}
			width := 1 + r.IntN(64)
			n := r.Uint64()
			at = r.Int64N(400000)
			m.grow(at + int64(width))
			b.Grow(at + int64(width))
			for i := range width {
				m.set(at+int64(i), n>>(width-1-i)&1 != 0)
			}
			if err := b.SetField(at, width, n); err != nil {
				t.Fatal(err)
			}
			if got := b.Field(at, width); got != n<<(64-width)>>(64-width) {
				t.Fatalf("seed %d: Field(%d, %d) = %x, want %x", seed, at, width, got, n)
			}
		}
		check(t, r, b, m)
		if seed%3 == 0 {
			part := random(r, 100)
			at := r.IntN(60000)
			if len(part) > 0 {
				m.grow(int64(at+len(part)) * 8)
				copy(m[at:], part)
			}
			if _, err := b.str().SetRange(at, part); err != nil {
				t.Fatal(err)
			}
			b.str().Append([]byte("tail"))
			m = append(m, "tail"...)
			check(t, r, b, m)
		}
	}
}

func check(t *testing.T, r *rand.Rand, b Bitmap, m model) {
	t.Helper()
	if got := content(b); !bytes.Equal(got, m) || b.Len() != int64(len(m)) {
		t.Fatalf("the string differs: %d bytes, want %d", len(got), len(m))
	}
	for range 20 {
		from := r.Int64N(int64(len(m))*8 + 1)
		to := from + r.Int64N(int64(len(m))*8-from+1)
		if got, want := b.Count(from, to), m.count(from, to); got != want {
			t.Fatalf("Count(%d, %d) = %d, want %d", from, to, got, want)
		}
		for _, set := range []bool{false, true} {
			if got, want := b.First(set, from, to), m.first(set, from, to); got != want {
				t.Fatalf("First(%v, %d, %d) = %d, want %d", set, from, to, got, want)
			}
		}
		if at, end := int(from/8), int((to+7)/8); at < end {
			if got, err := b.str().Range(int64(at), int64(end-1), nil); !bytes.Equal(got, m[at:end]) || err != nil {
				t.Fatalf("Range(%d, %d) differs", at, end)
			}
		}
	}
	if s := b.sparse(); s != nil {
		if c := b.v.Object.Clone().(*sparse); !bytes.Equal(c.AppendRange(nil, 0, c.Len()), m) {
			t.Fatal("the clone differs")
		}
	}
}

// join is what Combine ought to do.
func join(op Op, list []model) model {
	n := 0
	for _, m := range list {
		n = max(n, len(m))
	}
	out := make(model, n)
	for i := range out {
		at := func(k int) byte {
			if i < len(list[k]) {
				return list[k][i]
			}
			return 0
		}
		x, some, once, many := at(0), byte(0), at(0), byte(0)
		v := x
		for k := 1; k < len(list); k++ {
			y := at(k)
			some |= y
			many |= once & y
			once |= y
			switch op {
			case And:
				v &= y
			case Or:
				v |= y
			case Xor:
				v ^= y
			}
		}
		switch op {
		case Not:
			v = ^x
		case Diff:
			v = x &^ some
		case Diff1:
			v = some &^ x
		case AndOr:
			v = x & some
		case One:
			v = once &^ many
		}
		out[i] = v
	}
	return out
}

// TestCombine protects BITOP in all mixtures of the two forms, and its sources.
func TestCombine(t *testing.T) {
	for seed := range uint64(rounds(400)) {
		r := rand.New(rand.NewPCG(seed, 2))
		op := Op(r.IntN(int(One) + 1))
		env := newEnv()
		n := 2 + r.IntN(3)
		if op == Not {
			n = 1
		}
		var list []Bitmap
		var models []model
		for range n {
			m := random(r, []int{50, 3000, 40000}[r.IntN(3)])
			models = append(models, m)
			b := plain(m, env)
			if r.IntN(2) == 0 {
				b = compressed(m, env)
				if r.IntN(2) == 0 {
					b.sparse().low.RunOptimize()
				}
			}
			list = append(list, b)
		}
		want := join(op, models)
		got := New(env)
		got.Adopt(Combine(env, op, list))
		if !bytes.Equal(content(got), want) {
			t.Fatalf("seed %d: operation %d of %d bitmaps differs", seed, op, n)
		}
		check(t, r, got, want)
		for range 500 { // nothing is shared that changes
			got.Set(r.Int64N(int64(len(want))*8+1), r.IntN(2) == 0)
		}
		for i, b := range list {
			if !bytes.Equal(content(b), models[i]) {
				t.Fatalf("seed %d: operation %d changed source %d", seed, op, i)
			}
		}
	}
}

// TestForms protects the choice of the form: compressed where that is much smaller, and
// back where it is not.
func TestForms(t *testing.T) {
	b := New(newEnv())
	b.Set(1<<32-1, true)
	if b.sparse() == nil || b.v.Object.Size() > 170 {
		t.Errorf("one bit at the far end: %v, %d bytes", b.v.Encoding, b.v.Object.Size())
	}
	if b.Len() != 512<<20 || b.Count(0, 1<<32) != 1 || b.First(true, 0, 1<<32) != 1<<32-1 || b.First(false, 0, 1<<32) != 0 {
		t.Error("one bit at the far end reads differently")
	}
	b = New(newEnv())
	for i := int64(0); i < 4000000; i += 3 {
		b.Set(i, true)
	}
	if b.sparse() != nil {
		t.Error("a third of the bits set, in order, is compressed")
	}
	r := rand.New(rand.NewPCG(1, 1))
	b = New(newEnv())
	for range 3000 {
		b.Set(r.Int64N(4000000), true)
	}
	if b.sparse() == nil {
		t.Fatal("one bit of a thousand set is not compressed")
	}
	size := b.v.Object.Size()
	b.sparse().recount()
	if exact := b.v.Object.Size(); exact < size*9/10 || exact > size*11/10 {
		t.Errorf("counted %d bytes, has %d", size, exact)
	}
	for range 4000000 {
		b.Set(r.Int64N(4000000), true)
	}
	if b.sparse() != nil {
		t.Error("full of bits, it is still compressed")
	}
}

// TestWide protects bitmaps longer than a string may be: they are never bytes.
func TestWide(t *testing.T) {
	env := newEnv()
	env.Limits.MaxString, env.Limits.MaxBits = 1<<20, MaxBits
	a, b := New(env), New(env)
	r := rand.New(rand.NewPCG(3, 3))
	set := [2]map[int64]bool{{}, {}}
	for i, m := range []Bitmap{a, b} {
		for range 5000 {
			at := r.Int64N(1 << 37) // 32 bitmaps
			if r.IntN(3) == 0 {
				at = r.Int64N(1 << 12)
			}
			set[i][at] = true
			m.Set(at, true)
			if r.IntN(4) == 0 {
				m.Set(at, false)
				delete(set[i], at)
			}
		}
		m.Set(MaxBits-1, true)
		set[i][MaxBits-1] = true
		if m.sparse() == nil || m.Count(0, MaxBits) != int64(len(set[i])) {
			t.Fatalf("%d bits, want %d", m.Count(0, MaxBits), len(set[i]))
		}
		for at := range set[i] {
			if !m.Get(at) || m.First(true, at, MaxBits) != at {
				t.Fatalf("bit %d is not set", at)
			}
		}
		n := int64(0)
		for at := m.First(true, 0, MaxBits); at >= 0; at = m.First(true, at+1, MaxBits) {
			n++
		}
		if n != int64(len(set[i])) {
			t.Fatalf("walked over %d bits, want %d", n, len(set[i]))
		}
	}
	both := 0
	for at := range set[0] {
		if set[1][at] {
			both++
		}
	}
	c := New(env)
	c.Adopt(Combine(env, And, []Bitmap{a, b}))
	if c.Count(0, MaxBits) != int64(both) || c.Len() != MaxBits/8 {
		t.Errorf("joined: %d bits, want %d", c.Count(0, MaxBits), both)
	}
	c.Adopt(Combine(env, Not, []Bitmap{a}))
	if got := c.Count(0, MaxBits); got != MaxBits-int64(len(set[0])) {
		t.Errorf("turned: %d bits, want %d", got, MaxBits-len(set[0]))
	}
	if at := c.First(true, 0, MaxBits); a.Get(at) || a.First(false, 0, MaxBits) != at {
		t.Errorf("the first clear bit is %d", at)
	}
	if _, err := c.str().Append([]byte("x")); err != datatypes.ErrStringTooLong {
		t.Errorf("append: %v", err)
	}
}

// FuzzBitmap: bytes as operations, on a bitmap in each form and on plain bytes.
func FuzzBitmap(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x03\x10\x20\x30"), []byte("abc"))
	f.Fuzz(func(t *testing.T, ops, start []byte) {
		env := newEnv()
		m := append(model{}, start...)
		list := []Bitmap{plain(m, env), compressed(m, env)}
		for len(ops) >= 4 {
			at := int64(ops[1])<<8 | int64(ops[2])
			on := ops[3]&1 != 0
			m.grow(at + 1)
			for _, b := range list {
				switch ops[0] % 3 {
				case 0:
					if was, _, _ := b.Set(at, on); was != m.get(at) {
						t.Fatalf("Set(%d) = %v", at, was)
					}
				default:
					b.Grow(at + 1)
					if got, want := b.First(on, at, b.Bits()), m.first(on, at, b.Bits()); got != want {
						t.Fatalf("First(%v, %d) = %d, want %d", on, at, got, want)
					}
				}
			}
			if ops[0]%3 == 0 {
				m.set(at, on)
			}
			ops = ops[4:]
		}
		for _, b := range list {
			if !bytes.Equal(content(b), m) {
				t.Fatal("the string differs")
			}
		}
		for op := And; op <= One; op++ {
			if op == Not {
				continue
			}
			other := model(start)
			c := New(env)
			c.Adopt(Combine(env, op, []Bitmap{list[1], plain(other, env), compressed(other, env)}))
			if !bytes.Equal(content(c), join(op, []model{m, other, other})) {
				t.Fatalf("operation %d differs", op)
			}
		}
	})
}

func BenchmarkSetBit(b *testing.B) {
	for _, n := range []int64{100_000, 100_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			m := New(newEnv())
			m.Set(n-1, true)
			r := rand.New(rand.NewPCG(1, 1))
			for b.Loop() {
				m.Set(r.Int64N(n), true)
			}
		})
	}
}

func BenchmarkCount(b *testing.B) {
	p := make([]byte, 12500)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		count(p)
	}
}

func BenchmarkAnd(b *testing.B) {
	p, q := make([]byte, 1<<20), make([]byte, 1<<20)
	b.SetBytes(int64(len(p)))
	for b.Loop() {
		andWords(p, q)
	}
}

// TestMemory protects the point of compression: the heap that a bitmap of ten million
// bits takes of which one of a hundred is set, in random order, beside its bytes.
func TestMemory(t *testing.T) {
	const nbits = 10_000_000
	r := rand.New(rand.NewPCG(5, 5))
	b := New(newEnv())
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	b.Set(nbits-1, true)
	for range nbits / 100 {
		b.Set(r.Int64N(nbits), true)
	}
	took := heap() - before
	t.Logf("%d bytes, counted as %d, in place of %d: %.3f", took, b.v.Object.Size(), nbits/8, float64(took)/(nbits/8))
	if took > nbits/8/4 {
		t.Errorf("%d bytes in place of %d", took, nbits/8)
	}
	if size := int64(b.v.Object.Size()); size < took*8/10 || size > took*12/10 {
		t.Errorf("%d bytes are counted as %d", took, size)
	}
	runtime.KeepAlive(b)
}

package hll

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/axiomhq/hyperloglog"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/str"
)

func newEnv() *datatypes.Env { return &datatypes.Env{Limits: datatypes.DefaultLimits()} }

func from(b []byte) HLL {
	v := datatypes.NewValue(datatypes.String, newEnv())
	str.String{}.Of(v).SetRaw(b)
	return HLL{v}
}

func content(h HLL) []byte { return h.str().AppendTo(nil) }

// TestModel protects the registers: in both forms, for limits that make a sparse one dense
// early, late and at once, they are what a plain list of numbers holds, and runs add up.
func TestModel(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 1))
		h := New(newEnv())
		h.v.Env.Limits.HLLSparseMaxBytes = []int{3000, 0, 100, 15000}[seed%4]
		var model [Registers]uint8
		for i := range 8000 {
			index, value := r.IntN(Registers), uint8(1+r.IntN(4))
			if seed < 4 { // neighbours, so that runs meet
				index = r.IntN(300) * 3 / 2
			}
			if r.IntN(1000) == 0 {
				value = uint8(1 + r.IntN(maxRank))
			}
			changed, err := h.raise(index, value)
			if err != nil || changed != (value > model[index]) {
				t.Fatalf("seed %d, step %d: raise(%d, %d) = %v, %v", seed, i, index, value, changed, err)
			}
			model[index] = max(model[index], value)
			if i%97 != 0 {
				continue
			}
			compare(t, h, &model)
		}
		compare(t, h, &model)
		if _, err := h.MakeDense(); err != nil {
			t.Fatal(err)
		}
		compare(t, h, &model)
	}
}

func compare(t *testing.T, h HLL, model *[Registers]uint8) {
	t.Helper()
	regs, err := h.Registers()
	if err != nil || *regs != *model {
		t.Fatalf("the registers differ, %v", err)
	}
	if err := h.Check(); err != nil {
		t.Fatal(err)
	}
	if !h.Dense() && len(content(h)) > max(h.v.Env.Limits.HLLSparseMaxBytes, headerSize+2) {
		t.Fatalf("sparse of %d bytes", len(content(h)))
	}
	var want histogram
	for _, v := range model {
		want[v]++
	}
	var got histogram
	if err := h.histogram(&got); err != nil || got != want {
		t.Fatalf("the histogram differs, %v", err)
	}
}

// TestBytes protects the stored form: the hash is that of what Redis 8.0.6 stores after
// the same commands (TestHyperLogLogBytes of conformance compares with servers at hand).
func TestBytes(t *testing.T) {
	h := New(newEnv())
	sum := sha1.New()
	for i := range 3000 {
		if _, err := h.Add([][]byte{[]byte("element:" + strconv.Itoa(i))}); err != nil {
			t.Fatal(err)
		}
		if i%50 == 0 || i < 50 {
			h.Count()
			sum.Write(content(h))
		}
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != frozen {
		t.Errorf("the bytes have the hash %s, want %s", got, frozen)
	}
}

const frozen = "33ea526cba57f9e93e65442e10fbfcb37d943ea1"

// TestEstimate protects the estimator's exactness over five orders of magnitude.
func TestEstimate(t *testing.T) {
	h := New(newEnv())
	var e [8]byte
	next := 1.0
	for i := 1; i <= 1_000_000; i++ {
		binary.LittleEndian.PutUint64(e[:], uint64(i)*0x9e3779b97f4a7c15)
		h.Add([][]byte{e[:]})
		if float64(i) < next {
			continue
		}
		next *= 1.3
		n, stored, err := h.Count()
		if off := math.Abs(float64(n)-float64(i)) / float64(i); err != nil || off > 0.03 {
			t.Errorf("%d elements are estimated as %d (%v)", i, n, err)
		}
		if again, computed, _ := h.Count(); again != n || computed || !stored && i > 1 {
			t.Errorf("the stored number is %d, not %d", again, n)
		}
	}
	var empty histogram
	empty[0] = Registers
	if n := empty.estimate(); n != 0 {
		t.Errorf("no elements are estimated as %d", n)
	}
}

// TestSketch protects the joining with axiomhq/hyperloglog: elements give the same
// registers there as here.
func TestSketch(t *testing.T) {
	h, s := New(newEnv()), hyperloglog.New()
	var u Union
	for i := range 30000 {
		e := []byte("e" + strconv.Itoa(i))
		h.Add([][]byte{e})
		s.InsertHash(SketchHash(Hash(e)))
		u.Add(e)
		if i%1000 != 100 {
			continue
		}
		want, _ := h.Registers()
		var other Union
		other.sketch = hyperloglog.NewNoSparse()
		other.sketch.Merge(s)
		for name, x := range map[string]*Union{"library": &other, "union": &u} {
			if got, err := x.Registers(); err != nil || *got != *want {
				t.Fatalf("after %d elements the registers of the %s differ (%v)", i, name, err)
			}
		}
		n, _, _ := h.Count()
		if got, _ := u.Count(); got != n {
			t.Fatalf("the union counts %d, the value %d", got, n)
		}
	}
}

// TestUnion protects merging in all forms, and registers that no hash gives.
func TestUnion(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 7))
		var want [Registers]uint8
		var u Union
		for range 1 + r.IntN(4) {
			h := New(newEnv())
			for range r.IntN(3000) {
				i, v := r.IntN(Registers), uint8(1+r.IntN(30))
				if r.IntN(100) == 0 && h.Dense() {
					v = uint8(r.IntN(64))
				}
				h.raise(i, v)
				want[i] = max(want[i], v)
			}
			before := content(h)
			if err := u.Merge(h); err != nil || !bytes.Equal(content(h), before) {
				t.Fatalf("Merge: %v, or the source has changed", err)
			}
		}
		if got, err := u.Registers(); err != nil || *got != want {
			t.Fatalf("seed %d: registers differ, %v", seed, err)
		}
		for _, dense := range []bool{false, true} {
			h := New(newEnv())
			if err := h.Store(&u, dense); err != nil {
				t.Fatal(err)
			}
			if got, err := h.Registers(); err != nil || *got != want || dense && !h.Dense() {
				t.Fatalf("seed %d: stored registers differ, %v", seed, err)
			}
		}
	}
}

// FuzzValue: whatever a client stored under HYLL, no method panics or makes a value that is
// no HyperLogLog.
func FuzzValue(f *testing.F) {
	h := New(newEnv())
	f.Add(content(h)[headerSize:], uint8(1), "x")
	h.Add([][]byte{[]byte("a"), []byte("b"), []byte("c")})
	f.Add(content(h)[headerSize:], uint8(1), "y")
	f.Add([]byte{0x7f, 0xff, 0x7f}, uint8(1), "z")
	f.Add([]byte{}, uint8(0), "z")
	f.Fuzz(func(t *testing.T, regs []byte, encoding uint8, element string) {
		b := append([]byte("HYLL\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80"), regs...)
		b[4] = encoding
		if encoding == dense {
			b = append(b, make([]byte, denseSize)...)[:denseSize]
		}
		if from(b).Check() != nil {
			return
		}
		h := from(b)
		h.Count()
		h.AppendRuns(nil)
		h.Registers()
		var u Union
		if u.Merge(h) == nil {
			if n, err := u.Count(); err != nil {
				t.Fatalf("the union counts %d, %v", n, err)
			}
			if err := New(newEnv()).Store(&u, false); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 50 {
			if _, err := h.Add([][]byte{[]byte(element + strconv.Itoa(i))}); err != nil && err != ErrCorrupted {
				t.Fatal(err)
			}
		}
		h.Add([][]byte{[]byte(element), []byte("other")})
		h.MakeDense()
		if err := h.Check(); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkAdd(b *testing.B) {
	for _, n := range []int{100, 512, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			h := New(newEnv())
			var e [1][]byte
			var buf [8]byte
			i := uint64(0)
			for b.Loop() {
				binary.LittleEndian.PutUint64(buf[:], i%uint64(n))
				e[0] = buf[:]
				h.Add(e[:])
				i++
			}
		})
	}
}

func BenchmarkCount(b *testing.B) {
	h := New(newEnv())
	for i := range 100000 {
		h.Add([][]byte{[]byte(strconv.Itoa(i))})
	}
	for b.Loop() {
		h.Invalidate()
		h.Count()
	}
}

package keyspace

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestIndexAgainstModel protects the index's order, counts and directory through
// growth, splits, shrinking and merges, and the cursor through all of them.
func TestIndexAgainstModel(t *testing.T) {
	for _, size := range []int{10, 300, 5000, 200000} {
		r := rand.New(rand.NewPCG(1, uint64(size)))
		var x index
		model := map[uint32]uint32{} // reference -> hash
		next := uint32(1)
		step := func(grow bool) {
			if grow || len(model) == 0 {
				h := r.Uint32() >> 1
				if r.IntN(20) == 0 {
					h = 0x1234567 // many of equal hash
				}
				if len(model) > 100 && h == 0x1234567 {
					h = r.Uint32() >> 1
				}
				x.insert(h, next, next%3 == 0, int64(next))
				model[next] = h
				next++
				return
			}
			for ref, h := range model {
				x.remove(h, ref)
				delete(model, ref)
				return
			}
		}
		for len(model) < size {
			step(r.IntN(10) > 0)
		}
		verifyIndex(t, &x, model)
		for len(model) > size/50 {
			step(r.IntN(10) == 0)
		}
		verifyIndex(t, &x, model)
		for len(model) > 0 {
			step(false)
		}
		verifyIndex(t, &x, model)
		if x.pages > 4 {
			t.Errorf("an empty index keeps %d pages", x.pages)
		}
	}
}

func verifyIndex(t *testing.T, x *index, model map[uint32]uint32) {
	t.Helper()
	if err := x.check(); err != nil {
		t.Fatal(err)
	}
	seen, from := 0, uint32(0)
	for {
		taken := 0
		next, done := x.walk(from, func(slot uint64) bool {
			if model[uint32(slot)] != slotHashOf(slot) {
				t.Fatalf("walk gives a slot that was never inserted: %#x", slot)
			}
			seen++
			taken++
			return taken < 7
		})
		if done {
			break
		}
		from = next
	}
	if seen != len(model) {
		t.Fatalf("walk gives %d of %d entries", seen, len(model))
	}
}

// TestIndexDensity protects the memory per key: never above 11 bytes from a few
// segments on, whatever the phase of growth.
func TestIndexDensity(t *testing.T) {
	var x index
	r := rand.New(rand.NewPCG(3, 4))
	worst, sum, n := 0.0, 0.0, 0
	for i := uint32(1); i < 300000; i++ {
		x.insert(r.Uint32()>>1, i, false, 0)
		if i > 20000 && i%1000 == 0 {
			per := float64(x.size()) / float64(x.count)
			worst = max(worst, per)
			sum += per
			n++
		}
	}
	t.Logf("bytes per entry: mean %.2f, worst %.2f", sum/float64(n), worst)
	if worst > 11.5 {
		t.Errorf("%.2f bytes per entry", worst)
	}
}

func BenchmarkIndex(b *testing.B) {
	var x index
	r := rand.New(rand.NewPCG(3, 4))
	hs := make([]uint32, 60000)
	for i := range hs {
		hs[i] = r.Uint32() >> 1
		x.insert(hs[i], uint32(i+1), false, 0)
	}
	b.Run("first", func(b *testing.B) {
		for i := range b.N {
			if _, at := x.first(hs[i%len(hs)]); at < 0 {
				b.Fatal("lost")
			}
		}
	})
	b.Run("removeInsert", func(b *testing.B) {
		for i := range b.N {
			k := i % len(hs)
			x.remove(hs[k], uint32(k+1))
			x.insert(hs[k], uint32(k+1), false, 0)
		}
	})
}

// TestIndexDrains protects segments that grow uneven: entries that go in the order
// of their hashes leave gaps, pages to give back and buddies to merge.
func TestIndexDrains(t *testing.T) {
	type entry struct{ h, ref uint32 }
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 1))
		var x index
		var entries []entry
		for i := range uint32(5000) {
			e := entry{r.Uint32() >> 1, i + 1}
			entries = append(entries, e)
			x.insert(e.h, e.ref, false, 0)
		}
		slices.SortFunc(entries, func(a, b entry) int { return int(a.h) - int(b.h) })
		if seed == 1 {
			slices.Reverse(entries)
		}
		for i, e := range entries {
			x.remove(e.h, e.ref)
			if i%16 == 0 || x.count < 300 {
				if err := x.check(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if x.pages > 1 || len(x.dir) > 1 {
			t.Errorf("an empty index keeps %d pages in %d segments", x.pages, len(x.dir))
		}
	}
}

package due

import (
	"math/rand/v2"
	"testing"
)

type places map[uint32]int

func (p places) SetPlace(ref uint32, place int) { p[ref] = place }

// TestModel protects the order and the places through pushes, removals and changes.
func TestModel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var h Heap
	p := places{}
	want := map[uint32]int64{}
	next := uint32(1)
	some := func() uint32 {
		for ref := range want {
			return ref
		}
		return 0
	}
	for step := range 60000 {
		grow := step/10000%2 == 0
		switch ref := some(); {
		case ref == 0 || r.IntN(10) < map[bool]int{true: 6, false: 2}[grow]:
			want[next] = int64(r.IntN(5000))
			h.Push(p, Entry{want[next], next})
			next++
		case r.IntN(3) == 0:
			want[ref] = int64(r.IntN(5000))
			h.Change(p, p[ref], Entry{want[ref], ref})
		default:
			h.Remove(p, p[ref])
			delete(want, ref)
			delete(p, ref)
		}
		if step%500 == 0 {
			check(t, &h, p, want, r)
		}
	}
	c := h.Clone()
	for h.Len() > 0 {
		e := h.At(0)
		if want[e.Ref] != e.Ms {
			t.Fatalf("the first is %+v, want %d", e, want[e.Ref])
		}
		h.Remove(p, 0)
		if h.Len() > 0 && h.Least() < e.Ms {
			t.Fatal("out of order")
		}
	}
	if c.Len() != len(want) || h.Size() > 1<<16 {
		t.Errorf("copy of %d, %d bytes left", c.Len(), h.Size())
	}
}

func check(t *testing.T, h *Heap, p places, want map[uint32]int64, r *rand.Rand) {
	t.Helper()
	if h.Len() != len(want) || !h.Check(func(ref uint32) int { return p[ref] }) {
		t.Fatalf("%d entries, want %d", h.Len(), len(want))
	}
	until, n := int64(r.IntN(5000)), 0
	for _, ms := range want {
		if ms <= until {
			n++
		}
	}
	if got := h.CountUntil(until, len(want)); got != n {
		t.Fatalf("CountUntil(%d) = %d, want %d", until, got, n)
	}
	if got := h.CountUntil(until, 3); got != min(n, 3) {
		t.Fatalf("CountUntil of at most 3: %d", got)
	}
}

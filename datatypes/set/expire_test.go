package set

import (
	"math/rand/v2"
	"testing"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/due"
)

// times is a set beside a map of members and the times at which they go.
type times struct {
	t    *testing.T
	r    *rand.Rand
	e    *datatypes.Env
	s    Set
	m    map[string]int64
	draw func(*rand.Rand) string
}

func newTimes(t *testing.T, seed uint64, draw func(*rand.Rand) string) *times {
	e := env(seed)
	e.NowMs = 1000
	return &times{t, rand.New(rand.NewPCG(seed, 5)), e, New(e), map[string]int64{}, draw}
}

// some returns a member that is there, mostly.
func (x *times) some() string {
	if x.r.IntN(4) > 0 {
		if m, ok := x.s.Random(); ok {
			return string(m.Bytes(nil))
		}
	}
	return x.draw(x.r)
}

func (x *times) step() {
	k := x.some()
	old, there := x.m[k]
	switch x.r.IntN(12) {
	case 0, 1, 2, 3:
		k = x.draw(x.r)
		_, there = x.m[k]
		if x.s.Add([]byte(k)) == there {
			x.t.Fatalf("added %q: %v", k, there)
		}
		if !there {
			x.m[k] = 0
		}
	case 4:
		if x.s.Remove([]byte(k)) != there {
			x.t.Fatalf("removed %q: %v", k, there)
		}
		delete(x.m, k)
	case 5:
		if b, ok := x.s.Pop(nil); ok {
			delete(x.m, string(b))
		}
	case 6:
		want := due.Changed
		switch {
		case !there:
			want = due.NoMember
		case old == 0:
			want = due.NoTime
		default:
			x.m[k] = 0
		}
		if got := x.s.Persist([]byte(k)); got != want {
			x.t.Fatalf("persist %q: %d, not %d", k, got, want)
		}
	case 7:
		x.pass()
	default:
		ms, c := x.e.NowMs+int64(x.r.IntN(400)), due.Condition(x.r.IntN(5))
		want := due.NoMember
		switch {
		case !there:
		case !c.Holds(old, ms):
			want = due.Unchanged
		case ms <= x.e.NowMs:
			want = due.Deleted
			delete(x.m, k)
		default:
			want = due.Changed
			x.m[k] = ms
		}
		if got := x.s.Expire([]byte(k), ms, c); got != want {
			x.t.Fatalf("expire %q: %d, not %d", k, got, want)
		}
	}
	x.look(k)
}

// pass lets time pass and reaps, now and then not all.
func (x *times) pass() {
	x.e.NowMs += int64(x.r.IntN(40))
	for limit := 1 + x.r.IntN(50); ; {
		n := x.s.Reap(limit, func(b []byte) {
			if ms := x.m[string(b)]; ms == 0 || ms > x.e.NowMs {
				x.t.Fatalf("%q goes at %d, not %d", b, x.e.NowMs, ms)
			}
			delete(x.m, string(b))
		})
		if n < limit {
			break
		}
	}
}

func (x *times) look(k string) {
	ms, there := x.m[k]
	if got, ok := x.s.Time([]byte(k)); ok != there || got != ms || x.s.Has([]byte(k)) != there {
		x.t.Fatalf("%q goes at %d (%v), not %d (%v)", k, got, ok, ms, there)
	}
	if x.s.Len() != len(x.m) || x.s.Exists() != (len(x.m) > 0) {
		x.t.Fatalf("%d members, not %d", x.s.Len(), len(x.m))
	}
}

func (x *times) compare() {
	least := int64(0)
	all := map[string]bool{}
	for k, ms := range x.m {
		x.look(k)
		all[k] = true
		if ms != 0 && (least == 0 || ms < least) {
			least = ms
		}
	}
	if x.s.v.DueMs != least {
		x.t.Fatalf("due at %d, not %d", x.s.v.DueMs, least)
	}
	compare(x.t, x.s, all)
	v := *x.s.v
	v.Detach()
	c := Set{&v}
	c.Expire([]byte(x.some()), x.e.NowMs+1, due.Always) // must not be seen in the other
	for k, ms := range x.m {
		if got, ok := x.s.Time([]byte(k)); !ok || got != ms {
			x.t.Fatalf("a change of the copy shows: %q goes at %d, not %d", k, got, ms)
		}
	}
}

// TestTimes protects members that go by themselves, in every representation and across
// their changes.
func TestTimes(t *testing.T) {
	for name, draw := range shapes {
		t.Run(name, func(t *testing.T) {
			x := newTimes(t, 11, draw)
			for i := range 20000 {
				if x.step(); i%1000 == 0 {
					x.compare()
				}
			}
			x.compare()
			x.e.NowMs += 1e6
			x.pass()
			x.compare()
		})
	}
}

// TestTimesCost protects sets without times: no bytes and no other form.
func TestTimesCost(t *testing.T) {
	for _, n := range []int{1, 40, 5000} {
		s := New(env(1))
		add(s, n, func(i int) string { return shapes["strings"](s.v.Env.Rand) })
		bytes, object := len(s.v.Bytes), 0
		if s.v.Object != nil {
			object = s.v.Object.Size()
		}
		k, _ := s.Random()
		member := append([]byte(nil), k.Bytes(nil)...)
		s.Expire(member, 100, due.Always)
		s.Persist(member)
		if len(s.v.Bytes) != bytes || s.v.DueMs != 0 {
			t.Errorf("%d members: %d bytes instead of %d, due at %d", n, len(s.v.Bytes), bytes, s.v.DueMs)
		}
		if s.v.Object != nil && s.v.Object.Size() > object+1024 { // what a chunk has grown by
			t.Errorf("%d members: %d bytes instead of %d", n, s.v.Object.Size(), object)
		}
	}
}

func FuzzTimes(f *testing.F) {
	f.Add(uint64(1), uint16(100), "mixed")
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, shape string) {
		draw, ok := shapes[shape]
		if !ok {
			draw = shapes["dense"]
		}
		x := newTimes(t, seed, draw)
		for range n {
			x.step()
		}
		x.compare()
	})
}

package zset

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/medleydb/medley/datatypes/due"
)

// times is a sorted set beside a map of members with scores and times.
type times struct {
	tester
	m map[string]timedPair
}

type timedPair struct {
	score float64
	ms    int64
}

func newTimes(t testing.TB, seed uint64, members int, few bool) *times {
	x := &times{m: map[string]timedPair{}}
	x.tester = tester{t: t, r: rand.New(rand.NewPCG(seed, 1)), z: New(newEnv(seed)), few: few, members: members}
	x.z.v.Env.NowMs = 1000
	return x
}

func (x *times) now() int64 { return x.z.v.Env.NowMs }

func (x *times) step() {
	k := x.member()
	old, there := x.m[k]
	switch x.r.IntN(12) {
	case 0, 1, 2:
		score := x.score()
		_, out := x.z.Add([]byte(k), score, 0)
		if !there || old.score != score {
			x.m[k] = timedPair{score, 0}
		} else if out != Same {
			x.t.Fatalf("add %q: %v", k, out)
		}
	case 3:
		by := float64(x.r.IntN(5))
		score, out := x.z.Add([]byte(k), by, Increment)
		if out == Updated || out == Added {
			x.m[k] = timedPair{score, old.ms}
		}
	case 4:
		if x.z.Remove([]byte(k)) != there {
			x.t.Fatalf("removed %q: %v", k, there)
		}
		delete(x.m, k)
	case 5:
		from := x.r.IntN(x.z.Len() + 1)
		s := Span{from, min(from+x.r.IntN(3), x.z.Len())}
		if x.r.IntN(500) == 0 {
			s = x.z.All()
		}
		x.z.Each(s, false, func(m []byte, _ float64) bool {
			delete(x.m, string(m))
			return true
		})
		x.z.RemoveSpan(s)
	case 6:
		want := due.Changed
		switch {
		case !there:
			want = due.NoMember
		case old.ms == 0:
			want = due.NoTime
		default:
			x.m[k] = timedPair{old.score, 0}
		}
		if got := x.z.Persist([]byte(k)); got != want {
			x.t.Fatalf("persist %q: %d, not %d", k, got, want)
		}
	case 7:
		x.pass()
	default:
		x.expire(k)
	}
	x.look(k)
}

func (x *times) expire(k string) {
	old, there := x.m[k]
	ms, c := x.now()+int64(x.r.IntN(400)), due.Condition(x.r.IntN(5))
	want := due.NoMember
	switch {
	case !there:
	case !c.Holds(old.ms, ms):
		want = due.Unchanged
	case ms <= x.now():
		want = due.Deleted
		delete(x.m, k)
	default:
		want = due.Changed
		x.m[k] = timedPair{old.score, ms}
	}
	if got := x.z.Expire([]byte(k), ms, c); got != want {
		x.t.Fatalf("expire %q: %d, not %d", k, got, want)
	}
}

// pass lets time pass and reaps, now and then not all at once.
func (x *times) pass() {
	x.z.v.Env.NowMs += int64(x.r.IntN(40))
	for limit := 1 + x.r.IntN(50); ; {
		n := x.z.Reap(limit, func(b []byte) {
			if p := x.m[string(b)]; p.ms == 0 || p.ms > x.now() {
				x.t.Fatalf("%q goes at %d, not %d", b, x.now(), p.ms)
			}
			delete(x.m, string(b))
		})
		if n < limit {
			break
		}
	}
}

func (x *times) look(k string) {
	p, there := x.m[k]
	score, ok := x.z.Score([]byte(k))
	ms, ok2 := x.z.Time([]byte(k))
	if ok != there || ok2 != there || score != p.score || ms != p.ms {
		x.t.Fatalf("%.20q has %v until %d (%v), not %v until %d (%v)", k, score, ms, ok, p.score, p.ms, there)
	}
	if x.z.Len() != len(x.m) {
		x.t.Fatalf("%d members, not %d", x.z.Len(), len(x.m))
	}
}

func (x *times) compare() {
	least := int64(math.MaxInt64)
	for k, p := range x.m {
		x.look(k)
		if p.ms != 0 {
			least = min(least, p.ms)
		}
	}
	if least == math.MaxInt64 {
		least = 0
	}
	if x.z.v.DueMs != least {
		x.t.Fatalf("due at %d, not %d", x.z.v.DueMs, least)
	}
	if err := x.z.Check(); err != nil {
		x.t.Fatal(err)
	}
	v := *x.z.v
	v.Detach()
	c := ZSet{&v}
	if err := c.Check(); err != nil {
		x.t.Fatal("copy:", err)
	}
	for k, p := range x.m {
		if ms, ok := c.Time([]byte(k)); !ok || ms != p.ms {
			x.t.Fatalf("in the copy %q goes at %d, not %d", k, ms, p.ms)
		}
		c.Expire([]byte(k), x.now()+1, due.Always) // must not be seen in the other
		x.look(k)
	}
}

// TestTimes protects members that go by themselves, in every representation and across
// their changes.
func TestTimes(t *testing.T) {
	for _, members := range []int{1, 30, 200, 3000} {
		for _, few := range []bool{false, true} {
			x := newTimes(t, uint64(members), members, few)
			for i := range 20000 {
				if x.step(); i%2000 == 0 {
					x.compare()
				}
			}
			x.compare()
			x.z.v.Env.NowMs += 1e6
			x.pass()
			x.compare()
		}
	}
}

// TestTimesCost protects sorted sets without times: no bytes and no other form.
func TestTimesCost(t *testing.T) {
	for _, n := range []int{1, 40, 5000} {
		z := filled(n)
		bytes, object := len(z.v.Bytes), 0
		if z.v.Object != nil {
			object = z.v.Object.Size()
		}
		z.Expire([]byte("member:0000000000"), 100, due.Always)
		z.Persist([]byte("member:0000000000"))
		if len(z.v.Bytes) != bytes || z.v.DueMs != 0 {
			t.Errorf("%d members: %d bytes instead of %d, due at %d", n, len(z.v.Bytes), bytes, z.v.DueMs)
		}
		if z.v.Object != nil && z.v.Object.Size() > object+1024 { // what a chunk has grown by
			t.Errorf("%d members: %d bytes instead of %d", n, z.v.Object.Size(), object)
		}
	}
}

func FuzzTimes(f *testing.F) {
	f.Add(uint64(1), uint16(300), true)
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, few bool) {
		x := newTimes(t, seed, int(n%700)+1, few)
		for range n {
			x.step()
		}
		x.compare()
	})
}

package zset

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/medleydb/medley/datatypes"
)

// model is a sorted set as a slice in order.
type model []pair

type pair struct {
	member string
	score  float64
}

func (m model) find(member string) int {
	return slices.IndexFunc(m, func(p pair) bool { return p.member == member })
}

func (m *model) put(member string, score float64) {
	if i := m.find(member); i >= 0 {
		*m = slices.Delete(*m, i, i+1)
	}
	i, _ := slices.BinarySearchFunc(*m, pair{member, score}, func(a, b pair) int {
		switch {
		case a.score < b.score:
			return -1
		case a.score > b.score:
			return 1
		}
		return bytes.Compare([]byte(a.member), []byte(b.member))
	})
	*m = slices.Insert(*m, i, pair{member, score})
}

func (m model) span(in func(pair) bool) Span {
	s := Span{}
	for i, p := range m {
		if in(p) {
			if s.Len() == 0 {
				s.From = i
			}
			s.To = i + 1
		}
	}
	return s
}

func newEnv(seed uint64) *datatypes.Env {
	return &datatypes.Env{Limits: datatypes.DefaultLimits(), Rand: rand.New(rand.NewPCG(seed, 7))}
}

// a tester plays random operations on a sorted set and its model.
type tester struct {
	t testing.TB
	r *rand.Rand
	z ZSet
	m model
	// scores are few where few is set, so that many are the same.
	few     bool
	members int
}

func (x *tester) score() float64 {
	if x.few {
		return []float64{0, 1, 1, 1.5, math.Inf(1), math.Inf(-1), -1, 1 + 1e-12, math.Copysign(0, -1), 5e17, 1e300}[x.r.IntN(11)]
	}
	switch x.r.IntN(4) {
	case 0:
		return float64(x.r.IntN(100))
	case 1:
		return math.Float64frombits(0x3132333435363738) // eight digits
	}
	return x.r.NormFloat64() * 1e6
}

func (x *tester) member() string {
	n := x.r.IntN(x.members)
	switch n % 7 {
	case 0:
		return strconv.Itoa(n)
	case 1:
		if n%300 == 1 && x.members > 500 {
			return string(bytes.Repeat([]byte{byte(n)}, 5000+n))
		}
		return ""
	}
	return fmt.Sprintf("member:%d", n)
}

func (x *tester) add() {
	m, s, c := x.member(), x.score(), Conditions(0)
	if x.r.IntN(3) == 0 {
		c = Conditions(x.r.IntN(32))
	}
	i := x.m.find(m)
	want, out := s, Added
	switch {
	case i < 0 && c&IfExists != 0:
		out = Refused
	case i >= 0:
		old := x.m[i].score
		if c&Increment != 0 {
			want += old
		}
		switch {
		case c&IfNew != 0:
			out = Refused
		case math.IsNaN(want):
			out = NotANumber
		case c&IfGreater != 0 && want <= old, c&IfLess != 0 && want >= old:
			out = Refused
		case want == old:
			out = Same
		default:
			out = Updated
		}
	}
	got, gotOut := x.z.Add([]byte(m), s, c)
	if gotOut != out || (out == Added || out == Updated) && got != want {
		x.t.Fatalf("Add(%q, %v, %b) = %v, %v; not %v, %v", m, s, c, got, gotOut, want, out)
	}
	if out == Added || out == Updated {
		x.m.put(m, want)
	}
}

func (x *tester) remove() {
	m := x.member()
	i := x.m.find(m)
	if x.z.Remove([]byte(m)) != (i >= 0) {
		x.t.Fatalf("Remove(%q)", m)
	}
	if i >= 0 {
		x.m = slices.Delete(x.m, i, i+1)
	}
}

func (x *tester) anySpan() Span {
	switch x.r.IntN(3) {
	case 0:
		a, b := x.score(), x.score()
		r := ScoreRange{a, b, x.r.IntN(2) == 0, x.r.IntN(2) == 0}
		want := x.m.span(func(p pair) bool {
			return (p.score > a || p.score == a && !r.MinExclusive) && (p.score < b || p.score == b && !r.MaxExclusive)
		})
		return x.same(x.z.ScoreSpan(r), want, r)
	case 1:
		n := int64(len(x.m)) + 3
		a, b, rev := x.r.Int64N(2*n)-n, x.r.Int64N(2*n)-n, x.r.IntN(2) == 0
		want := Span{}
		for i := range x.m {
			at := int64(i)
			if rev {
				at = int64(len(x.m) - 1 - i)
			}
			lo, hi := a, b
			if lo < 0 {
				lo += int64(len(x.m))
			}
			if hi < 0 {
				hi += int64(len(x.m))
			}
			if at >= lo && at <= hi {
				if want.Len() == 0 {
					want.From = i
				}
				want.To = i + 1
			}
		}
		return x.same(x.z.RankSpan(a, b, rev), want, []any{a, b, rev})
	}
	from := x.r.IntN(len(x.m) + 1)
	return Span{from, from + x.r.IntN(len(x.m)+1-from)}
}

func (x *tester) same(got, want Span, what any) Span {
	if got != want && (got.Len() > 0 || want.Len() > 0) {
		x.t.Fatalf("span of %v: %v, not %v of %d", what, got, want, len(x.m))
	}
	return got
}

// check compares everything.
func (x *tester) check() {
	if err := x.z.Check(); err != nil {
		x.t.Fatal(err)
	}
	if x.z.Len() != len(x.m) || x.z.Value().Empty != (len(x.m) == 0 && x.z.Value().Exists()) {
		x.t.Fatalf("length %d, not %d; empty %v", x.z.Len(), len(x.m), x.z.Value().Empty)
	}
	s := x.anySpan()
	for _, rev := range []bool{false, true} {
		i := s.From
		if rev {
			i = s.To - 1
		}
		x.z.Each(s, rev, func(m []byte, score float64) bool {
			if x.m[i].member != string(m) || x.m[i].score != score {
				x.t.Fatalf("rank %d is %.20q %v, not %.20q %v", i, m, score, x.m[i].member, x.m[i].score)
			}
			if i++; rev {
				i -= 2
			}
			return true
		})
	}
	for range 5 {
		m := x.member()
		i := x.m.find(m)
		n, score, ok := x.z.Rank([]byte(m))
		if ok != (i >= 0) || ok && (n != i || score != x.m[i].score) {
			x.t.Fatalf("Rank(%.20q) = %d, %v, %v; not %d", m, n, score, ok, i)
		}
	}
}

// TestModel protects all encodings: the same answers as a sorted slice, through
// conversions, ties, extreme scores and members, removals of spans and compaction.
func TestModel(t *testing.T) {
	for seed := range uint64(12) {
		x := &tester{t: t, r: rand.New(rand.NewPCG(seed, 3)), z: New(newEnv(seed)), few: seed%2 == 0}
		x.members = []int{20, 150, 1200}[seed%3]
		for step := range 4000 {
			switch n := x.r.IntN(20); {
			case n < 13 || len(x.m) == 0:
				x.add()
			case n < 19:
				x.remove()
			case x.r.IntN(8) == 0:
				s := x.anySpan()
				x.z.RemoveSpan(s)
				x.m = slices.Delete(x.m, s.From, max(s.To, s.From))
			}
			if step%7 == 0 {
				x.check()
			}
		}
	}
}

// TestClone protects that a copy shares nothing that changes.
func TestClone(t *testing.T) {
	x := &tester{t: t, r: rand.New(rand.NewPCG(1, 1)), z: New(newEnv(1)), members: 1000}
	for range 3000 {
		x.add()
	}
	v := *x.z.Value()
	v.Object = v.Object.Clone()
	y := &tester{t: t, r: x.r, z: ZSet{}.Of(&v), m: slices.Clone(x.m), members: 1000}
	for range 2000 {
		x.add()
		x.remove()
		y.remove()
		y.add()
	}
	x.check()
	y.check()
}

// TestLexSpan protects ranges of members, in both encodings.
func TestLexSpan(t *testing.T) {
	for _, n := range []int{30, 300} {
		z := New(newEnv(1))
		var m model
		for i := range n {
			s := fmt.Sprintf("%c%d", 'a'+i%26, i)
			z.Add([]byte(s), 7, 0)
			m.put(s, 7)
		}
		r := rand.New(rand.NewPCG(4, 4))
		bound := func() LexBound {
			if k := r.IntN(8); k < 2 {
				return LexBound{Infinite: int8(2*k - 1)}
			}
			b := []byte(m[r.IntN(n)].member)
			return LexBound{Member: b[:r.IntN(len(b)+1)], Exclusive: r.IntN(2) == 0}
		}
		for range 2000 {
			lr := LexRange{bound(), bound()}
			want := m.span(func(p pair) bool {
				return !lr.Min.before([]byte(p.member)) && lr.Max.within([]byte(p.member))
			})
			if got := z.LexSpan(lr); got != want && got.Len()+want.Len() > 0 {
				t.Fatalf("%+v: %v, not %v", lr, got, want)
			}
		}
	}
}

// TestScan protects the guarantee of SCAN: a member that is there all along is seen,
// whatever is added and removed meanwhile, and through becoming large.
func TestScan(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	for round := range 30 {
		z := New(newEnv(5))
		n := 50 + round*60
		for i := range n {
			z.Add(fmt.Appendf(nil, "stay%d", i), r.Float64(), 0)
		}
		seen := map[string]bool{}
		next := 0
		for cursor := uint64(0); ; {
			cursor = z.Scan(cursor, 10, func(m []byte, _ float64) { seen[string(m)] = true })
			if cursor == 0 {
				break
			}
			for range r.IntN(40) {
				z.Add(fmt.Appendf(nil, "new%d", next), r.Float64(), 0)
				next++
			}
			for range r.IntN(30) {
				z.Remove(fmt.Appendf(nil, "new%d", r.IntN(next+1)))
			}
		}
		for i := range n {
			if !seen[fmt.Sprintf("stay%d", i)] {
				t.Fatalf("round %d: stay%d was not seen", round, i)
			}
		}
	}
}

// TestRandom protects the fairness of random members.
func TestRandom(t *testing.T) {
	for _, n := range []int{10, 400} {
		z := New(newEnv(9))
		for i := range n {
			z.Add(fmt.Appendf(nil, "m%d", i), float64(i), 0)
		}
		hits := map[string]int{}
		for range 200 * n {
			z.Random(func(m []byte, _ float64) { hits[string(m)]++ })
		}
		for range 20 {
			z.RandomRepeated(10*n, func(m []byte, _ float64) { hits[string(m)]++ })
			for k := range 10 {
				z.RandomDistinct(n*(k+1)/10, func(m []byte, _ float64) { hits[string(m)]++ })
			}
		}
		// Chi squared with n-1 degrees of freedom; 6 sigma.
		want, chi := float64(200*n+200*n+20*n*55/10)/float64(n), 0.0
		for i := range n {
			d := float64(hits[fmt.Sprintf("m%d", i)]) - want
			chi += d * d / want
		}
		if chi > float64(n)+6*math.Sqrt(2*float64(n)) {
			t.Errorf("%d members: chi squared %.0f", n, chi)
		}
	}
}

// TestScore17 protects the text of scores in scans: that of C's printf.
func TestScore17(t *testing.T) {
	for f, want := range map[float64]string{
		0.1: "0.10000000000000001", 3: "3", 1e30: "1e+30", 1.5e-9: "1.5e-09",
		12345678901: "12345678901", 1e16: "10000000000000000", 1e17: "1e+17", 0.0001: "0.0001",
		0.00001: "1.0000000000000001e-05", -2.5: "-2.5", math.Inf(1): "inf", math.Copysign(0, -1): "-0", 1e300: "1.0000000000000001e+300",
	} {
		if got := string(AppendScore17(nil, f)); got != want {
			t.Errorf("%v: %s, not %s", f, got, want)
		}
	}
}

func FuzzModel(f *testing.F) {
	f.Add(uint64(1), uint16(300), true)
	f.Fuzz(func(t *testing.T, seed uint64, n uint16, few bool) {
		x := &tester{t: t, r: rand.New(rand.NewPCG(seed, 1)), z: New(newEnv(seed)), few: few, members: int(n%700) + 1}
		for range n {
			x.add()
			if x.r.IntN(3) == 0 {
				x.remove()
			}
		}
		x.check()
	})
}

func filled(n int) ZSet {
	z := New(newEnv(1))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		z.Add(fmt.Appendf(nil, "member:%010d", i), r.Float64()*1e6, 0)
	}
	return z
}

// BenchmarkAddExisting changes scores: it must not allocate.
// TestEachBetween protects the batches: all members of a range are passed, in order, and
// none after fn has said no, however many there are.
func TestEachBetween(t *testing.T) {
	for _, n := range []int{10, 1000} { // packed and large
		z := filled(0)
		for i := range n {
			z.Add(fmt.Appendf(nil, "%04d", i), float64(i/2), 0)
		}
		for _, c := range []struct{ from, to, most int }{{0, n, n}, {2, 2, n}, {2, 3, n}, {1, 4, 3}, {n / 4, n, n}, {3, 500, 40}, {n, 2 * n, n}} {
			var got, want []string
			for i := range n {
				if i/2 >= c.from && i/2 < c.to && len(want) < c.most {
					want = append(want, fmt.Sprintf("%04d", i))
				}
			}
			var scan Scan
			z.EachBetween(&scan, float64(c.from), float64(c.to), func(at Place, score float64) bool {
				z.EachAt(1, func(int) Place { return at }, func(_ int, member []byte) { got = append(got, string(member)) })
				return len(got) < c.most
			})
			if !slices.Equal(got, want) {
				t.Fatalf("%d members, %v: %v, want %v", n, c, got, want)
			}
		}
	}
}

func BenchmarkAddExisting(b *testing.B) {
	for _, n := range []int{100, 100000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			z := filled(n)
			member := []byte("member:0000000000")
			r := rand.New(rand.NewPCG(3, 3))
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				k := r.IntN(n)
				for d := len(member) - 1; d > 8; d-- {
					member[d] = byte('0' + k%10)
					k /= 10
				}
				z.Add(member, r.Float64()*1e6, 0)
			}
		})
	}
}

func BenchmarkRank(b *testing.B) {
	z := filled(100000)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		z.Rank(fmt.Appendf(nil, "member:%010d", i%100000))
		i += 7919
	}
}

func BenchmarkRangeByScore(b *testing.B) {
	z := filled(100000)
	r := rand.New(rand.NewPCG(3, 3))
	b.ReportAllocs()
	for b.Loop() {
		s := z.ScoreSpan(ScoreRange{Min: r.Float64() * 1e6, Max: math.Inf(1)}).Limit(0, 100, false)
		z.Each(s, false, func([]byte, float64) bool { return true })
	}
}

// TestRankOfUnevenScores protects ranks however scores lie.
func TestRankOfUnevenScores(t *testing.T) {
	const n = 3000
	for name, score := range map[string]func(i int) float64{
		"even":     func(i int) float64 { return float64(i) },
		"equal":    func(i int) float64 { return 7 },
		"pairs":    func(i int) float64 { return float64(i / 2) },
		"powers":   func(i int) float64 { return math.Pow(1.3, float64(i)/2) },
		"roots":    func(i int) float64 { return -math.Pow(1.3, -float64(i)/2) },
		"clusters": func(i int) float64 { return float64(i%2)*1e9 + float64(i)/1e6 },
		"infinite": func(i int) float64 { return []float64{math.Inf(-1), float64(i), math.Inf(1)}[i%3] },
		"one far":  func(i int) float64 { return []float64{float64(i), 1e300}[i/(n-1)] },
		"signs":    func(i int) float64 { return float64(i) - n/2 },
	} {
		t.Run(name, func(t *testing.T) {
			z := New(newEnv(1))
			for i := range n {
				z.Add(fmt.Appendf(nil, "%05d", i*7919%n), score(i*7919%n), 0)
			}
			rank := 0
			z.Each(Span{0, z.Len()}, false, func(member []byte, s float64) bool {
				if got, _, ok := z.Rank(member); !ok || got != rank {
					t.Fatalf("rank of %s, score %v: %d, want %d", member, s, got, rank)
				}
				rank++
				return true
			})
			for i := 0; i < n; i += 13 {
				s := score(i)
				below, upTo := 0, 0
				for k := range n {
					if score(k) < s {
						below++
					}
					if score(k) <= s {
						upTo++
					}
				}
				if got := z.ScoreSpan(ScoreRange{Min: s, Max: s}); got != (Span{below, upTo}) {
					t.Fatalf("members of score %v: %v, want %d to %d", s, got, below, upTo)
				}
			}
		})
	}
}

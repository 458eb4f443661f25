package ranktree

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
)

// records is an Owner whose record has the score at its number, and compares as the name
// there. Numbers that are in use again later have other names.
type records struct {
	scores []float64
	names  []int
}

func (r *records) Score(ref uint32) float64           { return r.scores[ref] }
func (r *records) SetScore(ref uint32, score float64) { r.scores[ref] = score }
func (r *records) Compare(a, b uint32) int            { return cmp.Compare(r.names[a], r.names[b]) }

// A model is a tree beside a sorted slice.
type model struct {
	t     testing.TB
	o     records
	tree  Tree
	list  []uint32 // in order
	spare []uint32
	r     *rand.Rand
	score func() float64
}

func newModel(t testing.TB, seed uint64, score func(r *rand.Rand) float64) *model {
	m := &model{t: t, r: rand.New(rand.NewPCG(seed, 1)), o: records{scores: make([]float64, 1), names: make([]int, 1)}}
	m.score = func() float64 { return score(m.r) }
	return m
}

// place returns where a record with the score and the name belongs.
func (m *model) place(score float64, name int) int {
	return sort.Search(len(m.list), func(i int) bool {
		ref := m.list[i]
		return m.o.scores[ref] > score || m.o.scores[ref] == score && m.o.names[ref] >= name
	})
}

func (m *model) insert() {
	var ref uint32
	if n := len(m.spare); n > 0 {
		ref = m.spare[n-1]
		m.spare = m.spare[:n-1]
	} else {
		ref = uint32(len(m.o.scores))
		m.o.scores, m.o.names = append(m.o.scores, 0), append(m.o.names, 0)
	}
	m.o.scores[ref], m.o.names[ref] = m.score(), m.r.Int()
	m.list = slices.Insert(m.list, m.place(m.o.scores[ref], m.o.names[ref]), ref)
	m.tree.Insert(&m.o, m.o.scores[ref], ref)
}

func (m *model) remove() {
	i := m.r.IntN(len(m.list))
	ref := m.list[i]
	if m.r.IntN(2) == 0 {
		m.tree.Remove(&m.o, m.o.scores[ref], ref)
	} else if got := m.tree.RemoveAt(&m.o, i); got != ref {
		m.t.Fatalf("RemoveAt gives %d, want %d", got, ref)
	}
	m.list = slices.Delete(m.list, i, i+1)
	m.o.scores[ref], m.o.names[ref] = math.NaN(), 0 // nothing may look at it any more
	m.spare = append(m.spare, ref)
}

// move changes a score, mostly by little.
func (m *model) move() {
	i := m.r.IntN(len(m.list))
	ref := m.list[i]
	from := m.o.scores[ref]
	to := from
	switch m.r.IntN(4) {
	case 0:
		to = m.score()
	case 1:
		to++
	case 2:
		to = math.Nextafter(to, math.Inf(1-2*m.r.IntN(2)))
	case 3:
		to = m.o.scores[m.list[min(i+m.r.IntN(4), len(m.list)-1)]]
	}
	m.list = slices.Delete(m.list, i, i+1)
	m.list = slices.Insert(m.list, m.place(to, m.o.names[ref]), ref)
	m.tree.Move(&m.o, ref, from, to)
}

// replace gives a record another number.
func (m *model) replace() {
	i := m.r.IntN(len(m.list))
	old := m.list[i]
	ref := uint32(len(m.o.scores))
	m.o.scores, m.o.names = append(m.o.scores, m.o.scores[old]), append(m.o.names, m.o.names[old])
	m.tree.Replace(&m.o, m.o.scores[old], old, ref)
	m.list[i] = ref
	m.o.scores[old], m.o.names[old] = math.NaN(), 0
	m.spare = append(m.spare, old)
}

func (m *model) change(grow bool) {
	switch n := m.r.IntN(10); {
	case len(m.list) == 0 || n < 5 && grow || n < 2:
		m.insert()
	case n < 7:
		m.remove()
	case n < 9:
		m.move()
	default:
		m.replace()
	}
}

func (m *model) check() {
	m.t.Helper()
	if err := m.tree.Check(&m.o); err != nil || m.tree.Len() != len(m.list) {
		m.t.Fatalf("%v, %d records, want %d", err, m.tree.Len(), len(m.list))
	}
	m.all()
	if len(m.list) == 0 {
		return
	}
	for range 20 {
		i := m.r.IntN(len(m.list))
		ref := m.list[i]
		if got := m.tree.At(i); got != ref {
			m.t.Fatalf("record %d of %d is %d, want %d", i, len(m.list), got, ref)
		}
		if got := m.tree.Rank(&m.o, m.o.scores[ref], ref); got != i {
			m.t.Fatalf("record %d has rank %d, want %d", ref, got, i)
		}
		score := m.score()
		if m.r.IntN(2) == 0 {
			score = m.o.scores[ref]
		}
		m.around(score)
		want := m.r.IntN(len(m.list) + 1)
		if got := m.tree.Search(func(ref uint32) bool { return slices.Index(m.list[:want], ref) >= 0 }); len(m.list) < 1000 && got != want {
			m.t.Fatalf("Search gives %d, want %d", got, want)
		}
	}
}

// around looks for a score.
func (m *model) around(score float64) {
	m.t.Helper()
	below := sort.Search(len(m.list), func(i int) bool { return m.o.scores[m.list[i]] >= score })
	upTo := sort.Search(len(m.list), func(i int) bool { return m.o.scores[m.list[i]] > score })
	a, b := m.tree.CountBelow(&m.o, score, false), m.tree.CountBelow(&m.o, score, true)
	if a != below || b != upTo {
		m.t.Fatalf("%g begins at rank %d and ends at %d, want %d and %d", score, a, b, below, upTo)
	}
	end := m.score()
	var c Cursor
	c.PlaceAt(&m.tree, &m.o, score)
	for i := below; ; {
		var refs [7]uint32
		var scores [7]float64
		n := c.NextBelow(&m.o, end, refs[:], scores[:])
		for j, ref := range refs[:n] {
			if i == len(m.list) || ref != m.list[i] || math.Float64bits(scores[j]) != math.Float64bits(m.o.scores[ref]) || scores[j] >= end {
				m.t.Fatalf("record %d between %g and %g is %d with the score %g", i, score, end, ref, scores[j])
			}
			i++
		}
		if n < len(refs) {
			if i < len(m.list) && m.o.scores[m.list[i]] < end {
				m.t.Fatalf("record %d between %g and %g is missing", i, score, end)
			}
			return
		}
	}
}

// all goes over the records from somewhere, both ways.
func (m *model) all() {
	m.t.Helper()
	from := m.r.IntN(len(m.list) + 1)
	var c Cursor
	var refs [10]uint32
	c.Place(&m.tree, from)
	got := []uint32{}
	for n := -1; n != 0; got = append(got, refs[:n]...) {
		n = c.Next(refs[:])
	}
	if !slices.Equal(got, m.list[from:]) {
		m.t.Fatalf("from %d there are %d records, want %d", from, len(got), len(m.list)-from)
	}
	c.Place(&m.tree, from)
	got = got[:0]
	for n := -1; n != 0; got = append(got, refs[:n]...) {
		n = c.Previous(refs[:])
	}
	slices.Reverse(got)
	if !slices.Equal(got, m.list[:from]) {
		m.t.Fatalf("before %d there are %d records", from, len(got))
	}
}

var kindsOfScores = []func(r *rand.Rand) float64{
	func(r *rand.Rand) float64 { return 0 },
	func(r *rand.Rand) float64 { return float64(r.IntN(30)) },
	func(r *rand.Rand) float64 { return float64(r.IntN(1e6)) },
	func(r *rand.Rand) float64 { return r.NormFloat64() },
	func(r *rand.Rand) float64 { return float64(r.Uint64N(1 << 52)) },
	func(r *rand.Rand) float64 { return 3e15 + float64(r.Uint64N(1<<20)) },
	func(r *rand.Rand) float64 { return math.Copysign(0, r.Float64()-0.5) },
	func(r *rand.Rand) float64 {
		list := [...]float64{math.Inf(1), math.Inf(-1), 0, 1, -1, math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64}
		return list[r.IntN(len(list))]
	},
	func(r *rand.Rand) float64 {
		for {
			if f := math.Float64frombits(r.Uint64()); f == f {
				return f
			}
		}
	},
	func(r *rand.Rand) float64 { return 1 + float64(r.IntN(1000))*0x1p-52 + float64(r.IntN(50)/49)*1e300 },
}

// TestModel protects the order and the counts while a tree grows to some levels and
// shrinks to none, for scores far apart, close together and equal.
func TestModel(t *testing.T) {
	for kind, score := range kindsOfScores {
		for _, size := range []int{3, 130, 1000, 20000} {
			m := newModel(t, uint64(kind), score)
			for steps := 0; len(m.list) < size; steps++ {
				m.change(true)
				if steps%(size/3+1) == 0 {
					m.check()
				}
			}
			m.check()
			for steps := 0; len(m.list) > 0; steps++ {
				m.change(false)
				if steps%(size/3+1) == 0 {
					m.check()
				}
			}
			m.check()
		}
	}
}

// TestInOrder protects that a tree which is filled in order has full leaves, and one from
// which most records are taken again few leaves.
func TestInOrder(t *testing.T) {
	for _, step := range []float64{1, -1, 1e-3} {
		next := 0.0
		m := newModel(t, 1, func(*rand.Rand) float64 { next += step; return next })
		const n = 50_000
		for range n {
			m.insert()
		}
		m.check()
		if limit := n + n/100 + 2*leafMax; step > 0 && m.tree.room > limit {
			t.Errorf("step %g: the leaves have room for %d records of %d", step, m.tree.room, n)
		}
		for len(m.list) > n/10 {
			m.remove()
		}
		m.check()
		if m.tree.leaves > len(m.list)/leafMin+1 || m.tree.room > 2*len(m.list) {
			t.Errorf("step %g: %d leaves with room for %d records hold %d", step, m.tree.leaves, m.tree.room, len(m.list))
		}
	}
}

// TestClone protects that changes of a tree do not show in its copy.
func TestClone(t *testing.T) {
	m := newModel(t, 1, kindsOfScores[2])
	for range 10_000 {
		m.insert()
	}
	c := model{t: t, o: records{slices.Clone(m.o.scores), slices.Clone(m.o.names)}, tree: m.tree.Clone(),
		list: slices.Clone(m.list), r: m.r, score: m.score}
	for range 5000 {
		m.change(true)
		c.change(false)
	}
	m.check()
	c.check()
}

func FuzzModel(f *testing.F) {
	f.Add(uint64(1), uint8(2), uint16(500))
	f.Fuzz(func(t *testing.T, seed uint64, kind uint8, n uint16) {
		m := newModel(t, seed, kindsOfScores[int(kind)%len(kindsOfScores)])
		for range n {
			m.change(true)
		}
		m.check()
		for range n {
			m.change(false)
		}
		m.check()
	})
}

func filled(b *testing.B, n int) *model {
	m := newModel(b, 1, nil)
	for i := range n {
		m.o.scores, m.o.names = append(m.o.scores, float64(i)), append(m.o.names, m.r.Int())
		m.tree.Insert(&m.o, float64(i), uint32(i+1))
	}
	return m
}

func BenchmarkMove(b *testing.B) {
	for _, far := range []bool{false, true} {
		b.Run(map[bool]string{false: "near", true: "far"}[far], func(b *testing.B) {
			m := filled(b, 100_000)
			b.ReportAllocs()
			for b.Loop() {
				ref := uint32(1 + m.r.IntN(100_000))
				to := m.o.scores[ref] + 1
				if far {
					to = float64(m.r.IntN(100_000))
				}
				m.tree.Move(&m.o, ref, m.o.scores[ref], to)
			}
		})
	}
}

func BenchmarkRank(b *testing.B) {
	m := filled(b, 100_000)
	b.ReportAllocs()
	for b.Loop() {
		ref := uint32(1 + m.r.IntN(100_000))
		m.tree.Rank(&m.o, m.o.scores[ref], ref)
	}
}

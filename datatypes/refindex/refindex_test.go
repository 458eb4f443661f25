package refindex

import (
	"hash/maphash"
	"math/rand/v2"
	"testing"
	"time"
)

// records is an Owner whose record number i has a hash of its own.
type records struct{ seed maphash.Seed }

func (r records) Hash(ref uint32) uint64 {
	return maphash.Comparable(r.seed, ref&^variant)
}

// variant in a reference stands for a record that has been moved.
const variant = 1 << 31

type model struct {
	t    testing.TB
	o    records
	x    Index
	list []uint32
	at   map[uint32]int
	rng  *rand.Rand
	next uint32
}

func newModel(t testing.TB, seed uint64) *model {
	return &model{t: t, o: records{maphash.MakeSeed()}, at: map[uint32]int{}, rng: rand.New(rand.NewPCG(seed, 1)), next: 1}
}

func (m *model) insert() {
	ref := m.next
	m.next++
	m.x.Insert(m.o, m.o.Hash(ref), ref)
	m.at[ref] = len(m.list)
	m.list = append(m.list, ref)
}

func (m *model) probe(ref uint32) Probe {
	p := m.x.Find(m.o.Hash(ref))
	for r := p.Next(); r != ref; r = p.Next() {
		if r == 0 {
			m.t.Fatalf("entry %#x of %d is lost", ref, len(m.list))
		}
	}
	return p
}

func (m *model) remove() {
	i := m.rng.IntN(len(m.list))
	ref := m.list[i]
	p := m.probe(ref)
	m.x.Remove(m.o, &p)
	last := len(m.list) - 1
	m.list[i] = m.list[last]
	m.at[m.list[i]] = i
	m.list = m.list[:last]
	delete(m.at, ref)
}

func (m *model) move() {
	i := m.rng.IntN(len(m.list))
	ref := m.list[i]
	to := ref ^ variant
	m.x.Move(m.o.Hash(ref), ref, to)
	m.list[i] = to
	m.at[to] = i
	delete(m.at, ref)
}

func (m *model) check() {
	m.t.Helper()
	if err := m.x.Check(m.o); err != nil {
		m.t.Fatal(err)
	}
	if m.x.Len() != len(m.list) {
		m.t.Fatalf("%d entries, want %d", m.x.Len(), len(m.list))
	}
	for range min(len(m.list), 200) {
		m.probe(m.list[m.rng.IntN(len(m.list))])
	}
	n := 0
	m.x.Walk(func(ref uint32) bool {
		if _, ok := m.at[ref]; !ok {
			m.t.Fatalf("Walk gives %#x", ref)
		}
		n++
		return true
	})
	if n != len(m.list) {
		m.t.Fatalf("Walk gives %d entries of %d", n, len(m.list))
	}
	m.scan()
}

func (m *model) scan() {
	seen := map[uint32]int{}
	for cursor := uint64(0); ; {
		cursor = m.x.Scan(m.o, cursor, 10, func(ref uint32) { seen[ref]++ })
		if cursor == 0 {
			break
		}
	}
	for ref, n := range seen {
		if _, ok := m.at[ref]; !ok || n != 1 {
			m.t.Fatalf("Scan gives %#x %d times", ref, n)
		}
	}
	if len(seen) != len(m.list) {
		m.t.Fatalf("Scan gives %d entries of %d", len(seen), len(m.list))
	}
}

// TestModel protects the index through growth, splits, removals, merges and back to a
// list, and that a scan without changes gives every entry once.
func TestModel(t *testing.T) {
	for _, size := range []int{5, 100, 129, 300, 3000, 60000} {
		m := newModel(t, uint64(size))
		for len(m.list) < size {
			switch m.rng.IntN(12) {
			case 0:
				if len(m.list) > 0 {
					m.remove()
				}
			case 1:
				if len(m.list) > 0 {
					m.move()
				}
			default:
				m.insert()
			}
		}
		m.check()
		// As many in as out, so that removed entries pile up.
		for range min(size*3, 100000) {
			m.remove()
			m.insert()
		}
		m.check()
		c := m.x.Clone()
		for len(m.list) > size/40 {
			m.remove()
			if m.rng.IntN(5) == 0 {
				m.insert()
			}
		}
		m.check()
		if c.Len() != size || c.Check(m.o) != nil {
			t.Fatal("the copy changed with what it is one of")
		}
		for len(m.list) > 0 {
			m.remove()
		}
		m.check()
		if n := m.x.Size(); n > 4096 {
			t.Errorf("an empty index that had %d entries keeps %d bytes", size, n)
		}
	}
}

// TestScanWhileChanging protects the guarantee: what stays is passed, whatever comes and
// goes between the calls.
func TestScanWhileChanging(t *testing.T) {
	for seed := range uint64(30) {
		m := newModel(t, seed)
		n := []int{20, 200, 2000}[seed%3]
		for range n {
			m.insert()
		}
		stay := append([]uint32(nil), m.list...)
		for range n * int(seed%5) {
			m.insert()
		}
		seen := map[uint32]bool{}
		grow := seed%2 == 0
		for cursor, calls := uint64(0), 0; ; calls++ {
			cursor = m.x.Scan(m.o, cursor, 10, func(ref uint32) { seen[ref] = true })
			if cursor == 0 {
				break
			}
			for range 40 {
				switch {
				case grow && calls < 1000:
					m.insert()
				case !grow && len(m.list) > len(stay):
					ref := m.list[len(m.list)-1]
					p := m.probe(ref)
					m.x.Remove(m.o, &p)
					m.list = m.list[:len(m.list)-1]
					delete(m.at, ref)
				}
			}
		}
		for _, ref := range stay {
			if !seen[ref] {
				t.Fatalf("seed %d: %#x was there all the time and is not passed", seed, ref)
			}
		}
	}
}

// TestMemoryAndStalls protects bytes an entry, and that no insertion takes long. The
// bound on time is wide, since machines that test are busy, and a stall that is the index's own
// comes at every try.
func TestMemoryAndStalls(t *testing.T) {
	const tries, limit = 5, 100 * time.Millisecond
	for try := 1; ; try++ {
		longest := insertMany(t)
		if longest <= limit {
			return
		}
		if try == tries {
			t.Fatalf("an insertion took %v", longest)
		}
	}
}

// insertMany checks the bytes of an entry on the way, and returns how long the slowest insertion took.
func insertMany(t *testing.T) (longest time.Duration) {
	m := newModel(t, 9)
	sum, n, worst := 0.0, 0, 0.0
	for i := range uint32(600000) {
		start := time.Now()
		m.x.Insert(m.o, m.o.Hash(i+1), i+1)
		longest = max(longest, time.Since(start))
		if i > 5000 && i%500 == 0 {
			per := float64(m.x.Size()) / float64(i)
			sum, worst = sum+per, max(worst, per)
			n++
		}
	}
	t.Logf("bytes an entry: mean %.2f, worst %.2f; longest insertion %v", sum/float64(n), worst, longest)
	if worst > 9.5 || sum/float64(n) > 7.5 {
		t.Errorf("%.2f bytes an entry on average, %.2f at worst", sum/float64(n), worst)
	}
	return longest
}

func BenchmarkFind(b *testing.B) {
	b.ReportAllocs()
	m := newModel(b, 1)
	for i := range uint32(100000) {
		m.x.Insert(m.o, m.o.Hash(i+1), i+1)
	}
	hs := make([]uint64, 4096)
	for i := range hs {
		hs[i] = m.o.Hash(uint32(m.rng.IntN(100000) + 1))
	}
	for i := 0; b.Loop(); i++ {
		p := m.x.Find(hs[i&4095])
		if p.Next() == 0 {
			b.Fatal("lost")
		}
	}
}

package arena

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// model checks an arena against a map of copies.
type model struct {
	t    testing.TB
	a    *Arena
	want map[Ref][]byte
	refs []Ref
}

func (m *model) alloc(n int, fill byte) {
	ref, b := m.a.Alloc(n)
	if len(b) != n {
		m.t.Fatalf("Alloc(%d) gave %d bytes", n, len(b))
	}
	for i := HeaderSize; i < n; i++ {
		b[i] = fill
	}
	if _, taken := m.want[ref]; taken || ref == 0 {
		m.t.Fatalf("Alloc gave %#x, which is in use", ref)
	}
	m.want[ref] = bytes.Clone(b[HeaderSize:])
	m.refs = append(m.refs, ref)
}

func (m *model) drop(i int) {
	ref := m.refs[i]
	m.a.Free(ref)
	delete(m.want, ref)
	m.refs[i] = m.refs[len(m.refs)-1]
	m.refs = m.refs[:len(m.refs)-1]
}

func (m *model) shrink(i int, n int) {
	ref := m.refs[i]
	n = min(n, len(m.want[ref])+HeaderSize)
	m.a.Shrink(ref, n)
	m.want[ref] = m.want[ref][:n-HeaderSize]
}

func (m *model) evacuate() {
	e := m.a.Sparse()
	if e == nil {
		return
	}
	for ref, ok := e.Next(); ok; ref, ok = e.Next() {
		old := m.a.Bytes(ref)
		moved, b := m.a.Alloc(len(old))
		copy(b[HeaderSize:], old[HeaderSize:])
		m.a.Free(ref)
		m.want[moved] = m.want[ref]
		delete(m.want, ref)
	}
	e.Finish()
	m.refs = m.refs[:0]
	for ref := range m.want {
		m.refs = append(m.refs, ref)
	}
}

func (m *model) check() {
	if err := m.a.Check(); err != nil {
		m.t.Fatal(err)
	}
	for ref, want := range m.want {
		if got := m.a.Bytes(ref)[HeaderSize:]; !bytes.Equal(got, want) {
			m.t.Fatalf("record %#x is %.20q, want %.20q", ref, got, want)
		}
	}
}

// TestRandom protects the allocator: records keep their bytes through any order
// of allocating, freeing, shrinking and evacuating, and the books balance.
func TestRandom(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 1))
		m := &model{t: t, a: New(512), want: map[Ref][]byte{}}
		size := func() int {
			if r.IntN(50) == 0 {
				return HeaderSize + r.IntN(MaxRecord-HeaderSize+1)
			}
			return HeaderSize + r.IntN(200)
		}
		for step := range 30000 {
			switch grow := step/6000%2 == 0; {
			case len(m.refs) == 0 || r.IntN(10) < map[bool]int{true: 6, false: 3}[grow]:
				m.alloc(size(), byte(step))
			case r.IntN(8) == 0:
				m.shrink(r.IntN(len(m.refs)), size())
			case r.IntN(500) == 0:
				m.evacuate()
			default:
				m.drop(r.IntN(len(m.refs)))
			}
			if step%3000 == 0 {
				m.check()
			}
		}
		m.check()
		for len(m.refs) > 0 {
			m.drop(len(m.refs) - 1)
		}
		m.check()
		if m.a.Live() != 0 || m.a.Records() != 0 {
			t.Fatalf("an empty arena counts %d bytes live", m.a.Live())
		}
	}
}

// TestEvacuationGivesMemoryBack protects the bound on fragmentation: after most
// records went, evacuating brings the chunks near to what is live.
func TestEvacuationGivesMemoryBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	m := &model{t: t, a: New(4096), want: map[Ref][]byte{}}
	for range 40000 {
		m.alloc(24+r.IntN(100), 1)
	}
	for range 30000 {
		m.drop(r.IntN(len(m.refs)))
	}
	for range 100 {
		m.evacuate()
	}
	m.check()
	if limit := m.a.Live()*5/4 + 2*ChunkSize; m.a.Size() > limit {
		t.Fatalf("%d bytes of chunks for %d live ones", m.a.Size(), m.a.Live())
	}
}

func BenchmarkAllocFree(b *testing.B) {
	b.ReportAllocs()
	var a Arena
	var refs [1024]Ref
	for i := range b.N {
		at := i & 1023
		if refs[at] != 0 {
			a.Free(refs[at])
		}
		refs[at], _ = a.Alloc(32 + i*7&127)
	}
}

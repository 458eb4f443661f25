package list

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"unsafe"

	"github.com/medleydb/medley/datatypes"
)

func newList() List {
	return List{}.Of(datatypes.NewValue(datatypes.List, &datatypes.Env{Limits: datatypes.DefaultLimits()}))
}

// check reports the first broken invariant of a list.
func check(l List) error {
	o, ok := l.v.Object.(*blocks)
	if !ok {
		b := l.packed()
		return checkBlock(&b)
	}
	length, memory := 0, int(unsafe.Sizeof(*o))+cap(o.groups)*groupSize+cap(o.spare)
	for i, g := range o.groups {
		n := 0
		for j := range g.blocks {
			b := &g.blocks[j]
			if b.n == 0 {
				return fmt.Errorf("block %d of group %d is empty", j, i)
			}
			if err := checkBlock(b); err != nil {
				return err
			}
			n += int(b.n)
			memory += cap(b.mem)
		}
		if n != g.length || len(g.blocks) == 0 || len(g.blocks) > maxGroup {
			return fmt.Errorf("group %d counts %d elements in %d blocks, has %d", i, g.length, len(g.blocks), n)
		}
		length += n
		memory += cap(g.blocks) * blockSize
	}
	if length != o.length || memory != o.memory {
		return fmt.Errorf("counts %d elements in %d bytes, has %d in %d", o.length, o.memory, length, memory)
	}
	return nil
}

func checkBlock(b *block) error {
	if b.whole {
		if b.n != 1 || b.first != 0 || b.lo != 0 || int(b.hi) != len(b.mem) {
			return fmt.Errorf("whole block with bounds %d-%d of %d", b.lo, b.hi, len(b.mem))
		}
		return nil
	}
	if b.gap() < 0 || int(b.hi) > len(b.mem) {
		return fmt.Errorf("%d tags from %d overlap data %d-%d", b.n, b.first, b.lo, b.hi)
	}
	at := b.hi
	for _, t := range b.tags() {
		size := b.sizeBelow(t, at)
		if at-b.lo < size {
			return fmt.Errorf("data of %d bytes is shorter than its tags say", b.dataLen())
		}
		at -= size
		if b.sizeFrom(t, at) != size {
			return fmt.Errorf("an element has two lengths")
		}
	}
	if at != b.lo {
		return fmt.Errorf("data of %d bytes is longer than its tags say", b.dataLen())
	}
	return nil
}

// text draws an element, of a few that come often and many that do not.
func text(r *rand.Rand, long bool) []byte {
	kind := r.IntN(12)
	if !long && kind > 9 {
		kind = 0
	}
	switch kind {
	case 0, 1, 2:
		return []byte([]string{"a", "b", "", "12", "-1", "x1", "007"}[r.IntN(7)])
	case 3, 4:
		return strconv.AppendInt(nil, int64(r.Uint64())>>r.IntN(64), 10)
	case 5:
		return bytes.Repeat([]byte{'l'}, 240+r.IntN(20))
	case 10:
		return bytes.Repeat([]byte{byte('p' + r.IntN(3))}, r.IntN(2200))
	case 11:
		return bytes.Repeat([]byte{'w'}, []int{2047, 2048, 2049, 5000, 70000}[r.IntN(5)])
	}
	b := make([]byte, r.IntN(40))
	for i := range b {
		b[i] = byte(r.IntN(256))
	}
	return b
}

// model is the naive list beside which the real one is run.
type model struct {
	t    testing.TB
	r    *rand.Rand
	l    List
	want [][]byte
	long bool // elements too
	ops  int  // kinds of operations: with few of them lists get long
}

func (m *model) push() {
	var elems [][]byte
	for range 1 + m.r.IntN(4) {
		elems = append(elems, text(m.r, m.long))
	}
	if m.r.IntN(2) == 0 {
		m.l.Push(Tail, elems...)
		m.want = append(m.want, elems...)
		return
	}
	m.l.Push(Head, elems...)
	slices.Reverse(elems)
	m.want = append(elems, m.want...)
}

func (m *model) pop() {
	var scratch [20]byte
	end, i := Head, 0
	if m.r.IntN(2) == 0 {
		end, i = Tail, len(m.want)-1
	}
	b, ok := m.l.Pop(end, scratch[:])
	if ok != (len(m.want) > 0) || ok && !bytes.Equal(b, m.want[i]) {
		m.t.Fatalf("Pop(%v) = %.40q, %v", end, b, ok)
	}
	if ok {
		m.want = slices.Delete(m.want, i, i+1)
	}
}

// some draws an element that is probably in the list.
func (m *model) some() []byte {
	if len(m.want) == 0 || m.r.IntN(4) == 0 {
		return text(m.r, m.long)
	}
	return m.want[m.r.IntN(len(m.want))]
}

func (m *model) remove() {
	e, back := m.some(), m.r.IntN(2) == 0
	limit := m.r.IntN(4)
	want := 0
	if back {
		slices.Reverse(m.want)
	}
	m.want = slices.DeleteFunc(m.want, func(b []byte) bool {
		hit := bytes.Equal(b, e) && (limit == 0 || want < limit)
		if hit {
			want++
		}
		return hit
	})
	if back {
		slices.Reverse(m.want)
	}
	if got := m.l.Remove(e, limit, back); got != want {
		m.t.Fatalf("Remove(%.40q, %d, %v) = %d, want %d", e, limit, back, got, want)
	}
}

func (m *model) find() {
	s := Search{Text: m.some(), Skip: m.r.IntN(3), Back: m.r.IntN(2) == 0}
	if m.r.IntN(2) == 0 {
		s.Max = 1 + m.r.IntN(len(m.want)+2)
	}
	var want, got []int
	skip := s.Skip
	for k := range m.want {
		if s.Max > 0 && k >= s.Max {
			break
		}
		i := k
		if s.Back {
			i = len(m.want) - 1 - k
		}
		if bytes.Equal(m.want[i], s.Text) {
			if skip--; skip < 0 {
				want = append(want, i)
			}
		}
	}
	m.l.Find(s, func(i int) bool {
		got = append(got, i)
		return true
	})
	if !slices.Equal(got, want) {
		m.t.Fatalf("Find(%.60v) = %v, want %v", s, got, want)
	}
}

func (m *model) step() {
	n := len(m.want)
	switch op := m.r.IntN(m.ops); op {
	case 0, 1:
		m.push()
	case 2:
		i, b := m.r.IntN(n+2), text(m.r, m.long)
		if ok := m.l.Insert(i, b); ok != (i <= n) {
			m.t.Fatalf("Insert(%d of %d) = %v", i, n, ok)
		} else if ok {
			m.want = slices.Insert(m.want, i, b)
		}
	case 3:
		i, b := m.r.IntN(n+1), text(m.r, m.long)
		if ok := m.l.Set(i, b); ok != (i < n) {
			m.t.Fatalf("Set(%d of %d) = %v", i, n, ok)
		} else if ok {
			m.want[i] = b
		}
	case 4:
		m.find()
	case 5:
		c := m.l.v.Object
		if c == nil {
			return
		}
		// The list goes on as its copy, and the first one changes meanwhile.
		first := *m.l.v
		m.l.v.Object = c.Clone()
		old := List{&first}
		old.Push(Tail, []byte("only here"))
		old.Push(Head, []byte("only here"))
		old.Set(n/2, []byte("changed"))
		old.Remove(m.some(), 0, false)
		if err := check(old); err != nil {
			m.t.Fatal(err)
		}
	case 6, 7:
		m.pop()
	case 8:
		m.remove()
	case 9:
		k, end := m.r.IntN(8), End(m.r.IntN(2) == 0)
		if m.r.IntN(20) == 0 {
			k = m.r.IntN(n + 2)
		}
		m.l.Drop(end, k)
		if k = min(k, n); end == Head {
			m.want = m.want[k:]
		} else {
			m.want = m.want[:n-k]
		}
	case 10:
		if m.r.IntN(60) == 0 {
			from, to := m.r.IntN(n/2+1), n-m.r.IntN(n/2+1)
			m.l.Trim(from, to)
			m.want = m.want[from:max(from, to)]
		}
	}
}

func (m *model) compare() {
	m.t.Helper()
	if err := check(m.l); err != nil {
		m.t.Fatal(err)
	}
	if m.l.Len() != len(m.want) {
		m.t.Fatalf("has %d elements, want %d", m.l.Len(), len(m.want))
	}
	var scratch [20]byte
	for _, back := range [2]bool{false, true} {
		i, step := 0, 1
		if back {
			i, step = len(m.want)-1, -1
		}
		c := m.l.Iter(i, back)
		for ; c.Next(); i += step {
			if got := c.Bytes(scratch[:]); !bytes.Equal(got, m.want[i]) {
				m.t.Fatalf("element %d of %d is %.40q, want %.40q", i, len(m.want), got, m.want[i])
			}
		}
		if i != len(m.want) && i != -1 {
			m.t.Fatalf("passed %d elements of %d", i, len(m.want))
		}
	}
	if n := len(m.want); n > 0 {
		i := m.r.IntN(n)
		if got, ok := m.l.At(i, scratch[:]); !ok || !bytes.Equal(got, m.want[i]) {
			m.t.Fatalf("At(%d) = %.40q, want %.40q", i, got, m.want[i])
		}
	}
	if empty := len(m.want) == 0 && m.l.v.Exists(); m.l.v.Empty != empty {
		m.t.Fatalf("Empty is %v with %d elements", m.l.v.Empty, len(m.want))
	}
}

// TestModel runs random operations on a list and on a slice: short lists that change
// their representation often, and ones that grow to many blocks and shrink again.
func TestModel(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		m := &model{t: t, r: r, l: newList(), long: seed%2 == 0, ops: 11}
		m.l.v.Env.Limits.ListMaxPackedSize = []int{-2, -1, -5, 3, 128}[seed%5]
		for i := range 6000 {
			if i%300 == 0 {
				m.ops = []int{11, 7, 4}[r.IntN(3)]
				if len(m.want) > 3000 {
					m.ops = 11
					m.l.Trim(100, 200)
					m.want = m.want[100:200]
				}
			}
			m.step()
			if i%16 == 0 || len(m.want) < 20 {
				m.compare()
			}
		}
		m.compare()
	}
}

// TestManyGroups protects the directory's upper level, which the model's lists are too
// short for.
func TestManyGroups(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	m := &model{t: t, r: r, l: newList()}
	for i := range 60000 {
		b := fmt.Appendf(nil, "element %d of a list with many groups", i)
		if m.want = append(m.want, b); i%3 == 0 {
			m.l.Push(Tail, b)
			continue
		}
		m.l.Push(Tail, b)
	}
	m.compare()
	for i := range 3000 {
		at := r.IntN(len(m.want))
		b := fmt.Appendf(nil, "inserted %d %0*d", i, r.IntN(300), 0)
		m.l.Insert(at, b)
		m.want = slices.Insert(m.want, at, b)
		at = r.IntN(len(m.want))
		m.l.Set(at, b[1:])
		m.want[at] = b[1:]
		if i%100 == 0 {
			m.compare()
		}
	}
	for len(m.want) > 0 {
		from, to := r.IntN(9000), len(m.want)-r.IntN(9000)
		m.l.Trim(from, to)
		m.want = m.want[min(from, len(m.want)):]
		m.want = m.want[:max(0, min(len(m.want), to-from))]
		m.compare()
	}
	for i := range 40000 {
		b := fmt.Appendf(nil, "element %d of a list that grows at its head", i)
		m.l.Push(Head, b)
		m.want = append(m.want, b)
	}
	slices.Reverse(m.want)
	m.compare()
}

// TestMemory protects the memory of large lists: about one byte an element beyond
// the text, one and a block's end for longer ones.
func TestMemory(t *testing.T) {
	for _, c := range []struct {
		n    int
		text func(i int) []byte
		most float64 // bytes an element
	}{
		{1000000, func(i int) []byte { return fmt.Appendf(nil, "element:%010d", i) }, 19.3},
		{1000000, func(i int) []byte { return fmt.Appendf(nil, "%d", 1e9+i) }, 5.2},
		{1000000, func(i int) []byte { return nil }, 1.02},
		{100000, func(i int) []byte { return make([]byte, 300) }, 312},
		{10000, func(i int) []byte { return make([]byte, 2048) }, 2360},
		{10000, func(i int) []byte { return make([]byte, 4096) }, 4145},
	} {
		for _, end := range [2]End{Head, Tail} {
			l := newList()
			for i := range c.n {
				l.Push(end, c.text(i))
			}
			if got := float64(l.v.Object.Size()) / float64(c.n); got > c.most {
				t.Errorf("%d elements like %.20q: %.2f bytes each, want at most %.2f", c.n, c.text(0), got, c.most)
			}
			if err := check(l); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestSparse protects the memory of lists that lose most of their elements in the
// middle, and those just above the limit of the inline representation.
func TestSparse(t *testing.T) {
	l := newList()
	for i := range 100000 {
		l.Push(Tail, fmt.Appendf(nil, "element:%010d", i%10))
	}
	for i := range 9 {
		l.Remove(fmt.Appendf(nil, "element:%010d", i), 0, i%2 == 0)
	}
	if got := float64(l.v.Object.Size()) / 10000; l.Len() != 10000 || got > 40 {
		t.Errorf("%d elements of 18 bytes take %.1f each", l.Len(), got)
	}
	l = newList()
	for l.v.Object == nil {
		l.Push(Tail, []byte("twenty bytes of text"))
	}
	if got := l.v.Object.Size(); got > 6000 {
		t.Errorf("a list of %d bytes takes %d", l.Len()*20, got)
	}
}

// TestNoAllocations protects queues and stacks from taking memory.
func TestNoAllocations(t *testing.T) {
	for _, ends := range [][2]End{{Head, Tail}, {Tail, Head}, {Head, Head}, {Tail, Tail}} {
		l := newList()
		b, scratch := []byte("an element of a queue"), make([]byte, 20)
		for range 2000 {
			l.Push(ends[0], b)
		}
		for range 2000 {
			l.Push(ends[0], b)
			l.Pop(ends[1], scratch)
		}
		if n := testing.AllocsPerRun(20000, func() {
			l.Push(ends[0], b)
			l.Pop(ends[1], scratch)
		}); n > 0 {
			t.Errorf("%v: %v allocations for a push and a pop", ends, n)
		}
	}
}

func FuzzModel(f *testing.F) {
	f.Add(uint64(1), uint64(2), byte(11), true)
	f.Fuzz(func(t *testing.T, a, b uint64, ops byte, long bool) {
		r := rand.New(rand.NewPCG(a, b))
		m := &model{t: t, r: r, l: newList(), long: long, ops: 1 + int(ops)%11}
		for range 200 {
			m.step()
			m.compare()
		}
	})
}

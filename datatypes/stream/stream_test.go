package stream

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/medleydb/medley/datatypes"
)

// check reports the first broken invariant of a stream.
func check(s Stream) error {
	d := s.data()
	if d == nil {
		return nil
	}
	var blocks []*block
	size := 0
	if d.sealed != nil {
		size += sealedBytes + cap(d.sealed.spare) + d.sealed.tree.Len()*treeItemBytes
		d.sealed.tree.Scan(func(b *block) bool {
			blocks = append(blocks, b)
			return true
		})
		if len(blocks) == 0 {
			return fmt.Errorf("an empty tree")
		}
	}
	if d.tail != nil {
		blocks = append(blocks, d.tail)
	}
	length, top := 0, ID{}
	for i, b := range blocks {
		if i > 0 && b.key.Compare(blocks[i-1].last) <= 0 {
			return fmt.Errorf("block %d begins at %v, before the end of the one before", i, b.key)
		}
		n, last, err := checkBlock(b)
		if err != nil {
			return fmt.Errorf("block %d: %w", i, err)
		}
		length += n
		top = last
		size += blockBytes + cap(b.buf)
	}
	for _, g := range d.groups {
		if err := checkGroup(g); err != nil {
			return fmt.Errorf("group %s: %w", g.name, err)
		}
		size += g.size()
	}
	if d.idmp != nil {
		size += idmpBytes + d.idmp.bytes
	}
	if length != d.length || top != d.top || size != d.bytes {
		return fmt.Errorf("counts %d entries up to %v in %d bytes, has %d up to %v in %d", d.length, d.top, d.bytes, length, top, size)
	}
	return nil
}

func checkBlock(b *block) (n int, last ID, err error) {
	waste := uint32(0)
	for m := b.first(); m.next(); {
		if !m.prev.Less(m.id) && m.at != int(b.start) {
			return 0, last, fmt.Errorf("%v stands behind %v", m.id, m.prev)
		}
		if m.dead() {
			if m.at == int(b.start) {
				return 0, last, fmt.Errorf("begins with a dead entry")
			}
			waste += uint32(m.end - m.at)
			continue
		}
		n, last = n+1, m.id
		if b.last.Less(m.id) {
			return 0, last, fmt.Errorf("%v stands behind the last entry", m.id)
		}
	}
	waste += b.start - uint32(b.namesEnd())
	if n != int(b.live) || n == 0 || waste != b.waste {
		return 0, last, fmt.Errorf("counts %d entries and %d bytes of waste, has %d and %d", b.live, b.waste, n, waste)
	}
	return n, last, nil
}

func checkGroup(g *group) error {
	n, extra := 0, 0
	for _, c := range g.consumers {
		extra += consumerBytes + len(c.name)
		if g.byNumber[c.number-1] != c {
			return fmt.Errorf("consumer %s has the number of another", c.name)
		}
		if c.tree == nil {
			continue
		}
		extra += treeBytes
		n += c.tree.Len()
		var prev *pending
		c.tree.Scan(func(p place) bool {
			e := g.at(p)
			if e.consumer != c.number || prev != nil && !prev.id.Less(e.id) {
				n = -1000000
			}
			prev = e
			return true
		})
	}
	free, listed, before := 0, 0, place(0)
	ms := int64(math.MinInt64)
	for p := g.head; p != 0; p = g.at(p).next {
		e := g.at(p)
		switch {
		case e.prev != before:
			return fmt.Errorf("the order of times is broken at %v", e.id)
		case e.consumer == 0 && free != listed:
			return fmt.Errorf("%v is nobody's, behind one that is", e.id)
		case e.consumer != 0 && e.timeMs < ms:
			return fmt.Errorf("%v stands behind one of a later time", e.id)
		case g.find(e.id) != p:
			return fmt.Errorf("%v is not found", e.id)
		}
		if e.consumer == 0 {
			free++
			if g.freeTail != p && (e.next == 0 || g.at(e.next).consumer != 0) {
				return fmt.Errorf("the last of nobody's is another")
			}
		} else {
			ms = e.timeMs
		}
		listed++
		before = p
	}
	if n+free != g.n || listed != g.n || g.tail != before || free != g.free || extra != g.extra || g.size() != g.told {
		return fmt.Errorf("%d pending, %d of consumers, %d of nobody (%d), %d in order; %d bytes of consumers (%d), %d told of %d",
			g.n, n, free, g.free, listed, extra, g.extra, g.told, g.size())
	}
	used := 0
	for _, c := range g.chunks {
		if c != nil {
			for b := c.used; b != 0; b &= b - 1 {
				used++
			}
		}
	}
	if used != g.n {
		return fmt.Errorf("%d elements are in use for %d pending", used, g.n)
	}
	return nil
}

// An entry is one of the model's.
type entry struct {
	id     ID
	fields []string
}

type modelPending struct {
	consumer string
	ms       int64
	count    int64
}

// model is the naive stream beside which the real one is run.
type model struct {
	t       testing.TB
	r       *rand.Rand
	s       Stream
	env     *datatypes.Env
	want    []entry
	last    ID
	deleted ID
	added   uint64
	pending map[ID]modelPending // of the group g
	grouped bool
	names   [][]byte
}

func newModel(t testing.TB, seed uint64, maxBytes, maxEntries int) *model {
	env := &datatypes.Env{Limits: datatypes.DefaultLimits(), NowMs: 1000}
	env.Limits.StreamNodeMaxBytes, env.Limits.StreamNodeMaxEntries = maxBytes, maxEntries
	m := &model{t: t, r: rand.New(rand.NewPCG(seed, 5)), env: env, pending: map[ID]modelPending{}}
	m.s = New(env)
	m.names = [][]byte{[]byte("temperature"), []byte("7"), []byte("")}
	return m
}

func (m *model) text() []byte {
	switch m.r.IntN(8) {
	case 0:
		return bytes.Repeat([]byte{'x'}, m.r.IntN(300))
	case 1, 2:
		return strconv.AppendInt(nil, int64(m.r.Uint64())>>m.r.IntN(64), 10)
	case 3:
		return []byte([]string{"007", "-0", "", "\xff\xff", "9223372036854775808"}[m.r.IntN(5)])
	}
	b := make([]byte, m.r.IntN(12))
	for i := range b {
		b[i] = byte(m.r.Uint32())
	}
	return b
}

func (m *model) fields() (fields [][]byte) {
	n := 2
	if m.r.IntN(6) == 0 {
		n = 1 + m.r.IntN(4)
	}
	for i := range n {
		name := bytes.Clone(m.names[i%len(m.names)])
		if m.r.IntN(10) == 0 {
			name = m.text()
		}
		fields = append(fields, name, m.text())
	}
	return fields
}

// add adds an entry, most often a little behind the last one.
func (m *model) add() {
	id, ok := m.last.Next()
	if !ok {
		return
	}
	switch m.r.IntN(6) {
	case 0:
		id = ID{id.Ms + uint64(m.r.IntN(300)), uint64(m.r.IntN(3))}
	case 1:
		id = ID{id.Ms + 1, 0}
	case 2:
		id.Seq += uint64(m.r.IntN(1000))
	case 3:
		if m.r.IntN(200) == 0 {
			id = ID{id.Ms + m.r.Uint64()>>8, m.r.Uint64()}
		}
	}
	fields := m.fields()
	err := m.s.Append(id, fields)
	if good := m.last.Less(id); good != (err == nil) {
		m.t.Fatalf("Append(%v) behind %v: %v", id, m.last, err)
	}
	if err != nil {
		return
	}
	e := entry{id: id}
	for _, f := range fields {
		e.fields = append(e.fields, string(f))
		clear(f) // what was given is not kept
	}
	m.want = append(m.want, e)
	m.last = id
	m.added++
}

// someID draws an ID that is there, or near one.
func (m *model) someID() ID {
	if len(m.want) == 0 {
		return ID{uint64(m.r.IntN(100)), 0}
	}
	id := m.want[m.r.IntN(len(m.want))].id
	switch m.r.IntN(8) {
	case 0:
		id, _ = id.Next()
	case 1:
		id, _ = id.Prev()
	case 2:
		return MaxID
	case 3:
		return ID{}
	}
	return id
}

func (m *model) index(id ID) (int, bool) {
	return slices.BinarySearchFunc(m.want, id, func(e entry, id ID) int { return e.id.Compare(id) })
}

func (m *model) del() {
	id := m.someID()
	i, ok := m.index(id)
	if m.s.Delete(id) != ok {
		m.t.Fatalf("Delete(%v): %v", id, !ok)
	}
	if ok {
		m.want = slices.Delete(m.want, i, i+1)
		if m.deleted.Less(id) {
			m.deleted = id
		}
	}
}

func (m *model) referenced(id ID, last ID) bool {
	_, pending := m.pending[id]
	return pending || last.Less(id) || !m.grouped
}

func (m *model) trim() {
	t := Trim{Refs: Refs(m.r.IntN(3)), ByID: m.r.IntN(2) == 0}
	t.MaxLen = max(0, len(m.want)-m.r.IntN(40))
	if m.r.IntN(50) == 0 {
		t.MaxLen = m.r.IntN(10)
	}
	if t.MinID = m.someID(); t.MinID == MaxID && m.r.IntN(10) > 0 {
		t.MinID = ID{}
	}
	t.About = m.r.IntN(3) == 0 && t.Refs != OnlyAcked
	cut := len(m.want) - t.MaxLen
	if t.ByID {
		cut, _ = m.index(t.MinID)
		t.MaxLen = 0
	}
	cut = max(cut, 0)
	var last ID
	if g, ok := m.s.Group([]byte("g")); ok {
		last = g.Last()
	}
	n := m.s.Trim(t)
	if t.About {
		if n > cut {
			m.t.Fatalf("Trim(%+v) removed %d of at most %d", t, n, cut)
		}
		cut = n
	}
	var stay []entry
	for _, e := range m.want[:cut] {
		if t.Refs == OnlyAcked && m.referenced(e.id, last) {
			stay = append(stay, e)
		} else if t.Refs == DropRefs {
			delete(m.pending, e.id)
		}
	}
	if want := cut - len(stay); n != want {
		m.t.Fatalf("Trim(%+v) removed %d, not %d", t, n, want)
	}
	m.want = append(stay, m.want[cut:]...)
}

func (m *model) compare(it *Iter, e *entry) {
	if it.ID() != e.id || it.Fields()*2 != len(e.fields) {
		m.t.Fatalf("%v of %d fields, want %v of %d", it.ID(), it.Fields(), e.id, len(e.fields)/2)
	}
	var a, b [32]byte
	for i := 0; it.NextField(); i += 2 {
		if f, v := it.Field(a[:0]), it.Value(b[:0]); string(f) != e.fields[i] || string(v) != e.fields[i+1] {
			m.t.Fatalf("%v has %q=%q, want %q", e.id, f, v, e.fields[i:i+2])
		}
	}
}

func (m *model) rangeOver() {
	from, to := m.someID(), m.someID()
	i, _ := m.index(from)
	j, ok := m.index(to)
	if ok {
		j++
	}
	var want []entry
	if i < j {
		want = slices.Clone(m.want[i:j])
	}
	backward := m.r.IntN(2) == 0
	if backward {
		slices.Reverse(want)
	}
	it := m.s.Range(from, to, backward)
	n := 0
	for ; it.Next(); n++ {
		if n == len(want) {
			m.t.Fatalf("Range(%v, %v, %v) has more than %d entries: %v", from, to, backward, n, it.ID())
		}
		m.compare(&it, &want[n])
	}
	if n != len(want) {
		m.t.Fatalf("Range(%v, %v, %v) has %d entries, want %d", from, to, backward, n, len(want))
	}
}

var consumers = []string{"ann", "bob", "cy"}

// groupStep does something with the group g.
func (m *model) groupStep() {
	g, ok := m.s.Group([]byte("g"))
	if ok != m.grouped {
		m.t.Fatalf("group found: %v", ok)
	}
	if !ok {
		if err := m.s.CreateGroup([]byte("g"), ID{}, ReadUnknown); err != nil {
			m.t.Fatal(err)
		}
		m.grouped = true
		return
	}
	name := consumers[m.r.IntN(len(consumers))]
	c, _ := g.AddConsumer([]byte(name), m.env.NowMs)
	id := m.someID()
	p, pending := g.Find(id)
	was, want := m.pending[id]
	if pending != want || pending && (p.Consumer != was.consumer || p.Count != was.count || p.TimeMs != was.ms) {
		m.t.Fatalf("pending of %v: %+v, want %+v", id, p, was)
	}
	m.env.NowMs += int64(m.r.IntN(3))
	switch m.r.IntN(10) {
	case 0, 1, 2, 3:
		g.Passed(id)
		g.Deliver(id, c, m.env.NowMs)
		m.pending[id] = modelPending{name, m.env.NowMs, 1}
	case 4:
		if g.Ack(id) != want {
			m.t.Fatalf("Ack(%v): %v", id, !want)
		}
		delete(m.pending, id)
	case 5:
		if pending {
			ms := int64(m.r.IntN(int(m.env.NowMs)))
			g.Give(p, c, ms, p.Count+1)
			m.pending[id] = modelPending{name, ms, p.Count + 1}
		}
	case 6, 7:
		if pending {
			g.Release(p, 7)
			m.pending[id] = modelPending{"", 0, 7}
		} else if m.r.IntN(2) == 0 {
			g.Add(id, 3)
			m.pending[id] = modelPending{"", 0, 3}
		}
	case 8:
		if m.r.IntN(10) == 0 {
			m.removeConsumer(g, name)
		}
	case 9:
		if m.r.IntN(30) == 0 {
			m.s.DestroyGroup([]byte("g"))
			m.grouped = false
			clear(m.pending)
		}
	}
}

func (m *model) removeConsumer(g Group, name string) {
	n := 0
	for id, p := range m.pending {
		if p.consumer == name {
			delete(m.pending, id)
			n++
		}
	}
	if got, ok := g.RemoveConsumer([]byte(name)); got != n || !ok {
		m.t.Fatalf("RemoveConsumer(%s): %d, %v, want %d", name, got, ok, n)
	}
}

func (m *model) checkPending() {
	g, ok := m.s.Group([]byte("g"))
	if !ok {
		return
	}
	if g.Pending() != len(m.pending) {
		m.t.Fatalf("%d pending, want %d", g.Pending(), len(m.pending))
	}
	sum := 0
	for i := range g.Consumers() {
		c := g.ConsumerAt(i)
		n := 0
		for _, p := range m.pending {
			if p.consumer == c.Name() {
				n++
			}
		}
		if n != c.Pending() {
			m.t.Fatalf("%s has %d pending, want %d", c.Name(), c.Pending(), n)
		}
		g.EachPending(c, ID{}, func(p Pending) bool {
			sum++
			return p.Consumer == c.Name()
		})
	}
	if sum+g.Released() != len(m.pending) {
		m.t.Fatalf("%d are pending for consumers and %d for nobody, of %d", sum, g.Released(), len(m.pending))
	}
}

func (m *model) check() {
	if err := check(m.s); err != nil {
		m.t.Fatal(err)
	}
	i := m.s.Info()
	first, top := ID{}, ID{}
	if n := len(m.want); n > 0 {
		first, top = m.want[0].id, m.want[n-1].id
	}
	if i.Length != len(m.want) || i.First != first || i.Top != top || i.Last != m.last || i.MaxDeleted != m.deleted || i.Added != m.added {
		m.t.Fatalf("%+v, want %d entries from %v to %v, last %v, deleted %v, %d added", i, len(m.want), first, top, m.last, m.deleted, m.added)
	}
}

func (m *model) step() {
	switch n := m.r.IntN(100); {
	case n < 50:
		m.add()
	case n < 62:
		m.del()
	case n < 66:
		m.trim()
	case n < 74:
		m.rangeOver()
	case n < 98:
		m.groupStep()
	case n < 99:
		m.clone()
	default:
		m.remember()
	}
}

// clone goes on with a copy, and spoils the original, or the other way round.
func (m *model) clone() {
	c := Stream{&datatypes.Value{Kind: datatypes.Stream, Env: m.env, Object: m.s.data().Clone(), Storage: m.s.v.Storage}}
	other := m.s
	if m.r.IntN(2) == 0 {
		other, m.s = m.s, c
	} else {
		other = c
	}
	for range 20 {
		if id, ok := other.Top(); ok && m.r.IntN(2) == 0 {
			other.Delete(id)
		}
		if id, err := other.NextSeq(other.LastID().Ms); err == nil {
			_ = other.Append(id, [][]byte{[]byte("spoilt"), []byte("yes")})
		}
		if g, ok := other.Group([]byte("g")); ok {
			k, _ := g.AddConsumer([]byte("spoiler"), 1)
			g.Deliver(m.someID(), k, 1)
		}
		other.Trim(Trim{MaxLen: max(0, other.Len()-3), Refs: DropRefs})
	}
	if err := check(other); err != nil {
		m.t.Fatal(err)
	}
}

// remember keeps names of entries, which must be found again.
func (m *model) remember() {
	id := m.someID()
	set := Idempotence{DurationSec: 1, MaxSize: 5}
	name := strconv.AppendInt(nil, m.r.Int64(), 36)
	m.s.Remember([]byte("p"), name, id, set)
	if got, ok := m.s.Known([]byte("p"), name, set); !ok || got != id {
		m.t.Fatalf("Known(%s): %v, %v, want %v", name, got, ok, id)
	}
	if n := m.s.Idempotence(set).Names; n > 5 {
		m.t.Fatalf("%d names are remembered", n)
	}
}

// TestModel: a stream of any shape answers as the naive one does.
func TestModel(t *testing.T) {
	for seed := range uint64(24) {
		shape := [][2]int{{4096, 100}, {200, 0}, {0, 3}, {4096, 1}, {600, 10}, {100000, 0}}[seed%6]
		m := newModel(t, seed, shape[0], shape[1])
		for i := range 1500 {
			m.step()
			if i%7 == 0 || i < 100 {
				m.check()
			}
			if i%50 == 0 {
				m.checkPending()
			}
		}
		m.check()
		m.checkPending()
	}
}

// FuzzModel looks for a seed and a shape that break it.
func FuzzModel(f *testing.F) {
	f.Add(uint64(1), uint16(4096), uint16(100))
	f.Add(uint64(2), uint16(50), uint16(2))
	f.Fuzz(func(t *testing.T, seed uint64, maxBytes, maxEntries uint16) {
		m := newModel(t, seed, int(maxBytes), int(maxEntries))
		for range 150 {
			m.step()
			m.check()
		}
		m.checkPending()
	})
}

// FuzzParseID: what is parsed is written as it was read, but for what is left out.
func FuzzParseID(f *testing.F) {
	for _, s := range []string{"1-2", "5", "-", "+", "1-", "18446744073709551615-18446744073709551616", " 1-+2", "007-00", "1--2"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		id, _, ok := ParseID(b, 7)
		if !ok {
			return
		}
		if again, hasSeq, ok := ParseID(id.Append(nil), 0); !ok || !hasSeq || again != id {
			t.Fatalf("%q is %v, which is read as %v", b, id, again)
		}
	})
}

// TestParseID protects the forms that clients may send.
func TestParseID(t *testing.T) {
	for text, want := range map[string]string{
		"1-2": "1-2", "5": "5-9", "007-00": "7-0", " 1-2": "1-2", "1-+2": "1-2", "0-0": "0-0",
		"18446744073709551615-18446744073709551615": "18446744073709551615-18446744073709551615",
		"": "", "-": "", "+": "", "1-": "", "-1": "", "1-x": "", "x": "", "1--2": "", "1-2-3": "", "1-2 ": "",
		"18446744073709551616": "", "1-18446744073709551616": "", "1\x00-2": "",
	} {
		id, _, ok := ParseID([]byte(text), 9)
		if ok != (want != "") || ok && id.String() != want {
			t.Errorf("%q: %v, %v, want %q", text, id, ok, want)
		}
	}
}

// TestCopiesShareNothing protects a copy under the race detector: it and the original
// live under different locks.
func TestCopiesShareNothing(t *testing.T) {
	m := newModel(t, 3, 4096, 10)
	for range 2000 {
		m.step()
	}
	all := []Stream{m.s}
	for range 3 {
		v := &datatypes.Value{Kind: datatypes.Stream, Env: &datatypes.Env{Limits: m.env.Limits, NowMs: 1}, Object: m.s.data().Clone(), Storage: m.s.v.Storage}
		all = append(all, Stream{v})
	}
	var wg sync.WaitGroup
	for i, c := range all {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 1))
			for range 300 {
				last := c.LastID()
				_ = c.Append(ID{last.Ms + 1, 0}, [][]byte{[]byte("a"), []byte("b")})
				info := c.Info()
				c.Delete(ID{info.First.Ms + r.Uint64N(1+info.Top.Ms-info.First.Ms), 0})
				if r.IntN(20) == 0 {
					c.Trim(Trim{MaxLen: c.Len() * 9 / 10, Refs: DropRefs})
				}
			}
			if err := check(c); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func benchStream(n int) Stream {
	s := New(&datatypes.Env{Limits: datatypes.DefaultLimits(), NowMs: 1})
	for i := range n {
		_ = s.Append(ID{uint64(i + 1), 0}, [][]byte{[]byte("temperature"), []byte("21"), []byte("state"), []byte("idle")})
	}
	return s
}

func BenchmarkStream(b *testing.B) {
	fields := [][]byte{[]byte("temperature"), []byte("21"), []byte("state"), []byte("idle")}
	b.Run("Append", func(b *testing.B) {
		b.ReportAllocs()
		s := benchStream(0)
		for i := range b.N {
			_ = s.Append(ID{uint64(i + 1), 0}, fields)
		}
	})
	b.Run("Range 10", func(b *testing.B) {
		b.ReportAllocs()
		s := benchStream(100000)
		r := rand.New(rand.NewPCG(1, 2))
		for range b.N {
			it := s.Range(ID{uint64(r.IntN(100000)), 0}, MaxID, false)
			for n := 0; n < 10 && it.Next(); n++ {
				for it.NextField() {
				}
			}
		}
	})
	b.Run("Deliver and Ack", func(b *testing.B) {
		b.ReportAllocs()
		s := benchStream(1)
		_ = s.CreateGroup([]byte("g"), ID{}, 0)
		g, _ := s.Group([]byte("g"))
		c, _ := g.AddConsumer([]byte("c"), 1)
		for i := range b.N {
			g.Deliver(ID{uint64(i), 0}, c, int64(i))
			g.Ack(ID{uint64(i), 0})
		}
	})
}

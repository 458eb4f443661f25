package hash

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/due"
)

type modelField struct {
	value string
	ms    int64
}

// model is the naive hash beside which the real one is run.
type model struct {
	t      testing.TB
	env    *datatypes.Env
	h      Hash
	fields map[string]modelField
}

func newModel(t testing.TB, seed uint64, entries, value int) *model {
	lim := datatypes.DefaultLimits()
	lim.HashMaxPackedEntries, lim.HashMaxPackedValue = entries, value
	env := &datatypes.Env{Limits: lim, NowMs: 1000, Rand: rand.New(rand.NewPCG(seed, 7))}
	return &model{t: t, env: env, h: New(env), fields: map[string]modelField{}}
}

func (m *model) live(f string) bool {
	x, ok := m.fields[f]
	return ok && (x.ms == 0 || x.ms > m.env.NowMs)
}

func (m *model) names(onlyLive bool) []string {
	var list []string
	for f := range m.fields {
		if !onlyLive || m.live(f) {
			list = append(list, f)
		}
	}
	slices.Sort(list)
	return list
}

// revive gives the value back its existence after it had become empty, as the
// keyspace does by creating it anew.
func (m *model) revive() {
	if m.h.v.Empty {
		m.h = New(m.env)
	}
}

func (m *model) field() string {
	r := m.env.Rand
	switch r.IntN(8) {
	case 0:
		return strconv.Itoa(r.IntN(100))
	case 1:
		return strconv.FormatInt(int64(r.Uint64())>>(r.IntN(8)*8), 10)
	case 2:
		return string(bytes.Repeat([]byte("long"), 1+r.IntN(60)))
	}
	return "f" + strconv.Itoa(r.IntN(300))
}

func (m *model) value() string {
	r := m.env.Rand
	switch r.IntN(12) {
	case 0, 1, 2:
		return strconv.FormatInt(int64(r.Uint64())>>(r.IntN(8)*8), 10)
	case 3:
		return "-0"
	case 4:
		return string(bytes.Repeat([]byte{byte(r.IntN(256))}, r.IntN(300)))
	case 5:
		if r.IntN(20) == 0 {
			return string(bytes.Repeat([]byte("big"), r.IntN(10000)))
		}
	case 6:
		return "1.5"
	}
	return fmt.Sprintf("v%0*d", r.IntN(20), r.IntN(1000))
}

func (m *model) eq(what string, got, want any) {
	m.t.Helper()
	if got != want {
		m.t.Fatalf("%s: %v, want %v (encoding %d, %d fields)", what, got, want, m.h.v.Encoding, len(m.fields))
	}
}

func (m *model) step() {
	m.revive()
	r, f, v := m.env.Rand, m.field(), m.value()
	_, had := m.fields[f]
	ms := m.env.NowMs + 1 + int64(r.IntN(2000))
	switch r.IntN(16) {
	case 0, 1, 2:
		m.eq("Set", m.h.Set([]byte(f), []byte(v)), !had)
		m.fields[f] = modelField{v, 0}
	case 3:
		m.eq("SetKeep", m.h.SetKeep([]byte(f), []byte(v)), !had)
		m.fields[f] = modelField{v, m.fields[f].ms}
	case 4:
		m.eq("SetUntil", m.h.SetUntil([]byte(f), []byte(v), ms), !had)
		m.fields[f] = modelField{v, ms}
	case 5, 6:
		m.eq("Delete", m.h.Delete([]byte(f)), had)
		delete(m.fields, f)
	case 7:
		m.setPairs()
	case 8:
		m.incr(f, int64(r.Uint64())>>r.IntN(64))
	case 9, 10:
		m.expire(f, m.env.NowMs-100+int64(r.IntN(3000)), due.Condition(r.IntN(5)))
	case 11:
		want := due.NoMember
		if m.live(f) {
			want = due.NoTime
			if m.fields[f].ms != 0 {
				want = due.Changed
				m.fields[f] = modelField{m.fields[f].value, 0}
			}
		}
		m.eq("Persist", m.h.Persist([]byte(f)), want)
	case 12:
		m.env.NowMs += int64(r.IntN(100))
	case 13:
		m.reap(1 + r.IntN(20))
	case 14:
		if o := m.h.v.Object; o != nil && r.IntN(10) == 0 {
			m.h.v.Object = o.Clone()
		}
	case 15:
		m.incrFloat(f)
	}
}

func (m *model) setPairs() {
	var pairs [][]byte
	created := 0
	for range 1 + m.env.Rand.IntN(20) {
		f, v := m.field(), m.value()
		if _, had := m.fields[f]; !had {
			created++
		}
		m.fields[f] = modelField{v, 0}
		pairs = append(pairs, []byte(f), []byte(v))
	}
	m.eq("SetPairs", m.h.SetPairs(pairs), created)
}

func (m *model) incr(f string, d int64) {
	x := m.fields[f]
	n, ok := int64(0), true
	if m.live(f) {
		n, ok = datatypes.ParseInt([]byte(x.value))
	} else {
		x.ms = 0
	}
	got, err := m.h.IncrBy([]byte(f), d)
	sum := n + d
	switch {
	case !ok:
		m.eq("IncrBy of no integer", err, ErrNotInteger)
	case (sum < n) != (d < 0):
		m.eq("IncrBy too far", err, datatypes.ErrOverflow)
	default:
		m.eq("IncrBy", got, sum)
		m.fields[f] = modelField{strconv.FormatInt(sum, 10), x.ms}
	}
}

func (m *model) incrFloat(f string) {
	delta, _ := datatypes.ParseLongDouble([]byte("0.25"))
	x := m.fields[f]
	var n datatypes.LongDouble
	ok := true
	if m.live(f) {
		n, ok = datatypes.ParseLongDouble([]byte(x.value))
	} else {
		x.ms = 0
	}
	got, err := m.h.IncrByFloat(nil, []byte(f), delta)
	if !ok {
		m.eq("IncrByFloat of no number", err, ErrNotFloat)
		return
	}
	sum, _ := n.Add(delta)
	want := string(sum.Append(nil))
	m.eq("IncrByFloat", string(got), want)
	m.fields[f] = modelField{want, x.ms}
}

func (m *model) expire(f string, ms int64, c due.Condition) {
	want := due.NoMember
	if m.live(f) {
		old := m.fields[f].ms
		ok := map[due.Condition]bool{due.Always: true, due.IfNone: old == 0, due.IfTimed: old != 0,
			due.IfLater: old != 0 && ms > old, due.IfSooner: old == 0 || ms < old}[c]
		switch {
		case !ok:
			want = due.Unchanged
		case ms <= m.env.NowMs:
			want = due.Deleted
			delete(m.fields, f)
		default:
			want = due.Changed
			m.fields[f] = modelField{m.fields[f].value, ms}
		}
	}
	m.eq("Expire", m.h.Expire([]byte(f), ms, c), want)
}

func (m *model) reap(limit int) {
	expired := len(m.names(false)) - len(m.names(true))
	n := m.h.Reap(limit, func(f []byte) {
		if _, ok := m.fields[string(f)]; !ok || m.live(string(f)) {
			m.t.Fatalf("Reap takes %q", f)
		}
		delete(m.fields, string(f))
	})
	m.eq("Reap", n, min(limit, expired))
}

func (m *model) check() {
	m.t.Helper()
	live := m.names(true)
	m.eq("Stored", m.h.Stored(), len(m.fields))
	m.eq("Len", m.h.Len(), len(live))
	least := int64(0)
	for _, x := range m.fields {
		if x.ms != 0 && (least == 0 || x.ms < least) {
			least = x.ms
		}
	}
	m.eq("DueMs", m.h.v.DueMs, least)
	var scratch [Scratch]byte
	n := 0
	m.h.Each(scratch[:], func(it Item) bool {
		x, ok := m.fields[string(it.Field)]
		if !ok || x.value != string(it.Value) || x.ms != it.ExpiryMs || !m.live(string(it.Field)) {
			m.t.Fatalf("Each gives %q %.30q %d, want %+.40v", it.Field, it.Value, it.ExpiryMs, x)
		}
		n++
		return true
	})
	m.eq("Each", n, len(live))
	for f, x := range m.fields {
		got, st := m.h.Get([]byte(f), scratch[:])
		if m.live(f) != (st == Live) || st == Missing || st == Live && string(got) != x.value {
			m.t.Fatalf("Get(%q) = %.30q %v, want %+.40v", f, got, st, x)
		}
		if ms, _ := m.h.Time([]byte(f)); ms != x.ms {
			m.t.Fatalf("Expiry(%q) = %d, want %d", f, ms, x.ms)
		}
	}
	if l := m.h.large(); l != nil {
		if err := l.check(); err != nil {
			m.t.Fatal(err)
		}
	}
	m.scan()
	m.random()
}

func (m *model) scan() {
	seen := map[string]bool{}
	for cursor := uint64(0); ; {
		cursor = m.h.Scan(cursor, 5, nil, func(it Item) { seen[string(it.Field)] = true })
		if cursor == 0 {
			break
		}
	}
	m.eq("Scan", len(seen), len(m.names(true)))
}

func (m *model) random() {
	live := len(m.names(true))
	it, ok := m.h.Random(nil)
	if ok != (live > 0) || ok && !m.live(string(it.Field)) {
		m.t.Fatalf("Random gives %q", it.Field)
	}
	n := m.env.Rand.IntN(live + 3)
	seen := map[string]bool{}
	m.h.RandomDistinct(n, nil, func(it Item) { seen[string(it.Field)] = m.live(string(it.Field)) })
	m.eq("RandomDistinct", len(seen), min(n, live))
	got := 0
	m.h.RandomRepeated(5, nil, func(it Item) { got++ })
	if live > 0 {
		m.eq("RandomRepeated", got, 5)
	}
}

// TestModel runs random operations on a hash in every encoding and on a map.
func TestModel(t *testing.T) {
	for seed := range uint64(60) {
		entries := []int{512, 8, 0, 100}[seed%4]
		m := newModel(t, seed, entries, 64)
		for i := range 1200 {
			m.step()
			if i%37 == 0 {
				m.check()
			}
		}
		m.check()
	}
}

// TestDrain protects shrinking: a hash that lost its fields has lost their memory.
func TestDrain(t *testing.T) {
	m := newModel(t, 3, 16, 64)
	for i := range 30000 {
		m.h.Set(fmt.Appendf(nil, "field:%d", i), []byte("value"))
	}
	full := m.h.v.Object.Size()
	for i := range 29990 {
		m.h.Delete(fmt.Appendf(nil, "field:%d", i))
		if i%1000 == 0 {
			if err := m.h.large().check(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := m.h.Stored(); n != 10 {
		t.Fatal(n)
	}
	if size := m.h.v.Object.Size(); size > full/3 {
		t.Errorf("%d bytes of %d left for 10 fields", size, full)
	}
}

// TestChurn protects the bound on what values of changing size leave unused.
func TestChurn(t *testing.T) {
	m := newModel(t, 5, 16, 64)
	r := m.env.Rand
	for range 400000 {
		m.h.Set(fmt.Appendf(nil, "field:%d", r.IntN(20000)), bytes.Repeat([]byte("x"), 8+r.IntN(120)))
	}
	l := m.h.large()
	if l.records.Size() > l.records.Live()*5/4 {
		t.Errorf("%d bytes of chunks for %d of records", l.records.Size(), l.records.Live())
	}
	if err := l.check(); err != nil {
		t.Fatal(err)
	}
}

// TestScanWhileGrowing protects SCAN's guarantee through growth and conversion, both
// ways.
func TestScanWhileGrowing(t *testing.T) {
	for seed := range uint64(20) {
		m := newModel(t, seed, 50, 64)
		stay := map[string]bool{}
		for i := range []int{30, 300, 3000}[seed%3] {
			f := fmt.Sprintf("stay:%d", i)
			stay[f] = true
			m.h.Set([]byte(f), []byte("v"))
		}
		seen := map[string]bool{}
		grow, next := seed%2 == 0, 0
		if !grow {
			for ; next < 5000; next++ {
				m.h.Set(fmt.Appendf(nil, "go:%d", next), []byte("v"))
			}
		}
		for cursor := uint64(0); ; {
			cursor = m.h.Scan(cursor, 10, nil, func(it Item) { seen[string(it.Field)] = true })
			if cursor == 0 {
				break
			}
			for range 60 {
				if grow && next < 20000 {
					m.h.Set(fmt.Appendf(nil, "go:%d", next), []byte("v"))
					next++
				} else if !grow && next > 0 {
					next--
					m.h.Delete(fmt.Appendf(nil, "go:%d", next))
				}
			}
		}
		for f := range stay {
			if !seen[f] {
				t.Fatalf("seed %d: scan misses %q", seed, f)
			}
		}
	}
}

// TestRandomIsFair protects the equal chances of all fields (chi squared), packed and
// large, with expired ones between them.
func TestRandomIsFair(t *testing.T) {
	for _, n := range []int{10, 100, 1000} {
		m := newModel(t, uint64(n), 50, 64)
		for i := range n {
			m.h.Set(fmt.Appendf(nil, "%d", i), []byte("v"))
			if i%5 == 0 {
				m.h.SetUntil(fmt.Appendf(nil, "gone%d", i), []byte("v"), 10)
			}
		}
		counts := map[string]float64{}
		draws := 200 * n
		for range draws {
			it, _ := m.h.Random(nil)
			counts[string(it.Field)]++
		}
		chi := 0.0
		for i := range n {
			d := counts[strconv.Itoa(i)] - 200
			chi += d * d / 200
		}
		// The mean is n-1, the deviation sqrt(2(n-1)).
		if limit := float64(n) + 5*1.5*float64(intSqrt(n)); chi > limit {
			t.Errorf("%d fields: chi squared %.0f, limit %.0f", n, chi, limit)
		}
	}
}

func intSqrt(n int) int {
	i := 0
	for i*i < n {
		i++
	}
	return i
}

// TestEncodingName protects what OBJECT ENCODING shows.
func TestEncodingName(t *testing.T) {
	long := string(bytes.Repeat([]byte("x"), 65))
	for _, c := range []struct {
		name string
		do   func(*model)
		want string
	}{
		{"small", func(m *model) { m.h.Set([]byte("a"), []byte("1")) }, "listpack"},
		{"time", func(m *model) { m.h.Set([]byte("a"), []byte("1")); m.h.Expire([]byte("a"), 9999, due.Always) }, "listpackex"},
		{"persisted", func(m *model) {
			m.h.SetUntil([]byte("a"), []byte("1"), 9999)
			m.h.Persist([]byte("a"))
		}, "listpackex"},
		{"long value", func(m *model) { m.h.Set([]byte("a"), []byte(long)) }, "hashtable"},
		{"long field", func(m *model) { m.h.Set([]byte(long), []byte("1")) }, "hashtable"},
		{"sticky", func(m *model) { m.h.Set([]byte("a"), []byte(long)); m.h.Set([]byte("a"), []byte("1")) }, "hashtable"},
		{"many", func(m *model) { fill(m.h, 9) }, "hashtable"},
		{"just not many", func(m *model) { fill(m.h, 8) }, "listpack"},
		{"too large for a record", func(m *model) { m.env.Limits.HashMaxPackedEntries = 512; fill(m.h, 500) }, "listpack"},
	} {
		m := newModel(t, 1, 8, 64)
		c.do(m)
		if got := m.h.EncodingName(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func fill(h Hash, n int) {
	for i := range n {
		h.Set(fmt.Appendf(nil, "field:%030d", i), bytes.Repeat([]byte("v"), 30))
	}
}

func FuzzModel(f *testing.F) {
	f.Add(uint64(1), uint16(8), uint16(64))
	f.Add(uint64(2), uint16(0), uint16(3))
	f.Fuzz(func(t *testing.T, seed uint64, entries, value uint16) {
		m := newModel(t, seed, int(entries), int(value))
		for range 60 {
			m.step()
			m.check()
		}
	})
}

func benchHash(n, entries int) Hash {
	lim := datatypes.DefaultLimits()
	lim.HashMaxPackedEntries = entries
	h := New(&datatypes.Env{Limits: lim, NowMs: 1, Rand: rand.New(rand.NewPCG(1, 2))})
	for i := range n {
		h.Set(fmt.Appendf(nil, "field:%010d", i), fmt.Appendf(nil, "value:%010d", i))
	}
	return h
}

func BenchmarkHash(b *testing.B) {
	for _, n := range []int{5, 200, 1000000} {
		h := benchHash(n, 512)
		fields := make([][]byte, 4096)
		r := rand.New(rand.NewPCG(1, 2))
		for i := range fields {
			fields[i] = fmt.Appendf(nil, "field:%010d", r.IntN(n))
		}
		value := []byte("VALUE:0000000000")
		var scratch [Scratch]byte
		b.Run(fmt.Sprintf("Get/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for i := range b.N {
				if _, st := h.Get(fields[i&4095], scratch[:]); st != Live {
					b.Fatal("lost")
				}
			}
		})
		b.Run(fmt.Sprintf("SetSame/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for i := range b.N {
				h.Set(fields[i&4095], value)
			}
		})
	}
	b.Run("SetNew", func(b *testing.B) {
		b.ReportAllocs()
		h := benchHash(0, 0)
		var buf [32]byte
		for i := range b.N {
			h.Set(strconv.AppendInt(append(buf[:0], "field:"...), int64(i), 10), []byte("value:0000000000"))
		}
	})
}

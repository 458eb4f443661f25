package keyspace

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/str"
)

type modelKey struct {
	db  int
	key string
}

type modelValue struct {
	text   string
	expiry int64
}

// model is a naive store beside the real one. Its map changes inside transactions, so
// that it is exact whenever all shards are held.
type model struct {
	t    testing.TB
	s    *Store
	tx   *Tx
	r    *rand.Rand
	mu   *sync.Mutex
	want map[modelKey]modelValue
	now  int64
	own  byte // first byte of this model's keys, so that several can run at once
}

const modelDBs = 3

func newModel(t testing.TB, seed uint64) *model {
	s, err := Open(Options{Shards: 4, Databases: modelDBs, Seed: seed + 1})
	if err != nil {
		t.Fatal(err)
	}
	return &model{t: t, s: s, tx: s.NewTx(), r: rand.New(rand.NewPCG(seed, 7)), mu: &sync.Mutex{},
		want: map[modelKey]modelValue{}, now: 1_000_000, own: 'k'}
}

func (m *model) key() []byte {
	n := m.r.IntN(60)
	key := fmt.Appendf(nil, "%c%d", m.own, n)
	switch {
	case n == 7:
		key = append(key, bytes.Repeat([]byte("long"), 100)...)
	case n == 9:
		return nil // the empty key is a key
	case n == 8:
		key = append(key, bytes.Repeat([]byte("longer"), 4000)...)
	}
	return key
}

func (m *model) text() string {
	switch m.r.IntN(20) {
	case 0:
		return string(bytes.Repeat([]byte{'x'}, 20000+m.r.IntN(1000)))
	case 1:
		return fmt.Sprint(m.r.Int64())
	}
	return string(bytes.Repeat([]byte{'y'}, m.r.IntN(100)))
}

func (m *model) live(k modelKey) (modelValue, bool) {
	v, ok := m.want[k]
	if ok && v.expiry != 0 && v.expiry <= m.now {
		delete(m.want, k)
		return modelValue{}, false
	}
	return v, ok
}

// step does one random operation on both.
func (m *model) step() {
	tx, key, other := m.tx, m.key(), m.key()
	tx.Begin(m.now)
	tx.DB = m.r.IntN(modelDBs)
	target := m.r.IntN(modelDBs)
	set := m.s.NewShardSet()
	set.Add(m.s.ShardOf(key))
	set.Add(m.s.ShardOf(other))
	tx.LockSet(set)
	m.mu.Lock()
	k, o := modelKey{tx.DB, string(key)}, modelKey{target, string(other)}
	v, ok := m.live(k)
	var expiry int64
	if m.r.IntN(4) == 0 {
		expiry = m.now + int64(m.r.IntN(300))
	}
	switch op := m.r.IntN(12); op {
	case 0, 1, 2:
		text := m.text()
		Create[str.String](tx, key, expiry).Set([]byte(text))
		tx.Changed(key, EvSet)
		m.want[k] = modelValue{text, expiry}
	case 3:
		if tx.Delete(key) != ok {
			m.t.Errorf("Delete(%.20q) is not %v", key, ok)
		}
		delete(m.want, k)
	case 4:
		if tx.SetExpiry(key, expiry) != ok {
			m.t.Errorf("SetExpiry(%.20q) is not %v", key, ok)
		}
		if ok {
			m.want[k] = modelValue{v.text, expiry}
		}
	case 5, 6:
		move := op == 5
		if k == o {
			break
		}
		done := false
		if move {
			done = tx.Rename(key, target, other)
		} else {
			done = tx.Copy(key, target, other)
		}
		if done != ok {
			m.t.Errorf("Rename or Copy of %.20q is not %v", key, ok)
		}
		if ok {
			m.want[o] = v
			if move {
				delete(m.want, k)
			}
		}
	case 7:
		s, err := Upsert[str.String](tx, key)
		if err != nil {
			m.t.Fatal(err)
		}
		tail := m.text()
		s.Append([]byte(tail))
		m.want[k] = modelValue{v.text + tail, v.expiry}
	case 8:
		// A command that fails leaves nothing behind.
		s, _ := Upsert[str.String](tx, key)
		if s.Value().Object == nil {
			s.Value().Replace(str.Raw, 3)
		}
		tx.Abort()
	default:
		s, found, err := Read[str.String](tx, key)
		if err != nil || found != ok || ok && string(s.AppendTo(nil)) != v.text {
			m.t.Errorf("Read(%.20q) is not what was written", key)
		}
	}
	tx.Commit(nil)
	m.mu.Unlock()
	tx.End()
}

// whole does an operation on everything.
func (m *model) whole() {
	tx := m.tx
	tx.Begin(m.now)
	switch m.r.IntN(6) {
	case 0:
		tx.LockAll()
		tx.DB = m.r.IntN(modelDBs)
		tx.Flush()
		maps.DeleteFunc(m.want, func(k modelKey, _ modelValue) bool { return k.db == tx.DB })
		tx.End()
	case 1:
		tx.LockAll()
		tx.Swap(0, 1)
		swapped := map[modelKey]modelValue{}
		for k, v := range m.want {
			if k.db < 2 {
				k.db = 1 - k.db
			}
			swapped[k] = v
		}
		m.want = swapped
		tx.End()
	case 2:
		for i := range m.s.Shards() {
			tx.Sweep(i, 10)
		}
	case 3:
		m.now += int64(m.r.IntN(200))
	default:
		for i := range m.s.Shards() {
			for m.s.Compact(i, 10) && m.r.IntN(3) > 0 {
			}
		}
	}
}

func (m *model) check() {
	m.t.Helper()
	if err := m.s.Check(); err != nil {
		m.t.Fatal(err)
	}
	m.tx.Begin(m.now)
	got := 0
	for db := range modelDBs {
		m.tx.DB = db
		for cursor := uint64(0); ; {
			cursor = m.tx.Scan(cursor, 7, func(e Entry) {
				got++
				if v, ok := m.live(modelKey{db, string(e.Key)}); !ok || v.expiry != e.ExpiryMs {
					m.t.Errorf("Scan gives %.20q, expiry %d; want %v, %d", e.Key, e.ExpiryMs, ok, v.expiry)
				}
			})
			if cursor == 0 {
				break
			}
		}
	}
	for k := range m.want {
		m.live(k)
	}
	if got != len(m.want) {
		m.t.Errorf("Scan gives %d keys of %d", got, len(m.want))
	}
}

// TestModel protects the keyspace's promises under any order of operations: values,
// expiries, failed commands, renames and copies across databases, and the books.
func TestModel(t *testing.T) {
	for seed := range uint64(8) {
		m := newModel(t, seed)
		for i := range 6000 {
			m.step()
			if i%37 == 0 {
				m.whole()
			}
			if i%500 == 0 {
				m.check()
			}
		}
		m.check()
		for db := range modelDBs {
			m.tx.Begin(m.now)
			m.tx.LockAll()
			m.tx.DB = db
			m.tx.Flush()
			m.tx.End()
		}
		if used := m.s.Memory().Used(); used != 0 || m.s.Used() != 0 {
			t.Errorf("seed %d: an empty store counts %d and %d bytes", seed, used, m.s.Used())
		}
	}
}

// snapshotOf returns the options of a snapshot that passes strings to fn.
func snapshotOf(cut func(), fn func(db int, key, text string, expiryMs int64)) SnapshotOptions {
	text := func(it Item) string {
		if it.Value.Kind != datatypes.String {
			return "" // the key is all that matters
		}
		return string(str.String{}.Of(it.Value).AppendTo(nil))
	}
	return SnapshotOptions{
		Cut: func(SnapshotFigures) {
			if cut != nil {
				cut()
			}
		},
		Encode: func(b []byte, it Item) []byte {
			for _, s := range []string{string(it.Key), text(it)} {
				b = append(binary.AppendUvarint(b, uint64(len(s))), s...)
			}
			return binary.AppendVarint(binary.AppendVarint(b, int64(it.DB)), it.ExpiryMs)
		},
		Write: func(b []byte, keys int) error {
			for ; keys > 0; keys-- {
				var s [2]string
				for i := range s {
					n, k := binary.Uvarint(b)
					s[i], b = string(b[k:k+int(n)]), b[k+int(n):]
				}
				db, k := binary.Varint(b)
				ms, j := binary.Varint(b[k:])
				b = b[k+j:]
				fn(int(db), s[0], s[1], ms)
			}
			if len(b) > 0 {
				return errors.New("a chunk has more than its keys")
			}
			return nil
		},
		Object: func(it Item) error {
			fn(it.DB, string(it.Key), text(it), it.ExpiryMs)
			return nil
		},
		Limit: 1 << 12,
	}
}

// TestSnapshotStops protects that a snapshot that is told to end, or fails, ends, and that the
// next one has everything.
func TestSnapshotStops(t *testing.T) {
	m := newModel(t, 43)
	for range 3000 {
		m.step()
	}
	stop := make(chan struct{})
	o := snapshotOf(nil, func(int, string, string, int64) {})
	o.Stop = stop
	write, once := o.Write, sync.Once{}
	o.Write = func(b []byte, keys int) error {
		once.Do(func() { close(stop) })
		for range 200 {
			m.step() // may wait until the snapshot has ended
		}
		return write(b, keys)
	}
	if err := m.s.Snapshot(o); err != ErrStopped {
		t.Fatal(err)
	}
	full := errors.New("disk full")
	o = snapshotOf(nil, nil)
	o.Write = func([]byte, int) error { return full }
	o.Object = func(Item) error { return full }
	if err := m.s.Snapshot(o); err != full {
		t.Fatal(err)
	}
	n := 0
	if err := m.s.Snapshot(snapshotOf(nil, func(int, string, string, int64) { n++ })); err != nil || n != len(m.want) {
		t.Fatalf("%d keys of %d, %v", n, len(m.want), err)
	}
}

// TestSnapshotAhead protects memory: the walker is no more than so many values ahead of the disk,
// whether they are objects or not.
func TestSnapshotAhead(t *testing.T) {
	m := newModel(t, 44)
	const keys = 8 * walkerLong
	m.tx.Begin(m.now)
	m.tx.LockAll()
	for i := range keys {
		Create[str.String](m.tx, fmt.Appendf(nil, "%d", i), 0).Set(make([]byte, 20000))
	}
	m.tx.Commit(nil)
	m.tx.End()
	most, objects := 0, 0
	o := snapshotOf(nil, func(int, string, string, int64) {
		objects++
		for range 10 {
			runtime.Gosched() // the walker may go on meanwhile
		}
		sn := m.s.snap.Load()
		sn.mu.Lock()
		most = max(most, len(sn.queue))
		sn.mu.Unlock()
	})
	if err := m.s.Snapshot(o); err != nil {
		t.Fatal(err)
	}
	if objects != keys || most > walkerLong+snapStep {
		t.Errorf("%d of %d values are written, and up to %d wait", objects, keys, most)
	}
}

// TestSnapshot protects the point in time: while writers change, rename, flush and
// expire keys, a snapshot passes each key of the moment of its cut once, as it was.
func TestSnapshot(t *testing.T) {
	m := newModel(t, 42)
	for range 3000 {
		m.step()
	}
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for w := range 3 {
		writers.Go(func() {
			x := *m
			x.tx, x.r, x.own = m.s.NewTx(), rand.New(rand.NewPCG(uint64(w), 9)), byte('a'+w)
			for {
				select {
				case <-stop:
					return
				default:
					x.step()
				}
			}
		})
	}
	flushes := m.s.NewTx()
	for round := range 30 {
		var want map[modelKey]modelValue
		got := map[modelKey]modelValue{}
		cut := func() {
			m.mu.Lock()
			want = maps.Clone(m.want)
			m.mu.Unlock()
		}
		err := m.s.Snapshot(snapshotOf(cut, func(db int, key, text string, expiryMs int64) {
			k := modelKey{db, key}
			if _, twice := got[k]; twice {
				t.Errorf("%.20q is passed twice", key)
			}
			got[k] = modelValue{text, expiryMs}
		}))
		if err != nil {
			t.Fatal(err)
		}
		for k, v := range want {
			if got[k] != v {
				t.Fatalf("round %d: %.20q in %d is %.20q (%d), was %.20q (%d)", round, k.key, k.db, got[k].text, got[k].expiry, v.text, v.expiry)
			}
		}
		if len(got) != len(want) {
			t.Fatalf("round %d: %d keys are passed of %d", round, len(got), len(want))
		}
		flushes.Begin(m.now)
		flushes.LockAll()
		flushes.DB = round % modelDBs
		m.mu.Lock()
		flushes.Flush()
		maps.DeleteFunc(m.want, func(k modelKey, _ modelValue) bool { return k.db == flushes.DB })
		m.mu.Unlock()
		flushes.End()
	}
	close(stop)
	writers.Wait()
	m.check()
}

// journalLog keeps effects as text.
type journalLog struct{ lines []string }

func (j *journalLog) Append(batch []Effect) int64 {
	for _, e := range batch {
		j.lines = append(j.lines, fmt.Sprintf("%d %s", e.DB, bytes.Join(e.Args, []byte(" "))))
	}
	return int64(len(j.lines))
}

type eventLog struct{ lines []string }

func (l *eventLog) KeyEvent(db int, key []byte, ev Event) {
	l.lines = append(l.lines, fmt.Sprintf("%d %s %s", db, ev, key))
}

func same(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// TestExpiredBeforeEffect protects replay: the DEL of a key that a command finds
// expired stands before the command's own effect.
func TestExpiredBeforeEffect(t *testing.T) {
	s, err := Open(Options{Shards: 2})
	if err != nil {
		t.Fatal(err)
	}
	j, ev := &journalLog{}, &eventLog{}
	s.SetJournal(j)
	s.SetObserver(ev)
	s.Observe(^EventClass(0))
	tx := s.NewTx()
	set := func(now int64, expiry int64, text string) {
		tx.Begin(now)
		tx.LockKey(s.ShardOf([]byte("k")))
		Create[str.String](tx, []byte("k"), expiry).Set([]byte(text))
		tx.Changed([]byte("k"), EvSet)
		tx.Commit([][]byte{[]byte("SET"), []byte("k"), []byte(text)})
		tx.End()
	}
	set(100, 200, "a")
	set(300, 0, "b")
	same(t, "effects", j.lines, "0 SET k a", "0 DEL k", "0 SET k b")
	same(t, "events", ev.lines, "0 new k", "0 set k", "0 expired k", "0 new k", "0 set k")
}

// TestWatch protects EXEC's condition: any change of a watched key, also by expiry
// and by a flush, breaks the watch; a change of others does not.
func TestWatch(t *testing.T) {
	s, err := Open(Options{Shards: 2})
	if err != nil {
		t.Fatal(err)
	}
	tx := s.NewTx()
	a, b := []byte("a"), []byte("b")
	set := func(key []byte, expiry int64) {
		Create[str.String](tx, key, expiry).Set([]byte("x"))
		tx.Changed(key, EvSet)
		tx.Commit(nil)
	}
	for i, c := range []struct {
		change func()
		want   bool
	}{
		{func() {}, false},
		{func() { set(b, 0) }, false},
		{func() { set(a, 0) }, true},
		{func() { tx.Delete(a); tx.Changed(a, EvDel); tx.Commit(nil) }, true},
		{func() { tx.Flush() }, true},
		{func() { tx.Begin(1000) }, true},
		{func() { tx.Swap(0, 1) }, true},
		{func() { tx.Swap(0, 0) }, false},
		{func() { tx.DB = 1; set(a, 0); tx.DB = 0 }, false},
	} {
		var w Watch
		tx.Begin(1)
		tx.LockAll()
		set(a, 500)
		tx.Watch(&w, a)
		c.change()
		if got := tx.Unwatch(&w); got != c.want {
			t.Errorf("case %d: broken %v", i, got)
		}
		tx.Flush()
		tx.End()
	}
	for i := range s.shards {
		if n := len(s.shards[i].watched); n != 0 {
			t.Errorf("%d watched keys are left", n)
		}
	}
}

// TestSweep protects memory: keys go without being met, once their time has come
// and not before.
func TestSweep(t *testing.T) {
	s, err := Open(Options{Shards: 2})
	if err != nil {
		t.Fatal(err)
	}
	tx := s.NewTx()
	const n = 5000
	for i := range n {
		key := fmt.Appendf(nil, "key:%d", i)
		tx.Begin(1)
		tx.LockKey(s.ShardOf(key))
		Create[str.String](tx, key, int64(10+i)).Set([]byte("x"))
		tx.Changed(key, EvSet)
		tx.Commit(nil)
		tx.End()
	}
	for _, now := range []int64{5, 10, 500, 2500, 10 + n} {
		for i := range s.Shards() {
			for more := true; more; {
				tx.Begin(now)
				more = tx.Sweep(i, 64)
			}
		}
		keys, _ := s.DatabaseSize(0)
		if want := n - int(min(max(now-9, 0), n)); keys != want {
			t.Errorf("at %d: %d keys are left, want %d", now, keys, want)
		}
	}
	if got := s.Counters().Expired; got != n {
		t.Errorf("%d expired keys are counted", got)
	}
}

// TestEvict protects what eviction takes: with LRU keys that were not touched for long.
func TestEvict(t *testing.T) {
	s, err := Open(Options{Shards: 4, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	tx := s.NewTx()
	touch := func(now int64, from, to int, write bool) {
		for i := from; i < to; i++ {
			key := fmt.Appendf(nil, "key:%d", i)
			tx.Begin(now)
			tx.LockKey(s.ShardOf(key))
			if write {
				Create[str.String](tx, key, 0).Set([]byte("x"))
				tx.Changed(key, EvSet)
				tx.Commit(nil)
			} else if _, ok, _ := Read[str.String](tx, key); !ok {
				t.Fatalf("%s is gone", key)
			}
			tx.Abort()
			tx.End()
		}
	}
	hour := int64(time.Hour / time.Millisecond)
	touch(hour, 0, 2000, true)
	touch(2*hour, 0, 1000, false)
	for range 800 {
		tx.Begin(3 * hour)
		if !tx.Evict(EvictLRU, false, 10) {
			t.Fatal("nothing to evict")
		}
	}
	lost := 0
	for i := range 1000 {
		key := fmt.Appendf(nil, "key:%d", i)
		tx.Begin(3 * hour)
		tx.LockKey(s.ShardOf(key))
		if _, ok := tx.Expiry(key); !ok {
			lost++
		}
		tx.End()
	}
	if lost > 80 {
		t.Errorf("%d of 800 evicted keys had been touched lately", lost)
	}
	if tx.Begin(3 * hour); tx.Evict(EvictTTL, true, 10) {
		t.Error("a key without expiry was evicted as a volatile one")
	}
}

// TestWrongType protects the typed error.
func TestWrongType(t *testing.T) {
	s, err := Open(Options{Shards: 1})
	if err != nil {
		t.Fatal(err)
	}
	tx := s.NewTx()
	tx.Begin(1)
	tx.LockAll()
	defer tx.End()
	o := tx.open([]byte("k"))
	o.value.Kind = datatypes.Hash
	copy(o.value.Replace(0, 3), "abc")
	tx.Commit(nil)
	if _, _, err := Read[str.String](tx, []byte("k")); err != ErrWrongType {
		t.Error(err)
	}
	if _, err := Upsert[str.String](tx, []byte("k")); err != ErrWrongType {
		t.Error(err)
	}
	tx.Abort()
}

// entryLog keeps how many effects each entry has.
type entryLog struct{ sizes []int }

func (j *entryLog) Append(batch []Effect) int64 {
	j.sizes = append(j.sizes, len(batch))
	return int64(len(j.sizes))
}

// TestEntries protects which effects stand together in the journal: those of a transaction do,
// removals of expired keys that a walk has met do not.
func TestEntries(t *testing.T) {
	s, err := Open(Options{Shards: 2})
	if err != nil {
		t.Fatal(err)
	}
	j := &entryLog{}
	s.SetJournal(j)
	tx := s.NewTx()
	for _, expiry := range []int64{0, 1500} {
		tx.Begin(1000)
		tx.LockAll()
		for _, k := range []string{"a", "b", "c"} {
			Create[str.String](tx, []byte(k), expiry).Set([]byte("x"))
			tx.Changed([]byte(k), EvSet)
			tx.Commit([][]byte{[]byte("SET"), []byte(k)})
		}
		tx.End()
	}
	tx.Begin(2000)
	tx.LockAll()
	if key := tx.Random(); key != nil {
		t.Errorf("a random key is %q, which has expired", key)
	}
	tx.End()
	if want := []int{3, 3, 1, 1, 1}; !slices.Equal(j.sizes, want) {
		t.Errorf("entries of %d effects, want %d", j.sizes, want)
	}
}

// TestEvictLastKeys protects eviction under a small limit: with a shard's last key its index goes,
// so that memory comes down to nothing.
func TestEvictLastKeys(t *testing.T) {
	s, err := Open(Options{Shards: 16})
	if err != nil {
		t.Fatal(err)
	}
	s.SetUsedStep(1)
	tx := s.NewTx()
	for n := range 400 {
		key := fmt.Appendf(nil, "k%d", n)
		tx.Begin(1000)
		tx.LockKey(s.ShardOf(key))
		Create[str.String](tx, key, 0).Set([]byte("x"))
		tx.Changed(key, EvSet)
		tx.Commit(nil)
		tx.End()
	}
	if s.Used() < 16*pageBytes {
		t.Fatal("every shard has a page of index, yet only so many bytes are used:", s.Used())
	}
	for n := range 400 {
		tx.Begin(1000)
		if !tx.Evict(EvictRandom, false, 5) {
			t.Fatal("no key to evict after", n)
		}
	}
	if s.Used() != 0 {
		t.Error("bytes that are used when all keys have gone:", s.Used())
	}
	if err := s.Check(); err != nil {
		t.Error(err)
	}
}

// TestAccessClock protects what counts as an access: with LRM only a change.
func TestAccessClock(t *testing.T) {
	s, err := Open(Options{Shards: 2})
	if err != nil {
		t.Fatal(err)
	}
	tx, key := s.NewTx(), []byte("k")
	at := func(sec int64, fn func()) {
		tx.Begin(sec * 1000)
		tx.LockKey(s.ShardOf(key))
		fn()
		tx.End()
	}
	write := func() {
		Create[str.String](tx, key, 0).Set([]byte("x"))
		tx.Changed(key, EvSet)
		tx.Commit(nil)
	}
	read := func() {
		if _, ok, err := Read[str.String](tx, key); !ok || err != nil {
			t.Fatal(ok, err)
		}
		tx.Commit(nil)
	}
	for _, c := range []struct {
		policy AccessPolicy
		idle   int64
	}{{AccessPolicy{}, 10}, {AccessPolicy{LRM: true}, 30}} {
		s.SetAccessPolicy(c.policy)
		at(100, write)
		at(120, read)
		at(130, func() {
			if idle, _, ok := tx.Access(key); idle != c.idle || !ok {
				t.Errorf("%+v: idle for %d s, want %d", c.policy, idle, c.idle)
			}
		})
		at(140, write)
		at(141, func() {
			if idle, _, _ := tx.Access(key); idle != 1 {
				t.Errorf("%+v: idle for %d s after a change, want 1", c.policy, idle)
			}
		})
	}
}

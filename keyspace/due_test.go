package keyspace

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/hash"
	"github.com/medleydb/medley/datatypes/str"
)

// dueModel runs random changes of keys whose members go by themselves, and knows when
// each member goes.
type dueModel struct {
	t    *testing.T
	s    *Store
	tx   *Tx
	r    *rand.Rand
	now  int64
	dbs  [2]map[string]map[string]int64 // key -> field -> time; nil: a string
	gone int                            // members that the reaper took
}

func newDueModel(t *testing.T, seed uint64) *dueModel {
	s, err := Open(Options{Shards: 4, Databases: 2, Seed: seed + 1})
	if err != nil {
		t.Fatal(err)
	}
	m := &dueModel{t: t, s: s, tx: s.NewTx(), r: rand.New(rand.NewPCG(seed, 3)), now: 1000}
	m.clear()
	s.SetReaper(m.reap)
	return m
}

func (m *dueModel) clear() {
	for db := range m.dbs {
		m.dbs[db] = map[string]map[string]int64{}
	}
}

func (m *dueModel) reap(tx *Tx, key []byte, kind datatypes.Kind, limit int) (int, error) {
	if kind != datatypes.Hash {
		m.t.Errorf("the reaper is given a %v", kind)
		return 0, nil
	}
	if m.r.IntN(20) == 0 {
		return 0, errors.New("not now")
	}
	h, _, err := Update[hash.Hash](tx, key)
	if err != nil {
		return 0, err
	}
	fields := m.dbs[tx.DB][string(key)]
	n := h.Reap(limit, func(f []byte) {
		if ms := fields[string(f)]; ms == 0 || ms > m.now {
			m.t.Errorf("%q.%q goes at %d, not %d", key, f, m.now, ms)
		}
		delete(fields, string(f))
	})
	if len(fields) == 0 {
		delete(m.dbs[tx.DB], string(key))
	}
	m.gone += n
	tx.Changed(key, EvHExpired)
	return n, nil
}

func (m *dueModel) key() string {
	if m.r.IntN(8) == 0 {
		return fmt.Sprintf("long%0300d", m.r.IntN(3))
	}
	return fmt.Sprint("k", m.r.IntN(40))
}

// step does one change. The transaction holds everything.
func (m *dueModel) step() {
	m.tx.Begin(m.now)
	m.tx.LockAll()
	defer m.tx.End()
	db := m.r.IntN(2)
	m.tx.DB = db
	keys, k, other := m.dbs[db], m.key(), m.key()
	switch m.r.IntN(14) {
	case 0, 1, 2, 3:
		m.set(keys, k)
	case 4:
		m.deleteFields(keys, k)
	case 5:
		m.tx.Delete([]byte(k))
		delete(keys, k)
		if m.r.IntN(2) == 0 {
			break
		}
		h := Create[hash.Hash](m.tx, []byte(other), 0)
		h.Reset()
		h.SetUntil([]byte("f"), []byte("v"), m.now+5)
		keys[other] = map[string]int64{"f": m.now + 5}
	case 6:
		Create[str.String](m.tx, []byte(k), 0).Set([]byte("s"))
		keys[k] = nil
	case 7:
		to := m.r.IntN(2)
		if k == other && to == db {
			return
		}
		if m.tx.Rename([]byte(k), to, []byte(other)) {
			fields := keys[k]
			delete(keys, k)
			m.dbs[to][other] = fields
		}
	case 8:
		m.copy(keys, k, m.r.IntN(2), other)
	case 9:
		// In a record of another shape, or not at all.
		m.tx.SetExpiry([]byte(k), []int64{0, m.now + 1e9}[m.r.IntN(2)])
	case 10:
		if m.r.IntN(40) == 0 {
			m.tx.Flush()
			m.dbs[db] = map[string]map[string]int64{}
		}
	case 11:
		if m.r.IntN(4) == 0 {
			m.tx.Swap(0, 1)
			m.dbs[0], m.dbs[1] = m.dbs[1], m.dbs[0]
		}
	case 12:
		// A command that fails leaves nothing, the place in the order included.
		if _, there := keys[k]; !there {
			h := Create[hash.Hash](m.tx, []byte(k), 0)
			h.Reset()
			h.SetUntil([]byte("f"), []byte("v"), m.now+5)
			m.tx.Abort()
		}
	case 13:
		m.now += int64(m.r.IntN(20))
	}
	m.tx.Commit(nil)
}

func (m *dueModel) set(keys map[string]map[string]int64, k string) {
	h, err := Upsert[hash.Hash](m.tx, []byte(k))
	if err != nil {
		return
	}
	if keys[k] == nil {
		keys[k] = map[string]int64{}
	}
	for range 1 + m.r.IntN(3) {
		f := fmt.Sprint("f", m.r.IntN(30))
		ms := int64(0)
		if m.r.IntN(2) == 0 {
			ms = m.now + 1 + int64(m.r.IntN(100))
		}
		size := 5
		if m.r.IntN(10) == 0 {
			size = 2000 // large before long
		}
		h.SetUntil([]byte(f), make([]byte, size), ms)
		keys[k][f] = ms
	}
}

func (m *dueModel) deleteFields(keys map[string]map[string]int64, k string) {
	h, ok, err := Update[hash.Hash](m.tx, []byte(k))
	if err != nil || !ok {
		return
	}
	for f := range keys[k] {
		if m.r.IntN(2) == 0 {
			h.Delete([]byte(f))
			delete(keys[k], f)
		}
	}
	if len(keys[k]) == 0 {
		delete(keys, k)
	}
}

func (m *dueModel) copy(keys map[string]map[string]int64, k string, to int, other string) {
	if k == other && to == m.tx.DB || !m.tx.Copy([]byte(k), to, []byte(other)) {
		return
	}
	m.dbs[to][other] = nil
	if keys[k] != nil {
		fields := map[string]int64{}
		for f, ms := range keys[k] {
			fields[f] = ms
		}
		m.dbs[to][other] = fields
	}
}

func (m *dueModel) check() {
	m.t.Helper()
	if err := m.s.Check(); err != nil {
		m.t.Fatal(err)
	}
	m.tx.Begin(m.now)
	m.tx.LockAll()
	var counts [2]int
	for db, keys := range m.dbs {
		m.tx.DB = db
		for k, fields := range keys {
			least := int64(0)
			for _, ms := range fields {
				if ms != 0 && (least == 0 || ms < least) {
					least = ms
				}
			}
			var v datatypes.Value
			if !m.tx.Lookup([]byte(k), &v) || v.DueMs != least {
				m.t.Fatalf("%q is due at %d, want %d", k, v.DueMs, least)
			}
			if least != 0 {
				counts[db]++
			}
		}
	}
	m.tx.End()
	for db, n := range counts {
		if got := m.s.DueKeys(db); got != n {
			m.t.Fatalf("%d keys of database %d are due, want %d", got, db, n)
		}
	}
}

// TestDueKeys protects the order of keys with members that go: through changes,
// moves, renames, copies, swaps, flushes, compaction, snapshots and reaping.
func TestDueKeys(t *testing.T) {
	for seed := range uint64(12) {
		m := newDueModel(t, seed)
		for i := range 4000 {
			m.step()
			if i%10 == 0 {
				m.s.Compact(m.r.IntN(4), 5)
			}
			if i%50 == 0 {
				for shard := range 4 {
					m.tx.Begin(m.now)
					m.tx.Sweep(shard, 1+m.r.IntN(10))
				}
			}
			if i%400 == 0 {
				if err := m.s.Snapshot(snapshotOf(nil, func(int, string, string, int64) {})); err != nil {
					t.Fatal(err)
				}
			}
			// What the reaper refused stays in the order at a later time than its own.
			if i%97 == 0 && !m.retrying() {
				m.check()
			}
		}
		if m.gone == 0 || m.s.Counters().Dirty == 0 {
			t.Error("the reaper took nothing")
		}
		m.tx.Begin(m.now)
		m.tx.LockAll()
		for db := range 2 {
			m.tx.DB = db
			m.tx.Flush()
		}
		m.tx.End()
		m.clear()
		m.check()
	}
}

// retrying reports whether a key is due that was left alone for a while.
func (m *dueModel) retrying() bool {
	for _, keys := range m.dbs {
		for _, fields := range keys {
			for _, ms := range fields {
				if ms != 0 && ms <= m.now {
					return true
				}
			}
		}
	}
	return false
}

// TestSweepReaps protects the way of a due member: NextExpiry names it, Sweep takes it
// in bites of the budget, the key goes with its last member, and events and effects
// tell it.
func TestSweepReaps(t *testing.T) {
	now := time.UnixMilli(1000)
	s, err := Open(Options{Shards: 1, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	s.SetReaper(func(tx *Tx, key []byte, _ datatypes.Kind, limit int) (int, error) {
		h, _, err := Update[hash.Hash](tx, key)
		n := h.Reap(limit, nil)
		tx.Changed(key, EvHExpired)
		tx.Reaped(key, n)
		return n, err
	})
	tx := s.NewTx()
	tx.Begin(1000)
	tx.LockAll()
	h, _ := Upsert[hash.Hash](tx, []byte("k"))
	for i := range 1000 {
		h.SetUntil(fmt.Append(nil, i), []byte("v"), 2000+int64(i/500))
	}
	tx.Commit(nil)
	tx.End()
	if next := s.NextExpiry(0); next != 2000 {
		t.Errorf("the next one goes at %d", next)
	}
	tx.Begin(2000)
	for range 4 {
		tx.Sweep(0, 100)
	}
	if got := s.Counters().ExpiredMembers; got != 400 {
		t.Errorf("%d members went in four sweeps of 100", got)
	}
	tx.Begin(3000)
	tx.Record(true)
	if tx.Sweep(0, 1000) {
		t.Error("there is more to sweep")
	}
	if c := tx.TakeChanges(); len(c) != 2 || c[0].Event != EvHExpired || c[1].Event != EvDel {
		t.Errorf("events: %v", c)
	}
	if keys, _ := s.DatabaseSize(0); keys != 0 || s.DueKeys(0) != 0 || s.NextExpiry(0) != never {
		t.Errorf("%d keys, %d due", keys, s.DueKeys(0))
	}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
}

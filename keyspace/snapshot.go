package keyspace

import (
	"sync"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/arena"
)

// A Snapshot is a point-in-time iteration over the whole store while writes go on.
//
// The cut is taken with all shards held: it flips the parity, and from then on a record
// whose snapshot bit differs from the parity belongs to the snapshot and has not
// been passed yet. The walker passes such records a few at a time; a transaction
// that is about to change or remove one passes it first (the before-change hook).
// New records carry the present parity, so they are never passed. A table that is
// flushed away stays with the snapshot until it has been walked.
//
// The alternative that lost, a version number in every record, costs memory in all
// records to serve the rare moment of a snapshot; the bit costs none.
type Snapshot struct {
	store  *Store
	mu     sync.Mutex // over emit and err
	emit   func(Item) error
	err    error
	tables []snapTable
}

type snapTable struct {
	sh *shard
	t  *table
}

// An Item is one key of a snapshot; Key and Value are borrowed until the function
// that was given it returns.
type Item struct {
	DB       int
	Key      []byte
	ExpiryMs int64 // Unix milliseconds, 0 for none
	Value    *datatypes.Value
}

// snapStep is how many records are passed under one hold of a shard's lock.
const snapStep = 64

// Snapshot passes every key, as it is at the moment of the call, to emit, in no
// order, each exactly once. cut is called at that moment, when all shards are
// held; it may be nil. emit is called by one goroutine at a time, with a shard's
// lock held: it must be quick and must not use the store. After an error it is
// not called again, and Snapshot returns that error. Only one snapshot runs at a
// time; a second one waits.
func (s *Store) Snapshot(cut func(), emit func(Item) error) error {
	s.snapping.Lock()
	defer s.snapping.Unlock()
	sn := &Snapshot{store: s, emit: emit}
	sn.start(cut)
	for _, st := range sn.tables {
		for from, more := uint32(0), true; more; {
			from, more = sn.step(st, from)
		}
	}
	tx := s.NewTx()
	tx.LockAll()
	s.snap.Store(nil)
	tx.Release()
	return sn.err
}

func (sn *Snapshot) start(cut func()) {
	s := sn.store
	tx := s.NewTx()
	tx.LockAll()
	defer tx.Release()
	for i := range s.shards {
		for db, t := range s.shards[i].tables {
			if t != nil && t.index.count > 0 {
				t.snapDB = db
				sn.tables = append(sn.tables, snapTable{&s.shards[i], t})
			}
		}
	}
	s.parity.Store(!s.parity.Load())
	s.snap.Store(sn)
	if cut != nil {
		cut()
	}
}

func (sn *Snapshot) step(st snapTable, from uint32) (next uint32, more bool) {
	st.sh.mu.Lock()
	defer st.sh.mu.Unlock()
	n := 0
	next, done := st.t.index.walk(from, func(slot uint64) bool {
		sn.pass(st.t, st.t.record(arena.Ref(slot)))
		n++
		return n < snapStep
	})
	return next, !done
}

// pass hands a record on, if it belongs to the snapshot and has not been passed.
func (sn *Snapshot) pass(t *table, r record) {
	parity := sn.store.parity.Load()
	if r.has(snapBit) == parity {
		return
	}
	r[recFlags] ^= snapBit
	sn.mu.Lock()
	defer sn.mu.Unlock()
	if sn.err != nil {
		return
	}
	v := datatypes.Value{Kind: r.kind(), Encoding: r.encoding()}
	v.Bytes, v.Object = t.value(r)
	sn.err = sn.emit(Item{DB: t.snapDB, Key: t.key(r), ExpiryMs: r.expiry(), Value: &v})
}

// beforeChange is called before a record is changed or removed.
func (tx *Tx) beforeChange(t *table, r record) {
	if sn := tx.store.snap.Load(); sn != nil {
		sn.pass(t, r)
	}
}

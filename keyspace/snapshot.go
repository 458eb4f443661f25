package keyspace

import (
	"bytes"
	"cmp"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/arena"
)

// A snapshot is a point-in-time iteration over the whole store while writes go on.
//
// The cut is taken with all shards held: it flips the parity, and from then on a record
// whose snapshot bit differs from the parity belongs to the snapshot and has not been
// passed yet. A walker passes such records a few at a time; a transaction that is about
// to change or remove one passes it first (the before-change hook). New records carry the
// present parity, so they are never passed. A table that is flushed away stays with the
// snapshot until it has been walked. The alternative that lost, a version number in every
// record, costs memory in all records to serve the rare moment of a snapshot; the bit
// costs none.
//
// Nobody who holds a shard's lock waits for a disk, but for what a bound on memory demands.
// To pass a record is to copy it as it stands in the arena: transactions copy to a block of
// memory of their shard, so that they do not meet there, and the walker to one of its own, so
// that it holds a lock for the time of some copying. What a record is in a file is made of the copy
// when no lock is held, by the goroutine that writes, which gives way to others that want a
// processor (giveWay); the walker, which holds locks, does not. Blocks that wait are bounded
// (SnapshotOptions.Limit); beyond that transactions wait for the disk. Blocks are used again and
// again: a collector that lets the heap grow by a tenth before it looks for garbage would let that
// much pile up of them.
//
// A value that is an object is not encoded under a lock: the goroutine that writes gets the
// object itself, which stays as it is as long as it is pending. A command that is about to
// change it gives the key a clone instead, or, where the clone is too large or the writing has
// begun, waits until it has been written; who takes the key away need do neither. Readers go on:
// they change nothing of an object but their own places in it.
type snapshot struct {
	store  *Store
	o      *SnapshotOptions
	tables []snapTable

	failed atomic.Bool // records are only marked as passed

	mu      sync.Mutex
	moved   sync.Cond // something below, or failed, has changed
	queue   []*snapEntry
	blocks  int                             // that are in the queue, or being written
	used    int                             // blocks that hold copies, or are about to
	pending map[datatypes.Object]*snapEntry // what is not written yet
	cloned  int                             // bytes of objects in it that keys have a clone of
	walked  bool                            // every record has been passed
	free    [][]byte                        // blocks to be used again
}

type snapTable struct {
	sh *shard
	t  *table
}

// A snapEntry is what waits to be written: copies, or an object.
type snapEntry struct {
	copies        copies
	item          Item
	cloned        int // bytes of the object, where its key has got a clone
	started, done bool
}

// An Item is one key of a snapshot; what it refers to is borrowed.
type Item struct {
	DB       int
	Key      []byte
	ExpiryMs int64 // Unix milliseconds, 0 for none
	Value    *datatypes.Value
	access   uint32
}

// Access returns how long the key was idle, in seconds, at the given time in Unix
// milliseconds, and how often it is used; which of them counts depends on the policy.
func (it *Item) Access(p AccessPolicy, nowMs int64) (idleSec int64, freq int) {
	if p.LFU {
		return 0, int(p.counter(it.access, nowMs))
	}
	return int64((p.clock(nowMs) - it.access) & clockMask), 0
}

// SnapshotOptions say what becomes of the keys of a snapshot.
type SnapshotOptions struct {
	// Cut is called at the moment of the snapshot, when all shards are held; it may be nil.
	Cut func(SnapshotFigures)
	// Encode appends the bytes of an item to a chunk, or of the first one to an empty chunk. It
	// must not use the store.
	Encode func(chunk []byte, it Item) []byte
	// Write writes a chunk. keys is how many it has.
	Write func(chunk []byte, keys int) error
	// Object writes an item whose value is an object.
	Object func(Item) error
	// Stop, when it is closed, ends the snapshot with ErrStopped.
	Stop <-chan struct{}
	// Limit is how many bytes of copies there may be before who would make more waits for some to
	// be written; default a part of what keys and values occupy, within minLimit and maxLimit.
	Limit int
}

// SnapshotFigures are what is known of a snapshot at its moment.
type SnapshotFigures struct {
	Databases []DatabaseFigure // Keys and Expires, by number
	Dirty     int64            // Stats.Dirty
}

// ErrStopped: a snapshot was told to end.
var ErrStopped = errors.New("keyspace: snapshot was stopped")

const (
	snapStep    = 64       // records under one hold of a shard's lock
	walkerAhead = 32       // blocks that wait, beyond which the walker does
	walkerLong  = 256      // entries of the queue beyond which it does
	maxClone    = 32 << 20 // bytes of an object that is cloned rather than waited for
	maxCloned   = 64 << 20 // of all of them
	usedPart    = 24       // of what is used, one may be copies
	minLimit    = 1 << 20  // bytes
	maxLimit    = 32 << 20
)

// Snapshot passes every key, as it is at the moment of the call, in no order, each exactly
// once. Encode, Write and Object are called by one goroutine, without any lock. After an
// error they are not called again, and Snapshot returns that error. Only one snapshot runs
// at a time; a second one waits.
func (s *Store) Snapshot(o SnapshotOptions) error {
	s.snapping.Lock()
	defer s.snapping.Unlock()
	if o.Limit == 0 {
		o.Limit = min(max(int(s.Used()/usedPart), minLimit), maxLimit)
	}
	sn := &snapshot{store: s, o: &o, pending: map[datatypes.Object]*snapEntry{}}
	sn.moved.L = &sn.mu
	sn.start()
	var others sync.WaitGroup
	others.Go(sn.walk)
	var err error
	written := make(chan struct{})
	go func() {
		defer close(written)
		giveWay()
		err = sn.write()
	}()
	ended := make(chan struct{})
	stopped := false
	others.Go(func() {
		select {
		case <-o.Stop:
			stopped = true
			sn.fail()
		case <-ended:
		}
	})
	<-written
	close(ended)
	others.Wait()
	s.snap.Store(nil)
	if err == nil && stopped {
		err = ErrStopped
	}
	return err
}

// start takes the cut.
func (sn *snapshot) start() {
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
	slices.SortStableFunc(sn.tables, func(a, b snapTable) int { return cmp.Compare(a.t.snapDB, b.t.snapDB) })
	s.parity.Store(!s.parity.Load())
	s.snap.Store(sn)
	if sn.o.Cut != nil {
		sn.o.Cut(tx.Figures())
	}
}

// walk passes all records that no transaction passes.
func (sn *snapshot) walk() {
	var c copies
	for _, st := range sn.tables {
		for from, more := uint32(0), true; more; {
			if c.full() {
				sn.pushCopies(&c)
			}
			sn.await(&c)
			from, more = sn.step(st, from, &c)
		}
	}
	sn.pushCopies(&c)
	sn.store.each(func(sh *shard) { sn.pushCopies(&sh.copies) })
	sn.mu.Lock()
	defer sn.mu.Unlock()
	sn.walked = true
	sn.moved.Broadcast()
}

// step passes some records under one hold of the shard's lock.
func (sn *snapshot) step(st snapTable, from uint32, c *copies) (next uint32, more bool) {
	st.sh.mu.Lock()
	defer st.sh.mu.Unlock()
	n, parity := 0, sn.store.parity.Load()
	next, done := st.t.index.walk(from, func(slot uint64) bool {
		r := st.t.record(arena.Ref(slot))
		if r.has(snapBit) == parity {
			return true
		}
		r[recFlags] ^= snapBit
		n++
		if r.has(objectValue) {
			sn.mu.Lock()
			sn.hand(st.t, r)
			sn.mu.Unlock()
		} else {
			c.add(st.t, r)
		}
		return n < snapStep && !c.full()
	})
	return next, !done
}

// block returns a block of memory; mu is held.
func (sn *snapshot) block() []byte {
	sn.used++
	if n := len(sn.free); n > 0 {
		b := sn.free[n-1]
		sn.free = sn.free[:n-1]
		return b
	}
	return make([]byte, 0, blockBytes+blockSlack)
}

// recycle takes a block that need not be kept any more; mu is held.
func (sn *snapshot) recycle(b []byte) {
	sn.used--
	if cap(b) == blockBytes+blockSlack {
		sn.free = append(sn.free, b[:0])
	}
}

// await waits until less is waiting to be written, and gives the walker a block where it has none.
func (sn *snapshot) await(c *copies) {
	sn.mu.Lock()
	defer sn.mu.Unlock()
	for (sn.blocks > walkerAhead || len(sn.queue) > walkerLong) && !sn.failed.Load() {
		sn.moved.Wait()
	}
	if c.b == nil {
		c.b = sn.block()
	}
}

// pushCopies puts copies in the queue, where there are any, and takes them away. The lock of the
// shard whose they are is held, where they are a shard's.
func (sn *snapshot) pushCopies(c *copies) {
	full := *c
	*c = copies{}
	sn.mu.Lock()
	defer sn.mu.Unlock()
	if len(full.b) == 0 || sn.failed.Load() {
		if full.b != nil {
			sn.recycle(full.b)
		}
		return
	}
	sn.blocks++
	sn.queue = append(sn.queue, &snapEntry{copies: full})
	sn.moved.Broadcast()
}

// item returns the record as an item, whose value is v.
func (t *table) item(r record, v *datatypes.Value) Item {
	v.Kind, v.Encoding = r.kind(), r.encoding()
	v.Bytes, v.Object = t.value(r)
	return Item{DB: t.snapDB, Key: t.key(r), ExpiryMs: r.expiry(), Value: v, access: r.clock()}
}

// hand puts a value that is an object in the queue; mu is held, and the shard's lock.
func (sn *snapshot) hand(t *table, r record) *snapEntry {
	v := new(datatypes.Value)
	e := &snapEntry{item: t.item(r, v)}
	e.item.Key = bytes.Clone(e.item.Key)
	if sn.failed.Load() {
		e.done = true
		return e
	}
	sn.pending[v.Object] = e
	sn.queue = append(sn.queue, e)
	sn.moved.Broadcast()
	return e
}

// change is told that a transaction is about to change the record's value in place, or, where
// it goes, to take it away.
func (sn *snapshot) change(sh *shard, t *table, r record, goes bool) {
	fresh := r.has(snapBit) != sn.store.parity.Load()
	if r.has(objectValue) {
		sn.changeObject(t, r, fresh, goes)
	} else if fresh {
		r[recFlags] ^= snapBit
		sn.image(sh, t, r)
	}
}

// image copies a record that is about to change.
func (sn *snapshot) image(sh *shard, t *table, r record) {
	if sn.failed.Load() {
		return
	}
	c := &sh.copies
	if c.full() {
		sn.pushCopies(c)
		sn.mu.Lock()
		for sn.blocks > 0 && sn.used*blockBytes > sn.o.Limit && !sn.failed.Load() {
			sn.moved.Wait()
		}
		c.b = sn.block()
		sn.mu.Unlock()
	}
	c.add(t, r)
}

// changeObject is change of a value that is an object.
func (sn *snapshot) changeObject(t *table, r record, fresh, goes bool) {
	sn.mu.Lock()
	defer sn.mu.Unlock()
	if fresh {
		r[recFlags] ^= snapBit
	}
	if fresh && goes {
		sn.hand(t, r)
		return
	}
	_, object := t.value(r)
	e := sn.pending[object]
	if goes || e == nil && !fresh {
		return
	}
	if size := object.Size(); (e == nil || !e.started) && size <= maxClone && sn.cloned+size <= maxCloned && !sn.failed.Load() {
		clone := object.Clone()
		if fresh {
			e = sn.hand(t, r)
		}
		e.cloned = size
		sn.cloned += size
		t.objects.set(t.valueIndex(r), clone)
		return
	}
	if fresh {
		e = sn.hand(t, r)
	}
	sn.first(e)
	for !e.done {
		sn.moved.Wait()
	}
}

// first puts an entry that somebody waits for before all others; mu is held.
func (sn *snapshot) first(e *snapEntry) {
	if i := slices.Index(sn.queue, e); i > 0 {
		sn.queue = slices.Insert(slices.Delete(sn.queue, i, i+1), 0, e)
	}
}

// settle waits until an object is not pending: for who is about to use it in another way than a
// reader does. A shard's lock is held.
func (sn *snapshot) settle(object datatypes.Object) {
	sn.mu.Lock()
	defer sn.mu.Unlock()
	for e := sn.pending[object]; e != nil && !e.done; {
		sn.first(e)
		sn.moved.Wait()
	}
}

// fail ends the snapshot: what waits is dropped, and records are marked as passed only.
func (sn *snapshot) fail() {
	sn.mu.Lock()
	defer sn.mu.Unlock()
	sn.failed.Store(true)
	for _, e := range sn.queue {
		e.done = true
	}
	sn.queue = nil
	sn.moved.Broadcast()
}

// write writes what comes until every record has been passed.
func (sn *snapshot) write() error {
	var failed error
	var file encoded
	sn.mu.Lock()
	defer sn.mu.Unlock()
	for {
		for len(sn.queue) == 0 && !sn.walked {
			sn.moved.Wait()
		}
		if len(sn.queue) == 0 {
			return failed
		}
		e := sn.queue[0]
		sn.queue[0] = nil
		sn.queue = sn.queue[1:]
		e.started = true
		sn.mu.Unlock()
		runtime.Gosched()
		var err error
		if e.item.Value != nil {
			err = sn.o.Object(e.item)
		} else {
			file.take(e.copies, sn.o.Encode)
			err = sn.o.Write(file.b, file.keys)
		}
		sn.mu.Lock()
		sn.written(e)
		if err != nil && failed == nil {
			failed = err
			sn.mu.Unlock()
			sn.fail()
			sn.mu.Lock()
		}
	}
}

// written is told that an entry need not be kept any more; mu is held.
func (sn *snapshot) written(e *snapEntry) {
	e.done = true
	if e.item.Value == nil {
		sn.blocks--
		sn.recycle(e.copies.b)
	} else {
		delete(sn.pending, e.item.Value.Object)
		sn.cloned -= e.cloned
	}
	sn.moved.Broadcast()
}

// beforeChange is called before a record is changed, or taken away.
func (tx *Tx) beforeChange(sh *shard, t *table, r record, goes bool) {
	if sn := tx.store.snap.Load(); sn != nil {
		sn.change(sh, t, r, goes)
	}
}

// Figures returns what a snapshot at this moment would be told. All shards must be held.
func (tx *Tx) Figures() SnapshotFigures {
	s := tx.store
	f := SnapshotFigures{Databases: make([]DatabaseFigure, s.databases)}
	for i := range s.shards {
		f.Dirty += s.shards[i].stats.Dirty
		for db, t := range s.shards[i].tables {
			if t != nil {
				f.Databases[db].Keys += t.index.count
				f.Databases[db].Expires += t.index.expires
			}
		}
	}
	return f
}

// Items passes every key of all databases to fn, until it returns an error, which Items
// returns. All shards must be held.
func (tx *Tx) Items(fn func(Item) error) (err error) {
	s := tx.store
	for db := range s.databases {
		for i := range s.shards {
			t := s.shards[i].tables[db]
			if t == nil {
				continue
			}
			t.index.walk(0, func(slot uint64) bool {
				var v datatypes.Value
				it := t.item(t.record(arena.Ref(slot)), &v)
				it.DB = db
				err = fn(it)
				return err == nil
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

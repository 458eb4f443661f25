package keyspace

import (
	"errors"
	"fmt"
	"hash/maphash"
	"math/bits"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/arena"
)

// ErrWrongType is the error of an operation on a key that holds a value of
// another kind.
var ErrWrongType = errors.New("keyspace: operation against a key holding the wrong kind of value")

// Options configure a Store; the zero value gives the defaults.
type Options struct {
	Shards    int               // a power of two, 1 to 1024; default 64
	Databases int               // default 16
	Now       func() time.Time  // default time.Now
	Limits    *datatypes.Limits // default datatypes.DefaultLimits()
	Seed      uint64            // of the random choices; default random
}

// A Store holds the databases. It is safe for concurrent use.
type Store struct {
	shards    []shard
	shift     uint // slot >> shift is the shard
	seed      maphash.Seed
	all       ShardSet // every shard
	databases int
	now       func() time.Time
	limits    atomic.Pointer[datatypes.Limits]
	rngSeed   atomic.Uint64

	used     atomic.Int64 // bytes, as of the last change of each shard worth telling
	classes  atomic.Uint32
	observer Observer
	subkeys  func(db int, key []byte, ev Event, subkeys [][]byte)
	journal  atomic.Pointer[Journal]

	invalidator Invalidator

	reaper   Reaper
	met      uint16                                // kinds that are reaped when met, a bit each
	hide     func(datatypes.Value) datatypes.Value // of these kinds
	policy   atomic.Pointer[AccessPolicy]
	removals atomic.Pointer[Removals]
	step     atomic.Int64 // SetUsedStep's
	sweepOff atomic.Bool
	parity   atomic.Bool // of the snapshot bit in new records
	snap     atomic.Pointer[snapshot]
	snapping sync.Mutex
	waiters  atomic.Int64
	patience Patience
	txs      sync.Pool
}

// A shard is a part of the slots, in all databases.
type shard struct {
	mu     shardLock
	number int
	tables []*table

	watched map[dbKey][]*Watch
	waiting map[string]*waitQueue

	stats      Stats
	evacuation *arena.Evacuation
	evacuating *table
	copies     copies   // of what has changed since the moment of a snapshot
	_          [64]byte // the next shard's lock is another core's
}

type dbKey struct {
	db  int
	key string
}

// Stats are counters since start or the last ResetStats.
type Stats struct {
	Hits, Misses     int64 // lookups by reading commands
	Expired, Evicted int64 // keys
	ExpiredMembers   int64 // members that went by themselves
	Dirty            int64 // changes of keys
}

// Open returns an empty store.
func Open(o Options) (*Store, error) {
	if o.Shards == 0 {
		o.Shards = 64
	}
	if o.Shards < 1 || o.Shards > 1024 || bits.OnesCount(uint(o.Shards)) != 1 {
		return nil, fmt.Errorf("keyspace: %d shards: want a power of two up to 1024", o.Shards)
	}
	if o.Databases == 0 {
		o.Databases = 16
	}
	if o.Databases < 1 {
		return nil, fmt.Errorf("keyspace: %d databases", o.Databases)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Limits == nil {
		l := datatypes.DefaultLimits()
		o.Limits = &l
	}
	if o.Seed == 0 {
		o.Seed = rand.Uint64()
	}
	s := &Store{
		shards:    make([]shard, o.Shards),
		shift:     uint(14 - bits.TrailingZeros(uint(o.Shards))),
		seed:      maphash.MakeSeed(),
		databases: o.Databases,
		now:       o.Now,
	}
	s.limits.Store(o.Limits)
	s.rngSeed.Store(o.Seed)
	s.policy.Store(&AccessPolicy{})
	s.removals.Store(&Removals{})
	s.step.Store(maxUsedStep)
	s.txs.New = func() any { return s.NewTx() }
	s.all = s.NewShardSet()
	s.all.AddAll(s)
	for i := range s.shards {
		s.shards[i].number = i
		s.shards[i].tables = make([]*table, o.Databases)
	}
	return s, nil
}

// Databases returns the number of databases.
func (s *Store) Databases() int { return s.databases }

// Shards returns the number of shards.
func (s *Store) Shards() int { return len(s.shards) }

// SetLimits changes the limits of values; existing ones keep their shape until
// they change.
func (s *Store) SetLimits(l datatypes.Limits) { s.limits.Store(&l) }

// Limits returns the limits of values.
func (s *Store) Limits() datatypes.Limits { return *s.limits.Load() }

// SetJournal sets where effects go, nil for nowhere: before the first transaction, or while all
// shards are held.
func (s *Store) SetJournal(j Journal) {
	if j == nil {
		s.journal.Store(nil)
		return
	}
	s.journal.Store(&j)
}

// SetObserver sets who is told of events; call it before the first transaction.
// Observe chooses the classes.
func (s *Store) SetObserver(o Observer) { s.observer = o }

// Observe chooses the classes of events that the observer is told of; without an
// observer there is nothing to choose.
func (s *Store) Observe(c EventClass) {
	if s.observer == nil {
		return
	}
	for {
		was := s.classes.Load()
		now := was&uint32(noClasses) | uint32(c&^noClasses)
		if s.classes.CompareAndSwap(was, now) {
			return
		}
	}
}

// NowMs returns the store's time in Unix milliseconds.
func (s *Store) NowMs() int64 { return s.now().UnixMilli() }

// ShardOf returns the number of the shard that holds the key.
func (s *Store) ShardOf(key []byte) int { return SlotOf(key) >> s.shift }

func (s *Store) hash(key []byte) uint32 { return hash31(maphash.Bytes(s.seed, key)) }

// Used returns the bytes that keys and values occupy, exact but for changes of
// less than a step a shard (SetUsedStep).
func (s *Store) Used() int64 { return s.used.Load() }

// maxUsedStep is the step in bytes unless a limit asks for a smaller one.
const maxUsedStep = 1 << 10

// SetUsedStep makes Used exact enough for a limit of so many bytes, 0 for none.
func (s *Store) SetUsedStep(limit int64) {
	step := int64(maxUsedStep)
	if limit > 0 {
		step = min(step, limit/int64(len(s.shards))>>12)
	}
	s.step.Store(max(step, 1))
}

// Tell makes Used exact for the present.
func (s *Store) Tell() {
	s.each(func(sh *shard) {
		for _, t := range sh.tables {
			if t != nil {
				n := t.used()
				s.used.Add(int64(n - t.told))
				t.told = n
			}
		}
	})
}

// tell adds what has changed in the table to Store.used.
func (t *table) tell(s *Store) {
	n := t.used()
	step := int(s.step.Load())
	if d := n - t.told; d >= step || d <= -step {
		t.told = n
		s.used.Add(int64(d))
	}
}

func (sh *shard) table(db int) *table {
	t := sh.tables[db]
	if t == nil {
		t = &table{}
		sh.tables[db] = t
	}
	return t
}

// Check reports the first broken invariant of any shard.
func (s *Store) Check() error {
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		for _, t := range sh.tables {
			if t == nil || sh.evacuation != nil && sh.evacuating == t {
				continue
			}
			if err := t.check(s.hash); err != nil {
				sh.mu.Unlock()
				return err
			}
		}
		sh.mu.Unlock()
	}
	return nil
}

// Compact moves records of one shard out of sparse chunks, at most budget of
// them, and reports whether there is more to do. It waits for the shard's lock.
func (s *Store) Compact(shard, budget int) (more bool) {
	sh := &s.shards[shard]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.evacuation == nil {
		for _, t := range sh.tables {
			if t != nil && t.compact(&sh.evacuation, s.hash, budget) {
				sh.evacuating = t
				return true
			}
		}
		return false
	}
	return sh.evacuating.compact(&sh.evacuation, s.hash, budget) || sh.evacuation != nil
}

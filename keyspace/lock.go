package keyspace

import (
	"sync"
	"sync/atomic"
	"time"
)

// A shardLock is a mutex that a transaction need not wait for until it is free: while something
// holds locks for long, it may give up. Only then does waiting cost more than a mutex.
type shardLock struct {
	sync.Mutex
	patient   atomic.Int32 // who waits until it is free
	impatient atomic.Int32 // who waits on freed
	freed     atomic.Pointer[chan struct{}]
}

// A Patience knows what holds locks for long.
type Patience interface {
	// Strained reports whether there is anything that may hold locks for long.
	Strained() bool
	// Exhausted reports whether who waits for the shard's lock is to give up.
	Exhausted(shard int) bool
}

// SetPatience sets who decides how long transactions wait for locks; call it before the first
// one.
func (s *Store) SetPatience(p Patience) { s.patience = p }

// askAgain is how often who waits asks whether to give up.
const askAgain = 5 * time.Millisecond

// lock takes the lock; false when the transaction gave up.
func (tx *Tx) lock(sh *shard) bool {
	p := tx.store.patience
	if p == nil || !tx.MayGiveUp {
		sh.mu.Lock()
		return true
	}
	if sh.mu.TryLock() {
		return true
	}
	// Announced first, so that whoever is about to hold the lock for long sees who waits for
	// it, or is seen here.
	sh.mu.patient.Add(1)
	if !p.Strained() {
		sh.mu.Lock()
		sh.mu.patient.Add(-1)
		return true
	}
	sh.mu.patient.Add(-1)
	return sh.mu.lockUnless(func() bool { return p.Exhausted(sh.number) })
}

func (l *shardLock) lockUnless(giveUp func() bool) bool {
	l.impatient.Add(1)
	defer l.impatient.Add(-1)
	freed := l.freed.Load()
	if freed == nil {
		c := make(chan struct{}, 1)
		l.freed.CompareAndSwap(nil, &c)
		freed = l.freed.Load()
	}
	tick := time.NewTicker(askAgain)
	defer tick.Stop()
	for !l.TryLock() {
		select {
		case <-*freed:
		case <-tick.C:
			if giveUp() {
				return false
			}
		}
	}
	return true
}

// Unlock releases the lock.
func (l *shardLock) Unlock() {
	l.Mutex.Unlock()
	if l.impatient.Load() > 0 {
		if freed := l.freed.Load(); freed != nil {
			select {
			case *freed <- struct{}{}:
			default: // who waits knows already
			}
		}
	}
}

// Awaited reports whether somebody waits for one of the transaction's locks who cannot give up.
// Who may hold them for long, and has made that known to the store's Patience, lets such go first.
func (tx *Tx) Awaited() (yes bool) {
	if tx.held {
		tx.eachHeld(func(sh *shard) { yes = yes || sh.mu.patient.Load() > 0 })
	}
	return yes
}

// Lost reports whether the transaction gave up waiting for its locks: it holds none.
func (tx *Tx) Lost() bool { return tx.lost }

// AddHeld puts the shards that the transaction holds into the set.
func (tx *Tx) AddHeld(set ShardSet) {
	if !tx.held {
		return
	}
	if tx.single >= 0 {
		set.Add(tx.single)
		return
	}
	set.Union(tx.set)
}

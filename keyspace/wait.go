package keyspace

import "github.com/medleydb/medley/datatypes"

// A Waiter is a command that waits until one of its keys can serve it. Waiters of
// a key are served first-in, first-out, by the transaction that made the key ready,
// on its goroutine, before it releases its locks: so what one push brings goes to
// those who waited longest, and nobody can come between.
//
// Serving needs the locks of all that the waiter touches. They are taken before the
// waking command runs (Tx.Close), never afterwards.
type Waiter struct {
	DB   int
	Keys [][]byte // owned by the waiter
	// Targets are the keys that serving may change beside Keys: destinations.
	Targets [][]byte
	// Kind is the kind of value that can serve the waiter.
	Kind datatypes.Kind
	// Loss makes a key ready also when it goes, or gets a value of another kind. That
	// may happen to a transaction that does not hold what serving needs, such as one
	// that meets an expired key: it calls Later, which must see to it that Tx.Retry is
	// called soon.
	Loss  bool
	Later func()
	// Serve tries to run the command with the ready key; false when it must wait
	// on. It runs under the transaction's locks and ends its commands with
	// Commit or Abort.
	Serve func(tx *Tx, key []byte) bool
	// Done is called once the waiter was served, behind the journal's append and
	// before the locks are released, with the offset that its reply must wait for.
	Done func(offset int64)

	shards ShardSet
	parked bool
}

type waitQueue struct{ waiters []*Waiter }

type readyKey struct {
	sh  *shard
	db  int
	key []byte
}

// Shards returns the shards that serving the waiter needs.
func (s *Store) waiterShards(w *Waiter) ShardSet {
	set := s.NewShardSet()
	for _, k := range w.Keys {
		set.Add(s.ShardOf(k))
	}
	for _, k := range w.Targets {
		set.Add(s.ShardOf(k))
	}
	if len(w.Keys)+len(w.Targets) == 0 {
		set.Add(0) // whose lock then guards the waiter
	}
	return set
}

// Park puts the waiter into the queues of its keys, whose shards must be held; of a waiter
// without keys, that of shard 0.
func (tx *Tx) Park(w *Waiter) {
	w.shards = tx.store.waiterShards(w)
	for _, k := range w.Keys {
		sh := &tx.store.shards[tx.store.ShardOf(k)]
		if sh.waiting == nil {
			sh.waiting = map[string]*waitQueue{}
		}
		q := sh.waiting[string(k)]
		if q == nil {
			q = &waitQueue{}
			sh.waiting[string(k)] = q
		}
		if n := len(q.waiters); n > 0 && q.waiters[n-1] == w {
			continue // the key was named twice
		}
		q.waiters = append(q.waiters, w)
	}
	w.parked = true
	tx.store.waiters.Add(1)
}

// unpark takes the waiter out of its queues, whose shards are held.
func (s *Store) unpark(w *Waiter) {
	for _, k := range w.Keys {
		sh := &s.shards[s.ShardOf(k)]
		q := sh.waiting[string(k)]
		if q == nil {
			continue
		}
		for i, x := range q.waiters {
			if x == w {
				q.waiters = append(q.waiters[:i:i], q.waiters[i+1:]...)
				break
			}
		}
		if len(q.waiters) == 0 {
			delete(sh.waiting, string(k))
		}
	}
	w.parked = false
	s.waiters.Add(-1)
}

// Cancel takes the waiter out of its queues; false when it has been served
// already. It takes locks: the caller must hold none.
func (s *Store) Cancel(w *Waiter) bool {
	tx := s.txs.Get().(*Tx)
	defer s.txs.Put(tx)
	tx.LockSet(w.shards)
	defer tx.Release()
	if !w.parked {
		return false
	}
	s.unpark(w)
	return true
}

// Cancel is Store.Cancel for a transaction, which holds no shard or all.
func (tx *Tx) Cancel(w *Waiter) bool {
	if !tx.held {
		return tx.store.Cancel(w)
	}
	if !w.parked {
		return false
	}
	tx.store.unpark(w)
	return true
}

// Waiters returns the number of parked waiters.
func (s *Store) Waiters() int { return int(s.waiters.Load()) }

// Close makes the transaction, which holds set and has changed nothing yet, hold
// also what serving the waiters of the keys needs: their shards, and those of
// the waiters of what they change, and so on. Where that takes more locks it
// releases all, takes them in order and looks again. set is extended.
func (tx *Tx) Close(set ShardSet, keys func(yield func(key []byte))) {
	if tx.store.waiters.Load() == 0 {
		return
	}
	for {
		grown := false
		seen := map[*Waiter]bool{}
		var visit func(key []byte)
		visit = func(key []byte) {
			i := tx.store.ShardOf(key)
			if !tx.Held(i) {
				return // not yet: the next round sees it
			}
			q := tx.store.shards[i].waiting[string(key)]
			if q == nil {
				return
			}
			for _, w := range q.waiters {
				if seen[w] {
					continue
				}
				seen[w] = true
				if !set.Contains(w.shards) {
					set.Union(w.shards)
					grown = true
				}
				for _, k := range w.Keys {
					visit(k)
				}
				for _, k := range w.Targets {
					visit(k)
				}
			}
		}
		keys(visit)
		if !grown {
			return
		}
		tx.Release()
		if tx.LockSet(set); tx.lost {
			return
		}
	}
}

// makeReady notes that a waited-for key has changed.
func (tx *Tx) makeReady(sh *shard, db int, key []byte) {
	if sh.waiting[string(key)] == nil {
		return
	}
	for _, r := range tx.ready {
		if r.db == db && string(r.key) == string(key) {
			return
		}
	}
	tx.ready = append(tx.ready, readyKey{sh, db, key})
}

// serve tries to serve a waiter. What it does is an entry of its own in the journal, behind that
// of who woke it.
func (tx *Tx) serve(w *Waiter, key []byte) bool {
	if len(tx.effects) > 0 {
		tx.flushEffects()
	}
	if !w.Serve(tx, key) {
		return false
	}
	tx.store.unpark(w)
	tx.served = append(tx.served, w)
	return true
}

// kindOf returns the kind of the key's value, None where there is no such key.
func (tx *Tx) kindOf(key []byte) datatypes.Kind {
	var v datatypes.Value
	if !tx.Lookup(key, &v) {
		return datatypes.None
	}
	return v.Kind
}

// holds reports whether the transaction holds all shards of the set.
func (tx *Tx) holds(set ShardSet) bool {
	for i := range tx.store.shards {
		if set[i>>6]&(1<<(i&63)) != 0 && !tx.Held(i) {
			return false
		}
	}
	return true
}

// Retry tries to serve a waiter though none of its keys may have become ready, as a
// transaction of its own: the present one has begun and holds nothing. It reports
// whether the waiter still waits.
func (tx *Tx) Retry(w *Waiter) (waits bool) {
	set := tx.store.NewShardSet()
	set.Union(w.shards)
	tx.LockSet(set)
	tx.Close(set, func(yield func([]byte)) {
		for _, k := range w.Keys {
			yield(k)
		}
	})
	if w.parked {
		tx.DB = w.DB
		waits = !tx.serve(w, w.Keys[0])
	}
	tx.End()
	return waits
}

// serveReady serves the waiters of ready keys. Serving may make more keys ready.
func (tx *Tx) serveReady() {
	db := tx.DB
	// A waiting command is one of its own: what the waking one waited for itself has
	// passed meanwhile.
	tx.now = max(tx.now, tx.store.NowMs())
	tx.env.NowMs = tx.now
	for len(tx.ready) > 0 {
		r := tx.ready[0]
		tx.ready = tx.ready[1:]
		q := r.sh.waiting[string(r.key)]
		if q == nil {
			continue
		}
		kind, known := datatypes.None, false
		// The queue changes as waiters leave it.
		for _, w := range append([]*Waiter(nil), q.waiters...) {
			if w.DB != r.db || !w.parked {
				continue
			}
			tx.DB = r.db
			if !known {
				if len(tx.effects) > 0 {
					tx.flushEffects() // the key may turn out to have expired, which is no matter of the waking command
				}
				kind, known = tx.kindOf(r.key), true
			}
			switch {
			case kind != w.Kind && !w.Loss:
			case w.Loss && !tx.holds(w.shards):
				w.Later()
			case tx.serve(w, r.key):
				known = false
			}
		}
	}
	tx.ready = nil
	tx.DB = db
}

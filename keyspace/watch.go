package keyspace

import "sync/atomic"

// A Watch notes whether any of a set of keys has changed. It belongs to one
// session; the table of watched keys is the shard's, so that a record pays
// nothing for being watchable.
type Watch struct {
	keys   []dbKey
	broken atomic.Bool // set under the lock of the key that broke it
}

// Broken reports whether a watched key has changed. Any goroutine may ask; EXEC asks
// Unwatch, which holds the keys.
func (w *Watch) Broken() bool { return w.broken.Load() }

// Len returns the number of watched keys.
func (w *Watch) Len() int { return len(w.keys) }

// AddShards adds the shards of the watched keys to the set.
func (w *Watch) AddShards(s *Store, set ShardSet) {
	for _, k := range w.keys {
		set.Add(s.ShardOf([]byte(k.key)))
	}
}

// Watch adds the key to the watch. A key that has expired already counts as
// missing from the start.
func (tx *Tx) Watch(w *Watch, key []byte) {
	sh, _, _, _, _ := tx.lookup(key)
	k := dbKey{tx.DB, string(key)}
	for _, have := range w.keys {
		if have == k {
			return
		}
	}
	if sh.watched == nil {
		sh.watched = map[dbKey][]*Watch{}
	}
	sh.watched[k] = append(sh.watched[k], w)
	w.keys = append(w.keys, k)
}

// Unwatch takes the watch off its keys, whose shards must be held, and reports
// whether one of them had changed (or has expired by now).
func (tx *Tx) Unwatch(w *Watch) (broken bool) {
	db := tx.DB
	for _, k := range w.keys {
		tx.DB = k.db
		sh, _, _, _, _ := tx.lookup([]byte(k.key))
		list := sh.watched[k]
		for i, x := range list {
			if x == w {
				list[i] = list[len(list)-1]
				list = list[:len(list)-1]
				break
			}
		}
		if len(list) == 0 {
			delete(sh.watched, k)
		} else {
			sh.watched[k] = list
		}
	}
	tx.DB = db
	broken = w.broken.Swap(false)
	w.keys = w.keys[:0]
	return broken
}

func (sh *shard) breakWatches(db int, key []byte) {
	for _, w := range sh.watched[dbKey{db, string(key)}] {
		w.broken.Store(true)
	}
}

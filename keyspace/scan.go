package keyspace

import (
	"bytes"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/arena"
)

// An Entry is a key met by Scan or ForEach. Key borrows the store until the
// function that was given it returns.
type Entry struct {
	Key      []byte
	Kind     datatypes.Kind
	Encoding datatypes.Encoding
	ExpiryMs int64 // Unix milliseconds, 0 for none
}

// Scan passes about count keys of the database to fn and returns the cursor to
// go on with, 0 at the end. Cursor 0 starts. A key that is there from the first call
// to the last is passed at least once. A cursor is the shard and the hash up to which
// everything has been passed, so it stays good while tables grow and shrink.
//
// Without locks Scan takes those of one shard after another and ends a
// transaction of its own in each; a transaction that holds locks must hold all.
func (tx *Tx) Scan(cursor uint64, count int, fn func(Entry)) uint64 {
	shard, from := int(cursor>>hashBits), uint32(cursor&(1<<hashBits-1))
	for ; shard < len(tx.store.shards); shard, from = shard+1, 0 {
		next, done, seen := tx.scanShard(shard, from, count, fn)
		count -= seen
		if !done {
			return uint64(shard)<<hashBits | uint64(next)
		}
		if count <= 0 && shard+1 < len(tx.store.shards) {
			return uint64(shard+1) << hashBits
		}
	}
	return 0
}

func (tx *Tx) scanShard(shard int, from uint32, count int, fn func(Entry)) (next uint32, done bool, seen int) {
	own := !tx.held
	if own {
		tx.LockKey(shard)
		defer tx.End()
	}
	sh := &tx.store.shards[shard]
	t := sh.tables[tx.DB]
	if t == nil || t.index.count == 0 {
		return 0, true, 0
	}
	var expired []arena.Ref
	next, done = t.index.walk(from, func(slot uint64) bool {
		seen++
		ref := arena.Ref(slot)
		r := t.record(ref)
		if tx.Expired == ShowExpired || !r.has(hasExpiry) || r.expiry() > tx.now {
			fn(t.entry(r))
		} else if tx.Expired == RemoveExpired {
			expired = append(expired, ref)
		}
		return seen < count
	})
	tx.walks = tx.walks || len(expired) > 0
	for _, ref := range expired {
		key := bytes.Clone(t.key(t.record(ref)))
		tx.expire(sh, t, key, tx.store.hash(key), ref)
	}
	return next, done, seen
}

func (t *table) entry(r record) Entry {
	return Entry{Key: t.key(r), Kind: r.kind(), Encoding: r.encoding(), ExpiryMs: r.expiry()}
}

// ForEach passes every key of the database to fn, as Scan does, until fn says no.
func (tx *Tx) ForEach(fn func(Entry) bool) {
	more := true
	for cursor := uint64(0); more; {
		cursor = tx.Scan(cursor, 1024, func(e Entry) {
			more = more && fn(e)
		})
		if cursor == 0 {
			return
		}
	}
}

// EachValue passes the value of every key of the database to fn, those included that have
// expired and were not met yet. fn only reads it, and for as long as it runs. Without locks
// EachValue takes those of one shard after another; a transaction that holds locks must hold all.
func (tx *Tx) EachValue(fn func(v *datatypes.Value)) {
	own := !tx.held
	for i := range tx.store.shards {
		if own {
			tx.LockKey(i)
		}
		if t := tx.store.shards[i].tables[tx.DB]; t != nil {
			t.index.walk(0, func(slot uint64) bool {
				r := t.record(arena.Ref(slot))
				v := datatypes.Value{Kind: r.kind(), Encoding: r.encoding(), Env: &tx.env}
				v.Bytes, v.Object = t.value(r)
				if r.has(hasDue) {
					v.DueMs = t.due.of(arena.Ref(slot))
				}
				fn(&v)
				return true
			})
		}
		if own {
			tx.End()
		}
	}
}

// hiddenTries is how often Random looks for a key that has not expired where those
// that have must stay: they may be all.
const hiddenTries = 100

// Random returns a copy of a random key of the database; nil when it has none. All
// shards must be held.
func (tx *Tx) Random() []byte {
	tx.walks = true
	for tries := 0; ; tries++ {
		total := 0
		for i := range tx.store.shards {
			if t := tx.store.shards[i].tables[tx.DB]; t != nil {
				total += t.index.count
			}
		}
		if total == 0 {
			return nil
		}
		at := tx.rng.IntN(total)
		for i := range tx.store.shards {
			t := tx.store.shards[i].tables[tx.DB]
			if t == nil {
				continue
			}
			if at -= t.index.count; at >= 0 {
				continue
			}
			r := t.record(arena.Ref(t.index.random(tx.rng.Uint64())))
			key := bytes.Clone(t.key(r))
			if _, ok := tx.Expiry(key); ok || tx.Expired == HideExpired && tries >= hiddenTries {
				return key
			}
			break
		}
	}
}

// Size returns the number of keys of the database, expired ones that were not met
// yet included. Without locks, shards are counted one after the other.
func (tx *Tx) Size() int {
	if !tx.held {
		n, _ := tx.store.DatabaseSize(tx.DB)
		return n
	}
	n := 0
	for i := range tx.store.shards {
		if t := tx.store.shards[i].tables[tx.DB]; t != nil {
			n += t.index.count
		}
	}
	return n
}

// Package keyspace is the only place where a key changes: databases, shards and
// their locks, typed lookup, transactions over keys, expiry, eviction, key
// events, watched keys, waiters, SCAN and point-in-time iteration.
//
// # Shards and locks
//
// A [Store] is cut in shards by hash slot (CRC16 of the key or of its {tag}, 16384
// slots). A shard has one mutex and, for every database, one table. A transaction
// ([Tx]) runs on its caller's goroutine under the locks of the shards that it
// named before its first lookup.
//
// Lock order: shards in ascending order, never one below a shard that is held;
// after them the locks of whoever observes commits (journal, notifications,
// mailboxes), which must not call back into the store. A transaction never adds a
// lock after its first change: two holders that each want the other's shard
// could neither wait nor undo. Before that it may release all and take more
// (Tx.Close over waiters). With the build tag invariants the order is asserted.
//
// # The life of a transaction
//
// Begin fixes the time. Lock takes the shards. Within it, commands run one
// after the other: each opens values ([Read], [Update], [Upsert], Tx.Create), says what it
// changed (Tx.Changed) and ends with Commit, or with Abort, which leaves
// nothing behind of what was not committed. Commit does the coda of every
// command: stores handles back, removes empty collections, frees what was
// replaced, hands on the effect. End serves the waiters of keys that became
// ready, appends the effects to the journal as one entry, and releases the
// shards.
//
// # Who owns which bytes
//
// Keys and values are copied when they are stored. What a lookup returns
// borrows the arena and is valid until the transaction ends: records are freed
// only then, and compaction runs only while no transaction has the shard. Keys
// given to a Tx are borrowed until it ends.
//
// # Members that go by themselves
//
// Fields of hashes, and members of sets and sorted sets, can have a time at which they
// go. Kinds keep these times in their values; the keyspace knows only when the first of
// a value's members goes: handles keep datatypes.Value.DueMs right, lookups fill
// it in, and commit keeps an order of (time, key) in each table, of the keys that have
// such a time and no others. Their records carry a flag, so all other keys pay nothing.
// Tx.Sweep asks the order what is due and gives each key to the [Reaper] that the
// layer above has set, under the shard's lock and within a budget; it removes
// members, names its effect and its events, and the key goes with its last member like
// any emptied collection. Store.NextExpiry tells when there is work.
//
// A lookup reaps values of some kinds only (Store.ReapWhenMet), all that is due at once,
// so that ranks, counts and whole-set operations of their handles know no time. Of the
// other kinds, hashes, handles hide what is due until the sweep has passed. A value that
// has let millions of members become due between two sweeps stalls the lookup once, with
// the work that the sweep would have had.
package keyspace

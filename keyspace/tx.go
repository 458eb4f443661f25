package keyspace

import (
	"math/bits"
	"math/rand/v2"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/arena"
)

// A Tx is a transaction: one command, or several that happen at one moment. It
// belongs to one goroutine and is used again and again (Begin to End).
type Tx struct {
	store  *Store
	rng    *rand.Rand
	env    datatypes.Env
	limits *datatypes.Limits // of which env has a copy
	now    int64             // Unix milliseconds
	clock  uint32
	// accessMs is the time of accesses in Unix milliseconds
	accessMs int64
	// DB is the database that lookups and changes work on.
	DB int
	// Origin says on whose behalf keys are changed; the Invalidator is told.
	Origin uint64
	// NoTouch keeps lookups from refreshing the access clock.
	NoTouch bool
	// NoStats keeps lookups from counting as hits and misses.
	NoStats bool
	// NoJournal keeps effects from the journal: what is replayed is in it already.
	NoJournal bool
	// Expired says what lookups do with a key whose time has passed.
	Expired ExpiredMode

	// MayGiveUp lets the transaction give up waiting for locks that are held for long (see
	// Patience): it then holds none, and Lost says so.
	MayGiveUp bool
	lost      bool

	set    []uint64 // held shards
	single int      // the only held shard, or -1
	held   bool
	places []placed // of keys that are known, in the order of their use
	at     int      // the last that was used
	sole   [1]placed

	opened []*opened // of the present command; [nOpened:] is kept for reuse
	n      int
	empty  datatypes.Value
	trash  []trash
	dirty  int // changes of the present command

	effects   []Effect // of the transaction
	explicit  int      // effects that the present command named
	mark      int      // effects of earlier commands
	removals  int      // of expired and evicted keys among the effects
	walks     bool     // the keys that were met do not belong together
	ready     []readyKey
	served    []*Waiter
	offset    int64
	changes   []Change
	events    []event // of the present command, where they wait for its end
	touches   []Touch // where they are told
	flushed   bool    // likewise
	recording bool
	reaping   bool // the reaper runs
}

// An ExpiredMode says what becomes of an expired key that a lookup meets. Only a
// transaction that changes nothing may have another than RemoveExpired.
type ExpiredMode uint8

// The modes.
const (
	RemoveExpired ExpiredMode = iota
	HideExpired               // it counts as missing and stays
	ShowExpired               // it counts as any other
)

// A Change is an event as it happened, for tests and tools.
type Change struct {
	DB    int
	Key   string
	Event Event
}

// trash is what is freed when the transaction ends.
type trash struct {
	t    *table
	ref  arena.Ref
	head bool // the value's object has moved elsewhere
}

// An opened is a value that the present command has open. It is the Storage of
// its Value.
type opened struct {
	value    datatypes.Value
	tx       *Tx
	t        *table
	sh       *shard
	key      []byte
	db       int
	hash     uint32
	old, ref arena.Ref // before the command, and now; 0 where there is none
	expiry   int64
	write    bool
	gone     bool           // deleted by the present command
	kind     datatypes.Kind // before the command
	created  bool           // takes the place of whatever the key held
	renewed  bool           // likewise, and counts as a new key
}

// NewTx returns a transaction to be used again and again.
func (s *Store) NewTx() *Tx {
	tx := &Tx{store: s, single: -1, set: make([]uint64, (len(s.shards)+63)/64)}
	tx.rng = rand.New(rand.NewPCG(s.rngSeed.Add(0x9e3779b97f4a7c15), 0x2545f4914f6cdd1d))
	tx.env.Rand = tx.rng
	return tx
}

// Begin starts a transaction at the given time in Unix milliseconds.
func (tx *Tx) Begin(nowMs int64) {
	tx.BeginAt(nowMs, nowMs)
}

// BeginAt is Begin for a replay: the time is that of the commands, and accesses to keys are noted
// at another one.
func (tx *Tx) BeginAt(nowMs, accessMs int64) {
	tx.now, tx.accessMs, tx.Origin, tx.lost = nowMs, accessMs, 0, false
	tx.clock = tx.store.policy.Load().clock(accessMs)
	tx.env.NowMs = nowMs
	if l := tx.store.limits.Load(); l != tx.limits {
		tx.limits, tx.env.Limits = l, *l
	}
	tx.offset = 0
}

// NowMs returns the transaction's time in Unix milliseconds.
func (tx *Tx) NowMs() int64 { return tx.now }

// Store returns the store that the transaction works on.
func (tx *Tx) Store() *Store { return tx.store }

// Env returns what operations on values may know of their surroundings.
func (tx *Tx) Env() *datatypes.Env { return &tx.env }

// LockKey takes the lock of one shard, the only one of the transaction. It may be held
// already (Rest).
func (tx *Tx) LockKey(shard int) {
	if tx.held && tx.single == shard {
		return
	}
	if debug {
		tx.checkUnlocked()
	}
	if tx.lost = !tx.lock(&tx.store.shards[shard]); tx.lost {
		return
	}
	tx.single = shard
	tx.held = true
}

// LockPlace is LockKey for a key whose place is known. It borrows the key until the
// locks are released.
func (tx *Tx) LockPlace(key []byte, p Place) {
	tx.sole[0] = placed{key: key, Place: p}
	tx.places, tx.at = tx.sole[:], 0
	tx.LockKey(p.Shard)
}

// LockAhead is LockPlace for a key of the list.
func (tx *Tx) LockAhead(keys *Ahead, i int) {
	tx.places, tx.at = keys.keys[i:i+1], 0
	tx.LockKey(tx.places[0].Shard)
}

// LockPlaces is LockSet for keys whose places are known; set is their shards, or
// more. It borrows the keys until the locks are released.
func (tx *Tx) LockPlaces(set ShardSet, keys *Ahead) {
	tx.places, tx.at = keys.keys, 0
	tx.LockSet(set)
}

// known returns what is known of a key that LockPlace or its kin was given, nil for another: the very
// slice, since comparing keys would cost more than it saves.
func (tx *Tx) known(key []byte) *placed {
	for _, i := range [...]int{tx.at, tx.at + 1, 0} {
		if i < len(tx.places) {
			if p := &tx.places[i]; len(p.key) == len(key) && len(key) > 0 && &p.key[0] == &key[0] {
				tx.at = i
				return p
			}
		}
	}
	return nil
}

// shardOf returns the number of the shard of a key that the transaction works on.
func (tx *Tx) shardOf(key []byte) int {
	if tx.single >= 0 {
		return tx.single
	}
	if p := tx.known(key); p != nil {
		return p.Shard
	}
	return tx.store.ShardOf(key)
}

// LockSet takes the locks of a set of shards in ascending order.
func (tx *Tx) LockSet(set ShardSet) {
	if debug {
		tx.checkUnlocked()
	}
	tx.lost = false
	tx.held = true
	for w, m := range set {
		for ; m != 0; m &= m - 1 {
			if !tx.lock(&tx.store.shards[w<<6+bits.TrailingZeros64(m)]) {
				tx.Release()
				tx.lost = true
				return
			}
			tx.set[w] |= m & -m
		}
	}
}

// LockAll takes the locks of all shards.
func (tx *Tx) LockAll() { tx.LockSet(tx.store.all) }

// Holding reports whether the transaction holds any shard.
func (tx *Tx) Holding() bool { return tx.held }

// Held reports whether the transaction holds the shard.
func (tx *Tx) Held(shard int) bool {
	return tx.held && (tx.single == shard || tx.single < 0 && tx.set[shard>>6]&(1<<(shard&63)) != 0)
}

// HoldsAll reports whether the transaction holds every shard.
func (tx *Tx) HoldsAll() bool {
	for i := range tx.store.shards {
		if !tx.Held(i) {
			return false
		}
	}
	return true
}

func (tx *Tx) eachHeld(fn func(*shard)) {
	if tx.single >= 0 {
		fn(&tx.store.shards[tx.single])
		return
	}
	for w, m := range tx.set {
		for ; m != 0; m &= m - 1 {
			fn(&tx.store.shards[w<<6+bits.TrailingZeros64(m)])
		}
	}
}

// Release gives the locks back without a coda: nothing may have been changed.
func (tx *Tx) Release() {
	if !tx.held {
		return
	}
	tx.places = nil
	if tx.single >= 0 {
		sh := &tx.store.shards[tx.single]
		tx.single, tx.held = -1, false
		sh.mu.Unlock()
		return
	}
	tx.eachHeld(func(sh *shard) { sh.mu.Unlock() })
	clear(tx.set)
	tx.held = false
}

// End serves waiters, appends the effects to the journal, frees what the
// transaction replaced and releases the locks. It returns the journal offset
// that a reply must wait for, 0 when nothing was written.
func (tx *Tx) End() int64 {
	tx.Rest()
	tx.Release()
	return tx.offset
}

// Rest is End without releasing the locks: the next transaction needs the same, and
// follows at once.
func (tx *Tx) Rest() int64 {
	if len(tx.ready) > 0 {
		tx.serveReady()
	}
	if len(tx.events) > 0 {
		tx.tellEvents() // of work that is no command
	}
	if len(tx.effects) > 0 {
		tx.flushEffects()
	}
	if len(tx.served) > 0 {
		for _, w := range tx.served {
			w.Done(tx.offset)
		}
		tx.served = nil
	}
	if len(tx.touches) > 0 || tx.flushed {
		tx.TellTouches() // behind the replies of those who were served
	}
	if len(tx.trash) > 0 {
		tx.emptyTrash()
	}
	return tx.offset
}

// flushEffects appends the effects as one entry: but where they are nothing but removals of
// keys that a walk has met, each is an entry of its own.
func (tx *Tx) flushEffects() {
	if j := tx.store.journal.Load(); j != nil {
		size := len(tx.effects)
		if tx.walks && tx.removals == size {
			size = 1
		}
		for at := 0; at < len(tx.effects); at += size {
			tx.offset = (*j).Append(tx.effects[at : at+size])
		}
	}
	clear(tx.effects)
	tx.effects = tx.effects[:0]
	tx.mark, tx.removals, tx.walks = 0, 0, false
}

func (tx *Tx) emptyTrash() {
	var last *table
	for i := range tx.trash {
		g := &tx.trash[i]
		if g.head {
			g.t.releaseHead(g.ref, g.t.record(g.ref))
		} else {
			g.t.release(g.ref)
		}
		if g.t != last && last != nil {
			last.tell(tx.store)
		}
		last = g.t
		g.t = nil
	}
	last.tell(tx.store)
	if cap(tx.trash) > 1024 {
		tx.trash = nil
		return
	}
	tx.trash = tx.trash[:0]
}

// place is where a key belongs, and what is known of it (known).
func (tx *Tx) place(key []byte) (*shard, uint32, *placed) {
	i := tx.single
	if debug {
		i = tx.store.ShardOf(key)
		tx.checkHeld(i, key)
	}
	if p := tx.known(key); p != nil {
		return &tx.store.shards[p.Shard], p.hash, p
	}
	if i < 0 {
		i = tx.store.ShardOf(key)
	}
	return &tx.store.shards[i], tx.store.hash(key), nil
}

// lookup finds a key that is there and has not expired; an expired one is
// removed on the way, unless Expired says otherwise.
func (tx *Tx) lookup(key []byte) (sh *shard, t *table, h uint32, ref arena.Ref, r record) {
	sh, h, p := tx.place(key)
	t = sh.tables[tx.DB]
	if t == nil {
		return sh, nil, h, 0, nil
	}
	if p != nil {
		ref, r = t.findSeen(p)
	} else {
		ref, r = t.find(key, h)
	}
	if ref != 0 && r.has(hasExpiry) && r.expiry() <= tx.now && tx.Expired != ShowExpired {
		if tx.Expired == RemoveExpired {
			tx.expire(sh, t, key, h, ref)
		}
		return sh, t, h, 0, nil
	}
	if ref != 0 && r.has(hasDue) && tx.meets(t, ref, r) {
		tx.meet(sh, key, r.kind())
		if ref, r = t.find(key, h); ref == 0 {
			r = nil
		}
	}
	return sh, t, h, ref, r
}

// pending returns the key as the present command has it open for writing, or nil.
func (tx *Tx) pending(key []byte) *opened {
	for _, o := range tx.opened[:tx.n] {
		if o.write && o.db == tx.DB && string(o.key) == string(key) {
			return o
		}
	}
	return nil
}

// next returns an unused opened.
func (tx *Tx) next() *opened {
	if tx.n == len(tx.opened) {
		tx.opened = append(tx.opened, &opened{tx: tx})
	}
	o := tx.opened[tx.n]
	o.write = false // until open says otherwise: a reader is never pending
	tx.n++
	return o
}

func (tx *Tx) touch(r record, writes bool) {
	if tx.NoTouch {
		return
	}
	switch p := tx.store.policy.Load(); {
	case p.LFU:
		p.touchLFU(r, tx.accessMs, tx.rng)
	case p.LRM && !writes:
	case r.clock() != tx.clock:
		r.setClock(tx.clock)
	}
}

// Lookup fills v with the key's value for reading; false when there is no such
// key. It is Read without a type, and without the Tx keeping the handle: for
// commands that look at many keys.
func (tx *Tx) Lookup(key []byte, v *datatypes.Value) bool {
	if tx.n > 0 {
		if o := tx.pending(key); o != nil {
			*v = o.value
			return o.exists()
		}
	}
	sh, t, _, ref, r := tx.lookup(key)
	if ref == 0 {
		if !tx.NoStats {
			sh.stats.Misses++
		}
		tx.missed(key)
		return false
	}
	if !tx.NoStats {
		sh.stats.Hits++
	}
	tx.touch(r, false)
	v.Kind, v.Encoding = r.kind(), r.encoding()
	v.Bytes, v.Object = t.value(r)
	v.Env, v.Storage = &tx.env, nil
	v.Empty, v.Dirty = false, false
	if r.has(hasDue) {
		v.DueMs = t.due.of(ref)
		return !tx.hides(v)
	}
	v.DueMs = 0
	return true
}

// hides makes the value one without the members whose time has passed, where the mode says
// so, and reports whether nothing is left.
func (tx *Tx) hides(v *datatypes.Value) bool {
	if tx.Expired == HideExpired && tx.store.met&(1<<v.Kind) != 0 && v.DueMs <= tx.now {
		if sn := tx.store.snap.Load(); sn != nil && v.Object != nil {
			sn.settle(v.Object)
		}
		*v = tx.store.hide(*v)
		return v.Empty
	}
	return false
}

// Peek is Lookup without the value and without counting as an access.
func (tx *Tx) Peek(key []byte) (e Entry, ok bool) {
	if tx.n > 0 {
		if o := tx.pending(key); o != nil {
			return Entry{key, o.value.Kind, o.value.Encoding, o.expiry}, o.exists()
		}
	}
	sh, t, _, ref, r := tx.lookup(key)
	if ref == 0 {
		sh.stats.Misses++
		tx.missed(key)
		return e, false
	}
	sh.stats.Hits++
	return t.entry(r), true
}

// Looked counts a lookup of a key that is held, and tells the observer of one that was not found.
// Lookups for reading do so themselves; a command that reads may have opened the key for writing.
func (tx *Tx) Looked(key []byte, found bool) {
	if tx.NoStats {
		return
	}
	sh, _, _ := tx.place(key)
	if found {
		sh.stats.Hits++
		return
	}
	sh.stats.Misses++
	tx.missed(key)
}

func (tx *Tx) missed(key []byte) {
	if EventClass(tx.store.classes.Load())&ClassKeyMiss != 0 && !tx.NoStats {
		tx.tell(tx.DB, key, EvKeyMiss)
	}
}

// read opens the key's value for reading; nil when there is none.
func (tx *Tx) read(key []byte) *datatypes.Value {
	if tx.n > 0 {
		if o := tx.pending(key); o != nil {
			if !o.exists() {
				return nil
			}
			return &o.value
		}
	}
	o := tx.next()
	if !tx.Lookup(key, &o.value) {
		tx.n--
		return nil
	}
	o.write = false
	return &o.value
}

func (o *opened) exists() bool { return !o.gone && (o.ref != 0 || o.value.Object != nil) }

// open opens the key for writing. There may be no such key: then the opened has
// no record.
func (tx *Tx) open(key []byte) *opened { return tx.openFor(key, false) }

// openFor is open for who changes the value, or replaces it: then the old one can be read,
// and must not be changed.
func (tx *Tx) openFor(key []byte, replace bool) *opened {
	if tx.n > 0 {
		if o := tx.pending(key); o != nil {
			return o
		}
	}
	sh, t, h, ref, r := tx.lookup(key)
	if t == nil {
		t = sh.table(tx.DB)
	}
	o := tx.next()
	o.t, o.sh, o.key, o.db, o.hash = t, sh, key, tx.DB, h
	o.old, o.ref, o.write, o.gone = ref, ref, true, false
	o.expiry, o.created, o.renewed = 0, false, false
	v := &o.value
	v.Env, v.Storage = &tx.env, o
	v.Empty, v.Dirty, v.DueMs = false, false, 0
	if ref == 0 {
		v.Kind, v.Encoding, v.Bytes, v.Object = datatypes.None, 0, nil, nil
		return o
	}
	if tx.store.snap.Load() != nil {
		tx.beforeChange(sh, o.t, r, replace)
	}
	tx.touch(r, true)
	v.Kind, v.Encoding = r.kind(), r.encoding()
	v.Bytes, v.Object = t.value(r)
	v.DueMs = t.dueOf(ref, r)
	o.kind = v.Kind
	o.expiry = r.expiry()
	return o
}

// Fresh implements datatypes.Storage.
func (o *opened) Fresh(v *datatypes.Value, n int, reuse bool) []byte {
	l := layoutFor(o.key, o.expiry)
	if reuse && o.ref != 0 {
		if b := o.again(&l, n); b != nil {
			return b
		}
	}
	if o.ref != o.old {
		o.tx.trash = append(o.tx.trash, trash{o.t, o.ref, false})
	}
	var clock uint32
	if o.old != 0 {
		clock = o.t.record(o.old).clock()
	} else {
		clock = o.tx.store.policy.Load().initial(o.tx.accessMs)
	}
	ref, r := o.t.alloc(&l, n)
	r[recKind] = 0
	r.setClock(clock)
	o.ref, o.gone = ref, false
	head := l.head()
	return r[head : head+n : head+n]
}

// again returns the bytes of the present record when it has the same shape and
// takes as many units.
func (o *opened) again(l *layout, n int) []byte {
	r := o.t.record(o.ref)
	const shape = hasExpiry | longKey | objectKey | objectValue
	head := l.head()
	if r[recFlags]&shape != l.flags || arena.Footprint(len(r)) != arena.Footprint(head+n) {
		return nil
	}
	if len(r) != head+n {
		r = record(o.t.arena.Shrink(o.ref, head+n))
	}
	if o.expiry != 0 {
		r.setExpiry(o.expiry)
	}
	return r[head : head+n : head+n]
}

// MaxInline implements datatypes.Storage.
func (o *opened) MaxInline() int { return maxInline(o.key) }

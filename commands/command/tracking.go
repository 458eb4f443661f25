package command

import (
	"hash/maphash"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/medleydb/medley/keyspace"
)

// # Client-side caching
//
// A Tracking remembers which sessions have read which keys, and tells them when those
// change. A read is remembered while its transaction still holds the key's shard, and
// the store names changed keys before it releases theirs: so a change either is seen by the
// read or invalidates it. As in Redis keys are told apart by name alone, whatever the
// database, and an invalidation forgets who has read the key.
//
// The table is spread over several locks, each the last one that is taken but for those
// of Peer.Send. While no session tracks, the store names no keys and commands
// remember none.
type Tracking struct {
	clients *Clients
	store   *keyspace.Store
	limit   func() int64 // of keys, 0 for none
	seed    maphash.Seed
	buckets [hubBuckets]trackedKeys

	keys, items atomic.Int64

	mu       sync.Mutex
	sessions map[*Session]bool
	prefixes map[string]map[*Session]bool // of BCAST

	broadcasts atomic.Bool // there are prefixes
}

type trackedKeys struct {
	mu   sync.Mutex
	keys map[string]*readers
	_    [48]byte // the next one's lock is another core's
}

// readers are the numbers of sessions that have read a key.
type readers struct {
	few  []uint64
	many map[uint64]bool // once they are not few
}

const fewReaders = 16

func (r *readers) add(id uint64) (added bool) {
	switch {
	case r.many != nil:
		added = !r.many[id]
		r.many[id] = true
		return added
	case slices.Contains(r.few, id):
		return false
	case len(r.few) < fewReaders:
		r.few = append(r.few, id)
		return true
	}
	r.many = make(map[uint64]bool, 4*fewReaders)
	for _, id := range r.few {
		r.many[id] = true
	}
	r.few, r.many[id] = nil, true
	return true
}

func (r *readers) len() int { return len(r.few) + len(r.many) }

func (r *readers) each(fn func(id uint64)) {
	for _, id := range r.few {
		fn(id)
	}
	for id := range r.many {
		fn(id)
	}
}

// TrackingOptions are those of CLIENT TRACKING ON. They are replaced, never changed.
type TrackingOptions struct {
	Broadcast, OptIn, OptOut, NoLoop bool
	Redirect                         uint64   // the session that is told instead, 0 for none
	Prefixes                         []string // of Broadcast
}

// Caching is what CLIENT CACHING said of the next command.
type Caching uint8

// What it said.
const (
	CachingUnsaid Caching = iota
	CachingYes
	CachingNo
)

// NewTracking returns a Tracking of the store's keys; limit is how many it remembers.
func NewTracking(store *keyspace.Store, clients *Clients, limit func() int64) *Tracking {
	return &Tracking{store: store, clients: clients, limit: limit, seed: maphash.MakeSeed(),
		sessions: map[*Session]bool{}, prefixes: map[string]map[*Session]bool{}}
}

// Start makes the session track keys, or changes how. It may add to the prefixes that the
// session has.
func (t *Tracking) Start(s *Session, o TrackingOptions) {
	t.mu.Lock()
	defer t.mu.Unlock()
	added := o.Prefixes
	if o.Broadcast && len(added) == 0 {
		added = []string{""}
	}
	o.Prefixes = nil
	if was := s.tracking.Load(); was != nil && o.Broadcast {
		o.Prefixes = slices.Clone(was.Prefixes)
	}
	for _, p := range added {
		if t.prefixes[p] == nil {
			t.prefixes[p] = map[*Session]bool{}
		}
		if !t.prefixes[p][s] {
			t.prefixes[p][s] = true
			o.Prefixes = append(o.Prefixes, p)
		}
	}
	t.broadcasts.Store(len(t.prefixes) > 0)
	s.tracking.Store(&o)
	s.SetFlag(BrokenRedirect, false)
	s.SetFlag(Tracks, true)
	t.sessions[s] = true
	t.store.Track(true)
}

// Stop ends the session's tracking.
func (t *Tracking) Stop(s *Session) {
	o := s.tracking.Swap(nil)
	s.Caching = CachingUnsaid
	if o == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	s.SetFlag(Tracks|BrokenRedirect, false)
	for _, p := range o.Prefixes {
		delete(t.prefixes[p], s)
		if len(t.prefixes[p]) == 0 {
			delete(t.prefixes, p)
		}
	}
	t.broadcasts.Store(len(t.prefixes) > 0)
	delete(t.sessions, s)
	if len(t.sessions) == 0 {
		t.store.Track(false)
		t.forgetAll()
	}
}

// Tracking returns how the session tracks keys, nil for not at all.
func (s *Session) Tracking() *TrackingOptions { return s.tracking.Load() }

func (t *Tracking) bucket(key []byte) *trackedKeys {
	return &t.buckets[maphash.Bytes(t.seed, key)%hubBuckets]
}

// Remember notes the keys that the session has read by a command, as far as it tracks
// them. The transaction still holds their shards.
func (t *Tracking) Remember(s *Session, spec *Spec, argv [][]byte) {
	o := s.tracking.Load()
	if o == nil || o.Broadcast || o.OptIn && s.Caching != CachingYes || o.OptOut && s.Caching == CachingNo {
		return
	}
	spec.EachKey(argv, func(key []byte, _ KeyFlags) { t.remember(s.ID, key) })
	t.Shrink()
}

func (t *Tracking) remember(id uint64, key []byte) {
	b := t.bucket(key)
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.keys[string(key)]
	if r == nil {
		r = &readers{}
		if b.keys == nil {
			b.keys = map[string]*readers{}
		}
		b.keys[string(key)] = r
		t.keys.Add(1)
	}
	if r.add(id) {
		t.items.Add(1)
	}
}

// take forgets who has read the key, and returns it; nil for nobody.
func (t *Tracking) take(key []byte) *readers {
	b := t.bucket(key)
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.keys[string(key)]
	if r != nil {
		delete(b.keys, string(key))
		t.keys.Add(-1)
		t.items.Add(int64(-r.len()))
	}
	return r
}

// Shrink brings the table to its limit: keys that it forgets are invalidated.
func (t *Tracking) Shrink() {
	for limit := t.limit(); limit > 0 && t.keys.Load() > limit; {
		b := &t.buckets[rand.IntN(hubBuckets)]
		b.mu.Lock()
		key, found := "", false
		for key = range b.keys { // Go begins anywhere
			found = true
			break
		}
		b.mu.Unlock()
		if found {
			t.invalidate([]byte(key), t.take([]byte(key)), 0)
		}
	}
}

func (t *Tracking) forgetAll() {
	for i := range t.buckets {
		b := &t.buckets[i]
		b.mu.Lock()
		for _, r := range b.keys {
			t.items.Add(int64(-r.len()))
		}
		t.keys.Add(int64(-len(b.keys)))
		b.keys = nil
		b.mu.Unlock()
	}
}

// Invalidate implements keyspace.Invalidator.
func (t *Tracking) Invalidate(changed []keyspace.Touch) {
	if t.keys.Load() > 0 {
		for _, c := range changed {
			if r := t.take(c.Key); r != nil {
				t.invalidate(c.Key, r, c.Origin)
			}
		}
	}
	if t.broadcasts.Load() {
		t.broadcast(changed)
	}
}

// Flushed implements keyspace.Invalidator.
func (t *Tracking) Flushed() {
	t.forgetAll()
	m := newInvalidation(Value{Kind: Null})
	t.mu.Lock()
	sessions := slices.Collect(maps.Keys(t.sessions))
	t.mu.Unlock()
	for _, s := range sessions {
		m.send(t, s)
	}
}

// invalidate tells the sessions that have read the key.
func (t *Tracking) invalidate(key []byte, r *readers, origin uint64) {
	if r == nil {
		return
	}
	m := newInvalidation(keyList(string(key)))
	r.each(func(id uint64) {
		s := t.clients.Get(id)
		if s == nil {
			return
		}
		if o := s.tracking.Load(); o != nil && !o.Broadcast && !(o.NoLoop && id == origin) {
			m.send(t, s)
		}
	})
}

// broadcast tells sessions of changed keys by their prefixes.
func (t *Tracking) broadcast(changed []keyspace.Touch) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for prefix, sessions := range t.prefixes {
		touched := map[string]uint64{}
		for _, c := range changed {
			if strings.HasPrefix(string(c.Key), prefix) {
				touched[string(c.Key)] = c.Origin
			}
		}
		if len(touched) == 0 {
			continue
		}
		names := slices.Sorted(maps.Keys(touched))
		all := newInvalidation(keyList(names...))
		for s := range sessions {
			o := s.tracking.Load()
			if o == nil || !o.NoLoop {
				all.send(t, s)
				continue
			}
			others := slices.DeleteFunc(slices.Clone(names), func(k string) bool { return touched[k] == s.ID })
			if len(others) > 0 {
				newInvalidation(keyList(others...)).send(t, s)
			}
		}
	}
}

func keyList(keys ...string) Value {
	v := Value{Kind: Array, Elems: make([]Value, len(keys))}
	for i, k := range keys {
		v.Elems[i] = Value{Kind: Bulk, Str: k}
	}
	return v
}

// InvalidationChannel is where clients of RESP2 are told of keys that have changed.
const InvalidationChannel = "__redis__:invalidate"

// An invalidation is a message in the two forms that it has: a push of its own, and what
// subscribers get that speak RESP2.
type invalidation struct {
	keys         Value
	push, asNews *Message
}

func newInvalidation(keys Value) *invalidation { return &invalidation{keys: keys} }

// send tells the session, or the one that it names instead.
func (m *invalidation) send(t *Tracking, s *Session) {
	o := s.tracking.Load()
	if o == nil {
		return
	}
	to := s
	if o.Redirect != 0 {
		if to = t.clients.Get(o.Redirect); to == nil || to.Flag(Killed|CloseAfterReply) {
			s.SetFlag(BrokenRedirect, true)
			if s.SeenProto() == 3 {
				v := push("tracking-redir-broken", "")
				v.Elems[1] = Value{Kind: Int, Int: int64(o.Redirect)}
				s.Peer.Send(NewMessage(v))
			}
			return
		}
	}
	switch {
	case to.SeenProto() == 3:
		if m.push == nil {
			v := push("invalidate", "")
			v.Elems[1] = m.keys
			m.push = NewMessage(v)
		}
		to.Peer.Send(m.push)
	case to != s && to.Flag(Subscribed):
		if m.asNews == nil {
			v := push("message", InvalidationChannel, "")
			v.Elems[2] = m.keys
			m.asNews = NewMessage(v)
		}
		to.Peer.Send(m.asNews)
	}
}

// Figures returns how many sessions track, how many keys are remembered, how often a
// session has read one of them, and how many prefixes there are.
func (t *Tracking) Figures() (sessions, keys, items, prefixes int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return int64(len(t.sessions)), t.keys.Load(), t.items.Load(), int64(len(t.prefixes))
}

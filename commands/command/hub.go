package command

import (
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/medleydb/medley/datatypes"
)

// # Pub/sub
//
// A Hub knows who is subscribed to what, and hands what is published to the sessions.
// It knows nothing of connections: Peer.Send queues a message without waiting.
//
// The order of what a session gets is the order in which things happened. The
// subscribers of a channel stand behind one lock, which is held while a message is
// handed to all of them: so all see the messages of a channel in one order, and
// nobody gets one published after the confirmation of its UNSUBSCRIBE, which is
// queued under the same lock. A transaction that publishes a key event does so while
// it holds the key's shard, so events of a key come in the order of its changes.
//
// Channels are spread over several locks. One lock for all would order messages of
// different channels, too, which a client cannot rely on anyway unless one publisher has
// waited for the other; in that case the order is right here as well.
//
// Locks: shards before the hub's, pattern lock before a bucket's, those before whatever
// Peer.Send takes. Subscriptions of a session (Session.subscribed) belong to its own
// goroutine.
type Hub struct {
	seed    maphash.Seed
	buckets [hubBuckets]hubBucket

	mu       sync.RWMutex // over patterns; who publishes to channels reads
	patterns map[string]*topic
	order    []*topic // the patterns, first come first

	subscriptions atomic.Int64
}

const hubBuckets = 64

type hubBucket struct {
	mu                      sync.Mutex
	channels, shardChannels map[string]*topic
	_                       [40]byte // the next one's lock is another core's
}

func (b *hubBucket) topics(k Topic) *map[string]*topic {
	if k == ShardChannels {
		return &b.shardChannels
	}
	return &b.channels
}

// A Topic is a kind of what sessions subscribe to.
type Topic uint8

// The kinds.
const (
	Channels Topic = iota
	Patterns
	ShardChannels
)

var topicWords = [...]struct{ subscribe, unsubscribe string }{
	{"subscribe", "unsubscribe"}, {"psubscribe", "punsubscribe"}, {"ssubscribe", "sunsubscribe"},
}

// topic is a channel or pattern that has subscribers.
type topic struct {
	name string
	list []*Session
	at   map[*Session]int // places in list, once that is long
}

// manySubscribers is from where on the place of a subscriber is kept, not looked for.
const manySubscribers = 32

func (t *topic) add(s *Session) {
	t.list = append(t.list, s)
	switch {
	case t.at != nil:
		t.at[s] = len(t.list) - 1
	case len(t.list) > manySubscribers:
		t.at = make(map[*Session]int, 2*len(t.list))
		for i, s := range t.list {
			t.at[s] = i
		}
	}
}

func (t *topic) remove(s *Session) {
	i, last := 0, len(t.list)-1
	if t.at != nil {
		i = t.at[s]
		delete(t.at, s)
		if i != last {
			t.at[t.list[last]] = i
		}
	} else {
		i = slices.Index(t.list, s)
	}
	t.list[i] = t.list[last]
	t.list[last] = nil
	t.list = t.list[:last]
}

// send hands the value to the subscribers, but for those that are about to go, and returns
// how many there are.
func (t *topic) send(v Value) (receivers int) {
	m := NewMessage(v)
	for _, s := range t.list {
		if !s.Flag(Killed) {
			s.Peer.Send(m)
			receivers++
		}
	}
	return receivers
}

// NewHub returns a hub without subscribers.
func NewHub() *Hub {
	return &Hub{seed: maphash.MakeSeed(), patterns: map[string]*topic{}}
}

// Idle reports whether nobody is subscribed to anything.
func (h *Hub) Idle() bool { return h.subscriptions.Load() == 0 }

func (h *Hub) bucket(name []byte) *hubBucket {
	return &h.buckets[maphash.Bytes(h.seed, name)%hubBuckets]
}

// table returns the topics of a kind among which the name stands, locked until unlock.
func (h *Hub) table(k Topic, name []byte) (topics *map[string]*topic, unlock func()) {
	if k == Patterns {
		h.mu.Lock()
		return &h.patterns, h.mu.Unlock
	}
	b := h.bucket(name)
	b.mu.Lock()
	return b.topics(k), b.mu.Unlock
}

// Subscribe subscribes the session, and confirms it by a message while what is
// published still waits. With confirm false the caller says what it returns.
func (h *Hub) Subscribe(s *Session, k Topic, name []byte, confirm bool) Value {
	topics, unlock := h.table(k, name)
	defer unlock()
	if !s.subscribed[k][string(name)] {
		t := (*topics)[string(name)]
		if t == nil {
			t = &topic{name: string(name)}
			if *topics == nil {
				*topics = map[string]*topic{}
			}
			(*topics)[t.name] = t
			if k == Patterns {
				h.order = append(h.order, t)
			}
		}
		t.add(s)
		if s.subscribed[k] == nil {
			s.subscribed[k] = map[string]bool{}
		}
		s.subscribed[k][t.name] = true
		h.subscriptions.Add(1)
		s.noteSubscriptions()
	}
	return s.confirm(topicWords[k].subscribe, k, name, confirm)
}

// Unsubscribe ends a subscription, if there is one, and confirms it as Subscribe does.
// Without a name there is nothing to end, which is confirmed too.
func (h *Hub) Unsubscribe(s *Session, k Topic, name []byte, confirm bool) Value {
	if name != nil && s.subscribed[k][string(name)] {
		topics, unlock := h.table(k, name)
		defer unlock()
		h.drop(s, k, topics, string(name))
		s.noteSubscriptions()
	}
	return s.confirm(topicWords[k].unsubscribe, k, name, confirm)
}

// drop ends a subscription that there is; the topics are locked.
func (h *Hub) drop(s *Session, k Topic, topics *map[string]*topic, name string) {
	t := (*topics)[name]
	t.remove(s)
	if len(t.list) == 0 {
		delete(*topics, name)
		if k == Patterns {
			i := slices.Index(h.order, t)
			h.order = slices.Delete(h.order, i, i+1)
		}
	}
	delete(s.subscribed[k], name)
	h.subscriptions.Add(-1)
}

// Leave ends all subscriptions of the session and tells it nothing.
func (h *Hub) Leave(s *Session) {
	if !s.Flag(Subscribed) {
		return
	}
	for k := Channels; k <= ShardChannels; k++ {
		for name := range s.subscribed[k] {
			topics, unlock := h.table(k, []byte(name))
			h.drop(s, k, topics, name)
			unlock()
		}
	}
	s.noteSubscriptions()
}

// Publish hands the message to the subscribers of the channel and of the patterns that
// match it, and returns how many it went to. It borrows its arguments.
func (h *Hub) Publish(channel, message []byte) (receivers int) {
	if h.Idle() {
		return 0
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	b := h.bucket(channel)
	b.mu.Lock()
	defer b.mu.Unlock()
	if t := b.channels[string(channel)]; t != nil {
		receivers += t.send(push("message", t.name, string(message)))
	}
	for _, t := range h.order {
		if datatypes.Match([]byte(t.name), channel) {
			receivers += t.send(push("pmessage", t.name, string(channel), string(message)))
		}
	}
	return receivers
}

// PublishShard is Publish for a shard channel.
func (h *Hub) PublishShard(channel, message []byte) (receivers int) {
	if h.Idle() {
		return 0
	}
	b := h.bucket(channel)
	b.mu.Lock()
	defer b.mu.Unlock()
	if t := b.shardChannels[string(channel)]; t != nil {
		receivers = t.send(push("smessage", t.name, string(message)))
	}
	return receivers
}

// Names returns the channels or shard channels that have subscribers and match the
// pattern; a nil one matches all.
func (h *Hub) Names(k Topic, pattern []byte) (names []string) {
	for i := range h.buckets {
		b := &h.buckets[i]
		b.mu.Lock()
		for name := range *b.topics(k) {
			if pattern == nil || datatypes.Match(pattern, []byte(name)) {
				names = append(names, name)
			}
		}
		b.mu.Unlock()
	}
	return names
}

// Count returns how many channels, patterns or shard channels have subscribers.
func (h *Hub) Count(k Topic) (n int) {
	if k == Patterns {
		h.mu.RLock()
		defer h.mu.RUnlock()
		return len(h.patterns)
	}
	for i := range h.buckets {
		b := &h.buckets[i]
		b.mu.Lock()
		n += len(*b.topics(k))
		b.mu.Unlock()
	}
	return n
}

// Subscribers returns how many sessions are subscribed to the channel or shard channel.
func (h *Hub) Subscribers(k Topic, name []byte) int {
	topics, unlock := h.table(k, name)
	defer unlock()
	if t := (*topics)[string(name)]; t != nil {
		return len(t.list)
	}
	return 0
}

// Subscribed returns the names that the session is subscribed to, in no order.
func (s *Session) Subscribed(k Topic) []string {
	names := make([]string, 0, len(s.subscribed[k]))
	for name := range s.subscribed[k] {
		names = append(names, name)
	}
	return names
}

// noteSubscriptions shows others how many subscriptions there are.
func (s *Session) noteSubscriptions() {
	n := 0
	for k := range s.subscribed {
		s.subs[k].Store(int32(len(s.subscribed[k])))
		n += len(s.subscribed[k])
	}
	s.SetFlag(Subscribed, n > 0)
}

// confirm says that a subscription begins or ends. Channels and patterns are counted
// together.
func (s *Session) confirm(word string, k Topic, name []byte, send bool) Value {
	n := len(s.subscribed[k])
	if k != ShardChannels {
		n = len(s.subscribed[Channels]) + len(s.subscribed[Patterns])
	}
	v := push(word, string(name), "")
	if name == nil {
		v.Elems[1] = Value{Kind: Null}
	}
	v.Elems[2] = Value{Kind: Int, Int: int64(n)}
	if send {
		s.Peer.Send(NewMessage(v))
	}
	return v
}

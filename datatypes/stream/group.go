package stream

import (
	"slices"
	"strings"
	"unsafe"

	"github.com/tidwall/btree"

	"github.com/medleydb/medley/datatypes"
)

// ReadUnknown is the number of entries read of a group of which it is not known.
const ReadUnknown = -1

// group is a consumer group.
type group struct {
	pendingList
	name      string
	last      ID    // of the last entry delivered
	read      int64 // entries read since the stream's first, or ReadUnknown
	consumers []*consumer
	byNumber  []*consumer // number-1; nil where there is none
	numbers   []uint32    // unused ones
	extra     int         // bytes of the consumers
	told      int         // bytes that the stream counts
}

type consumer struct {
	name             string
	number           uint32 // by which pending elements name it
	seenMs, activeMs int64  // last attempt and last success; activeMs -1: never
	tree             *btree.BTreeG[place]
}

const (
	groupBytes    = int(unsafe.Sizeof(group{})) + 8
	consumerBytes = int(unsafe.Sizeof(consumer{})) + 16
)

func (g *group) size() int { return groupBytes + len(g.name) + g.extra + g.pendingList.size() }

// tell tells the stream what the group's size has become.
func (d *data) tell(g *group) {
	n := g.size()
	d.bytes += n - g.told
	g.told = n
}

func (g *group) clone(d *data) *group {
	c := new(group)
	*c = *g
	c.tree, c.consumers, c.byNumber = nil, nil, make([]*consumer, len(g.byNumber))
	c.numbers, c.room = slices.Clone(g.numbers), slices.Clone(g.room)
	c.chunks = make([]*chunk, len(g.chunks))
	for i, from := range g.chunks {
		if from != nil {
			to := *from
			c.chunks[i] = &to
		}
	}
	for _, from := range g.consumers {
		to := *from
		to.tree = nil
		c.consumers = append(c.consumers, &to)
		c.byNumber[to.number-1] = &to
		if from.tree != nil {
			to.tree = c.copyTree(from.tree)
		}
	}
	if g.tree != nil {
		c.tree = c.copyTree(g.tree)
	}
	d.tell(c)
	return c
}

// copyTree makes a tree whose comparisons look at l: those of a copy of the tree would
// look at the list that it was made for.
func (l *pendingList) copyTree(from *btree.BTreeG[place]) *btree.BTreeG[place] {
	t := l.newTree()
	from.Scan(func(p place) bool {
		t.Load(p)
		return true
	})
	return t
}

// add makes a pending element of a consumer, or with nil of nobody.
func (g *group) add(id ID, c *consumer, timeMs, count int64) place {
	e := pending{id: id, timeMs: timeMs, count: count}
	if c != nil {
		e.consumer = c.number
	}
	p := g.insert(e)
	g.own(c, p)
	return p
}

func (g *group) own(c *consumer, p place) {
	if c == nil {
		return
	}
	if c.tree == nil {
		c.tree = g.newTree()
		g.extra += treeBytes
	}
	c.tree.Load(p)
}

func (g *group) disown(p place) {
	if n := g.at(p).consumer; n != 0 {
		g.byNumber[n-1].tree.Delete(p)
	}
}

// give makes an element another consumer's, or with nil nobody's, as delivered at a
// time.
func (g *group) give(p place, c *consumer, timeMs int64) {
	e := g.at(p)
	g.unlink(p)
	number := uint32(0)
	if c != nil {
		number = c.number
	}
	if e.consumer != number {
		g.disown(p)
		e.consumer = number
		g.own(c, p)
	}
	e.timeMs = timeMs
	g.link(p)
}

// remove removes an element.
func (g *group) remove(p place) {
	g.disown(p)
	g.tree.Delete(p)
	g.unlink(p)
	g.n--
	g.release(p)
}

func (g *group) consumer(name []byte) (*consumer, int) {
	i, ok := slices.BinarySearchFunc(g.consumers, name, func(c *consumer, name []byte) int {
		return strings.Compare(c.name, string(name))
	})
	if !ok {
		return nil, i
	}
	return g.consumers[i], i
}

// A Group is the handle of a consumer group.
type Group struct {
	v *datatypes.Value
	d *data
	g *group
}

func (d *data) group(name []byte) (*group, int) {
	i, ok := slices.BinarySearchFunc(d.groups, name, func(g *group, name []byte) int {
		return strings.Compare(g.name, string(name))
	})
	if !ok {
		return nil, i
	}
	return d.groups[i], i
}

// Group returns the group with the name; ok is false when there is none.
func (s Stream) Group(name []byte) (g Group, ok bool) {
	d := s.data()
	if d == nil {
		return g, false
	}
	found, _ := d.group(name)
	return Group{s.v, d, found}, found != nil
}

// Groups returns the number of groups.
func (s Stream) Groups() int {
	if d := s.data(); d != nil {
		return len(d.groups)
	}
	return 0
}

// GroupAt returns the group with the index, in the order of names.
func (s Stream) GroupAt(i int) Group {
	d := s.data()
	return Group{s.v, d, d.groups[i]}
}

// CreateGroup makes a group that has read up to an ID, and, if that is known, how many
// entries (else ReadUnknown).
func (s Stream) CreateGroup(name []byte, last ID, read int64) error {
	d := s.change()
	g, i := d.group(name)
	if g != nil {
		return ErrGroupExists
	}
	g = &group{name: string(name), last: last, read: read}
	d.groups = slices.Insert(d.groups, i, g)
	d.tell(g)
	return nil
}

// DestroyGroup removes a group and all that is pending in it; false when there is none.
func (s Stream) DestroyGroup(name []byte) bool {
	d := s.data()
	if d == nil {
		return false
	}
	g, i := d.group(name)
	if g == nil {
		return false
	}
	s.change()
	d.groups = slices.Delete(d.groups, i, i+1)
	d.bytes -= g.told
	return true
}

// Name returns the group's name.
func (g Group) Name() string { return g.g.name }

// Last returns the ID of the last entry that was delivered.
func (g Group) Last() ID { return g.g.last }

// Read returns the number of entries that were read, or ReadUnknown.
func (g Group) Read() int64 { return g.g.read }

// Pending returns the number of pending entries.
func (g Group) Pending() int { return g.g.n }

// Released returns the number of pending entries that belong to nobody.
func (g Group) Released() int { return g.g.free }

// SetLast sets the ID of the last entry delivered, and the number of those read.
func (g Group) SetLast(id ID, read int64) {
	g.g.last, g.g.read = id, read
	g.v.Dirty = true
}

// Raise sets the ID of the last entry delivered if that makes it greater.
func (g Group) Raise(id ID) bool {
	if !g.g.last.Less(id) {
		return false
	}
	g.g.last = id
	g.v.Dirty = true
	return true
}

// A Consumer is the handle of a consumer of a group.
type Consumer struct{ c *consumer }

// Consumer returns the consumer with the name; ok is false when there is none.
func (g Group) Consumer(name []byte) (c Consumer, ok bool) {
	found, _ := g.g.consumer(name)
	return Consumer{found}, found != nil
}

// Consumers returns the number of consumers.
func (g Group) Consumers() int { return len(g.g.consumers) }

// ConsumerAt returns the consumer with the index, in the order of names.
func (g Group) ConsumerAt(i int) Consumer { return Consumer{g.g.consumers[i]} }

// AddConsumer returns the consumer with the name, and makes it if there is none.
func (g Group) AddConsumer(name []byte, nowMs int64) (c Consumer, created bool) {
	found, i := g.g.consumer(name)
	if found != nil {
		return Consumer{found}, false
	}
	n := &consumer{name: string(name), seenMs: nowMs, activeMs: -1}
	if k := len(g.g.numbers); k > 0 {
		n.number = g.g.numbers[k-1]
		g.g.numbers = g.g.numbers[:k-1]
		g.g.byNumber[n.number-1] = n
	} else {
		g.g.byNumber = append(g.g.byNumber, n)
		n.number = uint32(len(g.g.byNumber))
	}
	g.g.consumers = slices.Insert(g.g.consumers, i, n)
	g.g.extra += consumerBytes + len(n.name)
	g.changed()
	return Consumer{n}, true
}

func (g Group) changed() {
	g.d.tell(g.g)
	g.v.Dirty = true
}

// RemoveConsumer removes a consumer with all that is pending for it, and returns how
// much that was; ok is false when there is none.
func (g Group) RemoveConsumer(name []byte) (n int, ok bool) {
	c, i := g.g.consumer(name)
	if c == nil {
		return 0, false
	}
	if c.tree != nil {
		n = c.tree.Len()
		for c.tree.Len() > 0 {
			p, _ := c.tree.Min()
			g.g.remove(p)
		}
		g.g.extra -= treeBytes
	}
	g.g.consumers = slices.Delete(g.g.consumers, i, i+1)
	g.g.byNumber[c.number-1] = nil
	g.g.numbers = append(g.g.numbers, c.number)
	g.g.extra -= consumerBytes + len(c.name)
	g.changed()
	return n, true
}

// IsZero reports whether the handle is of no consumer.
func (c Consumer) IsZero() bool { return c.c == nil }

// Name returns the consumer's name.
func (c Consumer) Name() string { return c.c.name }

// Pending returns the number of entries that are pending for the consumer.
func (c Consumer) Pending() int {
	if c.c.tree == nil {
		return 0
	}
	return c.c.tree.Len()
}

// Times returns the times in Unix milliseconds of the consumer's last attempt to read,
// and of the last that brought something, -1 for never.
func (c Consumer) Times() (seenMs, activeMs int64) { return c.c.seenMs, c.c.activeMs }

// Seen notes an attempt to read.
func (c Consumer) Seen(nowMs int64) { c.c.seenMs = nowMs }

// Active notes that the consumer got something.
func (c Consumer) Active(nowMs int64) { c.c.activeMs = nowMs }

// A Pending is what there is to tell about a pending entry.
type Pending struct {
	ID       ID
	Consumer string // "" when it belongs to nobody
	TimeMs   int64  // of the last delivery, Unix milliseconds
	Count    int64  // deliveries

	p place
}

func (g *group) pending(p place) Pending {
	e := g.at(p)
	x := Pending{ID: e.id, TimeMs: e.timeMs, Count: e.count, p: p}
	if e.consumer != 0 {
		x.Consumer = g.byNumber[e.consumer-1].name
	}
	return x
}

// Free reports whether the entry belongs to nobody.
func (g Group) Free(x Pending) bool { return g.g.at(x.p).consumer == 0 }

// Find returns the pending entry with the ID.
func (g Group) Find(id ID) (x Pending, ok bool) {
	p := g.g.find(id)
	if p == 0 {
		return x, false
	}
	return g.g.pending(p), true
}

// PendingEnds returns the first and the last ID of what is pending; there must be some.
func (g Group) PendingEnds() (first, last ID) {
	p, _ := g.g.tree.Min()
	q, _ := g.g.tree.Max()
	return g.g.at(p).id, g.g.at(q).id
}

// EachPending calls fn with the pending entries from an ID on, of one consumer or, with
// the zero Consumer, of the group, until fn says no. fn must change none of them.
func (g Group) EachPending(of Consumer, from ID, fn func(Pending) bool) {
	tree := g.g.tree
	if !of.IsZero() {
		tree = of.c.tree
	}
	if tree == nil {
		return
	}
	g.g.probe.id = from
	tree.Ascend(0, func(p place) bool { return fn(g.g.pending(p)) })
}

// EachIdle calls fn with the pending entries that were delivered at a time or before,
// those that belong to nobody first, then those that were delivered longest ago. fn must
// change none of them.
func (g Group) EachIdle(untilMs int64, fn func(Pending) bool) {
	for p := g.g.head; p != 0; p = g.g.at(p).next {
		if e := g.g.at(p); e.consumer != 0 && e.timeMs > untilMs || !fn(g.g.pending(p)) {
			return
		}
	}
}

// Oldest returns the time of the delivery that is longest ago, 0 where an entry belongs
// to nobody; ok is false when nothing is pending.
func (g Group) Oldest() (ms int64, ok bool) {
	if g.g.n == 0 {
		return 0, false
	}
	return g.g.at(g.g.head).timeMs, true
}

// Deliver makes an entry pending for a consumer, as delivered for the first time. What
// was pending of it for another consumer is that one's no more.
func (g Group) Deliver(id ID, to Consumer, nowMs int64) {
	p := place(0)
	if g.g.n > 0 {
		p = g.g.find(id)
	}
	if p == 0 {
		g.g.add(id, to.c, nowMs, 1)
	} else {
		g.g.give(p, to.c, nowMs)
		g.g.at(p).count = 1
	}
	g.changed()
}

// Add makes an entry that is not pending so, for nobody.
func (g Group) Add(id ID, count int64) Pending {
	p := g.g.add(id, nil, 0, count)
	g.changed()
	return g.g.pending(p)
}

// Give makes a pending entry a consumer's, with a time and number of deliveries.
func (g Group) Give(x Pending, to Consumer, timeMs, count int64) {
	g.g.give(x.p, to.c, timeMs)
	g.g.at(x.p).count = count
	g.changed()
}

// Release gives a pending entry back: it belongs to nobody, and is idle for ever.
func (g Group) Release(x Pending, count int64) {
	g.g.give(x.p, nil, 0)
	g.g.at(x.p).count = count
	g.changed()
}

// Remove removes a pending entry.
func (g Group) Remove(x Pending) {
	g.g.remove(x.p)
	g.changed()
}

// Ack removes what is pending of the ID and reports whether there was any.
func (g Group) Ack(id ID) bool {
	p := g.g.find(id)
	if p == 0 {
		return false
	}
	g.g.remove(p)
	g.changed()
	return true
}

// Passed counts an entry as read: the group's last ID becomes its ID, if that is
// greater.
func (g Group) Passed(id ID) {
	if !g.g.last.Less(id) {
		return
	}
	first := g.d.firstID()
	if g.g.read != ReadUnknown && !g.g.last.Less(first) && !g.d.holes(g.g.last) {
		g.g.read++
	} else if g.d.added > 0 {
		g.g.read = g.d.distance(id)
	}
	g.g.last = id
	g.v.Dirty = true
}

// holes reports whether an entry from the ID on was deleted by itself, as far as is
// known.
func (d *data) holes(from ID) bool {
	return d.length > 0 && !d.deleted.IsZero() && !d.deleted.Less(from)
}

// distance returns how many entries there were up to the ID, ReadUnknown where it cannot
// be told without counting.
func (d *data) distance(id ID) int64 {
	if d.added == 0 {
		return 0
	}
	if d.length == 0 && !d.last.Less(id) {
		return int64(d.added)
	}
	if !id.IsZero() && id.Less(d.deleted) {
		return ReadUnknown
	}
	switch id.Compare(d.last) {
	case 0:
		return int64(d.added)
	case 1:
		return ReadUnknown
	}
	if first := d.firstID(); d.deleted.IsZero() || d.deleted.Less(first) {
		switch id.Compare(first) {
		case -1:
			return int64(d.added) - int64(d.length)
		case 0:
			return int64(d.added) - int64(d.length) + 1
		}
	}
	return ReadUnknown
}

// Lag returns how many entries the group has not read yet; ok is false where that is
// not known.
func (g Group) Lag() (n int64, ok bool) {
	d := g.d
	first := d.firstID()
	switch {
	case d.added == 0, d.length == 0:
		return 0, true
	case g.g.last.Less(first) && d.deleted.Less(first):
		return int64(d.length), true
	case g.g.read != ReadUnknown && !d.holes(g.g.last):
		return int64(d.added) - g.g.read, true
	}
	if read := d.distance(g.g.last); read != ReadUnknown {
		return int64(d.added) - read, true
	}
	return 0, false
}

package stream

import (
	"cmp"
	"slices"
)

// Filling a stream that was stored elsewhere: pending entries come in the order of IDs, and
// in the same order again as those of each consumer, so that neither says by itself where
// they stand in the order of times. They are put into that at the end, once.

// LoadRead sets how many entries the group has read from where it stands, as far as that can be
// told: for a group that was stored without the number.
func (g Group) LoadRead() { g.g.read = g.d.distance(g.g.last) }

// LoadPending makes an entry pending for nobody yet, as delivered at a time so many times;
// false when it is pending already. LoadedPending must follow.
func (g Group) LoadPending(id ID, timeMs, count int64) bool {
	if g.g.find(id) != 0 {
		return false
	}
	g.g.at(g.g.add(id, nil, 0, count)).timeMs = timeMs
	return true
}

// LoadOwner makes a pending entry that is nobody's yet a consumer's; false when it is
// not pending, or another's.
func (g Group) LoadOwner(id ID, c Consumer) bool {
	p := g.g.find(id)
	if p == 0 || g.g.at(p).consumer != 0 {
		return false
	}
	g.g.at(p).consumer = c.c.number
	g.g.own(c.c, p)
	return true
}

// LoadedPending ends the loading of what is pending. What has got no owner is nobody's.
func (g Group) LoadedPending() {
	l := &g.g.pendingList
	var free, owned []place
	if l.tree != nil {
		l.tree.Scan(func(p place) bool {
			e := l.at(p)
			if e.consumer == 0 {
				e.timeMs = 0
				free = append(free, p)
			} else {
				owned = append(owned, p)
			}
			return true
		})
	}
	slices.SortStableFunc(owned, func(p, q place) int { return cmp.Compare(l.at(p).timeMs, l.at(q).timeMs) })
	l.head, l.tail, l.freeTail, l.free = 0, 0, 0, 0
	for _, p := range free {
		l.link(p)
	}
	for _, p := range owned {
		l.link(p)
	}
	g.changed()
}

// LoadTimes sets what Times returns.
func (c Consumer) LoadTimes(seenMs, activeMs int64) { c.c.seenMs, c.c.activeMs = seenMs, activeMs }

// OwnIdempotence returns the settings of the stream's own, zero for those of the server, and
// the figures of Idempotence; ok is false when it has neither settings nor names.
func (s Stream) OwnIdempotence() (own Idempotence, added, duplicates int64, ok bool) {
	d := s.data()
	if d == nil || d.idmp == nil {
		return own, 0, 0, false
	}
	p := d.idmp
	return p.own, p.added, p.doubles, true
}

// EachName passes every name of an entry that is remembered to fn, those of one producer
// after the other, the oldest first, until fn says no.
func (s Stream) EachName(fn func(producer, name string, id ID, timeMs int64) bool) {
	d := s.data()
	if d == nil || d.idmp == nil {
		return
	}
	for _, x := range d.idmp.list {
		for _, n := range x.queue {
			if !fn(x.name, n.name, n.id, n.timeMs) {
				return
			}
		}
	}
}

// Names returns how many names EachName passes.
func (s Stream) Names() int {
	if d := s.data(); d != nil && d.idmp != nil {
		return d.idmp.names
	}
	return 0
}

// LoadIdempotence sets what OwnIdempotence returns.
func (s Stream) LoadIdempotence(own Idempotence, added, duplicates int64) {
	p := s.change().producers()
	p.own, p.added, p.doubles = own, added, duplicates
}

// LoadName remembers the ID of the entry that a producer has added under a name at a time;
// false when it is known already. Those of one producer come in the order of times.
func (s Stream) LoadName(producerName, name []byte, id ID, timeMs int64) bool {
	d := s.change()
	p := d.producers()
	was := p.bytes
	x, i := p.find(producerName)
	if x == nil {
		x = &producer{name: string(producerName), named: map[string]*named{}}
		p.list = slices.Insert(p.list, i, x)
		p.bytes += producerBytes + len(x.name)
	}
	if x.named[string(name)] != nil {
		return false
	}
	n := &named{name: string(name), id: id, timeMs: timeMs}
	x.named[n.name] = n
	x.queue = append(x.queue, n)
	p.bytes += namedBytes + len(n.name)
	p.names++
	d.tellNames(was)
	return true
}

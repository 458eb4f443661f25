package stream

import (
	"slices"
	"strings"
	"unsafe"
)

// Idempotent production: a producer names each of its entries, and one that it sends
// again is not added again as long as the stream remembers the name.

// Idempotence is how long names of entries are remembered, and how many of a producer.
type Idempotence struct {
	DurationSec int64
	MaxSize     int64 // of each producer
}

// producers are those who name their entries.
type producers struct {
	own     Idempotence // zero: the server's
	list    []*producer // by name
	names   int         // remembered
	added   int64       // entries with a name
	doubles int64       // that were known
	bytes   int
}

type producer struct {
	name  string
	named map[string]*named
	queue []*named // oldest first
}

type named struct {
	name   string
	id     ID
	timeMs int64
}

const (
	idmpBytes     = int(unsafe.Sizeof(producers{}))
	producerBytes = int(unsafe.Sizeof(producer{})) + 8 + 48
	namedBytes    = int(unsafe.Sizeof(named{})) + 8 + 48
)

func (p *producers) clone() *producers {
	if p == nil {
		return nil
	}
	c := *p
	c.list = make([]*producer, len(p.list))
	for i, from := range p.list {
		to := &producer{name: from.name, named: make(map[string]*named, len(from.named)), queue: slices.Clone(from.queue)}
		for _, n := range to.queue {
			to.named[n.name] = n
		}
		c.list[i] = to
	}
	return &c
}

func (d *data) producers() *producers {
	if d.idmp == nil {
		d.idmp = &producers{}
		d.bytes += idmpBytes
	}
	return d.idmp
}

// tellNames tells the stream what the producers' names take.
func (d *data) tellNames(was int) { d.bytes += d.idmp.bytes - was }

func (p *producers) find(name []byte) (*producer, int) {
	i, ok := slices.BinarySearchFunc(p.list, name, func(x *producer, name []byte) int {
		return strings.Compare(x.name, string(name))
	})
	if !ok {
		return nil, i
	}
	return p.list[i], i
}

// forget forgets names of a producer: those whose time has passed, and the oldest when
// there are more than so many.
func (p *producers) forget(x *producer, most int, beforeMs int64) {
	n := 0
	for n < len(x.queue) && (len(x.queue)-n > most || x.queue[n].timeMs <= beforeMs) {
		e := x.queue[n]
		delete(x.named, e.name)
		p.bytes -= namedBytes + len(e.name)
		n++
	}
	x.queue = slices.Delete(x.queue, 0, n)
	p.names -= n
	if len(x.queue) == 0 {
		if _, i := p.find([]byte(x.name)); i < len(p.list) && p.list[i] == x {
			p.list = slices.Delete(p.list, i, i+1)
			p.bytes -= producerBytes + len(x.name)
		}
	}
}

// settings returns the stream's settings, those of the server where it has none.
func (p *producers) settings(server Idempotence) Idempotence {
	s := server
	if p != nil && p.own.DurationSec > 0 {
		s.DurationSec = p.own.DurationSec
	}
	if p != nil && p.own.MaxSize > 0 {
		s.MaxSize = p.own.MaxSize
	}
	return s
}

// Known returns the ID of the entry that a producer has added under a name; ok is false
// when there is none, or it is too long ago.
func (s Stream) Known(producer, name []byte, server Idempotence) (id ID, ok bool) {
	d := s.data()
	if d == nil || d.idmp == nil {
		return id, false
	}
	x, _ := d.idmp.find(producer)
	if x == nil {
		return id, false
	}
	n := x.named[string(name)]
	if n == nil || n.timeMs <= s.v.Env.NowMs-d.idmp.settings(server).DurationSec*1000 {
		return id, false
	}
	return n.id, true
}

// Double counts an entry that was known.
func (s Stream) Double() {
	s.change().producers().doubles++
}

// Remember remembers the ID of the entry that a producer has added under a name.
func (s Stream) Remember(producerName, name []byte, id ID, server Idempotence) {
	d := s.change()
	p := d.producers()
	was := p.bytes
	x, i := p.find(producerName)
	if x == nil {
		x = &producer{name: string(producerName), named: map[string]*named{}}
		p.list = slices.Insert(p.list, i, x)
		p.bytes += producerBytes + len(x.name)
	}
	if old := x.named[string(name)]; old != nil { // its time has passed
		x.queue = slices.DeleteFunc(x.queue, func(n *named) bool { return n == old })
		p.bytes -= namedBytes + len(old.name)
		p.names--
	}
	n := &named{name: string(name), id: id, timeMs: s.v.Env.NowMs}
	x.named[n.name] = n
	x.queue = append(x.queue, n)
	p.bytes += namedBytes + len(n.name)
	p.names++
	p.added++
	set := p.settings(server)
	p.forget(x, int(set.MaxSize), s.v.Env.NowMs-set.DurationSec*1000)
	d.tellNames(was)
}

// SetIdempotence gives the stream settings of its own; 0 leaves one as it is. Names are
// forgotten when one changes.
func (s Stream) SetIdempotence(to, server Idempotence) {
	d := s.change()
	p := d.producers()
	before := p.settings(server)
	if to.DurationSec > 0 {
		p.own.DurationSec = to.DurationSec
	}
	if to.MaxSize > 0 {
		p.own.MaxSize = to.MaxSize
	}
	if p.settings(server) != before {
		d.bytes -= p.bytes
		p.list, p.names, p.bytes = nil, 0, 0
	}
}

// An IdempotenceInfo is what there is to tell about producers and their names.
type IdempotenceInfo struct {
	Idempotence
	Used              bool // the stream has settings or names of its own
	Producers, Names  int  // remembered
	Added, Duplicates int64
}

// Idempotence returns settings and figures.
func (s Stream) Idempotence(server Idempotence) (i IdempotenceInfo) {
	d := s.data()
	if d == nil || d.idmp == nil {
		i.Idempotence = server
		return i
	}
	p := d.idmp
	i.Idempotence, i.Used = p.settings(server), true
	before := s.v.Env.NowMs - i.DurationSec*1000
	for _, x := range p.list {
		n := 0
		for n < len(x.queue) && x.queue[n].timeMs <= before {
			n++
		}
		if n < len(x.queue) {
			i.Producers++
			i.Names += len(x.queue) - n
		}
	}
	i.Added, i.Duplicates = p.added, p.doubles
	return i
}

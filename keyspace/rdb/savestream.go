package rdb

import (
	"bytes"
	"encoding/binary"

	"github.com/medleydb/medley/datatypes/pack"
	"github.com/medleydb/medley/datatypes/stream"
)

// Blocks are written as large as those of servers of the field are by default.
const (
	blockEntries = 100
	blockBytes   = 4096
)

func (o *output) stream(t Type, s stream.Stream) {
	// How many blocks there will be stands before them, so they are made twice.
	blocks := uint64(0)
	eachBlock(s, func([]byte, []byte) bool {
		blocks++
		return true
	})
	o.length(blocks)
	eachBlock(s, func(key, p []byte) bool {
		o.string(key)
		o.string(p)
		return o.err == nil
	})
	i := s.Info()
	o.length(uint64(i.Length))
	o.numbers(i.Last.Ms, i.Last.Seq)
	o.numbers(i.First.Ms, i.First.Seq, i.MaxDeleted.Ms, i.MaxDeleted.Seq, i.Added)
	o.length(uint64(s.Groups()))
	for i := range s.Groups() {
		o.group(t, s.GroupAt(i))
	}
	if t == typeStreamMore {
		o.names(s)
	}
}

func (o *output) numbers(list ...uint64) {
	for _, n := range list {
		o.length(n)
	}
}

func (o *output) rawID(id stream.ID) {
	o.buf = binary.BigEndian.AppendUint64(o.buf, id.Ms)
	o.buf = binary.BigEndian.AppendUint64(o.buf, id.Seq)
}

// eachBlock passes the stream's blocks to fn, until it says no. The bytes are good until it
// returns.
func eachBlock(s stream.Stream, fn func(key, p []byte) bool) {
	var b blockMaker
	it := s.Range(stream.ID{}, stream.MaxID, false)
	for it.Next() {
		if b.n > 0 && (b.n >= blockEntries || len(b.list.b) >= blockBytes) {
			if !fn(b.finish()) {
				return
			}
		}
		b.add(&it)
	}
	if b.n > 0 {
		fn(b.finish())
	}
}

// A blockMaker makes a block of entries.
type blockMaker struct {
	list  listpack
	key   [16]byte
	base  stream.ID
	names []byte // of the first entry, each with its length before it
	own   []byte // of the present one
	n     int
	out   []byte
}

func (b *blockMaker) add(it *stream.Iter) {
	var scratch [pack.IntText]byte
	fields := *it
	b.own = b.own[:0]
	for fields.NextField() {
		name := fields.Field(scratch[:0])
		b.own = binary.LittleEndian.AppendUint32(b.own, uint32(len(name)))
		b.own = append(b.own, name...)
	}
	l, id := &b.list, it.ID()
	if b.n == 0 {
		b.base = id
		b.names = append(b.names[:0], b.own...)
		l.reset()
	}
	b.n++
	same := bytes.Equal(b.names, b.own)
	flags := int64(0)
	if same {
		flags = flagSame
	}
	l.int(flags)
	l.int(int64(id.Ms - b.base.Ms))
	l.int(int64(id.Seq - b.base.Seq))
	elements := int64(it.Fields()) + 3
	if !same {
		l.int(int64(it.Fields()))
		elements = int64(it.Fields())*2 + 4
	}
	for it.NextField() {
		if !same {
			l.any(it.Field(scratch[:0]))
		}
		l.any(it.Value(scratch[:0]))
	}
	l.int(elements)
}

// finish returns the ID and the listpack of the block, and begins another.
func (b *blockMaker) finish() (key, p []byte) {
	binary.BigEndian.PutUint64(b.key[:], b.base.Ms)
	binary.BigEndian.PutUint64(b.key[8:], b.base.Seq)
	// What stands before the entries tells how many there are.
	var l listpack
	l.b = b.out
	l.reset()
	l.int(int64(b.n))
	l.int(0)
	names := 0
	for at := 0; at < len(b.names); names++ {
		at += 4 + int(binary.LittleEndian.Uint32(b.names[at:]))
	}
	l.int(int64(names))
	for at := 0; at < len(b.names); {
		n := int(binary.LittleEndian.Uint32(b.names[at:]))
		l.any(b.names[at+4 : at+4+n])
		at += 4 + n
	}
	l.int(0)
	l.b = append(l.b, b.list.b[6:]...)
	l.n += b.list.n
	b.n = 0
	b.out = l.finish()
	return b.key[:], b.out
}

func (o *output) group(t Type, g stream.Group) {
	o.string([]byte(g.Name()))
	o.numbers(g.Last().Ms, g.Last().Seq, uint64(g.Read()))
	o.length(uint64(g.Pending()))
	g.EachPending(stream.Consumer{}, stream.ID{}, func(p stream.Pending) bool {
		o.rawID(p.ID)
		o.uint64(uint64(p.TimeMs))
		o.length(uint64(p.Count))
		o.room()
		return o.err == nil
	})
	o.length(uint64(g.Consumers()))
	for i := range g.Consumers() {
		c := g.ConsumerAt(i)
		o.string([]byte(c.Name()))
		seen, active := c.Times()
		o.uint64(uint64(seen))
		if t >= typeStream3 {
			o.uint64(uint64(active))
		}
		o.length(uint64(c.Pending()))
		g.EachPending(c, stream.ID{}, func(p stream.Pending) bool {
			o.rawID(p.ID)
			o.room()
			return o.err == nil
		})
	}
}

// names writes what loadNames reads.
func (o *output) names(s stream.Stream) {
	own, added, duplicates, ok := s.OwnIdempotence()
	if !ok {
		o.length(0)
		return
	}
	o.numbers(1, uint64(own.DurationSec), uint64(own.MaxSize), uint64(added), uint64(duplicates), uint64(s.Names()))
	s.EachName(func(producer, name string, id stream.ID, timeMs int64) bool {
		o.string([]byte(producer))
		o.string([]byte(name))
		o.rawID(id)
		o.uint64(uint64(timeMs))
		o.room()
		return o.err == nil
	})
}

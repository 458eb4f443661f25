// Package stream implements the stream value: entries of fields and values under
// growing IDs, and consumer groups that read them.
//
// Entries stand in packed blocks (block.go), the blocks in a B-tree by their first ID;
// the last block, which grows, stands beside it. A block is dropped with its last
// entry, and an empty stream is a value like any other. A group keeps what it has
// delivered and nobody has acknowledged in its pending entries list (pending.go).
//
//	s := stream.New(&datatypes.Env{Limits: datatypes.DefaultLimits()})
//	id, err := s.Append(stream.ID{Ms: 1700000000000}, [][]byte{[]byte("temperature"), []byte("21")})
//	for it := s.Range(stream.ID{}, stream.MaxID, false); it.Next(); {
//		for it.NextField() {
//			... it.ID(), it.Field(scratch), it.Value(scratch)
//		}
//	}
package stream

import (
	"errors"
	"math"
	"unsafe"

	"github.com/medleydb/medley/datatypes"
)

// Errors of streams, for errors.Is.
var (
	// ErrSmallID: an entry's ID is not greater than that of every entry before it.
	ErrSmallID = errors.New("stream: the ID is equal or smaller than the last one")
	// ErrZeroID: an entry cannot have the ID 0-0.
	ErrZeroID = errors.New("stream: the ID must be greater than 0-0")
	// ErrExhausted: the last possible ID has been given out.
	ErrExhausted = errors.New("stream: no ID is left")
	// ErrTooLarge: an entry is larger than a block can be.
	ErrTooLarge = errors.New("stream: the entry is too large")
	// ErrGroupExists: there is a group of that name.
	ErrGroupExists = errors.New("stream: the group exists")
)

// A Stream is the typed handle of a stream value. Slices that its methods return
// borrow the value: they are valid until the stream is changed or the transaction
// ends. Arguments are copied where they are stored.
type Stream struct{ v *datatypes.Value }

// Kind returns datatypes.Stream.
func (Stream) Kind() datatypes.Kind { return datatypes.Stream }

// Of returns the handle over v.
func (Stream) Of(v *datatypes.Value) Stream { return Stream{v} }

// New returns an empty stream that lives on the Go heap, outside any keyspace.
func New(env *datatypes.Env) Stream {
	s := Stream{datatypes.NewValue(datatypes.Stream, env)}
	s.Touch()
	return s
}

// Value returns the value beneath the handle.
func (s Stream) Value() *datatypes.Value { return s.v }

// EncodingName returns the encoding in the words of OBJECT ENCODING.
func (Stream) EncodingName() string { return "stream" }

// data is the object of a stream.
type data struct {
	owner  *owner
	tail   *block   // the last block, nil when there is no entry
	sealed *sealed  // the others, nil when there is none
	groups []*group // by name
	idmp   *producers

	length  int
	last    ID     // greatest ever
	top     ID     // of the last entry, 0-0 without one
	deleted ID     // greatest that was deleted by ID
	added   uint64 // entries ever
	bytes   int    // beside this struct
}

const (
	blockBytes = int(unsafe.Sizeof(block{}))
	// maxSpare is the largest buffer in bytes that is kept for the next block.
	maxSpare = 8 << 10
)

func (s Stream) data() *data {
	d, _ := s.v.Object.(*data)
	return d
}

// Touch makes sure that the value exists: a stream without entries is one.
func (s Stream) Touch() { s.change() }

// change returns the stream's object, to be changed.
func (s Stream) change() *data {
	d := s.data()
	if d == nil {
		d = &data{owner: new(owner)}
		s.v.SetObject(0, d)
	}
	s.v.Dirty, s.v.Empty = true, d.length == 0
	return d
}

// Size implements datatypes.Object.
func (d *data) Size() int { return int(unsafe.Sizeof(*d)) + d.bytes }

// Clone implements datatypes.Object. The blocks stay shared until either side changes
// them: afterwards neither is their owner. So it takes no time for entries, and little
// for what is pending.
func (d *data) Clone() datatypes.Object {
	c := new(data)
	*c = *d
	d.owner, c.owner = new(owner), new(owner)
	if d.sealed != nil {
		c.bytes -= cap(d.sealed.spare)
		c.sealed = newSealed(d.sealed.tree.Copy())
	}
	c.groups = make([]*group, len(d.groups))
	for i, g := range d.groups {
		c.groups[i] = g.clone(c)
	}
	c.idmp = d.idmp.clone()
	return c
}

// Len returns the number of entries.
func (s Stream) Len() int {
	if d := s.data(); d != nil {
		return d.length
	}
	return 0
}

// Info is what there is to tell about a stream.
type Info struct {
	Length     int
	Blocks     int
	First, Top ID     // of the first and last entry; 0-0 without one
	Last       ID     // the greatest ID ever
	MaxDeleted ID     // the greatest ID that was deleted by itself
	Added      uint64 // entries ever
}

// Info returns figures about the stream.
func (s Stream) Info() (i Info) {
	d := s.data()
	if d == nil {
		return i
	}
	i = Info{Length: d.length, Top: d.top, Last: d.last, MaxDeleted: d.deleted, Added: d.added}
	i.First = d.firstID()
	if d.tail != nil {
		i.Blocks = 1
	}
	if d.sealed != nil {
		i.Blocks += d.sealed.tree.Len()
	}
	return i
}

// LastID returns the greatest ID that the stream ever had.
func (s Stream) LastID() ID {
	if d := s.data(); d != nil {
		return d.last
	}
	return ID{}
}

// Top returns the ID of the last entry; ok is false when there is none.
func (s Stream) Top() (id ID, ok bool) {
	if d := s.data(); d != nil && d.length > 0 {
		return d.top, true
	}
	return ID{}, false
}

// NextID returns the ID that an entry gets at a time: that time, or, when the clock has
// not moved on since the last entry, the one behind that.
func (s Stream) NextID(nowMs int64) (ID, error) {
	last := s.LastID()
	if uint64(nowMs) > last.Ms {
		return ID{uint64(nowMs), 0}, nil
	}
	id, ok := last.Next()
	if !ok {
		return ID{}, ErrExhausted
	}
	return id, nil
}

// NextSeq returns the ID that an entry gets with a given first half.
func (s Stream) NextSeq(ms uint64) (ID, error) {
	last := s.LastID()
	switch {
	case last == MaxID:
		return ID{}, ErrExhausted
	case ms > last.Ms:
		return ID{ms, 0}, nil
	case ms < last.Ms, last.Seq == math.MaxUint64:
		return ID{}, ErrSmallID
	}
	return ID{ms, last.Seq + 1}, nil
}

// CanAppend reports with an error why an entry cannot be appended.
func (s Stream) CanAppend(id ID, fields [][]byte) error {
	last := s.LastID()
	if last == MaxID {
		return ErrExhausted
	}
	if id.IsZero() {
		return ErrZeroID
	}
	if !last.Less(id) {
		return ErrSmallID
	}
	n := 0
	for _, f := range fields {
		n += len(f)
	}
	if n > maxNode {
		return ErrTooLarge
	}
	return nil
}

// Append adds an entry: names and values in turn, at least one of each. The ID must be
// greater than the last one, also that of an entry that is gone.
func (s Stream) Append(id ID, fields [][]byte) error {
	if err := s.CanAppend(id, fields); err != nil {
		return err
	}
	d := s.change()
	s.v.Empty = false
	b := d.tail
	if b != nil && b.full(fields, &s.v.Env.Limits) {
		d.seal()
		b = nil
	}
	if b == nil {
		b = d.begin(id, fields)
	} else {
		b = d.writable(b)
	}
	was := cap(b.buf)
	b.append(id, fields)
	d.bytes += cap(b.buf) - was
	d.length++
	d.added++
	d.last, d.top = id, id
	return nil
}

// begin makes a new last block.
func (d *data) begin(id ID, fields [][]byte) *block {
	b := &block{owner: d.owner}
	switch {
	case d.sealed == nil:
		b.buf = make([]byte, 0, firstBuf)
	case d.sealed.spare != nil:
		d.bytes -= cap(d.sealed.spare)
		b.buf, d.sealed.spare = d.sealed.spare[:0], nil
	}
	b.begin(id, fields)
	d.bytes += blockBytes + cap(b.buf)
	d.tail = b
	return b
}

// seal puts the last block, which is full, into the tree. Its bytes are copied to where
// they just fit, and the room goes to the next block.
func (d *data) seal() {
	b := d.writable(d.tail)
	d.tail = nil
	if d.sealed == nil {
		d.sealed = newSealed(newTree())
		d.bytes += sealedBytes
	}
	if cap(b.buf) > len(b.buf) && cap(b.buf) <= maxSpare {
		d.bytes -= cap(d.sealed.spare)
		d.sealed.spare = b.buf
		b.buf = append([]byte(nil), b.buf...)
		d.bytes += cap(b.buf)
	}
	d.sealed.tree.Load(b)
	d.bytes += treeItemBytes
}

// writable returns the block for a change: itself, or a copy where it is shared.
func (d *data) writable(b *block) *block {
	if b.owner == d.owner {
		return b
	}
	c := new(block)
	*c = *b
	c.owner = d.owner
	c.buf = append([]byte(nil), b.buf...)
	d.bytes += cap(c.buf) - cap(b.buf)
	if b == d.tail {
		d.tail = c
	} else {
		d.sealed.tree.Set(c)
	}
	return c
}

// firstBlock returns the first block, or nil.
func (d *data) firstBlock() *block {
	if d.sealed != nil {
		if b, ok := d.sealed.tree.Min(); ok {
			return b
		}
	}
	return d.tail
}

// blockOf returns the block in which an entry with the ID would stand: the last that
// begins at it or before; nil when it lies before all.
func (d *data) blockOf(id ID) *block {
	if d.tail != nil && !id.Less(d.tail.key) {
		return d.tail
	}
	if d.sealed == nil {
		return nil
	}
	return d.sealed.upTo(id)
}

// after returns the block behind b, or nil.
func (d *data) after(b *block) *block {
	if b == d.tail {
		return nil
	}
	key, _ := b.key.Next()
	if next := d.sealed.from(key); next != nil {
		return next
	}
	return d.tail
}

// before returns the block before b, or nil.
func (d *data) before(b *block) *block {
	if d.sealed == nil {
		return nil
	}
	key, _ := b.key.Prev()
	return d.sealed.upTo(key)
}

// find returns the mark of the entry with the ID.
func (d *data) find(id ID) (m mark, ok bool) {
	if d == nil || d.length == 0 || d.top.Less(id) {
		return m, false
	}
	b := d.blockOf(id)
	if b == nil {
		return m, false
	}
	m, ok = b.find(id)
	return m, ok && !m.dead()
}

// Has reports whether there is an entry with the ID.
func (s Stream) Has(id ID) bool {
	_, ok := s.data().find(id)
	return ok
}

func (d *data) firstID() ID {
	if d.length == 0 {
		return ID{}
	}
	m := d.firstBlock().first()
	m.next()
	return m.id
}

// Delete removes the entry with the ID and reports whether there was one.
func (s Stream) Delete(id ID) bool {
	d := s.data()
	m, ok := d.find(id)
	if !ok {
		return false
	}
	s.change()
	d.kill(m)
	if d.deleted.Less(id) {
		d.deleted = id
	}
	d.settle(id)
	s.v.Empty = d.length == 0
	return true
}

// kill removes a living entry. top may then be that of an entry that is gone (settle).
func (d *data) kill(m mark) {
	b := d.writable(m.b)
	b.kill(&m)
	d.length--
	if b.live == 0 {
		d.drop(b)
		return
	}
	if b.wasteful() {
		d.bytes -= cap(b.buf)
		b.compact()
		d.bytes += cap(b.buf)
	}
}

// drop removes a block.
func (d *data) drop(b *block) {
	d.bytes -= blockBytes + cap(b.buf)
	if b == d.tail {
		d.tail = nil
		return
	}
	d.sealed.tree.Delete(b)
	d.bytes -= treeItemBytes
	if d.sealed.tree.Len() == 0 {
		d.bytes -= sealedBytes + cap(d.sealed.spare)
		d.sealed = nil
	}
}

// settle finds the last entry again when the one with the ID has gone.
func (d *data) settle(gone ID) {
	if d.length == 0 {
		d.top = ID{}
		return
	}
	if gone != d.top {
		return
	}
	b := d.tail
	if b == nil {
		b, _ = d.sealed.tree.Max()
	}
	for m := b.first(); m.next(); {
		if !m.dead() {
			d.top = m.id
		}
	}
}

// SetLast sets the greatest ID ever, which must not be less than that of the last entry,
// the number of entries ever (-1 leaves it) and the greatest deleted ID (0-0 leaves it).
func (s Stream) SetLast(last ID, added int64, deleted ID) {
	d := s.change()
	d.last = last
	if added >= 0 {
		d.added = uint64(added)
	}
	if !deleted.IsZero() {
		d.deleted = deleted
	}
}

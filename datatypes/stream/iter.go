package stream

import (
	"encoding/binary"

	"github.com/medleydb/medley/datatypes/pack"
)

// An Iter passes the entries of a range. It borrows the stream, which must not change
// meanwhile.
type Iter struct {
	d        *data
	m        mark
	limit    ID // the last ID to be passed
	done     bool
	backward bool
	marks    []mark // of the present block, when going backward

	// Of the fields of the present entry.
	names      int // offset of the next shared name, 0: names of its own
	at         int
	left       int
	count      int
	name, text int
}

// Range returns an iterator over the entries from one ID to another, both included;
// backward, from the greater to the smaller.
func (s Stream) Range(from, to ID, backward bool) (it Iter) {
	it.init(s.data(), from, to, backward)
	return it
}

func (it *Iter) init(d *data, from, to ID, backward bool) {
	it.d, it.backward, it.done = d, backward, true
	if d == nil || d.length == 0 || to.Less(from) {
		return
	}
	if backward {
		it.limit = from
		b := d.blockOf(to)
		if b == nil {
			return
		}
		it.done = false
		it.collect(b, to)
		return
	}
	if d.top.Less(from) {
		return
	}
	b := d.blockOf(from)
	if b == nil {
		b = d.firstBlock()
	}
	it.limit, it.done = to, false
	it.m = b.first()
	for m := it.m; m.next() && m.id.Less(from); {
		it.m = m
	}
}

// collect takes down where the living entries of a block up to an ID stand.
func (it *Iter) collect(b *block, to ID) {
	it.m.b = b
	it.marks = it.marks[:0]
	for m := b.first(); m.next() && !to.Less(m.id); {
		if !m.dead() && !m.id.Less(it.limit) {
			it.marks = append(it.marks, m)
		}
	}
}

// Next goes on to the next entry; false when there is none.
func (it *Iter) Next() bool {
	if it.done {
		return false
	}
	if it.backward {
		if !it.nextBackward() {
			return false
		}
	} else {
		for {
			if !it.m.next() {
				b := it.d.after(it.m.b)
				if b == nil {
					it.done = true
					return false
				}
				it.m = b.first()
				continue
			}
			if it.limit.Less(it.m.id) {
				it.done = true
				return false
			}
			if !it.m.dead() {
				break
			}
		}
	}
	it.enter()
	return true
}

func (it *Iter) nextBackward() bool {
	for len(it.marks) == 0 {
		b := it.m.b
		if b = it.d.before(b); b == nil || b.last.Less(it.limit) {
			it.done = true
			return false
		}
		it.collect(b, MaxID)
	}
	n := len(it.marks) - 1
	b := it.m.b
	it.m, it.marks = it.marks[n], it.marks[:n]
	it.m.b = b
	return true
}

// enter makes the present entry's fields ready.
func (it *Iter) enter() {
	m := &it.m
	if m.b.buf[m.at]&headNames != 0 {
		n, w := binary.Uvarint(m.b.buf[m.body:m.end])
		it.count, it.at, it.names = int(n), m.body+w, 0
	} else {
		n, w := binary.Uvarint(m.b.buf)
		it.count, it.at, it.names = int(n), m.body, w
	}
	it.left = it.count
}

// ID returns the present entry's ID.
func (it *Iter) ID() ID { return it.m.id }

// Fields returns the number of fields of the present entry.
func (it *Iter) Fields() int { return it.count }

// Size returns the bytes of the present entry's values, and of its names where they
// are not those of its neighbours, as they are stored.
func (it *Iter) Size() int { return it.m.end - it.m.at }

// NextField goes on to the next field of the present entry; false when there is none.
func (it *Iter) NextField() bool {
	if it.left == 0 {
		return false
	}
	it.left--
	buf := it.m.b.buf
	if it.names == 0 {
		it.name = it.at
		it.at = pack.End(buf, it.at)
	} else {
		it.name = it.names
		it.names = pack.End(buf, it.names)
	}
	it.text = it.at
	it.at = pack.End(buf, it.at)
	return true
}

// Field returns the name of the present field; borrowed, or, where it is an integer,
// written to scratch, which needs room for pack.IntText bytes.
func (it *Iter) Field(scratch []byte) []byte { return pack.String(it.m.b.buf, it.name, scratch) }

// Value is Field for the value.
func (it *Iter) Value(scratch []byte) []byte { return pack.String(it.m.b.buf, it.text, scratch) }

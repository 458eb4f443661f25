// Package list implements the list value: byte strings in order, with cheap ends.
//
// A small list is one packed inline record (packed.go); a large one is a directory
// (blocks.go) of packed blocks (block.go) of up to 4 KiB. An element costs its text and one
// byte more; integers are stored in fewer bytes than their text, and come back as the
// same text. Pushing and popping at both ends takes constant time, finding an element
// by its index a small part of what passing all would take.
//
//	v := datatypes.NewValue(datatypes.List, &datatypes.Env{Limits: datatypes.DefaultLimits()})
//	l := list.List{}.Of(v)
//	l.Push(list.Tail, []byte("a"), []byte("b"))
//	b, ok := l.Pop(list.Head, nil) // "a", true
package list

import "github.com/medleydb/medley/datatypes"

// Encodings of a list are two marks: whether it is a directory of blocks, and whether
// it is called quicklist or listpack. The zero Encoding is a packed list that is called
// listpack.
const (
	quick   datatypes.Encoding = 1 << iota // called quicklist
	blocked                                // in blocks
)

// A List is the typed handle of a list value. An element is copied when it is stored.
// What methods return borrows the value, or scratch where the element is an integer:
// it is valid until the list is changed again or the transaction ends. Indexes count
// from 0 at the head.
type List struct{ v *datatypes.Value }

// An End is an end of a list.
type End bool

// The ends.
const (
	Head End = true
	Tail End = false
)

// Kind returns datatypes.List.
func (List) Kind() datatypes.Kind { return datatypes.List }

// Of returns the handle over v.
func (List) Of(v *datatypes.Value) List { return List{v} }

// Value returns the value beneath the handle.
func (l List) Value() *datatypes.Value { return l.v }

// EncodingName returns the encoding in the words of OBJECT ENCODING: listpack or
// quicklist.
func (l List) EncodingName() string {
	if l.v.Encoding&quick != 0 {
		return "quicklist"
	}
	return "listpack"
}

// Len returns the number of elements.
func (l List) Len() int {
	if o, ok := l.v.Object.(*blocks); ok {
		return o.length
	}
	b := l.packed()
	return int(b.n)
}

// Iter returns a cursor that passes the elements from index i to the tail or,
// backwards, to the head. Beyond the list's ends it has none.
func (l List) Iter(i int, backwards bool) Cursor {
	var c Cursor
	if i < 0 || i >= l.Len() {
		return c
	}
	if o, ok := l.v.Object.(*blocks); ok {
		p, off := o.locate(i)
		c.l, c.pos = o, p
		c.begin(*o.at(p), off, backwards)
		return c
	}
	c.begin(l.packed(), i, backwards)
	return c
}

// At returns the element with index i; ok is false when there is none. scratch needs
// room for 20 bytes not to be grown.
func (l List) At(i int, scratch []byte) (b []byte, ok bool) {
	c := l.Iter(i, false)
	if !c.Next() {
		return nil, false
	}
	return c.Bytes(scratch), true
}

// Push adds elements at an end, one after the other: pushed at the head they come to
// stand in reverse order.
func (l List) Push(end End, elems ...[]byte) {
	if len(elems) == 0 {
		return
	}
	l.growing(elems...)
	o, ok := l.v.Object.(*blocks)
	if !ok {
		old := l.packed()
		at := int(old.n)
		if end == Head {
			at = 0
		}
		if l.splice(&old, at, 0, elems, end == Head) {
			l.v.Empty = false
			return
		}
		o = l.unpack()
	}
	var buf [maxIntBytes]byte
	for _, b := range elems {
		o.push(bool(end), encode(b, &buf))
	}
	l.v.Dirty, l.v.Empty = true, false
}

// Pop takes the element at an end; ok is false in an empty list.
func (l List) Pop(end End, scratch []byte) (b []byte, ok bool) {
	i := 0
	if end == Tail {
		i = l.Len() - 1
	}
	if b, ok = l.At(i, scratch); ok {
		l.Drop(end, 1)
	}
	return b, ok
}

// Drop removes n elements, or all if there are fewer, from an end.
func (l List) Drop(end End, n int) {
	have := l.Len()
	n = min(n, have)
	if n <= 0 {
		return
	}
	if o, ok := l.v.Object.(*blocks); ok {
		o.drop(bool(end), n)
	} else if n == have {
		l.v.Empty = true
	} else {
		old := l.packed()
		at := have - n
		if end == Head {
			at = 0
		}
		l.splice(&old, at, n, nil, false)
	}
	l.shrunk()
}

// Trim removes all elements but those with indexes from to before to; without any of
// them the list becomes empty.
func (l List) Trim(from, to int) {
	n := l.Len()
	from, to = max(from, 0), min(to, n)
	if from >= to {
		l.Drop(Head, n)
		return
	}
	l.Drop(Tail, n-to)
	l.Drop(Head, from)
}

// Set gives the element with index i another text; false when there is none.
func (l List) Set(i int, b []byte) bool {
	if i < 0 || i >= l.Len() {
		return false
	}
	l.growing(b)
	var buf [maxIntBytes]byte
	e := encode(b, &buf)
	o, ok := l.v.Object.(*blocks)
	if !ok {
		if l.setPacked(i, e, b) {
			l.shrunk()
			return true
		}
		o = l.unpack()
	}
	o.set(i, e)
	l.shrunk()
	return true
}

// setPacked is Set in the inline representation: in place if the length stays.
func (l List) setPacked(i int, e elem, b []byte) bool {
	old := l.packed()
	if end := old.edge(i); int(end-old.edge(i+1)) == e.size() {
		old.replace(i, e)
		return true
	}
	return l.splice(&old, i, 1, [][]byte{b}, false)
}

// Insert puts an element before the one with index i, or at the tail if i is the
// length; false when i is beyond that.
func (l List) Insert(i int, b []byte) bool {
	n := l.Len()
	if i < 0 || i > n {
		return false
	}
	if i == 0 || i == n {
		l.Push(i == 0, b)
		return true
	}
	l.growing(b)
	o, ok := l.v.Object.(*blocks)
	if !ok {
		old := l.packed()
		if l.splice(&old, i, 0, [][]byte{b}, false) {
			return true
		}
		o = l.unpack()
	}
	var buf [maxIntBytes]byte
	o.insert(i, encode(b, &buf))
	l.v.Dirty = true
	return true
}

// Remove removes up to limit elements (0 for no limit) that equal b, from the head on
// or, backwards, from the tail on, and returns how many it removed.
func (l List) Remove(b []byte, limit int, backwards bool) int {
	n := l.Len()
	if limit <= 0 || limit > n {
		limit = n
	}
	var buf [maxIntBytes]byte
	e := encode(b, &buf)
	removed := 0
	if o, ok := l.v.Object.(*blocks); ok {
		removed = o.removeEqual(e, limit, backwards)
	} else {
		removed = l.removePacked(e, limit, backwards)
	}
	if removed > 0 {
		l.v.Empty = removed == n
		l.shrunk()
	}
	return removed
}

// A Search says which elements Find looks for.
type Search struct {
	Text []byte
	Skip int  // matches passed over before the first that counts
	Max  int  // elements looked at, 0 for all
	Back bool // from the tail on
}

// Find calls found with the index of each match, until it returns false.
func (l List) Find(s Search, found func(i int) bool) {
	n := l.Len()
	i, step := 0, 1
	if s.Back {
		i, step = n-1, -1
	}
	left := n
	if s.Max > 0 {
		left = min(n, s.Max)
	}
	var buf [maxIntBytes]byte
	e := encode(s.Text, &buf)
	c := l.Iter(i, s.Back)
	for ; left > 0 && c.Next(); left-- {
		if c.e.equal(e) {
			if s.Skip == 0 && !found(i) {
				return
			}
			s.Skip = max(s.Skip-1, 0)
		}
		i += step
	}
}

// Index returns the index of the first element that equals b, -1 for none.
func (l List) Index(b []byte) int {
	at := -1
	l.Find(Search{Text: b}, func(i int) bool {
		at = i
		return false
	})
	return at
}

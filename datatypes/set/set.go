// Package set implements the set value: members without order.
//
// # Encodings
//
//	Ints    integers inline, sorted, all of the same width (ints.go)
//	Packed  a pack of members inline (package pack)
//	Wide    the same, after a member was longer than Limits.SetMaxPackedValue: the
//	        encoding's name is that of a large set, but as long as it is small
//	        (maxWide), a large one would only cost memory
//	Large   an object (large.go): integers in a compressed bitmap where they lie close
//	        enough, all other members in an arena of its own, found by an index
//
// A set never goes back to an encoding above. A Large one that has grown out of its
// record without passing the limits reports the name of what it would be inline.
//
// # Members that go by themselves
//
// A member can have a time at which it goes: in a pack the number of its entry, in a Large
// set a part of its record, so that sets without one pay nothing. Integers leave Ints and the
// bitmap for it. Adding a member that is there changes nothing, its time included; a member
// that is taken out and added again has none. Whoever opens a set takes those out first
// whose time has passed (Reap): no operation here looks at times for what it shows.
package set

import (
	"errors"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/pack"
)

// Encodings of a set.
const (
	Ints datatypes.Encoding = iota
	Packed
	Wide
	Large
)

const (
	// maxWide is the size in bytes up to which a set with a long member stays packed.
	maxWide = 1 << 10
	// perEntry is the number of strings of a pack's entry.
	perEntry = 1
	// Scratch is the room in bytes that scratch buffers need not to be grown.
	Scratch = pack.IntText
)

var errCorrupt = errors.New("set: the set is inconsistent")

// A Set is the typed handle of a set value.
//
// Slices that its methods return borrow the value: they are valid until the set is
// changed or the transaction ends, and are not to be written to. Arguments are copied
// where they are stored. The zero Set is of use only to make others.
type Set struct{ v *datatypes.Value }

// A Member is a member as sets pass it to functions: Bytes gives its text, Int the
// integer that it is. It is good until the function returns.
type Member = pack.Text

// Kind returns datatypes.Set.
func (Set) Kind() datatypes.Kind { return datatypes.Set }

// Of returns the handle over v.
func (Set) Of(v *datatypes.Value) Set { return Set{v} }

// New returns an empty set that lives on the Go heap, outside any keyspace.
func New(env *datatypes.Env) Set { return Set{datatypes.NewValue(datatypes.Set, env)} }

// Exists reports whether there is a set at all, which has at least one member.
func (s Set) Exists() bool { return s.v.Exists() && !s.v.Empty }

// Value returns the value beneath the handle.
func (s Set) Value() *datatypes.Value { return s.v }

// EncodingName returns the encoding in the words of OBJECT ENCODING: intset, listpack
// or hashtable.
func (s Set) EncodingName() string {
	enc := s.v.Encoding
	if l := s.large(); l != nil {
		enc = l.name
	}
	switch enc {
	case Ints:
		return "intset"
	case Packed:
		return "listpack"
	}
	return "hashtable"
}

func (s Set) large() *large {
	l, _ := s.v.Object.(*large)
	return l
}

func (s Set) limits() *datatypes.Limits { return &s.v.Env.Limits }

// inline reports whether members stand in the record, and there are any.
func (s Set) inline() bool { return s.v.Object == nil && !s.v.Empty && len(s.v.Bytes) > 0 }

// Len returns the number of members.
func (s Set) Len() int {
	if l := s.large(); l != nil {
		return l.len()
	}
	switch {
	case !s.inline():
		return 0
	case s.v.Encoding == Ints:
		return intCount(s.v.Bytes)
	}
	return pack.Count(s.v.Bytes, perEntry)
}

// Has reports whether the set has the member.
func (s Set) Has(member []byte) bool {
	t := pack.Make(member)
	return s.HasText(&t)
}

// HasText is Has for a member made ready.
func (s Set) HasText(t *Member) bool {
	if l := s.large(); l != nil {
		return l.has(t)
	}
	if !s.inline() {
		return false
	}
	if s.v.Encoding == Ints {
		n, ok := t.Int()
		if !ok {
			return false
		}
		_, found := findInt(s.v.Bytes, n)
		return found
	}
	_, _, found := pack.Find(s.v.Bytes, perEntry, t)
	return found
}

// Add puts a member in and reports whether it was not there.
func (s Set) Add(member []byte) bool {
	t := pack.Make(member)
	return s.AddText(&t)
}

// AddText is Add for a member made ready.
func (s Set) AddText(t *Member) bool {
	if l := s.large(); l != nil {
		if !l.add(t) {
			return false
		}
		l.rename(t, s.limits())
		s.v.Dirty, s.v.Empty = true, false
		return true
	}
	if !s.inline() {
		s.v.Encoding = s.first(t, 1)
		s.v.Bytes = s.v.Bytes[:0]
	}
	if s.v.Encoding == Ints {
		if n, ok := t.Int(); ok {
			return s.addInt(n, t)
		}
		if s.HasText(t) {
			return false
		}
		return s.leaveInts(t)
	}
	return s.addPacked(t)
}

// first returns the encoding of a set that begins with the member and is to have about
// n of them.
func (s Set) first(t *Member, n int) datatypes.Encoding {
	l := s.limits()
	_, isInt := t.Int()
	switch {
	case isInt && n <= l.SetMaxIntset:
		return Ints
	case n <= l.SetMaxPackedEntries && t.Len() <= l.SetMaxPackedValue:
		return Packed
	}
	return Wide
}

// Expect makes the set ready for n more members, of which first is the first. Like
// servers of the field, a set that is given more at once than fit a compact encoding
// reports the large one from then on, also when most were there already.
func (s Set) Expect(first []byte, n int) {
	if n < 2 {
		return
	}
	l := s.limits()
	name := s.v.Encoding
	if o := s.large(); o != nil {
		name = o.name
	}
	if !s.Exists() {
		t := pack.Make(first)
		if s.first(&t, n) == Wide && (n > l.SetMaxPackedEntries) {
			s.v.Bytes, s.v.Empty = s.v.Bytes[:0], false
			s.v.SetObject(Large, newLarge(Wide))
		}
		return
	}
	if name == Packed && n > l.SetMaxPackedEntries || name == Ints && n > l.SetMaxIntset {
		if s.v.Object == nil {
			s.convert()
		}
		s.large().name = Wide
	}
}

// addPacked adds to a pack.
func (s Set) addPacked(t *Member) bool {
	v := s.v
	_, count, found := pack.Find(v.Bytes, perEntry, t)
	if found {
		return false
	}
	enc, l := v.Encoding, s.limits()
	if t.Len() > l.SetMaxPackedValue || count >= l.SetMaxPackedEntries {
		enc = Wide
	}
	size := len(v.Bytes) + t.Size()
	if count >= l.SetMaxPackedEntries || size > v.Storage.MaxInline() || enc == Wide && size > maxWide {
		o := s.convert()
		o.add(t)
		o.name = enc
		if count >= l.SetMaxPackedEntries {
			o.name = Wide
		}
		return true
	}
	at := len(v.Bytes)
	t.Write(pack.Resize(v, enc, at, 0, t.Size())[at:])
	v.Empty = false
	return true
}

// leaveInts adds a member that is no integer to a set of integers.
func (s Set) leaveInts(t *Member) bool {
	v, l := s.v, s.limits()
	n := intCount(v.Bytes)
	enc := Packed
	if n >= l.SetMaxPackedEntries || t.Len() > l.SetMaxPackedValue {
		enc = Wide
	}
	size := t.Size()
	for i := range n {
		m := pack.MakeInt(intAt(v.Bytes, i))
		size += m.Size()
	}
	if n >= l.SetMaxPackedEntries || size > v.Storage.MaxInline() || enc == Wide && size > maxWide {
		o := s.convert()
		o.add(t)
		o.name = enc
		return true
	}
	s.writeInts(enc, size, t)
	return true
}

// writeInts makes a set of integers a pack of so many bytes, with one more member unless it
// is nil.
func (s Set) writeInts(enc datatypes.Encoding, size int, more *Member) {
	v := s.v
	b := make([]byte, size)
	at := 0
	for i := range intCount(v.Bytes) {
		m := pack.MakeInt(intAt(v.Bytes, i))
		m.Write(b[at:])
		at += m.Size()
	}
	if more != nil {
		more.Write(b[at:])
	}
	copy(v.Overwrite(enc, size), b)
}

// convert makes an inline set large.
func (s Set) convert() *large {
	l := newLarge(s.v.Encoding)
	if s.v.Encoding == Ints && s.inline() {
		l.decideFor(s.v.Bytes)
	}
	s.Each(func(t *Member) bool {
		l.add(t)
		return true
	})
	if s.v.DueMs != 0 {
		l.setTimes(s.v.Bytes)
	}
	s.v.SetObject(Large, l)
	s.v.Empty = false
	return l
}

// Remove takes a member out and reports whether it was there. A set that is empty
// then goes when the transaction commits.
func (s Set) Remove(member []byte) bool {
	t := pack.Make(member)
	return s.RemoveText(&t)
}

// RemoveText is Remove for a member made ready.
func (s Set) RemoveText(t *Member) bool {
	removed := s.remove(t)
	if s.v.DueMs != 0 {
		s.noteDue()
	}
	return removed
}

func (s Set) remove(t *Member) bool {
	v := s.v
	if l := s.large(); l != nil {
		if !l.remove(t) {
			return false
		}
		v.Dirty, v.Empty = true, l.len() == 0
		return true
	}
	if !s.inline() {
		return false
	}
	if v.Encoding == Ints {
		n, ok := t.Int()
		if !ok {
			return false
		}
		i, found := findInt(v.Bytes, n)
		if found {
			s.cutInt(i)
		}
		return found
	}
	e, _, found := pack.Find(v.Bytes, perEntry, t)
	if found {
		s.cut(e.At, e.End)
	}
	return found
}

// cut takes bytes out of the record.
func (s Set) cut(from, to int) {
	v := s.v
	if to-from == len(v.Bytes) {
		v.Bytes, v.Empty, v.Dirty = v.Bytes[:0], true, true
		return
	}
	pack.Resize(v, v.Encoding, from, to-from, 0)
}

// Adopt makes the set hold what other does, a set of its own on the Go heap, which is
// not to be used any more.
func (s Set) Adopt(other Set) {
	if o := other.v.Object; o != nil {
		s.v.SetObject(other.v.Encoding, o)
	} else {
		copy(s.v.Overwrite(other.v.Encoding, len(other.v.Bytes)), other.v.Bytes)
	}
	s.v.Empty, s.v.DueMs = other.v.Empty, 0
}

// Check reports the first broken invariant.
func (s Set) Check() error {
	if l := s.large(); l != nil {
		return l.check()
	}
	if s.v.Encoding == Ints && s.inline() {
		return checkInts(s.v.Bytes)
	}
	return nil
}

// Package zset implements the sorted set: members, each with a score, in the order of
// scores and, where these are equal, of members.
//
// # Encodings
//
//	Packed  a pack of member and score inline, in order (package pack)
//	Wide    the same, after a member was longer than Limits.ZSetMaxPackedValue: the
//	        encoding's name is that of a large one, but as long as it is small
//	        (maxWide), a large one would only cost memory
//	Large   an object: members and scores as records of an arena of its own, found
//	        by an index of references, in the order that a tree keeps (package ranktree)
//
// A sorted set never goes back to an encoding above. A Large one that has grown out
// of its record without passing the limits reports the name of a packed one.
//
// # Scores
//
// A score is any double but NaN. -0 and 0 are the same score; a Packed sorted set
// keeps 0 for both, a Wide or Large one the sign, as servers of the field do with what
// they call listpack and skiplist. Nothing but its text tells them apart.
//
// # Members that go by themselves
//
// A member can have a time at which it goes: in a pack the number of its entry, in a Large
// one a part of its record, so that sorted sets without one pay nothing. As with fields of
// hashes, writing another score over a member takes its time away, while an increment
// leaves it; what changes no score changes no time. Whoever opens a sorted set takes those
// out first whose time has passed (Reap): no operation here looks at times for what it
// shows.
package zset

import (
	"errors"
	"math"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/arena"
	"github.com/medleydb/medley/datatypes/pack"
)

// Encodings of a sorted set.
const (
	Packed datatypes.Encoding = iota
	Wide
	Large
)

// maxWide is the size in bytes up to which a sorted set with a long member stays
// packed.
const maxWide = 1 << 10

// Scratch is the room in bytes that scratch buffers need not to be grown: the text of
// an integer.
const Scratch = pack.IntText

var errCorrupt = errors.New("zset: the sorted set is inconsistent")

// A ZSet is the typed handle of a sorted set.
//
// Slices that its methods return or pass to functions borrow the value: they are valid
// until the sorted set is changed or the transaction ends, and are not to be written
// to. Arguments are copied where they are stored. The zero ZSet is of use only to make
// others.
type ZSet struct{ v *datatypes.Value }

// Kind returns datatypes.ZSet.
func (ZSet) Kind() datatypes.Kind { return datatypes.ZSet }

// Of returns the handle over v.
func (ZSet) Of(v *datatypes.Value) ZSet { return ZSet{v} }

// New returns an empty sorted set that lives on the Go heap, outside any keyspace.
func New(env *datatypes.Env) ZSet { return ZSet{datatypes.NewValue(datatypes.ZSet, env)} }

// Value returns the value beneath the handle.
func (z ZSet) Value() *datatypes.Value { return z.v }

// EncodingName returns the encoding in the words of OBJECT ENCODING: listpack or
// skiplist.
func (z ZSet) EncodingName() string {
	if z.packedByName() {
		return "listpack"
	}
	return "skiplist"
}

func (z ZSet) packedByName() bool {
	if l := z.large(); l != nil {
		return !l.beyond
	}
	return z.v.Encoding == Packed
}

func (z ZSet) large() *large {
	l, _ := z.v.Object.(*large)
	return l
}

func (z ZSet) limits() *datatypes.Limits { return &z.v.Env.Limits }

// Len returns the number of members.
func (z ZSet) Len() int {
	if l := z.large(); l != nil {
		return l.index.Len()
	}
	return pack.Count(z.v.Bytes, perEntry)
}

// A spot is where a member stands, or that it stands nowhere.
type spot struct {
	found bool
	score float64
	timed bool
	count int        // packed, not found: how many members there are
	entry pack.Entry // packed
	ref   arena.Ref  // large
	hash  uint64     // large
}

func (z ZSet) find(member []byte) (s spot) {
	if l := z.large(); l != nil {
		l.find(&s, member)
		return s
	}
	t := pack.Make(member)
	s.entry, s.count, s.found = pack.Find(z.v.Bytes, perEntry, &t)
	if s.found {
		s.score, s.timed = entryScore(&s.entry), s.entry.Number != 0
	}
	return s
}

// Score returns the member's score; ok is false when it is no member.
func (z ZSet) Score(member []byte) (score float64, ok bool) {
	s := z.find(member)
	return s.score, s.found
}

// Conditions of Add.
type Conditions uint8

// The conditions; they can be combined as far as it makes sense.
const (
	IfNew     Conditions = 1 << iota // only add members, NX
	IfExists                         // only change scores, XX
	IfGreater                        // only change a score to a greater one, GT
	IfLess                           // only change a score to a smaller one, LT
	Increment                        // the given score is added to the present one, INCR
)

// An Outcome says what Add did.
type Outcome uint8

// The outcomes.
const (
	Refused    Outcome = iota // a condition did not hold
	NotANumber                // the score would be none
	Same                      // the member had this score
	Updated
	Added
)

// Add gives the member the score, or with Increment adds the score to the one it has,
// as far as the conditions allow. It returns the member's score, which is of no
// meaning when the outcome is Refused or NotANumber.
func (z ZSet) Add(member []byte, score float64, c Conditions) (float64, Outcome) {
	s := z.find(member)
	if math.IsNaN(score) {
		return 0, NotANumber
	}
	if !s.found {
		if c&IfExists != 0 {
			return 0, Refused
		}
		z.insert(&s, member, score)
		return score, Added
	}
	if c&IfNew != 0 {
		return 0, Refused
	}
	if c&Increment != 0 {
		if score += s.score; math.IsNaN(score) {
			return 0, NotANumber
		}
	}
	switch {
	case c&IfLess != 0 && score >= s.score, c&IfGreater != 0 && score <= s.score:
		return 0, Refused
	case score == s.score:
		return score, Same
	}
	z.move(&s, member, score, c&Increment != 0)
	return score, Updated
}

// Expect makes the sorted set ready for n more members, one of which has so many bytes. Like
// servers of the field, one that is given more at once than a packed one may have, or that
// begins with a longer one, reports the encoding of a large one from then on, also when
// these were there already. A new one must get at least one.
func (z ZSet) Expect(n, bytes int) {
	v, lim := z.v, z.limits()
	if n <= lim.ZSetMaxPackedEntries {
		if bytes > lim.ZSetMaxPackedValue && !v.Exists() {
			v.Encoding = Wide
		}
		return
	}
	l := z.large()
	if l == nil {
		l = z.convert()
	}
	l.beyond = true
}

func (z ZSet) insert(s *spot, member []byte, score float64) {
	z.v.Empty = false
	l := z.large()
	if l == nil {
		if z.insertPacked(s.count, member, score) {
			return
		}
		l = z.convert()
		s.hash = l.hashOf(member)
	}
	l.add(member, score, 0, s.hash)
	l.note(len(member), z.limits())
	z.v.Dirty = true
}

// move gives the member another score. It loses its time unless it is to keep it.
func (z ZSet) move(s *spot, member []byte, score float64, keep bool) {
	ms := int64(0)
	if keep {
		ms = s.entry.Number
	}
	l := z.large()
	if l == nil {
		if z.movePacked(&s.entry, member, score, ms) {
			z.noteDue()
			return
		}
		l = z.convert()
		l.find(s, member)
	}
	l.order.Move(l, uint32(s.ref), s.score, score)
	if s.timed && !keep {
		l.setTime(s.ref, 0)
	}
	z.v.Dirty = true
	z.noteDue()
}

// Remove takes the member out and reports whether it was there. A sorted set that is
// empty then goes when the transaction commits.
func (z ZSet) Remove(member []byte) bool {
	s := z.find(member)
	if !s.found {
		return false
	}
	if l := z.large(); l != nil {
		l.remove(s.ref, s.hash)
		z.v.Dirty, z.v.Empty = true, l.index.Len() == 0
	} else {
		z.cut(s.entry.At, s.entry.End)
	}
	z.noteDue()
	return true
}

// Clear makes the sorted set one without members, as a new one is: what a caller does
// before filling a value that takes the place of another.
func (z ZSet) Clear() {
	z.v.Encoding, z.v.Bytes, z.v.Object, z.v.DueMs = Packed, nil, nil, 0
}

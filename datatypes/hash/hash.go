// Package hash implements the hash value: fields with values, and with times at which
// they go.
//
// # Encodings
//
//	Packed    a pack of field and value inline (package pack)
//	Expiring  the same, after a field was given a time; where it has one, the time
//	          in Unix milliseconds is the number of the field's entry
//	Wide      the same, after a field or value was longer than Limits.HashMaxPackedValue:
//	          the encoding's name is that of a large hash, but as long as it is
//	          small (maxWide), a large one would only cost memory
//	Large     an object: fields and values as records of an arena of its own, found
//	          by an index of references
//
// A hash never goes back to an encoding above. A Large one that has grown out of its
// record without passing the limits reports the name of what it would be as a pack.
//
// # Expired fields
//
// A field whose time has passed is there until it is reaped, but no operation that
// reads shows it, unless it says so. Operations that write over it or delete it treat
// it as one that is there, as servers of the field do. Time is Env.NowMs; a value
// without an Env knows no time and shows everything.
package hash

import (
	"errors"
	"fmt"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/arena"
	"github.com/medleydb/medley/datatypes/pack"
)

// Encodings of a hash.
const (
	Packed datatypes.Encoding = iota
	Expiring
	Wide
	Large
)

const (
	// maxWide is the size in bytes up to which a hash with a long field or value
	// stays packed.
	maxWide = 1 << 10
	// perEntry is the number of strings of a pack's entry.
	perEntry = 2
	// Scratch is the room in bytes that scratch buffers need not to be grown: the
	// text of two integers.
	Scratch = 2 * pack.IntText
)

// Errors of increments, beside datatypes.ErrOverflow and datatypes.ErrNaNOrInfinity.
var (
	ErrNotInteger = fmt.Errorf("hash %w", datatypes.ErrNotInteger)
	ErrNotFloat   = fmt.Errorf("hash %w", datatypes.ErrNotFloat)

	errCorrupt = errors.New("hash: the hash is inconsistent")
)

// A Hash is the typed handle of a hash value.
//
// Slices that its methods return borrow the value: they are valid until the hash is
// changed or the transaction ends, and are not to be written to. Arguments are copied
// where they are stored. The zero Hash is of use only to make others.
type Hash struct{ v *datatypes.Value }

// Kind returns datatypes.Hash.
func (Hash) Kind() datatypes.Kind { return datatypes.Hash }

// Of returns the handle over v.
func (Hash) Of(v *datatypes.Value) Hash { return Hash{v} }

// New returns an empty hash that lives on the Go heap, outside any keyspace.
func New(env *datatypes.Env) Hash { return Hash{datatypes.NewValue(datatypes.Hash, env)} }

// Exists reports whether there is a hash at all.
func (h Hash) Exists() bool { return h.v.Exists() && !h.v.Empty }

// Value returns the value beneath the handle.
func (h Hash) Value() *datatypes.Value { return h.v }

// EncodingName returns the encoding in the words of OBJECT ENCODING: listpack,
// listpackex or hashtable.
func (h Hash) EncodingName() string {
	enc := h.v.Encoding
	if l := h.large(); l != nil && !l.beyond {
		if enc = Packed; l.timed {
			enc = Expiring
		}
	}
	switch enc {
	case Packed:
		return "listpack"
	case Expiring:
		return "listpackex"
	}
	return "hashtable"
}

func (h Hash) large() *large {
	l, _ := h.v.Object.(*large)
	return l
}

// now returns the time, 0 where there is no Env.
func (h Hash) now() int64 {
	if h.v.Env == nil {
		return 0
	}
	return h.v.Env.NowMs
}

// A spot is where a field stands, or that it stands nowhere.
type spot struct {
	found  bool
	expiry int64
	count  int        // packed, not found: how many fields there are
	entry  pack.Entry // packed
	ref    arena.Ref  // large
	hash   uint64     // large
}

// live reports whether the field is there and has not expired.
func (h Hash) live(s *spot) bool { return s.found && (s.expiry == 0 || s.expiry > h.now()) }

func (h Hash) find(field []byte) (s spot) {
	if l := h.large(); l != nil {
		l.find(&s, field)
		return s
	}
	t := pack.Make(field)
	s.entry, s.count, s.found = pack.Find(h.v.Bytes, perEntry, &t)
	s.expiry = s.entry.Number
	return s
}

func (h Hash) valueAt(s *spot, scratch []byte) []byte {
	if l := h.large(); l != nil {
		return l.value(l.record(s.ref))
	}
	return s.entry.Value(scratch)
}

// Stored returns the number of fields, expired ones that have not been reaped
// included.
func (h Hash) Stored() int {
	if l := h.large(); l != nil {
		return l.index.Len()
	}
	if h.v.Empty {
		return 0
	}
	return pack.Count(h.v.Bytes, perEntry)
}

// Len returns the number of fields that have not expired.
func (h Hash) Len() int {
	if l := h.large(); l != nil {
		n := l.index.Len()
		return n - l.due.CountUntil(h.now(), n)
	}
	n, now := 0, h.now()
	for at, b := 0, h.v.Bytes; at < len(b); {
		e := pack.At(b, perEntry, at)
		if e.Number == 0 || e.Number > now {
			n++
		}
		at = e.End
	}
	return n
}

// A State says how a field stands.
type State uint8

// The states.
const (
	Missing State = iota
	Expired       // it is there, but its time has passed
	Live
)

func (h Hash) state(s *spot) State {
	switch {
	case !s.found:
		return Missing
	case h.live(s):
		return Live
	}
	return Expired
}

// Get returns the value of the field, nil unless its state is Live. It borrows the
// hash; the text of an integer is written to scratch, which needs room for
// pack.IntText bytes not to be grown.
func (h Hash) Get(field, scratch []byte) (value []byte, st State) {
	s := h.find(field)
	if st = h.state(&s); st != Live {
		return nil, st
	}
	return h.valueAt(&s, scratch), Live
}

// State returns how the field stands.
func (h Hash) State(field []byte) State {
	s := h.find(field)
	return h.state(&s)
}

// Set gives the field a copy of the value, and no time; created is true when the
// field was not there.
func (h Hash) Set(field, value []byte) (created bool) { return h.put(field, value, 0, false) }

// SetKeep is Set, but a field that has a time keeps it.
func (h Hash) SetKeep(field, value []byte) (created bool) { return h.put(field, value, 0, true) }

// SetUntil is Set for a field that goes at the time ms, Unix milliseconds.
func (h Hash) SetUntil(field, value []byte, ms int64) (created bool) {
	return h.put(field, value, ms, false)
}

// put stores the field, with the time it has (keep) or the given one.
func (h Hash) put(field, value []byte, ms int64, keep bool) (created bool) {
	s := h.find(field)
	if keep {
		ms = s.expiry
	}
	h.store(&s, field, value, ms)
	h.noteDue(s.expiry != 0 || ms != 0)
	return !s.found
}

// store puts the field at the spot, in whatever encoding is fit for it.
func (h Hash) store(s *spot, field, value []byte, ms int64) {
	h.v.Empty = false
	if l := h.large(); l != nil {
		l.put(s, field, value, ms, h.limits())
		h.v.Dirty = true
		return
	}
	if !h.storePacked(s, field, value, ms) {
		h.convert(h.v.Bytes)
		l := h.large()
		*s = spot{}
		l.find(s, field)
		l.put(s, field, value, ms, h.limits())
	}
}

func (h Hash) limits() *datatypes.Limits { return &h.v.Env.Limits }

// Reset makes the hash empty, whatever the value beneath holds: for one that takes the
// place of another value and is filled next.
func (h Hash) Reset() {
	v := h.v
	v.Encoding, v.Bytes, v.Object, v.DueMs = Packed, v.Bytes[:0], nil, 0
	v.Empty, v.Dirty = true, true
}

// noteDue brings the value's DueMs up to date after a change that may concern it.
func (h Hash) noteDue(timed bool) {
	switch {
	case !timed:
	case h.v.Empty:
		h.v.DueMs = 0
	case h.v.Object != nil:
		h.v.DueMs = h.large().due.Least()
	default:
		h.v.DueMs = pack.LeastNumber(h.v.Bytes, perEntry)
	}
}

// Delete takes the field out and reports whether it was there, expired or not. A
// hash that is empty then goes when the transaction commits.
func (h Hash) Delete(field []byte) bool {
	s := h.find(field)
	if !s.found {
		return false
	}
	h.remove(&s)
	h.noteDue(s.expiry != 0)
	return true
}

// remove takes out the field that s has found.
func (h Hash) remove(s *spot) {
	v := h.v
	if l := h.large(); l != nil {
		l.remove(s.ref, s.hash)
		v.Dirty, v.Empty = true, l.index.Len() == 0
		return
	}
	e := &s.entry
	if e.At == 0 && e.End == len(v.Bytes) {
		v.Bytes, v.Empty, v.Dirty = v.Bytes[:0], true, true
		return
	}
	pack.Resize(v, v.Encoding, e.At, e.End-e.At, 0)
}

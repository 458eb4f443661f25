package hash

import (
	"github.com/medleydb/medley/datatypes/arena"
	"github.com/medleydb/medley/datatypes/pack"
)

// A Condition says when a field's time may be changed.
type Condition uint8

// The conditions. A field without a time counts as going after all others.
const (
	Always   Condition = iota
	IfNone             // NX: it has no time
	IfTimed            // XX: it has a time
	IfLater            // GT: the new time is later than the present one
	IfSooner           // LT: the new time is sooner than the present one
)

func (c Condition) holds(old, ms int64) bool {
	switch c {
	case IfNone:
		return old == 0
	case IfTimed:
		return old != 0
	case IfLater:
		return old != 0 && ms > old
	case IfSooner:
		return old == 0 || ms < old
	}
	return true
}

// Results of Expire and Persist, as commands reply them.
const (
	NoField   = -2 // there is no such field, or it has expired
	NoTime    = -1 // Persist: the field has no time
	Unchanged = 0  // Expire: the condition does not hold
	Changed   = 1
	Deleted   = 2 // Expire: the time has passed, and so the field is gone
)

// Expire gives the field the time ms (Unix milliseconds, not 0) if the condition
// holds, and returns NoField, Unchanged, Changed or Deleted.
func (h Hash) Expire(field []byte, ms int64, c Condition) int {
	s := h.find(field)
	switch {
	case !h.live(&s):
		return NoField
	case !c.holds(s.expiry, ms):
		return Unchanged
	case ms <= h.now():
		h.remove(&s)
		h.noteDue(s.expiry != 0)
		return Deleted
	}
	h.setTime(&s, ms)
	return Changed
}

// Persist takes the field's time away and returns NoField, NoTime or Changed.
func (h Hash) Persist(field []byte) int {
	s := h.find(field)
	switch {
	case !h.live(&s):
		return NoField
	case s.expiry == 0:
		return NoTime
	}
	h.setTime(&s, 0)
	return Changed
}

// ExpectTimes makes the hash's encoding one in which fields can have times, whether or
// not one gets one: servers of the field show that a command has tried.
func (h Hash) ExpectTimes() {
	if l := h.large(); l != nil {
		l.timed = true
	} else if h.Exists() && h.v.Encoding == Packed {
		h.v.Encoding, h.v.Dirty = Expiring, true
	}
}

func (h Hash) setTime(s *spot, ms int64) {
	if l := h.large(); l != nil {
		l.expire(s.ref, ms)
		h.v.Dirty = true
	} else {
		h.expirePacked(&s.entry, ms)
	}
	h.noteDue(true)
}

// Expiry returns the time at which the field goes, Unix milliseconds, 0 where it
// stays, and how the field stands.
func (h Hash) Expiry(field []byte) (ms int64, st State) {
	s := h.find(field)
	return s.expiry, h.state(&s)
}

// Reap takes out fields that have expired, at most limit of them, and returns how
// many. fn, which may be nil, is given each; the bytes are good until it returns.
func (h Hash) Reap(limit int, fn func(field []byte)) (n int) {
	if !h.v.Exists() || h.v.Empty {
		return 0
	}
	if h.v.Object != nil {
		n = h.reapLarge(limit, fn)
	} else {
		n = h.reapPacked(limit, fn)
	}
	h.noteDue(n > 0)
	return n
}

func (h Hash) reapLarge(limit int, fn func(field []byte)) (n int) {
	l, now := h.large(), h.now()
	for n < limit && l.due.Len() > 0 && l.due.Least() <= now {
		ref := arena.Ref(l.due.At(0).Ref)
		field := l.field(l.record(ref))
		if fn != nil {
			fn(field)
		}
		l.remove(ref, l.hashOf(field))
		n++
	}
	if n > 0 {
		h.v.Dirty, h.v.Empty = true, l.index.Len() == 0
	}
	return n
}

// reapPacked writes what stays to a buffer, so that the record is written once.
func (h Hash) reapPacked(limit int, fn func(field []byte)) (n int) {
	var room [1024]byte
	var text [pack.IntText]byte
	v, now := h.v, h.now()
	stay := room[:0]
	for at := 0; at < len(v.Bytes); {
		e := pack.At(v.Bytes, perEntry, at)
		at = e.End
		if n == limit || e.Number == 0 || e.Number > now {
			stay = append(stay, v.Bytes[e.At:e.End]...)
			continue
		}
		if n++; fn != nil {
			fn(e.Key(text[:]))
		}
	}
	switch {
	case n == 0:
	case len(stay) == 0:
		v.Bytes, v.Empty, v.Dirty = v.Bytes[:0], true, true
	default:
		copy(v.Overwrite(v.Encoding, len(stay)), stay)
	}
	return n
}

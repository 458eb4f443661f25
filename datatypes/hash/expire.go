package hash

import (
	"github.com/medleydb/medley/datatypes/arena"
	"github.com/medleydb/medley/datatypes/due"
	"github.com/medleydb/medley/datatypes/pack"
)

// Expire gives the field the time ms (Unix milliseconds, not 0) if the condition
// holds, and returns due.NoMember, Unchanged, Changed or Deleted.
func (h Hash) Expire(field []byte, ms int64, c due.Condition) int {
	h.ExpectTimes()
	s := h.find(field)
	switch {
	case !h.live(&s):
		return due.NoMember
	case !c.Holds(s.expiry, ms):
		return due.Unchanged
	case ms <= h.now():
		h.remove(&s)
		h.noteDue(s.expiry != 0)
		return due.Deleted
	}
	h.setTime(&s, ms)
	return due.Changed
}

// Persist takes the field's time away and returns due.NoMember, NoTime or Changed.
func (h Hash) Persist(field []byte) int {
	s := h.find(field)
	switch {
	case !h.live(&s):
		return due.NoMember
	case s.expiry == 0:
		return due.NoTime
	}
	h.setTime(&s, 0)
	return due.Changed
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

// Time returns the time at which the field goes, Unix milliseconds, 0 where it stays; ok
// is false when there is no such field, or it has expired.
func (h Hash) Time(field []byte) (ms int64, ok bool) {
	s := h.find(field)
	return s.expiry, h.live(&s)
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
		n = pack.Reap(h.v, perEntry, h.now(), limit, fn)
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

// FirstTime returns the earliest time at which a field goes, Unix milliseconds, 0 for none.
func (h Hash) FirstTime() int64 {
	if l := h.large(); l != nil {
		return l.due.Least()
	}
	return pack.LeastNumber(h.v.Bytes, perEntry)
}

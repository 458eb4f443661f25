package zset

import (
	"github.com/medleydb/medley/datatypes/arena"
	"github.com/medleydb/medley/datatypes/due"
	"github.com/medleydb/medley/datatypes/pack"
)

// now returns the time, 0 where there is no Env.
func (z ZSet) now() int64 {
	if z.v.Env == nil {
		return 0
	}
	return z.v.Env.NowMs
}

// timeOf returns the time of the member at the spot, 0 for none.
func (z ZSet) timeOf(s *spot) int64 {
	if l := z.large(); l != nil && s.timed {
		return expiry(l.records.Bytes(s.ref))
	}
	return s.entry.Number
}

// Time returns the time at which the member goes, Unix milliseconds, 0 where it stays; ok
// is false when it is not there.
func (z ZSet) Time(member []byte) (ms int64, ok bool) {
	s := z.find(member)
	return z.timeOf(&s), s.found
}

// Expire gives the member the time ms (Unix milliseconds, not 0) if the condition holds,
// and returns due.NoMember, Unchanged, Changed or Deleted.
func (z ZSet) Expire(member []byte, ms int64, c due.Condition) int {
	s := z.find(member)
	switch {
	case !s.found:
		return due.NoMember
	case !c.Holds(z.timeOf(&s), ms):
		return due.Unchanged
	case ms <= z.now():
		z.Remove(member)
		return due.Deleted
	}
	z.setTime(&s, member, ms)
	return due.Changed
}

// Persist takes the member's time away and returns due.NoMember, NoTime or Changed.
func (z ZSet) Persist(member []byte) int {
	s := z.find(member)
	switch {
	case !s.found:
		return due.NoMember
	case !s.timed:
		return due.NoTime
	}
	z.setTime(&s, member, 0)
	return due.Changed
}

func (z ZSet) setTime(s *spot, member []byte, ms int64) {
	v, l := z.v, z.large()
	if l == nil && len(v.Bytes)+pack.NumberSize > z.room() {
		l = z.convert()
		l.find(s, member)
	}
	if l != nil {
		l.setTime(s.ref, ms)
		v.Dirty = true
	} else {
		pack.SetNumber(v, v.Encoding, &s.entry, ms)
	}
	v.DueMs = max(ms, v.DueMs, 1) // there are times now, or were
	z.noteDue()
}

// room returns the size up to which the sorted set stays packed.
func (z ZSet) room() int {
	if z.v.Encoding == Wide {
		return maxWide
	}
	return z.v.Storage.MaxInline()
}

// noteDue brings the value's DueMs up to date after a change of one that has times.
func (z ZSet) noteDue() {
	v := z.v
	switch {
	case v.DueMs == 0:
	case v.Empty:
		v.DueMs = 0
	case v.Object != nil:
		v.DueMs = z.large().due.Least()
	default:
		v.DueMs = pack.LeastNumber(v.Bytes, perEntry)
	}
}

// Reap takes out members whose time has passed, at most limit of them, and returns how
// many. fn, which may be nil, is given each; the bytes are good until it returns.
func (z ZSet) Reap(limit int, fn func(member []byte)) (n int) {
	if z.v.DueMs == 0 || !z.v.Exists() || z.v.Empty {
		return 0
	}
	l := z.large()
	if l == nil {
		n = pack.Reap(z.v, perEntry, z.now(), limit, fn)
		z.noteDue()
		return n
	}
	for now := z.now(); n < limit && l.due.Len() > 0 && l.due.Least() <= now; n++ {
		ref := arena.Ref(l.due.At(0).Ref)
		member := l.member(ref)
		if fn != nil {
			fn(member)
		}
		l.remove(ref, l.hashOf(member))
	}
	if n > 0 {
		z.v.Dirty, z.v.Empty = true, l.index.Len() == 0
	}
	z.noteDue()
	return n
}

// Restore gives a member that is there a time (Unix milliseconds, not 0) that may have
// passed.
func (z ZSet) Restore(member []byte, ms int64) {
	if s := z.find(member); s.found {
		z.setTime(&s, member, ms)
	}
}

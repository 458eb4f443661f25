package set

import (
	"encoding/binary"

	"github.com/medleydb/medley/datatypes/arena"
	"github.com/medleydb/medley/datatypes/due"
	"github.com/medleydb/medley/datatypes/pack"
)

// Time returns the time at which the member goes, Unix milliseconds, 0 where it stays; ok
// is false when it is not there.
func (s Set) Time(member []byte) (ms int64, ok bool) {
	t := pack.Make(member)
	return s.time(&t)
}

func (s Set) time(t *Member) (ms int64, ok bool) {
	if l := s.large(); l != nil {
		if l.due.Len() == 0 {
			return 0, l.has(t)
		}
		if _, ref := l.probe(t, l.hashOf(t)); ref != 0 {
			return timeOf(l.body(ref)), true
		}
		return 0, l.has(t)
	}
	if s.v.DueMs == 0 {
		return 0, s.HasText(t)
	}
	e, _, ok := pack.Find(s.v.Bytes, perEntry, t)
	return e.Number, ok
}

// Expire gives the member the time ms (Unix milliseconds, not 0) if the condition holds,
// and returns due.NoMember, Unchanged, Changed or Deleted.
func (s Set) Expire(member []byte, ms int64, c due.Condition) int {
	t := pack.Make(member)
	old, ok := s.time(&t)
	switch {
	case !ok:
		return due.NoMember
	case !c.Holds(old, ms):
		return due.Unchanged
	case ms <= s.now():
		s.RemoveText(&t)
		return due.Deleted
	}
	s.setTime(&t, ms)
	return due.Changed
}

// Persist takes the member's time away and returns due.NoMember, NoTime or Changed.
func (s Set) Persist(member []byte) int {
	t := pack.Make(member)
	switch old, ok := s.time(&t); {
	case !ok:
		return due.NoMember
	case old == 0:
		return due.NoTime
	}
	s.setTime(&t, 0)
	return due.Changed
}

// now returns the time, 0 where there is no Env.
func (s Set) now() int64 {
	if s.v.Env == nil {
		return 0
	}
	return s.v.Env.NowMs
}

// setTime gives a member that is there another time, 0 for none.
func (s Set) setTime(t *Member, ms int64) {
	v := s.v
	if v.Object == nil && (v.Encoding == Ints && !s.packInts() || len(v.Bytes)+pack.NumberSize > s.room()) {
		s.convert()
	}
	if l := s.large(); l != nil {
		l.setTime(t, ms)
		if l.name == Ints {
			l.rename(t, s.limits())
			l.name = max(l.name, Packed)
		}
		v.Dirty = true
	} else {
		e, _, _ := pack.Find(v.Bytes, perEntry, t)
		pack.SetNumber(v, v.Encoding, &e, ms)
	}
	s.noteDue()
}

// room returns the size up to which the set stays packed.
func (s Set) room() int {
	if s.v.Encoding == Wide {
		return maxWide
	}
	return s.v.Storage.MaxInline()
}

// packInts makes a set of integers a packed one; false, and nothing changed, when it must
// become large.
func (s Set) packInts() bool {
	v := s.v
	n, size := intCount(v.Bytes), 0
	for i := range n {
		m := pack.MakeInt(intAt(v.Bytes, i))
		size += m.Size()
	}
	if n > s.limits().SetMaxPackedEntries || size+pack.NumberSize > v.Storage.MaxInline() {
		return false
	}
	s.writeInts(Packed, size, nil)
	return true
}

// noteDue brings the value's DueMs up to date after a change that may concern it.
func (s Set) noteDue() {
	v := s.v
	switch {
	case v.Empty:
		v.DueMs = 0
	case v.Object != nil:
		v.DueMs = s.large().due.Least()
	case v.Encoding == Ints:
		v.DueMs = 0
	default:
		v.DueMs = pack.LeastNumber(v.Bytes, perEntry)
	}
}

// Reap takes out members whose time has passed, at most limit of them, and returns how
// many. fn, which may be nil, is given each; the bytes are good until it returns.
func (s Set) Reap(limit int, fn func(member []byte)) (n int) {
	if s.v.DueMs == 0 || !s.Exists() {
		return 0
	}
	l := s.large()
	if l == nil {
		n = pack.Reap(s.v, perEntry, s.now(), limit, fn)
		s.noteDue()
		return n
	}
	var scratch [pack.IntText]byte
	for now := s.now(); n < limit && l.due.Len() > 0 && l.due.Least() <= now; n++ {
		t := l.member(l.due.At(0).Ref)
		if fn != nil {
			fn(t.Bytes(scratch[:0]))
		}
		p, ref := l.probe(&t, l.hashOf(&t))
		l.take(&p, ref, false)
	}
	if n > 0 {
		s.v.Dirty, s.v.Empty = true, l.len() == 0
	}
	s.noteDue()
	return n
}

// setTime gives a member that is there another time, 0 for none.
func (l *large) setTime(t *Member, ms int64) {
	n, isInt := t.Int()
	isInt = isInt && fits(n)
	h := l.hashOf(t)
	if isInt && l.bits.n > 0 && l.bits.remove(n) {
		l.index.Insert(l, h, uint32(l.alloc(t, ms)))
		l.thinned()
		return
	}
	p, ref := l.probe(t, h)
	if r := l.body(ref); r[0] == timedMark && ms != 0 {
		binary.LittleEndian.PutUint64(r[1:], uint64(ms))
		l.due.Change(l, placeOf(r), due.Entry{Ms: ms, Ref: ref})
		return
	}
	l.forget(ref, isInt)
	if isInt && ms == 0 {
		l.loose++
	}
	l.index.Replace(&p, uint32(l.alloc(t, ms)))
	l.records.Free(arena.Ref(ref))
	l.compact()
}

// setTimes gives the members of a pack the times that they have there.
func (l *large) setTimes(b []byte) {
	for at := 0; at < len(b); {
		e := pack.At(b, perEntry, at)
		if e.Number != 0 {
			t := e.KeyText()
			l.setTime(&t, e.Number)
		}
		at = e.End
	}
}

// Restore gives a member that is there, and has none, a time (Unix milliseconds, not 0) that
// may have passed.
func (s Set) Restore(member []byte, ms int64) {
	t := pack.Make(member)
	s.setTime(&t, ms)
}

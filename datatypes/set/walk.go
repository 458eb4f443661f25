package set

import (
	"github.com/medleydb/medley/datatypes/pack"
)

func makeInt(n int64) Member { return pack.MakeInt(n) }

// Each passes every member to fn until fn says no. fn must not change the set.
func (s Set) Each(fn func(*Member) bool) {
	if l := s.large(); l != nil {
		l.each(fn)
		return
	}
	if !s.inline() {
		return
	}
	b := s.v.Bytes
	if s.v.Encoding == Ints {
		for i := range intCount(b) {
			t := makeInt(intAt(b, i))
			if !fn(&t) {
				return
			}
		}
		return
	}
	for at := 0; at < len(b); {
		e := pack.At(b, perEntry, at)
		t := e.KeyText()
		if !fn(&t) {
			return
		}
		at = e.End
	}
}

// Timed reports whether a member has a time.
func (s Set) Timed() bool {
	if l := s.large(); l != nil {
		return l.due.Len() > 0
	}
	return s.inline() && s.v.Encoding != Ints && pack.LeastNumber(s.v.Bytes, perEntry) != 0
}

// EachWithTime is Each with the time at which the member goes, Unix milliseconds, 0 where it
// stays.
func (s Set) EachWithTime(fn func(t *Member, ms int64) bool) {
	if !s.Timed() {
		s.Each(func(t *Member) bool { return fn(t, 0) })
		return
	}
	if l := s.large(); l != nil {
		more := true
		l.bits.each(fromBits(0), func(n int64) bool {
			t := makeInt(n)
			more = fn(&t, 0)
			return more
		})
		if more {
			l.index.Walk(func(ref uint32) bool {
				t := l.member(ref)
				return fn(&t, timeOf(l.body(ref)))
			})
		}
		return
	}
	for at, b := 0, s.v.Bytes; at < len(b); {
		e := pack.At(b, perEntry, at)
		at = e.End
		if t := e.KeyText(); !fn(&t, e.Number) {
			return
		}
	}
}

func (l *large) each(fn func(*Member) bool) {
	more := true
	l.bits.each(fromBits(0), func(n int64) bool {
		t := makeInt(n)
		more = fn(&t)
		return more
	})
	if more {
		l.index.Walk(func(ref uint32) bool {
			t := l.member(ref)
			return fn(&t)
		})
	}
}

// The cursor of a large set: bit 62 tells that the bitmap is being passed, bits 60 and 61
// are the number of the turn, and the others are a number plus numberBase, or the
// cursor of the index. It is less than 1<<63, as some clients need it to be.
const (
	inBits     = 1 << 62
	turnShift  = 60
	whereMask  = 1<<turnShift - 1
	numberBase = 1 << (fitsIn - 1)
)

// Scan passes about count members to fn and returns the cursor to go on with, 0 at the
// end. Cursor 0 starts. A member that is there from the first call to the last is
// passed at least once, also when the set grows or changes its form between them. A
// set in a record is passed at once.
func (s Set) Scan(cursor uint64, count int, fn func(*Member)) uint64 {
	if l := s.large(); l != nil {
		return l.scan(cursor, count, fn)
	}
	s.Each(func(t *Member) bool {
		fn(t)
		return true
	})
	return 0
}

func (l *large) scan(cursor uint64, count int, fn func(*Member)) uint64 {
	where, bits := cursor&whereMask, cursor&inBits != 0
	if cursor == 0 || cursor>>turnShift&3 != uint64(l.turn) || cursor>>63 != 0 {
		// The part that members leave comes first.
		where, bits = 0, !l.isDense
	}
	turn := uint64(l.turn) << turnShift
	for {
		next := uint64(0)
		if bits {
			count, next = l.scanBits(where, count, fn)
		} else if where <= 1<<32-1 {
			before := count
			next = l.index.Scan(l, where, count, func(ref uint32) {
				t := l.member(ref)
				fn(&t)
				count--
			})
			if before == count && l.index.Len() == 0 {
				next = 0
			}
		}
		switch {
		case next != 0 && bits:
			return turn | inBits | next
		case next != 0:
			return turn | next
		case bits == l.isDense:
			return 0
		}
		// The other part is next.
		where, bits = 0, l.isDense
		if count <= 0 {
			if bits {
				return turn | inBits
			}
			return turn
		}
	}
}

// scanBits passes members from the number where on; next is 0 at the end. It returns
// how many of count are left.
func (l *large) scanBits(where uint64, count int, fn func(*Member)) (left int, next uint64) {
	l.bits.each(int64(where)-numberBase, func(n int64) bool {
		if count <= 0 {
			next = uint64(n + numberBase)
			return next == 0 // which begins the bitmap, and so is the first
		}
		count--
		t := makeInt(n)
		fn(&t)
		return true
	})
	return count, next
}

// Random returns a random member, each with the same probability; ok is false when
// there is none.
func (s Set) Random() (t Member, ok bool) {
	rng := s.v.Env.Rand
	if l := s.large(); l != nil {
		n := l.len()
		switch {
		case n == 0:
			return t, false
		case l.bits.n > 0 && rng.IntN(n) < l.bits.n:
			return makeInt(l.bits.random(rng)), true
		}
		return l.member(l.index.Random(rng)), true
	}
	if !s.inline() {
		return t, false
	}
	b := s.v.Bytes
	if s.v.Encoding == Ints {
		return makeInt(intAt(b, rng.IntN(intCount(b)))), true
	}
	e := pack.Nth(b, perEntry, rng.IntN(pack.Count(b, perEntry)))
	return e.KeyText(), true
}

// Pop takes a random member out and appends its text to dst; ok is false when there is
// none.
func (s Set) Pop(dst []byte) (text []byte, ok bool) {
	if !s.Exists() {
		return dst, false
	}
	if l := s.large(); l != nil {
		dst = l.pop(s.v.Env.Rand, dst)
		s.v.Dirty, s.v.Empty = true, l.len() == 0
		if s.v.DueMs != 0 {
			s.noteDue()
		}
		return dst, true
	}
	t, ok := s.Random()
	if !ok {
		return dst, false
	}
	var scratch [pack.IntText]byte
	at := len(dst)
	dst = append(dst, t.Bytes(scratch[:0])...)
	// What t borrows goes with the member.
	m := pack.Make(dst[at:])
	s.RemoveText(&m)
	return dst, true
}

// RandomDistinct passes n different random members, or all when there are no more, to
// fn.
func (s Set) RandomDistinct(n int, fn func(*Member)) {
	total := s.Len()
	n = min(n, total)
	rng := s.v.Env.Rand
	if l := s.large(); l != nil && n*3 < total {
		l.draw(n, s, fn)
		return
	}
	// Each member is taken with the probability that makes all choices equal: as many
	// as are wanted, of those that are left.
	if n == 0 {
		return
	}
	s.Each(func(t *Member) bool {
		if rng.IntN(total) < n {
			n--
			fn(t)
		}
		total--
		return n > 0
	})
}

// draw draws until n different members were found.
func (l *large) draw(n int, s Set, fn func(*Member)) {
	rng, total := s.v.Env.Rand, l.len()
	refs, ints := map[uint32]struct{}{}, map[int64]struct{}{}
	for len(refs)+len(ints) < n {
		var t Member
		if l.bits.n > 0 && rng.IntN(total) < l.bits.n {
			v := l.bits.random(rng)
			if _, again := ints[v]; again {
				continue
			}
			ints[v] = struct{}{}
			t = makeInt(v)
		} else {
			ref := l.index.Random(rng)
			if _, again := refs[ref]; again {
				continue
			}
			refs[ref] = struct{}{}
			t = l.member(ref)
		}
		fn(&t)
	}
}

// RandomRepeated passes n random members to fn, each drawn from all; none when the set
// has none.
func (s Set) RandomRepeated(n int, fn func(*Member)) {
	if !s.inline() || s.v.Encoding == Ints {
		for ; n > 0; n-- {
			t, ok := s.Random()
			if !ok {
				return
			}
			fn(&t)
		}
		return
	}
	// A list of the entries' places, so that a draw does not walk the pack.
	var room [128]int32
	places := room[:0]
	b := s.v.Bytes
	for at := 0; at < len(b); {
		places = append(places, int32(at))
		e := pack.At(b, perEntry, at)
		at = e.End
	}
	for ; n > 0; n-- {
		e := pack.At(b, perEntry, int(places[s.v.Env.Rand.IntN(len(places))]))
		t := e.KeyText()
		fn(&t)
	}
}

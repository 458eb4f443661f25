package zset

import (
	"github.com/medleydb/medley/datatypes/arena"
	"github.com/medleydb/medley/datatypes/pack"
)

// All returns the span of all members.
func (z ZSet) All() Span { return Span{0, z.Len()} }

// Walk passes every member to fn, in no order, until fn says no. fn must not change the
// sorted set.
func (z ZSet) Walk(fn func(member []byte, score float64) bool) {
	l := z.large()
	if l == nil {
		z.eachPacked(z.All(), false, fn)
		return
	}
	l.index.Walk(func(ref uint32) bool { return fn(l.member(arena.Ref(ref)), l.score(arena.Ref(ref))) })
}

// Timed reports whether a member has a time.
func (z ZSet) Timed() bool {
	if l := z.large(); l != nil {
		return l.due.Len() > 0
	}
	return pack.LeastNumber(z.v.Bytes, perEntry) != 0
}

// EachWithTime passes every member in order to fn, with the time at which it goes, Unix
// milliseconds, 0 where it stays, until fn says no. fn must not use the sorted set.
func (z ZSet) EachWithTime(fn func(member []byte, score float64, ms int64) bool) {
	if l := z.large(); l != nil {
		l.each(Span{0, z.Len()}, false, func(r []byte) bool {
			member, score := l.entry(r)
			return fn(member, score, expiry(r))
		})
		return
	}
	var scratch [Scratch]byte
	for at, b := 0, z.v.Bytes; at < len(b); {
		e := pack.At(b, perEntry, at)
		at = e.End
		if !fn(e.Key(scratch[:0]), entryScore(&e), e.Number) {
			return
		}
	}
}

// Scan passes about count members to fn and returns the cursor to go on with, 0 at the
// end. Cursor 0 starts. A member that is there from the first call to the last is passed
// at least once, also when the sorted set grows or becomes large between them. A packed
// one is passed at once.
func (z ZSet) Scan(cursor uint64, count int, fn func(member []byte, score float64)) uint64 {
	l := z.large()
	if l == nil {
		z.eachPacked(z.All(), false, func(m []byte, s float64) bool {
			fn(m, s)
			return true
		})
		return 0
	}
	return l.index.Scan(l, cursor, count, func(ref uint32) {
		fn(l.member(arena.Ref(ref)), l.score(arena.Ref(ref)))
	})
}

// Random passes a random member to fn, each with the same probability; none when there is
// none.
func (z ZSet) Random(fn func(member []byte, score float64)) {
	n := z.Len()
	if n == 0 {
		return
	}
	rng := z.v.Env.Rand
	if l := z.large(); l != nil {
		ref := arena.Ref(l.index.Random(rng))
		fn(l.member(ref), l.score(ref))
		return
	}
	var scratch [Scratch]byte
	e := pack.Nth(z.v.Bytes, perEntry, rng.IntN(n))
	fn(e.Key(scratch[:0]), entryScore(&e))
}

// RandomDistinct passes n different random members to fn, or all when there are no more.
func (z ZSet) RandomDistinct(n int, fn func(member []byte, score float64)) {
	total := z.Len()
	n = min(n, total)
	rng := z.v.Env.Rand
	if l := z.large(); l != nil && n*3 < total {
		seen := make(map[uint32]struct{}, n)
		for len(seen) < n {
			ref := l.index.Random(rng)
			if _, again := seen[ref]; again {
				continue
			}
			seen[ref] = struct{}{}
			fn(l.member(arena.Ref(ref)), l.score(arena.Ref(ref)))
		}
		return
	}
	if n == 0 {
		return
	}
	// Each member is taken with the probability that makes all choices equal: as many
	// as are wanted, of those that are left.
	z.Walk(func(m []byte, s float64) bool {
		if rng.IntN(total) < n {
			n--
			fn(m, s)
		}
		total--
		return n > 0
	})
}

// RandomRepeated passes n random members to fn, each drawn from all; none when the sorted
// set has none.
func (z ZSet) RandomRepeated(n int, fn func(member []byte, score float64)) {
	rng := z.v.Env.Rand
	if z.large() != nil {
		for ; n > 0; n-- {
			z.Random(fn)
		}
		return
	}
	var room [128]uint16
	places := room[:0]
	b := z.v.Bytes
	for at := 0; at < len(b); {
		e := pack.At(b, perEntry, at)
		places = append(places, uint16(at))
		at = e.End
	}
	if len(places) == 0 {
		return
	}
	var scratch [Scratch]byte
	for ; n > 0; n-- {
		e := pack.At(b, perEntry, int(places[rng.IntN(len(places))]))
		fn(e.Key(scratch[:0]), entryScore(&e))
	}
}

// Check reports the first broken invariant.
func (z ZSet) Check() error {
	if l := z.large(); l != nil {
		return l.check()
	}
	var last []byte
	lastScore := 0.0
	for at, i := 0, 0; at < len(z.v.Bytes); i++ {
		e := pack.At(z.v.Bytes, perEntry, at)
		at = e.End
		m, s := e.Key(nil), entryScore(&e)
		if i > 0 && (lastScore > s || lastScore == s && string(last) >= string(m)) {
			return errCorrupt
		}
		last, lastScore = m, s
	}
	return nil
}

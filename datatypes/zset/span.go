package zset

import (
	"bytes"

	"github.com/medleydb/medley/datatypes/arena"
	"github.com/medleydb/medley/datatypes/pack"
	"github.com/medleydb/medley/datatypes/ranktree"
)

// A Span is a run of members by rank: From is the first, To the first behind it. Every
// range, of scores, of members, of ranks, becomes one, and whatever is done to a range is
// done to a Span. It is good until the sorted set changes.
type Span struct{ From, To int }

// Len returns the number of members.
func (s Span) Len() int { return max(s.To-s.From, 0) }

// Limit returns the part of the span that a reader gets who skips some and takes at most
// so many (all when negative), going backwards when rev. skip is not negative.
func (s Span) Limit(skip, take int64, rev bool) Span {
	n := int64(s.Len())
	skip = min(skip, n)
	if take < 0 || take > n-skip {
		take = n - skip
	}
	if rev {
		return Span{s.To - int(skip+take), s.To - int(skip)}
	}
	return Span{s.From + int(skip), s.From + int(skip+take)}
}

// RankSpan returns the span from rank start to rank stop, inclusive; negative ones count
// from the end, -1 being the last.
func (z ZSet) RankSpan(start, stop int64, rev bool) Span {
	n := int64(z.Len())
	if start < 0 {
		start = max(start+n, 0)
	}
	if stop < 0 {
		stop += n
	}
	stop = min(stop, n-1)
	if start > stop {
		return Span{}
	}
	if rev {
		return Span{int(n - 1 - stop), int(n - start)}
	}
	return Span{int(start), int(stop + 1)}
}

// A ScoreRange is a range of scores, the ends included unless they are exclusive.
type ScoreRange struct {
	Min, Max                   float64
	MinExclusive, MaxExclusive bool
}

func (r *ScoreRange) empty() bool {
	return r.Min > r.Max || r.Min == r.Max && (r.MinExclusive || r.MaxExclusive)
}

// ScoreSpan returns the span of the members with a score in the range.
func (z ZSet) ScoreSpan(r ScoreRange) Span {
	if r.empty() {
		return Span{}
	}
	if l := z.large(); l != nil {
		return Span{l.order.CountBelow(l, r.Min, r.MinExclusive), l.order.CountBelow(l, r.Max, !r.MaxExclusive)}
	}
	s, i := Span{}, 0
	for at, b := 0, z.v.Bytes; at < len(b); i++ {
		e := pack.At(b, perEntry, at)
		at = e.End
		score := entryScore(&e)
		if score < r.Min || score == r.Min && r.MinExclusive {
			s.From = i + 1
		}
		if score < r.Max || score == r.Max && !r.MaxExclusive {
			s.To = i + 1
		} else {
			break
		}
	}
	return s
}

// A LexBound is an end of a range of members.
type LexBound struct {
	Member    []byte
	Exclusive bool
	Infinite  int8 // -1: before all members, 1: behind all
}

// A LexRange is a range of members, all of which should have the same score.
type LexRange struct{ Min, Max LexBound }

// before reports whether a member stands before the range's beginning.
func (b *LexBound) before(member []byte) bool {
	if b.Infinite != 0 {
		return b.Infinite > 0
	}
	c := bytes.Compare(member, b.Member)
	return c < 0 || c == 0 && b.Exclusive
}

// within reports whether a member does not stand behind the range's end.
func (b *LexBound) within(member []byte) bool {
	if b.Infinite != 0 {
		return b.Infinite > 0
	}
	c := bytes.Compare(member, b.Member)
	return c < 0 || c == 0 && !b.Exclusive
}

func (r *LexRange) empty() bool {
	a, b := &r.Min, &r.Max
	if a.Infinite != 0 || b.Infinite != 0 {
		return a.Infinite > 0 || b.Infinite < 0
	}
	c := bytes.Compare(a.Member, b.Member)
	return c > 0 || c == 0 && (a.Exclusive || b.Exclusive)
}

// LexSpan returns the span of the members in the range. Where not all members have the
// same score, what it returns is not defined.
func (z ZSet) LexSpan(r LexRange) Span {
	if r.empty() {
		return Span{}
	}
	if l := z.large(); l != nil {
		return Span{
			l.order.Search(func(ref uint32) bool { return r.Min.before(l.member(arena.Ref(ref))) }),
			l.order.Search(func(ref uint32) bool { return r.Max.within(l.member(arena.Ref(ref))) }),
		}
	}
	s, i := Span{-1, 0}, 0
	var scratch [Scratch]byte
	for at, b := 0, z.v.Bytes; at < len(b); i++ {
		e := pack.At(b, perEntry, at)
		at = e.End
		m := e.Key(scratch[:0])
		if s.From < 0 && !r.Min.before(m) {
			s.From = i
		}
		if s.From >= 0 {
			if !r.Max.within(m) {
				break
			}
			s.To = i + 1
		}
	}
	s.From = max(s.From, 0)
	return s
}

// Rank returns the member's rank from the lowest score, and its score.
func (z ZSet) Rank(member []byte) (rank int, score float64, ok bool) {
	s := z.find(member)
	if !s.found {
		return 0, 0, false
	}
	if l := z.large(); l != nil {
		return l.order.Rank(l, s.score, uint32(s.ref)), s.score, true
	}
	for at := 0; at < s.entry.At; rank++ {
		e := pack.At(z.v.Bytes, perEntry, at)
		at = e.End
	}
	return rank, s.score, true
}

// Each passes the members of the span with their scores to fn, backwards when rev, until
// fn says no. fn must not change the sorted set; member is good until fn returns, and in a
// sorted set that is large until the sorted set changes.
func (z ZSet) Each(s Span, rev bool, fn func(member []byte, score float64) bool) {
	n := s.Len()
	if n == 0 {
		return
	}
	l := z.large()
	if l == nil {
		z.eachPacked(s, rev, fn)
		return
	}
	l.each(s, rev, func(r []byte) bool { return fn(l.entry(r)) })
}

// batch is how many records are taken from the order at once. Neighbours there stand anywhere in
// memory: loads from them that follow each other at once are waited for together.
const batch = 16

// each passes the records of the span to fn, backwards when rev, until it says no.
func (l *large) each(s Span, rev bool, fn func(r []byte) bool) {
	var c ranktree.Cursor
	next := c.Next
	if c.Place(&l.order, s.From); rev {
		c.Place(&l.order, s.To)
		next = c.Previous
	}
	var refs [batch]uint32
	var records [batch][]byte
	for left := s.Len(); left > 0; {
		n := next(refs[:min(left, batch)])
		for i, ref := range refs[:n] {
			records[i] = l.records.Bytes(arena.Ref(ref))
		}
		for _, r := range records[:n] {
			if !fn(r) {
				return
			}
		}
		left -= n
	}
}

func (z ZSet) eachPacked(s Span, rev bool, fn func(member []byte, score float64) bool) {
	var scratch [Scratch]byte
	b := z.v.Bytes
	at, _ := z.bounds(Span{s.From, s.From})
	if !rev {
		for n := s.Len(); n > 0; n-- {
			e := pack.At(b, perEntry, at)
			at = e.End
			if !fn(e.Key(scratch[:0]), entryScore(&e)) {
				return
			}
		}
		return
	}
	// A pack is read forwards only: the places are noted first.
	var room [128]uint16
	places := room[:0]
	for n := s.Len(); n > 0; n-- {
		places = append(places, uint16(at))
		e := pack.At(b, perEntry, at)
		at = e.End
	}
	for i := len(places) - 1; i >= 0; i-- {
		e := pack.At(b, perEntry, int(places[i]))
		if !fn(e.Key(scratch[:0]), entryScore(&e)) {
			return
		}
	}
}

// bounds returns the bytes that the span takes in a pack.
func (z ZSet) bounds(s Span) (from, to int) {
	at := 0
	for i := 0; i < s.To; i++ {
		if i == s.From {
			from = at
		}
		e := pack.At(z.v.Bytes, perEntry, at)
		at = e.End
	}
	if s.From >= s.To {
		from = at
	}
	return from, at
}

// RemoveSpan takes out the members of the span. A sorted set that is empty then goes when
// the transaction commits.
func (z ZSet) RemoveSpan(s Span) {
	n := s.Len()
	if n == 0 {
		return
	}
	defer z.noteDue()
	l := z.large()
	if l == nil {
		from, to := z.bounds(s)
		z.cut(from, to)
		return
	}
	z.v.Dirty = true
	if n == l.index.Len() {
		fresh := newLarge()
		fresh.beyond = l.beyond
		z.v.SetObject(Large, fresh)
		z.v.Empty = true
		return
	}
	for ; n > 0; n-- {
		ref := l.order.RemoveAt(l, s.From)
		l.drop(arena.Ref(ref), l.Hash(ref))
	}
}

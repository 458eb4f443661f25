package zset

import (
	"bytes"
	"math"

	"github.com/tidwall/btree"

	"github.com/medleydb/medley/datatypes/arena"
	"github.com/medleydb/medley/datatypes/pack"
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

// probes returns the places before and behind the range.
func (r *ScoreRange) probes() (from, to probe) {
	from, to = probe{score: r.Min, side: -1}, probe{score: r.Max, side: 1}
	if r.MinExclusive {
		from.side = 1
	}
	if r.MaxExclusive {
		to.side = -1
	}
	return from, to
}

// ScoreSpan returns the span of the members with a score in the range.
func (z ZSet) ScoreSpan(r ScoreRange) Span {
	if r.empty() {
		return Span{}
	}
	if l := z.large(); l != nil {
		from, to := r.probes()
		lo := l.rank(from, 0)
		return Span{lo, l.rank(to, lo)}
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
		lo := l.search(0, func(item uint64) bool { return r.Min.before(l.member(refOf(item))) })
		return Span{lo, l.search(lo, func(item uint64) bool { return r.Max.within(l.member(refOf(item))) })}
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
		item := itemOf(s.score, s.ref)
		return l.searchScore(0, s.score, func(x uint64) bool { return l.less(x, item) }), s.score, true
	}
	for at := 0; at < s.entry.At; rank++ {
		e := pack.At(z.v.Bytes, perEntry, at)
		at = e.End
	}
	return rank, s.score, true
}

// rank returns how many members stand before the probe; at least lo do.
func (l *large) rank(p probe, lo int) int {
	l.probe = p
	item := itemOf(p.score, 0)
	return l.searchScore(lo, p.score, func(x uint64) bool { return l.less(x, item) })
}

const (
	// nearby is how many members are looked at one by one, since that is no more than
	// finding one or two by rank.
	nearby = 48
	// guesses is how often searchScore guesses before it halves.
	guesses = 4
)

// searchScore is search for a place in the order of scores, of which a good guess can be made:
// it goes where the place would be if scores lay evenly between two that are known,
// until it is near. Where they lie so unevenly that it does not come near, it searches what
// is left. Finding a member by rank walks over a hundred or more nodes of the tree, and with even
// scores two guesses do, instead of seventeen halvings of 100k members.
func (l *large) searchScore(lo int, score float64, before func(item uint64) bool) int {
	hi := l.order.Len()
	first, _ := l.order.Min()
	last, _ := l.order.Max()
	at, from, perScore := 0.0, scoreNear(first), float64(hi)/(scoreNear(last)-scoreNear(first))
	for range guesses {
		guess := at + (score-from)*perScore
		if hi-lo <= nearby || !(math.Abs(guess) < math.MaxInt32) {
			break
		}
		i := min(max(int(guess), lo), hi-1)
		item, _ := l.order.GetAt(i)
		value := scoreNear(item)
		ahead := before(item)
		if ahead {
			lo = i + 1
		} else {
			hi = i
		}
		if value != from {
			perScore = (float64(i) - at) / (value - from)
		}
		at, from = float64(i), value
		if math.Abs((score-from)*perScore) < nearby/2 {
			rank, ok := l.walk(i, item, ahead, before)
			if ok {
				return rank
			}
			break
		}
	}
	return l.searchWithin(lo, hi, before)
}

// walk looks for the first member for which before is false among the nearest of the item of
// rank i, upwards or downwards.
func (l *large) walk(i int, item uint64, up bool, before func(item uint64) bool) (rank int, ok bool) {
	left := nearby
	if up {
		l.order.Ascend(item, func(x uint64) bool {
			if ok = !before(x); ok {
				return false
			}
			i++
			left--
			return left > 0
		})
		return i, ok || i == l.order.Len()
	}
	l.order.Descend(item, func(x uint64) bool {
		if ok = before(x); ok {
			return false
		}
		i--
		left--
		return left > 0
	})
	return i + 1, ok || i < 0
}

// search returns the rank of the first member from lo on for which before is false. The
// tree has no search that tells the rank, but finds a member by rank.
func (l *large) search(lo int, before func(item uint64) bool) int {
	return l.searchWithin(lo, l.order.Len(), before)
}

func (l *large) searchWithin(lo, hi int, before func(item uint64) bool) int {
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if item, _ := l.order.GetAt(mid); before(item) {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
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
	visit := func(item uint64) bool {
		n--
		return fn(l.entry(refOf(item))) && n > 0
	}
	if rev {
		item, _ := l.order.GetAt(s.To - 1)
		l.order.Descend(item, visit)
		return
	}
	item, _ := l.order.GetAt(s.From)
	l.order.Ascend(item, visit)
}

// A Scan is the room that EachBetween needs. One that is used again for scores near those of
// the last time finds its place sooner. The zero Scan is ready; it is for one goroutine at a time.
type Scan struct {
	near  btree.PathHint
	visit func(item uint64) bool // item, bound once

	// Records that the scan has come to and not yet looked at. Neighbours in the order stand
	// anywhere in memory; loads of their scores that follow each other at once are waited for
	// together, and not one by one between calls of fn. The first batch is small, since there
	// may be few members in all.
	l       *large
	refs    [16]arena.Ref
	scores  [16]float64
	n, most int
	end     uint64 // top bits of to
	to      float64
	fn      func(member []byte, score float64) bool
	stopped bool
}

const firstBatch = 2

// EachBetween passes the members whose scores are at least from and below to, in order, to fn
// until it says no. It finds the first one in less time than a Span takes, whose ends are known
// by rank. fn must not use the sorted set; member is good as for Each.
func (z ZSet) EachBetween(s *Scan, from, to float64, fn func(member []byte, score float64) bool) {
	l := z.large()
	if l == nil {
		z.eachPacked(Span{0, z.Len()}, false, func(member []byte, score float64) bool {
			return score < from || score < to && fn(member, score)
		})
		return
	}
	if s.visit == nil {
		s.visit = s.item
	}
	s.l, s.fn, s.n, s.most, s.stopped = l, fn, 0, firstBatch, false
	s.to, s.end = to, topBits(to)
	l.probe = probe{score: from, side: -1}
	l.order.AscendHint(itemOf(from, 0), s.visit, &s.near)
	s.pass()
	s.l, s.fn = nil, nil
}

// item takes the next item of the order and reports whether to go on.
func (s *Scan) item(item uint64) bool {
	if item>>32 > s.end {
		return false
	}
	s.refs[s.n] = refOf(item)
	if s.n++; s.n < s.most {
		return true
	}
	s.most = min(2*s.most, len(s.refs))
	return s.pass()
}

// pass passes the members of the batch to fn and reports whether to go on.
func (s *Scan) pass() bool {
	n := s.n
	s.n = 0
	if s.stopped {
		return false
	}
	for i, ref := range s.refs[:n] {
		s.scores[i] = s.l.score(ref)
	}
	for i, ref := range s.refs[:n] {
		if s.scores[i] >= s.to || !s.fn(s.l.member(ref), s.scores[i]) {
			s.stopped = true
			return false
		}
	}
	return true
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
		item, _ := l.order.DeleteAt(s.From)
		l.drop(refOf(item), l.Hash(uint32(refOf(item))))
	}
}

package zset

import (
	"github.com/medleydb/medley/datatypes/arena"
	"github.com/medleydb/medley/datatypes/pack"
	"github.com/medleydb/medley/datatypes/ranktree"
)

// A Place names a member until the sorted set changes.
type Place uint32

// A Scan is a walk over the scores between two, and the room that it needs. It looks at members
// only where the order does not tell their scores. The zero Scan is ready, and may be used again;
// it is for one goroutine at a time.
type Scan struct {
	cursor ranktree.Cursor
	refs   [batch]uint32
	scores [batch]float64
}

// EachBetween passes the places and scores of the members whose scores are at least from and
// below to, in order, to fn until it says no. fn must not use the sorted set.
func (z ZSet) EachBetween(s *Scan, from, to float64, fn func(at Place, score float64) bool) {
	l := z.large()
	if l == nil {
		for at, b := 0, z.v.Bytes; at < len(b); {
			e := pack.At(b, perEntry, at)
			score := entryScore(&e)
			if score >= to || score >= from && !fn(Place(at), score) {
				return
			}
			at = e.End
		}
		return
	}
	s.cursor.PlaceAt(&l.order, l, from)
	for n := batch; n == batch; {
		n = s.cursor.NextBelow(l, to, s.refs[:], s.scores[:])
		for i, ref := range s.refs[:n] {
			if !fn(Place(ref), s.scores[i]) {
				return
			}
		}
	}
}

// Forget drops what the scan has borrowed.
func (s *Scan) Forget() { s.cursor = ranktree.Cursor{} }

// EachAt passes the members at n places to fn. fn must not change the sorted set; member is good
// until fn returns.
func (z ZSet) EachAt(n int, place func(i int) Place, fn func(i int, member []byte)) {
	l := z.large()
	if l == nil {
		var scratch [Scratch]byte
		for i := range n {
			e := pack.At(z.v.Bytes, perEntry, int(place(i)))
			fn(i, e.Key(scratch[:0]))
		}
		return
	}
	var members [batch][]byte
	for from := 0; from < n; from += batch {
		list := members[:min(batch, n-from)]
		for i := range list {
			list[i] = l.member(arena.Ref(place(from + i)))
		}
		for i, member := range list {
			fn(from+i, member)
		}
	}
}

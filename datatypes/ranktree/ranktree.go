// Package ranktree keeps the records of an arena in the order of their scores, and counts
// them: which record has a rank, and what rank a record has, takes as long as to find it.
//
// # Layout
//
// It is a B+-tree. A record stands in a leaf as 8 bytes: a code of 32 bits that compares
// as its score does, and the 32-bit reference. A score is first made a key, the 64-bit
// integer that compares as it does; a code says how far a key lies behind the base of its
// leaf, in units of 1<<shift. The keys of a hundred neighbours lie close together, so that
// few codes are equal where the scores are not; and where no key has bits beneath the unit
// the leaf is exact: it tells the scores themselves. Both hold for integers, times
// and geohashes, however many there are. Where equal codes leave the order open, the owner is
// asked for scores and, where these are equal too, to compare the records.
//
// Branches know of each child the key and the reference of its first record, and how many
// records stand beneath it. A leaf has no pointers, and its array grows with it.
//
// tidwall/btree, which was here before, holds the same 8 bytes but with codes that are cut from
// the whole range of scores: records had to be looked at often where scores lie close
// together. It compares by calls of a function that it is given, does not tell ranks, and
// leaves nodes half full where scores come in order. A change of score among the neighbours
// of a leaf, the usual one of a counter, is one search here instead of two.
//
// A Tree is not safe for concurrent use.
package ranktree

import (
	"math"
	"math/bits"
)

// An Owner knows the records that references name. A reference is not 0.
type Owner interface {
	// Score returns the record's score, which is not NaN.
	Score(ref uint32) float64
	// SetScore gives the record another score.
	SetScore(ref uint32, score float64)
	// Compare compares two records of equal scores.
	Compare(a, b uint32) int
}

const (
	leafMax   = 128
	leafMin   = leafMax / 4
	fanMax    = 64
	fanMin    = fanMax / 4
	maxHeight = 10 // 32 << (4 * 7) is more than there are references, and edges may be thin
)

// A Tree is the order of records. The zero Tree is empty.
type Tree struct {
	root   *branch // nil while there are no records
	height int     // levels of branches
	count  int
	room   int // for how many records the leaves have room
	leaves int
}

type branch struct {
	keys  []uint64 // of the first record beneath each child
	refs  []uint32
	sizes []uint32 // how many records stand beneath
	kids  []*branch
	leafs []leaf // in place of kids, on the lowest level
}

// A step is a child of a branch, and a path leads from the root to a leaf.
type step struct {
	b *branch
	i int
}

type path struct {
	steps [maxHeight]step
	n     int
}

// leaf returns the leaf at the path's end.
func (p *path) leaf() *leaf {
	s := &p.steps[p.n-1]
	return &s.b.leafs[s.i]
}

// Len returns the number of records.
func (t *Tree) Len() int { return t.count }

// Size returns the bytes of memory that the tree holds beside the Tree itself, its branches
// reckoned two thirds full.
func (t *Tree) Size() int {
	const perLeaf = 8 + 4 + 4 + 40
	return 8*t.room + t.leaves*perLeaf*3/2
}

// keyOf returns the key of a score. The keys of -0 and 0 are the same.
func keyOf(score float64) uint64 {
	bits := math.Float64bits(score)
	switch {
	case score == 0:
		return 1 << 63
	case bits>>63 != 0:
		return ^bits
	}
	return bits | 1<<63
}

func scoreOf(key uint64) float64 {
	if key>>63 != 0 {
		return math.Float64frombits(key &^ (1 << 63))
	}
	return math.Float64frombits(^key)
}

// A side says where among the records of its score a search ends.
type side int8

const (
	before side = iota - 1 // all of them
	at                     // where the record belongs
	behind                 // all of them
)

// countBelow returns how many of the sorted keys are less than k. It takes no branches that
// depend on keys, half of which a processor would guess wrong.
func countBelow(keys []uint64, k uint64) int {
	lo, n := uint(0), uint(len(keys))
	for n > 0 {
		half := (n + 1) / 2
		_, less := bits.Sub64(keys[lo+half-1], k, 0)
		lo += half & -uint(less)
		n -= half
	}
	return int(lo)
}

// descend makes p the path to the leaf in which the search ends. With the side at it is that
// of the record ref.
func (t *Tree) descend(o Owner, p *path, k uint64, ref uint32, s side) {
	b := t.root
	for p.n = 0; p.n < t.height; p.n++ {
		i := countBelow(b.keys, k)
		if s != before && i < len(b.keys) && b.keys[i] == k {
			i += b.among(o, i, k, ref, s)
		}
		i = max(i-1, 0)
		p.steps[p.n] = step{b, i}
		if b.kids != nil {
			b = b.kids[i]
		}
	}
}

// rank returns how many records stand before the leaf at the path's end.
func (p *path) rank() (n int) {
	for _, s := range p.steps[:p.n] {
		for _, size := range s.b.sizes[:s.i] {
			n += int(size)
		}
	}
	return n
}

// among returns how many of the children from i on whose first records have the key stand
// before the side.
func (b *branch) among(o Owner, i int, k uint64, ref uint32, s side) int {
	end := i
	for end < len(b.keys) && b.keys[end] == k {
		end++
	}
	if s == behind {
		return end - i
	}
	lo, hi := i, end
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if b.refs[mid] == ref || o.Compare(b.refs[mid], ref) < 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo - i
}

// Rank returns how many records stand before the record ref, which is in the tree with this
// score.
func (t *Tree) Rank(o Owner, score float64, ref uint32) int {
	var p path
	k := keyOf(score)
	t.descend(o, &p, k, ref, at)
	return p.rank() + p.leaf().find(k, ref)
}

// CountBelow returns how many records have a score below the given one, or, with equal, one
// that is not above it.
func (t *Tree) CountBelow(o Owner, score float64, equal bool) int {
	if t.root == nil {
		return 0
	}
	s := before
	if equal {
		s = behind
	}
	var p path
	k := keyOf(score)
	t.descend(o, &p, k, 0, s)
	return p.rank() + p.leaf().search(o, k, 0, s)
}

// Search returns how many records stand before the first one for which before is false; it
// is true of all records up to there and of none behind.
func (t *Tree) Search(before func(ref uint32) bool) (rank int) {
	if t.root == nil {
		return 0
	}
	b := t.root
	for {
		lo, hi := 1, len(b.refs) // the first child's first record is looked at beneath it
		for lo < hi {
			if mid := int(uint(lo+hi) >> 1); before(b.refs[mid]) {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		for _, size := range b.sizes[:lo-1] {
			rank += int(size)
		}
		if b.kids != nil {
			b = b.kids[lo-1]
			continue
		}
		items := b.leafs[lo-1].items
		lo, hi = 0, len(items)
		for lo < hi {
			if mid := int(uint(lo+hi) >> 1); before(refOf(items[mid])) {
				lo = mid + 1
			} else {
				hi = mid
			}
		}
		return rank + lo
	}
}

// seek makes p the path to the leaf that holds the rank, which is below Len, and returns the
// place in it.
func (t *Tree) seek(p *path, rank int) int {
	b := t.root
	for p.n = 0; p.n < t.height; p.n++ {
		i := 0
		for rank >= int(b.sizes[i]) {
			rank -= int(b.sizes[i])
			i++
		}
		p.steps[p.n] = step{b, i}
		if b.kids != nil {
			b = b.kids[i]
		}
	}
	return rank
}

// At returns the record of the rank, which is below Len.
func (t *Tree) At(rank int) uint32 {
	var p path
	i := t.seek(&p, rank)
	return refOf(p.leaf().items[i])
}

// Clone returns a copy of the tree.
func (t *Tree) Clone() Tree {
	c := *t
	if t.root != nil {
		c.room = 0
		c.root = t.root.clone(&c)
	}
	return c
}

func (b *branch) clone(t *Tree) *branch {
	c := &branch{
		keys:  append([]uint64(nil), b.keys...),
		refs:  append([]uint32(nil), b.refs...),
		sizes: append([]uint32(nil), b.sizes...),
	}
	for _, kid := range b.kids {
		c.kids = append(c.kids, kid.clone(t))
	}
	for _, l := range b.leafs {
		l.items = append(make([]uint64, 0, len(l.items)), l.items...)
		t.room += cap(l.items)
		c.leafs = append(c.leafs, l)
	}
	return c
}

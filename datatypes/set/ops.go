package set

import (
	"cmp"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/hll"
)

// Operations on several sets. Where all of them are bitmaps and nothing else, they run on
// whole words of bits; otherwise member by member. A set over an empty value counts as
// empty. None of the sets changes.

// bitmapsOf returns the bitmaps of the sets, nil unless all of them are nothing else.
func bitmapsOf(sets []Set) []*bitmap {
	list := make([]*bitmap, len(sets))
	for i, s := range sets {
		l := s.large()
		if l == nil || l.index.Len() > 0 || l.bits.n == 0 {
			return nil
		}
		list[i] = l.bits
	}
	return list
}

// sorted returns the sets with the smallest first.
func sorted(sets []Set) []Set {
	list := slices.Clone(sets)
	slices.SortStableFunc(list, func(a, b Set) int { return cmp.Compare(a.Len(), b.Len()) })
	return list
}

func inAll(t *Member, sets []Set) bool {
	for _, s := range sets {
		if !s.HasText(t) {
			return false
		}
	}
	return true
}

func inAny(t *Member, sets []Set) bool {
	for _, s := range sets {
		if s.HasText(t) {
			return true
		}
	}
	return false
}

// andAll returns the bitmap of what is in all. It may share what it was given.
func andAll(list []*bitmap) *bitmap {
	b := list[0]
	for _, x := range list[1:] {
		b = combine(b, x, roaring.And, false, false)
	}
	return b
}

// EachInter passes every member of the intersection to fn until fn says no.
func EachInter(sets []Set, fn func(*Member) bool) {
	list := sorted(sets)
	if maps := bitmapsOf(list); maps != nil {
		andAll(maps).each(fromBits(0), func(n int64) bool {
			t := makeInt(n)
			return fn(&t)
		})
		return
	}
	list[0].Each(func(t *Member) bool { return !inAll(t, list[1:]) || fn(t) })
}

// InterCard returns the number of members of the intersection, or limit when it is
// not 0 and they are more.
func InterCard(sets []Set, limit int) (n int) {
	list := sorted(sets)
	if maps := bitmapsOf(list); maps != nil {
		last := len(maps) - 1
		if last == 0 {
			return capped(maps[0].n, limit)
		}
		return capped(andCount(andAll(maps[:last]), maps[last]), limit)
	}
	if len(list) == 1 {
		return capped(list[0].Len(), limit)
	}
	EachInter(list, func(*Member) bool {
		n++
		return n != limit
	})
	return n
}

func capped(n, limit int) int {
	if limit > 0 {
		return min(n, limit)
	}
	return n
}

// Inter returns the intersection as a set of its own.
func Inter(env *datatypes.Env, sets []Set) Set {
	if maps := bitmapsOf(sets); maps != nil && len(maps) > 1 {
		return fromBitmap(env, andAll(maps))
	}
	out := New(env)
	EachInter(sets, out.gather)
	return out
}

func (s Set) gather(t *Member) bool {
	s.AddText(t)
	return true
}

// Union returns the union as a set of its own.
func Union(env *datatypes.Env, sets []Set) Set {
	if maps := bitmapsOf(sets); maps != nil && len(maps) > 1 {
		return fromBitmap(env, orAll(maps))
	}
	out := New(env)
	for _, s := range sets {
		s.Each(out.gather)
	}
	return out
}

func orAll(list []*bitmap) *bitmap {
	b := combine(list[0], list[1], roaring.Or, true, true)
	for _, x := range list[2:] {
		b = combine(b, x, roaring.Or, true, true)
	}
	return b
}

// UnionCard returns the number of members of the union, or limit when it is not 0
// and they are more. It makes no union.
func UnionCard(sets []Set, limit int) (n int) {
	if maps := bitmapsOf(sets); maps != nil {
		switch len(maps) {
		case 1:
			return capped(maps[0].n, limit)
		case 2:
			return capped(maps[0].n+maps[1].n-andCount(maps[0], maps[1]), limit)
		}
		return capped(orAll(maps).cardinality(), limit)
	}
	// Each member counts in the first set that has it, and the largest set needs no
	// looking.
	list := sorted(sets)
	slices.Reverse(list)
	n = list[0].Len()
	for i, s := range list[1:] {
		if limit > 0 && n >= limit {
			break
		}
		s.Each(func(t *Member) bool {
			if !inAny(t, list[:i+1]) {
				n++
			}
			return limit <= 0 || n < limit
		})
	}
	return capped(n, limit)
}

// exactMembers is up to how many members outside the largest set UnionEstimate looks up
// one by one.
const exactMembers = 10_000

// UnionEstimate is UnionCard with a standard error of 0.81%, in less time where the sets
// have many members: each is hashed, and none looked up. Where that would not be
// faster the number is exact.
func UnionEstimate(sets []Set, limit int) int {
	total, largest := 0, 0
	for _, s := range sets {
		total += s.Len()
		largest = max(largest, s.Len())
	}
	if total-largest <= exactMembers || limit > 0 && limit <= largest || bitmapsOf(sets) != nil {
		return UnionCard(sets, limit)
	}
	var u hll.Union
	var scratch [Scratch]byte
	for _, s := range sets {
		s.Each(func(t *Member) bool {
			u.Add(t.Bytes(scratch[:0]))
			return true
		})
	}
	n, err := u.Count()
	if err != nil {
		return UnionCard(sets, limit)
	}
	return capped(max(largest, min(int(n), total)), limit)
}

// EachDiff passes every member of the first set that is in no other to fn, until fn
// says no.
func EachDiff(sets []Set, fn func(*Member) bool) {
	if maps := bitmapsOf(sets); maps != nil {
		notAny(maps).each(fromBits(0), func(n int64) bool {
			t := makeInt(n)
			return fn(&t)
		})
		return
	}
	// The largest of the others is the likeliest to have a member.
	rest := sorted(sets[1:])
	slices.Reverse(rest)
	for _, s := range rest {
		if s.v == sets[0].v {
			return
		}
	}
	sets[0].Each(func(t *Member) bool { return inAny(t, rest) || fn(t) })
}

// notAny returns the bitmap of what is in the first only. It may share what it was
// given.
func notAny(list []*bitmap) *bitmap {
	b := list[0]
	for _, x := range list[1:] {
		b = combine(b, x, roaring.AndNot, true, false)
	}
	return b
}

// Diff returns the members of the first set that are in no other, as a set of its own.
func Diff(env *datatypes.Env, sets []Set) Set {
	if maps := bitmapsOf(sets); maps != nil && len(maps) > 1 {
		return fromBitmap(env, notAny(maps))
	}
	out := New(env)
	EachDiff(sets, out.gather)
	return out
}

// DiffCard returns the number of members that Diff gives, or limit when it is not 0
// and they are more.
func DiffCard(sets []Set, limit int) (n int) {
	if maps := bitmapsOf(sets); maps != nil {
		if len(maps) == 2 {
			return capped(maps[0].n-andCount(maps[0], maps[1]), limit)
		}
		return capped(notAny(maps).cardinality(), limit)
	}
	EachDiff(sets, func(*Member) bool {
		n++
		return n != limit
	})
	return n
}

// fromBitmap makes a set of a bitmap that nobody else has.
func fromBitmap(env *datatypes.Env, b *bitmap) Set {
	out := New(env)
	b.recount()
	if b.n <= env.Limits.SetMaxIntset || b.n < b.containers*thinPer {
		b.each(fromBits(0), func(n int64) bool {
			t := makeInt(n)
			out.AddText(&t)
			return true
		})
		return out
	}
	l := newLarge(Wide)
	l.bits, l.isDense = b, true
	out.v.SetObject(Large, l)
	return out
}

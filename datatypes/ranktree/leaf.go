package ranktree

import (
	"math/bits"
	"slices"
	"sort"
)

// A leaf holds records in order. An item is a code and a reference, code above.
type leaf struct {
	base  uint64 // a multiple of 1<<shift
	shift uint8
	exact bool // all keys are multiples of 1<<shift
	items []uint64
}

const maxCode = 1<<32 - 1

func refOf(item uint64) uint32 { return uint32(item) }

// key returns the key of the item number i.
func (l *leaf) key(o Owner, i int) uint64 {
	if !l.exact {
		return keyOf(o.Score(refOf(l.items[i])))
	}
	return l.base + l.items[i]>>32<<l.shift
}

// codeOf returns the code of a key; ok is false where the leaf has none for it.
func (l *leaf) codeOf(k uint64) (code uint64, ok bool) {
	code = (k - l.base) >> l.shift
	return code, k >= l.base && code <= maxCode
}

// rest reports whether the key has bits beneath the unit.
func (l *leaf) rest(k uint64) bool { return k&(1<<l.shift-1) != 0 }

// search returns how many items stand before the side of the key, or with the side at
// before the record ref.
func (l *leaf) search(o Owner, k uint64, ref uint32, s side) int {
	lo, hi := l.run(o, k)
	switch s {
	case before:
		return lo
	case behind:
		return hi
	}
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if o.Compare(refOf(l.items[mid]), ref) < 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// find returns the place of the record ref with the key. It is there.
func (l *leaf) find(k uint64, ref uint32) int {
	code, _ := l.codeOf(k)
	for i := countBelow(l.items, code<<32); i < len(l.items); i++ {
		if refOf(l.items[i]) == ref {
			return i
		}
	}
	panic("ranktree: the order has lost a record")
}

// run returns the items with the key: the first one, and the first one behind.
func (l *leaf) run(o Owner, k uint64) (lo, hi int) {
	if k < l.base {
		return 0, 0
	}
	code, ok := l.codeOf(k)
	if !ok {
		return len(l.items), len(l.items)
	}
	lo = countBelow(l.items, code<<32)
	for hi = lo; hi < len(l.items) && l.items[hi]>>32 == code; {
		hi++
	}
	if lo == hi {
		return lo, hi
	}
	if l.exact {
		if l.rest(k) {
			return hi, hi
		}
		return lo, hi
	}
	end := hi
	lo = lo + sort.Search(hi-lo, func(i int) bool { return l.key(o, lo+i) >= k })
	hi = lo + sort.Search(end-lo, func(i int) bool { return l.key(o, lo+i) > k })
	return lo, hi
}

// A batch is the records of a leaf or two on their way to others.
type batch struct {
	keys [2 * leafMax]uint64
	refs [2 * leafMax]uint32
	n    int
}

func (x *batch) take(o Owner, l *leaf) {
	for i, item := range l.items {
		x.keys[x.n], x.refs[x.n] = l.key(o, i), refOf(item)
		x.n++
	}
}

// fill makes the items of l the part [from, to) of the batch.
func (l *leaf) fill(x *batch, from, to int) {
	keys := x.keys[from:to]
	l.measure(keys[0], keys[len(keys)-1])
	l.items = l.items[:0]
	for i, k := range keys {
		code, _ := l.codeOf(k)
		l.items = append(l.items, code<<32|uint64(x.refs[from+i]))
		l.exact = l.exact && !l.rest(k)
	}
}

// measure chooses base and unit for keys from first to last: the smallest unit with which as
// much room is left beside them as they take, so that a leaf that grows at an end is
// measured seldom.
func (l *leaf) measure(first, last uint64) {
	l.shift, l.exact = uint8(max(bits.Len64(last-first)-31, 0)), true
	room := uint64(1) << 30 << l.shift
	l.base = first - min(room, first)
	l.base &^= 1<<l.shift - 1
}

// admit makes the leaf have a code for the key.
func (l *leaf) admit(o Owner, k uint64) {
	if _, ok := l.codeOf(k); ok {
		l.exact = l.exact && !l.rest(k)
		return
	}
	var x batch
	x.take(o, l)
	first, last := min(k, x.keys[0]), max(k, x.keys[x.n-1])
	l.measure(first, last)
	l.exact = !l.rest(k)
	for i, key := range x.keys[:x.n] {
		code, _ := l.codeOf(key)
		l.items[i] = code<<32 | uint64(x.refs[i])
		l.exact = l.exact && !l.rest(key)
	}
}

// insert puts a record at place i. The leaf has a code for the key.
func (l *leaf) insert(i int, k uint64, ref uint32) {
	if len(l.items) == cap(l.items) {
		l.items = resized(l.items, len(l.items)+max(len(l.items)/4, 4))
	}
	code, _ := l.codeOf(k)
	l.items = l.items[:len(l.items)+1]
	copy(l.items[i+1:], l.items[i:])
	l.items[i] = code<<32 | uint64(ref)
}

// move gives the record at place i another key and the place that goes with it, if it stays
// in the leaf and is not the first one, now or then. last says that no leaf follows.
func (l *leaf) move(o Owner, i int, k uint64, last bool) bool {
	code, ok := l.codeOf(k)
	if !ok || i == 0 {
		return false
	}
	ref := refOf(l.items[i])
	j := l.search(o, k, ref, at)
	if j == 0 || j == len(l.items) && !last {
		return false
	}
	if j > i {
		j--
		copy(l.items[i:j], l.items[i+1:j+1])
	} else {
		copy(l.items[j+1:i+1], l.items[j:i])
	}
	l.items[j] = code<<32 | uint64(ref)
	l.exact = l.exact && !l.rest(k)
	return true
}

func (l *leaf) remove(i int) {
	l.items = l.items[:i+copy(l.items[i:], l.items[i+1:])]
	if len(l.items) < cap(l.items)/2 {
		l.items = resized(l.items, len(l.items)+4)
	}
}

// resized returns the items in an array with room for n or, where the allocator would round
// that up, as many as it takes.
func resized(items []uint64, n int) []uint64 {
	fresh := slices.Grow([]uint64(nil), min(n, leafMax))
	fresh = fresh[:len(items):min(cap(fresh), leafMax)]
	copy(fresh, items)
	return fresh
}

package list

import "github.com/medleydb/medley/datatypes"

// What OBJECT ENCODING calls a list, listpack or quicklist, follows the servers of
// the field and not the representation here: there a list is one listpack until an
// addition would make it larger than list-max-listpack-size, and a quicklist from then
// on, until removals leave it with a single node of half that size. Only the count of
// nodes is not known here: a list counts as a single node as soon as half the limit
// would hold it.

const (
	listpackFrame = 7       // bytes of a listpack's header and end
	safetySize    = 8 << 10 // bytes of a listpack that is limited by its number of elements
	maxExcess     = 4       // bytes by which a listpack's entry is longer than an element here
	wholeExcess   = 10      // the same of a whole element
)

// nodeLimits returns the largest listpack in bytes, or else in elements, for the
// value of list-max-listpack-size.
func nodeLimits(limit int) (bytes, elements int) {
	if limit >= 0 {
		return 0, max(limit, 1)
	}
	return 4 << 10 << min(-limit-1, 4), 0
}

// growing takes note of elements that are about to be added.
func (l List) growing(elems ...[]byte) {
	if l.v.Encoding&quick != 0 {
		return
	}
	added := 0
	for _, e := range elems {
		added += len(e)
	}
	maxBytes, maxElems := nodeLimits(l.v.Env.Limits.ListMaxPackedSize)
	if maxElems > 0 {
		maxBytes = safetySize
	}
	if maxElems > 0 && l.Len()+len(elems) > maxElems || l.listpackExceeds(maxBytes-added) {
		l.v.Encoding |= quick
	}
}

// Fill makes the list hold the elements, whatever the value beneath holds: for one that
// takes the place of another value. Unlike pushed ones they count by the bytes that they
// have in a listpack, not by their text.
func (l List) Fill(elems [][]byte) {
	l.Reset()
	l.Push(Tail, elems...)
	l.Filled()
}

// Reset makes the list empty, whatever the value beneath holds, to be filled by Push; then
// Filled must follow. It is Fill for elements that come one by one.
func (l List) Reset() { l.v.Encoding, l.v.Bytes, l.v.Object = quick, nil, nil }

// Filled ends the filling of a list.
func (l List) Filled() {
	maxBytes, maxElems := nodeLimits(l.v.Env.Limits.ListMaxPackedSize)
	if maxElems > 0 {
		maxBytes = safetySize
	}
	if (maxElems == 0 || l.Len() <= maxElems) && !l.listpackExceeds(maxBytes) {
		l.v.Encoding &^= quick
	}
}

// shrunk takes note of elements that were removed.
func (l List) shrunk() {
	l.v.Dirty = true
	n := l.Len()
	if n == 0 {
		l.v.Empty = true
		return
	}
	if o, ok := l.v.Object.(*blocks); ok {
		l.repack(o)
	}
	if l.v.Encoding&quick == 0 {
		return
	}
	maxBytes, maxElems := nodeLimits(l.v.Env.Limits.ListMaxPackedSize)
	if maxElems > 0 && n <= maxElems/2 || maxElems == 0 && !l.listpackExceeds(maxBytes/2) {
		l.v.Encoding &^= quick
	}
}

// listpackExceeds reports whether the list would be larger than limit as a listpack.
// Bounds that need no look at the elements decide nearly always.
func (l List) listpackExceeds(limit int) bool {
	n := l.Len()
	if listpackFrame+2*n > limit {
		return true // an entry has at least two bytes
	}
	size, excess := 0, maxExcess*n
	if o, ok := l.v.Object.(*blocks); ok {
		for i := range o.groups {
			for j := range o.groups[i].blocks {
				b := &o.groups[i].blocks[j]
				if size += b.used(); b.whole {
					excess += wholeExcess
				}
				if size-n > limit {
					return true
				}
			}
		}
	} else {
		b := l.packed()
		size = b.used()
	}
	switch {
	case listpackFrame+size+excess <= limit:
		return false
	case size-n > limit:
		return true // an entry is at most one byte shorter than an element here
	}
	size = listpackFrame
	for c := l.Iter(0, false); c.Next(); {
		size += entrySize(c.e)
	}
	return size > limit
}

// entrySize returns the bytes of the element in a listpack.
func entrySize(e elem) int {
	n := len(e.data)
	if e.isInt() || n == 1 && e.data[0] >= '0' && e.data[0] <= '9' {
		return intEntrySize(e)
	}
	switch {
	case n < 64:
		n++
	case n < 4096:
		n += 2
	default:
		n += 5
	}
	back := 1
	for rest := n >> 7; rest > 0; rest >>= 7 {
		back++
	}
	return n + back
}

func intEntrySize(e elem) int {
	switch w := len(e.data); {
	case !e.isInt(), w == 1 && e.data[0] < 128:
		return 2
	case w <= 2:
		if v := datatypes.GetInt(e.data); v >= -4096 && v < 4096 {
			return 3
		}
		return 4
	case w <= 4:
		return w + 2
	}
	return 10
}

// Package due keeps what goes by itself in the order of its time: the members of a
// collection that expire, or the keys that have such members.
//
// It is a binary heap whose entries are told where they stand, so that one can be
// taken out or moved when its time changes, without a search and without the stale
// entries of a heap that is cleaned lazily. The owner keeps the place: in the record
// that an entry names, or in a map where records are not the owner's to extend.
//
// The heap lives in pages, so that its growth copies nothing: a slice that doubles
// would stall the owner of millions of entries.
package due

// An Owner keeps where the entry of each reference stands.
type Owner interface {
	SetPlace(ref uint32, place int)
}

// An Entry says that what ref names goes at Ms, Unix milliseconds.
type Entry struct {
	Ms  int64
	Ref uint32
}

const (
	pageBits = 8
	pageLen  = 1 << pageBits
	// entrySize is the size of an Entry in memory.
	entrySize = 16
)

// A Heap holds entries by time. The zero Heap is empty.
type Heap struct {
	pages [][]Entry
	n     int
}

// Len returns the number of entries.
func (h *Heap) Len() int { return h.n }

// Size returns the bytes of memory that the heap holds.
func (h *Heap) Size() int {
	n := cap(h.pages) * 24
	for _, p := range h.pages {
		n += cap(p) * entrySize
	}
	return n
}

// At returns the entry at the place, from 0; place 0 holds the earliest, and the
// entries behind place i stand at 2i+1 and 2i+2.
func (h *Heap) At(i int) Entry { return h.pages[i>>pageBits][i&(pageLen-1)] }

// Least returns the earliest time, 0 when the heap is empty.
func (h *Heap) Least() int64 {
	if h.n == 0 {
		return 0
	}
	return h.At(0).Ms
}

func (h *Heap) put(o Owner, i int, e Entry) {
	h.pages[i>>pageBits][i&(pageLen-1)] = e
	o.SetPlace(e.Ref, i)
}

// Push adds an entry.
func (h *Heap) Push(o Owner, e Entry) {
	if h.n == 0 {
		h.pages = append(h.pages, make([]Entry, 1, 4))
	} else if last := len(h.pages) - 1; len(h.pages[last]) < pageLen {
		// Only the first page grows, so that a small heap is small.
		h.pages[last] = append(h.pages[last], Entry{})
	} else {
		h.pages = append(h.pages, make([]Entry, 1, pageLen))
	}
	h.n++
	h.up(o, h.n-1, e)
}

// Remove takes the entry at the place out.
func (h *Heap) Remove(o Owner, i int) {
	h.n--
	last := h.At(h.n)
	p := len(h.pages) - 1
	h.pages[p] = h.pages[p][:h.n&(pageLen-1)]
	if h.n&(pageLen-1) == 0 {
		h.pages[p] = nil
		h.pages = h.pages[:p]
	}
	if i < h.n {
		h.settle(o, i, last)
	}
}

// Change gives the entry at the place another time or reference.
func (h *Heap) Change(o Owner, i int, e Entry) { h.settle(o, i, e) }

func (h *Heap) settle(o Owner, i int, e Entry) {
	if i > 0 && e.Ms < h.At((i-1)/2).Ms {
		h.up(o, i, e)
		return
	}
	h.down(o, i, e)
}

func (h *Heap) up(o Owner, i int, e Entry) {
	for i > 0 {
		parent := (i - 1) / 2
		x := h.At(parent)
		if x.Ms <= e.Ms {
			break
		}
		h.put(o, i, x)
		i = parent
	}
	h.put(o, i, e)
}

func (h *Heap) down(o Owner, i int, e Entry) {
	for {
		child := 2*i + 1
		if child >= h.n {
			break
		}
		x := h.At(child)
		if child+1 < h.n {
			if y := h.At(child + 1); y.Ms < x.Ms {
				child, x = child+1, y
			}
		}
		if e.Ms <= x.Ms {
			break
		}
		h.put(o, i, x)
		i = child
	}
	h.put(o, i, e)
}

// CountUntil returns how many entries have a time up to ms, but no more than limit.
func (h *Heap) CountUntil(ms int64, limit int) int { return h.countFrom(0, ms, limit) }

func (h *Heap) countFrom(i int, ms int64, limit int) int {
	if i >= h.n || limit <= 0 || h.At(i).Ms > ms {
		return 0
	}
	n := 1
	n += h.countFrom(2*i+1, ms, limit-n)
	return n + h.countFrom(2*i+2, ms, limit-n)
}

// Clone returns a copy.
func (h *Heap) Clone() Heap {
	c := Heap{n: h.n, pages: make([][]Entry, len(h.pages))}
	for i, p := range h.pages {
		c.pages[i] = append(make([]Entry, 0, cap(p)), p...)
	}
	return c
}

// Check reports whether the entries stand in order and place(ref) is where each is.
func (h *Heap) Check(place func(ref uint32) int) bool {
	for i := range h.n {
		e := h.At(i)
		if place(e.Ref) != i || i > 0 && h.At((i-1)/2).Ms > e.Ms {
			return false
		}
	}
	return true
}

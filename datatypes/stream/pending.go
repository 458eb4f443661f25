package stream

import (
	"math/bits"
	"unsafe"

	"github.com/tidwall/btree"
)

// A group's pending entries list has an element for each entry that was delivered and
// not acknowledged. Elements stand in small chunks without pointers, so that the
// garbage collector passes them by, and are named by their place. Each is in three
// orders:
//
//   - by ID, in the group's tree;
//   - by ID, in its consumer's tree;
//   - by the time of delivery, in a list, with those in front that were given back
//     (Release) and belong to nobody: what is idle for long is found without a search.
//
// The trees' items are places of four bytes, looked up for each comparison. A probe,
// what a search looks for, has the place 0.

// A place is a chunk and an element in it, plus one; 0 is none.
type place uint32

type pending struct {
	id         ID
	timeMs     int64 // of the last delivery, Unix milliseconds; 0: given back
	count      int64 // deliveries
	consumer   uint32
	prev, next place // by time
}

const (
	chunkSize  = 16
	chunkFull  = 1<<chunkSize - 1
	chunkBytes = int(unsafe.Sizeof(chunk{})) + 8
	// placeBytes is what the two trees take for an element.
	placeBytes = 2 * 6
)

type chunk struct {
	used  uint16 // a bit for each element
	elems [chunkSize]pending
}

// pendingList is the elements, their order by time, and the tree of the group.
type pendingList struct {
	chunks     []*chunk
	room       []uint32 // chunks that have room; nil ones are new
	n          int
	head, tail place // by time
	free       int   // elements at the head that belong to nobody,
	freeTail   place // and the last of them
	probe      pending
	tree       *btree.BTreeG[place]
}

func (l *pendingList) at(p place) *pending {
	if p == 0 {
		return &l.probe
	}
	p--
	return &l.chunks[p/chunkSize].elems[p%chunkSize]
}

func (l *pendingList) less(a, b place) bool { return l.at(a).id.Less(l.at(b).id) }

func (l *pendingList) newTree() *btree.BTreeG[place] {
	return btree.NewBTreeGOptions(l.less, btree.Options{NoLocks: true, Degree: treeDegree})
}

// find returns the place of the ID's element, or 0.
func (l *pendingList) find(id ID) place {
	if l.n == 0 {
		return 0
	}
	l.probe.id = id
	p, _ := l.tree.Get(0)
	return p
}

// alloc returns room for an element.
func (l *pendingList) alloc() place {
	if len(l.room) > 0 {
		i := l.room[len(l.room)-1]
		c := l.chunks[i]
		if c == nil {
			c = new(chunk)
			l.chunks[i] = c
		}
		bit := bits.TrailingZeros16(^c.used)
		if c.used |= 1 << bit; c.used == chunkFull {
			l.room = l.room[:len(l.room)-1]
		}
		return place(i)*chunkSize + place(bit) + 1
	}
	l.chunks = append(l.chunks, &chunk{used: 1})
	l.room = append(l.room, uint32(len(l.chunks)-1))
	return place(len(l.chunks)-1)*chunkSize + 1
}

func (l *pendingList) release(p place) {
	p--
	i := p / chunkSize
	c := l.chunks[i]
	if c.used == chunkFull {
		l.room = append(l.room, uint32(i))
	}
	c.used &^= 1 << (p % chunkSize)
	if l.n == 0 { // start again, since the slice of chunks does not shrink otherwise
		if cap(l.chunks) > chunkSize {
			l.chunks, l.room = make([]*chunk, 1), make([]uint32, 1)
		}
		clear(l.chunks)
		l.chunks, l.room = append(l.chunks[:0], c), append(l.room[:0], 0)
		return
	}
	if c.used == 0 && len(l.chunks) > 1 {
		l.chunks[i] = nil
	}
}

// insert puts a new element into the group's tree and, as the last of its time, into
// the order of times.
func (l *pendingList) insert(e pending) place {
	p := l.alloc()
	*l.at(p) = e
	if l.tree == nil {
		l.tree = l.newTree()
	}
	l.tree.Load(p)
	l.n++
	l.link(p)
	return p
}

// link puts an element into the order of times.
func (l *pendingList) link(p place) {
	e := l.at(p)
	before := l.tail
	if e.consumer == 0 {
		before = l.freeTail
		l.freeTail = p
		l.free++
	} else {
		for before != 0 && l.at(before).consumer != 0 && l.at(before).timeMs > e.timeMs {
			before = l.at(before).prev
		}
	}
	e.prev = before
	if before == 0 {
		e.next = l.head
		l.head = p
	} else {
		b := l.at(before)
		e.next = b.next
		b.next = p
	}
	if e.next == 0 {
		l.tail = p
	} else {
		l.at(e.next).prev = p
	}
}

func (l *pendingList) unlink(p place) {
	e := l.at(p)
	if e.consumer == 0 {
		l.free--
		if l.freeTail == p {
			l.freeTail = e.prev
		}
	}
	if e.prev == 0 {
		l.head = e.next
	} else {
		l.at(e.prev).next = e.next
	}
	if e.next == 0 {
		l.tail = e.prev
	} else {
		l.at(e.next).prev = e.prev
	}
	e.prev, e.next = 0, 0
}

// size returns the bytes beside the struct.
func (l *pendingList) size() int {
	n := (cap(l.chunks) + cap(l.room)) * 8
	if l.tree != nil {
		n += treeBytes
	}
	if l.n == 0 && len(l.chunks) > 0 {
		n += chunkBytes
	}
	return n + l.n*(placeBytes+chunkBytes/chunkSize)
}

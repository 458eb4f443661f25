package list

import (
	"encoding/binary"
)

// The inline representation of a list is the number of elements in one byte, or two
// from 128 on (low seven bits with the high bit set, then the rest), and a block
// without gap and slack: tags in the order of the list, then the data, last element
// first. A list of three words of five bytes takes 19 bytes. It is small enough to be
// written anew at every change, which costs less than keeping room for the next one.

const (
	// maxPacked is the largest inline representation in bytes.
	maxPacked = 4 << 10
	// repackSize is the size in bytes at which a list that shrinks goes back to the
	// inline representation: half the other, so that one that swings around the limit
	// does not change its form each time.
	repackSize = 2 << 10
)

// packed returns the inline representation as a block; one without elements where
// there is none.
func (l List) packed() block {
	mem := l.v.Bytes
	if len(mem) == 0 || l.v.Empty {
		return block{}
	}
	n, head := uint16(mem[0]), 1
	if n >= 128 {
		n, head = n&127|uint16(mem[1])<<7, 2
	}
	return block{mem: mem, first: uint16(head), n: n, lo: uint32(head) + uint32(n), hi: uint32(len(mem))}
}

// packedSize returns the bytes of an inline representation of n elements.
func packedSize(n, data int) int {
	if n >= 128 {
		return 2 + n + data
	}
	return 1 + n + data
}

// newPacked gives the list an inline representation for n elements, returned as an
// empty block to be filled by pushing on top.
func (l List) newPacked(n, size int) block {
	mem := l.v.Replace(l.v.Encoding&^blocked, size)
	if n < 128 {
		mem[0] = byte(n)
		return block{mem: mem, first: 1, lo: uint32(size), hi: uint32(size)}
	}
	binary.LittleEndian.PutUint16(mem, uint16(n&127|128|n>>7<<8))
	return block{mem: mem, first: 2, lo: uint32(size), hi: uint32(size)}
}

func (l List) maxPacked() int { return min(maxPacked, l.v.Storage.MaxInline()) }

// splice replaces the del elements of the inline representation from index at on by
// others, which are put in from last to first if reversed; false, with nothing
// changed, when it would grow too large. It must not become empty.
func (l List) splice(old *block, at, del int, ins [][]byte, reversed bool) bool {
	var buf [maxIntBytes]byte
	n := int(old.n) - del + len(ins)
	if n > maxPacked {
		return false
	}
	data := old.dataLen()
	if del > 0 {
		data -= int(old.edge(at) - old.edge(at+del))
	}
	for _, b := range ins {
		data += encode(b, &buf).size()
	}
	size := packedSize(n, data)
	if size > l.maxPacked() {
		return false
	}
	b := l.newPacked(n, size)
	b.pushRun(old, 0, at)
	for i := range ins {
		if reversed {
			i = len(ins) - 1 - i
		}
		b.pushTop(encode(ins[i], &buf))
	}
	b.pushRun(old, at+del, int(old.n))
	return true
}

// removePacked is blocks.removeEqual for the inline representation.
func (l List) removePacked(e elem, limit int, backwards bool) int {
	old := l.packed()
	k, last := old.matches(e, limit, backwards)
	n := int(old.n) - k
	if k == 0 || n == 0 {
		return k
	}
	b := l.newPacked(n, packedSize(n, old.dataLen()-k*e.size()))
	b.pushKept(&old, e, last, backwards)
	return k
}

// unpack turns the inline representation into blocks, one but for elements that need
// a block to themselves.
func (l List) unpack() *blocks {
	o := newBlocks()
	old := l.packed()
	var c Cursor
	c.begin(old, 0, false)
	for more := c.Next(); more; {
		b := o.newBlock(old.used(), false)
		for more && len(c.e.data) <= maxInBlock && b.pushTop(c.e) {
			more = c.Next()
		}
		if b.n > 0 {
			o.insertBlock(o.behind(), b)
		} else {
			o.recycle(b)
		}
		if more {
			o.push(false, c.e)
			more = c.Next()
		}
	}
	l.v.SetObject(l.v.Encoding|blocked, o)
	return o
}

// repack turns blocks into the inline representation if they have become few.
func (l List) repack(o *blocks) {
	if len(o.groups) > 1 || o.length == 0 || o.length > repackSize {
		return
	}
	data := 0
	for i := range o.groups[0].blocks {
		b := &o.groups[0].blocks[i]
		if data += b.dataLen(); b.whole || data > repackSize {
			return
		}
	}
	size := packedSize(o.length, data)
	if size > min(repackSize, l.v.Storage.MaxInline()) {
		return
	}
	c := l.Iter(0, false)
	b := l.newPacked(o.length, size)
	for c.Next() {
		b.pushTop(c.e)
	}
}

package list

import "encoding/binary"

// A block is a run of elements in one piece of memory, a stack that can lose elements
// at its bottom too:
//
//	| slack | tags, bottom to top -> | gap | <- data, top to bottom | slack |
//	0       first          first+n         lo                      hi
//
// A tag is one byte (elem.go) that tells the length of the element's data; the data of
// the element above stands before it. Pushing on top writes a tag and its data into
// the gap; popping at either end moves a bound. Nothing else is stored per element:
// short elements cost one byte more than their text.
//
// With the mark front the top is the element nearest the list's head, else the one
// nearest its tail: a list grows at both ends by blocks that are stacks turned away
// from each other, and reading in either direction is walking up in some blocks and
// down in others.
//
// The alternative that lost is the listpack, in which an element carries its length on
// both sides: it costs two bytes where this costs one, and finding the element with a
// given index touches all bytes of those before it where this adds up tags. Offsets of
// elements instead of their lengths would make that constant, for two bytes each.
//
// A block with the mark whole is one element alone, without a tag. A block with the
// mark shared has its memory in common with a block of another list, and copies it
// before writing to it.
//
// The inline representation of a list (packed.go) is a block without gap and slack.
type block struct {
	mem    []byte
	lo, hi uint32
	first  uint16
	n      uint16
	front  bool
	whole  bool
	shared bool
}

// maxBlock is the largest block in bytes, but for whole ones. It fits the 16-bit
// fields of a block.
const maxBlock = 32 << 10

// dataLen returns the bytes of data.
func (b *block) dataLen() int { return int(b.hi - b.lo) }

// used returns the bytes of data and tags.
func (b *block) used() int { return b.dataLen() + int(b.n) }

// gap returns the free bytes between tags and data.
func (b *block) gap() int { return int(b.lo) - int(b.first) - int(b.n) }

// tags returns the tags, bottom first.
func (b *block) tags() []byte { return b.mem[b.first : int(b.first)+int(b.n)] }

// own makes the block's memory its own before it is written to.
func (b *block) own() {
	if b.shared {
		mem := make([]byte, len(b.mem))
		copy(mem, b.tagsAndBelow())
		copy(mem[b.lo:], b.mem[b.lo:b.hi])
		b.mem, b.shared = mem, false
	}
}

func (b *block) tagsAndBelow() []byte { return b.mem[:int(b.first)+int(b.n)] }

// sizeBelow returns the bytes of the element with the tag whose data ends at end.
func (b *block) sizeBelow(tag byte, end uint32) uint32 {
	if tag != tagLong {
		return width(tag)
	}
	return uint32(binary.LittleEndian.Uint16(b.mem[end-lengthSize:])) + 2*lengthSize
}

// sizeFrom is sizeBelow for data that starts at start.
func (b *block) sizeFrom(tag byte, start uint32) uint32 {
	if tag != tagLong {
		return width(tag)
	}
	return uint32(binary.LittleEndian.Uint16(b.mem[start:])) + 2*lengthSize
}

// edge returns where the data of the element at position p from the bottom ends, and
// that of the one at p-1 starts; p may be n. It adds up the tags from the nearer end.
func (b *block) edge(p int) uint32 {
	tags := b.tags()
	if 2*p <= len(tags) {
		at := b.hi
		for i := 0; i < p; {
			if n, ok := eightWidths(tags[i:p]); ok {
				at -= n
				i += 8
				continue
			}
			at -= b.sizeBelow(tags[i], at)
			i++
		}
		return at
	}
	at := b.lo
	for i := len(tags); i > p; {
		if n, ok := eightWidths(tags[max(i-8, p):i]); ok {
			at += n
			i -= 8
			continue
		}
		i--
		at += b.sizeFrom(tags[i], at)
	}
	return at
}

// eightWidths returns the bytes of the elements with the first eight tags; ok is false where
// there are fewer, or one that is long.
func eightWidths(tags []byte) (n uint32, ok bool) {
	if len(tags) < 8 {
		return 0, false
	}
	w := binary.LittleEndian.Uint64(tags)
	if atLeast(w, tagLong) != 0 {
		return 0, false
	}
	w -= atLeast(w, tagInt+1) >> 7 * tagInt
	// The sums of pairs of bytes have 16 bits each, and the product's top 16 are the sum of those.
	w = w&0x00ff00ff00ff00ff + w>>8&0x00ff00ff00ff00ff
	return uint32(w * 0x0001000100010001 >> 48), true
}

// atLeast marks the top bit of each byte of w that is at least least, which is above 127.
func atLeast(w uint64, least uint8) uint64 {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	return (w&^tops + uint64(256-int(least))*ones) & w & tops
}

// position returns the position from the bottom of the element that is number i in
// the list's direction.
func (b *block) position(i int) int {
	if b.front {
		return int(b.n) - 1 - i
	}
	return i
}

// put writes the element's data to at.
func (b *block) put(at uint32, e elem) {
	if e.tag != tagLong {
		copy(b.mem[at:], e.data)
		return
	}
	n := uint32(len(e.data))
	copy(b.mem[at+lengthSize:], e.data)
	binary.LittleEndian.PutUint16(b.mem[at:], uint16(n))
	binary.LittleEndian.PutUint16(b.mem[at+lengthSize+n:], uint16(n))
}

// pushTop adds an element on top; false when there is no room.
func (b *block) pushTop(e elem) bool {
	size := e.size()
	if b.whole || b.gap() <= size {
		return false
	}
	b.own()
	b.lo -= uint32(size)
	b.put(b.lo, e) // before the tag, which may be written over the place that e borrows
	b.mem[b.first+b.n] = e.tag
	b.n++
	return true
}

// pushBottom adds an element at the bottom where popping left room.
func (b *block) pushBottom(e elem) bool {
	size := e.size()
	if b.whole || b.first == 0 || int(b.hi)+size > len(b.mem) {
		return false
	}
	b.own()
	b.put(b.hi, e)
	b.hi += uint32(size)
	b.first--
	b.mem[b.first] = e.tag
	b.n++
	return true
}

// push adds an element at the end nearer to the list's head or tail.
func (b *block) push(head bool, e elem) bool {
	if head == b.front {
		return b.pushTop(e)
	}
	return b.pushBottom(e)
}

// drop takes k elements, fewer than there are, from an end.
func (b *block) drop(head bool, k int) {
	if head == b.front {
		b.lo = b.edge(int(b.n) - k)
	} else {
		b.hi = b.edge(k)
		b.first += uint16(k)
	}
	b.n -= uint16(k)
}

// settle moves all slack into the gap.
func (b *block) settle() {
	up := uint32(len(b.mem)) - b.hi
	copy(b.mem[b.lo+up:], b.mem[b.lo:b.hi])
	b.lo, b.hi = b.lo+up, b.hi+up
	copy(b.mem, b.tags())
	b.first = 0
}

// makeGap makes the gap at least n bytes long; false when that is more than is free.
func (b *block) makeGap(n int) bool {
	if b.whole || len(b.mem)-b.used() < n {
		return false
	}
	b.own()
	if b.gap() < n {
		b.settle()
	}
	return true
}

// insert puts an element at position p from the bottom; false when there is no room.
func (b *block) insert(p int, e elem) bool {
	size := e.size()
	if !b.makeGap(size + 1) {
		return false
	}
	at := b.edge(p)
	lo := b.lo - uint32(size)
	copy(b.mem[lo:], b.mem[b.lo:at])
	b.lo = lo
	b.put(at-uint32(size), e)
	t, end := int(b.first)+p, int(b.first)+int(b.n)
	copy(b.mem[t+1:end+1], b.mem[t:end])
	b.mem[t] = e.tag
	b.n++
	return true
}

// replace gives the element at position p another text; false when there is no room.
func (b *block) replace(p int, e elem) bool {
	if b.whole {
		return false
	}
	end := b.edge(p)
	old := b.sizeBelow(b.tags()[p], end)
	size := uint32(e.size())
	if more := int(size) - int(old); more != 0 {
		if !b.makeGap(more) {
			return false
		}
		end = b.edge(p) // it may have moved
		lo := b.lo + old - size
		copy(b.mem[lo:], b.mem[b.lo:end-old])
		b.lo = lo
	}
	b.own()
	b.put(end-size, e)
	b.tags()[p] = e.tag
	return true
}

// remove takes out the element at position p.
func (b *block) remove(p int) {
	b.own()
	end := b.edge(p)
	size := b.sizeBelow(b.tags()[p], end)
	copy(b.mem[b.lo+size:end], b.mem[b.lo:end-size])
	b.lo += size
	tags := b.tags()
	copy(tags[p:], tags[p+1:])
	b.n--
}

// pushRun adds the elements of src from position p to before q on top; there must be
// room, and b must own its memory.
func (b *block) pushRun(src *block, p, q int) {
	if p == q {
		return
	}
	from, to := src.edge(q), src.edge(p)
	b.lo -= to - from
	copy(b.mem[b.lo:], src.mem[from:to])
	copy(b.mem[b.first+b.n:], src.tags()[p:q])
	b.n += uint16(q - p)
}

// matches counts the elements equal to e, at most limit of them, in the direction
// from the list's head or, backwards, from its tail. last is the number in the
// list's direction of the last one counted.
func (b *block) matches(e elem, limit int, backwards bool) (count, last int) {
	i, step := 0, 1
	if backwards {
		i, step = int(b.n)-1, -1
	}
	var c Cursor
	c.begin(*b, i, backwards)
	for ; count < limit && c.Next(); i += step {
		if c.e.equal(e) {
			count++
			last = i
		}
	}
	return count, last
}

// pushKept adds to b, which must have room, the elements of src but for those equal to
// e that matches has counted.
func (b *block) pushKept(src *block, e elem, last int, backwards bool) {
	var c Cursor
	c.begin(*src, 0, false)
	for i := 0; c.Next(); i++ {
		if (i <= last) != backwards || i == last {
			if c.e.equal(e) {
				continue
			}
		}
		b.pushTop(c.e)
	}
}

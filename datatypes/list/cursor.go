package list

// A Cursor passes the elements of a list in one direction. It is valid until the
// list is changed; the zero Cursor has no elements.
//
//	c := l.Iter(0, false)
//	for c.Next() {
//		use(c.Bytes(scratch))
//	}
type Cursor struct {
	l    *blocks // nil where blk is all there is
	pos  pos     // of blk
	blk  block
	left int    // elements of blk not passed yet
	at   int    // where the next tag stands
	edge uint32 // where the next element's data ends, going up, or starts
	up   bool   // whether blk is passed from bottom to top
	back bool
	e    elem
}

// begin makes the cursor pass the elements of one block from number i on.
func (c *Cursor) begin(b block, i int, backwards bool) {
	c.blk, c.back = b, backwards
	c.up = b.front == backwards
	c.left = int(b.n) - i
	if backwards {
		c.left = i + 1
	}
	if c.left <= 0 || b.whole {
		return
	}
	p := b.position(i)
	c.at = int(b.first) + p
	if c.up {
		c.edge = b.edge(p)
	} else {
		c.edge = b.edge(p + 1)
	}
}

// Next goes to the next element; false when there is none.
func (c *Cursor) Next() bool {
	if c.left <= 0 && !c.nextBlock() {
		return false
	}
	c.left--
	mem := c.blk.mem
	if c.blk.whole {
		c.e = elem{tagWhole, mem}
		return true
	}
	tag := mem[c.at]
	if tag == tagLong {
		c.long()
		return true
	}
	w := width(tag)
	c.e.tag = tag
	if c.up {
		c.at++
		c.edge -= w
		c.e.data = mem[c.edge : c.edge+w]
		return true
	}
	c.at--
	c.e.data = mem[c.edge : c.edge+w]
	c.edge += w
	return true
}

// long is Next for an element with the tag of a long string.
func (c *Cursor) long() {
	start := c.edge
	if c.up {
		size := c.blk.sizeBelow(tagLong, c.edge)
		c.at++
		c.edge -= size
		start = c.edge
		c.e = elem{tagLong, c.blk.mem[start+lengthSize : start+size-lengthSize]}
		return
	}
	size := c.blk.sizeFrom(tagLong, c.edge)
	c.at--
	c.edge += size
	c.e = elem{tagLong, c.blk.mem[start+lengthSize : c.edge-lengthSize]}
}

func (c *Cursor) nextBlock() bool {
	if c.l == nil {
		return false
	}
	p, ok := c.l.next(c.pos, c.back)
	if !ok {
		return false
	}
	c.pos = p
	b := c.l.at(p)
	if c.back {
		c.begin(*b, int(b.n)-1, true)
	} else {
		c.begin(*b, 0, false)
	}
	return true
}

// Bytes returns the element. It borrows the list; an integer is written to scratch,
// which needs room for 20 bytes not to be grown.
func (c *Cursor) Bytes(scratch []byte) []byte { return c.e.bytes(scratch) }

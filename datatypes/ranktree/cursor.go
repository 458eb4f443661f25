package ranktree

// A Cursor is a place between two records. It is good until the tree changes. The zero
// Cursor is ready to be placed.
type Cursor struct {
	p path
	l *leaf
	i int // in the leaf
}

// Place puts the cursor before the record of the rank, which is not above Len.
func (c *Cursor) Place(t *Tree, rank int) {
	c.l = nil
	switch {
	case t.root == nil:
	case rank < t.count:
		c.i = t.seek(&c.p, rank)
		c.l = c.p.leaf()
	default:
		t.seek(&c.p, rank-1)
		c.l = c.p.leaf()
		c.i = len(c.l.items)
	}
}

// PlaceAt puts the cursor before all records of the score.
func (c *Cursor) PlaceAt(t *Tree, o Owner, score float64) {
	c.l = nil
	if t.root == nil {
		return
	}
	k := keyOf(score)
	t.descend(o, &c.p, k, 0, before)
	c.l = c.p.leaf()
	c.i = c.l.search(o, k, 0, before)
}

// Next goes over the records behind the cursor: it writes references of as many as there are and fit
// and returns how many.
func (c *Cursor) Next(refs []uint32) (n int) {
	for n < len(refs) && c.more() {
		for ; n < len(refs) && c.i < len(c.l.items); c.i++ {
			refs[n] = refOf(c.l.items[c.i])
			n++
		}
	}
	return n
}

// more moves to the next leaf at the end of one and reports whether there are records behind
// the cursor.
func (c *Cursor) more() bool {
	if c.l == nil || c.i < len(c.l.items) {
		return c.l != nil
	}
	p := &c.p
	for n := p.n - 1; n >= 0; n-- {
		if s := &p.steps[n]; s.i+1 < len(s.b.keys) {
			s.i++
			for ; n+1 < p.n; n++ {
				p.steps[n+1] = step{p.steps[n].b.kids[p.steps[n].i], 0}
			}
			c.l, c.i = p.leaf(), 0
			return true
		}
	}
	return false
}

// Previous goes over the records before the cursor, backwards: it writes references of as many as
// there are and fit and returns how many.
func (c *Cursor) Previous(refs []uint32) (n int) {
	for n < len(refs) && c.less() {
		for ; n < len(refs) && c.i > 0; n++ {
			c.i--
			refs[n] = refOf(c.l.items[c.i])
		}
	}
	return n
}

// less moves to the leaf before at the beginning of one and reports whether there are records
// before the cursor.
func (c *Cursor) less() bool {
	if c.l == nil || c.i > 0 {
		return c.l != nil
	}
	p := &c.p
	for n := p.n - 1; n >= 0; n-- {
		if s := &p.steps[n]; s.i > 0 {
			s.i--
			for ; n+1 < p.n; n++ {
				b := p.steps[n].b.kids[p.steps[n].i]
				p.steps[n+1] = step{b, len(b.keys) - 1}
			}
			c.l = p.leaf()
			c.i = len(c.l.items)
			return true
		}
	}
	return false
}

// NextBelow is Next for the records whose score is below end, with their scores.
func (c *Cursor) NextBelow(o Owner, end float64, refs []uint32, scores []float64) (n int) {
	k := keyOf(end)
	for n < len(refs) && c.more() {
		l := c.l
		for ; n < len(refs) && c.i < len(l.items); c.i++ {
			key := l.key(o, c.i)
			if key >= k {
				return n
			}
			ref := refOf(l.items[c.i])
			score := scoreOf(key)
			if score == 0 { // or -0
				score = o.Score(ref)
			}
			refs[n], scores[n] = ref, score
			n++
		}
	}
	return n
}

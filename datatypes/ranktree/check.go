package ranktree

import "errors"

var errCorrupt = errors.New("ranktree: the order is inconsistent")

// Check reports the first broken invariant.
func (t *Tree) Check(o Owner) error {
	if t.root == nil {
		if *t != (Tree{}) {
			return errCorrupt
		}
		return nil
	}
	c := checker{t: t, o: o}
	n := c.branch(t.root, 1)
	if !c.bad && n == t.count && c.room == t.room && c.leaves == t.leaves {
		return nil
	}
	return errCorrupt
}

// A checker walks over the whole tree.
type checker struct {
	t            *Tree
	o            Owner
	bad          bool
	last         uint32 // the record before, 0 for none
	room, leaves int
}

func (c *checker) want(ok bool) { c.bad = c.bad || !ok }

// branch returns how many records stand beneath b.
func (c *checker) branch(b *branch, level int) (sum int) {
	n := len(b.keys)
	c.want(n > 0 && n <= fanMax && len(b.refs) == n && len(b.sizes) == n && len(b.kids)+len(b.leafs) == n)
	c.want((level == c.t.height) == (b.kids == nil) && (level > 1 || n > 1 || b.kids == nil))
	for i := 0; i < n && !c.bad; i++ {
		if b.kids != nil {
			kid := b.kids[i]
			c.want(kid.keys[0] == b.keys[i] && kid.refs[0] == b.refs[i])
			c.want(c.branch(kid, level+1) == int(b.sizes[i]))
		} else {
			c.leaf(&b.leafs[i], b.keys[i], b.refs[i])
			c.want(len(b.leafs[i].items) == int(b.sizes[i]))
		}
		sum += int(b.sizes[i])
	}
	return sum
}

func (c *checker) leaf(l *leaf, first uint64, ref uint32) {
	c.leaves++
	c.room += cap(l.items)
	c.want(len(l.items) > 0 && len(l.items) <= leafMax && !l.rest(l.base))
	for i, item := range l.items {
		k := keyOf(c.o.Score(refOf(item)))
		code, ok := l.codeOf(k)
		c.want(ok && code == item>>32 && (!l.exact || !l.rest(k)) && l.key(c.o, i) == k)
		if i == 0 {
			c.want(k == first && refOf(item) == ref)
		}
		if c.last != 0 {
			last := keyOf(c.o.Score(c.last))
			c.want(last < k || last == k && c.o.Compare(c.last, refOf(item)) < 0)
		}
		c.last = refOf(item)
	}
}

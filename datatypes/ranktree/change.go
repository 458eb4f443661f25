package ranktree

import "slices"

// Insert adds a record that is not in the tree.
func (t *Tree) Insert(o Owner, score float64, ref uint32) {
	k := keyOf(score)
	if t.root == nil {
		l := leaf{}
		l.measure(k, k)
		t.root = &branch{keys: []uint64{k}, refs: []uint32{ref}, sizes: []uint32{0}, leafs: []leaf{l}}
		t.height, t.leaves = 1, 1
	}
	var p path
	t.descend(o, &p, k, ref, at)
	l := p.leaf()
	i := l.search(o, k, ref, at)
	if len(l.items) == leafMax {
		t.split(o, &p, i == leafMax && p.last())
		t.Insert(o, score, ref)
		return
	}
	l.admit(o, k)
	t.room -= cap(l.items)
	l.insert(i, k, ref)
	t.room += cap(l.items)
	t.count++
	for _, s := range p.steps[:p.n] {
		s.b.sizes[s.i]++
	}
	if i == 0 {
		p.setFirst(k, ref)
	}
}

// Remove takes out the record ref, which is in the tree with this score.
func (t *Tree) Remove(o Owner, score float64, ref uint32) {
	var p path
	k := keyOf(score)
	t.descend(o, &p, k, ref, at)
	t.removeAt(o, &p, p.leaf().find(k, ref))
}

// RemoveAt takes out the record of the rank, which is below Len, and returns it.
func (t *Tree) RemoveAt(o Owner, rank int) uint32 {
	var p path
	i := t.seek(&p, rank)
	ref := refOf(p.leaf().items[i])
	t.removeAt(o, &p, i)
	return ref
}

func (t *Tree) removeAt(o Owner, p *path, i int) {
	l := p.leaf()
	t.room -= cap(l.items)
	l.remove(i)
	t.room += cap(l.items)
	t.count--
	for _, s := range p.steps[:p.n] {
		s.b.sizes[s.i]--
	}
	if i == 0 && len(l.items) > 0 {
		p.setFirst(l.key(o, 0), refOf(l.items[0]))
	}
	if len(l.items) < leafMin {
		t.even(o, p)
	}
}

// Move gives the record ref, which is in the tree with the score from, the score to, there and
// by the owner.
func (t *Tree) Move(o Owner, ref uint32, from, to float64) {
	var p path
	k := keyOf(from)
	t.descend(o, &p, k, ref, at)
	l := p.leaf()
	i := l.find(k, ref)
	if l.move(o, i, keyOf(to), p.last()) {
		o.SetScore(ref, to)
		return
	}
	t.removeAt(o, &p, i)
	o.SetScore(ref, to)
	t.Insert(o, to, ref)
}

// Replace puts the record ref in the place of the record old, which is in the tree with this
// score and equal to it.
func (t *Tree) Replace(o Owner, score float64, old, ref uint32) {
	var p path
	k := keyOf(score)
	t.descend(o, &p, k, old, at)
	l := p.leaf()
	i := l.find(k, old)
	l.items[i] = l.items[i]>>32<<32 | uint64(ref)
	if i == 0 {
		p.setFirst(k, ref)
	}
}

// setFirst notes another first record of the path's leaf.
func (p *path) setFirst(k uint64, ref uint32) {
	for n := p.n - 1; n >= 0; n-- {
		s := p.steps[n]
		s.b.keys[s.i], s.b.refs[s.i] = k, ref
		if s.i > 0 {
			return
		}
	}
}

// last reports whether the path leads to the last leaf.
func (p *path) last() bool {
	for _, s := range p.steps[:p.n] {
		if s.i < len(s.b.keys)-1 {
			return false
		}
	}
	return true
}

// split cuts the full leaf at the path's end in two: in halves, or, with end, where records
// come in order, such that the new one holds a single record.
func (t *Tree) split(o Owner, p *path, end bool) {
	var x batch
	l := p.leaf()
	x.take(o, l)
	half := leafMax / 2
	if end {
		half = leafMax - 1
	}
	right := leaf{items: resized(nil, leafMax-half+leafMin/2)}
	right.fill(&x, half, x.n)
	t.room -= cap(l.items)
	l.fill(&x, 0, half)
	if !end {
		l.items = resized(l.items, half+leafMin/2)
	}
	t.room += cap(l.items) + cap(right.items)
	t.leaves++
	t.add(p, p.n-1, child{x.keys[half], x.refs[half], uint32(x.n - half), nil, right}, end)
}

// A child is what a branch knows of one.
type child struct {
	key  uint64
	ref  uint32
	size uint32
	kid  *branch
	leaf leaf
}

// add puts a child behind that of the path on a level, from which its records have been
// taken.
func (t *Tree) add(p *path, level int, c child, end bool) {
	s := p.steps[level]
	s.b.sizes[s.i] -= c.size
	i := s.i + 1
	if len(s.b.keys) < fanMax {
		s.b.insert(i, c)
		return
	}
	half := fanMax / 2
	if end {
		half = fanMax - 1
	}
	right := s.b.cut(half)
	b := s.b
	if i > half {
		b, i = right, i-half
	}
	// The sizes of both halves must be right before they are added up.
	b.insert(i, c)
	if level == 0 {
		left := s.b
		t.root = &branch{keys: []uint64{left.keys[0]}, refs: []uint32{left.refs[0]},
			sizes: []uint32{left.size() + right.size()}, kids: []*branch{left}}
		t.height++
		p.steps[0] = step{t.root, 0}
		level = 1
	}
	t.add(p, level-1, child{right.keys[0], right.refs[0], right.size(), right, leaf{}}, end)
}

func (b *branch) size() (n uint32) {
	for _, size := range b.sizes {
		n += size
	}
	return n
}

func (b *branch) insert(i int, c child) {
	b.keys = slices.Insert(b.keys, i, c.key)
	b.refs = slices.Insert(b.refs, i, c.ref)
	b.sizes = slices.Insert(b.sizes, i, c.size)
	if c.kid != nil {
		b.kids = slices.Insert(b.kids, i, c.kid)
	} else {
		b.leafs = slices.Insert(b.leafs, i, c.leaf)
	}
}

func (b *branch) delete(i int) {
	b.keys = slices.Delete(b.keys, i, i+1)
	b.refs = slices.Delete(b.refs, i, i+1)
	b.sizes = slices.Delete(b.sizes, i, i+1)
	if b.kids != nil {
		b.kids = slices.Delete(b.kids, i, i+1)
	} else {
		b.leafs = slices.Delete(b.leafs, i, i+1)
	}
}

// cut takes the children from i on away and returns a branch of them.
func (b *branch) cut(i int) *branch {
	r := &branch{}
	r.append(b, i, len(b.keys))
	b.keys, b.refs, b.sizes = b.keys[:i], b.refs[:i], b.sizes[:i]
	if b.kids != nil {
		clear(b.kids[i:])
		b.kids = b.kids[:i]
	} else {
		clear(b.leafs[i:])
		b.leafs = b.leafs[:i]
	}
	return r
}

// append adds the children [from, to) of x, which keeps them.
func (b *branch) append(x *branch, from, to int) {
	b.keys = append(b.keys, x.keys[from:to]...)
	b.refs = append(b.refs, x.refs[from:to]...)
	b.sizes = append(b.sizes, x.sizes[from:to]...)
	if x.kids != nil {
		b.kids = append(b.kids, x.kids[from:to]...)
	} else {
		b.leafs = append(b.leafs, x.leafs[from:to]...)
	}
}

// even merges the leaf at the path's end, which has few records, with one beside it, or
// shares out their records evenly.
func (t *Tree) even(o Owner, p *path) {
	s := p.steps[p.n-1]
	b := s.b
	if len(b.keys) == 1 {
		if len(b.leafs[0].items) == 0 {
			t.leaves--
			t.room -= cap(b.leafs[0].items)
			t.drop(p, p.n-1)
		}
		return
	}
	i := max(s.i-1, 0)
	l, r := &b.leafs[i], &b.leafs[i+1]
	var x batch
	x.take(o, l)
	x.take(o, r)
	t.room -= cap(l.items) + cap(r.items)
	half := x.n
	if x.n > leafMax*3/4 {
		half = x.n / 2
	}
	l.items = resized(nil, half+leafMin/2)
	l.fill(&x, 0, half)
	t.room += cap(l.items)
	b.keys[i], b.refs[i], b.sizes[i] = x.keys[0], x.refs[0], uint32(half)
	p.steps[p.n-1].i = i
	p.setFirst(x.keys[0], x.refs[0])
	if half < x.n {
		r.items = resized(nil, x.n-half+leafMin/2)
		r.fill(&x, half, x.n)
		t.room += cap(r.items)
		b.keys[i+1], b.refs[i+1], b.sizes[i+1] = x.keys[half], x.refs[half], uint32(x.n-half)
		return
	}
	t.leaves--
	p.steps[p.n-1].i = i + 1
	t.drop(p, p.n-1)
}

// drop takes the path's child on a level away, whose records are elsewhere or no more, and
// sees to branches that have few children left.
func (t *Tree) drop(p *path, level int) {
	s := p.steps[level]
	s.b.delete(s.i)
	if level == 0 {
		switch {
		case len(s.b.keys) == 0:
			*t = Tree{}
		case len(s.b.keys) == 1 && s.b.kids != nil:
			t.root = s.b.kids[0]
			t.height--
		}
		return
	}
	if len(s.b.keys) == 0 {
		t.drop(p, level-1)
		return
	}
	if s.i == 0 {
		q := path{steps: p.steps, n: level}
		q.setFirst(s.b.keys[0], s.b.refs[0])
	}
	if len(s.b.keys) >= fanMin {
		return
	}
	up := p.steps[level-1]
	if len(up.b.keys) == 1 {
		return
	}
	i := max(up.i-1, 0)
	l, r := up.b.kids[i], up.b.kids[i+1]
	if len(l.keys)+len(r.keys) <= fanMax*3/4 {
		l.append(r, 0, len(r.keys))
		up.b.sizes[i] += up.b.sizes[i+1]
		p.steps[level-1].i = i + 1
		t.drop(p, level-1)
		return
	}
	all := &branch{}
	all.append(l, 0, len(l.keys))
	all.append(r, 0, len(r.keys))
	r = all.cut(len(all.keys) / 2)
	up.b.kids[i], up.b.kids[i+1] = all, r
	up.b.sizes[i], up.b.sizes[i+1] = all.size(), r.size()
	up.b.keys[i+1], up.b.refs[i+1] = r.keys[0], r.refs[0]
}

package list

import (
	"slices"
	"unsafe"

	"github.com/medleydb/medley/datatypes"
)

// blocks is the object of a large list: a directory of blocks in two levels, groups of
// at most maxGroup blocks that know how many elements they have.
//
// Pushing and popping touch one block and its group's count. Finding an element by
// its index adds up the counts of groups from the nearer end, then those of one
// group's blocks, then the tags of one block: for a million short elements that is
// about 40 groups, 128 blocks and 100 tags, each in one run of memory. What the two
// levels cost beyond a tree of any height, about ten microseconds in a list of a
// billion elements, they give back in being short to read and in ends that need no
// rebalancing.
//
// Blocks hold 4 KiB, a whole number of the Go heap's pages and size classes, and up to
// 32 KiB in lists of two megabytes, where that spares most of what heap and directory keep about
// each. Elements above blockElem bytes get blocks of 16 KiB in all lists, so that what is left
// over at a block's end stays a small part of it, and those above maxInBlock bytes a block each.
// The first blocks of a list are small, a quarter of what it holds already, so that
// a list just above the inline limit does not pay for room that it may never use.
// One block that became empty is kept for the next one that is needed: a queue that is
// pushed to at one end and popped from at the other takes no memory in the long run.
type blocks struct {
	groups []group
	length int
	memory int    // bytes held, see Size
	spare  []byte // memory of an emptied block, or nil
}

type group struct {
	blocks []block
	length int // elements
}

// A pos is the place of a block: of its group among the groups, and its own in the group.
type pos struct{ g, b int }

const (
	maxGroup   = 128
	minSize    = 512      // bytes of the smallest block
	stdSize    = 4 << 10  // of a block of short elements
	stdPart    = 64       // or as large a part of a list, up to maxBlock
	longSize   = 16 << 10 // of a block of longer ones, at least
	blockElem  = 256      // longest element in bytes for which blocks of stdSize do
	maxInBlock = 2 << 10  // bytes of the longest element that shares a block

	blockSize = int(unsafe.Sizeof(block{}))
	groupSize = int(unsafe.Sizeof(group{}))
)

func newBlocks() *blocks { return &blocks{memory: int(unsafe.Sizeof(blocks{}))} }

// Size implements datatypes.Object.
func (l *blocks) Size() int { return l.memory }

// Clone implements datatypes.Object. The copy shares the blocks' memory until one of
// the two lists writes to a block; so it costs a copy of the directory only.
func (l *blocks) Clone() datatypes.Object {
	c := newBlocks()
	c.length = l.length
	c.groups = make([]group, len(l.groups))
	c.memory += cap(c.groups) * groupSize
	for i := range l.groups {
		from := l.groups[i].blocks
		for j := range from {
			from[j].shared = true
			c.memory += cap(from[j].mem)
		}
		to := make([]block, len(from))
		copy(to, from)
		c.memory += cap(to) * blockSize
		c.groups[i] = group{to, l.groups[i].length}
	}
	return c
}

func (l *blocks) at(p pos) *block { return &l.groups[p.g].blocks[p.b] }

// end returns the block at the list's head or tail; ok is false in an empty list.
func (l *blocks) end(head bool) (p pos, ok bool) {
	if len(l.groups) == 0 {
		return pos{}, false
	}
	if head {
		return pos{}, true
	}
	g := len(l.groups) - 1
	return pos{g, len(l.groups[g].blocks) - 1}, true
}

// behind returns the place behind the last block.
func (l *blocks) behind() pos {
	p, ok := l.end(false)
	if ok {
		p.b++
	}
	return p
}

// next returns the block behind p or, backwards, the one before it.
func (l *blocks) next(p pos, backwards bool) (pos, bool) {
	if backwards {
		if p.b > 0 {
			return pos{p.g, p.b - 1}, true
		}
		if p.g == 0 {
			return p, false
		}
		return pos{p.g - 1, len(l.groups[p.g-1].blocks) - 1}, true
	}
	if p.b+1 < len(l.groups[p.g].blocks) {
		return pos{p.g, p.b + 1}, true
	}
	return pos{p.g + 1, 0}, p.g+1 < len(l.groups)
}

// locate returns the block of the element with the index, which must exist, and its
// number in it.
func (l *blocks) locate(i int) (p pos, off int) {
	if 2*i < l.length {
		for i >= l.groups[p.g].length {
			i -= l.groups[p.g].length
			p.g++
		}
	} else {
		p.g = len(l.groups) - 1
		i -= l.length - l.groups[p.g].length
		for i < 0 {
			p.g--
			i += l.groups[p.g].length
		}
	}
	g := &l.groups[p.g]
	if 2*i < g.length {
		for i >= int(g.blocks[p.b].n) {
			i -= int(g.blocks[p.b].n)
			p.b++
		}
		return p, i
	}
	p.b = len(g.blocks) - 1
	i -= g.length - int(g.blocks[p.b].n)
	for i < 0 {
		p.b--
		i += int(g.blocks[p.b].n)
	}
	return p, i
}

// count adds d elements to the counts above the block.
func (l *blocks) count(p pos, d int) {
	l.groups[p.g].length += d
	l.length += d
}

// insertBlock puts a block at p, before the one that stands there, and returns its
// place. Its elements are counted.
func (l *blocks) insertBlock(p pos, b block) pos {
	if len(l.groups) == 0 {
		l.insertGroup(0, nil)
	}
	if len(l.groups[p.g].blocks) == maxGroup {
		p = l.splitGroup(p)
	}
	g := &l.groups[p.g]
	was := cap(g.blocks)
	g.blocks = slices.Insert(g.blocks, p.b, b)
	l.memory += (cap(g.blocks) - was) * blockSize
	l.count(p, int(b.n))
	return p
}

// splitGroup makes room for a block at p in a full group. At the list's ends it begins
// a new group, so that a list that only grows there has full ones.
func (l *blocks) splitGroup(p pos) pos {
	switch {
	case p.b == maxGroup && p.g == len(l.groups)-1:
		l.insertGroup(p.g+1, nil)
		return pos{p.g + 1, 0}
	case p == pos{}:
		l.insertGroup(0, nil)
		return p
	}
	const half = maxGroup / 2
	old := l.groups[p.g].blocks
	n := 0
	for _, b := range old[half:] {
		n += int(b.n)
	}
	l.insertGroup(p.g+1, old[half:])
	clear(old[half:])
	l.groups[p.g].blocks = old[:half]
	l.groups[p.g].length -= n
	l.groups[p.g+1].length = n
	if p.b > half {
		return pos{p.g + 1, p.b - half}
	}
	return p
}

func (l *blocks) insertGroup(i int, list []block) {
	was := cap(l.groups)
	l.groups = slices.Insert(l.groups, i, group{blocks: slices.Clone(list)})
	l.memory += (cap(l.groups)-was)*groupSize + cap(l.groups[i].blocks)*blockSize
}

// removeBlock takes out the block at p and returns the one that follows it in the
// direction.
func (l *blocks) removeBlock(p pos, backwards bool) (next pos, ok bool) {
	before, okBefore := l.next(p, true)
	g := &l.groups[p.g]
	b := g.blocks[p.b]
	l.count(p, -int(b.n))
	l.recycle(b)
	g.blocks = slices.Delete(g.blocks, p.b, p.b+1)
	if len(g.blocks) == 0 {
		l.removeGroups(p.g, p.g+1)
	} else if p.b == len(g.blocks) {
		p = pos{p.g + 1, 0}
	}
	if backwards {
		return before, okBefore
	}
	return p, p.g < len(l.groups)
}

// removeGroups takes out groups with all that is in them, but for their counts in
// the length of the list.
func (l *blocks) removeGroups(from, to int) {
	for i := from; i < to; i++ {
		l.memory -= cap(l.groups[i].blocks) * blockSize
	}
	l.groups = slices.Delete(l.groups, from, to)
}

// recycle keeps the memory of a block that is not needed any more, or lets it go.
func (l *blocks) recycle(b block) {
	if b.whole || b.shared {
		l.memory -= cap(b.mem)
		return
	}
	l.memory -= cap(l.spare)
	l.spare = b.mem
}

// take returns memory for a block of n bytes.
func (l *blocks) take(n int) []byte {
	if len(l.spare) >= n && len(l.spare) <= 2*n {
		mem := l.spare
		l.spare = nil
		return mem
	}
	l.memory += n
	return make([]byte, n)
}

// newBlock returns an empty block of at least n bytes.
func (l *blocks) newBlock(n int, front bool) block {
	size := minSize
	for size < n {
		size *= 2
	}
	mem := l.take(size)
	end := uint32(len(mem))
	return block{mem: mem, lo: end, hi: end, front: front}
}

// blockFor returns a block, with the mark front or not, that holds the element alone.
func (l *blocks) blockFor(e elem, front bool) block {
	if len(e.data) > maxInBlock {
		mem := append([]byte(nil), e.data...)
		l.memory += cap(mem)
		return block{mem: mem, hi: uint32(len(mem)), n: 1, whole: true}
	}
	limit := min(max(stdSize, l.memory/stdPart), maxBlock)
	if len(e.data) > blockElem {
		limit = max(limit, longSize)
	}
	want := min(max(l.memory/4, 4*(e.size()+1)), limit)
	size := minSize
	for 2*size <= want || size <= e.size() {
		size *= 2
	}
	b := l.newBlock(size, front)
	b.pushTop(e)
	return b
}

// push adds an element at the list's head or tail.
func (l *blocks) push(head bool, e elem) {
	p, ok := l.end(head)
	if ok && len(e.data) <= maxInBlock && l.at(p).push(head, e) {
		l.count(p, 1)
		return
	}
	if !head {
		p = l.behind()
	}
	l.insertBlock(p, l.blockFor(e, head))
}

// drop takes k elements, at most all, from the list's head or tail.
func (l *blocks) drop(head bool, k int) {
	for k > 0 {
		p, _ := l.end(head)
		if g := l.groups[p.g].length; k >= g {
			for _, b := range l.groups[p.g].blocks {
				l.recycle(b)
			}
			l.removeGroups(p.g, p.g+1)
			l.length -= g
			k -= g
			continue
		}
		b := l.at(p)
		if n := int(b.n); k >= n {
			l.removeBlock(p, !head)
			k -= n
			continue
		}
		b.drop(head, k)
		l.count(p, -k)
		return
	}
}

// insert puts an element before the one with index i; i may be the length.
func (l *blocks) insert(i int, e elem) {
	if i == 0 || i == l.length {
		l.push(i == 0, e)
		return
	}
	p, off := l.locate(i)
	fits := len(e.data) <= maxInBlock
	if off == 0 && fits {
		if before, ok := l.next(p, true); ok && l.at(before).push(false, e) {
			l.count(before, 1)
			return
		}
	}
	b := l.at(p)
	at := b.position(off)
	if b.front {
		at++
	}
	if fits && b.insert(at, e) {
		l.count(p, 1)
		return
	}
	if n := int(b.n); fits && n > 1 {
		l.split(p, n/2)
		l.insert(i, e)
		return
	}
	if off > 0 {
		p = l.split(p, off)
	}
	l.insertBlock(p, l.blockFor(e, false))
}

// split cuts a block in two before its element number off, which is not its first, and
// returns the place of the second part.
func (l *blocks) split(p pos, off int) pos {
	b := l.at(p)
	rest := l.newBlock(len(b.mem), false)
	var c Cursor
	c.begin(*b, off, false)
	for c.Next() {
		rest.pushTop(c.e)
	}
	k := int(rest.n)
	b.drop(false, k)
	l.count(p, -k)
	p.b++
	return l.insertBlock(p, rest)
}

// set gives the element with index i another text.
func (l *blocks) set(i int, e elem) {
	p, off := l.locate(i)
	b := l.at(p)
	if len(e.data) <= maxInBlock && b.replace(b.position(off), e) {
		return
	}
	l.insert(i, e)
	l.remove(i + 1)
}

// remove takes out the element with index i.
func (l *blocks) remove(i int) {
	p, off := l.locate(i)
	b := l.at(p)
	if b.n == 1 {
		l.removeBlock(p, false)
		return
	}
	b.remove(b.position(off))
	l.count(p, -1)
}

// removeEqual takes out up to limit elements equal to e, from the head or, backwards,
// from the tail on, and returns how many there were.
func (l *blocks) removeEqual(e elem, limit int, backwards bool) int {
	removed := 0
	p, ok := l.end(!backwards)
	for ok && removed < limit {
		b := l.at(p)
		k, last := b.matches(e, limit-removed, backwards)
		removed += k
		switch {
		case k == 0:
			p, ok = l.next(p, backwards)
		case k == int(b.n):
			p, ok = l.removeBlock(p, backwards)
		default:
			old := *b
			*b = l.newBlock(len(old.mem), false)
			b.pushKept(&old, e, last, backwards)
			l.recycle(old)
			l.count(p, -k)
			p, ok = l.join(p, backwards)
		}
	}
	return removed
}

// join joins a block that has lost elements with the neighbour that was passed before
// it, if both fit in one, and returns the block that follows in the direction.
func (l *blocks) join(p pos, backwards bool) (next pos, ok bool) {
	other, ok := l.next(p, !backwards)
	if !ok {
		return l.next(p, backwards)
	}
	first, second := other, p
	if backwards {
		first, second = p, other
	}
	a, b := l.at(first), l.at(second)
	n := a.used() + b.used()
	if a.whole || b.whole || n > max(len(a.mem), len(b.mem))*3/4 {
		return l.next(p, backwards)
	}
	joined := l.newBlock(n, false)
	for _, part := range [2]*block{a, b} {
		var c Cursor
		c.begin(*part, 0, false)
		for c.Next() {
			joined.pushTop(c.e)
		}
	}
	l.count(first, int(b.n))
	l.recycle(*a)
	*a = joined
	next, ok = l.removeBlock(second, false)
	if backwards {
		return l.next(p, true)
	}
	return next, ok
}

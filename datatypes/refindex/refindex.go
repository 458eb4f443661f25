// Package refindex finds records of an arena by the hash of their key: the fields of
// a large hash, the members of a large set or sorted set.
//
// # Layout
//
// A slot is a 4-byte reference and a 1-byte tag, some bits of the hash; 0 is the tag
// of an empty slot and 1 that of one whose entry was removed. Up to smallMax entries
// are a mere list, searched eight tags at a time. Beyond that it is an extendible
// hash table: a directory maps the top bits of a hash to a segment, a segment has one to
// three pages of 256 slots. Slots form groups of eight; an entry stands in the first
// group with room from its home group on, round the segment, and a search ends at
// the first group with an empty slot. Home groups follow the order of hashes.
//
// A full segment grows by a page or splits in two, which asks the owner for the hash
// of some hundred records: tens of microseconds, however large the index. Nothing
// else grows but the directory, 8 bytes for several hundred entries. Pages are
// recycled, so growth leaves no garbage. The load is 60 to 90%: 6.6 bytes an entry on
// average.
//
// Keeping more of the hash in the slot would save asking for it, at one byte an
// entry for each eight bits; a table of the whole hash beside the reference, as the
// keyspace has, costs three bytes an entry more and saves a cache miss on growth only.
//
// # Scanning
//
// A cursor is a hash, cut to its top 32 bits: all entries of smaller hash have been
// passed. It stays good while segments grow, split and merge. The small list is passed
// at once, whatever the cursor, so becoming small or large skips nothing either.
package refindex

import (
	"encoding/binary"
	"math/bits"
)

// An Owner knows the records that references name.
type Owner interface {
	// Hash returns the hash of the record's key, as it was given to Insert.
	Hash(ref uint32) uint64
}

const (
	smallMax  = 128
	smallBack = 48 // a lone segment with no more becomes a list again

	pageSlots  = 256
	pageGroups = pageSlots / 8
	maxPages   = 3
	segSlots   = maxPages * pageSlots
	maxSpare   = 4
	maxDepth   = 28

	emptyTag = 0
	deadTag  = 1
	firstTag = 2

	lows  = 0x0101010101010101
	highs = 0x8080808080808080

	pageBytes    = pageSlots * 5
	segmentBytes = 48
)

// An Index finds references. The zero Index is empty.
type Index struct {
	dir   []*segment
	depth uint // the directory has 1<<depth entries
	count int
	// The list, while dir is nil.
	tags  []uint8
	refs  []uint32
	pages int
	segs  int
	spare []*page
}

type page struct {
	refs [pageSlots]uint32
	tags [pageSlots]uint8
}

type segment struct {
	pages [maxPages]*page
	n     int // pages in use
	used  int
	dead  int
	depth uint // leading hash bits that all entries share
}

func tagOf(h uint64) uint8 {
	t := uint8(h)
	if t < firstTag {
		t += 0x80
	}
	return t
}

// prefix is the part of a hash that tells its place.
func prefix(h uint64) uint32 { return uint32(h >> 32) }

// zeroBytes marks the high bit of each byte of w that is 0.
func zeroBytes(w uint64) uint64 {
	return ^((w&^highs + ^uint64(highs)) | w | ^uint64(highs))
}

// Len returns the number of entries.
func (x *Index) Len() int { return x.count }

// Size returns the bytes of memory that the index holds beside the Index itself.
func (x *Index) Size() int {
	return cap(x.tags) + 4*cap(x.refs) + 8*cap(x.dir) + x.segs*segmentBytes +
		(x.pages+len(x.spare))*pageBytes + 8*cap(x.spare)
}

func (s *segment) groups() int { return s.n * pageGroups }

func (s *segment) group(g int) uint64 {
	return binary.LittleEndian.Uint64(s.pages[g/pageGroups].tags[g%pageGroups*8:])
}

func (s *segment) set(slot int, tag uint8, ref uint32) {
	p := s.pages[slot/pageSlots]
	p.tags[slot%pageSlots], p.refs[slot%pageSlots] = tag, ref
}

func (s *segment) ref(slot int) uint32 { return s.pages[slot/pageSlots].refs[slot%pageSlots] }

func (s *segment) home(p uint32) int {
	return int(uint64(p<<s.depth) * uint64(s.groups()) >> 32)
}

func (x *Index) segmentOf(p uint32) *segment { return x.dir[uint64(p)<<x.depth>>32] }

// A Probe is a search for the entries that may have a hash. It is good until the
// index changes.
type Probe struct {
	x     *Index
	s     *segment
	tag   uint64 // in every byte
	match uint64
	group int
	left  int // groups not looked at
	slot  int // of what Next returned
	last  bool
}

// Find starts a search.
func (x *Index) Find(h uint64) Probe {
	p := Probe{x: x, tag: uint64(tagOf(h)) * lows, slot: -1}
	if x.dir == nil {
		p.group, p.left = -1, (len(x.refs)+7)/8
		return p
	}
	p.s = x.segmentOf(prefix(h))
	p.left = p.s.groups()
	p.group = p.s.home(prefix(h)) - 1
	return p
}

// Next returns the next reference to look at, 0 when there is none.
func (p *Probe) Next() uint32 {
	for p.match == 0 {
		if p.last || p.left == 0 {
			return 0
		}
		p.left--
		p.group++
		var w uint64
		if p.s == nil {
			w = p.x.word(p.group)
		} else {
			if p.group == p.s.groups() {
				p.group = 0
			}
			w = p.s.group(p.group)
			p.last = zeroBytes(w) != 0
		}
		p.match = zeroBytes(w ^ p.tag)
	}
	p.slot = p.group*8 + bits.TrailingZeros64(p.match)/8
	p.match &= p.match - 1
	if p.s == nil {
		return p.x.refs[p.slot]
	}
	return p.s.ref(p.slot)
}

// MaxAhead is for how many hashes LookAhead looks.
const MaxAhead = 16

// LookAhead returns references that Find would look at first for the hashes, one at
// most for each, in found. All of its loads that depend on none of the others stand
// together, so that the processor waits for them at once. What sum is means nothing.
func (x *Index) LookAhead(hashes []uint64, found *[MaxAhead]uint32) (n int, sum uint64) {
	if x.dir == nil {
		return 0, 0
	}
	hashes = hashes[:min(len(hashes), MaxAhead)]
	var segs [MaxAhead]*segment
	var pages [MaxAhead]*page
	var at [MaxAhead]int
	for i, h := range hashes {
		segs[i] = x.segmentOf(prefix(h))
	}
	for i, h := range hashes {
		g := segs[i].home(prefix(h))
		pages[i], at[i] = segs[i].pages[g/pageGroups], g%pageGroups*8
	}
	for i := range hashes {
		sum += uint64(pages[i].tags[at[i]]) + uint64(pages[i].refs[at[i]])
	}
	for i, h := range hashes {
		w := binary.LittleEndian.Uint64(pages[i].tags[at[i]:])
		if m := zeroBytes(w ^ uint64(tagOf(h))*lows); m != 0 {
			found[n] = pages[i].refs[at[i]+bits.TrailingZeros64(m)/8]
			n++
		}
	}
	return n, sum
}

// word returns eight tags of the list.
func (x *Index) word(g int) uint64 {
	if n := g*8 + 8; n <= len(x.tags) {
		return binary.LittleEndian.Uint64(x.tags[g*8:])
	}
	var b [8]uint8
	copy(b[:], x.tags[g*8:])
	return binary.LittleEndian.Uint64(b[:])
}

// Replace gives the entry that Next returned last another reference.
func (x *Index) Replace(p *Probe, ref uint32) {
	if p.s == nil {
		x.refs[p.slot] = ref
		return
	}
	p.s.pages[p.slot/pageSlots].refs[p.slot%pageSlots] = ref
}

// Move gives the entry with the hash and the reference another reference.
func (x *Index) Move(h uint64, old, ref uint32) {
	p := x.Find(h)
	for r := p.Next(); r != old; r = p.Next() {
		if r == 0 {
			panic("refindex: the index has lost an entry")
		}
	}
	x.Replace(&p, ref)
}

// Insert adds an entry; there is none with this key.
func (x *Index) Insert(o Owner, h uint64, ref uint32) {
	x.count++
	if x.dir == nil {
		if len(x.refs) < smallMax {
			x.tags = append(x.tags, tagOf(h))
			x.refs = append(x.refs, ref)
			return
		}
		x.enlarge(o)
	}
	s := x.segmentOf(prefix(h))
	for s.full() {
		x.makeRoom(o, s, prefix(h))
		s = x.segmentOf(prefix(h))
	}
	s.insert(h, ref)
}

func (s *segment) full() bool { return (s.used+s.dead)*10 >= s.n*pageSlots*9 }

func (s *segment) insert(h uint64, ref uint32) {
	for g := s.home(prefix(h)); ; g++ {
		if g == s.groups() {
			g = 0
		}
		// Tags below firstTag are those with all bits but the lowest clear.
		free := zeroBytes(s.group(g) &^ lows)
		if free == 0 {
			continue
		}
		slot := g*8 + bits.TrailingZeros64(free)/8
		if s.pages[slot/pageSlots].tags[slot%pageSlots] == deadTag {
			s.dead--
		}
		s.set(slot, tagOf(h), ref)
		s.used++
		return
	}
}

// Remove takes out the entry that Next returned last.
func (x *Index) Remove(o Owner, p *Probe) {
	x.count--
	s := p.s
	if s == nil {
		last := len(x.refs) - 1
		x.refs[p.slot], x.tags[p.slot] = x.refs[last], x.tags[last]
		x.refs, x.tags = x.refs[:last], x.tags[:last]
		return
	}
	tag := uint8(emptyTag)
	if zeroBytes(s.group(p.slot/8)) == 0 {
		tag = deadTag
		s.dead++
	}
	// The hash tells the segment's place in the directory.
	h := o.Hash(s.ref(p.slot))
	s.set(p.slot, tag, 0)
	s.used--
	x.giveBack(o, s, prefix(h))
}

// enlarge turns the list into a table.
func (x *Index) enlarge(o Owner) {
	refs := x.refs
	x.tags, x.refs = nil, nil
	s := &segment{}
	x.segs = 1
	x.addPage(s)
	x.dir = []*segment{s}
	for _, r := range refs {
		s.insert(o.Hash(r), r)
	}
}

func (x *Index) addPage(s *segment) {
	if n := len(x.spare); n > 0 {
		s.pages[s.n] = x.spare[n-1]
		x.spare = x.spare[:n-1]
	} else {
		s.pages[s.n] = new(page)
	}
	s.n++
	x.pages++
}

func (x *Index) recycle(p *page) {
	x.pages--
	if len(x.spare) < maxSpare {
		p.tags = [pageSlots]uint8{}
		x.spare = append(x.spare, p)
	}
}

// drain takes all entries out of the segment.
func (s *segment) drain(buf []uint32) []uint32 {
	for _, p := range s.pages[:s.n] {
		for i, t := range &p.tags {
			if t >= firstTag {
				buf = append(buf, p.refs[i])
			}
		}
		p.tags = [pageSlots]uint8{}
	}
	s.used, s.dead = 0, 0
	return buf
}

// makeRoom clears out removed entries, adds a page, or splits the segment.
func (x *Index) makeRoom(o Owner, s *segment, p uint32) {
	if s.used*10 >= s.n*pageSlots*7 {
		if s.n == maxPages {
			x.split(o, s, p)
			return
		}
		var buf [segSlots]uint32
		refs := s.drain(buf[:0])
		x.addPage(s)
		s.fill(o, refs)
		return
	}
	var buf [segSlots]uint32
	s.fill(o, s.drain(buf[:0]))
}

func (s *segment) fill(o Owner, refs []uint32) {
	for _, r := range refs {
		s.insert(o.Hash(r), r)
	}
}

// split divides the segment in two by the first bit behind its prefix.
func (x *Index) split(o Owner, s *segment, p uint32) {
	if s.depth == x.depth {
		x.double()
	}
	var buf [segSlots]uint32
	var hashes [segSlots]uint64
	refs := s.drain(buf[:0])
	bit := uint32(1) << (31 - s.depth)
	ones := 0
	for i, r := range refs {
		hashes[i] = o.Hash(r)
		if prefix(hashes[i])&bit != 0 {
			ones++
		}
	}
	for i := range s.n {
		x.recycle(s.pages[i])
	}
	low, high := &segment{depth: s.depth + 1}, &segment{depth: s.depth + 1}
	x.segs++
	x.addPages(low, len(refs)-ones)
	x.addPages(high, ones)
	for i, r := range refs {
		if prefix(hashes[i])&bit != 0 {
			high.insert(hashes[i], r)
		} else {
			low.insert(hashes[i], r)
		}
	}
	base := p &^ (bit<<1 - 1)
	x.place(low, base)
	x.place(high, base|bit)
}

// addPages gives a new segment the pages for n entries at 80% load.
func (x *Index) addPages(s *segment, n int) {
	for s.n == 0 || s.n < maxPages && n*10 > s.n*pageSlots*8 {
		x.addPage(s)
	}
}

// place writes the segment into its part of the directory.
func (x *Index) place(s *segment, base uint32) {
	from := int(uint64(base) << x.depth >> 32)
	for i := range 1 << (x.depth - s.depth) {
		x.dir[from+i] = s
	}
}

func (x *Index) double() {
	if x.depth >= maxDepth {
		panic("refindex: too many entries share a hash prefix")
	}
	dir := make([]*segment, 2*len(x.dir))
	for i, s := range x.dir {
		dir[2*i], dir[2*i+1] = s, s
	}
	x.dir = dir
	x.depth++
}

// giveBack makes the table smaller after a removal where that pays.
func (x *Index) giveBack(o Owner, s *segment, p uint32) {
	switch {
	case s.n > 1:
		if s.used*10 >= (s.n-1)*pageSlots*5 {
			return
		}
		var buf [segSlots]uint32
		refs := s.drain(buf[:0])
		s.n--
		x.recycle(s.pages[s.n])
		s.pages[s.n] = nil
		s.fill(o, refs)
	case s.depth > 0:
		if s.used < pageSlots/4 {
			x.merge(o, s, p)
		}
	case s.used <= smallBack:
		x.shrink(o, s)
	}
}

// merge joins a nearly empty segment of one page with its buddy, if that is alike.
func (x *Index) merge(o Owner, s *segment, p uint32) {
	bit := uint32(1) << (32 - s.depth)
	buddy := x.segmentOf(p ^ bit)
	if buddy.depth != s.depth || buddy.n != 1 || s.used+buddy.used > pageSlots/2 {
		return
	}
	var buf [segSlots]uint32
	refs := buddy.drain(s.drain(buf[:0]))
	x.recycle(buddy.pages[0])
	x.segs--
	s.depth--
	s.fill(o, refs)
	x.place(s, p&^(bit<<1-1))
	x.halve()
}

// halve shrinks the directory while no segment needs all of its bits.
func (x *Index) halve() {
	for x.depth > 0 {
		for i := 0; i < len(x.dir); i += 2 {
			if x.dir[i] != x.dir[i+1] {
				return
			}
		}
		dir := make([]*segment, len(x.dir)/2)
		for i := range dir {
			dir[i] = x.dir[2*i]
		}
		x.dir = dir
		x.depth--
	}
}

// shrink turns a table of one segment into a list.
func (x *Index) shrink(o Owner, s *segment) {
	refs := s.drain(make([]uint32, 0, s.used+8))
	x.dir, x.depth, x.spare, x.pages, x.segs = nil, 0, nil, 0, 0
	x.refs = refs
	x.tags = make([]uint8, 0, cap(refs))
	for _, r := range refs {
		x.tags = append(x.tags, tagOf(o.Hash(r)))
	}
}

package keyspace

import (
	"math"
	"math/bits"
	"sync/atomic"
)

// An index finds records by the hash of their key. It is an extendible hash
// table: a directory maps the top bits of a hash to a segment, a segment has one
// to seven pages of 256 slots, and a full segment grows by one page or splits in
// two. No operation touches more than one segment (14 KiB) and, rarely, the
// directory, so a growing table never stalls its users.
//
// A slot is eight bytes:
//
//	bits 33-63  the top 31 bits of the key's hash
//	bit  32     the key has an expiry
//	bits 0-31   the record's reference; 0 in an empty slot
//
// Slots stand in the order of their hashes (ordered linear probing: an entry is
// never before its home, homes follow hash order, and no empty slot lies between
// an entry and its home). So growing and splitting are one pass in order, SCAN's
// cursor is a hash that stays good while segments split, and a snapshot's
// position is one too. At 90% load a search looks at five slots on average, less
// than a cache line. The alternative that lost, segments of one fixed size
// reallocated as they grow, swings between 10 and 17 bytes a key with all
// segments in phase and leaves garbage behind; this stays near 10.
type index struct {
	dir     []*segment
	depth   uint // the directory has 1<<depth entries
	count   int  // used slots
	expires int  // of these, with an expiry
	pages   int
	spare   []*page // pages kept for the next growth, at most a segment's
	glance  atomic.Pointer[directory]
	changes uint32 // how often a segment has gone out of use
}

// directory is dir and depth as one, for those who glance at the index without its lock.
type directory struct {
	segments []*segment
	depth    uint
}

type page [pageSlots]uint64

const (
	pageSlots = 256
	pageBytes = pageSlots * 8
	maxPages  = 7
	segSlots  = pageSlots * maxPages
	// slack slots at a segment's end take what is pushed behind the last home.
	slack = 24

	hashBits     = 31
	slotHash     = 33 // shift of the hash within a slot
	slotVolatile = 1 << 32
)

type segment struct {
	pages [maxPages]*page
	n     int  // pages in use
	used  int  // used slots
	depth uint // leading hash bits that all entries share
	// soonest is a lower bound of the expiries of the segment's volatile
	// entries: active expiry skips the segment until then.
	soonest int64
}

// never is an expiry that no clock reaches.
const never = math.MaxInt64

// hash31 returns the part of a hash that the index keeps.
func hash31(h uint64) uint32 { return uint32(h >> slotHash) }

func slotOf(h uint32, ref uint32, volatile bool) uint64 {
	s := uint64(h)<<slotHash | uint64(ref)
	if volatile {
		s |= slotVolatile
	}
	return s
}

func slotHashOf(s uint64) uint32 { return uint32(s >> slotHash) }

func (s *segment) at(i int) uint64     { return s.pages[i>>8][i&(pageSlots-1)] }
func (s *segment) set(i int, v uint64) { s.pages[i>>8][i&(pageSlots-1)] = v }
func (s *segment) cap() int            { return s.n * pageSlots }
func (s *segment) full() bool          { return s.used*10 >= s.cap()*9 }

// home returns the first slot at which an entry with the hash may stand.
func (s *segment) home(h uint32) int {
	frac := uint64(h<<(32-hashBits+s.depth)) >> (32 - hashBits) // the hash bits behind the prefix, as a fraction of 1<<31
	return int(frac * uint64(s.cap()-slack) >> hashBits)
}

func (x *index) segmentOf(h uint32) *segment {
	if x.dir == nil {
		return nil
	}
	return x.dir[h>>(hashBits-x.depth)]
}

// first returns the segment of the hash and the place of the first entry that has
// it, or -1.
func (x *index) first(h uint32) (s *segment, i int) {
	s = x.segmentOf(h)
	if s == nil {
		return nil, -1
	}
	for i, n := s.home(h), s.cap(); i < n; i++ {
		v := s.at(i)
		if v == 0 || slotHashOf(v) > h {
			return s, -1
		}
		if slotHashOf(v) == h {
			return s, i
		}
	}
	return s, -1
}

// holds reports whether the entry that was seen is where it was.
func (x *index) holds(g *slotGlance) bool {
	return g.changes == x.changes && int(g.i) < g.seg.cap() && g.seg.at(int(g.i)) == g.slot
}

// next returns the entry behind i with the same hash, or -1.
func (s *segment) next(i int, h uint32) int {
	if i++; i < s.cap() {
		if v := s.at(i); v != 0 && slotHashOf(v) == h {
			return i
		}
	}
	return -1
}

// slotWith returns the place of the entry with the hash and the reference.
func (x *index) slotWith(h, ref uint32) (*segment, int) {
	s, i := x.first(h)
	for i >= 0 {
		if uint32(s.at(i)) == ref {
			return s, i
		}
		i = s.next(i, h)
	}
	panic("keyspace: the index has lost an entry")
}

// replace gives the entry another reference and expiry mark.
func (x *index) replace(h, old, ref uint32, volatile bool, expiry int64) {
	s, i := x.slotWith(h, old)
	if was := s.at(i)&slotVolatile != 0; was != volatile {
		if volatile {
			x.expires++
		} else {
			x.expires--
		}
	}
	s.set(i, slotOf(h, ref, volatile))
	if volatile {
		s.soonest = min(s.soonest, expiry)
	}
}

// insert adds an entry.
func (x *index) insert(h, ref uint32, volatile bool, expiry int64) {
	if x.dir == nil {
		s := &segment{soonest: never}
		x.addPage(s)
		x.setDir([]*segment{s}, 0)
	}
	s := x.segmentOf(h)
	for s.full() || !s.insert(slotOf(h, ref, volatile)) {
		x.makeRoom(s)
		s = x.segmentOf(h)
	}
	if volatile {
		x.expires++
		s.soonest = min(s.soonest, expiry)
	}
	x.count++
}

// insert puts the slot in its place in hash order; false when the entries behind
// it have no room to move.
func (s *segment) insert(v uint64) bool {
	h := slotHashOf(v)
	i, n := s.home(h), s.cap()
	for i < n {
		w := s.at(i)
		if w == 0 {
			s.set(i, v)
			s.used++
			return true
		}
		if slotHashOf(w) > h {
			break
		}
		i++
	}
	end := i
	for end < n && s.at(end) != 0 {
		end++
	}
	if end >= n {
		return false
	}
	s.shiftUp(i, end)
	s.set(i, v)
	s.used++
	return true
}

// shiftUp moves slots [i, end) one place up.
func (s *segment) shiftUp(i, end int) {
	for end > i {
		p := s.pages[end>>8]
		lo := max(i, end&^(pageSlots-1))
		copy(p[lo&(pageSlots-1)+1:(end&(pageSlots-1))+1], p[lo&(pageSlots-1):end&(pageSlots-1)])
		end = lo
		if end > i {
			p[0] = s.at(end - 1)
			end--
		}
	}
}

// remove takes the entry out.
func (x *index) remove(h, ref uint32) {
	s, i := x.slotWith(h, ref)
	if s.at(i)&slotVolatile != 0 {
		x.expires--
	}
	n := s.cap()
	for j := i + 1; ; i, j = j, j+1 {
		if j >= n {
			s.set(i, 0)
			break
		}
		w := s.at(j)
		if w == 0 || s.home(slotHashOf(w)) == j {
			s.set(i, 0)
			break
		}
		s.set(i, w)
	}
	s.used--
	x.count--
	x.giveBack(s, h)
}

// makeRoom grows a segment by a page, or splits it.
func (x *index) makeRoom(s *segment) {
	if s.n < maxPages {
		var buf [segSlots]uint64
		k := s.drain(buf[:0])
		x.addPage(s)
		if s.fill(buf[:k]) {
			return
		}
		// So uneven that the entries do not fit though there is room: go on.
		x.refill(s, buf[:k])
		return
	}
	x.split(s)
}

// refill adds pages, or splits, until the entries fit.
func (x *index) refill(s *segment, entries []uint64) {
	for s.n < maxPages {
		x.addPage(s)
		if s.fill(entries) {
			return
		}
	}
	x.splitInto(s, entries)
}

func (x *index) split(s *segment) {
	var buf [segSlots]uint64
	k := s.drain(buf[:0])
	x.splitInto(s, buf[:k])
}

// splitInto divides entries, all that the emptied segment s had, by the first
// bit behind its prefix.
func (x *index) splitInto(s *segment, entries []uint64) {
	if s.depth == x.depth {
		x.double()
	}
	bit := uint32(1) << (hashBits - 1 - s.depth)
	mid := 0
	for mid < len(entries) && slotHashOf(entries[mid])&bit == 0 {
		mid++
	}
	prefix := x.prefixOf(s, entries)
	x.changes++
	low := &segment{depth: s.depth + 1, soonest: s.soonest}
	high := &segment{depth: s.depth + 1, soonest: s.soonest}
	free := s.pages[:s.n]
	for _, p := range free {
		x.recycle(p)
	}
	x.place(low, prefix)
	x.place(high, prefix|bit)
	x.fillNew(low, entries[:mid])
	x.fillNew(high, entries[mid:])
}

func (x *index) fillNew(s *segment, entries []uint64) {
	pages := min(maxPages, max(1, (len(entries)*10/9+slack+pageSlots-1)/pageSlots))
	for s.n < pages {
		x.addPage(s)
	}
	if !s.fill(entries) {
		x.refill(s, entries)
	}
}

// prefixOf returns the hash prefix of a segment, its other bits zero.
func (x *index) prefixOf(s *segment, entries []uint64) uint32 {
	if s.depth == 0 {
		return 0
	}
	return slotHashOf(entries[0]) >> (hashBits - s.depth) << (hashBits - s.depth)
}

// place writes the segment into its part of the directory.
func (x *index) place(s *segment, prefix uint32) {
	from := int(prefix >> (hashBits - x.depth))
	for i := range 1 << (x.depth - s.depth) {
		x.dir[from+i] = s
	}
}

func (x *index) double() {
	if x.depth >= 28 {
		panic("keyspace: too many keys share a hash prefix")
	}
	dir := make([]*segment, 2*len(x.dir))
	for i, s := range x.dir {
		dir[2*i], dir[2*i+1] = s, s
	}
	x.setDir(dir, x.depth+1)
}

func (x *index) setDir(dir []*segment, depth uint) {
	x.dir, x.depth = dir, depth
	x.glance.Store(&directory{dir, depth})
}

// drop gives the pages of an empty index back.
func (x *index) drop() {
	x.changes++
	x.dir, x.depth, x.pages, x.spare = nil, 0, 0, nil
	x.glance.Store(nil)
}

// drain appends the used slots in order and empties the segment.
func (s *segment) drain(buf []uint64) int {
	for i := range s.n {
		p := s.pages[i]
		for j, v := range p {
			if v != 0 {
				buf = append(buf, v)
				p[j] = 0
			}
		}
	}
	s.used = 0
	return len(buf)
}

// fill puts ordered entries into an empty segment; false, and empty again, when
// they do not fit.
func (s *segment) fill(entries []uint64) bool {
	pos, n := 0, s.cap()
	for _, v := range entries {
		pos = max(pos, s.home(slotHashOf(v)))
		if pos >= n {
			for i := range s.n {
				*s.pages[i] = page{}
			}
			return false
		}
		s.set(pos, v)
		pos++
	}
	s.used = len(entries)
	return true
}

// giveBack makes the segment smaller after a removal where that pays: below
// 80% of one page less, or, at one page, into its buddy.
func (x *index) giveBack(s *segment, h uint32) {
	if s.n > 1 {
		if s.used*10 >= (s.n-1)*pageSlots*8 {
			return
		}
		var buf [segSlots]uint64
		k := s.drain(buf[:0])
		s.n--
		x.recycle(s.pages[s.n])
		s.pages[s.n] = nil
		if !s.fill(buf[:k]) {
			x.refill(s, buf[:k])
		}
		return
	}
	if s.depth > 0 && s.used < pageSlots/4 {
		x.merge(s, h)
	}
}

// merge joins a nearly empty segment with its buddy if both are of one page and
// fit in it.
func (x *index) merge(s *segment, h uint32) {
	prefix := h >> (hashBits - s.depth)
	buddy := x.dir[(prefix^1)<<(x.depth-s.depth)]
	if buddy.depth != s.depth || buddy.n != 1 || s.used+buddy.used > pageSlots*6/10 {
		return
	}
	low, high := s, buddy
	if prefix&1 == 1 {
		low, high = buddy, s
	}
	var buf [2 * pageSlots]uint64
	k := low.drain(buf[:0])
	k += high.drain(buf[k:k])
	x.changes++
	low.depth--
	low.soonest = min(low.soonest, high.soonest)
	x.recycle(high.pages[0])
	x.place(low, prefix>>1<<(hashBits-low.depth))
	if !low.fill(buf[:k]) {
		x.refill(low, buf[:k])
	}
	x.halve()
}

// halve shrinks the directory while no segment needs all of its bits.
func (x *index) halve() {
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
		x.setDir(dir, x.depth-1)
	}
}

func (x *index) addPage(s *segment) {
	var p *page
	if n := len(x.spare); n > 0 {
		p = x.spare[n-1]
		x.spare[n-1] = nil
		x.spare = x.spare[:n-1]
	} else {
		p = new(page)
	}
	s.pages[s.n] = p
	s.n++
	x.pages++
}

// recycle takes back an emptied page. A split needs the pages of the segment that
// it empties at once: kept, they are no garbage.
func (x *index) recycle(p *page) {
	x.pages--
	if len(x.spare) < maxPages {
		*p = page{}
		x.spare = append(x.spare, p)
	}
}

// size returns the bytes of pages, segments and directory.
func (x *index) size() int {
	return (x.pages+len(x.spare))*pageBytes + len(x.dir)*8 + x.pages/4*96
}

// walk calls fn with the slots whose hash is at least from, in order, segment by
// segment, until fn says no or the hashes end. It returns the first hash that was not
// passed to fn; done is true when there is none. Entries of equal hash are passed
// together. fn must not change the index.
func (x *index) walk(from uint32, fn func(slot uint64) bool) (next uint32, done bool) {
	h := from
	for x.dir != nil {
		s := x.segmentOf(h)
		last, more := uint32(0), true
		for i, n := s.home(h), s.cap(); i < n; i++ {
			v := s.at(i)
			if v == 0 || slotHashOf(v) < h {
				continue
			}
			if !more && slotHashOf(v) != last {
				return slotHashOf(v), false
			}
			more = fn(v) && more
			last = slotHashOf(v)
		}
		end, ok := x.endOf(s, h)
		if !ok {
			return 0, true
		}
		h = end
		if !more {
			return h, false
		}
	}
	return 0, true
}

// endOf returns the first hash behind the segment that holds h.
func (x *index) endOf(s *segment, h uint32) (uint32, bool) {
	if s.depth == 0 {
		return 0, false
	}
	end := (h>>(hashBits-s.depth) + 1) << (hashBits - s.depth)
	return end, end < 1<<hashBits
}

// random returns a used slot near a random place r of a random segment; 0 when
// the index is empty.
func (x *index) random(r uint64) uint64 {
	if x.count == 0 {
		return 0
	}
	for {
		s := x.dir[r&uint64(len(x.dir)-1)]
		r = r>>7 | r<<57
		if s.used > 0 {
			i := int(bits.RotateLeft64(r, 31) % uint64(s.cap()))
			// Only a used slot counts, so that a long gap in front of an entry
			// does not make it more likely.
			if v := s.at(i); v != 0 {
				return v
			}
		}
		r = r*6364136223846793005 + 1442695040888963407
	}
}

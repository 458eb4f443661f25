// Package arena keeps many small byte records in a few large pointer-free
// chunks of ordinary Go memory, so that the garbage collector sees a handful of
// objects however many records there are.
//
// # Layout
//
// An arena is a list of chunks; a [Ref] names a record by chunk and offset in
// units of 8 bytes. Chunks start small and grow by a quarter of the arena up to
// [ChunkSize], so that an arena of ten records costs what ten records need; a
// reference never changes while its record lives, and growing the arena moves
// nothing. A chunk is a gapless run of blocks up to its bump offset. A block starts
// with a 16-bit header:
//
//	bits 0-11  size of the block in units (1 to 4095)
//	bit  12    live
//	bits 13-15 bytes of the last unit that the record does not use
//
// A live block is a record: the header and the owner's bytes. A free block of
// two units or more stands in a doubly linked list of its size class: next at
// byte 4, previous at byte 8. A free block of one unit has no room for links; it
// waits until a neighbour is freed or its chunk is evacuated.
//
// # Reuse and compaction
//
// Sizes up to 128 units have a list each; larger ones share lists in eight steps
// per power of two, searched from the first list in which every block fits. Larger
// free blocks are split, and a freed block is merged with the free blocks
// behind it. What reuse cannot cure, evacuation does: the owner asks for a [Sparse]
// chunk, moves its records elsewhere and the chunk is dropped. Only the owner
// knows who holds a reference, so only the owner can move a record; a record
// must have one owner.
//
// An Arena is not safe for concurrent use. A slice returned by it borrows the
// arena's memory until the record is freed.
package arena

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

const (
	unit      = 8
	unitShift = 3

	chunkUnitBits = 13
	chunkUnits    = 1 << chunkUnitBits
	// ChunkSize is the size in bytes of a full-grown chunk.
	ChunkSize = chunkUnits * unit

	// HeaderSize is the number of bytes at the start of a record that belong
	// to the arena.
	HeaderSize = 2

	// smallRest is how many units retire leaves alone at most.
	smallRest = 8

	maxUnits = 4095
	// MaxRecord is the largest record in bytes, its header included.
	MaxRecord = maxUnits * unit

	// DefaultFirstChunk is the size in bytes of an arena's first chunk.
	DefaultFirstChunk = 4096

	liveBit = 1 << 12
)

// A Ref names a record of an arena; the zero Ref names none.
type Ref uint32

// An Arena holds byte records. The zero Arena is empty and ready for use.
type Arena struct {
	chunks    []chunk
	current   int // chunk that is bumped; meaningful when len(chunks) > 0
	freeIdx   []int
	bins      *bins
	first     int
	liveUnits int
	capUnits  int
	records   int
	changes   int // of the list of chunks
}

type chunk struct {
	mem    []byte
	bump   int // first unit that no block covers
	live   int // units in live blocks
	victim bool
}

// New returns an empty arena whose first chunk has at least the given size in bytes.
func New(firstChunk int) *Arena { return &Arena{first: firstChunk} }

// Live returns the bytes that live records occupy, headers and rounding
// included.
func (a *Arena) Live() int { return a.liveUnits * unit }

// Size returns the bytes of all chunks.
func (a *Arena) Size() int { return a.capUnits * unit }

// Overhead returns the bytes of what the arena keeps about its chunks.
func (a *Arena) Overhead() int {
	n := cap(a.chunks)*40 + cap(a.freeIdx)*8
	if a.bins != nil {
		n += binCount*4 + binWords*8
	}
	return n
}

// Records returns the number of live records.
func (a *Arena) Records() int { return a.records }

// Changes counts the changes of the list of chunks: Chunks has to be asked again when it
// differs.
func (a *Arena) Changes() int { return a.changes }

// Chunks returns the memory of each chunk, nil where there is none. It is a copy of
// the list, not of the memory.
func (a *Arena) Chunks() [][]byte {
	list := make([][]byte, len(a.chunks))
	for i := range a.chunks {
		list[i] = a.chunks[i].mem
	}
	return list
}

// Place returns where a record stands: the number of its chunk, and the offset in bytes.
func (r Ref) Place() (chunk, offset int) {
	return int(r >> chunkUnitBits), int(r&(chunkUnits-1)) << unitShift
}

// BlockLen returns the bytes of the block that starts at b's beginning.
func BlockLen(b []byte) int { return int(binary.LittleEndian.Uint16(b)&maxUnits) << unitShift }

// Footprint returns the bytes that a record of n bytes occupies.
func Footprint(n int) int { return unitsFor(n) * unit }

func unitsFor(n int) int { return (n + unit - 1) >> unitShift }

// Alloc returns a new record of n bytes, its header included: HeaderSize <= n <=
// MaxRecord. Its bytes behind the header are not cleared.
func (a *Arena) Alloc(n int) (Ref, []byte) {
	u := unitsFor(n)
	ref, ok := a.reuse(u)
	if !ok {
		ref = a.bumpAlloc(u)
	}
	c := &a.chunks[ref>>chunkUnitBits]
	c.live += u
	a.liveUnits += u
	a.records++
	off := int(ref&(chunkUnits-1)) << unitShift
	b := c.mem[off : off+n : off+n]
	binary.LittleEndian.PutUint16(b, uint16(u)|liveBit|uint16(u*unit-n)<<13)
	return ref, b
}

// Bytes returns the record that ref names, its header included.
func (a *Arena) Bytes(ref Ref) []byte {
	mem := a.chunks[ref>>chunkUnitBits].mem
	off := int(ref&(chunkUnits-1)) << unitShift
	h := binary.LittleEndian.Uint16(mem[off:])
	end := off + int(h&maxUnits)<<unitShift - int(h>>13)
	return mem[off:end:end]
}

// Glance reads the record's first byte, which brings its first line into the
// processor's cache.
func (a *Arena) Glance(ref Ref) uint64 {
	return uint64(a.chunks[ref>>chunkUnitBits].mem[int(ref&(chunkUnits-1))<<unitShift])
}

// Free gives the record back. Its bytes may be overwritten at once.
func (a *Arena) Free(ref Ref) {
	c := &a.chunks[ref>>chunkUnitBits]
	at := int(ref & (chunkUnits - 1))
	h := c.header(at)
	if debug {
		checkLive(h, ref)
	}
	u := int(h & maxUnits)
	c.live -= u
	a.liveUnits -= u
	a.records--
	a.release(c, ref, u)
}

// Shrink cuts the record to n bytes, header included; n must not exceed its
// length. The record keeps its place.
func (a *Arena) Shrink(ref Ref, n int) []byte {
	c := &a.chunks[ref>>chunkUnitBits]
	at := int(ref & (chunkUnits - 1))
	old, u := int(c.header(at)&maxUnits), unitsFor(n)
	c.setHeader(at, uint16(u)|liveBit|uint16(u*unit-n)<<13)
	if rest := old - u; rest > 0 {
		c.live -= rest
		a.liveUnits -= rest
		a.release(c, ref+Ref(u), rest)
	}
	return a.Bytes(ref)
}

// release makes the block at ref free, merged with the free blocks behind it.
func (a *Arena) release(c *chunk, ref Ref, u int) {
	at := int(ref & (chunkUnits - 1))
	if debug {
		poison(c.mem[at*unit : (at+u)*unit])
	}
	if c.victim {
		c.setHeader(at, uint16(u))
		return
	}
	for next := at + u; next < c.bump; next = at + u {
		h := c.header(next)
		size := int(h & maxUnits)
		if h&liveBit != 0 || u+size > maxUnits {
			break
		}
		a.unlink(c, ref+Ref(u), size)
		u += size
	}
	if at+u == c.bump && int(ref>>chunkUnitBits) == a.current {
		c.bump = at
		return
	}
	c.setHeader(at, uint16(u))
	a.link(c, ref, u)
}

func (a *Arena) bumpAlloc(u int) Ref {
	if len(a.chunks) > 0 {
		c := &a.chunks[a.current]
		if c.bump+u <= len(c.mem)>>unitShift {
			ref := Ref(a.current<<chunkUnitBits | c.bump)
			c.bump += u
			return ref
		}
		a.retire(c)
	}
	a.addChunk(u)
	c := &a.chunks[a.current]
	ref := Ref(a.current<<chunkUnitBits | c.bump)
	c.bump += u
	return ref
}

// retire turns the unused rest of the current chunk into free blocks. In an arena without
// free blocks a small rest is left alone: the lists would take more than it is.
func (a *Arena) retire(c *chunk) {
	if a.bins == nil && len(c.mem)>>unitShift-c.bump < smallRest {
		return
	}
	for total := len(c.mem) >> unitShift; c.bump < total; {
		at, u := c.bump, min(total-c.bump, maxUnits)
		c.bump += u
		c.setHeader(at, uint16(u))
		a.link(c, Ref(a.current<<chunkUnitBits|at), u)
	}
}

func (a *Arena) addChunk(need int) {
	if a.first == 0 {
		a.first = DefaultFirstChunk
	}
	// A quarter of what is there already, so that little is left over, until chunks are
	// full-grown.
	mem := grown(max(a.first, a.Size()/4, (need+1)*unit))
	idx := len(a.chunks)
	if n := len(a.freeIdx); n > 0 {
		idx = a.freeIdx[n-1]
		a.freeIdx = a.freeIdx[:n-1]
	} else {
		a.chunks = append(a.chunks, chunk{})
	}
	a.chunks[idx] = chunk{mem: mem}
	if idx == 0 {
		a.chunks[0].bump = 1 // so that no record has the zero Ref
	}
	a.capUnits += len(mem) >> unitShift
	a.current = idx
	a.changes++
}

// grown returns memory of n bytes or, where the allocator would round that up, of as many as
// it takes, up to ChunkSize.
func grown(n int) []byte {
	mem := slices.Grow([]byte(nil), min(n, ChunkSize))
	return mem[:min(cap(mem)&^(unit-1), ChunkSize)]
}

func (c *chunk) header(at int) uint16 { return binary.LittleEndian.Uint16(c.mem[at*unit:]) }

func (c *chunk) setHeader(at int, h uint16) { binary.LittleEndian.PutUint16(c.mem[at*unit:], h) }

// Size classes of free blocks.
const (
	exactBins = 128
	stepBits  = 3
	binCount  = exactBins + 1 + 5<<stepBits // sizes 129 to 4095: five powers of two
	binWords  = (binCount + 63) / 64
)

type bins struct {
	head [binCount]Ref
	used [binWords]uint64
}

// binOf returns the list in which a free block of u units stands.
func binOf(u int) int {
	if u <= exactBins {
		return u
	}
	log := bits.Len(uint(u)) - 1 // 7 to 11
	return exactBins + 1 + (log-7)<<stepBits + u>>(log-stepBits)&(1<<stepBits-1)
}

// fitBin returns the first list of which every block has at least u units.
func fitBin(u int) int {
	if u <= exactBins {
		return u
	}
	log := bits.Len(uint(u)) - 1
	return binOf(min(u+1<<(log-stepBits)-1, maxUnits))
}

func (b *bins) firstFrom(bin int) int {
	w := bin >> 6
	if w >= binWords {
		return -1
	}
	m := b.used[w] &^ (1<<(bin&63) - 1)
	for m == 0 {
		if w++; w == binWords {
			return -1
		}
		m = b.used[w]
	}
	return w<<6 + bits.TrailingZeros64(m)
}

// reuse takes a block of u units from the free lists: one of the very size, or
// a larger one that leaves a rest that can be linked.
func (a *Arena) reuse(u int) (Ref, bool) {
	if a.bins == nil {
		return 0, false
	}
	bin := fitBin(u)
	if u > exactBins || a.bins.head[bin] == 0 {
		if u <= exactBins {
			bin = fitBin(u + 2)
		}
		if bin = a.bins.firstFrom(bin); bin < 0 {
			return 0, false
		}
	}
	ref := a.bins.head[bin]
	c := &a.chunks[ref>>chunkUnitBits]
	size := int(c.header(int(ref&(chunkUnits-1))) & maxUnits)
	if size < u {
		return 0, false // the last, unbounded list may hold smaller ones
	}
	a.unlink(c, ref, size)
	if rest := size - u; rest > 0 {
		at := ref + Ref(u)
		c.setHeader(int(at&(chunkUnits-1)), uint16(rest))
		a.link(c, at, rest)
	}
	return ref, true
}

func (a *Arena) link(c *chunk, ref Ref, u int) {
	if u < 2 {
		return
	}
	if a.bins == nil {
		a.bins = new(bins)
	}
	bin := binOf(u)
	next := a.bins.head[bin]
	c.setLinks(ref, next, 0)
	if next != 0 {
		a.chunks[next>>chunkUnitBits].setPrev(next, ref)
	}
	a.bins.head[bin] = ref
	a.bins.used[bin>>6] |= 1 << (bin & 63)
}

func (a *Arena) unlink(c *chunk, ref Ref, u int) {
	if u < 2 {
		return
	}
	next, prev := c.links(ref)
	if next != 0 {
		a.chunks[next>>chunkUnitBits].setPrev(next, prev)
	}
	if prev != 0 {
		a.chunks[prev>>chunkUnitBits].setNext(prev, next)
		return
	}
	bin := binOf(u)
	a.bins.head[bin] = next
	if next == 0 {
		a.bins.used[bin>>6] &^= 1 << (bin & 63)
	}
}

func (c *chunk) links(ref Ref) (next, prev Ref) {
	off := int(ref&(chunkUnits-1)) << unitShift
	return Ref(binary.LittleEndian.Uint32(c.mem[off+4:])), Ref(binary.LittleEndian.Uint32(c.mem[off+8:]))
}

func (c *chunk) setLinks(ref, next, prev Ref) {
	c.setNext(ref, next)
	c.setPrev(ref, prev)
}

func (c *chunk) setNext(ref, next Ref) {
	binary.LittleEndian.PutUint32(c.mem[int(ref&(chunkUnits-1))<<unitShift+4:], uint32(next))
}

func (c *chunk) setPrev(ref, prev Ref) {
	binary.LittleEndian.PutUint32(c.mem[int(ref&(chunkUnits-1))<<unitShift+8:], uint32(prev))
}

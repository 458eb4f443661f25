package set

import (
	"math/rand/v2"
	"slices"
	"sort"
	"unsafe"

	"github.com/RoaringBitmap/roaring/v2"
)

// A bitmap is a set of integers as compressed bitmaps: a list of buckets, ordered by the
// upper 32 bits of the integers, each a roaring bitmap of the lower ones. That is what
// roaring64 is inside; it is taken apart here because a random member is drawn by
// its container (the integers that share their upper 48 bits) and then within it, and
// roaring64 lets nobody ask for what lies in one container: its Select adds up all
// containers before it, milliseconds in a large set.
//
// Beside the bitmaps stand the numbers of members of the containers, in blocks with
// sums. A draw takes a number below the total and walks to its container, a few
// hundred additions, and within a container either tries numbers until one is in, where
// it is well filled, or halves the range. Every member has the same probability.
//
// Integers are kept with the sign bit turned, so that their order is that of unsigned
// numbers.
type bitmap struct {
	buckets    []bucket
	blocks     []*block
	containers int
	n          int
	bytes      int // of containers, by estimate
}

type bucket struct {
	high uint32
	bits *roaring.Bitmap
}

const blockMax = 256

// A block holds the numbers of members of up to blockMax containers in order.
type block struct {
	n, sum int
	keys   [blockMax]uint64 // upper 48 bits
	counts [blockMax]uint32
}

const (
	// containerCost is what roaring takes for a container beside its members.
	containerCost = 64
	// arrayMax is the largest container that roaring keeps as a list.
	arrayMax = 4096
	// wellFilled is the size of a container from which trying numbers finds a member soon.
	wellFilled = 16384
	// bucketCost is what a bucket takes beside its containers.
	bucketCost = 160
)

func toBits(v int64) uint64   { return uint64(v) ^ 1<<63 }
func fromBits(u uint64) int64 { return int64(u ^ 1<<63) }

// costOf estimates the bytes of a container of c members.
func costOf(c uint32) int {
	switch {
	case c == 0:
		return 0
	case c > arrayMax:
		return containerCost + 8192
	}
	return containerCost + 2*int(c)
}

func (b *bitmap) size() int {
	return int(unsafe.Sizeof(*b)) + b.bytes + len(b.buckets)*bucketCost + cap(b.blocks)*8 +
		len(b.blocks)*int(unsafe.Sizeof(block{}))
}

func (b *bitmap) bucketAt(high uint32) (int, bool) {
	return slices.BinarySearchFunc(b.buckets, high, func(k bucket, h uint32) int {
		switch {
		case k.high < h:
			return -1
		case k.high > h:
			return 1
		}
		return 0
	})
}

func (b *bitmap) has(v int64) bool {
	u := toBits(v)
	i, ok := b.bucketAt(uint32(u >> 32))
	return ok && b.buckets[i].bits.Contains(uint32(u))
}

func (b *bitmap) add(v int64) bool {
	u := toBits(v)
	i, ok := b.bucketAt(uint32(u >> 32))
	if !ok {
		b.buckets = slices.Insert(b.buckets, i, bucket{uint32(u >> 32), roaring.New()})
	}
	if !b.buckets[i].bits.CheckedAdd(uint32(u)) {
		return false
	}
	b.count(u>>16, 1)
	return true
}

func (b *bitmap) remove(v int64) bool {
	u := toBits(v)
	i, ok := b.bucketAt(uint32(u >> 32))
	if !ok || !b.buckets[i].bits.CheckedRemove(uint32(u)) {
		return false
	}
	b.drop(i)
	b.count(u>>16, -1)
	return true
}

// drop takes out the bucket where it has become empty.
func (b *bitmap) drop(i int) {
	if b.buckets[i].bits.IsEmpty() {
		b.buckets = slices.Delete(b.buckets, i, i+1)
	}
}

// place finds a container's number.
func (b *bitmap) place(key uint64) (blk, at int, ok bool) {
	blk = sort.Search(len(b.blocks), func(i int) bool { return b.blocks[i].keys[0] > key }) - 1
	if blk < 0 {
		return 0, 0, false
	}
	k := b.blocks[blk]
	at, ok = slices.BinarySearch(k.keys[:k.n], key)
	return blk, at, ok
}

// hasContainer reports whether v would go to a container that is there.
func (b *bitmap) hasContainer(v int64) bool {
	_, _, ok := b.place(toBits(v) >> 16)
	return ok
}

// count adds delta to the number of members of a container.
func (b *bitmap) count(key uint64, delta int) {
	i, at, ok := b.place(key)
	if !ok {
		i, at = b.room(i, at)
		k := b.blocks[i]
		copy(k.keys[at+1:k.n+1], k.keys[at:k.n])
		copy(k.counts[at+1:k.n+1], k.counts[at:k.n])
		k.keys[at], k.counts[at] = key, 0
		k.n++
		b.containers++
	}
	b.countAt(i, at, delta)
}

// countAt adds delta to the number of members of the container number at of block i.
func (b *bitmap) countAt(i, at, delta int) {
	k := b.blocks[i]
	old := k.counts[at]
	k.counts[at] = uint32(int(old) + delta)
	k.sum += delta
	b.n += delta
	b.bytes += costOf(k.counts[at]) - costOf(old)
	if k.counts[at] > 0 {
		return
	}
	copy(k.keys[at:], k.keys[at+1:k.n])
	copy(k.counts[at:], k.counts[at+1:k.n])
	k.n--
	b.containers--
	if k.n == 0 {
		b.blocks = slices.Delete(b.blocks, i, i+1)
	}
}

// room makes room for a container at a place and returns where it is then.
func (b *bitmap) room(i, at int) (int, int) {
	if len(b.blocks) == 0 {
		b.blocks = append(b.blocks, &block{})
		return 0, 0
	}
	k := b.blocks[i]
	if k.n < blockMax {
		return i, at
	}
	// Numbers that come in order leave full blocks behind.
	keep := blockMax / 2
	if at == blockMax {
		keep = blockMax
	}
	next := &block{n: blockMax - keep}
	copy(next.keys[:], k.keys[keep:])
	copy(next.counts[:], k.counts[keep:])
	for _, c := range next.counts[:next.n] {
		next.sum += int(c)
	}
	k.n, k.sum = keep, k.sum-next.sum
	b.blocks = slices.Insert(b.blocks, i+1, next)
	if at > keep || keep == blockMax {
		return i + 1, at - keep
	}
	return i, at
}

// last returns the greatest member.
func (b *bitmap) last() int64 {
	k := b.buckets[len(b.buckets)-1]
	return fromBits(uint64(k.high)<<32 | uint64(k.bits.Maximum()))
}

// random returns a random member.
func (b *bitmap) random(rng *rand.Rand) int64 {
	u, _, _, _ := b.draw(rng)
	return fromBits(u)
}

// pop takes out a random member.
func (b *bitmap) pop(rng *rand.Rand) int64 {
	u, j, i, at := b.draw(rng)
	b.buckets[j].bits.Remove(uint32(u))
	b.drop(j)
	b.countAt(i, at, -1)
	return fromBits(u)
}

// draw returns a random member, as it stands in the bitmap, with the number of its bucket, and of
// its block and container there.
func (b *bitmap) draw(rng *rand.Rand) (u uint64, j, i, at int) {
	r := rng.IntN(b.n)
	for r >= b.blocks[i].sum {
		r -= b.blocks[i].sum
		i++
	}
	k := b.blocks[i]
	for r >= int(k.counts[at]) {
		r -= int(k.counts[at])
		at++
	}
	key, n := k.keys[at], int(k.counts[at])
	j, _ = b.bucketAt(uint32(key >> 16))
	bits, base := b.buckets[j].bits, uint32(key)<<16
	low := base
	if n > wellFilled {
		for low |= rng.Uint32N(1 << 16); !bits.Contains(low); {
			low = base | rng.Uint32N(1<<16)
		}
	} else {
		low = nth(bits, base, n, r)
	}
	return key<<16 | uint64(low&(1<<16-1)), j, i, at
}

// nth returns the member number r of the n of the container at base. It cuts the range where
// the member would be if the others lay evenly, and in the middle when that has not helped.
func nth(bits *roaring.Bitmap, base uint32, n, r int) uint32 {
	lo, hi := uint64(base), uint64(base)+1<<16
	for even := true; ; {
		switch {
		case hi-lo == uint64(n):
			return uint32(lo) + uint32(r)
		case r == 0:
			return uint32(bits.NextValue(uint32(lo)))
		case r == n-1:
			return uint32(bits.PreviousValue(uint32(hi - 1)))
		}
		cut, before := lo+(hi-lo)/2, n
		if even {
			cut = lo + (hi-lo)*uint64(2*r+1)/uint64(2*n)
		}
		if below := int(bits.CardinalityInRange(lo, cut)); r < below {
			n, hi = below, cut
			if n == before {
				hi = uint64(bits.PreviousValue(uint32(cut-1))) + 1
			}
		} else {
			n, r, lo = n-below, r-below, cut
			if n == before {
				lo = uint64(bits.NextValue(uint32(cut)))
			}
		}
		even = n*2 <= before
	}
}

// each passes the members from v on in ascending order to fn until it says no.
func (b *bitmap) each(v int64, fn func(int64) bool) {
	u := toBits(v)
	i, same := b.bucketAt(uint32(u >> 32))
	for ; i < len(b.buckets); i++ {
		k := b.buckets[i]
		it := k.bits.Iterator()
		if same {
			it.AdvanceIfNeeded(uint32(u))
			same = false
		}
		for it.HasNext() {
			if !fn(fromBits(uint64(k.high)<<32 | uint64(it.Next()))) {
				return
			}
		}
	}
}

func (b *bitmap) clone() *bitmap {
	c := *b
	c.buckets = slices.Clone(b.buckets)
	for i := range c.buckets {
		c.buckets[i].bits = b.buckets[i].bits.Clone()
	}
	c.blocks = slices.Clone(b.blocks)
	for i, k := range b.blocks {
		k := *k
		c.blocks[i] = &k
	}
	return &c
}

// An operation joins two bitmaps of the same bucket to a third.
type operation func(x, y *roaring.Bitmap) *roaring.Bitmap

// combine joins two bitmaps; with left, buckets that only x has stay, and with right
// those that only y has. What it returns has no numbers of members yet, and shares
// nothing that changes.
func combine(x, y *bitmap, op operation, left, right bool) *bitmap {
	out := &bitmap{}
	i, j := 0, 0
	for i < len(x.buckets) || j < len(y.buckets) {
		switch {
		case j == len(y.buckets) || i < len(x.buckets) && x.buckets[i].high < y.buckets[j].high:
			if left {
				out.buckets = append(out.buckets, bucket{x.buckets[i].high, x.buckets[i].bits.Clone()})
			}
			i++
		case i == len(x.buckets) || y.buckets[j].high < x.buckets[i].high:
			if right {
				out.buckets = append(out.buckets, bucket{y.buckets[j].high, y.buckets[j].bits.Clone()})
			}
			j++
		default:
			if b := op(x.buckets[i].bits, y.buckets[j].bits); !b.IsEmpty() {
				out.buckets = append(out.buckets, bucket{x.buckets[i].high, b})
			}
			i++
			j++
		}
	}
	return out
}

// andCount returns the number of members of both.
func andCount(x, y *bitmap) (n int) {
	j := 0
	for _, k := range x.buckets {
		for j < len(y.buckets) && y.buckets[j].high < k.high {
			j++
		}
		if j < len(y.buckets) && y.buckets[j].high == k.high {
			n += int(k.bits.AndCardinality(y.buckets[j].bits))
		}
	}
	return n
}

func (b *bitmap) cardinality() (n int) {
	for _, k := range b.buckets {
		n += int(k.bits.GetCardinality())
	}
	return n
}

// recount makes the numbers of members anew from the bitmaps.
func (b *bitmap) recount() {
	b.blocks, b.containers, b.n, b.bytes = nil, 0, 0, 0
	var buf [1024]uint32
	for _, k := range b.buckets {
		key, c := uint64(k.high)<<16, 0
		it := k.bits.ManyIterator()
		for n := it.NextMany(buf[:]); n > 0; n = it.NextMany(buf[:]) {
			for _, low := range buf[:n] {
				if at := uint64(k.high)<<16 | uint64(low>>16); at != key {
					if c > 0 {
						b.count(key, c)
					}
					key, c = at, 0
				}
				c++
			}
		}
		if c > 0 {
			b.count(key, c)
		}
	}
}

func (b *bitmap) check() bool {
	c := b.clone()
	c.recount()
	if c.n != b.n || c.containers != b.containers || c.bytes != b.bytes {
		return false
	}
	for _, k := range b.blocks {
		sum := 0
		for _, n := range k.counts[:k.n] {
			sum += int(n)
		}
		if sum != k.sum {
			return false
		}
	}
	return true
}

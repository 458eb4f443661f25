package set

import "maps"

// Which part of a large set integers go to.
//
// A roaring bitmap takes two bytes or less for an integer, but some 64 beside for each
// container, the integers that share their upper 48 bits. So integers go to the bitmap
// while it has at least thin of them to a container, and to it from the table when they
// have become dense to a container; between the two everything stays as it is. Buckets,
// of which there is one for each value of the upper 32 bits, cost more, and adding to
// many of them is slow (a new one moves all behind it): their number is limited.
//
// The bitmap knows its containers. For the table a census finds out: every change looks
// at a few members on, and counts those of a sample of containers (one hash of container
// in every so many, ever fewer as there are more); when all have been seen, the mean
// of the sample decides. It is taken anew when the set has grown by half.
//
// Then the members move, a few with every change, so that no change takes long. Until
// all have moved a member may be in either part.
//
// # Scanning
//
// A scan passes the part first that members leave, and then the one that they go to:
// so it misses none that moves. When the direction turns, that is not so any more: the
// cursor carries the number of the turn, and one of another turn starts again.
type dense struct {
	isDense bool  // integers go to the bitmap
	turn    uint8 // 1 to turns
	loose   int   // integers in the table that would fit the bitmap, and have no time
	census  *census
	next    int    // number of loose integers at which a census is taken
	mover   uint64 // where the move out of the table goes on
}

type census struct {
	cursor  uint64
	mask    uint64              // containers of which the hash has these bits clear are the sample
	sample  map[uint64]int      // the members of each
	buckets map[uint32]struct{} // up to maxBuckets
}

const (
	densePer    = 16 // members to a container from which a bitmap pays
	thinPer     = 8  // and below which it does not
	fewMembers  = 64 // a bitmap of no more stays what it is
	maxBuckets  = 512
	firstCensus = 1024
	perStep     = 16 // members moved or looked at with each change
	sampleSize  = 1 << 10

	turns = 3
	// fitsIn is the number of bits of integers that the bitmap takes: the cursor
	// of a scan needs the others.
	fitsIn = 59
)

func newDense() dense { return dense{turn: 1, next: firstCensus} }

// fits reports whether the bitmap may take the integer.
func fits(n int64) bool { return -1<<(fitsIn-1) <= n && n < 1<<(fitsIn-1) }

// wants reports whether an integer that is not there is to go to the bitmap. A
// container that would make the bitmap too thin is not begun.
func (l *large) wants(n int64) bool {
	if !l.isDense {
		return false
	}
	b := l.bits
	if b.n < fewMembers || b.hasContainer(n) {
		return true
	}
	// What is still to move counts: the containers that come first are thin.
	if (b.containers+1)*thinPer > b.n+l.loose || len(b.buckets) > 2*maxBuckets {
		l.turnTo(false)
		return false
	}
	return true
}

// thinned looks whether the bitmap still pays, after a removal.
func (l *large) thinned() {
	if b := l.bits; l.isDense && b.n > fewMembers && b.containers*thinPer > b.n+l.loose {
		l.turnTo(false)
	}
}

// turnTo makes integers go to the bitmap, or to the table, from now on.
func (l *large) turnTo(isDense bool) {
	l.isDense, l.census, l.mover = isDense, nil, 0
	l.turn = l.turn%turns + 1
	l.next = max(firstCensus, (l.loose+l.bits.n)*2)
}

// decideFor chooses the part for the first integers, which are those of the encoding Ints.
func (l *large) decideFor(b []byte) {
	fitting, containers, buckets := 0, 0, 0
	var last uint64
	for i := range intCount(b) {
		v := intAt(b, i)
		if !fits(v) {
			continue
		}
		u := toBits(v)
		if fitting == 0 || u>>16 != last>>16 {
			containers++
		}
		if fitting == 0 || u>>32 != last>>32 {
			buckets++
		}
		fitting++
		last = u
	}
	l.isDense = fitting > 0 && fitting >= densePer*containers && buckets <= maxBuckets
}

// migrate does a step of what is under way after a change.
func (l *large) migrate() {
	switch {
	case l.isDense && l.loose > 0:
		l.moveToBits()
	case !l.isDense && l.bits.n > 0:
		l.moveToTable()
	case !l.isDense && l.census != nil:
		l.census.step(l)
	case !l.isDense && l.loose >= l.next:
		l.census = &census{sample: map[uint64]int{}, buckets: map[uint32]struct{}{}}
	}
}

func (l *large) moveToBits() {
	var buf [4 * perStep]int64
	list := buf[:0]
	l.mover = l.index.Scan(l, l.mover, perStep, func(ref uint32) {
		t := l.member(ref)
		if n, ok := t.Int(); ok && fits(n) && l.body(ref)[0] != timedMark {
			list = append(list, n)
		}
	})
	// Records move when others go, so members are looked for again.
	for _, n := range list {
		t := makeInt(n)
		p, ref := l.probe(&t, l.hashOf(&t))
		l.take(&p, ref, true)
		l.bits.add(n)
	}
}

// moveToTable takes the last members: taking out a container moves all that come after it.
func (l *large) moveToTable() {
	for range min(perStep, l.bits.n) {
		n := l.bits.last()
		t := makeInt(n)
		l.bits.remove(n)
		l.insert(&t, l.hashOf(&t), true)
	}
}

// spread mixes the bits of a container's key.
func spread(key uint64) uint64 {
	key *= 0x9e3779b97f4a7c15
	return key >> 32
}

func (c *census) step(l *large) {
	c.cursor = l.index.Scan(l, c.cursor, perStep, func(ref uint32) {
		t := l.member(ref)
		n, ok := t.Int()
		if !ok || !fits(n) || l.body(ref)[0] == timedMark {
			return
		}
		u := toBits(n)
		if len(c.buckets) <= maxBuckets {
			c.buckets[uint32(u>>32)] = struct{}{}
		}
		if spread(u>>16)&c.mask == 0 {
			c.sample[u>>16]++
		}
	})
	for len(c.sample) > sampleSize {
		c.mask = c.mask<<1 | 1
		maps.DeleteFunc(c.sample, func(key uint64, _ int) bool { return spread(key)&c.mask != 0 })
	}
	if c.cursor != 0 && len(c.buckets) <= maxBuckets {
		return
	}
	members := 0
	for _, n := range c.sample {
		members += n
	}
	l.census, l.next = nil, l.loose+l.loose/2
	if len(c.buckets) <= maxBuckets && members >= densePer*len(c.sample) && members > 0 {
		l.turnTo(true)
	}
}

func (d *dense) size() int {
	if d.census == nil {
		return 0
	}
	return 32*len(d.census.sample) + 16*len(d.census.buckets)
}

func (d *dense) clone() dense {
	c := *d
	if d.census != nil {
		n := *d.census
		n.sample, n.buckets = maps.Clone(n.sample), maps.Clone(n.buckets)
		c.census = &n
	}
	return c
}

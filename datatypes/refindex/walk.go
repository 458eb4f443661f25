package refindex

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// Walk passes every reference to fn until fn says no. fn must not change the index.
func (x *Index) Walk(fn func(ref uint32) bool) {
	if x.dir == nil {
		for _, r := range x.refs {
			if !fn(r) {
				return
			}
		}
		return
	}
	var last *segment
	for _, s := range x.dir {
		if s == last {
			continue
		}
		last = s
		for _, p := range s.pages[:s.n] {
			for i, t := range &p.tags {
				if t >= firstTag && !fn(p.refs[i]) {
					return
				}
			}
		}
	}
}

// Scan passes about count references (at least one, as long as any is left) to fn
// and returns the cursor to go on with, 0 at the end. Cursor 0 starts. An entry that is
// there from the first call to the last is passed at least once, and exactly once
// by calls between which the index does not become a list or a table. fn must not
// change the index.
func (x *Index) Scan(o Owner, cursor uint64, count int, fn func(ref uint32)) uint64 {
	if x.dir == nil {
		for _, r := range x.refs {
			fn(r)
		}
		return 0
	}
	if cursor > 1<<32-1 {
		return 0
	}
	for from := uint32(cursor); ; {
		s := x.segmentOf(from)
		g := s.home(from)
		// As many home groups as hold what is wanted, at the usual load.
		end := min(s.groups(), g+max(1, (count+5)/6))
		count -= s.scan(o, from, g, end, fn)
		next := x.startOf(s, from, end)
		if next == 0 || count <= 0 {
			return next
		}
		from = uint32(next)
	}
}

// scan passes the entries at home in the groups [g, end) whose prefix is at least
// from. They stand there or, up to the first group with an empty slot, behind.
func (s *segment) scan(o Owner, from uint32, g, end int, fn func(ref uint32)) (n int) {
	for i := g; i < g+s.groups(); i++ {
		at := i % s.groups()
		w := s.group(at)
		for k := range 8 {
			if uint8(w>>(8*k)) < firstTag {
				continue
			}
			r := s.ref(at*8 + k)
			p := prefix(o.Hash(r))
			if home := s.home(p); home >= g && home < end && p >= from {
				fn(r)
				n++
			}
		}
		if i >= end-1 && zeroBytes(w) != 0 {
			break
		}
	}
	return n
}

// startOf returns the least prefix whose home is the group end of the segment that
// holds p, or which lies behind the segment; 0 where there is none.
func (x *Index) startOf(s *segment, p uint32, end int) uint64 {
	width := uint64(1) << (32 - s.depth)
	base := uint64(p) &^ (width - 1)
	if end >= s.groups() {
		return (base + width) & (1<<32 - 1)
	}
	frac := (uint64(end)<<32 + uint64(s.groups()) - 1) / uint64(s.groups())
	return base + (frac+(1<<s.depth-1))>>s.depth
}

// Random returns a random reference, each with the same probability; 0 when there
// is none.
func (x *Index) Random(rng *rand.Rand) uint32 {
	_, ref := x.Draw(rng)
	return ref
}

// Draw is Random with the probe that has just returned the reference.
func (x *Index) Draw(rng *rand.Rand) (p Probe, ref uint32) {
	p.x = x
	switch {
	case x.count == 0:
		return p, 0
	case x.dir == nil:
		p.slot = rng.IntN(len(x.refs))
		return p, x.refs[p.slot]
	}
	for {
		// A segment stands in the directory as often as it has hashes. It is kept with a
		// probability in proportion to its entries, so that no entry is likelier than
		// another, and is drawn again else.
		i := rng.IntN(len(x.dir))
		s := x.dir[i]
		if rng.IntN(x.mostPerHash()<<(x.depth-s.depth)) >= s.used {
			continue
		}
		p.s = s
		for {
			p.slot = rng.IntN(s.n * pageSlots)
			if g := s.pages[p.slot/pageSlots]; g.tags[p.slot%pageSlots] >= firstTag {
				return p, g.refs[p.slot%pageSlots]
			}
		}
	}
}

// mostPerHash returns how many entries a segment has at most for each of its entries in the
// directory. Hashes are random, so the numbers are Poisson's: ten standard deviations
// above the mean there is none.
func (x *Index) mostPerHash() int {
	mean := float64(x.count) / float64(len(x.dir))
	return int(mean+10*math.Sqrt(mean)) + 10
}

// Clone returns a copy.
func (x *Index) Clone() Index {
	c := *x
	c.tags, c.refs, c.spare = slices.Clone(x.tags), slices.Clone(x.refs), nil
	c.dir = slices.Clone(x.dir)
	var last, made *segment
	for i, s := range x.dir {
		if s != last {
			last, made = s, new(segment)
			*made = *s
			for k := range s.n {
				made.pages[k] = new(page)
				*made.pages[k] = *s.pages[k]
			}
		}
		c.dir[i] = made
	}
	return c
}

// Check reports the first broken invariant.
func (x *Index) Check(o Owner) error {
	if x.dir == nil {
		if x.count != len(x.refs) || len(x.refs) != len(x.tags) {
			return fmt.Errorf("refindex: counts %d entries, has %d", x.count, len(x.refs))
		}
		return nil
	}
	used, pages, segs := 0, 0, 0
	var last *segment
	for i, s := range x.dir {
		if s == last {
			continue
		}
		last = s
		segs++
		pages += s.n
		n, dead := 0, 0
		for slot := range s.n * pageSlots {
			switch t := s.pages[slot/pageSlots].tags[slot%pageSlots]; {
			case t == deadTag:
				dead++
			case t >= firstTag:
				n++
				h := o.Hash(s.ref(slot))
				if tagOf(h) != t || x.segmentOf(prefix(h)) != s || !s.reaches(s.home(prefix(h)), slot/8) {
					return fmt.Errorf("refindex: slot %d of segment %d is not where its hash leads", slot, i)
				}
			}
		}
		if n != s.used || dead != s.dead {
			return fmt.Errorf("refindex: segment %d counts %d and %d removed, has %d and %d", i, s.used, s.dead, n, dead)
		}
		used += n
	}
	if used != x.count || pages != x.pages || segs != x.segs {
		return fmt.Errorf("refindex: counts %d entries, %d pages, %d segments; has %d, %d, %d",
			x.count, x.pages, x.segs, used, pages, segs)
	}
	return nil
}

// reaches reports whether a search from the group home gets to the group to.
func (s *segment) reaches(home, to int) bool {
	for g := home; g != to; g = (g + 1) % s.groups() {
		if zeroBytes(s.group(g)) != 0 {
			return false
		}
	}
	return true
}

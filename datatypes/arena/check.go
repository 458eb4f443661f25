package arena

import "fmt"

// Check walks every chunk and reports the first broken invariant: blocks that
// do not tile their chunk, or counters and free lists that do not agree with them.
func (a *Arena) Check() error {
	live, free, capacity, records := 0, 0, 0, 0
	for i := range a.chunks {
		c := &a.chunks[i]
		if c.mem == nil {
			continue
		}
		capacity += len(c.mem) >> unitShift
		chunkLive := 0
		at := c.start(i)
		for at < c.bump {
			h := c.header(at)
			u := int(h & maxUnits)
			if u == 0 {
				return fmt.Errorf("arena: chunk %d has an empty block at unit %d", i, at)
			}
			if h&liveBit != 0 {
				chunkLive += u
				records++
			} else if u >= 2 && !c.victim {
				free++
			}
			at += u
		}
		if at != c.bump {
			return fmt.Errorf("arena: blocks of chunk %d end at unit %d, not at %d", i, at, c.bump)
		}
		if chunkLive != c.live {
			return fmt.Errorf("arena: chunk %d counts %d live units, has %d", i, c.live, chunkLive)
		}
		live += chunkLive
	}
	if live != a.liveUnits || capacity != a.capUnits || records != a.records {
		return fmt.Errorf("arena: counts %d live of %d units in %d records, has %d of %d in %d",
			a.liveUnits, a.capUnits, a.records, live, capacity, records)
	}
	return a.checkLists(free)
}

func (a *Arena) checkLists(want int) error {
	if a.bins == nil {
		if want != 0 {
			return fmt.Errorf("arena: %d free blocks stand in no list", want)
		}
		return nil
	}
	linked := 0
	for bin, ref := range a.bins.head {
		if used := a.bins.used[bin>>6]&(1<<(bin&63)) != 0; used != (ref != 0) {
			return fmt.Errorf("arena: the map of lists is wrong about list %d", bin)
		}
		for prev := Ref(0); ref != 0; linked++ {
			c := &a.chunks[ref>>chunkUnitBits]
			h := c.header(int(ref & (chunkUnits - 1)))
			next, back := c.links(ref)
			if h&liveBit != 0 || binOf(int(h&maxUnits)) != bin || back != prev || c.victim {
				return fmt.Errorf("arena: list %d is broken at %#x", bin, uint32(ref))
			}
			prev, ref = ref, next
		}
	}
	if linked != want {
		return fmt.Errorf("arena: %d free blocks stand in lists, %d exist", linked, want)
	}
	return nil
}

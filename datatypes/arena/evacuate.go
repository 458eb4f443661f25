package arena

// An Evacuation empties one chunk. The owner moves each record that Next names
// to a new record (Alloc gives none in that chunk), frees the old one, and calls
// Finish when Next has no more. Other allocations and frees may happen between
// the steps.
type Evacuation struct {
	a    *Arena
	idx  int
	at   int
	done bool
}

// Sparse starts the evacuation of the emptiest chunk when more than 1/8 of the
// arena (and more than two chunks' worth) is free; otherwise it returns nil. That
// chunk is then at most 7/8 full, so the bytes moved are at most seven times those
// gained.
func (a *Arena) Sparse() *Evacuation {
	free := a.capUnits - a.liveUnits
	if free*8 <= a.capUnits || free < 2*len(a.chunks[a.lastChunk()].mem)>>unitShift {
		return nil
	}
	best, bestLive := -1, 0
	for i := range a.chunks {
		c := &a.chunks[i]
		if c.mem == nil || i == a.current || c.victim {
			continue
		}
		if best < 0 || c.live*len(a.chunks[best].mem) < bestLive*len(c.mem) {
			best, bestLive = i, c.live
		}
	}
	if best < 0 {
		return nil
	}
	a.condemn(best)
	return &Evacuation{a: a, idx: best, at: a.chunks[best].start(best)}
}

func (a *Arena) lastChunk() int { return a.current }

func (c *chunk) start(idx int) int {
	if idx == 0 {
		return 1
	}
	return 0
}

// condemn takes a chunk's free blocks out of the lists.
func (a *Arena) condemn(idx int) {
	c := &a.chunks[idx]
	c.victim = true
	for at := c.start(idx); at < c.bump; {
		h := c.header(at)
		u := int(h & maxUnits)
		if h&liveBit == 0 {
			a.unlink(c, Ref(idx<<chunkUnitBits|at), u)
		}
		at += u
	}
}

// Next returns the next record to move; ok is false when none is left.
func (e *Evacuation) Next() (ref Ref, ok bool) {
	c := &e.a.chunks[e.idx]
	for e.at < c.bump {
		h := c.header(e.at)
		ref := Ref(e.idx<<chunkUnitBits | e.at)
		e.at += int(h & maxUnits)
		if h&liveBit != 0 {
			return ref, true
		}
	}
	return 0, false
}

// Finish drops the chunk. All its records must have been freed.
func (e *Evacuation) Finish() {
	c := &e.a.chunks[e.idx]
	if c.live != 0 {
		panic("arena: a chunk with live records is dropped")
	}
	e.a.capUnits -= len(c.mem) >> unitShift
	e.a.chunks[e.idx] = chunk{}
	e.a.changes++
	e.a.freeIdx = append(e.a.freeIdx, e.idx)
}

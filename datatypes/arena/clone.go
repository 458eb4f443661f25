package arena

import "slices"

// Clone returns a copy in which every record has the same Ref. No evacuation may be
// under way.
func (a *Arena) Clone() Arena {
	c := *a
	c.chunks = slices.Clone(a.chunks)
	for i := range c.chunks {
		c.chunks[i].mem = slices.Clone(a.chunks[i].mem)
	}
	c.freeIdx = slices.Clone(a.freeIdx)
	if a.bins != nil {
		b := *a.bins
		c.bins = &b
	}
	return c
}

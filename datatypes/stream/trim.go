package stream

// Refs says what becomes of the references that groups have to an entry which is to be
// removed: what is pending in them.
type Refs uint8

// The policies.
const (
	KeepRefs  Refs = iota // they stay, and lead nowhere
	DropRefs              // they go too
	OnlyAcked             // an entry stays as long as a group has not read or not acknowledged it
)

// A Trim says what Trim removes from the start of a stream.
type Trim struct {
	MaxLen int  // entries that stay
	MinID  ID   // with ByID: the first ID that stays
	ByID   bool // by MinID, not MaxLen
	// About removes whole blocks only, and so may leave more.
	About bool
	Limit int // of entries that are looked at; 0 for none
	Refs  Refs
}

// Trim removes entries from the start of the stream and returns how many.
func (s Stream) Trim(t Trim) (removed int) {
	d := s.data()
	if d == nil || d.length == 0 {
		return 0
	}
	if t.Refs == OnlyAcked {
		removed, _ = s.TrimAcked(t)
		return removed
	}
	if removed = d.trim(&t); removed > 0 {
		s.change()
		if d.length == 0 {
			d.top = ID{}
		}
		s.v.Empty = d.length == 0
	}
	return removed
}

func (d *data) trim(t *Trim) (removed int) {
	for d.length > 0 && (t.ByID || d.length > t.MaxLen) {
		b := d.firstBlock()
		n := int(b.live)
		if t.Limit > 0 && removed+n > t.Limit {
			break
		}
		whole := d.length-n >= t.MaxLen
		if t.ByID {
			whole = b.last.Less(t.MinID)
		}
		if !whole {
			if !t.About {
				removed += d.trimBlock(b, t)
			}
			break
		}
		if t.Refs == DropRefs {
			for m := b.first(); m.next(); {
				if !m.dead() {
					d.dropRefs(m.id)
				}
			}
		}
		d.length -= n
		removed += n
		d.drop(b)
	}
	return removed
}

// trimBlock removes entries one by one from a block of which some stay.
func (d *data) trimBlock(b *block, t *Trim) (removed int) {
	b = d.writable(b)
	for m := b.first(); m.next(); {
		if t.ByID && !m.id.Less(t.MinID) || !t.ByID && d.length <= t.MaxLen {
			break
		}
		if m.dead() {
			continue
		}
		if t.Refs == DropRefs {
			d.dropRefs(m.id)
		}
		b.kill(&m)
		d.length--
		removed++
	}
	switch {
	case b.live == 0: // of a block that ends in dead entries
		d.drop(b)
	case b.wasteful():
		d.bytes -= cap(b.buf)
		b.compact()
		d.bytes += cap(b.buf)
	}
	return removed
}

// TrimAcked is Trim with OnlyAcked: it removes those of the entries before the bound that
// no group needs. It does so entry by entry, and tells before which ID it stopped, MaxID
// where it came to the end.
func (s Stream) TrimAcked(t Trim) (removed int, stop ID) {
	d := s.data()
	if d == nil {
		return 0, MaxID
	}
	var gone []ID
	most := d.length - t.MaxLen
	stop = MaxID
	it := s.Range(ID{}, MaxID, false)
	for seen := 0; it.Next(); seen++ {
		if t.ByID && !it.ID().Less(t.MinID) || !t.ByID && seen >= most || t.Limit > 0 && seen >= t.Limit {
			stop = it.ID()
			break
		}
		if !d.referenced(it.ID()) {
			gone = append(gone, it.ID())
		}
	}
	for _, id := range gone {
		m, _ := d.find(id)
		d.kill(m)
		d.settle(id)
	}
	if len(gone) > 0 {
		s.change()
		s.v.Empty = d.length == 0
	}
	return len(gone), stop
}

// Referenced reports whether a group needs the entry: it has not read it, or has it
// pending. Without a group nobody has read it.
func (s Stream) Referenced(id ID) bool {
	d := s.data()
	return d == nil || d.referenced(id)
}

func (d *data) referenced(id ID) bool {
	for _, g := range d.groups {
		if g.last.Less(id) || g.find(id) != 0 {
			return true
		}
	}
	return len(d.groups) == 0
}

// DropRefs removes the ID from what is pending in the groups, and reports whether it was
// in one.
func (s Stream) DropRefs(id ID) bool {
	if d := s.data(); d == nil || len(d.groups) == 0 {
		return false
	}
	return s.change().dropRefs(id)
}

func (d *data) dropRefs(id ID) (dropped bool) {
	for _, g := range d.groups {
		if r := g.find(id); r != 0 {
			g.remove(r)
			d.tell(g)
			dropped = true
		}
	}
	return dropped
}

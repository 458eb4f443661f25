package stream

import (
	"encoding/binary"
	"slices"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/pack"
)

// A block is a run of entries in one piece of memory. What entries have in common
// stands in it once: the names of the fields, which are those of the first entry, and
// the greater part of the ID, since each is kept as the difference from the one before.
//
//	names    uvarint n, then n strings (package pack)
//	entries  one after the other, from start on
//
// An entry is
//
//	head     bit 0    dead: deleted, and only kept for the difference
//	         bit 1    has names of its own
//	         bits 2-3 how the ID differs from the one before:
//	                  0  seq is one more in the same millisecond
//	                  1  uvarint later in milliseconds, seq 0
//	                  2  uvarint later in milliseconds, then uvarint: by how much seq
//	                     is greater, or, in another millisecond, seq itself
//	         bits 4-7 bytes of the body, 0 to 14; 15: they follow as uvarint
//	body     the values; with names of its own: uvarint n, then n times name and value
//
// So an entry of two small fields takes one or two bytes beside its values. The one
// alternative that was considered, the difference from the block's first entry, makes
// deleting simpler and costs two bytes an entry more.
//
// Deleting marks the entry; from the front, start moves on. When half of a block is
// waste it is written anew. A block in which nothing lives is dropped by its owner.
//
// The block's size is told by the limits of the field's servers, in terms of what
// their block would hold, since how much "about" trims can be seen (node).
type block struct {
	owner *owner
	key   ID // of the first entry that ever was in it; the tree's order
	base  ID // from which the ID of the entry at start differs
	last  ID // of the last entry, dead or alive
	buf   []byte
	start uint32 // offset of the first entry, which lives
	waste uint32 // bytes of dead entries, also of those before start
	live  int32
	dead  int32 // entries ever deleted
	node  int   // bytes that other servers' blocks would take
}

// An owner is who may change a block; others copy it first.
type owner struct{ _ byte }

const (
	headDead   = 1 << 0
	headNames  = 1 << 1
	headMode   = 3 << 2
	modeNext   = 0 << 2
	modeMs     = 1 << 2
	modeBoth   = 2 << 2
	headLen    = 4 // shift
	longBody   = 15
	maxHead    = 1 + 3*binary.MaxVarintLen64
	firstBuf   = 64 // bytes
	minCompact = 256
)

// A mark is a place in a block.
type mark struct {
	b    *block
	prev ID  // of the entry before
	id   ID  // of the entry at at
	at   int // offset of the head
	body int // offset of the body
	end  int
}

// first returns the mark before the block's first entry.
func (b *block) first() mark { return mark{b: b, id: b.base, end: int(b.start)} }

// next goes on to the next entry, dead ones included; false at the end.
func (m *mark) next() bool {
	buf := m.b.buf
	at := m.end
	if at >= len(buf) {
		return false
	}
	m.at, m.prev = at, m.id
	head := buf[at]
	at++
	switch head & headMode {
	case modeNext:
		m.id.Seq++
	case modeMs:
		d := uint64(buf[at])
		n := 1
		if d >= 0x80 {
			d, n = binary.Uvarint(buf[at:])
		}
		at += n
		m.id.Ms += d
		m.id.Seq = 0
	default:
		d, n := binary.Uvarint(buf[at:])
		at += n
		seq, n := binary.Uvarint(buf[at:])
		at += n
		if d == 0 {
			seq += m.id.Seq
		}
		m.id.Ms += d
		m.id.Seq = seq
	}
	n := int(head >> headLen)
	if n == longBody {
		u, w := binary.Uvarint(buf[at:])
		n, at = int(u), at+w
	}
	m.body, m.end = at, at+n
	return true
}

func (m *mark) dead() bool { return m.b.buf[m.at]&headDead != 0 }

// appendHead appends what stands before a body of n bytes.
func appendHead(dst []byte, prev, id ID, flags byte, n int) []byte {
	head := flags
	short := n
	if n >= longBody {
		short = longBody
	}
	head |= byte(short) << headLen
	switch {
	case id.Ms == prev.Ms && id.Seq == prev.Seq+1:
		dst = append(dst, head|modeNext)
	case id.Ms != prev.Ms && id.Seq == 0:
		dst = append(dst, head|modeMs)
		dst = binary.AppendUvarint(dst, id.Ms-prev.Ms)
	default:
		seq := id.Seq
		if id.Ms == prev.Ms {
			seq -= prev.Seq
		}
		dst = append(dst, head|modeBoth)
		dst = binary.AppendUvarint(dst, id.Ms-prev.Ms)
		dst = binary.AppendUvarint(dst, seq)
	}
	if n >= longBody {
		dst = binary.AppendUvarint(dst, uint64(n))
	}
	return dst
}

func appendText(dst []byte, t *pack.Text) []byte {
	at, n := len(dst), t.Size()
	dst = slices.Grow(dst, n)[:at+n]
	t.Write(dst[at : at+n])
	return dst
}

// begin gives an empty block the names of its first entry.
func (b *block) begin(id ID, fields [][]byte) {
	n := len(fields) / 2
	b.key, b.base, b.last = id, ID{id.Ms, id.Seq - 1}, id
	b.buf = binary.AppendUvarint(b.buf[:0], uint64(n))
	b.node = newNode(n)
	for i := 0; i < len(fields); i += 2 {
		t := pack.Make(fields[i])
		b.buf = appendText(b.buf, &t)
		b.node += textNode(&t)
	}
	b.start = uint32(len(b.buf))
	if id.Seq == 0 {
		b.base = ID{id.Ms - 1, 0} // also below 0-0: the difference is what counts
	}
}

// sameNames reports whether the fields have the block's names.
func (b *block) sameNames(fields [][]byte) bool {
	n, at := binary.Uvarint(b.buf)
	if int(n) != len(fields)/2 {
		return false
	}
	for i := 0; i < len(fields); i += 2 {
		end := pack.End(b.buf, at)
		t := pack.Make(fields[i])
		if !t.Equals(b.buf[at:end]) {
			return false
		}
		at = end
	}
	return true
}

// append adds an entry, whose ID is greater than all. The body is written where it
// comes to stand if the head is a short one, as it nearly always is.
func (b *block) append(id ID, fields [][]byte) {
	const short = 2
	at := len(b.buf)
	b.buf = append(b.buf, 0, 0)
	flags, node := byte(0), 0
	same := b.sameNames(fields)
	if !same {
		flags = headNames
		b.buf = binary.AppendUvarint(b.buf, uint64(len(fields)/2))
		node = intNode(int64(len(fields) / 2))
	}
	for i, f := range fields {
		if same && i%2 == 0 {
			continue
		}
		t := pack.Make(f)
		b.buf = appendText(b.buf, &t)
		node += textNode(&t)
	}
	prev := b.last
	if b.live+b.dead == 0 {
		prev = b.base
	}
	var room [maxHead]byte
	head := appendHead(room[:0], prev, id, flags, len(b.buf)-at-short)
	switch n := len(head); {
	case n > short:
		b.buf = slices.Insert(b.buf, at+short, head[short:]...)
	case n < short:
		b.buf = slices.Delete(b.buf, at, at+short-n)
	}
	copy(b.buf[at:], head)
	b.node += node + entryNode(b.key, id, len(fields)/2, same) + intNode(int64(b.live+1)) - intNode(int64(b.live))
	b.live++
	b.last = id
}

// find returns the mark of the entry with the ID, dead or alive.
func (b *block) find(id ID) (m mark, ok bool) {
	for m = b.first(); m.next(); {
		if !m.id.Less(id) {
			return m, m.id == id
		}
	}
	return m, false
}

// kill marks the entry as dead.
func (b *block) kill(m *mark) {
	b.buf[m.at] |= headDead
	b.node += intNode(int64(b.live-1)) - intNode(int64(b.live)) + intNode(int64(b.dead+1)) - intNode(int64(b.dead))
	b.live--
	b.dead++
	b.waste += uint32(m.end - m.at)
	if m.at == int(b.start) {
		b.skip()
	}
}

// skip moves start behind dead entries.
func (b *block) skip() {
	for m := b.first(); m.next() && m.dead(); {
		b.start, b.base = uint32(m.end), m.id
	}
}

// wasteful reports whether the block should be written anew.
func (b *block) wasteful() bool { return b.waste > minCompact && int(b.waste) > len(b.buf)/2 }

func (b *block) namesEnd() int {
	n, at := binary.Uvarint(b.buf)
	for ; n > 0; n-- {
		at = pack.End(b.buf, at)
	}
	return at
}

// compact writes the block anew without what is dead.
func (b *block) compact() {
	names := b.namesEnd()
	buf := make([]byte, names, len(b.buf)-int(b.waste))
	copy(buf, b.buf)
	m := b.first()
	prev := b.base
	for m.next() {
		if m.dead() {
			continue
		}
		buf = appendHead(buf, prev, m.id, m.b.buf[m.at]&headNames, m.end-m.body)
		buf = append(buf, b.buf[m.body:m.end]...)
		prev = m.id
	}
	b.buf, b.start, b.waste = buf, uint32(names), 0
	b.last = prev
}

// The bytes of a listpack's entries, which is what the limits of a block are told in.

func intNode(v int64) int {
	switch {
	case v >= 0 && v < 128:
		return 2
	case v >= -4096 && v < 4096:
		return 3
	case v >= -1<<15 && v < 1<<15:
		return 4
	case v >= -1<<23 && v < 1<<23:
		return 5
	case v >= -1<<31 && v < 1<<31:
		return 6
	}
	return 10
}

func textNode(t *pack.Text) int {
	if v, ok := t.Int(); ok {
		return intNode(v)
	}
	n := t.Len()
	switch {
	case n < 64:
		n++
	case n < 4096:
		n += 2
	default:
		n += 5
	}
	back := 1
	for rest := n >> 7; rest > 0; rest >>= 7 {
		back++
	}
	return n + back
}

const nodeFrame = 7 // a listpack's header and end

// newNode returns the bytes of a node without entries, but for the names of its n
// fields.
func newNode(n int) int { return nodeFrame + 2*intNode(0) + intNode(int64(n)) + intNode(0) }

// entryNode returns the bytes of an entry beside its strings.
func entryNode(key, id ID, fields int, same bool) int {
	parts := fields + 3
	if !same {
		parts += fields + 1
	}
	return intNode(0) + intNode(int64(id.Ms-key.Ms)) + intNode(int64(id.Seq-key.Seq)) + intNode(int64(parts))
}

const maxNode = 1 << 30 // bytes, where no limit is set

// full reports whether fields go to a new block.
func (b *block) full(fields [][]byte, lim *datatypes.Limits) bool {
	most := lim.StreamNodeMaxBytes
	if most <= 0 || most > maxNode {
		most = maxNode
	}
	n := b.node
	for _, f := range fields {
		n += len(f)
	}
	return n >= most || lim.StreamNodeMaxEntries > 0 && int(b.live+b.dead) >= lim.StreamNodeMaxEntries
}

package keyspace

import (
	"sync/atomic"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/arena"
)

// # Looking ahead
//
// A lookup waits for memory twice: for the index slot and for the record. When several
// commands are there already, LookAhead reads what all of their lookups will read, one
// load behind the other with nothing in between that depends on them, so that the
// processor waits for all at once. Measured on 100k keys and pipelines of 16, misses
// took half of the time that a GET spends outside the kernel.
//
// It takes no lock: locks would put the loads in line again. So it may see an index
// and records that change under its eyes, and nothing that it reads is believed. Go allows
// that as long as every read is of one word, or of memory that never changes once it is
// reachable: the directory and the list of chunks are published whole through an atomic
// pointer, and entries of the directory, pages and slots are single words. Whatever combination
// comes together, indexes are checked before they are used. The race detector, which
// knows no such reasoning, is spared it (raceDetector).

// A Place says where a key belongs, in every database.
type Place struct {
	Shard int
	hash  uint32
}

// Place returns where the key belongs.
func (s *Store) Place(key []byte) Place { return Place{s.ShardOf(key), s.hash(key)} }

// chunkList is the list of an arena's chunks, for those who glance at it without the
// table's lock.
type chunkList struct {
	list    atomic.Pointer[[][]byte]
	changes int // of the arena, as of list
}

// follow brings the list up to date.
func (c *chunkList) follow(a *arena.Arena) {
	if c.changes != a.Changes() {
		c.changes = a.Changes()
		list := a.Chunks()
		c.list.Store(&list)
	}
}

// An Ahead is some keys with their places, and room to look ahead for them.
type Ahead struct {
	keys []placed
	mem  [][]byte
}

type placed struct {
	key []byte
	Place
	seen slotGlance
}

// maxAhead is for how many keys memory is fetched at most: more would not stay in the
// cache until it is used.
const maxAhead = 128

// A slotGlance is what LookAhead has seen of a key's place in the index. A lookup takes it for
// a hint (table.findSeen).
type slotGlance struct {
	t       *table
	seg     *segment
	page    *page
	i       uint
	slot    uint64 // slot i; 0 where no entry was seen
	changes uint32 // of the index, before
}

// Reset empties the list.
func (a *Ahead) Reset() {
	if cap(a.keys) > 8*maxAhead {
		a.keys = nil
	}
	clear(a.keys)
	a.keys = a.keys[:0]
}

// Add adds a key, which it borrows, with its place.
func (a *Ahead) Add(key []byte, p Place) { a.keys = append(a.keys, placed{key: key, Place: p}) }

// Len returns the number of keys.
func (a *Ahead) Len() int { return len(a.keys) }

// LookAhead brings what lookups of the keys in the database will read into the
// processor's cache. What it returns means nothing. The loops that wait for memory do
// nothing else: the fewer instructions lie between two loads, the more of them the
// processor has under way.
func (s *Store) LookAhead(db int, a *Ahead) (sum uint64) {
	if raceDetector {
		return 0
	}
	keys := a.keys[:min(len(a.keys), maxAhead)]
	for i := range keys {
		s.glanceAt(db, keys[i].Place, &keys[i].seen)
	}
	for i := range keys {
		g := &keys[i].seen
		sum += g.page[g.i&(pageSlots-1)]
	}
	mem := a.mem[:0]
	for i := range keys {
		if m := keys[i].seen.record(keys[i].hash); len(m) > cacheLine {
			mem = append(mem, m)
		}
	}
	for _, m := range mem {
		sum += uint64(m[0])
	}
	for _, m := range mem {
		sum += uint64(m[cacheLine])
		if end := arena.BlockLen(m) - 1; end < len(m) && end > cacheLine {
			sum += uint64(m[min(end, 2*cacheLine)])
		}
	}
	clear(mem)
	a.mem = mem
	return sum
}

var noPage page // never written

const cacheLine = 64 // bytes

// glanceAt notes where an entry of the place is looked for first.
func (s *Store) glanceAt(db int, p Place, g *slotGlance) {
	g.page = &noPage
	t := s.shards[p.Shard].tables[db]
	if t == nil {
		return
	}
	changes := t.index.changes
	d := t.index.glance.Load()
	if d == nil {
		return
	}
	seg := d.segments[p.hash>>(hashBits-d.depth)]
	i := uint(seg.home(p.hash))
	if i >= segSlots {
		return
	}
	if page := seg.pages[i>>8]; page != nil {
		*g = slotGlance{t: t, seg: seg, page: page, i: i, changes: changes}
	}
}

// record returns memory from the start of the entry's record on; nil where there seems
// to be none.
func (g *slotGlance) record(h uint32) []byte {
	if g.seg == nil {
		return nil
	}
	g.look(h)
	if g.slot == 0 {
		return nil
	}
	ref := arena.Ref(g.slot)
	chunks := g.t.chunks.list.Load()
	if chunks == nil {
		return nil
	}
	c, at := ref.Place()
	if c >= len(*chunks) {
		return nil
	}
	mem := (*chunks)[c]
	if at >= len(mem) {
		return nil
	}
	return mem[at:]
}

// look notes the slot of an entry with the hash, from slot i on; 0 where none is near.
func (g *slotGlance) look(h uint32) {
	for end := min(g.i+glanceSlots, segSlots); g.i < end; g.i++ {
		page := g.seg.pages[g.i>>8]
		if page == nil {
			return
		}
		v := page[g.i&(pageSlots-1)]
		if v == 0 || slotHashOf(v) > h {
			return
		}
		if slotHashOf(v) == h {
			g.slot = v
			return
		}
	}
}

// glanceSlots is how many slots from its home on an entry is looked for.
const glanceSlots = 24

// LookInside brings what lookups of the elements in the key's value will read into the
// processor's cache. The transaction holds the key's shard. What it returns means
// nothing.
func (tx *Tx) LookInside(key []byte, p Place, names [][]byte) uint64 {
	t := tx.store.shards[p.Shard].tables[tx.DB]
	if t == nil {
		return 0
	}
	ref, r := t.find(key, p.hash)
	if ref == 0 || !r.has(objectValue) {
		return 0
	}
	_, object := t.value(r)
	if f, ok := object.(datatypes.Foreseer); ok {
		return f.LookAhead(names)
	}
	return 0
}

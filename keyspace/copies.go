package keyspace

import (
	"encoding/binary"

	"github.com/medleydb/medley/datatypes"
)

// copies are records as they were at the moment of a snapshot, one behind the other in a block:
//
//	4 bytes  database
//	4 bytes  length of the record
//	record   as it stands in the arena, but with a long key, which its table would have, in it
//
// No record has a value that is an object.
type copies struct{ b []byte }

const (
	// blockBytes is how much goes to a block before the next one is begun.
	blockBytes = 32 << 10
	// blockSlack is room in bytes for what comes last.
	blockSlack = maxInlineRecord + 1<<10

	copyHead = 8
)

// add copies a record.
func (c *copies) add(t *table, r record) {
	start := len(c.b)
	c.b = binary.LittleEndian.AppendUint32(c.b, uint32(t.snapDB))
	c.b = append(c.b, 0, 0, 0, 0)
	if r.has(objectKey) {
		from, to := r.keyBounds()
		c.b = append(append(append(c.b, r[:from]...), t.key(r)...), r[to:]...)
		c.b[start+copyHead+recFlags] &^= objectKey
	} else {
		c.b = append(c.b, r...)
	}
	binary.LittleEndian.PutUint32(c.b[start+4:], uint32(len(c.b)-start-copyHead))
}

// full reports whether another block is to be begun.
func (c *copies) full() bool { return c.b == nil || len(c.b) >= blockBytes }

// An encoded is what copies are in a file.
type encoded struct {
	b     []byte
	keys  int
	value datatypes.Value // here, so that it takes no memory for each
}

// take replaces what there is by what encode makes of copies.
func (e *encoded) take(c copies, encode func([]byte, Item) []byte) {
	e.b, e.keys = e.b[:0], 0
	for b := c.b; len(b) > 0; e.keys++ {
		db, n := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		r := record(b[copyHead : copyHead+n])
		from, to := r.keyBounds()
		e.value = datatypes.Value{Kind: r.kind(), Encoding: r.encoding(), Bytes: r[to:]}
		e.b = encode(e.b, Item{DB: int(db), Key: r[from:to:to], ExpiryMs: r.expiry(), Value: &e.value, access: r.clock()})
		b = b[copyHead+n:]
	}
}

package rdb

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/stream"
)

// A stream is its blocks, each a string of 16 bytes, the ID of the first entry, and a
// listpack; figures; and its groups. The listpack:
//
//	entries  dead  n  name*n  0
//	flags  ms  seq  (n)  (name) value ... elements
//
// ms and seq are differences from the block's ID; an entry with flagSame has the
// names of the block, and neither n nor names.
const (
	flagDead = 1
	flagSame = 2
)

func (d *loader) loadStream(t Type, v *datatypes.Value) error {
	s := stream.Stream{}.Of(v)
	s.Touch()
	blocks, err := d.in.length()
	if err != nil {
		return err
	}
	for range blocks {
		if err := d.loadBlock(s); err != nil {
			return err
		}
	}
	if err := d.loadStreamFigures(t, s); err != nil {
		return err
	}
	groups, err := d.in.length()
	if err != nil {
		return err
	}
	for range groups {
		if err := d.loadGroup(t, s); err != nil {
			return err
		}
	}
	if t == typeStreamMore {
		return d.loadNames(s)
	}
	return nil
}

// numbers reads so many lengths.
func (d *loader) numbers(to ...*uint64) error {
	for _, p := range to {
		n, err := d.in.length()
		if err != nil {
			return err
		}
		*p = n
	}
	return nil
}

// rawID reads an ID of 16 bytes.
func (d *loader) rawID() (id stream.ID, err error) {
	b, err := d.in.take(16)
	if err != nil {
		return id, err
	}
	return idOf(b), nil
}

func idOf(b []byte) stream.ID {
	return stream.ID{Ms: binary.BigEndian.Uint64(b), Seq: binary.BigEndian.Uint64(b[8:])}
}

func (d *loader) loadStreamFigures(t Type, s stream.Stream) error {
	var length, added uint64
	var last, first, deleted stream.ID
	if err := d.numbers(&length, &last.Ms, &last.Seq); err != nil {
		return err
	}
	added = length
	if t != typeStream1 {
		if err := d.numbers(&first.Ms, &first.Seq, &deleted.Ms, &deleted.Seq, &added); err != nil {
			return err
		}
	}
	top, ok := s.Top()
	if length != uint64(s.Len()) || ok && last.Less(top) || added > math.MaxInt64 {
		return d.in.fail("a stream whose figures do not fit its entries")
	}
	s.SetLast(last, int64(added), deleted)
	return nil
}

// A blockWalk passes the elements of a block that must be there.
type blockWalk struct {
	*walk
	err bool
}

func (b *blockWalk) int() int64 {
	if b.err = b.err || !b.more() || !b.isInt; b.err {
		return 0
	}
	return b.value
}

// string returns the next element in memory of its own or, as it is in the listpack,
// borrowed from that.
func (b *blockWalk) string() []byte {
	if b.err = b.err || !b.more(); b.err {
		return nil
	}
	if b.isInt {
		return append([]byte(nil), b.text...)
	}
	return b.text
}

// count is int for a number of elements that follow.
func (b *blockWalk) count() int {
	n := b.int()
	if n < 0 || n > int64(len(b.b)) {
		b.err = true
		return 0
	}
	return int(n)
}

func (d *loader) loadBlock(s stream.Stream) error {
	key, err := d.in.string()
	if err != nil {
		return err
	}
	if len(key) != 16 {
		return d.in.fail("a stream's block without an ID")
	}
	base := idOf(key)
	p, err := d.in.string()
	if err != nil {
		return err
	}
	b := &blockWalk{walk: openListpack(p)}
	left := b.count()
	left += b.count()
	names := make([][]byte, 0, 16)
	for n := b.count(); n > 0 && !b.err; n-- {
		names = append(names, b.string())
	}
	b.int()
	var fields [][]byte
	for ; left > 0 && !b.err; left-- {
		if fields, err = d.loadEntry(s, b, base, names, fields[:0]); err != nil {
			return err
		}
	}
	if b.err || b.more() || b.bad {
		return d.in.fail("a stream's block that is broken")
	}
	return nil
}

func (d *loader) loadEntry(s stream.Stream, b *blockWalk, base stream.ID, names, fields [][]byte) ([][]byte, error) {
	flags := b.int()
	id := stream.ID{Ms: base.Ms + uint64(b.int()), Seq: base.Seq + uint64(b.int())}
	if flags&flagSame != 0 {
		for _, name := range names {
			fields = append(fields, name, b.string())
		}
	} else {
		for n := b.count(); n > 0 && !b.err; n-- {
			fields = append(fields, b.string(), b.string())
		}
	}
	b.int()
	if b.err || flags&flagDead != 0 {
		return fields, nil
	}
	if len(fields) == 0 {
		return fields, d.in.fail("an entry without fields")
	}
	if err := s.Append(id, fields); err != nil {
		if errors.Is(err, stream.ErrTooLarge) {
			return fields, err
		}
		return fields, d.in.fail("entries out of order")
	}
	return fields, nil
}

func (d *loader) loadGroup(t Type, s stream.Stream) error {
	name, err := d.in.string()
	if err != nil {
		return err
	}
	name = append([]byte(nil), name...)
	var last stream.ID
	read := uint64(math.MaxUint64)
	if err := d.numbers(&last.Ms, &last.Seq); err != nil {
		return err
	}
	if t != typeStream1 {
		if err := d.numbers(&read); err != nil {
			return err
		}
	}
	if int64(read) < 0 {
		read = math.MaxUint64 // stream.ReadUnknown
	}
	if err := s.CreateGroup(name, last, int64(read)); err != nil {
		return d.in.fail("a group that occurs twice")
	}
	g, _ := s.Group(name)
	if t == typeStream1 {
		g.LoadRead()
	}
	var pending, consumers uint64
	if err := d.numbers(&pending); err != nil {
		return err
	}
	for range pending {
		if err := d.loadPending(g); err != nil {
			return err
		}
	}
	if err := d.numbers(&consumers); err != nil {
		return err
	}
	for range consumers {
		if err := d.loadConsumer(t, g); err != nil {
			return err
		}
	}
	if g.LoadedPending(); t != typeStreamMore && g.Released() > 0 {
		return d.in.fail("a pending entry of nobody")
	}
	return nil
}

func (d *loader) loadPending(g stream.Group) error {
	id, err := d.rawID()
	if err != nil {
		return err
	}
	ms, err := d.in.uint64()
	if err != nil {
		return err
	}
	count, err := d.in.length()
	if err != nil {
		return err
	}
	if count > math.MaxInt64 {
		return d.in.fail("a number that is too large")
	}
	if !g.LoadPending(id, int64(ms), int64(count)) {
		return d.in.fail("a pending entry that occurs twice")
	}
	return nil
}

func (d *loader) loadConsumer(t Type, g stream.Group) error {
	name, err := d.in.string()
	if err != nil {
		return err
	}
	c, created := g.AddConsumer(name, 0)
	if !created {
		return d.in.fail("a consumer that occurs twice")
	}
	seen, err := d.in.uint64()
	if err != nil {
		return err
	}
	active := seen
	if t >= typeStream3 {
		if active, err = d.in.uint64(); err != nil {
			return err
		}
	}
	c.LoadTimes(int64(seen), int64(active))
	n, err := d.in.length()
	if err != nil {
		return err
	}
	for range n {
		id, err := d.rawID()
		if err != nil {
			return err
		}
		if !g.LoadOwner(id, c) {
			return d.in.fail("a consumer's entry that is not pending")
		}
	}
	return nil
}

// loadNames reads what a typeStreamMore has behind the groups: whether there is more, the
// settings of idempotence, its figures, and the names that are remembered, with their
// producers.
func (d *loader) loadNames(s stream.Stream) error {
	var some, seconds, most, added, duplicates, n uint64
	if err := d.numbers(&some); err != nil || some == 0 {
		return err
	}
	if err := d.numbers(&seconds, &most, &added, &duplicates, &n); err != nil {
		return err
	}
	if (seconds|most|added|duplicates)>>63 != 0 {
		return d.in.fail("a number that is too large")
	}
	s.LoadIdempotence(stream.Idempotence{DurationSec: int64(seconds), MaxSize: int64(most)}, int64(added), int64(duplicates))
	for range n {
		b, err := d.in.string()
		if err != nil {
			return err
		}
		d.field = append(d.field[:0], b...)
		name, err := d.in.string()
		if err != nil {
			return err
		}
		name = append([]byte(nil), name...)
		id, err := d.rawID()
		if err != nil {
			return err
		}
		ms, err := d.in.uint64()
		if err != nil {
			return err
		}
		if !s.LoadName(d.field, name, id, int64(ms)) {
			return d.in.fail("an entry's name that occurs twice")
		}
	}
	return nil
}

package zset

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/pack"
)

// A packed entry is a member and its score. A score that is an integer is the string of
// that integer, which a pack keeps in one to nine bytes; any other is a string of its
// eight bytes, big endian, with a ninth behind it where these happen to be eight digits.

// perEntry is the number of strings of a pack's entry.
const perEntry = 2

const scoreBytes = 9

// scoreText returns the score made ready to be stored. It borrows buf. With signed, -0 is
// not taken for the integer 0.
func scoreText(f float64, signed bool, buf *[scoreBytes]byte) pack.Text {
	if f >= -1<<63 && f < 1<<63 {
		if i := int64(f); float64(i) == f && !(signed && i == 0 && math.Signbit(f)) {
			return pack.MakeInt(i)
		}
	}
	binary.BigEndian.PutUint64(buf[:], math.Float64bits(f))
	buf[8] = 0
	if _, ok := datatypes.ParseInt(buf[:8]); ok {
		return pack.Make(buf[:])
	}
	return pack.Make(buf[:8])
}

func entryScore(e *pack.Entry) float64 {
	if i, ok := e.ValueInt(); ok {
		return float64(i)
	}
	return math.Float64frombits(binary.BigEndian.Uint64(e.Value(nil)))
}

// fitness says what a packed sorted set becomes when it gets a member, and whether it
// stays packed.
func fitness(enc datatypes.Encoding, l *datatypes.Limits, member, entries, size, room int) (datatypes.Encoding, bool) {
	if member > l.ZSetMaxPackedValue {
		enc = Wide
	}
	if entries > l.ZSetMaxPackedEntries || size > room || enc == Wide && size > maxWide {
		return Large, false
	}
	return enc, true
}

// insertPacked stores a member that is not among the count ones that there are; false,
// and nothing changed, when the sorted set must become large for it.
func (z ZSet) insertPacked(count int, member []byte, score float64) bool {
	var buf [scoreBytes]byte
	v := z.v
	signed := v.Encoding == Wide || len(member) > z.limits().ZSetMaxPackedValue
	key, value := pack.Make(member), scoreText(score, signed, &buf)
	add := pack.EntrySize(0, &key, &value)
	enc, ok := fitness(v.Encoding, z.limits(), len(member), count+1, len(v.Bytes)+add, v.Storage.MaxInline())
	if !ok {
		return false
	}
	at := placeFor(v.Bytes, member, score)
	pack.Put(pack.Resize(v, enc, at, 0, add)[at:], 0, &key, &value)
	return true
}

// placeFor returns where the entry of the member belongs.
func placeFor(b []byte, member []byte, score float64) int {
	at := 0
	for at < len(b) {
		e := pack.At(b, perEntry, at)
		s := entryScore(&e)
		if s > score || s == score && compareKey(&e, member) > 0 {
			return at
		}
		at = e.End
	}
	return at
}

func compareKey(e *pack.Entry, member []byte) int {
	var scratch [pack.IntText]byte
	return bytes.Compare(e.Key(scratch[:0]), member)
}

// movePacked gives the entry another score, and the place that goes with it, and the time
// ms, 0 for none; false, and nothing changed, when it has become too large.
func (z ZSet) movePacked(e *pack.Entry, member []byte, score float64, ms int64) bool {
	var buf [scoreBytes]byte
	v, from, end := z.v, e.At, e.End
	key, value := pack.Make(member), scoreText(score, v.Encoding == Wide, &buf)
	add := pack.EntrySize(ms, &key, &value)
	old := v.Bytes
	n := len(old) - (end - from) + add
	enc := v.Encoding
	if n > v.Storage.MaxInline() || enc == Wide && n > maxWide {
		return false
	}
	to := placeFor(old, member, score)
	if to > from && to < end {
		to = end
	}
	if n == len(old) {
		v.Encoding, v.Dirty = enc, true
		pack.Put(rotate(old, from, end, to), ms, &key, &value)
		return true
	}
	var room [1024]byte
	was := append(room[:0], old...)
	b := v.Overwrite(enc, n)
	if to <= from {
		copy(b, was[:to])
		copy(b[to+add:], was[to:from])
		copy(b[from+add:], was[end:])
	} else {
		copy(b, was[:from])
		copy(b[from:], was[end:to])
		to -= end - from
		copy(b[to+add:], was[to+end-from:])
	}
	pack.Put(b[to:], ms, &key, &value)
	return true
}

// rotate makes room for an entry of the same size at to, over the one in [from, end),
// and returns the bytes from there.
func rotate(b []byte, from, end, to int) []byte {
	n := end - from
	if to <= from {
		copy(b[to+n:end], b[to:from])
		return b[to:]
	}
	copy(b[from:], b[end:to])
	return b[to-n:]
}

// cut takes the bytes [from, to), whole entries, out of a packed sorted set.
func (z ZSet) cut(from, to int) {
	v := z.v
	if from == 0 && to == len(v.Bytes) {
		v.Bytes, v.Empty, v.Dirty = v.Bytes[:0], true, true
		return
	}
	if from < to {
		pack.Resize(v, v.Encoding, from, to-from, 0)
	}
}

// convert makes the sorted set large.
func (z ZSet) convert() *large {
	l := newLarge()
	l.beyond = z.v.Encoding == Wide
	var scratch [pack.IntText]byte
	b := z.v.Bytes
	for at := 0; at < len(b); {
		e := pack.At(b, perEntry, at)
		member := e.Key(scratch[:0])
		l.add(member, entryScore(&e), e.Number, l.hashOf(member))
		at = e.End
	}
	z.v.SetObject(Large, l)
	return l
}

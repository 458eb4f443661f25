package hash

import (
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/pack"
)

// fitness says what a packed hash becomes when a field is stored in it.
func fitness(enc datatypes.Encoding, l *datatypes.Limits, field, value []byte, entries, bytes, room int) (datatypes.Encoding, bool) {
	if len(field) > l.HashMaxPackedValue || len(value) > l.HashMaxPackedValue {
		enc = Wide
	}
	if entries > l.HashMaxPackedEntries || bytes > room || enc == Wide && bytes > maxWide {
		return Large, false
	}
	return enc, true
}

// storePacked puts the field at the spot; false, and nothing changed, when the hash
// must become large for it.
func (h Hash) storePacked(s *spot, field, value []byte, ms int64) bool {
	v := h.v
	key, val := pack.Make(field), pack.Make(value)
	at, cut, entries := len(v.Bytes), 0, 0
	if s.found {
		at, cut = s.entry.At, s.entry.End-s.entry.At
	} else {
		entries = s.count + 1
	}
	add := pack.EntrySize(ms, &key, &val)
	enc, ok := fitness(v.Encoding, h.limits(), field, value, entries, len(v.Bytes)-cut+add, v.Storage.MaxInline())
	if !ok {
		return false
	}
	if ms != 0 && enc == Packed {
		enc = Expiring
	}
	pack.Put(pack.Resize(v, enc, at, cut, add)[at:], ms, &key, &val)
	return true
}

// SetPairs sets fields to values, given in turns, and returns how many fields were
// not there before.
func (h Hash) SetPairs(pairs [][]byte) (created int) {
	if len(pairs) > 2 && h.v.Object == nil {
		created, pairs = h.packPairs(pairs)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if h.Set(pairs[i], pairs[i+1]) {
			created++
		}
	}
	return created
}

// packPairs sets as many of the pairs as a packed hash takes, and returns the rest. It
// works on a copy, so that the record is written once and not for each pair.
func (h Hash) packPairs(pairs [][]byte) (created int, rest [][]byte) {
	var room [1024]byte
	v := h.v
	b := append(room[:0], v.Bytes...)
	enc, limit, timed := v.Encoding, v.Storage.MaxInline(), false
	n := pack.Count(b, perEntry)
	i := 0
	for ; i+1 < len(pairs); i += 2 {
		key, val := pack.Make(pairs[i]), pack.Make(pairs[i+1])
		e, _, found := pack.Find(b, perEntry, &key)
		at, cut, entries := len(b), 0, n+1
		if found {
			at, cut, entries = e.At, e.End-e.At, n
		}
		add := pack.EntrySize(0, &key, &val)
		next, ok := fitness(enc, h.limits(), pairs[i], pairs[i+1], entries, len(b)-cut+add, limit)
		if !ok {
			break
		}
		enc, n = next, entries
		timed = timed || e.Number != 0
		b = pack.Splice(b, at, cut, add)
		pack.Put(b[at:], 0, &key, &val)
		if !found {
			created++
		}
	}
	switch {
	case i < len(pairs):
		v.Encoding = enc
		h.convert(b)
	case i > 0:
		copy(v.Overwrite(enc, len(b)), b)
	}
	v.Empty = false
	h.noteDue(timed || v.DueMs != 0)
	return created, pairs[i:]
}

// convert makes the hash large, with the fields of the pack.
func (h Hash) convert(packed []byte) {
	l := newLarge()
	l.timed = h.v.Encoding == Expiring
	l.beyond = h.v.Encoding == Wide
	var key, val [pack.IntText]byte
	for at := 0; at < len(packed); {
		e := pack.At(packed, perEntry, at)
		field := e.Key(key[:])
		l.add(field, e.Value(val[:]), e.Number, l.hashOf(field))
		at = e.End
	}
	h.v.SetObject(Large, l)
}

// expirePacked gives the packed field another time, 0 for none.
func (h Hash) expirePacked(e *pack.Entry, ms int64) {
	v := h.v
	enc := v.Encoding
	if enc == Packed {
		enc = Expiring
	}
	cut, add := 0, 0
	if e.HasNumber() {
		cut = pack.NumberSize
	}
	if ms != 0 {
		add = pack.NumberSize
	}
	if len(v.Bytes)-cut+add > v.Storage.MaxInline() {
		field := e.Key(make([]byte, 0, pack.IntText))
		v.Encoding = enc
		h.convert(v.Bytes)
		l := h.large()
		var s spot
		l.find(&s, field)
		l.expire(s.ref, ms)
		return
	}
	pack.SetNumber(v, enc, e, ms)
}

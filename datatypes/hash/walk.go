package hash

import (
	"math/rand/v2"
	"strconv"

	"github.com/medleydb/medley/datatypes/arena"
	"github.com/medleydb/medley/datatypes/pack"
)

func appendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

// An Item is a field as it is passed to a function, which must not change the
// hash; the bytes are good until the function returns.
type Item struct {
	Field, Value []byte
	ExpiryMs     int64 // Unix milliseconds, 0 for none
}

func (h Hash) shows(ms int64) bool { return ms == 0 || ms > h.now() }

func (h Hash) packedItem(e *pack.Entry, scratch []byte) Item {
	if cap(scratch) < Scratch {
		scratch = make([]byte, Scratch)
	}
	s := scratch[:Scratch]
	return Item{e.Key(s[:0:pack.IntText]), e.Value(s[pack.IntText:pack.IntText]), e.Number}
}

func (h Hash) largeItem(ref uint32) Item {
	l := h.large()
	r := l.record(arena.Ref(ref))
	return Item{l.field(r), l.value(r), r.expiry()}
}

// Each passes every field to fn until fn says no. scratch needs room for Scratch
// bytes not to be replaced.
func (h Hash) Each(scratch []byte, fn func(Item) bool) {
	if l := h.large(); l != nil {
		l.index.Walk(func(ref uint32) bool {
			it := h.largeItem(ref)
			return !h.shows(it.ExpiryMs) || fn(it)
		})
		return
	}
	for at, b := 0, h.v.Bytes; at < len(b); {
		e := pack.At(b, perEntry, at)
		at = e.End
		if h.shows(e.Number) && !fn(h.packedItem(&e, scratch)) {
			return
		}
	}
}

// Scan passes about count fields to fn and returns the cursor to go on with, 0 at the
// end. Cursor 0 starts. A field that is there from the first call to the last is
// passed at least once, also when the hash grows or becomes large between them. A packed
// hash is passed at once.
func (h Hash) Scan(cursor uint64, count int, scratch []byte, fn func(Item)) uint64 {
	if l := h.large(); l != nil {
		return l.index.Scan(l, cursor, count, func(ref uint32) {
			if it := h.largeItem(ref); h.shows(it.ExpiryMs) {
				fn(it)
			}
		})
	}
	h.Each(scratch, func(it Item) bool {
		fn(it)
		return true
	})
	return 0
}

// maxDraws is how many draws of expired fields are borne before the hash is walked.
const maxDraws = 100

// Random returns a random field, each with the same probability; ok is false when
// there is none.
func (h Hash) Random(scratch []byte) (it Item, ok bool) {
	rng := h.v.Env.Rand
	if l := h.large(); l != nil {
		for range maxDraws {
			ref := l.index.Random(rng)
			if ref == 0 {
				return it, false
			}
			if it = h.largeItem(ref); h.shows(it.ExpiryMs) {
				return it, true
			}
		}
	}
	n := h.Len()
	if n == 0 {
		return Item{}, false
	}
	i := rng.IntN(n)
	h.Each(scratch, func(x Item) bool {
		if i == 0 {
			it, ok = x, true
		}
		i--
		return i >= 0
	})
	return it, ok
}

// RandomDistinct passes n different random fields, or all when there are no more,
// to fn.
func (h Hash) RandomDistinct(n int, scratch []byte, fn func(Item)) {
	total := h.Len()
	n = min(n, total)
	rng := h.v.Env.Rand
	if l := h.large(); l != nil && n*3 < total && total*2 > l.index.Len() {
		seen := make(map[uint32]struct{}, n)
		for len(seen) < n {
			ref := l.index.Random(rng)
			if _, again := seen[ref]; again {
				continue
			}
			if it := h.largeItem(ref); h.shows(it.ExpiryMs) {
				seen[ref] = struct{}{}
				fn(it)
			}
		}
		return
	}
	// Each field is taken with the probability that makes all choices equal: as many
	// as are wanted, of those that are left.
	h.Each(scratch, func(it Item) bool {
		if rng.IntN(total) < n {
			n--
			fn(it)
		}
		total--
		return n > 0
	})
}

// RandomRepeated passes n random fields to fn, each drawn from all; none when the
// hash has none.
func (h Hash) RandomRepeated(n int, scratch []byte, fn func(Item)) {
	rng := h.v.Env.Rand
	if h.large() != nil {
		for ; n > 0; n-- {
			it, ok := h.Random(scratch)
			if !ok {
				return
			}
			fn(it)
		}
		return
	}
	h.repeatPacked(rng, n, scratch, fn)
}

// repeatPacked draws from a list of the entries' places, so that a draw does not walk
// the pack.
func (h Hash) repeatPacked(rng *rand.Rand, n int, scratch []byte, fn func(Item)) {
	var room [128]int32
	places := room[:0]
	b := h.v.Bytes
	for at := 0; at < len(b); {
		e := pack.At(b, perEntry, at)
		if h.shows(e.Number) {
			places = append(places, int32(at))
		}
		at = e.End
	}
	if len(places) == 0 {
		return
	}
	for ; n > 0; n-- {
		e := pack.At(b, perEntry, int(places[rng.IntN(len(places))]))
		fn(h.packedItem(&e, scratch))
	}
}

package set

import (
	"fmt"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/pack"
)

// The encoding Ints: a byte with the width of an integer in bytes, 1 to 8, then the
// integers in ascending order, little endian, all of that width, the least that holds
// each of them. A search halves; a width of three, five, six or seven bytes costs no more
// than one of four or eight, and times in seconds or small products fit them. Numbers
// in packs vary in width and would have to be walked.

func intCount(b []byte) int { return (len(b) - 1) / int(b[0]) }

// intAt returns the integer number i.
func intAt(b []byte, i int) int64 {
	w := int(b[0])
	return datatypes.GetInt(b[1+i*w : 1+i*w+w])
}

// findInt returns where n stands, or would.
func findInt(b []byte, n int64) (i int, found bool) {
	w := int(b[0])
	lo, hi := 0, intCount(b)
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		switch x := datatypes.GetInt(b[1+mid*w : 1+mid*w+w]); {
		case x == n:
			return mid, true
		case x < n:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return lo, false
}

// addInt adds to a set of integers.
func (s Set) addInt(n int64, t *Member) bool {
	v := s.v
	if len(v.Bytes) == 0 {
		w := datatypes.IntWidth(n)
		b := v.Overwrite(Ints, 1+w)
		b[0] = byte(w)
		datatypes.PutInt(b[1:1+w], n)
		v.Empty = false
		return true
	}
	i, found := findInt(v.Bytes, n)
	if found {
		return false
	}
	count, w := intCount(v.Bytes), int(v.Bytes[0])
	nw := max(w, datatypes.IntWidth(n))
	if count >= s.limits().SetMaxIntset || 1+nw*(count+1) > v.Storage.MaxInline() {
		l := s.convert()
		l.add(t)
		if count >= s.limits().SetMaxIntset {
			l.name = Wide
		}
		return true
	}
	if nw != w {
		s.widen(nw)
	}
	at := 1 + i*nw
	datatypes.PutInt(pack.Resize(v, Ints, at, 0, nw)[at:at+nw], n)
	return true
}

// widen gives every integer nw bytes.
func (s Set) widen(nw int) {
	old := s.v.Bytes
	n := intCount(old)
	b := s.v.Replace(Ints, 1+nw*n)
	b[0] = byte(nw)
	for i := range n {
		datatypes.PutInt(b[1+i*nw:1+i*nw+nw], intAt(old, i))
	}
}

// cutInt takes the integer number i out.
func (s Set) cutInt(i int) {
	v := s.v
	w := int(v.Bytes[0])
	if len(v.Bytes) == 1+w {
		v.Bytes, v.Empty, v.Dirty = v.Bytes[:0], true, true
		return
	}
	pack.Resize(v, Ints, 1+i*w, w, 0)
}

func checkInts(b []byte) error {
	w := int(b[0])
	if w < 1 || w > 8 || (len(b)-1)%w != 0 {
		return fmt.Errorf("%w: %d bytes of integers of width %d", errCorrupt, len(b), w)
	}
	for i := 1; i < intCount(b); i++ {
		if intAt(b, i-1) >= intAt(b, i) {
			return fmt.Errorf("%w: integers are out of order", errCorrupt)
		}
	}
	return nil
}

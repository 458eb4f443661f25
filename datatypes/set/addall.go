package set

import (
	"slices"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/pack"
)

// AddAll puts members in and returns how many were not there. A set in a record is written
// once for all that it takes, not for each.
func (s Set) AddAll(members [][]byte) (added int) {
	if len(members) > 0 {
		s.Expect(members[0], len(members))
	}
	for len(members) > 1 && s.v.Object == nil {
		taken, n := s.addRun(members)
		members, added = members[taken:], added+n
		if len(members) == 0 {
			return added
		}
		// One that changes the encoding, or is too much.
		if s.Add(members[0]) {
			added++
		}
		members = members[1:]
	}
	for _, m := range members {
		if s.Add(m) {
			added++
		}
	}
	return added
}

// addRun adds members from the first on, as many as a set in a record takes without another
// encoding, and returns how many it has looked at and how many were not there.
func (s Set) addRun(members [][]byte) (taken, added int) {
	if !s.inline() {
		t := pack.Make(members[0])
		s.v.Encoding = s.first(&t, 1)
		s.v.Bytes = s.v.Bytes[:0]
	}
	if s.v.Encoding == Ints {
		return s.addInts(members)
	}
	return s.addTexts(members)
}

func (s Set) addInts(members [][]byte) (taken, added int) {
	var room [128]int64
	v, list, width := s.v, room[:0], 0
	if len(v.Bytes) > 0 {
		width = int(v.Bytes[0])
		for i := range intCount(v.Bytes) {
			list = append(list, intAt(v.Bytes, i))
		}
	}
	for _, m := range members {
		t := pack.Make(m)
		n, ok := t.Int()
		if !ok {
			break
		}
		at, found := slices.BinarySearch(list, n)
		if !found {
			w := max(width, datatypes.IntWidth(n))
			if len(list) >= s.limits().SetMaxIntset || 1+w*(len(list)+1) > v.Storage.MaxInline() {
				break
			}
			list, width = slices.Insert(list, at, n), w
			added++
		}
		taken++
	}
	if added > 0 {
		b := v.Overwrite(Ints, 1+width*len(list))
		b[0] = byte(width)
		for i, n := range list {
			datatypes.PutInt(b[1+i*width:1+i*width+width], n)
		}
		v.Empty = false
	}
	return taken, added
}

func (s Set) addTexts(members [][]byte) (taken, added int) {
	var room [1024]byte
	v, lim := s.v, s.limits()
	b, enc := append(room[:0], v.Bytes...), v.Encoding
	for _, m := range members {
		t := pack.Make(m)
		_, count, found := pack.Find(b, perEntry, &t)
		if !found {
			next := enc
			if t.Len() > lim.SetMaxPackedValue {
				next = Wide
			}
			at := len(b)
			size := at + t.Size()
			if count >= lim.SetMaxPackedEntries || size > v.Storage.MaxInline() || next == Wide && size > maxWide {
				break
			}
			b, enc = slices.Grow(b, t.Size())[:size], next
			t.Write(b[at:])
			added++
		}
		taken++
	}
	if added > 0 {
		copy(v.Overwrite(enc, len(b)), b)
		v.Empty = false
	}
	return taken, added
}

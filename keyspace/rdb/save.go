package rdb

import (
	"math"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/bitmap"
	"github.com/medleydb/medley/datatypes/hash"
	"github.com/medleydb/medley/datatypes/list"
	"github.com/medleydb/medley/datatypes/set"
	"github.com/medleydb/medley/datatypes/str"
	"github.com/medleydb/medley/datatypes/stream"
	"github.com/medleydb/medley/datatypes/zset"
)

// typeOf returns the type as which a value is written in a file of the version, and the
// lowest version that has it. Where the version has none, the type is one of a later version,
// which loaders of that version refuse.
func typeOf(v *datatypes.Value, version int) (Type, int) {
	switch v.Kind {
	case datatypes.String:
		if v.Encoding == str.Sparse {
			return typeSparse, maxVersion
		}
		return typeString, 6
	case datatypes.List:
		return typeList, 6
	case datatypes.Set:
		if (set.Set{}).Of(v).Timed() {
			return typeSetTimed, maxVersion
		}
		return typeSet, 6
	case datatypes.ZSet:
		if (zset.ZSet{}).Of(v).Timed() {
			return typeZSetTimed, maxVersion
		}
		return typeZSet2, 8
	case datatypes.Hash:
		switch {
		case (hash.Hash{}).Of(v).FirstTime() == 0:
			return typeHash, 6
		case version >= valkeyVersion:
			return typeHashValkey, valkeyVersion
		}
		return typeHashTimed, 12
	}
	s := stream.Stream{}.Of(v)
	if _, _, _, named := s.OwnIdempotence(); named || released(s) {
		return typeStreamMore, maxVersion
	}
	if version < 11 || !idleSeen(s) {
		return typeStream2, 10
	}
	return typeStream3, 11
}

// idleSeen reports whether a consumer was seen at another time than it was active at, which
// loaders of typeStream2 take to be one.
func idleSeen(s stream.Stream) bool {
	for i := range s.Groups() {
		g := s.GroupAt(i)
		for j := range g.Consumers() {
			if seen, active := g.ConsumerAt(j).Times(); seen != active {
				return true
			}
		}
	}
	return false
}

func released(s stream.Stream) bool {
	for i := range s.Groups() {
		if s.GroupAt(i).Released() > 0 {
			return true
		}
	}
	return false
}

// value writes a value as the type. Fields that have expired and were not reaped yet are
// written too: v must have no Env, which would hide them.
func (o *output) value(t Type, v *datatypes.Value) {
	switch v.Kind {
	case datatypes.String:
		if t == typeSparse {
			o.sparse(bitmap.Bitmap{}.Of(v))
			return
		}
		s := str.String{}.Of(v)
		if v.Encoding == str.Modified || v.Encoding == str.Raw {
			o.string(v.Bytes)
			return
		}
		o.string(s.Bytes(o.digits[:0]))
	case datatypes.List:
		o.list(list.List{}.Of(v))
	case datatypes.Set:
		o.set(t, set.Set{}.Of(v))
	case datatypes.ZSet:
		o.zset(t, zset.ZSet{}.Of(v))
	case datatypes.Hash:
		o.hash(t, hash.Hash{}.Of(v))
	case datatypes.Stream:
		o.stream(t, stream.Stream{}.Of(v))
	}
}

func (o *output) list(l list.List) {
	o.length(uint64(l.Len()))
	for c := l.Iter(0, false); c.Next() && o.err == nil; {
		o.string(c.Bytes(o.digits[:0]))
	}
}

func (o *output) set(t Type, s set.Set) {
	o.length(uint64(s.Len()))
	s.EachWithTime(func(m *set.Member, ms int64) bool {
		if t == typeSetTimed {
			o.length(uint64(ms))
		}
		if n, ok := m.Int(); ok && n == int64(int32(n)) {
			o.int32(int32(n))
		} else {
			o.string(m.Bytes(o.digits[:0]))
		}
		o.room()
		return o.err == nil
	})
}

func (o *output) zset(t Type, z zset.ZSet) {
	o.length(uint64(z.Len()))
	z.EachWithTime(func(member []byte, score float64, ms int64) bool {
		if t == typeZSetTimed {
			o.length(uint64(ms))
		}
		o.string(member)
		o.uint64(math.Float64bits(score))
		o.room()
		return o.err == nil
	})
}

func (o *output) hash(t Type, h hash.Hash) {
	first := uint64(0)
	if t == typeHashTimed {
		first = uint64(h.FirstTime())
		o.uint64(first)
	}
	o.length(uint64(h.Stored()))
	h.Each(o.digits[:0], func(it hash.Item) bool {
		ms := uint64(it.ExpiryMs)
		if t == typeHashTimed {
			if ms != 0 {
				ms = ms - first + 1
			}
			o.length(ms)
		}
		o.string(it.Field)
		o.string(it.Value)
		if t == typeHashValkey {
			if ms == 0 {
				ms = math.MaxUint64
			}
			o.uint64(ms)
		}
		o.room()
		return o.err == nil
	})
}

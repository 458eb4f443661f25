package hash

import (
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/pack"
)

// IncrBy adds delta to the integer in the field (0 when it is not there or has
// expired) and returns the sum. The field keeps its time. Errors: ErrNotInteger, and
// datatypes.ErrOverflow when the sum is no int64; the hash is unchanged then.
func (h Hash) IncrBy(field []byte, delta int64) (sum int64, err error) {
	s := h.find(field)
	n, ms := int64(0), int64(0)
	if h.live(&s) {
		var ok bool
		if n, ok = h.intAt(&s); !ok {
			return 0, ErrNotInteger
		}
		ms = s.expiry
	}
	sum = n + delta
	if (sum < n) != (delta < 0) {
		return 0, datatypes.ErrOverflow
	}
	var text [pack.IntText]byte
	h.store(&s, field, appendInt(text[:0], sum), ms)
	h.noteDue(s.expiry != 0)
	return sum, nil
}

func (h Hash) intAt(s *spot) (int64, bool) {
	if l := h.large(); l != nil {
		return datatypes.ParseInt(l.value(l.record(s.ref)))
	}
	return s.entry.ValueInt()
}

// IncrByFloat adds delta to the number in the field (0 when it is not there or has
// expired) and returns the sum as text, appended to dst. The field keeps its time.
// Errors: ErrNotFloat, and datatypes.ErrNaNOrInfinity when the sum is not finite; the
// hash is unchanged then.
func (h Hash) IncrByFloat(dst, field []byte, delta datatypes.LongDouble) ([]byte, error) {
	s := h.find(field)
	var n datatypes.LongDouble
	ms := int64(0)
	if h.live(&s) {
		var text [pack.IntText]byte
		var ok bool
		if n, ok = datatypes.ParseLongDouble(h.valueAt(&s, text[:])); !ok {
			return dst, ErrNotFloat
		}
		ms = s.expiry
	}
	sum, ok := n.Add(delta)
	if !ok {
		return dst, datatypes.ErrNaNOrInfinity
	}
	at := len(dst)
	dst = sum.Append(dst)
	h.store(&s, field, dst[at:], ms)
	h.noteDue(s.expiry != 0)
	return dst, nil
}

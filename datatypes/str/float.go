package str

import (
	"errors"

	"github.com/medleydb/medley/datatypes"
)

// ErrAppliedOverflow: an increment that was cut to a bound differs from the value
// before by more than the type holds.
var ErrAppliedOverflow = errors.New("applied increment would overflow")

// Float returns the string as a number: 0 for a string that is not there,
// datatypes.ErrNotFloat for one that is no number. It may be infinite.
func (s String) Float() (datatypes.LongDouble, error) {
	switch {
	case s.v.Encoding == Integer:
		return datatypes.LongDoubleOf(datatypes.GetInt(s.v.Bytes)), nil
	case !s.v.Exists():
		return datatypes.LongDouble{}, nil
	}
	if s.v.Encoding == Sparse {
		return datatypes.LongDouble{}, datatypes.ErrNotFloat
	}
	if f, ok := datatypes.ParseLongDouble(s.Bytes(nil)); ok {
		return f, nil
	}
	return datatypes.LongDouble{}, datatypes.ErrNotFloat
}

// SetFloat makes the string hold the text of f and returns it, borrowed. A whole
// number is not stored as an integer: servers of the field do not, and show it.
func (s String) SetFloat(f datatypes.LongDouble) []byte {
	var text [64]byte
	s.SetRaw(f.Append(text[:0]))
	return s.Bytes(nil)
}

// IncrByFloat adds delta to the number that the string holds (0 when it is not
// there) and returns the sum's text, borrowed. Errors: datatypes.ErrNotFloat, and
// datatypes.ErrNaNOrInfinity when the sum is not finite; the string is unchanged
// then.
func (s String) IncrByFloat(delta datatypes.LongDouble) ([]byte, error) {
	f, err := s.Float()
	if err != nil {
		return nil, err
	}
	sum, ok := f.Add(delta)
	if !ok {
		return nil, datatypes.ErrNaNOrInfinity
	}
	return s.SetFloat(sum), nil
}

// BoundedIncr adds by to n where the sum lies from lo to hi, and otherwise changes
// nothing (changed is false, sum is n) or, with saturate, goes to the bound that
// the sum lies beyond. applied is the difference that it makes. It does not matter
// whether n itself lies within the bounds. Error: ErrAppliedOverflow.
func BoundedIncr(n, by, lo, hi int64, saturate bool) (sum, applied int64, changed bool, err error) {
	sum, ok := addInt(n, by)
	above, below := sum > hi, sum < lo
	if !ok {
		above, below = by > 0, by < 0
	}
	switch {
	case !above && !below:
		return sum, by, true, nil
	case !saturate:
		return n, 0, false, nil
	case above:
		sum = hi
	default:
		sum = lo
	}
	applied = sum - n
	if (applied > 0) != (sum > n) {
		return n, 0, false, ErrAppliedOverflow
	}
	return sum, applied, true, nil
}

// BoundedIncrFloat is BoundedIncr for long doubles; none of them may be infinite.
// Without a bound lo is datatypes.MaxLongDouble().Neg(), hi datatypes.MaxLongDouble().
func BoundedIncrFloat(n, by, lo, hi datatypes.LongDouble, saturate bool) (sum, applied datatypes.LongDouble, changed bool, err error) {
	sum, _ = n.Add(by) // infinite beyond the type's range, and so beyond any bound
	above, below := hi.Less(sum), sum.Less(lo)
	switch {
	case !above && !below:
		return sum, by, true, nil
	case !saturate:
		return n, datatypes.LongDouble{}, false, nil
	case above:
		sum = hi
	default:
		sum = lo
	}
	applied, ok := sum.Add(n.Neg())
	if !ok {
		return n, datatypes.LongDouble{}, false, ErrAppliedOverflow
	}
	return sum, applied, true, nil
}

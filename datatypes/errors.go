package datatypes

import "errors"

// Errors of operations on values. The command layer's error table gives their
// text on the wire; programs use errors.Is.
var (
	// ErrNotInteger: a string does not hold a 64-bit signed decimal integer.
	ErrNotInteger = errors.New("value is not an integer or out of range")
	// ErrNotFloat: a string does not hold a floating-point number.
	ErrNotFloat = errors.New("value is not a valid float")
	// ErrOverflow: an increment or decrement would leave the 64-bit range.
	ErrOverflow = errors.New("increment or decrement would overflow")
	// ErrNaNOrInfinity: an increment would give no finite number.
	ErrNaNOrInfinity = errors.New("increment would produce NaN or Infinity")
	// ErrStringTooLong: a string would be longer than Limits.MaxString.
	ErrStringTooLong = errors.New("string exceeds maximum allowed size (proto-max-bulk-len)")
)

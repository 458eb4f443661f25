package str

import (
	"slices"

	"github.com/medleydb/medley/datatypes"
)

// IncrBy adds delta to the integer that the string holds (0 when it is not there)
// and returns the sum. Errors: datatypes.ErrNotInteger, and datatypes.ErrOverflow
// when the sum is no int64; the string is unchanged then.
func (s String) IncrBy(delta int64) (int64, error) {
	n, err := s.Int()
	if err != nil {
		return 0, err
	}
	sum, ok := addInt(n, delta)
	if !ok {
		return 0, datatypes.ErrOverflow
	}
	w := datatypes.IntWidth(sum)
	if s.v.Encoding == Integer {
		w = max(w, len(s.v.Bytes))
	}
	datatypes.PutInt(s.v.Overwrite(Integer, w), sum)
	return sum, nil
}

func addInt(a, b int64) (int64, bool) {
	sum := a + b
	return sum, (sum < a) == (b < 0)
}

// Append adds b at the end and returns the new length in bytes. Where there is no
// string it is Set. Error: datatypes.ErrStringTooLong.
func (s String) Append(b []byte) (int, error) {
	if !s.v.Exists() {
		s.Set(b)
		return len(b), nil
	}
	n := s.Len()
	if len(b) > s.v.Env.Limits.MaxString-n {
		return n, datatypes.ErrStringTooLong
	}
	if l, ok := s.v.Object.(*large); ok {
		l.b = append(l.b, b...) // not by way of grow, which clears the room first
		s.v.Dirty = true
		return len(l.b), nil
	}
	if len(b) > 0 && s.write(b, n) {
		return n + len(b), nil
	}
	copy(s.grow(n + len(b))[n:], b)
	return n + len(b), nil
}

// SetRange writes b at the offset (in bytes, not negative), with zero bytes
// between the present end and the offset, and returns the new length in bytes.
// An empty b changes nothing. Error: datatypes.ErrStringTooLong.
func (s String) SetRange(offset int, b []byte) (int, error) {
	n := s.Len()
	if len(b) == 0 {
		return n, nil
	}
	if offset > s.v.Env.Limits.MaxString-len(b) {
		return n, datatypes.ErrStringTooLong
	}
	n = max(n, offset+len(b))
	if s.write(b, offset) {
		return n, nil
	}
	copy(s.grow(n)[offset:], b)
	return n, nil
}

// InPlace returns the bytes of a string that has been changed before, to be changed in
// place again; the caller then says so in Value().Dirty. It returns nil for others.
func (s String) InPlace() []byte {
	if l, ok := s.v.Object.(*large); ok {
		return l.b
	}
	if s.v.Encoding == Modified && s.v.Object == nil {
		return s.v.Bytes
	}
	return nil
}

// Resize makes the string n bytes long and returns its bytes, to be changed in place
// before anything else is done with it. It keeps what it has of these; bytes behind the
// former end are of any value.
func (s String) Resize(n int) []byte {
	if l, ok := s.v.Object.(*large); ok {
		if n > cap(l.b) {
			l.b = slices.Grow(l.b, n-len(l.b))
		}
		l.b = l.b[:n]
		s.v.Dirty = true
		return l.b
	}
	if n > s.Len() {
		return s.grow(n)
	}
	var text [maxIntegerText]byte
	old := s.Bytes(text[:])
	b := s.v.Replace(Modified, n)
	copy(b, old)
	return b
}

// write lets a Source that takes bytes take them.
func (s String) write(b []byte, offset int) bool {
	w, ok := s.v.Object.(Writer)
	if !ok || !w.WriteAt(b, offset) {
		return false
	}
	s.v.Dirty = true
	return true
}

// Writable returns the string, extended by zero bytes to at least n bytes, to be
// changed in place before anything else is done with it. The string counts as
// changed. Error: datatypes.ErrStringTooLong.
func (s String) Writable(n int) ([]byte, error) {
	if n > s.v.Env.Limits.MaxString {
		return nil, datatypes.ErrStringTooLong
	}
	return s.grow(max(n, s.Len())), nil
}

// grow makes the string Modified or Large and n bytes long, at least as long as
// it is, with zero bytes behind the present end, and returns its bytes.
func (s String) grow(n int) []byte {
	v := s.v
	if l, ok := v.Object.(*large); ok {
		if have := len(l.b); n > have {
			l.b = slices.Grow(l.b, n-have)[:n]
			clear(l.b[have:])
		}
		v.Dirty = true
		return l.b
	}
	if v.Encoding <= Modified && v.Bytes != nil && n == len(v.Bytes) {
		v.Encoding, v.Dirty = Modified, true
		return v.Bytes
	}
	if n > growInline || n > v.Storage.MaxInline() {
		l := &large{make([]byte, 0, n+min(n/8, maxSlack))}
		l.b = s.AppendTo(l.b)[:n] // what make has cleared
		v.SetObject(Large, l)
		return l.b
	}
	var text [maxIntegerText]byte
	old := s.Bytes(text[:])
	b := v.Replace(Modified, n)
	clear(b[copy(b, old):])
	return b
}

// Range returns the bytes from start to end, both inclusive; negative positions
// count from the end, -1 being the last byte. It borrows as Bytes does. Error:
// datatypes.ErrStringTooLong, where the part is longer than a string may be.
func (s String) Range(start, end int64, scratch []byte) ([]byte, error) {
	n := int64(s.Len())
	if start < 0 && end < 0 && start > end {
		return nil, nil
	}
	start, end = fromEnd(start, n), min(fromEnd(end, n), n-1)
	if start > end {
		return nil, nil
	}
	if s.v.Encoding == Sparse {
		if end-start >= int64(s.v.Env.Limits.MaxString) {
			return nil, datatypes.ErrStringTooLong
		}
		return s.v.Object.(Source).AppendRange(nil, int(start), int(end)+1), nil
	}
	return s.Bytes(scratch)[start : end+1], nil
}

// fromEnd resolves a negative position; one before the start is the start.
func fromEnd(i, n int64) int64 {
	if i < 0 {
		return max(i+n, 0)
	}
	return i
}

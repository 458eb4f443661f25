package bitmap

// Field returns the bits from offset on as an unsigned number of so many bits (1 to
// 64), the first one being the highest. Bits behind the end are clear.
func (b Bitmap) Field(offset int64, width int) (n uint64) {
	if s := b.sparse(); s != nil {
		for i := range uint64(width) {
			n <<= 1
			if s.has(uint64(offset) + i) {
				n |= 1
			}
		}
		return n
	}
	var scratch [numberText]byte
	p := b.bytes(&scratch)
	for width > 0 {
		in, take := inByte(offset, width)
		n <<= take
		if i := offset >> 3; i < int64(len(p)) {
			n |= uint64(p[i]>>(8-in-take)) & (1<<take - 1)
		}
		offset += int64(take)
		width -= take
	}
	return n
}

// SetField writes the lower bits of n, as many as the width says, from offset on; the
// string is long enough (Grow).
func (b Bitmap) SetField(offset int64, width int, n uint64) error {
	if s := b.sparse(); s != nil {
		for i := range width {
			if n>>(width-1-i)&1 != 0 {
				s.add(uint64(offset) + uint64(i))
			} else {
				s.remove(uint64(offset) + uint64(i))
			}
		}
		b.v.Dirty = true
		b.settle(s)
		return nil
	}
	p, err := b.str().Writable(0)
	if err != nil {
		return err
	}
	for width > 0 {
		in, take := inByte(offset, width)
		width -= take
		mask := byte(1<<take-1) << (8 - in - take)
		i := offset >> 3
		p[i] = p[i]&^mask | byte(n>>width)<<(8-in-take)&mask
		offset += int64(take)
	}
	b.v.Dirty = true
	return nil
}

// inByte returns where in its byte the offset lies, and how many of the bits of a field
// lie in that byte.
func inByte(offset int64, width int) (in, take int) {
	in = int(offset & 7)
	return in, min(8-in, width)
}

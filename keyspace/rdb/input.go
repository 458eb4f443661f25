package rdb

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Errors of reading, for errors.Is.
var (
	// ErrCorrupt: the bytes are not what the format says.
	ErrCorrupt = errors.New("rdb: corrupt")
	// ErrVersion: the version is one that is not known.
	ErrVersion = errors.New("rdb: unknown version")
	// ErrChecksum: the checksum is not that of the bytes.
	ErrChecksum = errors.New("rdb: wrong checksum")
	// ErrType: the type or operation is one that is not known.
	ErrType = errors.New("rdb: unknown type")
	// ErrModule: the value belongs to a module of another server.
	ErrModule = errors.New("rdb: value of a module")
	// ErrEmpty: a collection has no element, which no key can hold.
	ErrEmpty = errors.New("rdb: empty collection")
)

// window is the room in bytes of a reader.
const window = 64 << 10

// An input is bytes to be read: a file through a window, or a payload that is all there.
// What its methods return borrows it until the next call.
type input struct {
	r      io.Reader // nil for a payload
	buf    []byte    // buf[pos:] has not been read
	pos    int
	summed int    // buf[:summed] is in crc
	crc    uint64 // of what has been read
	offset int64  // of buf[0]

	number   [24]byte
	unpacked []byte
	fresh    bool // the string that was read last is in memory of its own
}

// fail returns an error that tells where it was found.
func (in *input) fail(reason string) error {
	return fmt.Errorf("%w: %s (at byte %d)", ErrCorrupt, reason, in.offset+int64(in.pos))
}

func (in *input) ended() error {
	return fmt.Errorf("%w: it ends too early (at byte %d): %w", ErrCorrupt, in.offset+int64(len(in.buf)), io.ErrUnexpectedEOF)
}

// need makes sure that n bytes, no more than the window, can be read.
func (in *input) need(n int) error {
	if len(in.buf)-in.pos >= n {
		return nil
	}
	if in.r == nil {
		return in.ended()
	}
	in.sum()
	k := copy(in.buf[:cap(in.buf)], in.buf[in.pos:])
	in.offset += int64(in.pos)
	in.pos, in.summed = 0, 0
	m, err := io.ReadAtLeast(in.r, in.buf[k:cap(in.buf)], n-k)
	in.buf = in.buf[:k+m]
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return in.ended()
	}
	return err
}

// sum brings the checksum up to what has been read.
func (in *input) sum() {
	in.crc = checksum(in.crc, in.buf[in.summed:in.pos])
	in.summed = in.pos
}

// take reads n bytes, no more than the window.
func (in *input) take(n int) ([]byte, error) {
	if err := in.need(n); err != nil {
		return nil, err
	}
	b := in.buf[in.pos : in.pos+n : in.pos+n]
	in.pos += n
	return b, nil
}

func (in *input) byte() (byte, error) {
	b, err := in.take(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

func (in *input) uint32() (uint32, error) {
	b, err := in.take(4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

func (in *input) uint64() (uint64, error) {
	b, err := in.take(8)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint64(b), nil
}

// bytes reads n bytes.
func (in *input) bytes(n uint64) ([]byte, error) {
	if in.r == nil {
		if n > uint64(len(in.buf)-in.pos) {
			return nil, in.ended()
		}
		return in.take(int(n))
	}
	if n <= window {
		return in.take(int(n))
	}
	var b []byte
	for n > 0 {
		if err := in.need(1); err != nil {
			return nil, err
		}
		p, err := in.take(int(min(n, uint64(len(in.buf)-in.pos))))
		if err != nil {
			return nil, err
		}
		b = append(b, p...)
		n -= uint64(len(p))
	}
	in.fresh = true
	return b, nil
}

// Codes of strings that are no plain ones.
const (
	codeInt8 = iota
	codeInt16
	codeInt32
	codeLZF
)

// head reads a length, or with coded a code.
func (in *input) head() (n uint64, coded bool, err error) {
	b, err := in.byte()
	if err != nil {
		return 0, false, err
	}
	switch b >> 6 {
	case 0:
		return uint64(b), false, nil
	case 1:
		low, err := in.byte()
		return uint64(b&0x3f)<<8 | uint64(low), false, err
	case 3:
		return uint64(b & 0x3f), true, nil
	}
	switch b {
	case 0x80:
		p, err := in.take(4)
		if err != nil {
			return 0, false, err
		}
		return uint64(binary.BigEndian.Uint32(p)), false, nil
	case 0x81:
		p, err := in.take(8)
		if err != nil {
			return 0, false, err
		}
		return binary.BigEndian.Uint64(p), false, nil
	}
	return 0, false, in.fail("a length of an unknown form")
}

// length reads a length that is one.
func (in *input) length() (uint64, error) {
	n, coded, err := in.head()
	if err == nil && coded {
		err = in.fail("a string where a length should stand")
	}
	return n, err
}

// string reads a string.
func (in *input) string() ([]byte, error) {
	in.fresh = false
	n, coded, err := in.head()
	if err != nil {
		return nil, err
	}
	if !coded {
		return in.bytes(n)
	}
	if n == codeLZF {
		return in.packed()
	}
	var v int64
	switch n {
	case codeInt8:
		b, err := in.byte()
		if err != nil {
			return nil, err
		}
		v = int64(int8(b))
	case codeInt16:
		b, err := in.take(2)
		if err != nil {
			return nil, err
		}
		v = int64(int16(binary.LittleEndian.Uint16(b)))
	case codeInt32:
		u, err := in.uint32()
		if err != nil {
			return nil, err
		}
		v = int64(int32(u))
	default:
		return nil, in.fail("a string of an unknown form")
	}
	return strconv.AppendInt(in.number[:0], v, 10), nil
}

// maxUnpacked is the room in bytes that is kept for the next compressed string.
const maxUnpacked = 1 << 20

// packed reads a compressed string.
func (in *input) packed() ([]byte, error) {
	n, err := in.length()
	if err != nil {
		return nil, err
	}
	size, err := in.length()
	if err != nil {
		return nil, err
	}
	p, err := in.bytes(n)
	if err != nil {
		return nil, err
	}
	if got, ok := unpackedSize(p); !ok || uint64(got) != size {
		return nil, in.fail("a compressed string that does not unfold")
	}
	room := in.unpacked[:0]
	if uint64(cap(room)) < size {
		room = make([]byte, 0, size)
	}
	b := unpack(room, p)
	if in.fresh = cap(b) > maxUnpacked; !in.fresh {
		in.unpacked = b
	}
	return b, nil
}

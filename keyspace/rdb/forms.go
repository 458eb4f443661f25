package rdb

import (
	"encoding/binary"
	"strconv"

	"github.com/medleydb/medley/datatypes"
)

// A walk passes the elements of a small form: a string that holds a whole collection as
// it was in a server's memory.
//
//	listpack  uint32 bytes, uint16 elements, elements, FF
//	ziplist   uint32 bytes, uint32 offset of the last, uint16 elements, elements, FF
//	intset    uint32 width, uint32 elements, integers
//	zipmap    byte elements, then key and value in turns, FF
//
// The counts of elements are hints, which are not kept beyond 65534; listpacks and
// ziplists end with their last byte. An element of a listpack is followed by its own
// length, for those who walk backwards, one of a ziplist preceded by its neighbour's.
type walk struct {
	b    []byte
	at   int
	next func(*walk) bool

	text  []byte // the present element, borrowed or in number
	bad   bool   // the form is broken
	isInt bool
	value int64
	width int // of an intset's integers

	number [24]byte
}

// more goes on to the next element; false at the end, and when the form is broken.
func (w *walk) more() bool { return !w.bad && w.next(w) }

func (w *walk) broken() bool {
	w.bad = true
	return false
}

func (w *walk) setInt(n int64) bool {
	w.isInt, w.value = true, n
	w.text = strconv.AppendInt(w.number[:0], n, 10)
	return true
}

// setText takes n bytes from at on, behind which skip more belong to the element.
func (w *walk) setText(at, n, skip int) bool {
	if n < 0 || n > len(w.b)-at || skip > len(w.b)-at-n {
		return w.broken()
	}
	w.isInt, w.text, w.at = false, w.b[at:at+n], at+n+skip
	return true
}

// atEnd reports whether the end mark stands here, and nothing behind it.
func (w *walk) atEnd() bool {
	if w.at >= len(w.b) {
		return w.broken()
	}
	if w.b[w.at] != 0xff {
		return false
	}
	w.bad = w.at+1 != len(w.b)
	return true
}

func openListpack(b []byte) *walk {
	w := &walk{b: b, at: 6, next: nextListpack}
	w.bad = len(b) < 7 || uint64(binary.LittleEndian.Uint32(b)) != uint64(len(b))
	return w
}

func nextListpack(w *walk) bool {
	if w.atEnd() || w.bad {
		return false
	}
	b := w.b[w.at:]
	c := b[0]
	size := 0 // of the element's head and an integer
	switch {
	case c < 0x80, c&0xC0 == 0x80:
		size = 1
	case c&0xE0 == 0xC0, c&0xF0 == 0xE0:
		size = 2
	case c == 0xF0:
		size = 5
	case c == 0xF1:
		size = 3
	case c == 0xF2:
		size = 4
	case c == 0xF3:
		size = 5
	case c == 0xF4:
		size = 9
	default:
		return w.broken()
	}
	if len(b) < size {
		return w.broken()
	}
	n := -1 // bytes of text
	switch {
	case c < 0x80:
		w.setInt(int64(c))
	case c&0xC0 == 0x80:
		n = int(c & 0x3f)
	case c&0xE0 == 0xC0:
		v := int64(c&0x1f)<<8 | int64(b[1])
		w.setInt(v << 51 >> 51)
	case c&0xF0 == 0xE0:
		n = int(c&0x0f)<<8 | int(b[1])
	case c == 0xF0:
		n = int(binary.LittleEndian.Uint32(b[1:]))
	default:
		w.setInt(signed(b[1:size]))
	}
	if n < 0 {
		w.at += size + backLength(size)
		if w.at > len(w.b) {
			return w.broken()
		}
		return true
	}
	return w.setText(w.at+size, n, backLength(size+n))
}

// backLength returns how many bytes the length behind a listpack's element takes.
func backLength(n int) int {
	switch {
	case n < 1<<7:
		return 1
	case n < 1<<14:
		return 2
	case n < 1<<21:
		return 3
	case n < 1<<28:
		return 4
	}
	return 5
}

// signed reads a little-endian integer of up to eight bytes.
func signed(b []byte) (n int64) {
	for i, c := range b {
		n |= int64(c) << (8 * i)
	}
	shift := 64 - 8*len(b)
	return n << shift >> shift
}

func openZiplist(b []byte) *walk {
	w := &walk{b: b, at: 10, next: nextZiplist}
	w.bad = len(b) < 11 || uint64(binary.LittleEndian.Uint32(b)) != uint64(len(b))
	return w
}

func nextZiplist(w *walk) bool {
	if w.atEnd() || w.bad {
		return false
	}
	at := w.at + 1 // behind the neighbour's length
	if w.b[w.at] == 0xfe {
		at += 4
	}
	if at >= len(w.b) {
		return w.broken()
	}
	b := w.b[at:]
	c := b[0]
	switch c >> 6 {
	case 0:
		return w.setText(at+1, int(c), 0)
	case 1:
		if len(b) < 2 {
			return w.broken()
		}
		return w.setText(at+2, int(c&0x3f)<<8|int(b[1]), 0)
	case 2:
		if len(b) < 5 {
			return w.broken()
		}
		return w.setText(at+5, int(binary.BigEndian.Uint32(b[1:])), 0)
	}
	size := 0
	switch {
	case c == 0xC0:
		size = 2
	case c == 0xD0:
		size = 4
	case c == 0xE0:
		size = 8
	case c == 0xF0:
		size = 3
	case c == 0xFE:
		size = 1
	case c >= 0xF1 && c <= 0xFD:
		w.at = at + 1
		return w.setInt(int64(c&0x0f) - 1)
	default:
		return w.broken()
	}
	if len(b) < 1+size {
		return w.broken()
	}
	w.at = at + 1 + size
	return w.setInt(signed(b[1 : 1+size]))
}

func openIntset(b []byte) *walk {
	w := &walk{b: b, at: 8, next: nextIntset}
	if w.bad = len(b) < 8; w.bad {
		return w
	}
	width := binary.LittleEndian.Uint32(b)
	n := uint64(binary.LittleEndian.Uint32(b[4:]))
	w.bad = width != 2 && width != 4 && width != 8 || n*uint64(width) != uint64(len(b)-8)
	w.width = int(width)
	return w
}

func nextIntset(w *walk) bool {
	if w.at == len(w.b) {
		return false
	}
	n := signed(w.b[w.at : w.at+w.width])
	w.at += w.width
	return w.setInt(n)
}

func openZipmap(b []byte) *walk {
	w := &walk{b: b, at: 1, next: nextZipmapKey}
	w.bad = len(b) < 2
	return w
}

func nextZipmapKey(w *walk) bool {
	if w.atEnd() || w.bad {
		return false
	}
	w.next = nextZipmapValue
	return w.zipmapText(0)
}

func nextZipmapValue(w *walk) bool {
	w.next = nextZipmapKey
	return w.zipmapText(1)
}

// zipmapText reads a length, with free the byte that counts unused ones behind the text,
// and the text.
func (w *walk) zipmapText(free int) bool {
	b := w.b[w.at:]
	if len(b) == 0 {
		return w.broken()
	}
	n, head := int(b[0]), 1
	switch {
	case n == 0xfe:
		head = 5
		if len(b) < head {
			return w.broken()
		}
		if n = int(binary.LittleEndian.Uint32(b[1:])); n < 0xfe {
			return w.broken() // servers of the field take no such length, so none writes it
		}
	case n == 0xff:
		return w.broken()
	}
	skip := 0
	if free == 1 {
		if len(b) <= head {
			return w.broken()
		}
		skip = int(b[head])
		head++
	}
	return w.setText(w.at+head, n, skip)
}

// A listpack is built.
type listpack struct {
	b []byte
	n int
}

// reset begins a listpack.
func (l *listpack) reset() { l.b, l.n = append(l.b[:0], 0, 0, 0, 0, 0, 0), 0 }

// any appends a string, as an integer where it is one.
func (l *listpack) any(s []byte) {
	if n, ok := datatypes.ParseInt(s); ok {
		l.int(n)
		return
	}
	l.text(s)
}

// text appends a string as such.
func (l *listpack) text(s []byte) {
	at := len(l.b)
	switch n := len(s); {
	case n < 1<<6:
		l.b = append(l.b, 0x80|byte(n))
	case n < 1<<12:
		l.b = append(l.b, 0xE0|byte(n>>8), byte(n))
	default:
		l.b = binary.LittleEndian.AppendUint32(append(l.b, 0xF0), uint32(n))
	}
	l.b = append(l.b, s...)
	l.close(at)
}

// int appends an integer.
func (l *listpack) int(n int64) {
	at := len(l.b)
	switch {
	case n >= 0 && n < 1<<7:
		l.b = append(l.b, byte(n))
	case n >= -1<<12 && n < 1<<12:
		l.b = append(l.b, 0xC0|byte(n>>8)&0x1f, byte(n))
	case n == int64(int16(n)):
		l.b = binary.LittleEndian.AppendUint16(append(l.b, 0xF1), uint16(n))
	case n == n<<40>>40:
		l.b = append(l.b, 0xF2, byte(n), byte(n>>8), byte(n>>16))
	case n == int64(int32(n)):
		l.b = binary.LittleEndian.AppendUint32(append(l.b, 0xF3), uint32(n))
	default:
		l.b = binary.LittleEndian.AppendUint64(append(l.b, 0xF4), uint64(n))
	}
	l.close(at)
}

// close appends the length of the element that begins at at, seven bits a byte, the
// highest first, all but the first marked.
func (l *listpack) close(at int) {
	n := len(l.b) - at
	for i := backLength(n) - 1; i >= 0; i-- {
		c := byte(n>>(7*i)) & 0x7f
		if i < backLength(n)-1 {
			c |= 0x80
		}
		l.b = append(l.b, c)
	}
	l.n++
}

// finish returns the listpack.
func (l *listpack) finish() []byte {
	l.b = append(l.b, 0xff)
	binary.LittleEndian.PutUint32(l.b, uint32(len(l.b)))
	binary.LittleEndian.PutUint16(l.b[4:], uint16(min(l.n, 1<<16-1)))
	return l.b
}

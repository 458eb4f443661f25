package lua

import (
	"encoding/binary"
	"math"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// structLibrary is struct: values to and from strings of bytes, by a format.
//
//	> < ! !n   big or little endian; alignment, 8 or n (1 without ! at all)
//	b B h H i I in In l L T    integers of 1, 2, 4 (or n) and 8 bytes; capitals unsigned
//	f d x      float, double, a byte of padding
//	s cn c0    a string with a zero behind it; of n bytes; of as many as the value before says
var structLibrary = Library{Names: []string{"struct"}, Open: func(st *State) map[string]glua.LValue {
	return functions(st, map[string]glua.LGFunction{"pack": structPack, "unpack": structUnpack, "size": structSize})
}}

const (
	maxIntSize  = 32
	nativeAlign = 8
)

// A layout walks over a format.
type structFormat struct {
	L     *glua.LState
	name  string
	fmt   string
	at    int
	order binary.ByteOrder
	align int
}

func newStructFormat(L *glua.LState, name string) *structFormat {
	return &structFormat{L: L, name: name, fmt: checkString(L, 1, name), order: binary.LittleEndian, align: 1}
}

func (f *structFormat) number(otherwise int) int {
	if f.at >= len(f.fmt) || f.fmt[f.at] < '0' || f.fmt[f.at] > '9' {
		return otherwise
	}
	n := 0
	for f.at < len(f.fmt) && f.fmt[f.at] >= '0' && f.fmt[f.at] <= '9' {
		d := int(f.fmt[f.at] - '0')
		if n > math.MaxInt32/10 || n*10 > math.MaxInt32-d {
			fail(f.L, "integral size overflow")
		}
		n = n*10 + d
		f.at++
	}
	return n
}

// next returns the next option and its size; false at the end. Those that only control the
// format have the size 0.
func (f *structFormat) next() (opt byte, size int, ok bool) {
	if f.at >= len(f.fmt) {
		return 0, 0, false
	}
	opt = f.fmt[f.at]
	f.at++
	switch opt {
	case 'b', 'B', 'x':
		size = 1
	case 'h', 'H':
		size = 2
	case 'l', 'L', 'T', 'd':
		size = 8
	case 'f':
		size = 4
	case 'c':
		size = f.number(1)
	case 'i', 'I':
		if size = f.number(4); size > maxIntSize {
			fail(f.L, "integral size %d is larger than limit of %d", size, maxIntSize)
		}
	}
	return opt, size, true
}

func (f *structFormat) control(opt byte) {
	switch opt {
	case ' ':
	case '>':
		f.order = binary.BigEndian
	case '<':
		f.order = binary.LittleEndian
	case '!':
		a := f.number(nativeAlign)
		if a <= 0 || a&(a-1) != 0 {
			fail(f.L, "alignment %d is not a power of 2", a)
		}
		f.align = a
	default:
		argError(f.L, 1, f.name, "invalid format option '"+string([]byte{opt})+"'")
	}
}

// padding returns how many bytes bring a value at the offset to its alignment.
func (f *structFormat) padding(opt byte, size, offset int) int {
	if size == 0 || opt == 'c' {
		return 0
	}
	size = min(size, f.align)
	return (size - offset&(size-1)) & (size - 1)
}

func structPack(L *glua.LState) int {
	f := newStructFormat(L, "pack")
	var out []byte
	arg, given := 1, L.GetTop()
	for {
		opt, size, ok := f.next()
		if !ok {
			L.Push(glua.LString(out))
			return 1
		}
		out = append(out, make([]byte, f.padding(opt, size, len(out)))...)
		if arg == given {
			L.Push(glua.LNil) // a missing argument shows as nil
		}
		switch opt {
		case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I':
			arg++
			out = f.appendInt(out, checkNumber(L, arg, "pack"), size)
		case 'x':
			out = append(out, 0)
		case 'f':
			arg++
			var b [4]byte
			f.order.PutUint32(b[:], math.Float32bits(float32(checkNumber(L, arg, "pack"))))
			out = append(out, b[:]...)
		case 'd':
			arg++
			var b [8]byte
			f.order.PutUint64(b[:], math.Float64bits(checkNumber(L, arg, "pack")))
			out = append(out, b[:]...)
		case 'c', 's':
			arg++
			s := checkString(L, arg, "pack")
			if size == 0 {
				size = len(s)
			}
			if len(s) < size {
				argError(L, arg+1, "pack", "string too short")
			}
			out = append(out, s[:size]...)
			if opt == 's' {
				out = append(out, 0)
			}
		default:
			f.control(opt)
		}
	}
}

func (f *structFormat) appendInt(out []byte, n float64, size int) []byte {
	var v uint64
	if n < 0 {
		v = uint64(toInt(n))
	} else if n < 1<<63 {
		v = uint64(n)
	} else if n < 1<<64 {
		v = uint64(n-(1<<63)) + 1<<63
	}
	at := len(out)
	out = append(out, make([]byte, size)...)
	for i := range size {
		to := at + i
		if f.order == binary.BigEndian {
			to = at + size - 1 - i
		}
		if i < 8 {
			out[to] = byte(v >> (8 * i))
		}
	}
	return out
}

func (f *structFormat) integer(b []byte, signed bool) float64 {
	var v uint64
	for i := range b {
		c := b[i]
		if f.order == binary.LittleEndian {
			c = b[len(b)-1-i]
		}
		v = v<<8 | uint64(c)
	}
	if !signed {
		return float64(v)
	}
	if n := len(b); n < 8 && n > 0 {
		shift := 64 - 8*n
		return float64(int64(v<<shift) >> shift)
	}
	return float64(int64(v))
}

func structUnpack(L *glua.LState) int {
	f := newStructFormat(L, "unpack")
	data := checkString(L, 2, "unpack")
	pos := optInt(L, 3, "unpack", 1)
	if pos == 0 {
		argError(L, 3, "unpack", "offset must be 1 or greater")
	}
	if pos--; pos < 0 { // that is C's largest sizes
		pos = math.MaxInt / 2
	}
	var results []glua.LValue
	need := func(size int) {
		if size < 0 || size > len(data) || pos > len(data)-size {
			argError(L, 2, "unpack", "data string too short")
		}
	}
	for {
		opt, size, ok := f.next()
		if !ok {
			break
		}
		pos += f.padding(opt, size, pos)
		need(size)
		if len(results) >= maxResults {
			fail(L, "stack overflow (too many results)")
		}
		switch opt {
		case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I':
			results = append(results, glua.LNumber(f.integer([]byte(data[pos:pos+size]), opt >= 'a')))
		case 'x':
		case 'f':
			results = append(results, glua.LNumber(math.Float32frombits(f.order.Uint32([]byte(data[pos:pos+4])))))
		case 'd':
			results = append(results, glua.LNumber(math.Float64frombits(f.order.Uint64([]byte(data[pos:pos+8])))))
		case 'c':
			if size == 0 {
				n := len(results)
				if n == 0 {
					fail(L, "format 'c0' needs a previous size")
				}
				v, ok := toNumber(results[n-1])
				if !ok {
					fail(L, "format 'c0' needs a previous size")
				}
				size, results = toInt(v), results[:n-1]
				need(size)
			}
			results = append(results, glua.LString(data[pos:pos+size]))
		case 's':
			n := strings.IndexByte(data[pos:], 0)
			if n < 0 {
				fail(L, "unfinished string in data")
			}
			size = n + 1
			results = append(results, glua.LString(data[pos:pos+n]))
		default:
			f.control(opt)
		}
		pos += size
	}
	for _, v := range results {
		L.Push(v)
	}
	L.Push(glua.LNumber(pos + 1))
	return len(results) + 1
}

func structSize(L *glua.LState) int {
	f := newStructFormat(L, "size")
	pos := 0
	for {
		opt, size, ok := f.next()
		if !ok {
			return pushNumber(L, float64(pos))
		}
		pos += f.padding(opt, size, pos)
		switch {
		case opt == 's':
			argError(L, 1, "size", "option 's' has no fixed size")
		case opt == 'c' && size == 0:
			argError(L, 1, "size", "option 'c0' has no fixed size")
		case size == 0 && !isAlpha(opt) && (opt < '0' || opt > '9'):
			f.control(opt)
		}
		pos += size
	}
}

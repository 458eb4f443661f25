package lua

import (
	"encoding/binary"
	"math"

	glua "github.com/yuin/gopher-lua"
)

var msgpackLibrary = Library{Names: []string{"cmsgpack"}, Open: func(st *State) map[string]glua.LValue {
	m := functions(st, map[string]glua.LGFunction{
		"pack":         st.packMessage,
		"unpack":       func(L *glua.LState) int { return unpackMessage(L, "unpack", 0, 0) },
		"unpack_one":   func(L *glua.LState) int { return unpackMessage(L, "unpack_one", 1, optInt(L, 2, "unpack_one", 0)) },
		"unpack_limit": unpackLimited,
	})
	m["_NAME"], m["_VERSION"] = glua.LString("cmsgpack"), glua.LString("lua-cmsgpack 0.4.0")
	m["_COPYRIGHT"] = glua.LString("Copyright (C) 2012, Redis Ltd.")
	m["_DESCRIPTION"] = glua.LString("MessagePack C implementation for Lua")
	return m
}}

// maxPackDepth is the depth below which tables become nil.
const maxPackDepth = 16

func (st *State) packMessage(L *glua.LState) int {
	n := L.GetTop()
	if n == 0 {
		argError(L, 0, "pack", "MessagePack pack needs input.")
	}
	var out []byte
	for i := 1; i <= n; i++ {
		out = st.appendMessage(out, L.Get(i), 0)
	}
	L.Push(glua.LString(out))
	return 1
}

func (st *State) appendMessage(b []byte, v glua.LValue, depth int) []byte {
	switch v := v.(type) {
	case glua.LString:
		b = packHeader(b, len(v), 0xa0, 31, 0xd9, 0xda, 0xdb)
		return append(b, v...)
	case glua.LBool:
		if v {
			return append(b, 0xc3)
		}
		return append(b, 0xc2)
	case glua.LNumber:
		return packNumber(b, float64(v))
	case *glua.LTable:
		if depth < maxPackDepth {
			return st.packTable(b, st.behind(v), depth+1)
		}
	}
	return append(b, 0xc0)
}

// packHeader appends a length: in one byte with the kind, or behind one of three codes; a code
// of 0 there is not.
func packHeader(b []byte, n int, short byte, maxShort int, code8, code16, code32 byte) []byte {
	switch {
	case n <= maxShort:
		return append(b, short|byte(n))
	case n <= 0xff && code8 != 0:
		return append(b, code8, byte(n))
	case n <= 0xffff:
		return binary.BigEndian.AppendUint16(append(b, code16), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(b, code32), uint32(n))
}

func packNumber(b []byte, f float64) []byte {
	if f != math.Trunc(f) || f < -1<<63 || f >= 1<<63 {
		if float64(float32(f)) == f {
			return binary.BigEndian.AppendUint32(append(b, 0xca), math.Float32bits(float32(f)))
		}
		return binary.BigEndian.AppendUint64(append(b, 0xcb), math.Float64bits(f))
	}
	be := binary.BigEndian
	switch n := int64(f); {
	case n >= 0 && n <= 0x7f, n < 0 && n >= -32:
		return append(b, byte(n))
	case n >= 0 && n <= 0xff:
		return append(b, 0xcc, byte(n))
	case n >= 0 && n <= 0xffff:
		return be.AppendUint16(append(b, 0xcd), uint16(n))
	case n >= 0 && n <= 0xffffffff:
		return be.AppendUint32(append(b, 0xce), uint32(n))
	case n >= 0:
		return be.AppendUint64(append(b, 0xcf), uint64(n))
	case n >= -128:
		return append(b, 0xd0, byte(n))
	case n >= -32768:
		return be.AppendUint16(append(b, 0xd1), uint16(n))
	case n >= -2147483648:
		return be.AppendUint32(append(b, 0xd2), uint32(n))
	default:
		return be.AppendUint64(append(b, 0xd3), uint64(n))
	}
}

func (st *State) packTable(b []byte, t *glua.LTable, depth int) []byte {
	count, highest, array := 0, 0.0, true
	for k, _ := t.Next(glua.LNil); k != glua.LNil; k, _ = t.Next(k) {
		n, ok := k.(glua.LNumber)
		if !ok || n <= 0 || float64(n) != math.Trunc(float64(n)) {
			array = false
		}
		count++
		highest = max(highest, float64(n))
	}
	if array && highest == float64(count) {
		b = packHeader(b, count, 0x90, 15, 0, 0xdc, 0xdd)
		for i := 1; i <= count; i++ {
			b = st.appendMessage(b, t.RawGet(glua.LNumber(i)), depth)
		}
		return b
	}
	b = packHeader(b, count, 0x80, 15, 0, 0xde, 0xdf)
	for k, v := t.Next(glua.LNil); k != glua.LNil; k, v = t.Next(k) {
		b = st.appendMessage(st.appendMessage(b, k, depth), v, depth)
	}
	return b
}

func unpackLimited(L *glua.LState) int {
	limit := checkInt(L, 2, "unpack_limit")
	return unpackMessage(L, "unpack_limit", limit, optInt(L, 3, "unpack_limit", 0))
}

// unpackMessage pushes up to limit values, 0 for all; with a limit, the offset of what follows
// before them, -1 at the end.
func unpackMessage(L *glua.LState, name string, limit, offset int) int {
	s := checkString(L, 1, name)
	whole := limit == 0 && offset == 0
	switch {
	case offset < 0 || limit < 0:
		fail(L, "Invalid request to unpack with offset of %d and limit of %d.", offset, len(s))
	case offset > len(s):
		fail(L, "Start offset %d greater than input length %d.", offset, len(s))
	}
	if whole {
		limit = math.MaxInt
	}
	u := unpacker{L: L, data: s, at: offset}
	var list []glua.LValue
	for u.at < len(s) && len(list) < limit {
		list = append(list, u.value(0))
	}
	if !whole {
		next := -1
		if u.at < len(s) {
			next = u.at
		}
		L.Push(glua.LNumber(next))
	}
	for _, v := range list {
		L.Push(v)
	}
	if whole {
		return len(list)
	}
	return len(list) + 1
}

type unpacker struct {
	L    *glua.LState
	data string
	at   int
}

func (u *unpacker) take(n int) string {
	if n > len(u.data)-u.at {
		fail(u.L, "Missing bytes in input.")
	}
	s := u.data[u.at : u.at+n]
	u.at += n
	return s
}

func (u *unpacker) uint(n int) (v uint64) {
	for _, c := range []byte(u.take(n)) {
		v = v<<8 | uint64(c)
	}
	return v
}

// maxUnpackDepth keeps hostile input off the stack.
const maxUnpackDepth = 100000

func (u *unpacker) value(depth int) glua.LValue {
	if depth > maxUnpackDepth {
		fail(u.L, "stack overflow")
	}
	c := u.take(1)[0]
	switch {
	case c < 0x80:
		return glua.LNumber(c)
	case c >= 0xe0:
		return glua.LNumber(int8(c))
	case c < 0x90:
		return u.mapping(int(c&15), depth)
	case c < 0xa0:
		return u.array(int(c&15), depth)
	case c < 0xc0:
		return glua.LString(u.take(int(c & 31)))
	}
	switch c {
	case 0xc0:
		return glua.LNil
	case 0xc2:
		return glua.LFalse
	case 0xc3:
		return glua.LTrue
	case 0xca:
		return glua.LNumber(math.Float32frombits(uint32(u.uint(4))))
	case 0xcb:
		return glua.LNumber(math.Float64frombits(u.uint(8)))
	case 0xcc, 0xcd, 0xce, 0xcf:
		return glua.LNumber(u.uint(1 << (c - 0xcc)))
	case 0xd0:
		return glua.LNumber(int8(u.uint(1)))
	case 0xd1:
		return glua.LNumber(int16(u.uint(2)))
	case 0xd2:
		return glua.LNumber(int32(u.uint(4)))
	case 0xd3:
		return glua.LNumber(int64(u.uint(8)))
	case 0xd9:
		return glua.LString(u.take(int(u.uint(1))))
	case 0xda:
		return glua.LString(u.take(int(u.uint(2))))
	case 0xdb:
		return glua.LString(u.take(int(u.uint(4))))
	case 0xdc:
		return u.array(int(u.uint(2)), depth)
	case 0xdd:
		return u.array(int(u.uint(4)), depth)
	case 0xde:
		return u.mapping(int(u.uint(2)), depth)
	case 0xdf:
		return u.mapping(int(u.uint(4)), depth)
	}
	fail(u.L, "Bad data format in input.")
	return nil
}

func (u *unpacker) array(n, depth int) glua.LValue {
	t := u.L.CreateTable(min(n, 64), 0)
	for i := 1; i <= n; i++ {
		t.RawSetInt(i, u.value(depth+1))
	}
	return t
}

func (u *unpacker) mapping(n, depth int) glua.LValue {
	t := u.L.CreateTable(0, min(n, 64))
	for range n {
		k := u.value(depth + 1)
		v := u.value(depth + 1)
		setRaw(u.L, t, k, v)
	}
	return t
}

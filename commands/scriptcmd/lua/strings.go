package lua

import (
	"strings"

	glua "github.com/yuin/gopher-lua"
)

const stringMetaName, globalsMetaName = "..stringmeta", "..globalsmeta"

func functions(st *State, list map[string]glua.LGFunction) map[string]glua.LValue {
	m := make(map[string]glua.LValue, len(list))
	for name, f := range list {
		m[name] = st.L.NewFunction(f)
	}
	return m
}

var stringLibrary = Library{Names: []string{"string"}, Open: func(st *State) map[string]glua.LValue {
	m := functions(st, map[string]glua.LGFunction{
		"byte": strByte, "char": strChar, "dump": strDump, "find": strFind, "format": strFormat,
		"gmatch": strGmatch, "gsub": strGsub, "len": strLen, "lower": strLower,
		"match": strMatch, "rep": strRep, "reverse": strReverse, "sub": strSub, "upper": strUpper,
	})
	m["gfind"] = m["gmatch"]
	return m
}}

// strPosition turns an index, which may count from the end, into one from the start.
func strPosition(i, n int) int {
	if i < 0 {
		return max(i+n+1, 0)
	}
	return i
}

func strByte(L *glua.LState) int {
	s := checkString(L, 1, "byte")
	from := strPosition(optInt(L, 2, "byte", 1), len(s))
	to := strPosition(optInt(L, 3, "byte", from), len(s))
	from, to = max(from, 1), min(to, len(s))
	if from > to {
		return 0
	}
	if to-from+1 >= maxResults {
		fail(L, "string slice too long")
	}
	for i := from; i <= to; i++ {
		L.Push(glua.LNumber(s[i-1]))
	}
	return to - from + 1
}

func strChar(L *glua.LState) int {
	b := make([]byte, L.GetTop())
	for i := range b {
		n := checkInt(L, i+1, "char")
		if n < 0 || n > 255 {
			argError(L, i+1, "char", "invalid value")
		}
		b[i] = byte(n)
	}
	L.Push(glua.LString(b))
	return 1
}

func strDump(L *glua.LState) int {
	if f := checkFunction(L, 1, "dump"); f.IsG {
		fail(L, "unable to dump given function")
	}
	L.Push(glua.LString(binaryMark)) // nothing loads it
	return 1
}

func strLen(L *glua.LState) int {
	L.Push(glua.LNumber(len(checkString(L, 1, "len"))))
	return 1
}

func mapBytes(s string, from, to byte) string {
	b := []byte(s)
	for i, c := range b {
		if c >= from && c <= to {
			b[i] = c ^ 0x20
		}
	}
	return string(b)
}

func strLower(L *glua.LState) int {
	L.Push(glua.LString(mapBytes(checkString(L, 1, "lower"), 'A', 'Z')))
	return 1
}

func strUpper(L *glua.LState) int {
	L.Push(glua.LString(mapBytes(checkString(L, 1, "upper"), 'a', 'z')))
	return 1
}

// maxString is the longest string that a script can make by one call.
const maxString = 1 << 30

func strRep(L *glua.LState) int {
	s, n := checkString(L, 1, "rep"), checkInt(L, 2, "rep")
	if n <= 0 || s == "" {
		L.Push(glua.LString(""))
		return 1
	}
	if n > maxString/len(s) {
		fail(L, "resulting string too large")
	}
	L.Push(glua.LString(strings.Repeat(s, n)))
	return 1
}

func strReverse(L *glua.LState) int {
	s := checkString(L, 1, "reverse")
	b := make([]byte, len(s))
	for i := range len(s) {
		b[len(s)-1-i] = s[i]
	}
	L.Push(glua.LString(b))
	return 1
}

func strSub(L *glua.LState) int {
	s := checkString(L, 1, "sub")
	from := max(strPosition(checkInt(L, 2, "sub"), len(s)), 1)
	to := min(strPosition(optInt(L, 3, "sub", -1), len(s)), len(s))
	if from > to {
		L.Push(glua.LString(""))
		return 1
	}
	L.Push(glua.LString(s[from-1 : to]))
	return 1
}

func strFind(L *glua.LState) int { return find(L, "find", true) }

func strMatch(L *glua.LState) int { return find(L, "match", false) }

// find is string.find and string.match.
func find(L *glua.LState, name string, find bool) int {
	s, p := checkString(L, 1, name), checkString(L, 2, name)
	init := strPosition(optInt(L, 3, name, 1), len(s)) - 1
	init = min(max(init, 0), len(s))
	if find && (glua.LVAsBool(L.Get(4)) || !strings.ContainsAny(p, "^$*+?.([%-")) {
		i := strings.Index(s[init:], p)
		if i < 0 {
			L.Push(glua.LNil)
			return 1
		}
		L.Push(glua.LNumber(init + i + 1))
		L.Push(glua.LNumber(init + i + len(p)))
		return 2
	}
	anchor := strings.HasPrefix(p, "^")
	m := matcher{L: L, src: s, pat: strings.TrimPrefix(p, "^")}
	for at := init; at <= len(s); at++ {
		m.level = 0
		if e := m.match(at, 0); e >= 0 {
			if !find {
				return m.pushCaptures(at, e, true)
			}
			L.Push(glua.LNumber(at + 1))
			L.Push(glua.LNumber(e))
			return 2 + m.pushCaptures(at, e, false)
		}
		if anchor {
			break
		}
	}
	L.Push(glua.LNil)
	return 1
}

func strGmatch(L *glua.LState) int {
	s, p := checkString(L, 1, "gmatch"), checkString(L, 2, "gmatch")
	at := 0
	L.Push(L.NewFunction(func(L *glua.LState) int {
		m := matcher{L: L, src: s, pat: p}
		for ; at <= len(s); at++ {
			m.level = 0
			if e := m.match(at, 0); e >= 0 {
				from := at
				at = e
				if e == from {
					at++
				}
				return m.pushCaptures(from, e, true)
			}
		}
		L.Push(glua.LNil)
		return 1
	}))
	return 1
}

func strGsub(L *glua.LState) int {
	s, p := checkString(L, 1, "gsub"), checkString(L, 2, "gsub")
	repl := L.Get(3)
	switch repl.(type) {
	case glua.LString, glua.LNumber, *glua.LTable, *glua.LFunction:
	default:
		argError(L, 3, "gsub", "string/function/table expected")
	}
	limit := optInt(L, 4, "gsub", len(s)+1)
	anchor := strings.HasPrefix(p, "^")
	m := matcher{L: L, src: s, pat: strings.TrimPrefix(p, "^")}
	var out []byte
	at, n := 0, 0
	for n < limit {
		m.level = 0
		e := m.match(at, 0)
		if e >= 0 {
			n++
			out = m.replace(out, repl, at, e)
		}
		switch {
		case e >= 0 && e > at:
			at = e
		case at < len(s):
			out = append(out, s[at])
			at++
		default:
			anchor = true
		}
		if anchor {
			break
		}
	}
	out = append(out, s[min(at, len(s)):]...)
	L.Push(glua.LString(out))
	L.Push(glua.LNumber(n))
	return 2
}

// replace appends what takes the place of the match from s to e.
func (m *matcher) replace(out []byte, repl glua.LValue, s, e int) []byte {
	L := m.L
	var v glua.LValue
	switch r := repl.(type) {
	case *glua.LTable:
		v = L.GetTable(r, m.captured(0, s, e))
	case *glua.LFunction:
		L.Push(r)
		L.Call(m.pushCaptures(s, e, true), 1)
		v = L.Get(-1)
		L.Pop(1)
	default:
		text, _ := toText(r)
		return m.expand(out, text, s, e)
	}
	if !glua.LVAsBool(v) {
		return append(out, m.src[s:e]...)
	}
	text, ok := toText(v)
	if !ok {
		fail(L, "%s", "invalid replacement value (a "+v.Type().String()+")")
	}
	return append(out, text...)
}

// expand appends a replacement text, with %0 to %9 filled in.
func (m *matcher) expand(out []byte, text string, s, e int) []byte {
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '%' {
			out = append(out, c)
			continue
		}
		i++
		switch c = 0; {
		case i < len(text):
			c = text[i]
		}
		switch {
		case c == '0':
			out = append(out, m.src[s:e]...)
		case c >= '1' && c <= '9':
			t, _ := toText(m.captured(int(c-'1'), s, e))
			out = append(out, t...)
		default:
			out = append(out, c)
		}
	}
	return out
}

package lua

import (
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// openBasic gives the types that are no tables their metatables.
func (st *State) openBasic() {
	L := st.L
	index := func(L *glua.LState) int {
		key, _ := toText(L.Get(2))
		fail(L, "%s", "attempt to index "+st.named(L, opIndex, key, 0, L.Get(1)))
		return 0
	}
	call := func(L *glua.LState) int {
		fail(L, "%s", "attempt to call "+st.named(L, opCall, "", 0, L.Get(1)))
		return 0
	}
	length := func(L *glua.LState) int {
		fail(L, "%s", "attempt to get length of "+st.named(L, opLen, "", 0, L.Get(1)))
		return 0
	}
	events := functions(st, map[string]glua.LGFunction{"__index": index, "__call": call, "__len": length})
	arithmetic := st.openArithmetic()
	samples := []glua.LValue{glua.LNil, glua.LTrue, glua.LNumber(0), glua.LString(""), L.NewFunction(index), L}
	for _, v := range samples {
		meta := L.CreateTable(0, 12)
		meta.RawSetString("__index", events["__index"])
		meta.RawSetString("__newindex", events["__index"])
		meta.RawSetString("__call", events["__call"])
		meta.RawSetString("__len", events["__len"])
		if v.Type() != glua.LTNumber { // else numbers would hide what tables define
			for event, f := range arithmetic {
				meta.RawSetString(event, f)
			}
		}
		if v.Type() == glua.LTString {
			meta.RawSetString("__index", st.behind(st.globals.RawGetString("string").(*glua.LTable)))
			meta.RawSetString("__len", glua.LNil)
		}
		L.SetMetatable(v, meta)
	}
}

// openArithmetic returns what does arithmetic on values that are no numbers.
func (st *State) openArithmetic() map[string]glua.LValue {
	m := map[string]glua.LValue{}
	ops := map[string]func(a, b float64) float64{
		"__add": func(a, b float64) float64 { return a + b },
		"__sub": func(a, b float64) float64 { return a - b },
		"__mul": func(a, b float64) float64 { return a * b },
		"__div": func(a, b float64) float64 { return a / b },
		"__mod": modulo,
		"__pow": power,
	}
	for event, f := range ops {
		m[event] = st.L.NewFunction(st.arithmetic(event, f))
	}
	m["__unm"] = st.L.NewFunction(func(L *glua.LState) int {
		f, ok := toNumber(L.Get(1))
		if !ok {
			st.raiseArithmetic(L, L.Get(1), glua.LNumber(0))
		}
		L.Push(glua.LNumber(-f))
		return 1
	})
	return m
}

// arithmetic returns the builtin of an operator, for operands that may not be numbers.
func (st *State) arithmetic(event string, f func(a, b float64) float64) glua.LGFunction {
	return func(L *glua.LState) int {
		a, b := L.Get(1), L.Get(2)
		x, ok1 := a.(glua.LNumber)
		y, ok2 := b.(glua.LNumber)
		if ok1 && ok2 {
			L.Push(glua.LNumber(f(float64(x), float64(y))))
			return 1
		}
		if h := tableHandler(a, b, event); h != glua.LNil {
			return callHandler(L, h, a, b)
		}
		p, ok1 := toNumber(a)
		q, ok2 := toNumber(b)
		if !ok1 || !ok2 {
			st.raiseArithmetic(L, a, b)
		}
		L.Push(glua.LNumber(f(p, q)))
		return 1
	}
}

// tableHandler returns what a table defines for the event.
func tableHandler(a, b glua.LValue, event string) glua.LValue {
	for _, v := range [...]glua.LValue{a, b} {
		if t, ok := v.(*glua.LTable); ok {
			if meta, ok := t.Metatable.(*glua.LTable); ok {
				if h := meta.RawGetString(event); h != glua.LNil {
					return h
				}
			}
		}
	}
	return glua.LNil
}

func callHandler(L *glua.LState, h, a, b glua.LValue) int {
	L.Push(h)
	L.Push(a)
	L.Push(b)
	L.Call(2, 1)
	return 1
}

func (st *State) raiseArithmetic(L *glua.LState, a, b glua.LValue) {
	which, v := 0, a
	if _, ok := a.(glua.LNumber); ok {
		which, v = 1, b
	} else if s, ok := a.(glua.LString); ok {
		if _, ok := parseNumber(string(s)); ok {
			which, v = 1, b
		}
	}
	fail(L, "%s", "attempt to perform arithmetic on "+st.named(L, opArith, "", which, v))
}

// concat joins its arguments from the last one to the first, as .. does.
func (st *State) concat(L *glua.LState) int {
	n := L.GetTop()
	var room [512]byte
	buf := room[:0]
	for i := 1; i <= n; i++ {
		switch v := L.Get(i).(type) {
		case glua.LString:
			buf = append(buf, v...)
		case glua.LNumber:
			buf = appendNumber(buf, float64(v))
		default:
			return st.concatSlow(L, n)
		}
	}
	L.Push(glua.LString(buf))
	return 1
}

// concatSlow joins values of which some have a metatable for it.
func (st *State) concatSlow(L *glua.LState, n int) int {
	right := L.Get(n)
	for i := n - 1; i >= 1; i-- {
		left := L.Get(i)
		a, ok1 := toText(left)
		b, ok2 := toText(right)
		if ok1 && ok2 {
			right = glua.LString(a + b)
			continue
		}
		h := tableHandler(left, right, "__concat")
		if h == glua.LNil {
			which, v := 1, right
			if !ok1 {
				which, v = 0, left
			}
			fail(L, "%s", "attempt to concatenate "+st.named(L, opConcat, "", which, v))
		}
		callHandler(L, h, left, right)
		right = L.Get(-1)
		L.Pop(1)
	}
	L.Push(right)
	return 1
}

// bound converts a bound of a numeric loop.
func bound(L *glua.LState) int {
	f, ok := toNumber(L.Get(1))
	if !ok {
		what := string(L.Get(2).(glua.LString))
		fail(L, "%s", strings.Join([]string{"'for' ", what, " must be a number"}, ""))
	}
	L.Push(glua.LNumber(f))
	return 1
}

// length is #. Of tables, it does not ask __len, as Lua 5.1 does not.
func (st *State) length(L *glua.LState) int {
	switch v := L.Get(1).(type) {
	case *glua.LTable:
		L.Push(glua.LNumber(lengthOf(v)))
	case glua.LString:
		L.Push(glua.LNumber(len(v)))
	default:
		fail(L, "attempt to get length of %s", st.named(L, opLen, "", 0, v))
	}
	return 1
}

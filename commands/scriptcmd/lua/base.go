package lua

import (
	"math"
	"runtime/metrics"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// openBase makes the functions that are globals, and the builtins of the rewriter.
func (st *State) openBase() {
	L := st.L
	globals := map[string]glua.LGFunction{
		"assert": baseAssert, "error": baseError, "tostring": st.baseToString, "tonumber": baseToNumber,
		"type": baseType, "select": baseSelect, "unpack": st.baseUnpack,
		"rawequal": baseRawEqual, "rawget": st.baseRawGet, "rawset": st.baseRawSet,
		"getmetatable": st.baseGetMetatable, "setmetatable": st.baseSetMetatable,
		"pcall": st.basePCall, "xpcall": st.baseXPCall, "next": st.baseNext,
		"load": st.baseLoad, "loadstring": st.baseLoadString,
		"collectgarbage": baseCollectGarbage, "gcinfo": baseGCInfo,
	}
	step := L.NewFunction(st.ipairsStep)
	globals["ipairs"] = func(L *glua.LState) int {
		t := checkTable(L, 1, "ipairs")
		L.Push(step)
		L.Push(t)
		L.Push(glua.LNumber(0))
		return 3
	}
	next := L.NewFunction(st.baseNext)
	globals["pairs"] = func(L *glua.LState) int {
		t := checkTable(L, 1, "pairs")
		L.Push(next)
		L.Push(t)
		L.Push(glua.LNil)
		return 3
	}
	for name, f := range globals {
		fn := L.NewFunction(f)
		if name == "next" {
			fn = next
		}
		st.builtins[name] = fn
		st.globals.RawSetString(name, fn)
	}
	st.globals.RawSetString("_VERSION", glua.LString("Lua 5.1"))
	st.builtins[concatName] = L.NewFunction(st.concat)
	st.builtins[moduloName] = L.NewFunction(st.arithmetic("__mod", modulo))
	st.builtins[powerName] = L.NewFunction(st.arithmetic("__pow", power))
	st.builtins[boundName] = L.NewFunction(bound)
	st.builtins[lengthName] = L.NewFunction(st.length)
	st.builtins[sameName] = L.NewFunction(func(L *glua.LState) int { return 1 })
}

func baseAssert(L *glua.LState) int {
	v := checkAny(L, 1, "assert")
	if !glua.LVAsBool(v) {
		fail(L, "%s", optString(L, 2, "assert", "assertion failed!"))
	}
	return L.GetTop()
}

func baseError(L *glua.LState) int {
	v := L.Get(1)
	level := optInt(L, 2, "error", 1)
	if s, ok := toText(v); ok && level > 0 {
		v = glua.LString(where(L, level) + s)
	}
	raise(L, v)
	return 0
}

// where returns the position of the function at the level, as errors begin with it.
func where(L *glua.LState, level int) string {
	dbg, ok := L.GetStack(level)
	if !ok {
		return ""
	}
	if _, err := L.GetInfo("Sl", dbg, glua.LNil); err != nil || dbg.CurrentLine <= 0 {
		return ""
	}
	return dbg.Source + ":" + strconv.Itoa(dbg.CurrentLine) + ": "
}

// raise raises any value as it is. The position goes with it: else the machine would write
// down the whole stack.
func raise(L *glua.LState, v glua.LValue) {
	at := strings.TrimSuffix(where(L, 1), ": ")
	L.Panic = func(L *glua.LState) { // until the protected call ends
		panic(&glua.ApiError{Type: glua.ApiErrorRun, Object: L.Get(-1), StackTrace: "\t" + at + ": in a builtin"})
	}
	L.Error(v, 0)
}

func (st *State) baseToString(L *glua.LState) int {
	v := checkAny(L, 1, "tostring")
	switch v := v.(type) {
	case glua.LString:
		L.Push(v)
		return 1
	case glua.LNumber:
		L.Push(glua.LString(numberText(float64(v))))
		return 1
	case *glua.LTable:
		if h := tableHandler(v, v, "__tostring"); h != glua.LNil {
			L.Push(h)
			L.Push(v)
			L.Call(1, 1)
			return 1
		}
	}
	L.Push(glua.LString(v.String()))
	return 1
}

func baseToNumber(L *glua.LState) int {
	base := optInt(L, 2, "tonumber", 10)
	v := checkAny(L, 1, "tonumber")
	if base == 10 {
		if f, ok := toNumber(v); ok {
			L.Push(glua.LNumber(f))
		} else {
			L.Push(glua.LNil)
		}
		return 1
	}
	s := checkString(L, 1, "tonumber")
	if base < 2 || base > 36 {
		argError(L, 2, "tonumber", "base out of range")
	}
	if f, ok := parseBase(s, base); ok {
		L.Push(glua.LNumber(f))
	} else {
		L.Push(glua.LNil)
	}
	return 1
}

// parseBase reads a whole number as C's strtoul does: negative ones come round from the top.
func parseBase(s string, base int) (float64, bool) {
	s = strings.TrimFunc(s, func(r rune) bool { return r < 128 && isSpace(byte(r)) })
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	if !negative {
		s = strings.TrimPrefix(s, "+")
	}
	if base == 16 && len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		s = s[2:]
	}
	if s == "" || s[0] == '-' || s[0] == '+' || strings.IndexByte(s, '_') >= 0 {
		return 0, false
	}
	n, err := strconv.ParseUint(s, base, 64)
	if err != nil {
		if !strings.HasSuffix(err.Error(), strconv.ErrRange.Error()) {
			return 0, false
		}
		n = math.MaxUint64
	} else if negative {
		n = -n
	}
	return float64(n), true
}

func baseType(L *glua.LState) int {
	L.Push(glua.LString(checkAny(L, 1, "type").Type().String()))
	return 1
}

func baseSelect(L *glua.LState) int {
	n := L.GetTop()
	if s, ok := L.Get(1).(glua.LString); ok && strings.HasPrefix(string(s), "#") {
		L.Push(glua.LNumber(n - 1))
		return 1
	}
	i := checkInt(L, 1, "select")
	if i < 0 {
		i += n
	} else if i > n {
		i = n
	}
	if i < 1 {
		argError(L, 1, "select", "index out of range")
	}
	return n - i
}

func (st *State) baseUnpack(L *glua.LState) int {
	t := st.behind(checkTable(L, 1, "unpack"))
	from := optInt(L, 2, "unpack", 1)
	to := optInt(L, 3, "unpack", lengthOf(t))
	if from > to {
		return 0
	}
	if n := to - from + 1; n <= 0 || n >= maxResults {
		fail(L, "too many results to unpack")
	}
	for i := from; i <= to; i++ {
		L.Push(t.RawGet(glua.LNumber(i)))
	}
	return to - from + 1
}

func baseRawEqual(L *glua.LState) int {
	a, b := checkAny(L, 1, "rawequal"), checkAny(L, 2, "rawequal")
	L.Push(glua.LBool(a == b))
	return 1
}

func (st *State) baseRawGet(L *glua.LState) int {
	L.Push(st.behind(checkTable(L, 1, "rawget")).RawGet(checkAny(L, 2, "rawget")))
	return 1
}

func (st *State) baseRawSet(L *glua.LState) int {
	t := checkTable(L, 1, "rawset")
	key, v := checkAny(L, 2, "rawset"), checkAny(L, 3, "rawset")
	setRaw(L, st.mutable(L, t), key, v)
	L.SetTop(1)
	return 1
}

// setRaw sets a field; an index that none can be is an error without a position.
func setRaw(L *glua.LState, t *glua.LTable, key, v glua.LValue) {
	if f, ok := key.(glua.LNumber); ok && f != f {
		raise(L, glua.LString("table index is NaN"))
	}
	if key == glua.LNil {
		raise(L, glua.LString("table index is nil"))
	}
	t.RawSet(key, v)
}

// Metatables of proxies and of values that are no tables are not shown, but that of strings.
func (st *State) baseGetMetatable(L *glua.LState) int {
	v := checkAny(L, 1, "getmetatable")
	var meta glua.LValue = glua.LNil
	switch v := v.(type) {
	case *glua.LTable:
		meta = v.Metatable
		if real := st.behind(v); real != v {
			meta = real.Metatable
		}
	case glua.LString:
		meta = st.builtins[stringMetaName]
	}
	if m, ok := meta.(*glua.LTable); ok {
		if own := st.behind(m).RawGetString("__metatable"); own != glua.LNil {
			meta = own
		} else if m == st.guard {
			meta = st.builtins[globalsMetaName]
		}
	}
	L.Push(meta)
	return 1
}

func (st *State) baseSetMetatable(L *glua.LState) int {
	t := checkTable(L, 1, "setmetatable")
	meta := L.Get(2)
	if meta != glua.LNil || L.GetTop() < 2 {
		if _, ok := meta.(*glua.LTable); !ok {
			argError(L, 2, "setmetatable", "nil or table expected")
		}
	}
	st.mutable(L, t)
	if old, ok := t.Metatable.(*glua.LTable); ok && old.RawGetString("__metatable") != glua.LNil {
		fail(L, "cannot change a protected metatable")
	}
	if m, ok := meta.(*glua.LTable); ok {
		meta = st.behind(m)
	}
	t.Metatable = meta
	L.SetTop(1)
	return 1
}

func (st *State) basePCall(L *glua.LState) int {
	kind := "boolean" // without any argument what is called is the result that stands in its place
	if L.GetTop() > 0 {
		kind = L.Get(1).Type().String()
	}
	if t, ok := L.Get(1).(*glua.LTable); kind != "function" && (!ok || tableHandler(t, t, "__call") == glua.LNil) {
		L.Push(glua.LFalse)
		L.Push(glua.LString("attempt to call a " + kind + " value"))
		return 2
	}
	if err := st.protected(L, L.GetTop()-1); err != nil {
		v := caught(err)
		L.SetTop(0)
		L.Push(glua.LFalse)
		L.Push(v)
		if _, ok := v.(*glua.LTable); ok {
			L.Push(glua.LNil) // what was looked for in the table and not found
			return 3
		}
		return 2
	}
	L.Insert(glua.LTrue, 1)
	return L.GetTop()
}

// protected calls what is on the stack below its arguments. Each of these calls takes some of
// the goroutine's stack.
func (st *State) protected(L *glua.LState, args int) error {
	if st.nested >= maxProtected {
		fail(L, "C stack overflow")
	}
	st.nested++
	err := L.PCall(args, glua.MultRet, nil)
	st.nested--
	if api, ok := err.(*glua.ApiError); ok {
		repanic(api)
	}
	return err
}

// caught is the value of an error as scripts see it: of a table that tells of an error, as
// redis.call raises, only the text.
func caught(err error) glua.LValue {
	api, ok := err.(*glua.ApiError)
	if !ok {
		return glua.LString(err.Error())
	}
	v := reword(api.Object)
	if t, ok := v.(*glua.LTable); ok {
		if s := t.RawGetString("err"); glua.LVCanConvToString(s) {
			return s
		}
	}
	return v
}

// baseXPCall calls the handler when the failed function has ended: without the debug library
// nobody can tell.
func (st *State) baseXPCall(L *glua.LState) int {
	checkAny(L, 2, "xpcall")
	handler := L.Get(2)
	L.SetTop(1)
	if err := st.protected(L, 0); err != nil {
		v := glua.LValue(glua.LString(err.Error()))
		if api, ok := err.(*glua.ApiError); ok {
			v = reword(api.Object)
		}
		L.SetTop(0)
		L.Push(glua.LFalse)
		L.Push(handler)
		L.Push(v)
		L.Call(1, 1)
		return 2
	}
	L.Insert(glua.LTrue, 1)
	return L.GetTop()
}

func (st *State) baseNext(L *glua.LState) int {
	t := st.behind(checkTable(L, 1, "next"))
	key, v := t.Next(L.Get(2))
	if key == glua.LNil {
		L.Push(glua.LNil)
		return 1
	}
	L.Push(key)
	L.Push(v)
	return 2
}

func (st *State) ipairsStep(L *glua.LState) int {
	t := st.behind(checkTable(L, 1, "ipairs"))
	i := checkInt(L, 2, "ipairs") + 1
	v := t.RawGet(glua.LNumber(i))
	if v == glua.LNil {
		L.Push(glua.LNil)
		return 1
	}
	L.Push(glua.LNumber(i))
	L.Push(v)
	return 2
}

func (st *State) baseLoadString(L *glua.LState) int {
	s := checkString(L, 1, "loadstring")
	return st.load(L, s, optString(L, 2, "loadstring", s))
}

func (st *State) baseLoad(L *glua.LState) int {
	f := checkFunction(L, 1, "load")
	name := optString(L, 2, "load", "=(load)")
	var b strings.Builder
	for {
		L.Push(f)
		L.Call(0, 1)
		v := L.Get(-1)
		L.Pop(1)
		s, ok := toText(v)
		if v != glua.LNil && !ok {
			fail(L, "reader function must return a string")
		}
		if s == "" {
			return st.load(L, b.String(), name)
		}
		b.WriteString(s)
	}
}

func (st *State) load(L *glua.LState, source, name string) int {
	c, err := st.rt.Compile(chunkName(name), source)
	if err != nil {
		L.Push(glua.LNil)
		L.Push(glua.LString(err.Error()))
		return 2
	}
	L.Push(L.NewFunctionFromProto(c.proto))
	for _, b := range c.binds {
		L.Push(st.builtins[b])
	}
	L.Call(len(c.binds), 1)
	return 1
}

// chunkName makes a name of source what Lua shows of it: a name behind = or @, or the beginning
// of the source itself.
func chunkName(name string) string {
	const width = 60
	if name != "" && (name[0] == '=' || name[0] == '@') {
		return name[1:min(len(name), width)]
	}
	line, _, more := strings.Cut(name, "\n")
	if room := width - len(`[string "..."]`) - 1; len(line) > room || more {
		line = line[:min(len(line), room)] + "..."
	}
	return `[string "` + line + `"]`
}

// heapKB returns how much memory the program's objects take.
func heapKB() float64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return float64(sample[0].Value.Uint64()) / 1024
}

// baseCollectGarbage answers; memory is the program's and collected when it sees fit.
func baseCollectGarbage(L *glua.LState) int {
	switch what := optString(L, 1, "collectgarbage", "collect"); what {
	case "count":
		L.Push(glua.LNumber(heapKB()))
	case "step":
		L.Push(glua.LTrue)
	case "collect", "stop", "restart", "setpause", "setstepmul":
		L.Push(glua.LNumber(0))
	default:
		argError(L, 1, "collectgarbage", "invalid option '"+what+"'")
	}
	return 1
}

func baseGCInfo(L *glua.LState) int {
	L.Push(glua.LNumber(math.Floor(heapKB())))
	return 1
}

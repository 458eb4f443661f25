package lua

import (
	"math"
	"time"

	glua "github.com/yuin/gopher-lua"
)

var mathLibrary = Library{Names: []string{"math"}, Open: func(st *State) map[string]glua.LValue {
	list := map[string]glua.LGFunction{
		"atan2": func(L *glua.LState) int {
			return pushNumber(L, math.Atan2(checkNumber(L, 1, "atan2"), checkNumber(L, 2, "atan2")))
		},
		"pow": func(L *glua.LState) int {
			return pushNumber(L, power(checkNumber(L, 1, "pow"), checkNumber(L, 2, "pow")))
		},
		"fmod": func(L *glua.LState) int {
			return pushNumber(L, remainder(checkNumber(L, 1, "fmod"), checkNumber(L, 2, "fmod")))
		},
		"frexp": func(L *glua.LState) int {
			m, e := math.Frexp(checkNumber(L, 1, "frexp"))
			pushNumber(L, m)
			return 1 + pushNumber(L, float64(e))
		},
		"ldexp": func(L *glua.LState) int {
			return pushNumber(L, math.Ldexp(checkNumber(L, 1, "ldexp"), int(int32(checkInt(L, 2, "ldexp")))))
		},
		"modf": func(L *glua.LState) int {
			f := checkNumber(L, 1, "modf")
			if math.IsInf(f, 0) {
				pushNumber(L, f)
				return 1 + pushNumber(L, math.Copysign(0, f))
			}
			whole, part := math.Modf(f)
			pushNumber(L, whole)
			return 1 + pushNumber(L, part)
		},
		"max":        func(L *glua.LState) int { return extreme(L, "max", func(a, b float64) bool { return a > b }) },
		"min":        func(L *glua.LState) int { return extreme(L, "min", func(a, b float64) bool { return a < b }) },
		"random":     st.mathRandom,
		"randomseed": st.mathRandomSeed,
	}
	for name, f := range map[string]func(float64) float64{
		"abs": math.Abs, "acos": math.Acos, "asin": math.Asin, "atan": math.Atan, "ceil": math.Ceil, "cos": math.Cos,
		"cosh": math.Cosh, "deg": func(f float64) float64 { return f / (math.Pi / 180) }, "exp": math.Exp,
		"floor": math.Floor, "log": func(f float64) float64 { return undefined(math.Log(f), f) }, "log10": math.Log10, "rad": func(f float64) float64 { return f * (math.Pi / 180) },
		"sin": math.Sin, "sinh": math.Sinh, "sqrt": math.Sqrt, "tan": math.Tan, "tanh": math.Tanh,
	} {
		list[name] = func(L *glua.LState) int { return pushNumber(L, f(checkNumber(L, 1, name))) }
	}
	list["mod"] = list["fmod"]
	m := functions(st, list)
	m["mod"] = m["fmod"]
	m["pi"], m["huge"] = glua.LNumber(math.Pi), glua.LNumber(math.Inf(1))
	return m
}}

func pushNumber(L *glua.LState, f float64) int {
	L.Push(glua.LNumber(f))
	return 1
}

func remainder(a, b float64) float64 { return undefined(math.Mod(a, b), a, b) }

func extreme(L *glua.LState, name string, better func(a, b float64) bool) int {
	best := checkNumber(L, 1, name)
	for i := 2; i <= L.GetTop(); i++ {
		if f := checkNumber(L, i, name); better(f, best) {
			best = f
		}
	}
	return pushNumber(L, best)
}

// random is the generator of C's drand48, 31 bits at a time, which scripts of the field are
// given whatever the machine: a script that sets the seed gets the same numbers everywhere.
type random uint64

func (r *random) seed(n uint32) { *r = random(uint64(n)<<16 | 0x330e) }

const randomMax = math.MaxInt32

func (r *random) next() float64 {
	*r = (*r*0x5deece66d + 0xb) & (1<<48 - 1)
	return float64(uint64(*r>>17)%randomMax) / randomMax
}

func (st *State) mathRandom(L *glua.LState) int {
	r := st.random.next()
	switch L.GetTop() {
	case 0:
		return pushNumber(L, r)
	case 1:
		u := int(int32(checkInt(L, 1, "random")))
		if u < 1 {
			argError(L, 1, "random", "interval is empty")
		}
		return pushNumber(L, math.Floor(r*float64(u))+1)
	case 2:
		l, u := int(int32(checkInt(L, 1, "random"))), int(int32(checkInt(L, 2, "random")))
		if l > u {
			argError(L, 2, "random", "interval is empty")
		}
		return pushNumber(L, math.Floor(r*float64(u-l+1))+float64(l))
	}
	fail(L, "wrong number of arguments")
	return 0
}

func (st *State) mathRandomSeed(L *glua.LState) int {
	st.random.seed(uint32(checkInt(L, 1, "randomseed")))
	return 0
}

var osLibrary = Library{Names: []string{"os"}, Open: func(st *State) map[string]glua.LValue {
	start := time.Now()
	return functions(st, map[string]glua.LGFunction{
		"clock": func(L *glua.LState) int { return pushNumber(L, time.Since(start).Seconds()) },
	})
}}

var coroutineLibrary = Library{Names: []string{"coroutine"}, Open: func(st *State) map[string]glua.LValue {
	// The machine's own, but that a coroutine is interrupted like its creator.
	L := st.L
	glua.OpenCoroutine(L)
	own := L.Get(-1).(*glua.LTable)
	L.Pop(1)
	L.G.Global.RawSetString("coroutine", glua.LNil)
	m := map[string]glua.LValue{}
	for _, name := range []string{"create", "resume", "running", "status", "wrap", "yield"} {
		m[name] = own.RawGetString(name)
	}
	create := m["create"].(*glua.LFunction)
	m["create"] = L.NewFunction(func(L *glua.LState) int {
		checkLuaFunction(L, "create")
		create.GFunction(L)
		inherit(L, L.Get(-1))
		return 1
	})
	wrap := m["wrap"].(*glua.LFunction)
	m["wrap"] = L.NewFunction(func(L *glua.LState) int {
		checkLuaFunction(L, "wrap")
		wrap.GFunction(L)
		if f, ok := L.Get(-1).(*glua.LFunction); ok && len(f.Upvalues) > 0 {
			inherit(L, f.Upvalues[0].Value())
		}
		return 1
	})
	resume := m["resume"].(*glua.LFunction)
	m["resume"] = L.NewFunction(func(L *glua.LState) int {
		th, ok := L.Get(1).(*glua.LState)
		if !ok {
			argError(L, 1, "resume", "coroutine expected")
		}
		if s := L.Status(th); s != "suspended" {
			L.Push(glua.LFalse)
			if s == "dead" {
				L.Push(glua.LString("cannot resume dead coroutine"))
			} else {
				L.Push(glua.LString("cannot resume non-suspended coroutine"))
			}
			return 2
		}
		n := resume.GFunction(L)
		if n == 2 && L.Get(-2) == glua.LFalse {
			v := reword(L.Get(-1))
			L.Pop(1)
			L.Push(v)
		}
		return n
	})
	return m
}}

// checkLuaFunction raises the error of a coroutine that is to run no function of Lua.
func checkLuaFunction(L *glua.LState, name string) {
	if f, ok := L.Get(1).(*glua.LFunction); !ok || f.IsG {
		argError(L, 1, name, "Lua function expected")
	}
}

func inherit(L *glua.LState, thread glua.LValue) {
	if th, ok := thread.(*glua.LState); ok && L.Context() != nil {
		th.SetContext(L.Context())
	}
}

// ownLibraries are those of Lua, and those that scripts of the field find beside them.
func ownLibraries() []Library {
	return []Library{stringLibrary, tableLibrary, mathLibrary, osLibrary, coroutineLibrary,
		jsonLibrary, msgpackLibrary, structLibrary, bitLibrary}
}

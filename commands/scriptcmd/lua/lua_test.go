package lua_test

import (
	"errors"
	"strings"
	"testing"

	glua "github.com/yuin/gopher-lua"

	"github.com/medleydb/medley/commands/scriptcmd/lua"
)

func newRuntime() *lua.Runtime {
	call := func(L *glua.LState) int {
		L.Push(glua.LString("called"))
		return 1
	}
	return lua.NewRuntime(lua.Library{Names: []string{"redis", "server"}, Calls: []string{"call", "pcall"}, Open: func(st *lua.State) map[string]glua.LValue {
		return map[string]glua.LValue{"call": st.L.NewFunction(call), "pcall": st.L.NewFunction(call), "VERSION": glua.LString("1")}
	}})
}

func compile(t *testing.T, rt *lua.Runtime, source string) *lua.Chunk {
	t.Helper()
	c, err := rt.Compile("user_script", source)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return c
}

// TestAssignments protects the order of what an assignment of several values does, which the
// machine alone gets wrong.
func TestAssignments(t *testing.T) {
	rt := newRuntime()
	for source, want := range map[string]string{
		"local a,b=1,2 a,b=b,a return a..','..b":                                                         "2,1",
		"local a,b,c=1,2,3 a,b,c=c,a,b return a..b..c":                                                   "312",
		"local x,y=0,1 for i=1,10 do x,y=y,x+y end return x":                                             "55",
		"local i,t=1,{} i,t[i]=5,6 return tostring(t[1])..i":                                             "65",
		"local a,b=1 local function f() a,b=b,a end f() return tostring(a)..b":                           "nil1",
		"local a,b=1,2 a,b=(function() return 7,8,9 end)() return a..b":                                  "78",
		"local a,b,c=1,2,3 a,b,c=0 return tostring(a)..tostring(b)..tostring(c)":                         "0nilnil",
		"local t={x={}} local n=t.x t.x,n.y=5,6 return t.x..n.y":                                         "56",
		"local s='' local t=setmetatable({},{__newindex=function(_,k) s=s..k end}) t.a,t.b=1,2 return s": "ba",
	} {
		st := rt.Get()
		v, err := st.Run(compile(t, rt, source))
		if err != nil {
			t.Errorf("%s: %s", source, err.Text())
		} else if v.String() != want {
			t.Errorf("%s: %s, want %s", source, v, want)
		}
		rt.Put(st)
	}
}

// TestNothingRemains protects scripts from those that ran before in the same state.
func TestNothingRemains(t *testing.T) {
	rt := newRuntime()
	st := rt.Get()
	for _, source := range []string{
		"x = 1", "_G.x = 1", "rawset(_G, 'x', 1)", "string.x = 1", "string.format = nil", "redis.call = nil", "redis.x = 1",
		"local r = redis r.call = 1", "setmetatable(_G, {})", "setmetatable(redis, {})", "getmetatable(_G).__index = nil",
		"getmetatable('').__index = nil", "table.insert(math, 1)", "function f() end", "function string.f() end",
		"loadstring('x = 1')()", "cjson.null.x = 1", "local s = string; s.upper, s.lower = 1, 2", "redis = nil", "KEYS = 1",
	} {
		if _, err := st.Run(compile(t, rt, source)); err == nil {
			t.Errorf("%s: no error", source)
		}
	}
	cjson := "cjson.encode_number_precision(3) return cjson.encode(1/3)"
	for range 2 {
		if v, err := st.Run(compile(t, rt, cjson)); err != nil || v.String() != "0.333" {
			t.Fatal(v, err)
		}
		rt.Put(st)
		st = rt.Get()
		if v, err := st.Run(compile(t, rt, "return cjson.encode(1/3)")); err != nil || v.String() != "0.33333333333333" {
			t.Error("a setting of cjson remains:", v, err)
		}
	}
}

// TestInterrupt protects against scripts that cannot be ended: not by catching the error, nor
// in a coroutine.
func TestInterrupt(t *testing.T) {
	rt := newRuntime()
	for _, source := range []string{
		"while true do end",
		"repeat until false",
		"for i = 1, 1e300 do end",
		"local function f() return f() end return f()",
		"while true do pcall(function() while true do end end) end",
		"while true do pcall(redis.call) end",
		"coroutine.wrap(function() while true do end end)()",
		"while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
		"return (('x'):gsub('x', function() while true do end end))",
		"table.sort({3, 2, 1}, function() while true do end end)",
		"return loadstring('while true do end')()",
	} {
		c := compile(t, rt, source)
		if c.Quick {
			t.Errorf("%s: counts as quick", source)
			continue
		}
		st := rt.Get()
		n := 0
		st.Interrupt(func() error {
			if n++; n > 10000 {
				return errors.New("stop")
			}
			return nil
		})
		if _, err := st.Run(c); err == nil || !strings.HasSuffix(err.Text(), "stop") {
			t.Errorf("%s: ended otherwise: %+v", source, err)
		}
		st.Interrupt(nil)
		rt.Put(st)
	}
}

// TestInterruptAtOnce protects against a panic where a script is to end before it has begun.
func TestInterruptAtOnce(t *testing.T) {
	rt := newRuntime()
	c, err := rt.CompileLibrary("library", "while true do end")
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range []func(*lua.State) *lua.Error{
		func(st *lua.State) *lua.Error {
			_, err := st.Run(compile(t, rt, "while true do end"))
			return err
		},
		func(st *lua.State) *lua.Error { return st.Load(c, nil) },
	} {
		st := rt.Get()
		st.Interrupt(func() error { return errors.New("stop") })
		if err := run(st); err == nil || !strings.HasSuffix(err.Text(), "stop") {
			t.Errorf("ended otherwise: %+v", err)
		}
		st.Interrupt(nil)
		rt.Put(st)
	}
}

// TestPatternEnds protects against patterns that match for ever.
func TestPatternEnds(t *testing.T) {
	rt := newRuntime()
	c := compile(t, rt, "local s = ('a'):rep(100000) return s:match(('.-'):rep(31) .. 'b')")
	st := rt.Get()
	asked := 0
	st.Interrupt(func() error {
		if asked++; asked > 100 { // more than the chunk has instructions
			return errors.New("stop")
		}
		return nil
	})
	if _, err := st.Run(c); err == nil || !strings.HasSuffix(err.Text(), "stop") {
		t.Errorf("ended otherwise: %+v", err)
	}
}

// TestDepth protects the process from input that nests: it may fail, not crash.
func TestDepth(t *testing.T) {
	rt := newRuntime()
	for _, source := range []string{
		"return " + strings.Repeat("(", 100000) + "1" + strings.Repeat(")", 100000),
		"return " + strings.Repeat("{", 100000) + strings.Repeat("}", 100000),
		"return " + strings.Repeat("not ", 100000) + "1",
		"return " + strings.Repeat("1 .. ", 100000) + "1",
		"return " + strings.Repeat("1 + ", 100000) + "1",
		strings.Repeat("do ", 100000) + strings.Repeat("end ", 100000),
		strings.Repeat("local a ", 300),
		"local function f() return pcall(f) end return f()",
		"local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return t[k] end return t.x",
		"local function f() return 1 + f() end return f()",
		"return cjson.decode(('['):rep(1e6))",
		"return cmsgpack.unpack(('\\145'):rep(1e6))",
	} {
		c, err := rt.Compile("user_script", source)
		if err != nil {
			continue
		}
		st := rt.Get()
		n := 0
		st.Interrupt(func() error {
			if n++; n > 1e6 {
				return errors.New("stop")
			}
			return nil
		})
		st.Run(c)
		st.Interrupt(nil)
		rt.Put(st)
	}
}

// TestFacts protects the locks of scripts: what it says of calls must hold for every run.
func TestFacts(t *testing.T) {
	rt := newRuntime()
	for _, x := range []struct {
		source   string
		complete bool
		args     string // of the calls: l literal, k key, K keys, ? other, + more
	}{
		{"return redis.call('get', KEYS[1])", true, "lk"},
		{"return redis.pcall('get', KEYS[2])", true, "lk"},
		{"return server.call('get', KEYS[1], ARGV[1], 5)", true, "lk?l"},
		{"local k = KEYS[1] return redis.call('get', k)", true, "lk"},
		{"local k = KEYS[1] k = 'x' return redis.call('get', k)", true, "l?"},
		{"local k = KEYS[1] local function f() k = 'x' end return redis.call('get', k)", true, "l?"},
		{"local a, b = KEYS[1], KEYS[2] redis.call('rename', a, b)", true, "lkk"},
		{"local a, b = f(), KEYS[2] redis.call('rename', a, b)", true, "l?k"},
		{"local call = redis.call return call('get', KEYS[1])", true, "lk"},
		{"local call = redis.call call = 1 return call('get', KEYS[1])", false, "lk"},
		{"return pcall(redis.call, 'get', KEYS[1])", true, "lk"},
		{"for i, k in ipairs(KEYS) do redis.call('del', k) end", true, "lk"},
		{"for i, k in ipairs(KEYS) do redis.call('del', i) end", true, "l?"},
		{"for i, k in pairs(KEYS) do redis.call('del', k) end", false, "l?"},
		{"for i = 1, #KEYS do redis.call('del', KEYS[i]) end", true, "lk"},
		{"return redis.call('del', unpack(KEYS))", true, "lK"},
		{"return redis.call('del', unpack(ARGV))", true, "l?+"},
		{"return redis.call(unpack(ARGV))", true, "?+"},
		{"return redis.call('get', 'x' .. KEYS[1])", true, "l?"},
		{"KEYS[1] = 'x' return redis.call('get', KEYS[1])", false, "lk"},
		{"table.insert(KEYS, 1, 'x') return redis.call('get', KEYS[1])", false, "lk"},
		{"local t = KEYS t[1] = 'x' return redis.call('get', KEYS[1])", false, "lk"},
		{"local KEYS = {'x'} return redis.call('get', KEYS[1])", true, "l?"},
		{"local redis = {call = f} return redis.call('get', 'x')", true, ""},
		{"local r = redis return r.call('get', 'x')", false, ""},
		{"return redis['call']('get', KEYS[1])", true, "lk"},
		{"local n = 'call' return redis[n]('get', 'x')", false, ""},
		{"return loadstring('return redis.call')()('get', 'x')", false, ""},
		{"return _G.redis.call('get', 'x')", false, ""},
		{"f(redis.call)", false, ""},
		{"local t = {redis.call} t[1]('get', 'x')", false, ""},
		{"return xpcall(function() return redis.call('get', KEYS[1]) end, f)", true, "lk"},
		{"local unpack = function() return 'x' end return redis.call('del', unpack(KEYS))", false, "l?+"},
		{"local a = redis.call local b = a return b('get', 'x')", false, ""},
		{"redis.call = nil", false, ""},
	} {
		f := compile(t, rt, x.source).Facts
		args := ""
		for _, s := range f.Sites {
			for _, a := range s.Args {
				switch {
				case a.Literal:
					args += "l"
				case a.Key:
					args += "k"
				case a.Keys:
					args += "K"
				default:
					args += "?"
				}
			}
			if s.Spread {
				args += "+"
			}
		}
		if f.Complete != x.complete || args != x.args {
			t.Errorf("%s: complete %v, %q; want %v, %q", x.source, f.Complete, args, x.complete, x.args)
		}
	}
}

func BenchmarkRun(b *testing.B) {
	rt := newRuntime()
	c, err := rt.Compile("user_script", "return redis.call('get', KEYS[1])")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		st := rt.Get()
		t := st.L.CreateTable(1, 0)
		t.RawSetInt(1, glua.LString("key"))
		st.SetGlobal("KEYS", t)
		if _, err := st.Run(c); err != nil {
			b.Fatal(err.Text())
		}
		rt.Put(st)
	}
}

// TestLargeTables protects memory from tables with few elements at large indices, and the
// length of those that are as long.
func TestLargeTables(t *testing.T) {
	rt := newRuntime()
	for source, want := range map[string]string{
		"local t = {} t[60000000] = 1 t[1e15] = 2 return t[60000000] .. t[1e15] .. #t":                                    "120",
		"local t = {} for i = 1, 300000 do t[i] = i end return #t .. ',' .. t[#t]":                                        "300000,300000",
		"local t = {} for i = 1, 300000 do t[#t + 1] = i end return #t":                                                   "300000",
		"local t = {} for i = 1, 300000 do t[i] = i end table.remove(t) table.insert(t, 'x') return #t .. t[#t]":          "300000x",
		"local t = {} for i = 1, 300000 do t[i] = 300001 - i end table.sort(t) return t[1] .. ',' .. t[300000]":           "1,300000",
		"local t = {} for i = 1, 300000 do t[i] = i end local n = 0 for i, v in ipairs(t) do n = n + 1 end return n":      "300000",
		"local t = {} for i = 1, 300000 do t[i] = 1 end local n = 0 for k, v in pairs(t) do n = n + v end return n":       "300000",
		"local t = {} for i = 1, 270000 do t[i] = 'x' end return #table.concat(t)":                                        "270000",
		"local t = {} for i = 1, 270000 do t[i] = i end for i = 270000, 1, -1 do table.remove(t) end return #t":           "0",
		"local t = {} for i = 1, 270000 do t[i] = 1 end return #cjson.encode(t) .. ',' .. #cjson.decode(cjson.encode(t))": "540001,270000",
		"local t = {} for i = 1, 270000 do t[i] = 1 end return #cmsgpack.unpack(cmsgpack.pack(t))":                        "270000",
	} {
		st := rt.Get()
		v, err := st.Run(compile(t, rt, source))
		if err != nil {
			t.Errorf("%s: %s", source, err.Text())
		} else if v.String() != want {
			t.Errorf("%s: %s, want %s", source, v, want)
		}
		rt.Put(st)
	}
}

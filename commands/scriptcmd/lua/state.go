package lua

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"time"

	glua "github.com/yuin/gopher-lua"
)

// A Library is a table of functions and values that scripts see as a global. It is called
// once for each state.
type Library struct {
	Names []string // the first one and others for the same table
	Calls []string // functions whose calls Facts tells of
	// Registers is a function that is given a Callback, "" for none.
	Registers string
	// Dropped are functions that take the place of those with the same name where nothing
	// is done with their results: they need not have any.
	Dropped func(*State) map[string]glua.LValue
	// Returned are likewise functions for where nothing but the host sees their result,
	// which is what the chunk or the callback returns.
	Returned func(*State) map[string]glua.LValue
	Open     func(*State) map[string]glua.LValue
}

// A Runtime is what states have in common. It is safe for concurrent use.
type Runtime struct {
	libs []Library
	pool sync.Pool
	// names are the builtins that the rewriter may bind: functions, and members of libraries.
	names map[string]bool
}

// NewRuntime returns a runtime whose states have the libraries beside Lua's own.
func NewRuntime(libs ...Library) *Runtime {
	r := &Runtime{libs: append(ownLibraries(), libs...)}
	st := r.NewState()
	r.names = make(map[string]bool, len(st.builtins))
	for name := range st.builtins {
		r.names[name] = true
	}
	r.pool.New = func() any { return r.NewState() }
	return r
}

// Get returns a state from the pool, and Put gives it back.
func (r *Runtime) Get() *State { return r.pool.Get().(*State) }

// Put gives a state back that holds nothing of its user any more. One in which something has
// panicked must not come back.
func (r *Runtime) Put(st *State) {
	st.json, st.chunk, st.nested = defaultJSON, nil, 0
	if len(st.closures) > maxClosures {
		clear(st.closures)
	}
	r.pool.Put(st)
}

// maxClosures is how many chunks a pooled state keeps.
const maxClosures = 1024

// A State runs chunks, one at a time.
type State struct {
	L *glua.LState
	// Host is of whoever has made the state's libraries, for their functions.
	Host any

	rt       *Runtime
	builtins map[string]glua.LValue
	proxies  map[*glua.LTable]*glua.LTable // what may not be changed: proxy to table
	globals  *glua.LTable
	refusal  *glua.LFunction // __newindex of proxies
	guard    *glua.LTable    // metatable of tables whose missing fields are errors
	closures map[*Chunk]*glua.LFunction
	chunk    *Chunk // that runs
	json     jsonSettings
	random   random

	interruption interruption
	nested       int // calls of pcall
}

// Limits of a script's depth, about those of Lua 5.1 (half as many calls: an error makes the
// machine look at each pair of frames).
const (
	maxCalls     = 10000
	maxProtected = 195 // calls of pcall within each other
	maxRegisters = 1 << 20
	maxResults   = 8000 // of unpack and string.byte
)

// NewState returns a state outside the pool.
func (r *Runtime) NewState() *State {
	L := glua.NewState(glua.Options{
		SkipOpenLibs: true, MinimizeStackMemory: true, CallStackSize: maxCalls,
		RegistrySize: 1024, RegistryMaxSize: maxRegisters, RegistryGrowStep: 16384, IncludeGoStackTrace: true,
	})
	st := &State{L: L, rt: r, builtins: map[string]glua.LValue{}, proxies: map[*glua.LTable]*glua.LTable{}, closures: map[*Chunk]*glua.LFunction{}}
	st.globals = L.G.Global
	st.json = defaultJSON
	st.random.seed(uint32(time.Now().UnixNano()))
	st.guard = L.CreateTable(0, 1)
	st.guard.RawSetString("__index", L.NewFunction(missingGlobal))
	st.openBase()
	for _, lib := range r.libs {
		st.open(lib)
	}
	st.openBasic()
	st.globals.Metatable = st.guard
	st.builtins[globalsMetaName] = st.protect(st.guard)
	meta := L.CreateTable(0, 1)
	meta.RawSetString("__index", st.globals.RawGetString("string"))
	st.builtins[stringMetaName] = st.protect(meta)
	all := st.protect(st.globals)
	st.builtins[globalsName] = all
	st.globals.RawSetString("_G", all)
	return st
}

func missingGlobal(L *glua.LState) int {
	name, _ := toText(L.Get(2))
	at := where(L, 1)
	if at == "" {
		at = where(L, 2) // through _G
	}
	raise(L, glua.LString(at+"Script attempted to access nonexistent global variable '"+name+"'"))
	return 0
}

// open makes the library a global, under each of its names.
func (st *State) open(lib Library) {
	members := lib.Open(st)
	t := st.L.CreateTable(0, len(members))
	for name, v := range members {
		t.RawSetString(name, v)
		for _, as := range lib.Names {
			st.builtins[as+"."+name] = v
		}
	}
	for suffix, variants := range map[string]func(*State) map[string]glua.LValue{dropped: lib.Dropped, returned: lib.Returned} {
		if variants == nil {
			continue
		}
		for name, v := range variants(st) {
			for _, as := range lib.Names {
				st.builtins[as+"."+name+suffix] = v
			}
		}
	}
	p := st.protect(t)
	for _, as := range lib.Names {
		st.globals.RawSetString(as, p)
	}
}

// protect returns a proxy of the table, by which it cannot be changed.
func (st *State) protect(t *glua.LTable) *glua.LTable {
	L := st.L
	p, meta := L.CreateTable(0, 0), L.CreateTable(0, 2)
	if t.Metatable != glua.LNil || t == st.globals {
		meta.RawSetString("__index", L.NewFunction(func(L *glua.LState) int {
			L.Push(L.GetTable(t, L.Get(2)))
			return 1
		}))
	} else {
		meta.RawSetString("__index", t)
	}
	if st.refusal == nil {
		st.refusal = L.NewFunction(refuseChange)
	}
	meta.RawSetString("__newindex", st.refusal)
	p.Metatable = meta
	st.proxies[p] = t
	return p
}

const readonlyText = "Attempt to modify a readonly table"

func refuseChange(L *glua.LState) int {
	fail(L, readonlyText)
	return 0
}

// behind returns the table that a proxy stands for, or the table itself.
func (st *State) behind(t *glua.LTable) *glua.LTable {
	if t.Metatable != glua.LNil {
		if real := st.proxies[t]; real != nil {
			return real
		}
	}
	return t
}

// mutable raises the error of a change, if the table may have none.
func (st *State) mutable(L *glua.LState, t *glua.LTable) *glua.LTable {
	if st.behind(t) != t {
		L.Error(glua.LString(readonlyText), 0)
	}
	return t
}

// SetGlobal sets a global variable, which scripts can read only.
func (st *State) SetGlobal(name string, v glua.LValue) { st.globals.RawSetString(name, v) }

// An Error is what a script has raised.
type Error struct {
	Value  glua.LValue
	Source string // of the function that raised it; "" where that is not known
	Line   int
}

// Text returns the message of an error that is no table.
func (e *Error) Text() string {
	if s, ok := toText(e.Value); ok {
		return s
	}
	return e.Value.String()
}

// Run runs a chunk and returns its first result.
func (st *State) Run(c *Chunk) (glua.LValue, *Error) {
	fn := st.closures[c]
	if fn == nil {
		fn = st.bind(c)
		st.closures[c] = fn
	}
	return st.call(c, fn, nil)
}

// Load runs a chunk that was compiled by CompileLibrary, with the given variables as its only
// globals. The functions that it makes find all globals when it has ended.
func (st *State) Load(c *Chunk, visible map[string]glua.LValue) *Error {
	L := st.L
	env := L.CreateTable(0, len(visible))
	for name, v := range visible {
		env.RawSetString(name, v)
	}
	env.Metatable = st.guard
	fn := st.bind(c)
	fn.Env = env
	_, err := st.call(c, fn, nil)
	for name := range visible {
		env.RawSetString(name, glua.LNil)
	}
	all := L.CreateTable(0, 1)
	all.RawSetString("__index", st.globals)
	env.Metatable = all
	return err
}

// Guarded returns a table that cannot be changed, and whose missing fields are errors as missing
// globals are.
func (st *State) Guarded(fields map[string]glua.LValue) *glua.LTable {
	t := st.L.CreateTable(0, len(fields))
	for name, v := range fields {
		t.RawSetString(name, v)
	}
	t.Metatable = st.guard
	return st.protect(t)
}

// Call calls a function of the chunk and returns its first result.
func (st *State) Call(c *Chunk, fn *glua.LFunction, args ...glua.LValue) (glua.LValue, *Error) {
	return st.call(c, fn, args)
}

func (st *State) call(c *Chunk, fn *glua.LFunction, args []glua.LValue) (glua.LValue, *Error) {
	L, outer := st.L, st.chunk
	st.chunk = c
	top := L.GetTop()
	L.Push(fn)
	for _, a := range args {
		L.Push(a)
	}
	err := L.PCall(len(args), 1, nil)
	st.chunk = outer
	if err != nil {
		L.SetTop(top)
		return nil, st.failed(c, err)
	}
	v := L.Get(-1)
	L.SetTop(top)
	return v, nil
}

// failed makes an Error of what the machine has caught.
func (st *State) failed(c *Chunk, err error) *Error {
	api, ok := err.(*glua.ApiError)
	if !ok {
		return &Error{Value: glua.LString(err.Error())}
	}
	repanic(api)
	e := &Error{Value: reword(api.Object)}
	e.Source, e.Line = position(api.StackTrace)
	return e
}

// repanic lets a panic of a builtin go on, which the machine has caught: it is no error of a
// script.
func repanic(err *glua.ApiError) {
	if err.Type == glua.ApiErrorPanic && err.Object.String() != overflow {
		panic(err.Object.String() + "\n" + err.StackTrace)
	}
}

// position returns the innermost line of Lua in a stack trace of the machine.
func position(trace string) (source string, line int) {
	for _, l := range strings.Split(trace, "\n") {
		l, ok := strings.CutPrefix(l, "\t")
		if !ok || strings.HasPrefix(l, "[G]") {
			continue
		}
		at, _, _ := strings.Cut(l, ": in ")
		if i := strings.LastIndexByte(at, ':'); i > 0 {
			if n, err := strconv.Atoi(at[i+1:]); err == nil {
				return at[:i], n
			}
		}
		return "", 0
	}
	return "", 0
}

// bind makes the chunk a function of this state. That is soon done, and nobody would catch the error
// of an interruption.
func (st *State) bind(c *Chunk) *glua.LFunction {
	L := st.L
	if ctx := L.RemoveContext(); ctx != nil {
		defer L.SetContext(ctx)
	}
	L.Push(L.NewFunctionFromProto(c.proto))
	for _, name := range c.binds {
		L.Push(st.builtins[name])
	}
	L.Call(len(c.binds), 1)
	fn := L.Get(-1).(*glua.LFunction)
	L.Pop(1)
	return fn
}

// Interrupt makes what runs from now on end once interrupted returns an error, which it must
// return again and again; nil for nothing.
func (st *State) Interrupt(interrupted func() error) {
	if interrupted == nil {
		st.L.RemoveContext()
		return
	}
	st.interruption = interruption{Context: context.Background(), ask: interrupted}
	st.L.SetContext(&st.interruption)
}

// An interruption is a context that asks whenever the machine does.
type interruption struct {
	context.Context
	ask func() error
	err error
}

var closed = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

func (i *interruption) Done() <-chan struct{} {
	if i.err = i.ask(); i.err != nil {
		return closed
	}
	return nil
}

// ask ends what a builtin does for long, if the script is to end.
func ask(L *glua.LState) {
	if ctx := L.Context(); ctx != nil {
		select {
		case <-ctx.Done():
			fail(L, "%s", ctx.Err().Error())
		default:
		}
	}
}

func (i *interruption) Err() error { return i.err }

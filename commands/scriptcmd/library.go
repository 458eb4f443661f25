package scriptcmd

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	glua "github.com/yuin/gopher-lua"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/scriptcmd/lua"
	"github.com/medleydb/medley/datatypes"
)

// userFunction is what errors call the source of a library.
const userFunction = "user_function"

// A library is loaded source with its functions. What is local to it lasts from call to call.
type library struct {
	name      string
	code      string
	functions map[string]*function // by name in lower case
	chunk     *lua.Chunk
}

type function struct {
	name        string
	description string
	described   bool
	flags       flags
	callback    *glua.LFunction
	lib         *library
	borrows     bool // it leaves the tables that it is given as they are, and does not keep them
	contained   bool // it touches no keys but those that it is given, and cannot run long
}

// libraries are those of an engine, and all their functions. All live in one state, in which
// one thing happens at a time: libraries change, and most functions run, under all shards; those
// that are contained hold some shard, and take turns. Of the locks one is for these, and is taken
// behind those of shards, the other for those who only look.
type libraries struct {
	rt   *lua.Runtime
	host *host // nil while there is no library

	turn    sync.Mutex
	inside  atomic.Pointer[command.Context] // whose function runs
	version atomic.Uint64                   // of the set of functions

	mu        sync.RWMutex
	byName    map[string]*library
	functions map[string]*function // by name in lower case
	bytes     int64                // of all code
}

func (l *libraries) init(rt *lua.Runtime) {
	l.rt = rt
	l.byName, l.functions = map[string]*library{}, map[string]*function{}
}

// enter waits until no other function runs; false where one of the same context does.
func (l *libraries) enter(c *command.Context) bool {
	if l.inside.Load() == c {
		return false
	}
	l.turn.Lock()
	l.inside.Store(c)
	return true
}

func (l *libraries) leave() {
	l.inside.Store(nil)
	l.turn.Unlock()
}

func (l *libraries) library(name string) *library {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.byName[name]
}

func (l *libraries) function(name []byte) *function {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.functions[strings.ToLower(string(name))]
}

// loader returns the host in which libraries are loaded.
func (l *libraries) loader() *host {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.host == nil {
		l.host = hostOf(l.rt.NewState())
	}
	return l.host
}

// change takes libraries away and adds others, in place of those with the same names: all, or
// none when a function would be there twice.
func (l *libraries) change(flush bool, fresh ...*library) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.version.Add(1)
	goes := map[string]bool{}
	for _, lib := range fresh {
		goes[lib.name] = true
	}
	names := map[string]bool{}
	for _, lib := range fresh {
		for name, f := range lib.functions {
			have := l.functions[name]
			if names[name] || have != nil && !flush && !goes[have.lib.name] {
				return command.Errorf("Function %s already exists", f.name)
			}
			names[name] = true
		}
	}
	if flush {
		clear(l.byName)
		clear(l.functions)
		l.bytes = 0
		if len(fresh) == 0 && l.host != nil && l.host.c == nil {
			l.host = nil
		}
	}
	for _, lib := range fresh {
		l.drop(lib.name)
		l.byName[lib.name] = lib
		l.bytes += int64(len(lib.code))
		for name, f := range lib.functions {
			l.functions[name] = f
		}
	}
	return nil
}

// remove takes a library away and reports whether there was one.
func (l *libraries) remove(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.version.Add(1)
	return l.drop(name)
}

func (l *libraries) drop(name string) bool {
	lib := l.byName[name]
	if lib == nil {
		return false
	}
	delete(l.byName, name)
	for name := range lib.functions {
		delete(l.functions, name)
	}
	l.bytes -= int64(len(lib.code))
	return true
}

// sorted returns the libraries by name.
func (l *libraries) sorted() []*library {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return slices.SortedFunc(maps.Values(l.byName), func(a, b *library) int { return strings.Compare(a.name, b.name) })
}

// sorted returns the library's functions by name.
func (lib *library) sorted() []*function {
	return slices.SortedFunc(maps.Values(lib.functions), func(a, b *function) int { return strings.Compare(a.name, b.name) })
}

// errLoadTimeout is the error of source that runs for long while it is loaded.
var errLoadTimeout = errors.New("FUNCTION LOAD timeout")

const loadTimeout = 500 * time.Millisecond

// loadLibrary runs the source of a library, which registers its functions. taken tells whether
// its name may not be used.
func (s *Scripts) loadLibrary(code string, taken func(name string) error) (*library, error) {
	name, source, err := libraryName(code)
	if err != nil {
		return nil, err
	}
	if err := taken(name); err != nil {
		return nil, err
	}
	chunk, err := s.functionRT.CompileLibrary(userFunction, source)
	if err != nil {
		return nil, command.Errorf("Error compiling function: %s", err)
	}
	h := s.libraries.loader()
	st := h.st
	lib := &library{name: name, code: code, functions: map[string]*function{}, chunk: chunk}
	h.loads = lib
	defer func() { h.loads = nil }()
	end := time.Now().Add(loadTimeout)
	st.Interrupt(func() error {
		if time.Now().After(end) {
			return errLoadTimeout
		}
		return nil
	})
	defer st.Interrupt(nil)
	if failed := st.Load(chunk, h.loading); failed != nil {
		return nil, registerError(failed)
	}
	if len(lib.functions) == 0 {
		return nil, command.Errorf("No functions registered")
	}
	return lib, nil
}

func registerError(failed *lua.Error) error {
	text := "ERR " + failed.Text()
	if t, ok := failed.Value.(*glua.LTable); ok {
		text = "ERR unknown error"
		if s, ok := field(t, "err").(glua.LString); ok {
			text = string(s)
		}
	}
	if strings.HasSuffix(text, errLoadTimeout.Error()) {
		text = "ERR " + errLoadTimeout.Error()
	}
	return command.Errorf("Error registering functions: %s", oneLine(text))
}

// libraryName reads the first line, "#!lua name=...", and returns the source without it.
func libraryName(code string) (name, source string, err error) {
	if !strings.HasPrefix(code, "#!") {
		return "", "", command.Errorf("Missing library metadata")
	}
	line, rest, ok := strings.Cut(code, "\n")
	if !ok {
		return "", "", command.Errorf("Invalid library metadata")
	}
	words, ok := splitWords(line)
	if !ok {
		return "", "", command.Errorf("Invalid library metadata")
	}
	given := false
	for _, w := range words[1:] {
		n, ok := strings.CutPrefix(w, "name=")
		if !ok {
			return "", "", command.Errorf("Invalid metadata value given: %s", w)
		}
		if given {
			return "", "", command.Errorf("Invalid metadata value, name argument was given multiple times")
		}
		name, given = n, true
	}
	switch {
	case !given:
		return "", "", command.Errorf("Library name was not given")
	case !validName(name):
		return "", "", command.Errorf("Library%s", validNames)
	case !strings.EqualFold(words[0], "#!lua"):
		return "", "", command.Errorf("Engine '%s' not found", words[0][2:])
	}
	return name, "\n" + rest, nil
}

const validNames = " names can only contain letters, numbers, or underscores(_) and must be at least one character long"

// splitWords cuts a line in words, which may be quoted.
func splitWords(line string) (words []string, ok bool) {
	list, ok := datatypes.SplitWords(nil, []byte(line))
	for _, w := range list {
		words = append(words, string(w))
	}
	return words, ok && len(words) > 0
}

func validName(name string) bool {
	for _, c := range []byte(name) {
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return name != ""
}

// registerFunction is redis.register_function: of a name and a function, or of a table.
func (h *host) registerFunction(L *glua.LState, d *dialect) int {
	if h.loads == nil {
		return refuse(L, "ERR "+d.name+".register_function can only be called on FUNCTION LOAD command")
	}
	f, text := functionFrom(L, d.name+".register_function")
	if text == "" && !validName(f.name) {
		text = d.function + validNames
	}
	if text == "" && h.loads.functions[strings.ToLower(f.name)] != nil {
		text = "Function already exists in the library"
	}
	if text != "" {
		return refuse(L, "ERR "+text)
	}
	f.lib = h.loads
	if cb := f.written(); cb != nil {
		f.borrows = cb.Borrows
		f.contained = h.scripts.containedCallback(cb)
	}
	h.loads.functions[strings.ToLower(f.name)] = f
	return 0
}

func functionFrom(L *glua.LState, me string) (f *function, refusal string) {
	f = &function{}
	switch L.GetTop() {
	case 1:
		t, ok := L.Get(1).(*glua.LTable)
		if !ok {
			return nil, "calling " + me + " with a single argument is only applicable to Lua table (representing named arguments)."
		}
		return f, f.readTable(t, me)
	case 2:
		name, ok := lua.Text(L.Get(1))
		if !ok {
			return nil, "first argument to " + me + " must be a string"
		}
		f.name = name
		if f.callback, ok = L.Get(2).(*glua.LFunction); !ok {
			return nil, "second argument to " + me + " must be a function"
		}
		return f, ""
	}
	return nil, "wrong number of arguments to " + me
}

// readTable reads named arguments.
func (f *function) readTable(t *glua.LTable, me string) (refusal string) {
	named := false
	for k, v := t.Next(glua.LNil); k != glua.LNil; k, v = t.Next(k) {
		key, ok := k.(glua.LString)
		if !ok {
			return "named argument key given to " + me + " is not a string"
		}
		switch key {
		case "function_name":
			if f.name, named = lua.Text(v); !named {
				return "function_name argument given to " + me + " must be a string"
			}
		case "description":
			if f.description, f.described = lua.Text(v); !f.described {
				return "description argument given to " + me + " must be a string"
			}
		case "callback":
			if f.callback, ok = v.(*glua.LFunction); !ok {
				return "callback argument given to " + me + " must be a function"
			}
		case "flags":
			list, ok := v.(*glua.LTable)
			if !ok {
				return "flags argument to " + me + " must be a table representing function flags"
			}
			for i := 1; list.RawGetInt(i) != glua.LNil; i++ {
				name, _ := list.RawGetInt(i).(glua.LString)
				x, ok := flagNamed(string(name))
				if !ok {
					return "unknown flag given"
				}
				f.flags |= x
			}
		default:
			return "unknown argument given to " + me
		}
	}
	switch {
	case !named:
		return me + " must get a function name argument"
	case f.callback == nil:
		return me + " must get a callback argument"
	}
	return ""
}

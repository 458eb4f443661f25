package scriptcmd

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"unsafe"

	glua "github.com/yuin/gopher-lua"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/scriptcmd/lua"
	"github.com/medleydb/medley/datatypes"
)

// bytesOf returns the string's own bytes: commands read their arguments only. Those of an empty
// one are not nil.
func bytesOf(s string) []byte {
	if s == "" {
		return []byte{}
	}
	return unsafe.Slice(unsafe.StringData(s), len(s))
}

// appendArgument appends a number as the argument of a command: as an integer where it is one,
// else with as many digits as it takes to read the same number again.
func appendArgument(b []byte, f float64) []byte {
	const limit = math.MaxInt64 / 2
	if f > -limit && f < limit && f == math.Trunc(f) {
		return strconv.AppendInt(b, int64(f), 10)
	}
	return datatypes.FormatFloat(b, f)
}

// A dialect is the name by which a script calls the library, with what errors call it then: as
// Redis does, or as Valkey does.
type dialect struct {
	name     string // redis or server
	command  string // what a command is
	argument string // what an argument of one is
	function string // whose names must be valid
}

var dialects = [...]dialect{
	{"redis", "Redis command", "Lua redis lib command", "Library"},
	{"server", "command", "Command", "Function"},
}

// apiLibraries are redis and server: the same functions, but for their errors. For functions
// there is nothing that is left of older times.
func (s *Scripts) apiLibraries(functions bool) (list []lua.Library) {
	for i := range dialects {
		d := &dialects[i]
		list = append(list, lua.Library{Names: []string{d.name}, Calls: []string{"call", "pcall"}, Registers: "register_function", Open: func(st *lua.State) map[string]glua.LValue {
			if st.Host == nil {
				h := &host{st: st, scripts: s, loading: map[string]glua.LValue{}}
				h.ask = h.interrupted
				st.Host = h
			}
			return hostOf(st).open(d, functions)
		}, Dropped: func(st *lua.State) map[string]glua.LValue {
			h := hostOf(st)
			return map[string]glua.LValue{
				"call":  st.L.NewFunction(func(L *glua.LState) int { return h.invokeOnly(L, d, true) }),
				"pcall": st.L.NewFunction(func(L *glua.LState) int { return h.invokeOnly(L, d, false) }),
			}
		}, Returned: func(st *lua.State) map[string]glua.LValue {
			h := hostOf(st)
			return map[string]glua.LValue{
				"call":  st.L.NewFunction(func(L *glua.LState) int { return h.invokeLast(L, d, true) }),
				"pcall": st.L.NewFunction(func(L *glua.LState) int { return h.invokeLast(L, d, false) }),
			}
		}})
	}
	return list
}

func (h *host) open(d *dialect, functions bool) map[string]glua.LValue {
	st := h.st
	m := map[string]glua.LValue{
		"REDIS_VERSION": glua.LString(command.CompatVersion), "REDIS_VERSION_NUM": glua.LNumber(versionNumber(command.CompatVersion)),
		"SERVER_NAME": glua.LString("medley"), "VALKEY_VERSION": glua.LString(valkeyVersion), "VALKEY_VERSION_NUM": glua.LNumber(versionNumber(valkeyVersion)),
		"REPL_ALL": glua.LNumber(replAll), "REPL_AOF": glua.LNumber(1), "REPL_REPLICA": glua.LNumber(2), "REPL_SLAVE": glua.LNumber(2), "REPL_NONE": glua.LNumber(0),
		"LOG_DEBUG": glua.LNumber(0), "LOG_VERBOSE": glua.LNumber(1), "LOG_NOTICE": glua.LNumber(2), "LOG_WARNING": glua.LNumber(3),
	}
	for name, f := range map[string]glua.LGFunction{
		"call":     func(L *glua.LState) int { return h.invoke(L, d, true) },
		"pcall":    func(L *glua.LState) int { return h.invoke(L, d, false) },
		"log":      func(L *glua.LState) int { return h.log(L, d) },
		"setresp":  func(L *glua.LState) int { return h.setResp(L, d) },
		"set_repl": func(L *glua.LState) int { return setRepl(L, d) },
		"sha1hex":  sha1hex, "error_reply": errorReply, "status_reply": statusReply,
		"acl_check_cmd":      func(L *glua.LState) int { return h.aclCheck(L, d) },
		"replicate_commands": func(L *glua.LState) int { return pushBool(L, true) },
		"breakpoint":         func(L *glua.LState) int { return pushBool(L, false) },
		"debug":              func(L *glua.LState) int { return 0 },
		"register_function":  func(L *glua.LState) int { return h.registerFunction(L, d) },
	} {
		m[name] = st.L.NewFunction(f)
	}
	register := m["register_function"]
	delete(m, "register_function")
	if functions {
		delete(m, "replicate_commands")
		delete(m, "breakpoint")
		delete(m, "debug")
		fields := map[string]glua.LValue{"register_function": register, "log": m["log"]}
		for name, v := range m {
			if v.Type() != glua.LTFunction {
				fields[name] = v
			}
		}
		h.loading[d.name] = st.Guarded(fields)
	}
	return m
}

const (
	replAll = 3
	// valkeyVersion is the version of Valkey whose additions to scripts there are.
	valkeyVersion = "9.1.2"
)

// versionNumber packs a version a.b.c in three bytes.
func versionNumber(v string) (n int) {
	for _, part := range strings.Split(v, ".") {
		x, _ := strconv.Atoi(part)
		n = n<<8 | x
	}
	return n
}

func pushBool(L *glua.LState, b bool) int {
	L.Push(glua.LBool(b))
	return 1
}

// refuse raises an error as redis.call does.
func refuse(L *glua.LState, text string) int {
	t := L.CreateTable(0, 1)
	t.RawSetString("err", glua.LString(text))
	lua.Raise(L, t)
	return 0
}

var levels = [...]slog.Level{slog.LevelDebug, slog.LevelDebug, slog.LevelInfo, slog.LevelWarn}

func (h *host) log(L *glua.LState, d *dialect) int {
	n := L.GetTop()
	if n < 2 {
		return refuse(L, "ERR "+d.name+".log() requires two arguments or more.")
	}
	level, ok := L.Get(1).(glua.LNumber)
	if !ok {
		return refuse(L, "ERR First argument must be a number (log level).")
	}
	if level < 0 || int(level) >= len(levels) {
		return refuse(L, "ERR Invalid log level.")
	}
	var words []string
	for i := 2; i <= n; i++ {
		if s, ok := lua.Text(L.Get(i)); ok {
			words = append(words, s)
		}
	}
	if h.c != nil {
		h.c.Services.Log.Log(context.Background(), levels[int(level)], strings.Join(words, " "))
	}
	return 0
}

func sha1hex(L *glua.LState) int {
	if L.GetTop() != 1 {
		return refuse(L, "ERR wrong number of arguments")
	}
	s, _ := lua.Text(L.Get(1))
	sum := sha1.Sum([]byte(s))
	L.Push(glua.LString(hex.EncodeToString(sum[:])))
	return 1
}

func (h *host) setResp(L *glua.LState, d *dialect) int {
	h.running(L, "setresp")
	if L.GetTop() != 1 {
		return refuse(L, "ERR "+d.name+".setresp() requires one argument.")
	}
	switch v, _ := L.Get(1).(glua.LNumber); v {
	case 2, 3:
		h.resp3 = v == 3
		return 0
	}
	return refuse(L, "ERR RESP version must be 2 or 3.")
}

// setRepl checks its argument. Effects always go everywhere: what a script keeps from the
// journal would be gone after a restart.
func setRepl(L *glua.LState, d *dialect) int {
	if L.GetTop() != 1 {
		return refuse(L, "ERR "+d.name+".set_repl() requires one argument.")
	}
	v, _ := L.Get(1).(glua.LNumber)
	if int(v)&^replAll != 0 {
		return refuse(L, "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.")
	}
	return 0
}

// errorReply makes the table of an error. A text of one word gets the code ERR; so does one
// that has no code.
func errorReply(L *glua.LState) int {
	s, ok := L.Get(1).(glua.LString)
	if L.GetTop() != 1 || !ok {
		L.Push(errorField(L, "ERR wrong number or type of arguments"))
		return 1
	}
	text := strings.TrimPrefix(string(s), "-")
	if !strings.Contains(text, " ") {
		text = "ERR " + text
	}
	L.Push(errorField(L, text))
	return 1
}

func errorField(L *glua.LState, text string) *glua.LTable {
	t := L.CreateTable(0, 1)
	t.RawSetString("err", glua.LString(text))
	return t
}

func statusReply(L *glua.LState) int {
	s, ok := L.Get(1).(glua.LString)
	if L.GetTop() != 1 || !ok {
		L.Push(errorField(L, "ERR wrong number or type of arguments"))
		return 1
	}
	t := L.CreateTable(0, 1)
	t.RawSetString("ok", s)
	L.Push(t)
	return 1
}

// aclCheck tells whether the session may run the command: every user that there is may run
// every command.
func (h *host) aclCheck(L *glua.LState, d *dialect) int {
	if L.GetTop() == 0 {
		return refuse(L, "ERR Please specify at least one argument for this redis lib call")
	}
	argv, text := h.arguments(L, d)
	if text != "" {
		return refuse(L, text)
	}
	spec := h.scripts.table.Find(argv)
	if spec == nil || spec.Run == nil {
		return refuse(L, "ERR Invalid command passed to "+d.name+".acl_check_cmd()")
	}
	return pushBool(L, true)
}

package scriptcmd

import (
	"errors"
	"fmt"
	"sync/atomic"

	glua "github.com/yuin/gopher-lua"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/scriptcmd/lua"
)

// A call is a script, or a function, with what it is given.
type call struct {
	script   *Script
	fn       *function
	keys     [][]byte
	argv     [][]byte
	readOnly bool // by an _RO command
}

// name is what errors call the script.
func (k *call) name() string {
	if k.fn != nil {
		return k.fn.name
	}
	return k.script.sha
}

// A host is what a state's functions know of the script that runs in it. It stays with the
// state.
type host struct {
	st      *lua.State
	scripts *Scripts
	c       *command.Context // nil while nothing runs
	call    *call            // given, while it runs
	given   call
	keys    handout
	args    handout
	reply   luaReply
	result  passing  // what the script returns, where it is a command's reply
	argv    [][]byte // of a command that only reads
	readOnly,
	allowOOM, short bool
	unkept  error // why nothing may be changed
	resp3   bool
	loads   *library               // that is being loaded
	loading map[string]glua.LValue // the globals that there are meanwhile

	tenure tenure
	ask    func() error // interrupted
	wrote  atomic.Bool  // it cannot be killed any more
	killed atomic.Bool
}

// hostOf returns the state's host.
func hostOf(st *lua.State) *host { return st.Host.(*host) }

// run runs the script or function and writes its result.
func (s *Scripts) run(c *command.Context, k call) error {
	var h *host
	if k.fn == nil {
		h = hostOf(s.rt.Get())
	} else {
		if !s.libraries.enter(c) { // a test has allowed commands in scripts that are not for them
			return command.Errorf("A function cannot call functions")
		}
		defer s.libraries.leave()
		h = s.libraries.host
	}
	h.given = k
	err := h.begin(c)
	if err == nil {
		err = h.perform(c)
	}
	if k.fn == nil {
		s.rt.Put(h.st) // not where a command has panicked
	}
	return err
}

// perform runs what begin has prepared.
func (h *host) perform(c *command.Context) error {
	defer h.end()
	session := c.Session
	db, sets, args, out := session.DB(), session.FieldSets, c.Args, c.Reply
	session.FieldSets = nil
	h.result.Reply, h.result.on, h.result.wrote = out, false, false
	v, failed := h.execute()
	c.Reply, c.Args = out, args
	session.FieldSets = sets
	session.Select(db)
	c.Tx.DB = db
	if failed != nil {
		return h.report(failed)
	}
	if h.result.wrote {
		return nil
	}
	if t, ok := v.(*glua.LTable); ok {
		if s, ok := field(t, "err").(glua.LString); ok { // the call has failed
			return counted(command.ReplyError(oneLine(string(s))), t)
		}
	}
	w := replier{r: out, stats: c.Services.Stats, resp3: h.resp3}
	w.write(v, 0)
	return nil
}

// begin refuses a script that may not run now, and prepares the host for one that may.
func (h *host) begin(c *command.Context) error {
	k := &h.given
	var f flags
	tells := k.fn != nil
	if tells {
		f = k.fn.flags
	} else {
		f, tells = k.script.flags, k.script.shebang
	}
	if tells {
		switch {
		case f&noWrites == 0 && k.readOnly:
			return command.Errorf("Can not execute a script with write flag using *_ro command.")
		case c.OutOfMemory && f&(allowOOM|noWrites) == 0:
			return errScriptOOM
		case c.Unkept != nil && f&noWrites == 0:
			return c.Unkept
		}
	}
	h.c, h.call = c, k
	h.readOnly = k.readOnly || f&noWrites != 0
	h.allowOOM, h.short, h.unkept = f&allowOOM != 0, c.OutOfMemory, c.Unkept
	h.resp3, h.reply.resp3 = false, false
	h.reply.drop = false
	h.wrote.Store(false)
	h.killed.Store(false)
	return nil
}

const errScriptOOM = command.ReplyError("OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'")

func (h *host) end() {
	h.c, h.call, h.given = nil, nil, call{}
	h.result.Reply = nil
	h.reply.reset()
}

// execute runs the chunk or the function, so that it can be killed if it may run long.
func (h *host) execute() (glua.LValue, *lua.Error) {
	st, k := h.st, h.call
	chunk := h.chunk(k)
	if !chunk.Quick && !k.contained() {
		h.scripts.busy.enter(h)
		defer h.scripts.busy.leave(h)
		st.Interrupt(h.ask)
		defer st.Interrupt(nil)
	}
	h.reply.L = st.L
	h.c.Reply = &h.reply
	if k.fn != nil {
		keys, _ := h.keys.of(h, k.keys, k.fn.borrows)
		args, _ := h.args.of(h, k.argv, k.fn.borrows)
		return st.Call(chunk, k.fn.callback, keys, args)
	}
	if keys, fresh := h.keys.of(h, k.keys, chunk.Borrows); fresh {
		st.SetGlobal("KEYS", keys)
	}
	if args, fresh := h.args.of(h, k.argv, chunk.Borrows); fresh {
		st.SetGlobal("ARGV", args)
	}
	return st.Run(chunk)
}

// A handout is the table KEYS or ARGV, or what a function is given. It is used again as long as
// no script may have changed it.
type handout struct {
	table *glua.LTable
	stale bool
}

// maxKept is the length up to which a table is used again.
const maxKept = 1000

// of returns the table with the elements, and whether it is a fresh one. borrowed says that it
// will be as it is now.
func (g *handout) of(h *host, list [][]byte, borrowed bool) (t *glua.LTable, fresh bool) {
	if g.table == nil || g.stale || len(list) > maxKept || g.table.Len() > maxKept {
		g.table = h.list(list)
		g.stale = !borrowed
		return g.table, true
	}
	for g.table.Len() > len(list) {
		g.table.Remove(-1)
	}
	for i, b := range list {
		g.table.RawSetInt(i+1, glua.LString(b))
	}
	g.stale = !borrowed
	return g.table, false
}

func (h *host) chunk(k *call) *lua.Chunk {
	if k.fn != nil {
		return k.fn.lib.chunk
	}
	return k.script.chunk
}

func (h *host) list(of [][]byte) *glua.LTable {
	t := h.st.L.CreateTable(len(of), 0)
	for i, b := range of {
		t.RawSetInt(i+1, glua.LString(b))
	}
	return t
}

// interrupted is asked before every instruction of a script that may run long.
func (h *host) interrupted() error {
	if h.killed.Load() {
		return errors.New(h.killedText())
	}
	return nil
}

func (h *host) killedText() string {
	if h.call.fn != nil {
		return "Script killed by user with FUNCTION KILL."
	}
	return "Script killed by user with SCRIPT KILL."
}

// report returns the error of a failed script. What a command in it has raised was counted
// already.
func (h *host) report(e *lua.Error) error {
	table, _ := e.Value.(*glua.LTable)
	text := "ERR unknown error"
	if table == nil {
		text = "ERR " + e.Text()
	} else if s, ok := field(table, "err").(glua.LString); ok {
		text = string(s)
	}
	if h.killed.Load() {
		text = "ERR " + h.killedText()
	}
	text += " script: " + h.call.name()
	if e.Source != "" {
		text += fmt.Sprintf(", on @%s:%d.", e.Source, e.Line)
	}
	return counted(command.ReplyError(oneLine(text)), table)
}

// counted returns the error as one that is in the statistics, if the table, which may be nil,
// says that it is.
func counted(err command.ReplyError, table *glua.LTable) error {
	if table != nil && field(table, "ignore_error_stats_update") != glua.LNil {
		return command.Counted{Err: err}
	}
	return err
}

// invoke is redis.call and redis.pcall: it runs a command in the script's transaction.
func (h *host) invoke(L *glua.LState, d *dialect, raising bool) int {
	v := h.command(L, d)
	if t, ok := v.(*glua.LTable); ok && raising && field(t, "err") != glua.LNil {
		lua.Raise(L, t)
	}
	L.Push(v)
	return 1
}

// running raises the error of what is not there while a library is loaded.
func (h *host) running(L *glua.LState, name string) {
	if h.c == nil {
		lua.Raise(L, glua.LString(lua.Where(L, 1)+"Script attempted to access nonexistent global variable '"+name+"'"))
	}
}

// invokeOnly is invoke where nobody looks at the reply.
func (h *host) invokeOnly(L *glua.LState, d *dialect, raising bool) int {
	h.reply.drop = true
	v := h.command(L, d)
	h.reply.drop = false
	if t, ok := v.(*glua.LTable); ok && raising && field(t, "err") != glua.LNil {
		lua.Raise(L, t)
	}
	return 0
}

// invokeLast is invoke where the script ends with it and returns what it gives: the reply of
// a command that has not failed goes where the script's goes.
func (h *host) invokeLast(L *glua.LState, d *dialect, raising bool) int {
	h.result.on = !h.resp3
	n := h.invoke(L, d, raising)
	h.result.on = false
	return n
}

func (h *host) command(L *glua.LState, d *dialect) glua.LValue {
	h.running(L, "call")
	argv, text := h.arguments(L, d)
	if text != "" {
		return h.refuse(L, nil, text)
	}
	c := h.c
	spec := c.Services.Table.Find(argv)
	if text := h.refusal(spec, argv, d); text != "" {
		return h.refuse(L, spec, text)
	}
	if spec.Flags&command.Write != 0 {
		h.wrote.Store(true)
		if c.Tx.Recording() {
			argv = append([][]byte(nil), argv...) // the journal keeps it until the script ends
		}
	}
	h.reply.reset()
	h.reply.resp3 = h.resp3
	if h.result.on {
		return h.last(L, spec, argv)
	}
	c.Call(spec, argv)
	v := h.reply.value
	if v == nil {
		return glua.LFalse
	}
	return v
}

// last runs the command whose reply is the script's.
func (h *host) last(L *glua.LState, spec *command.Spec, argv [][]byte) glua.LValue {
	c, r := h.c, &h.result
	r.failed, r.on = "", false
	mark := r.Len()
	c.Reply = r
	c.Call(spec, argv)
	c.Reply = &h.reply
	switch {
	case r.failed != "":
		return errorTable(L, r.failed)
	case r.Len() == mark:
		return glua.LFalse
	}
	r.wrote = true
	return glua.LTrue
}

// refuse counts an error of a command that did not run.
func (h *host) refuse(L *glua.LState, spec *command.Spec, text string) glua.LValue {
	if spec != nil {
		h.c.Services.Stats.Refused(spec)
	}
	h.c.Services.Stats.CountError(command.ErrorCode(text))
	return errorTable(L, text)
}

// arguments returns the arguments as a command's. They borrow the script's strings.
func (h *host) arguments(L *glua.LState, d *dialect) (argv [][]byte, refusal string) {
	n := L.GetTop()
	if n == 0 {
		return nil, "ERR Please specify at least one argument for this " + d.name + " lib call"
	}
	argv = h.argv[:0]
	for i := 1; i <= n; i++ {
		switch v := L.Get(i).(type) {
		case glua.LString:
			argv = append(argv, bytesOf(string(v)))
		case glua.LNumber:
			argv = append(argv, appendArgument(nil, float64(v)))
		default:
			return nil, "ERR " + d.argument + " arguments must be strings or integers"
		}
	}
	h.argv = argv
	return argv, ""
}

// refusal returns the error of a command that a script may not run.
func (h *host) refusal(spec *command.Spec, argv [][]byte, d *dialect) string {
	switch {
	case spec == nil, spec.Run == nil && len(argv) > 1:
		return "ERR Unknown " + d.command + " called from script"
	case !spec.ArityOK(len(argv)), spec.Run == nil:
		return "ERR Wrong number of args calling " + d.command + " from script"
	case spec.Flags&command.NoScript != 0 && !h.c.Services.AnyInScripts.Load():
		return "ERR This " + d.command + " is not allowed from script"
	case h.readOnly && spec.Flags&(command.Write|command.MayReplicate) != 0:
		return "ERR Write commands are not allowed from read-only scripts."
	case h.short && !h.allowOOM && spec.Flags&command.DenyOOM != 0 && !h.wrote.Load():
		return command.WireText(command.ErrOOM, spec)
	case h.unkept != nil && spec.Flags&command.Write != 0 && !h.wrote.Load():
		return command.WireText(h.unkept, spec)
	case !h.call.all(h.c) && !h.holds(spec, argv):
		return "ERR Script touches keys beyond those that were proven"
	}
	return ""
}

// contained reports whether the call is of a function that takes its keys' shards only, and does
// not take long.
func (k *call) contained() bool { return k.fn != nil && k.fn.contained }

// all reports whether the call holds all shards, or need not.
func (k *call) all(c *command.Context) bool {
	if k.fn != nil {
		return !k.fn.contained || c.Tx.HoldsAll()
	}
	return !k.script.contained || c.Tx.HoldsAll()
}

// holds reports whether the transaction holds the shards of the command's keys. Where a script
// is contained it does; this is what finds a mistake in that proof.
func (h *host) holds(spec *command.Spec, argv [][]byte) bool {
	held, store := true, h.c.Services.Store
	spec.EachKey(argv, func(key []byte, _ command.KeyFlags) { held = held && h.c.Tx.Held(store.ShardOf(key)) })
	return held
}

package scriptcmd

import (
	"errors"
	"strconv"
	"time"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
)

var functionSpec = command.Spec{
	Name: "function", Group: command.GroupScripting, Since: "7.0.0", Arity: -2,
	Summary: "A container for commands about functions.", Complexity: "Depends on the subcommand",
	Subs: []*command.Spec{&functionDelete, &functionDump, &functionFlush, &functionHelp, &functionKill, &functionList,
		&functionLoad, &functionRestore, &functionStats},
}

var fcall = command.Spec{
	Name: "fcall", Group: command.GroupScripting, Since: "7.0.0", Arity: -3,
	Summary: "Calls a function.", Syntax: "function numkeys [key [key ...]] [arg [arg ...]]", Complexity: "Depends on the function",
	Flags:  evalFlags | command.MayReplicate,
	Keys:   []command.KeySpec{command.KeyNum(2, 1, 1, evalKeys)},
	Beyond: functionBeyond, Long: functionLong, Writes: functionWrites,
	Run: func(c *command.Context) error { return runFCall(c, false) },
}

var fcallRO = command.Spec{
	Name: "fcall_ro", Group: command.GroupScripting, Since: "7.0.0", Arity: -3,
	Summary: "Calls a function that changes nothing.", Syntax: "function numkeys [key [key ...]] [arg [arg ...]]", Complexity: "Depends on the function",
	Flags:  evalFlags | command.ReadOnly,
	Keys:   []command.KeySpec{command.KeyNum(2, 1, 1, roKeys)},
	Beyond: functionBeyond, Long: functionLong,
	Run: func(c *command.Context) error { return runFCall(c, true) },
}

// runFCall reports errors in Redis's order: an unknown function first.
func runFCall(c *command.Context, readOnly bool) error {
	s := scriptsOf(c)
	fn := s.libraries.function(c.Args.Bytes())
	if fn == nil {
		return command.Errorf("Function not found")
	}
	keys, argv, err := keysAndArgs(c)
	if errors.Is(err, datatypes.ErrNotInteger) {
		err = command.Errorf("Bad number of keys provided")
	}
	if err != nil {
		return err
	}

	return s.run(c, call{fn: fn, keys: keys, argv: argv, readOnly: readOnly})
}

// functionBeyond reports whether a function is run under all shards. One without keys is: it
// must hold something, so that libraries do not change meanwhile.
func functionBeyond(sv *command.Services, argv [][]byte) bool {
	if fn := functionNamed(sv, argv); fn == nil || !fn.contained || len(argv) < 3 {
		return true
	}
	n, err := strconv.Atoi(string(argv[2]))
	return err != nil || n <= 0
}

func functionLong(sv *command.Services, argv [][]byte) bool {
	fn := functionNamed(sv, argv)
	return fn != nil && !fn.contained
}

// functionNamed returns the function that the arguments of FCALL name, nil for none.
func functionNamed(sv *command.Services, argv [][]byte) *function {
	if len(argv) < 2 {
		return nil
	}
	return sv.Scripting.(*Scripts).libraries.function(argv[1])
}

func functionWrites(sv *command.Services, argv [][]byte) bool {
	fn := functionNamed(sv, argv)
	return fn == nil || fn.flags&noWrites == 0
}

var functionLoad = command.Spec{
	Name: "load", Since: "7.0.0", Arity: -3,
	Summary: "Loads a library.", Syntax: "[REPLACE] function-code", Complexity: "O(1) beside compiling the code",
	Flags: command.NoScript | command.Write | command.DenyOOM, Scope: command.ScopeAll,
	Run: runFunctionLoad,
}

func runFunctionLoad(c *command.Context) error {
	replace := false
	for c.Args.Len() > 1 {
		if !c.Args.Word("REPLACE") {
			return command.Errorf("Unknown option given: %s", c.Args.Bytes())
		}
		replace = true
	}
	code := c.Args.Bytes()

	s := scriptsOf(c)
	lib, err := s.loadLibrary(string(code), func(name string) error {
		if !replace && s.libraries.library(name) != nil {
			return command.Errorf("Library '%s' already exists", name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.libraries.change(false, lib); err != nil {
		return err
	}
	c.Tx.Dirty()

	c.Reply.BulkString(lib.name)
	return nil
}

var functionDelete = command.Spec{
	Name: "delete", Since: "7.0.0", Arity: 3,
	Summary: "Deletes a library with its functions.", Syntax: "library-name", Complexity: "O(1)",
	Flags: command.NoScript | command.Write, Scope: command.ScopeAll,
	Run: runFunctionDelete,
}

func runFunctionDelete(c *command.Context) error {
	name := string(c.Args.Bytes())

	if !scriptsOf(c).libraries.remove(name) {
		return command.Errorf("Library not found")
	}
	c.Tx.Dirty()

	c.Reply.OK()
	return nil
}

var functionFlush = command.Spec{
	Name: "flush", Since: "7.0.0", Arity: -2,
	Summary: "Deletes all libraries.", Syntax: "[ASYNC | SYNC]", Complexity: "O(N) in the functions",
	Flags: command.NoScript | command.Write, Scope: command.ScopeAll,
	Run: runFunctionFlush,
}

func runFunctionFlush(c *command.Context) error {
	if c.Args.Len() > 1 {
		return c.SubcommandError()
	}
	lazily := c.Args.Word("ASYNC")
	if !lazily && c.Args.More() && !c.Args.Word("SYNC") {
		return command.Errorf("FUNCTION FLUSH only supports SYNC|ASYNC option")
	}

	s := scriptsOf(c)
	if lazily {
		f := s.Figures()
		c.Services.Stats.Lazyfreed.Add(int64(f.Libraries) + 1) // the interpreter is one more
	}
	s.libraries.change(true)
	c.Tx.Dirty()

	c.Reply.OK()
	return nil
}

var functionHelp = command.Spec{
	Name: "help", Since: "7.0.0", Arity: 2, Summary: "Explains the subcommands.", Complexity: "O(1)",
	Flags: command.Loading | command.Stale,
	Run:   command.Help,
}

var functionKill = command.Spec{
	Name: "kill", Since: "7.0.0", Arity: 2,
	Summary: "Ends a function that runs for long and has changed nothing.", Complexity: "O(1)",
	Flags: command.NoScript | command.AllowBusy,
	Run:   func(c *command.Context) error { return runKill(c, true) },
}

var functionList = command.Spec{
	Name: "list", Since: "7.0.0", Arity: -2,
	Summary: "Lists the libraries of functions.", Syntax: "[LIBRARYNAME library-name-pattern] [WITHCODE]", Complexity: "O(N) in the functions",
	Flags: command.NoScript,
	Run:   runFunctionList,
}

func runFunctionList(c *command.Context) error {
	withCode, pattern := false, []byte(nil)
	for c.Args.More() {
		switch {
		case !withCode && c.Args.Word("WITHCODE"):
			withCode = true
		case pattern == nil && c.Args.Word("LIBRARYNAME"):
			if !c.Args.More() {
				return command.Errorf("library name argument was not given")
			}
			pattern = c.Args.Bytes()
		default:
			return command.Errorf("Unknown argument %s", c.Args.Bytes())
		}
	}

	var list []*library
	for _, lib := range scriptsOf(c).libraries.sorted() {
		if pattern == nil || datatypes.MatchFold(pattern, []byte(lib.name)) {
			list = append(list, lib)
		}
	}

	c.Reply.Array(len(list))
	for _, lib := range list {
		lib.reply(c.Reply, withCode)
	}
	return nil
}

func (lib *library) reply(r command.Reply, withCode bool) {
	n := 3
	if withCode {
		n++
	}
	r.Map(n)
	r.BulkString("library_name")
	r.BulkString(lib.name)
	r.BulkString("engine")
	r.BulkString("LUA")
	r.BulkString("functions")
	r.Array(len(lib.functions))
	for _, f := range lib.sorted() {
		r.Map(3)
		r.BulkString("name")
		r.BulkString(f.name)
		r.BulkString("description")
		if f.described {
			r.BulkString(f.description)
		} else {
			r.Null()
		}
		r.BulkString("flags")
		names := f.flags.names()
		r.Set(len(names))
		for _, n := range names {
			r.Status(n)
		}
	}
	if withCode {
		r.BulkString("library_code")
		r.BulkString(lib.code)
	}
}

var functionStats = command.Spec{
	Name: "stats", Since: "7.0.0", Arity: 2,
	Summary: "Tells which function runs, and how many there are.", Complexity: "O(1)",
	Flags: command.NoScript | command.AllowBusy,
	Run:   runFunctionStats,
}

func runFunctionStats(c *command.Context) error {
	s := scriptsOf(c)
	f := s.Figures()
	run := s.busy.longest()

	c.Reply.Map(2)
	c.Reply.BulkString("running_script")
	if run == nil {
		c.Reply.Null()
	} else {
		c.Reply.Map(3)
		c.Reply.BulkString("name")
		c.Reply.BulkString(run.name)
		c.Reply.BulkString("command")
		c.Reply.Array(len(run.argv))
		for _, a := range run.argv {
			c.Reply.Bulk(a)
		}
		c.Reply.BulkString("duration_ms")
		c.Reply.Int(time.Since(run.began).Milliseconds())
	}
	c.Reply.BulkString("engines")
	c.Reply.Map(1)
	c.Reply.BulkString("LUA")
	c.Reply.Map(2)
	c.Reply.BulkString("libraries_count")
	c.Reply.Int(int64(f.Libraries))
	c.Reply.BulkString("functions_count")
	c.Reply.Int(int64(f.Functions))
	return nil
}

var functionDump = command.Spec{
	Name: "dump", Since: "7.0.0", Arity: 2,
	Summary: "Returns all libraries as one payload for FUNCTION RESTORE.", Complexity: "O(N) in the length of their code",
	Flags: command.NoScript,
	Run:   runFunctionDump,
}

func runFunctionDump(c *command.Context) error {
	c.Reply.Bulk(scriptsOf(c).Dump())
	return nil
}

var functionRestore = command.Spec{
	Name: "restore", Since: "7.0.0", Arity: -3,
	Summary: "Loads the libraries of a payload.", Syntax: "serialized-value [FLUSH | APPEND | REPLACE]", Complexity: "O(N) in the functions of the payload",
	Flags: command.NoScript | command.Write | command.DenyOOM, Scope: command.ScopeAll,
	Run: runFunctionRestore,
}

func runFunctionRestore(c *command.Context) error {
	payload := c.Args.Bytes()
	flush, replace := false, false
	switch {
	case c.Args.Len() > 1:
		return c.SubcommandError()
	case !c.Args.More(), c.Args.Word("APPEND"):
	case c.Args.Word("FLUSH"):
		flush = true
	case c.Args.Word("REPLACE"):
		replace = true
	default:
		return command.Errorf("Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.")
	}

	if err := scriptsOf(c).Restore(payload, flush, replace); err != nil {
		return err
	}
	c.Tx.Dirty()

	c.Reply.OK()
	return nil
}

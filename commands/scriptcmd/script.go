package scriptcmd

import (
	"strings"

	"github.com/medleydb/medley/commands/command"
)

var script = command.Spec{
	Name: "script", Group: command.GroupScripting, Since: "2.6.0", Arity: -2,
	Summary: "A container for commands about scripts.", Complexity: "Depends on the subcommand",
	Subs: []*command.Spec{&scriptDebug, &scriptExists, &scriptFlush, &scriptHelp, &scriptKill, &scriptLoad, &scriptShow},
}

var scriptDebug = command.Spec{
	Name: "debug", Since: "3.2.0", Arity: 3,
	Summary: "Chooses how EVAL is debugged: there is no debugger, so not at all.", Syntax: "<YES | SYNC | NO>", Complexity: "O(1)",
	Flags: command.NoScript,
	Run:   runScriptDebug,
}

func runScriptDebug(c *command.Context) error {
	mode := c.Args.Bytes()
	off := command.EqualFold(mode, "NO")
	if !off && !command.EqualFold(mode, "YES") && !command.EqualFold(mode, "SYNC") {
		return command.Errorf("Use SCRIPT DEBUG YES/SYNC/NO")
	}
	if !off {
		return command.Errorf("The debugger of scripts is not supported")
	}

	c.Reply.OK()
	return nil
}

var scriptExists = command.Spec{
	Name: "exists", Since: "2.6.0", Arity: -3,
	Summary: "Tells which scripts are known.", Syntax: "sha1 [sha1 ...]", Complexity: "O(N) in the arguments",
	Flags: command.NoScript,
	Run:   runScriptExists,
}

func runScriptExists(c *command.Context) error {
	list := c.Args.Rest()

	s := scriptsOf(c)

	c.Reply.Array(len(list))
	for _, sha := range list {
		if s.find(sha) != nil {
			c.Reply.Int(1)
		} else {
			c.Reply.Int(0)
		}
	}
	return nil
}

var scriptFlush = command.Spec{
	Name: "flush", Since: "2.6.0", Arity: -2,
	Summary: "Forgets all scripts.", Syntax: "[ASYNC | SYNC]", Complexity: "O(N) in the scripts",
	Flags: command.NoScript,
	Run:   runScriptFlush,
}

func runScriptFlush(c *command.Context) error {
	if err := flushOption(c); err != nil {
		return err
	}

	scriptsOf(c).flush()

	c.Reply.OK()
	return nil
}

func flushOption(c *command.Context) error {
	if n := c.Args.Len(); n == 0 || n == 1 && (c.Args.Word("SYNC") || c.Args.Word("ASYNC")) {
		return nil
	}
	return command.Errorf("%s FLUSH only support SYNC|ASYNC option", strings.ToUpper(c.Spec.Parent().Name))
}

var scriptHelp = command.Spec{
	Name: "help", Since: "5.0.0", Arity: 2, Summary: "Explains the subcommands.", Complexity: "O(1)",
	Flags: command.Loading | command.Stale,
	Run:   command.Help,
}

var scriptKill = command.Spec{
	Name: "kill", Since: "2.6.0", Arity: 2,
	Summary: "Ends a script that runs for long and has changed nothing.", Complexity: "O(1)",
	Flags: command.NoScript | command.AllowBusy,
	Run:   func(c *command.Context) error { return runKill(c, false) },
}

func runKill(c *command.Context, function bool) error {
	if err := scriptsOf(c).busy.kill(function); err != nil {
		return err
	}

	c.Reply.OK()
	return nil
}

var scriptLoad = command.Spec{
	Name: "load", Since: "2.6.0", Arity: 3,
	Summary: "Makes a script known and returns its digest.", Syntax: "script", Complexity: "O(N) in the length of the script",
	Flags: command.NoScript | command.Stale,
	Run:   runScriptLoad,
}

func runScriptLoad(c *command.Context) error {
	text := c.Args.Bytes()

	sc, err := scriptsOf(c).prepare(text, true)
	if err != nil {
		return err
	}

	c.Reply.BulkString(sc.sha)
	return nil
}

var scriptShow = command.Spec{
	Name: "show", Since: "8.0.0", Arity: 3,
	Summary: "Returns the text of a script.", Syntax: "sha1", Complexity: "O(1)",
	Flags: command.NoScript | command.Stale,
	Run:   runScriptShow,
}

func runScriptShow(c *command.Context) error {
	sha := c.Args.Bytes()

	sc := scriptsOf(c).find(sha)
	if sc == nil {
		return command.ReplyError("NOSCRIPT No matching script.")
	}

	c.Reply.BulkString(sc.text)
	return nil
}

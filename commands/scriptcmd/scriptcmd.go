// Package scriptcmd has the commands about scripts and functions that hold where
// none can be loaded: there is nothing to list and nothing to flush.
package scriptcmd

import (
	"strings"

	"github.com/medleydb/medley/commands/command"
)

// Specs returns the commands of the family.
func Specs() []*command.Spec { return []*command.Spec{&function, &script} }

var function = command.Spec{
	Name: "function", Group: command.GroupScripting, Since: "7.0.0", Arity: -2,
	Summary: "A container for commands about functions.", Complexity: "Depends on the subcommand",
	Subs: []*command.Spec{&functionFlush, &functionList, &functionHelp},
}

var functionFlush = command.Spec{
	Name: "flush", Since: "7.0.0", Arity: -2,
	Summary: "Forgets all functions.", Syntax: "[ASYNC | SYNC]", Complexity: "O(N) in the functions",
	Flags: command.NoScript | command.Write,
	Run:   runFlush,
}

func runFlush(c *command.Context) error {
	switch {
	case c.Args.Len() == 0, c.Args.Len() == 1 && (c.Args.Word("SYNC") || c.Args.Word("ASYNC")):
		c.Reply.OK()
		return nil
	}
	return command.Errorf("%s FLUSH only support SYNC|ASYNC option", strings.ToUpper(c.Spec.Parent().Name))
}

var functionList = command.Spec{
	Name: "list", Since: "7.0.0", Arity: -2,
	Summary: "Lists the libraries of functions.", Syntax: "[LIBRARYNAME library-name-pattern] [WITHCODE]", Complexity: "O(N) in the functions",
	Flags: command.NoScript,
	Run:   runFunctionList,
}

func runFunctionList(c *command.Context) error {
	for c.Args.More() {
		switch {
		case c.Args.Word("WITHCODE"):
		case c.Args.Option("LIBRARYNAME", 1):
			c.Args.Bytes()
		default:
			return command.Errorf("Unknown argument %s", c.Args.Bytes())
		}
	}
	c.Reply.Array(0)
	return nil
}

var functionHelp = command.Spec{
	Name: "help", Since: "7.0.0", Arity: 2, Summary: "Explains the subcommands.", Complexity: "O(1)",
	Flags: command.Loading | command.Stale,
	Run:   command.Help,
}

var script = command.Spec{
	Name: "script", Group: command.GroupScripting, Since: "2.6.0", Arity: -2,
	Summary: "A container for commands about scripts.", Complexity: "Depends on the subcommand",
	Subs: []*command.Spec{&scriptFlush, &scriptExists, &scriptHelp},
}

var scriptFlush = command.Spec{
	Name: "flush", Since: "2.6.0", Arity: -2,
	Summary: "Forgets all scripts.", Syntax: "[ASYNC | SYNC]", Complexity: "O(N) in the scripts",
	Flags: command.NoScript,
	Run:   runFlush,
}

var scriptExists = command.Spec{
	Name: "exists", Since: "2.6.0", Arity: -3,
	Summary: "Tells which scripts are known.", Syntax: "sha1 [sha1 ...]", Complexity: "O(N) in the arguments",
	Flags: command.NoScript,
	Run: func(c *command.Context) error {
		n := c.Args.Len()
		c.Reply.Array(n)
		for range n {
			c.Reply.Int(0)
		}
		return nil
	},
}

var scriptHelp = command.Spec{
	Name: "help", Since: "5.0.0", Arity: 2, Summary: "Explains the subcommands.", Complexity: "O(1)",
	Flags: command.Loading | command.Stale,
	Run:   command.Help,
}

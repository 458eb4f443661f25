package servercmd

import (
	"strings"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
)

var commandSpec = command.Spec{
	Name: "command", Group: command.GroupServer, Since: "2.8.13", Arity: -1,
	Summary: "Describes every command.", Complexity: "O(N) in the number of commands",
	Flags: anyTime | command.Sentinel, Categories: []string{"connection"},
	Tips: []string{"nondeterministic_output_order"},
	Run:  runCommand,
	Subs: []*command.Spec{&commandCount, &commandDocs, &commandGetKeys, &commandGetKeysAndFlags, &commandHelp, &commandInfo, &commandList},
}

func runCommand(c *command.Context) error {
	list := c.Services.Table.All()
	c.Reply.Array(len(list))
	for _, s := range list {
		replyInfo(c.Reply, s)
	}
	return nil
}

var commandCount = command.Spec{
	Name: "count", Since: "2.8.13", Arity: 2,
	Summary: "Counts the commands, without their subcommands.", Complexity: "O(1)",
	Flags: anyTime | command.Sentinel, Categories: []string{"connection"},
	Run: func(c *command.Context) error {
		c.Reply.Int(int64(len(c.Services.Table.All())))
		return nil
	},
}

var commandHelp = command.Spec{
	Name: "help", Since: "5.0.0", Arity: 2,
	Summary: "Tells what COMMAND can do.", Complexity: "O(1)",
	Flags: anyTime | command.Sentinel, Categories: []string{"connection"},
	Run: command.Help,
}

var commandInfo = command.Spec{
	Name: "info", Since: "2.8.13", Arity: -2,
	Summary: "Describes commands: arity, flags, keys, categories, subcommands.", Syntax: "[command-name [command-name ...]]",
	Complexity: "O(N) in the number of commands asked for",
	Flags:      anyTime | command.Sentinel, Categories: []string{"connection"},
	Tips: []string{"nondeterministic_output_order"},
	Run:  runCommandInfo,
}

func runCommandInfo(c *command.Context) error {
	names := c.Args.Rest()
	if len(names) == 0 {
		return runCommand(c)
	}
	c.Reply.Array(len(names))
	for _, name := range names {
		if s := c.Services.Table.Lookup(string(name)); s != nil {
			replyInfo(c.Reply, s)
		} else {
			c.Reply.Null()
		}
	}
	return nil
}

var commandList = command.Spec{
	Name: "list", Since: "7.0.0", Arity: -2,
	Summary: "Lists the names of commands.", Syntax: "[FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]",
	Complexity: "O(N) in the number of commands",
	Flags:      anyTime | command.Sentinel, Categories: []string{"connection"},
	Tips: []string{"nondeterministic_output_order"},
	Run:  runCommandList,
}

func runCommandList(c *command.Context) error {
	a := &c.Args
	keep := func(*command.Spec) bool { return true }
	if a.More() {
		switch {
		case a.Len() != 3 || !a.Word("FILTERBY"):
			return command.ErrSyntax
		case a.Word("MODULE"):
			a.Bytes()
			keep = func(*command.Spec) bool { return false }
		case a.Word("ACLCAT"):
			cat := strings.ToLower(string(a.Bytes()))
			keep = func(s *command.Spec) bool { return hasCategory(s, cat) }
		case a.Word("PATTERN"):
			p := a.Bytes()
			keep = func(s *command.Spec) bool { return datatypes.MatchFold(p, []byte(s.FullName)) }
		default:
			return command.ErrSyntax
		}
	}

	var names []string
	for _, s := range c.Services.Table.All() {
		if keep(s) {
			names = append(names, s.FullName)
		}
		for _, sub := range s.Subs {
			if keep(sub) {
				names = append(names, sub.FullName)
			}
		}
	}

	c.Reply.Set(len(names))
	for _, n := range names {
		c.Reply.BulkString(n)
	}
	return nil
}

func hasCategory(s *command.Spec, cat string) bool {
	for _, c := range s.AllCategories() {
		if c == cat {
			return true
		}
	}
	return false
}

var commandGetKeys = command.Spec{
	Name: "getkeys", Since: "2.8.13", Arity: -3,
	Summary: "Finds the keys among the arguments of a command.", Syntax: "command [arg [arg ...]]",
	Complexity: "O(N) in the number of arguments",
	Flags:      anyTime | command.Sentinel, Categories: []string{"connection"},
	Run: func(c *command.Context) error { return replyKeys(c, false) },
}

var commandGetKeysAndFlags = command.Spec{
	Name: "getkeysandflags", Since: "7.0.0", Arity: -3,
	Summary: "Finds the keys among the arguments of a command, and what it does with each.", Syntax: "command [arg [arg ...]]",
	Complexity: "O(N) in the number of arguments",
	Flags:      anyTime | command.Sentinel, Categories: []string{"connection"},
	Run: func(c *command.Context) error { return replyKeys(c, true) },
}

type foundKey struct {
	name  []byte
	flags command.KeyFlags
}

func replyKeys(c *command.Context, withFlags bool) error {
	keys, err := findKeys(c.Services.Table, c.Args.Rest())
	if err != nil {
		return err
	}
	c.Reply.Array(len(keys))
	for _, k := range keys {
		if !withFlags {
			c.Reply.Bulk(k.name)
			continue
		}
		c.Reply.Array(2)
		c.Reply.Bulk(k.name)
		replyStatuses(c.Reply, k.flags.Names(), "")
	}
	return nil
}

func findKeys(t *command.Table, argv [][]byte) ([]foundKey, error) {
	s := t.Find(argv)
	switch {
	case s == nil:
		return nil, command.Errorf("Invalid command specified")
	case !takesKeys(s):
		return nil, command.Errorf("The command has no key arguments")
	case !s.ArityOK(len(argv)):
		return nil, command.Errorf("Invalid number of arguments specified for command")
	}
	var keys []foundKey
	s.EachKey(argv, func(key []byte, f command.KeyFlags) {
		keys = append(keys, foundKey{key, preciseFlags(s, argv, f)})
	})
	misses := missesKeys(s, argv, len(keys))
	if s.Has(command.NoMandatoryKeys) && misses {
		return nil, nil // as of one that has none
	}
	if len(keys) == 0 && !s.Has(command.NoMandatoryKeys) || misses {
		return nil, command.Errorf("Invalid arguments specified for command")
	}
	return keys, nil
}

func takesKeys(s *command.Spec) bool {
	for i := range s.Keys {
		if s.Keys[i].Flags&command.NotKey == 0 {
			return true
		}
	}
	return false
}

// missesKeys reports whether the command's number of keys is larger than what stands
// among its arguments.
func missesKeys(s *command.Spec, argv [][]byte, found int) bool {
	for i := range s.Keys {
		k := &s.Keys[i]
		if !k.NumKeys || k.Keyword != "" || k.Begin+k.NumIndex >= len(argv) {
			continue
		}
		if n, ok := datatypes.ParseInt(argv[k.Begin+k.NumIndex]); !ok || n < 0 || int64(found) < n {
			return true
		}
	}
	return false
}

// preciseFlags returns what the command does with a key where that depends on its
// arguments.
func preciseFlags(s *command.Spec, argv [][]byte, f command.KeyFlags) command.KeyFlags {
	if f&command.VariableFlags == 0 {
		return f
	}
	switch s.FullName {
	case "set":
		for _, a := range argv[3:] {
			if command.EqualFold(a, "GET") {
				return command.RW | command.Access | command.Update
			}
		}
		return command.OW | command.Update
	case "bitfield":
		for _, a := range argv[2:] {
			if command.EqualFold(a, "SET") || command.EqualFold(a, "INCRBY") {
				return command.RW | command.Access | command.Update
			}
		}
		return command.RO | command.Access
	}
	return f
}

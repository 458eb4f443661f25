package servercmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/slowlog"
)

var slowLog = command.Spec{
	Name: "slowlog", Group: command.GroupServer, Since: "2.2.12", Arity: -2,
	Summary: "Shows the log of slow commands.", Complexity: "Depends on the subcommand",
	Subs: []*command.Spec{&slowLogGet, &slowLogLen, &slowLogReset, &slowLogHelp},
}

const logFlags = command.Admin | anyTime

var slowLogGet = command.Spec{
	Name: "get", Since: "2.2.12", Arity: -2,
	Summary: "Lists slow commands, the last ones first.", Syntax: "[count]", Complexity: "O(N) in the number of entries",
	Flags: logFlags,
	Tips:  []string{"request_policy:all_nodes", "nondeterministic_output"},
	Run: func(c *command.Context) error {
		if c.Args.Len() > 1 {
			return command.Errorf("unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.")
		}
		n := int64(10)
		if c.Args.More() {
			n = logCount(c)
		}
		return replyLog(c, &c.Services.Monitor.Slow, n)
	},
}

// logCount takes how many entries are wanted, -1 for all.
func logCount(c *command.Context) int64 {
	return c.Args.IntIn(-1, 1<<31-1, command.Errorf("count should be greater than or equal to -1"))
}

var slowLogLen = command.Spec{
	Name: "len", Since: "2.2.12", Arity: 2,
	Summary: "Counts the entries of the log.", Complexity: "O(1)",
	Flags: logFlags,
	Tips:  []string{"request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"},
	Run: func(c *command.Context) error {
		c.Reply.Int(int64(c.Services.Monitor.Slow.Len()))
		return nil
	},
}

var slowLogReset = command.Spec{
	Name: "reset", Since: "2.2.12", Arity: 2,
	Summary: "Empties the log.", Complexity: "O(N) in the number of entries",
	Flags: logFlags,
	Tips:  []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
	Run: func(c *command.Context) error {
		c.Services.Monitor.Slow.Reset()
		c.Reply.OK()
		return nil
	},
}

var slowLogHelp = command.Spec{
	Name: "help", Since: "6.2.0", Arity: 2,
	Summary: "Tells what SLOWLOG can do.", Complexity: "O(1)",
	Flags: anyTime,
	Run:   command.Help,
}

var commandLog = command.Spec{
	Name: "commandlog", Group: command.GroupServer, Since: "8.1.0", Arity: -2,
	Summary: "Shows the logs of slow commands, large requests and large replies.", Complexity: "Depends on the subcommand",
	Subs: []*command.Spec{&commandLogGet, &commandLogLen, &commandLogReset, &commandLogHelp},
}

const logTypes = "<SLOW | LARGE-REQUEST | LARGE-REPLY>"

var commandLogGet = command.Spec{
	Name: "get", Since: "8.1.0", Arity: 4,
	Summary: "Lists entries of a log, the last ones first.", Syntax: "count " + logTypes, Complexity: "O(N) in the number of entries",
	Flags: logFlags,
	Tips:  []string{"request_policy:all_nodes", "nondeterministic_output"},
	Run: func(c *command.Context) error {
		n := logCount(c)
		return replyLog(c, takeLog(c), n)
	},
}

var commandLogLen = command.Spec{
	Name: "len", Since: "8.1.0", Arity: 3,
	Summary: "Counts the entries of a log.", Syntax: logTypes, Complexity: "O(1)",
	Flags: logFlags,
	Tips:  []string{"request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"},
	Run: func(c *command.Context) error {
		l := takeLog(c)
		if err := c.Args.Err(); err != nil {
			return err
		}
		c.Reply.Int(int64(l.Len()))
		return nil
	},
}

var commandLogReset = command.Spec{
	Name: "reset", Since: "8.1.0", Arity: 3,
	Summary: "Empties a log.", Syntax: logTypes, Complexity: "O(N) in the number of entries",
	Flags: logFlags,
	Tips:  []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
	Run: func(c *command.Context) error {
		l := takeLog(c)
		if err := c.Args.Err(); err != nil {
			return err
		}
		l.Reset()
		c.Reply.OK()
		return nil
	},
}

var commandLogHelp = command.Spec{
	Name: "help", Since: "8.1.0", Arity: 2,
	Summary: "Tells what COMMANDLOG can do.", Complexity: "O(1)",
	Flags: anyTime,
	Run:   command.Help,
}

// takeLog takes the type of a log.
func takeLog(c *command.Context) *slowlog.Log {
	m := c.Services.Monitor
	switch {
	case c.Args.Word("SLOW"):
		return &m.Slow
	case c.Args.Word("LARGE-REQUEST"):
		return &m.LargeRequests
	case c.Args.Word("LARGE-REPLY"):
		return &m.LargeReplies
	}
	c.Args.Fail(command.Errorf("type should be one of the following: slow, large-request, large-reply"))
	return nil
}

func replyLog(c *command.Context, l *slowlog.Log, n int64) error {
	if err := c.Args.Err(); err != nil {
		return err
	}
	entries := l.Last(int(n))
	c.Reply.Array(len(entries))
	for _, e := range entries {
		c.Reply.Array(6)
		c.Reply.Int(e.ID)
		c.Reply.Int(e.Unix)
		c.Reply.Int(e.Value)
		c.Reply.Array(len(e.Args))
		for _, a := range e.Args {
			c.Reply.BulkString(a)
		}
		c.Reply.BulkString(e.Addr)
		c.Reply.BulkString(e.Name)
	}
	return nil
}

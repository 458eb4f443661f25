package streamcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/stream"
	"github.com/medleydb/medley/keyspace"
)

var xlen = command.Spec{
	Name: "xlen", Group: command.GroupStream, Since: "5.0.0", Arity: 2,
	Summary: "Returns the number of entries of a stream.", Syntax: "key", Complexity: "O(1)",
	Flags: command.ReadOnly | command.Fast,
	Keys:  []command.KeySpec{command.Key(1, command.RO)},
	Run:   runXLen,
}

func runXLen(c *command.Context) error {
	key := c.Args.Key()

	s, _, err := keyspace.Read[stream.Stream](c.Tx, key)
	if err != nil {
		return err
	}

	c.Reply.Int(int64(s.Len()))
	return nil
}

var xrange = command.Spec{
	Name: "xrange", Group: command.GroupStream, Since: "5.0.0", Arity: -4,
	Summary: "Returns the entries between two IDs.",
	Syntax:  "key start end [COUNT count]", Complexity: "O(N) in the number of entries returned, and O(log M) in that of all",
	Flags: command.ReadOnly,
	Keys:  []command.KeySpec{command.Key(1, command.RO|command.Access)},
	Run:   func(c *command.Context) error { return entriesBetween(c, false) },
}

var xrevrange = command.Spec{
	Name: "xrevrange", Group: command.GroupStream, Since: "5.0.0", Arity: -4,
	Summary: "Returns the entries between two IDs, the last one first.",
	Syntax:  "key end start [COUNT count]", Complexity: "O(N) in the number of entries returned, and O(log M) in that of all",
	Flags: command.ReadOnly,
	Keys:  []command.KeySpec{command.Key(1, command.RO|command.Access)},
	Run:   func(c *command.Context) error { return entriesBetween(c, true) },
}

func entriesBetween(c *command.Context, backward bool) error {
	key := c.Args.Key()
	first, last := c.Args.Bytes(), c.Args.Bytes()
	if backward {
		first, last = last, first
	}
	// The start before the end, wherever it stands: its error comes first.
	from, to := startOf(&c.Args, first), endOf(&c.Args, last)
	count := int64(-1)
	for c.Args.More() {
		if !c.Args.Option("COUNT", 1) {
			c.Args.Fail(command.ErrSyntax)
			break
		}
		count = max(c.Args.Int(), 0)
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	s, ok, err := keyspace.Read[stream.Stream](c.Tx, key)
	if err != nil {
		return err
	}

	if ok && count == 0 {
		c.Reply.NullArray()
		return nil
	}
	it := s.Range(from, to, backward)
	replyEntries(c, &it, count)
	return nil
}

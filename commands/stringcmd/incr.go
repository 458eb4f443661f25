package stringcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/str"
	"github.com/medleydb/medley/keyspace"
)

var incr = command.Spec{
	Name: "incr", Group: command.GroupString, Since: "1.0.0", Arity: 2,
	Summary: "Adds one to the integer at a key; a missing key counts as 0.", Syntax: "key", Complexity: "O(1)",
	Flags: command.Write | command.DenyOOM | command.Fast,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Access|command.Update)},
	Run:   func(c *command.Context) error { return incrBy(c, c.Args.Key(), 1) },
}

func incrBy(c *command.Context, key []byte, delta int64) error {
	if err := c.Args.Err(); err != nil {
		return err
	}

	s, err := keyspace.Upsert[str.String](c.Tx, key)
	if err != nil {
		return err
	}
	n, err := s.IncrBy(delta)
	if err != nil {
		return err
	}
	c.Changed(key, keyspace.EvIncrBy)

	c.Reply.Int(n)
	return nil
}

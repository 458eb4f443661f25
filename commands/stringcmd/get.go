package stringcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/str"
	"github.com/medleydb/medley/keyspace"
)

var get = command.Spec{
	Name: "get", Group: command.GroupString, Since: "1.0.0", Arity: 2,
	Summary: "Returns the string at a key.", Syntax: "key", Complexity: "O(1)",
	Flags: command.ReadOnly | command.Fast,
	Keys:  []command.KeySpec{command.Key(1, command.RO|command.Access)},
	Run:   runGet,
}

func runGet(c *command.Context) error {
	key := c.Args.Key()

	s, ok, err := keyspace.Read[str.String](c.Tx, key)
	if err != nil {
		return err
	}

	if !ok {
		c.Reply.Null()
		return nil
	}
	c.Reply.Bulk(s.Bytes(c.Scratch))
	return nil
}

package hashcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/hash"
	"github.com/medleydb/medley/keyspace"
)

var hget = command.Spec{
	Name: "hget", Group: command.GroupHash, Since: "2.0.0", Arity: 3,
	Summary: "Returns the value of a field.", Syntax: "key field", Complexity: "O(1)",
	Flags:   command.ReadOnly | command.Fast,
	Keys:    []command.KeySpec{command.Key(1, command.RO|command.Access)},
	Element: 2,
	Run:     runHGet,
}

func runHGet(c *command.Context) error {
	key, field := c.Args.Key(), c.Args.Peek()

	h, _, err := keyspace.Read[hash.Hash](c.Tx, key)
	if err != nil {
		return err
	}

	value, st := h.Get(field, c.Scratch)
	switch st {
	case hash.Live:
		c.Reply.Bulk(value)
		return nil
	case hash.Expired:
		reapMet(c, key, h, c.Args.Rest(), 1)
	}
	c.Reply.Null()
	return nil
}

var hmget = command.Spec{
	Name: "hmget", Group: command.GroupHash, Since: "2.0.0", Arity: -3,
	Summary: "Returns the values of several fields.", Syntax: "key field [field ...]",
	Complexity: "O(N) in the number of fields asked for",
	Flags:      command.ReadOnly | command.Fast,
	Keys:       []command.KeySpec{command.Key(1, command.RO|command.Access)},
	Element:    2,
	Run:        runHMGet,
}

func runHMGet(c *command.Context) error {
	key, fields := c.Args.Key(), c.Args.Rest()

	h, _, err := keyspace.Read[hash.Hash](c.Tx, key)
	if err != nil {
		return err
	}
	reapMet(c, key, h, fields, 1)

	replyValues(c, h, fields)
	return nil
}

// replyValues replies the values of the fields, null for those that are not there.
func replyValues(c *command.Context, h hash.Hash, fields [][]byte) {
	c.Reply.Array(len(fields))
	for _, f := range fields {
		replyValue(c, h, f)
	}
}

func replyValue(c *command.Context, h hash.Hash, field []byte) {
	if value, st := h.Get(field, c.Scratch); st == hash.Live {
		c.Reply.Bulk(value)
	} else {
		c.Reply.Null()
	}
}

var hexists = command.Spec{
	Name: "hexists", Group: command.GroupHash, Since: "2.0.0", Arity: 3,
	Summary: "Tells whether a field is there.", Syntax: "key field", Complexity: "O(1)",
	Flags:   command.ReadOnly | command.Fast,
	Keys:    []command.KeySpec{command.Key(1, command.RO)},
	Element: 2,
	Run:     runHExists,
}

func runHExists(c *command.Context) error {
	key, field := c.Args.Key(), c.Args.Peek()

	h, _, err := keyspace.Read[hash.Hash](c.Tx, key)
	if err != nil {
		return err
	}
	reapMet(c, key, h, c.Args.Rest(), 1)

	n := int64(0)
	if h.State(field) == hash.Live {
		n = 1
	}
	c.Reply.Int(n)
	return nil
}

var hstrlen = command.Spec{
	Name: "hstrlen", Group: command.GroupHash, Since: "3.2.0", Arity: 3,
	Summary: "Returns the length in bytes of the value of a field.", Syntax: "key field", Complexity: "O(1)",
	Flags:   command.ReadOnly | command.Fast,
	Keys:    []command.KeySpec{command.Key(1, command.RO)},
	Element: 2,
	Run:     runHStrLen,
}

func runHStrLen(c *command.Context) error {
	key, field := c.Args.Key(), c.Args.Peek()

	h, _, err := keyspace.Read[hash.Hash](c.Tx, key)
	if err != nil {
		return err
	}
	reapMet(c, key, h, c.Args.Rest(), 1)

	value, _ := h.Get(field, c.Scratch)
	c.Reply.Int(int64(len(value)))
	return nil
}

var hlen = command.Spec{
	Name: "hlen", Group: command.GroupHash, Since: "2.0.0", Arity: 2,
	Summary: "Returns the number of fields, expired ones that were not removed yet included.",
	Syntax:  "key", Complexity: "O(1), O(N) in a small hash",
	Flags: command.ReadOnly | command.Fast,
	Keys:  []command.KeySpec{command.Key(1, command.RO)},
	Run:   runHLen,
}

func runHLen(c *command.Context) error {
	h, _, err := keyspace.Read[hash.Hash](c.Tx, c.Args.Key())
	if err != nil {
		return err
	}

	c.Reply.Int(int64(h.Stored()))
	return nil
}

var hgetall = command.Spec{
	Name: "hgetall", Group: command.GroupHash, Since: "2.0.0", Arity: 2,
	Summary: "Returns all fields with their values.", Syntax: "key", Complexity: "O(N)",
	Flags: command.ReadOnly,
	Keys:  []command.KeySpec{command.Key(1, command.RO|command.Access)},
	Run: func(c *command.Context) error {
		return replyAll(c, c.Reply.Map, func(it hash.Item) {
			c.Reply.Bulk(it.Field)
			c.Reply.Bulk(it.Value)
		})
	},
}

var hkeys = command.Spec{
	Name: "hkeys", Group: command.GroupHash, Since: "2.0.0", Arity: 2,
	Summary: "Returns all fields.", Syntax: "key", Complexity: "O(N)",
	Flags: command.ReadOnly,
	Keys:  []command.KeySpec{command.Key(1, command.RO|command.Access)},
	Run: func(c *command.Context) error {
		return replyAll(c, c.Reply.Array, func(it hash.Item) { c.Reply.Bulk(it.Field) })
	},
}

var hvals = command.Spec{
	Name: "hvals", Group: command.GroupHash, Since: "2.0.0", Arity: 2,
	Summary: "Returns all values.", Syntax: "key", Complexity: "O(N)",
	Flags: command.ReadOnly,
	Keys:  []command.KeySpec{command.Key(1, command.RO|command.Access)},
	Run: func(c *command.Context) error {
		return replyAll(c, c.Reply.Array, func(it hash.Item) { c.Reply.Bulk(it.Value) })
	},
}

// replyAll replies something of every field, behind the header that open writes.
func replyAll(c *command.Context, open func(n int), one func(hash.Item)) error {
	h, _, err := keyspace.Read[hash.Hash](c.Tx, c.Args.Key())
	if err != nil {
		return err
	}

	open(h.Len())
	h.Each(c.Scratch, func(it hash.Item) bool {
		one(it)
		return true
	})
	return nil
}

package setcmd

import (
	"bytes"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/set"
	"github.com/medleydb/medley/keyspace"
)

var sadd = command.Spec{
	Name: "sadd", Group: command.GroupSet, Since: "1.0.0", Arity: -3,
	Summary: "Adds members to a set and counts the new ones.", Syntax: "key member [member ...]",
	Complexity: "O(N) in the number of members given",
	Flags:      command.Write | command.DenyOOM | command.Fast, Keys: one(command.RW | command.Insert),
	Element: 2,
	Run:     runSAdd,
}

func runSAdd(c *command.Context) error {
	key, members := c.Args.Key(), c.Args.Rest()

	s, err := keyspace.Upsert[set.Set](c.Tx, key)
	if err != nil {
		return err
	}
	added := s.AddAll(members)
	if added > 0 {
		c.Changed(key, keyspace.EvSAdd)
	}

	c.Reply.Int(int64(added))
	return nil
}

var srem = command.Spec{
	Name: "srem", Group: command.GroupSet, Since: "1.0.0", Arity: -3,
	Summary: "Removes members from a set and counts those that were there.", Syntax: "key member [member ...]",
	Complexity: "O(N) in the number of members given",
	Flags:      command.Write | command.Fast, Keys: one(command.RW | command.Delete),
	Element: 2,
	Run:     runSRem,
}

func runSRem(c *command.Context) error {
	key, members := c.Args.Key(), c.Args.Rest()

	s, ok, err := keyspace.Update[set.Set](c.Tx, key)
	if err != nil {
		return err
	}
	n := int64(0)
	for _, m := range members {
		if ok && s.Exists() && s.Remove(m) {
			n++
		}
	}
	if n > 0 {
		c.Changed(key, keyspace.EvSRem)
	}

	c.Reply.Int(n)
	return nil
}

var scard = command.Spec{
	Name: "scard", Group: command.GroupSet, Since: "1.0.0", Arity: 2,
	Summary: "Counts the members of a set.", Syntax: "key", Complexity: "O(1)",
	Flags: command.ReadOnly | command.Fast, Keys: one(command.RO),
	Run: func(c *command.Context) error {
		s, _, err := keyspace.Read[set.Set](c.Tx, c.Args.Key())
		if err != nil {
			return err
		}
		c.Reply.Int(int64(s.Len()))
		return nil
	},
}

var sismember = command.Spec{
	Name: "sismember", Group: command.GroupSet, Since: "1.0.0", Arity: 3,
	Summary: "Tells whether a set has a member.", Syntax: "key member", Complexity: "O(1)",
	Flags: command.ReadOnly | command.Fast, Keys: one(command.RO),
	Element: 2,
	Run: func(c *command.Context) error {
		key, member := c.Args.Key(), c.Args.Bytes()

		s, _, err := keyspace.Read[set.Set](c.Tx, key)
		if err != nil {
			return err
		}

		c.Reply.Int(has(s, member))
		return nil
	},
}

func has(s set.Set, member []byte) int64 {
	if s.Has(member) {
		return 1
	}
	return 0
}

var smismember = command.Spec{
	Name: "smismember", Group: command.GroupSet, Since: "6.2.0", Arity: -3,
	Summary: "Tells of each of several members whether a set has it.", Syntax: "key member [member ...]",
	Complexity: "O(N) in the number of members given",
	Flags:      command.ReadOnly | command.Fast, Keys: one(command.RO | command.Access),
	Element: 2,
	Run: func(c *command.Context) error {
		key, members := c.Args.Key(), c.Args.Rest()

		s, _, err := keyspace.Read[set.Set](c.Tx, key)
		if err != nil {
			return err
		}

		c.Reply.Array(len(members))
		for _, m := range members {
			c.Reply.Int(has(s, m))
		}
		return nil
	},
}

var smembers = command.Spec{
	Name: "smembers", Group: command.GroupSet, Since: "1.0.0", Arity: 2,
	Summary: "Returns all members of a set.", Syntax: "key", Complexity: "O(N) in the number of members",
	Tips:  []string{"nondeterministic_output_order"},
	Flags: command.ReadOnly, Keys: one(command.RO | command.Access),
	Run: func(c *command.Context) error {
		s, _, err := keyspace.Read[set.Set](c.Tx, c.Args.Key())
		if err != nil {
			return err
		}
		replySet(c, s)
		return nil
	},
}

var smove = command.Spec{
	Name: "smove", Group: command.GroupSet, Since: "1.0.0", Arity: 4,
	Summary: "Moves a member from one set to another.", Syntax: "source destination member", Complexity: "O(1)",
	Flags: command.Write | command.Fast,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Access|command.Delete), command.Key(2, command.RW|command.Insert)},
	Run:   runSMove,
}

func runSMove(c *command.Context) error {
	from, to, member := c.Args.Key(), c.Args.Key(), c.Args.Bytes()

	src, ok, err := keyspace.Update[set.Set](c.Tx, from)
	if err != nil {
		return err
	}
	if !ok {
		// What the destination holds does not matter then.
		c.Reply.Int(0)
		return nil
	}
	if _, _, err := keyspace.Update[set.Set](c.Tx, to); err != nil {
		return err
	}
	if !src.Has(member) || bytes.Equal(from, to) {
		c.Reply.Int(has(src, member))
		return nil
	}
	src.Remove(member)
	c.Changed(from, keyspace.EvSRem)
	// The source may go now, before the destination is told of.
	c.Tx.Settle()
	dst, err := keyspace.Upsert[set.Set](c.Tx, to)
	if err != nil {
		return err
	}
	if dst.Add(member) {
		c.Changed(to, keyspace.EvSAdd)
	}

	c.Reply.Int(1)
	return nil
}

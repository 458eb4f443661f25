package listcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/list"
	"github.com/medleydb/medley/keyspace"
)

var lpush = command.Spec{
	Name: "lpush", Group: command.GroupList, Since: "1.0.0", Arity: -3,
	Summary: "Adds elements at the head of a list, one after the other; a missing list is created.",
	Syntax:  "key element [element ...]", Complexity: "O(1) for every element",
	Flags: command.Write | command.DenyOOM | command.Fast,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Insert)},
	Run:   func(c *command.Context) error { return push(c, list.Head) },
}

var rpush = command.Spec{
	Name: "rpush", Group: command.GroupList, Since: "1.0.0", Arity: -3,
	Summary: "Adds elements at the tail of a list, one after the other; a missing list is created.",
	Syntax:  "key element [element ...]", Complexity: "O(1) for every element",
	Flags: command.Write | command.DenyOOM | command.Fast,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Insert)},
	Run:   func(c *command.Context) error { return push(c, list.Tail) },
}

func push(c *command.Context, end list.End) error {
	key, elems := c.Args.Key(), c.Args.Rest()

	l, err := keyspace.Upsert[list.List](c.Tx, key)
	if err != nil {
		return err
	}
	l.Push(end, elems...)
	c.Changed(key, pushEvent(end))

	c.Reply.Int(int64(l.Len()))
	return nil
}

var lpushx = command.Spec{
	Name: "lpushx", Group: command.GroupList, Since: "2.2.0", Arity: -3,
	Summary: "Adds elements at the head of a list if there is one.",
	Syntax:  "key element [element ...]", Complexity: "O(1) for every element",
	Flags: command.Write | command.DenyOOM | command.Fast,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Insert)},
	Run:   func(c *command.Context) error { return pushExisting(c, list.Head) },
}

var rpushx = command.Spec{
	Name: "rpushx", Group: command.GroupList, Since: "2.2.0", Arity: -3,
	Summary: "Adds elements at the tail of a list if there is one.",
	Syntax:  "key element [element ...]", Complexity: "O(1) for every element",
	Flags: command.Write | command.DenyOOM | command.Fast,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Insert)},
	Run:   func(c *command.Context) error { return pushExisting(c, list.Tail) },
}

func pushExisting(c *command.Context, end list.End) error {
	key, elems := c.Args.Key(), c.Args.Rest()

	l, ok, err := keyspace.Update[list.List](c.Tx, key)
	if err != nil {
		return err
	}
	if ok {
		l.Push(end, elems...)
		c.Changed(key, pushEvent(end))
	}

	c.Reply.Int(int64(l.Len()))
	return nil
}

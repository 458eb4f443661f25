package listcmd

import (
	"math"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/list"
	"github.com/medleydb/medley/keyspace"
)

var lset = command.Spec{
	Name: "lset", Group: command.GroupList, Since: "1.0.0", Arity: 4,
	Summary: "Gives the element with an index another text.",
	Syntax:  "key index element", Complexity: "O(1) at the ends, about O(log N) between them",
	Flags: command.Write | command.DenyOOM,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Update)},
	Run:   runLSet,
}

// runLSet looks at the key before the index, as servers of the field do.
func runLSet(c *command.Context) error {
	key := c.Args.Key()
	l, ok, err := keyspace.Update[list.List](c.Tx, key)
	if err != nil {
		return err
	}
	if !ok {
		return command.ErrNoSuchKey
	}
	i, elem := c.Args.Int(), c.Args.Bytes()
	if err := c.Args.Err(); err != nil {
		return err
	}

	n := l.Len()
	if i = index(i, n); i < 0 || i >= int64(n) {
		return command.ErrIndexRange
	}
	l.Set(int(i), elem)
	c.Changed(key, keyspace.EvLSet)

	c.Reply.OK()
	return nil
}

var linsert = command.Spec{
	Name: "linsert", Group: command.GroupList, Since: "2.2.0", Arity: 5,
	Summary: "Adds an element before or behind the first one with a given text.",
	Syntax:  "key <BEFORE | AFTER> pivot element", Complexity: "O(N) in the number of elements before the pivot",
	Flags: command.Write | command.DenyOOM,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Insert)},
	Run:   runLInsert,
}

func runLInsert(c *command.Context) error {
	key := c.Args.Key()
	behind := 0
	if c.Args.Word("AFTER") {
		behind = 1
	} else if !c.Args.Word("BEFORE") {
		c.Args.Fail(command.ErrSyntax)
	}
	pivot, elem := c.Args.Bytes(), c.Args.Bytes()
	if err := c.Args.Err(); err != nil {
		return err
	}

	l, ok, err := keyspace.Update[list.List](c.Tx, key)
	if err != nil {
		return err
	}
	if !ok {
		c.Reply.Int(0)
		return nil
	}
	i := l.Index(pivot)
	if i < 0 {
		c.Reply.Int(-1)
		return nil
	}
	l.Insert(i+behind, elem)
	c.Changed(key, keyspace.EvLInsert)

	c.Reply.Int(int64(l.Len()))
	return nil
}

var lrem = command.Spec{
	Name: "lrem", Group: command.GroupList, Since: "1.0.0", Arity: 4,
	Summary: "Removes elements with a given text: a positive number of them from the head on, a negative one from the tail on, 0 for all.",
	Syntax:  "key count element", Complexity: "O(N) in the number of elements looked at",
	Flags: command.Write,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Delete)},
	Run:   runLRem,
}

func runLRem(c *command.Context) error {
	key, count, elem := c.Args.Key(), c.Args.Int(), c.Args.Bytes()
	if c.Args.Err() == nil && count == math.MinInt64 {
		c.Args.Fail(errBelowRange)
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	l, _, err := keyspace.Update[list.List](c.Tx, key)
	if err != nil {
		return err
	}
	removed := l.Remove(elem, int(max(count, -count)), count < 0)
	if removed > 0 {
		c.Changed(key, keyspace.EvLRem)
	}

	c.Reply.Int(int64(removed))
	return nil
}

var ltrim = command.Spec{
	Name: "ltrim", Group: command.GroupList, Since: "1.0.0", Arity: 4,
	Summary: "Removes all elements but those from one index to another.",
	Syntax:  "key start stop", Complexity: "O(N) in the number of elements removed, in steps of many elements",
	Flags: command.Write,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Delete)},
	Run:   runLTrim,
}

func runLTrim(c *command.Context) error {
	key, first, last := c.Args.Key(), c.Args.Int(), c.Args.Int()
	if err := c.Args.Err(); err != nil {
		return err
	}

	l, ok, err := keyspace.Update[list.List](c.Tx, key)
	if err != nil {
		return err
	}
	if ok {
		n := l.Len()
		l.Trim(bounds(first, last, n))
		// The event comes also where nothing was removed; then there is nothing to repeat.
		c.Changed(key, keyspace.EvLTrim)
		if l.Len() == n {
			c.Tx.NoEffect()
		}
	}

	c.Reply.OK()
	return nil
}

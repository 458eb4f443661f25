package stringcmd

import (
	"math"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/str"
	"github.com/medleydb/medley/keyspace"
)

const counterKey = command.RW | command.Access | command.Update

var incr = command.Spec{
	Name: "incr", Group: command.GroupString, Since: "1.0.0", Arity: 2,
	Summary: "Adds one to the integer at a key; a missing key counts as 0.", Syntax: "key", Complexity: "O(1)",
	Flags: writes | fast, Keys: one(counterKey),
	Run: func(c *command.Context) error { return incrBy(c, c.Args.Key(), 1) },
}

var decr = command.Spec{
	Name: "decr", Group: command.GroupString, Since: "1.0.0", Arity: 2,
	Summary: "Subtracts one from the integer at a key; a missing key counts as 0.", Syntax: "key", Complexity: "O(1)",
	Flags: writes | fast, Keys: one(counterKey),
	Run: func(c *command.Context) error { return incrBy(c, c.Args.Key(), -1) },
}

var incrby = command.Spec{
	Name: "incrby", Group: command.GroupString, Since: "1.0.0", Arity: 3,
	Summary: "Adds to the integer at a key; a missing key counts as 0.", Syntax: "key increment", Complexity: "O(1)",
	Flags: writes | fast, Keys: one(counterKey),
	Run: func(c *command.Context) error { return incrBy(c, c.Args.Key(), c.Args.Int()) },
}

var decrby = command.Spec{
	Name: "decrby", Group: command.GroupString, Since: "1.0.0", Arity: 3,
	Summary: "Subtracts from the integer at a key; a missing key counts as 0.", Syntax: "key decrement", Complexity: "O(1)",
	Flags: writes | fast, Keys: one(counterKey),
	Run: runDecrBy,
}

func runDecrBy(c *command.Context) error {
	key, n := c.Args.Key(), c.Args.Int()
	if c.Args.Err() == nil && n == math.MinInt64 {
		return command.Errorf("decrement would overflow")
	}
	return incrBy(c, key, -n)
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

var incrbyfloat = command.Spec{
	Name: "incrbyfloat", Group: command.GroupString, Since: "2.6.0", Arity: 3,
	Summary: "Adds to the number at a key; a missing key counts as 0.", Syntax: "key increment", Complexity: "O(1)",
	Flags: writes | fast, Keys: one(counterKey),
	Run: runIncrByFloat,
}

// runIncrByFloat looks the key up before it looks at the increment, as servers of
// the field do.
func runIncrByFloat(c *command.Context) error {
	key, by := c.Args.Key(), c.Args.Bytes()

	s, err := keyspace.Upsert[str.String](c.Tx, key)
	if err != nil {
		return err
	}
	if _, err := s.Float(); err != nil {
		return err
	}
	delta, ok := datatypes.ParseLongDouble(by)
	if !ok {
		return datatypes.ErrNotFloat
	}
	text, err := s.IncrByFloat(delta)
	if err != nil {
		return err
	}
	c.Changed(key, keyspace.EvIncrByFloat)
	c.Effect("SET", key, text, keepTTLWord)

	c.Reply.Bulk(text)
	return nil
}

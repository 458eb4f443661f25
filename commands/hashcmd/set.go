package hashcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/hash"
	"github.com/medleydb/medley/keyspace"
)

var hset = command.Spec{
	Name: "hset", Group: command.GroupHash, Since: "2.0.0", Arity: -4,
	Summary: "Sets fields to values and counts the new ones.", Syntax: "key field value [field value ...]",
	Complexity: "O(N) in the number of fields given",
	Flags:      command.Write | command.DenyOOM | command.Fast,
	Keys:       []command.KeySpec{command.Key(1, command.RW|command.Update)},
	Element:    2,
	Run: func(c *command.Context) error {
		created, err := setPairs(c)
		if err != nil {
			return err
		}
		c.Reply.Int(int64(created))
		return nil
	},
}

var hmset = command.Spec{
	Name: "hmset", Group: command.GroupHash, Since: "2.0.0", Arity: -4,
	Summary: "Sets fields to values.", Syntax: "key field value [field value ...]",
	Complexity: "O(N) in the number of fields given",
	Flags:      command.Write | command.DenyOOM | command.Fast,
	Keys:       []command.KeySpec{command.Key(1, command.RW|command.Update)},
	Element:    2,
	Run: func(c *command.Context) error {
		if _, err := setPairs(c); err != nil {
			return err
		}
		c.Reply.OK()
		return nil
	},
}

func setPairs(c *command.Context) (created int, err error) {
	key, pairs := c.Args.Key(), c.Args.Pairs()
	if err := c.Args.Err(); err != nil {
		return 0, err
	}

	h, err := keyspace.Upsert[hash.Hash](c.Tx, key)
	if err != nil {
		return 0, err
	}
	created = h.SetPairs(pairs)
	c.Changed(key, keyspace.EvHSet)
	c.Tx.Subkeys(key, keyspace.EvHSet, pairs, 2)
	return created, nil
}

var hsetnx = command.Spec{
	Name: "hsetnx", Group: command.GroupHash, Since: "2.0.0", Arity: 4,
	Summary: "Sets a field that is not there.", Syntax: "key field value", Complexity: "O(1)",
	Flags:   command.Write | command.DenyOOM | command.Fast,
	Keys:    []command.KeySpec{command.Key(1, command.RW|command.Insert)},
	Element: 2,
	Run:     runHSetNX,
}

func runHSetNX(c *command.Context) error {
	key, field, value := c.Args.Key(), c.Args.Bytes(), c.Args.Bytes()

	h, err := keyspace.Upsert[hash.Hash](c.Tx, key)
	if err != nil {
		return err
	}
	if h.State(field) == hash.Live {
		c.Reply.Int(0)
		return nil
	}
	reaped := reapMet(c, key, h, [][]byte{field}, 1)
	h.Set(field, value)
	c.Changed(key, keyspace.EvHSet)
	tellField(c, key, keyspace.EvHSet, field)
	effectArgs(c, reaped)

	c.Reply.Int(1)
	return nil
}

// tellField says which field the event is about.
func tellField(c *command.Context, key []byte, ev keyspace.Event, field []byte) {
	if c.Tx.TellsSubkeys(ev) {
		c.Tx.Subkeys(key, ev, [][]byte{field}, 1)
	}
}

var hdel = command.Spec{
	Name: "hdel", Group: command.GroupHash, Since: "2.0.0", Arity: -3,
	Summary: "Removes fields.", Syntax: "key field [field ...]",
	Complexity: "O(N) in the number of fields given",
	Flags:      command.Write | command.Fast,
	Keys:       []command.KeySpec{command.Key(1, command.RW|command.Delete)},
	Element:    2,
	Run:        runHDel,
}

func runHDel(c *command.Context) error {
	key, fields := c.Args.Key(), c.Args.Rest()

	h, ok, err := keyspace.Update[hash.Hash](c.Tx, key)
	if err != nil {
		return err
	}
	n := int64(0)
	var gone [][]byte
	tells := c.Tx.TellsSubkeys(keyspace.EvHDel)
	for _, f := range fields {
		if ok && h.Exists() && h.Delete(f) {
			n++
			if tells {
				gone = append(gone, f)
			}
		}
	}
	if n > 0 {
		c.Changed(key, keyspace.EvHDel)
		c.Tx.Subkeys(key, keyspace.EvHDel, gone, 1)
	}

	c.Reply.Int(n)
	return nil
}

var hincrby = command.Spec{
	Name: "hincrby", Group: command.GroupHash, Since: "2.0.0", Arity: 4,
	Summary: "Adds to the integer in a field; a missing field counts as 0.", Syntax: "key field increment", Complexity: "O(1)",
	Flags:   command.Write | command.DenyOOM | command.Fast,
	Keys:    []command.KeySpec{command.Key(1, command.RW|command.Access|command.Update)},
	Element: 2,
	Run:     runHIncrBy,
}

func runHIncrBy(c *command.Context) error {
	key, field, delta := c.Args.Key(), c.Args.Bytes(), c.Args.Int()
	if err := c.Args.Err(); err != nil {
		return err
	}

	h, err := keyspace.Upsert[hash.Hash](c.Tx, key)
	if err != nil {
		return err
	}
	reaped := reapMet(c, key, h, [][]byte{field}, 1)
	n, err := h.IncrBy(field, delta)
	if err != nil {
		return err
	}
	c.Changed(key, keyspace.EvHIncrBy)
	tellField(c, key, keyspace.EvHIncrBy, field)
	effectArgs(c, reaped)

	c.Reply.Int(n)
	return nil
}

var hincrbyfloat = command.Spec{
	Name: "hincrbyfloat", Group: command.GroupHash, Since: "2.6.0", Arity: 4,
	Summary: "Adds to the floating-point number in a field; a missing field counts as 0.",
	Syntax:  "key field increment", Complexity: "O(1)",
	Flags:   command.Write | command.DenyOOM | command.Fast,
	Keys:    []command.KeySpec{command.Key(1, command.RW|command.Access|command.Update)},
	Element: 2,
	Run:     runHIncrByFloat,
}

func runHIncrByFloat(c *command.Context) error {
	key, field := c.Args.Key(), c.Args.Bytes()
	delta, err := floatArg(c)
	if err != nil {
		return err
	}

	h, err := keyspace.Upsert[hash.Hash](c.Tx, key)
	if err != nil {
		return err
	}
	reapMet(c, key, h, [][]byte{field}, 1)
	sum, err := h.IncrByFloat(c.Scratch, field, delta)
	if err != nil {
		return err
	}
	c.Changed(key, keyspace.EvHIncrByFloat)
	tellField(c, key, keyspace.EvHIncrByFloat, field)
	floatEffect(c, key, field, sum, h)

	c.Reply.Bulk(sum)
	return nil
}

// floatEffect names an effect that does no sum, which another machine might do
// otherwise, and that keeps the field's time.
func floatEffect(c *command.Context, key, field, sum []byte, h hash.Hash) {
	if !c.Tx.Recording() {
		return
	}
	own := append([]byte(nil), sum...)
	if ms, _ := h.Time(field); ms != 0 {
		c.Tx.Effect(hsetexName, key, keepTTLName, fieldsName, oneArg, field, own)
		return
	}
	c.Tx.Effect(hsetName, key, field, own)
}

func floatArg(c *command.Context) (datatypes.LongDouble, error) {
	f, ok := datatypes.ParseLongDouble(c.Args.Bytes())
	switch {
	case !ok:
		return f, datatypes.ErrNotFloat
	case f.IsInf():
		return f, command.Errorf("value is NaN or Infinity")
	}
	return f, nil
}

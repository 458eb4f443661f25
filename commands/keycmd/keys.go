package keycmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/keyspace"
)

var del = command.Spec{
	Name: "del", Group: command.GroupGeneric, Since: "1.0.0", Arity: -2,
	Summary: "Deletes keys.", Syntax: "key [key ...]", Complexity: "O(N) in the keys, whatever they hold",
	Flags: writes, Keys: every(command.RM | command.Delete),
	Tips: []string{"request_policy:multi_shard", "response_policy:agg_sum"},
	Run:  runDel,
}

var unlink = command.Spec{
	Name: "unlink", Group: command.GroupGeneric, Since: "4.0.0", Arity: -2,
	Summary: "Deletes keys, as DEL does.", Syntax: "key [key ...]", Complexity: "O(N) in the keys, whatever they hold",
	Flags: writes | fast, Keys: every(command.RM | command.Delete),
	Tips: []string{"request_policy:multi_shard", "response_policy:agg_sum"},
	Run:  runDel,
}

func runDel(c *command.Context) error {
	n := int64(0)
	lazily := c.Spec.Name == "unlink" || c.Services.Config.LazyfreeLazyUserDel.Load()
	for _, key := range c.Args.Rest() {
		if lazily && large(c, key) {
			c.Services.Stats.Lazyfreed.Add(1)
		}
		if c.Tx.Delete(key) {
			c.Changed(key, keyspace.EvDel)
			n++
		}
	}
	c.Reply.Int(n)
	return nil
}

// largeBytes is from which size on a value counts as one whose memory is worth taking back
// in the background.
const largeBytes = 4 << 10

// large reports whether the value at the key is an object of some size. Its memory is the
// collector's to take back, whoever deletes it: this is for INFO.
func large(c *command.Context, key []byte) bool {
	var v datatypes.Value
	stats := c.Tx.NoStats
	c.Tx.NoStats = true // a deletion is no lookup to be counted
	defer func() { c.Tx.NoStats = stats }()
	return c.Tx.Lookup(key, &v) && v.Object != nil && v.Object.Size() > largeBytes
}

var exists = command.Spec{
	Name: "exists", Group: command.GroupGeneric, Since: "1.0.0", Arity: -2,
	Summary: "Counts which of the keys exist; a key named twice counts twice.", Syntax: "key [key ...]", Complexity: "O(N) in the keys",
	Flags: reads | fast, Keys: every(command.RO),
	Tips: []string{"request_policy:multi_shard", "response_policy:agg_sum"},
	Run: func(c *command.Context) error {
		n := int64(0)
		for _, key := range c.Args.Rest() {
			if _, ok := c.Tx.Peek(key); ok {
				n++
			}
		}
		c.Reply.Int(n)
		return nil
	},
}

var touch = command.Spec{
	Name: "touch", Group: command.GroupGeneric, Since: "3.2.1", Arity: -2,
	Summary: "Counts which of the keys exist, and counts as an access to them.", Syntax: "key [key ...]", Complexity: "O(N) in the keys",
	Flags: reads | fast, Keys: every(command.RO),
	Tips: []string{"request_policy:multi_shard", "response_policy:agg_sum"},
	Run:  runTouch,
}

func runTouch(c *command.Context) error {
	c.Tx.NoTouch = false // what CLIENT NO-TOUCH does not concern
	n := int64(0)
	for _, key := range c.Args.Rest() {
		var v datatypes.Value
		if c.Tx.Lookup(key, &v) {
			n++
		}
	}
	c.Reply.Int(n)
	return nil
}

var typeSpec = command.Spec{
	Name: "type", Group: command.GroupGeneric, Since: "1.0.0", Arity: 2,
	Summary: "Names the type of the value at a key.", Syntax: "key", Complexity: "O(1)",
	Flags: reads | fast, Keys: one(command.RO),
	Run: func(c *command.Context) error {
		e, _ := c.Tx.Peek(c.Args.Key())
		c.Reply.Status(e.Kind.String())
		return nil
	},
}

var rename = command.Spec{
	Name: "rename", Group: command.GroupGeneric, Since: "1.0.0", Arity: 3,
	Summary: "Gives a key another name, in place of what that held.", Syntax: "key newkey", Complexity: "O(1)",
	Flags: writes,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Access|command.Delete), command.Key(2, command.OW|command.Update)},
	Run: func(c *command.Context) error {
		if _, err := renameKey(c, true); err != nil {
			return err
		}
		c.Reply.OK()
		return nil
	},
}

var renamenx = command.Spec{
	Name: "renamenx", Group: command.GroupGeneric, Since: "1.0.0", Arity: 3,
	Summary: "Gives a key another name, unless that exists.", Syntax: "key newkey", Complexity: "O(1)",
	Flags: writes | fast,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Access|command.Delete), command.Key(2, command.OW|command.Insert)},
	Run: func(c *command.Context) error {
		done, err := renameKey(c, false)
		if err != nil {
			return err
		}
		replyBool(c, done)
		return nil
	},
}

func replyBool(c *command.Context, yes bool) {
	if yes {
		c.Reply.Int(1)
		return
	}
	c.Reply.Int(0)
}

func renameKey(c *command.Context, replace bool) (bool, error) {
	from, to := c.Args.Key(), c.Args.Key()
	if _, ok := c.Tx.Expiry(from); !ok {
		return false, command.ErrNoSuchKey
	}
	if string(from) == string(to) {
		return false, nil
	}
	if !replace {
		if _, taken := c.Tx.Expiry(to); taken {
			return false, nil
		}
	}
	c.Tx.Rename(from, c.Tx.DB, to)
	c.Changed(from, keyspace.EvRenameFrom)
	c.AlsoChanged(to, keyspace.EvRenameTo)
	return true, nil
}

var copySpec = command.Spec{
	Name: "copy", Group: command.GroupGeneric, Since: "6.2.0", Arity: -3,
	Summary: "Copies the value at a key to another key.", Syntax: "source destination [DB destination-db] [REPLACE]", Complexity: "O(N) in the size of the value",
	Flags: writes | command.DenyOOM,
	Keys:  []command.KeySpec{command.Key(1, command.RO|command.Access), command.Key(2, command.OW|command.Update)},
	Run:   runCopy,
}

func runCopy(c *command.Context) error {
	from, to := c.Args.Key(), c.Args.Key()
	db, replace := int64(c.Tx.DB), false
	for c.Args.More() {
		switch {
		case c.Args.Word("REPLACE"):
			replace = true
		case c.Args.Option("DB", 1):
			db = database(c)
		default:
			c.Args.Fail(command.ErrSyntax)
		}
	}
	if err := c.Args.Err(); err != nil {
		return err
	}
	if int(db) == c.Tx.DB && string(from) == string(to) {
		return command.ErrSameObject
	}

	if _, ok := c.Tx.Peek(from); !ok || !replace && existsIn(c, int(db), to) {
		c.Reply.Int(0)
		return nil
	}
	c.Tx.Copy(from, int(db), to)
	in(c, int(db), func() { c.Changed(to, keyspace.EvCopyTo) })

	c.Reply.Int(1)
	return nil
}

// database takes the number of a database. One that is no 32-bit integer has an error
// of its own.
func database(c *command.Context) int64 {
	db := c.Args.Int()
	switch {
	case c.Args.Err() != nil:
	case db != int64(int32(db)):
		c.Args.Fail(command.ErrIntRange)
	case db < 0 || db >= int64(c.Services.Store.Databases()):
		c.Args.Fail(command.ErrDBIndex)
	}
	return db
}

// existsIn reports whether the key exists in another database.
func existsIn(c *command.Context, db int, key []byte) (ok bool) {
	in(c, db, func() { _, ok = c.Tx.Expiry(key) })
	return ok
}

// in runs fn on another database.
func in(c *command.Context, db int, fn func()) {
	here := c.Tx.DB
	c.Tx.DB = db
	fn()
	c.Tx.DB = here
}

var move = command.Spec{
	Name: "move", Group: command.GroupGeneric, Since: "1.0.0", Arity: 3,
	Summary: "Moves a key to another database.", Syntax: "key db", Complexity: "O(1)",
	Flags: writes | fast, Keys: one(command.RW | command.Access | command.Update),
	Run: runMove,
}

func runMove(c *command.Context) error {
	key, db := c.Args.Key(), database(c)
	if err := c.Args.Err(); err != nil {
		return err
	}
	if int(db) == c.Tx.DB {
		return command.ErrSameObject
	}

	if _, ok := c.Tx.Expiry(key); !ok || existsIn(c, int(db), key) {
		c.Reply.Int(0)
		return nil
	}
	c.Tx.Rename(key, int(db), key)
	c.Changed(key, keyspace.EvMoveFrom)
	in(c, int(db), func() { c.AlsoChanged(key, keyspace.EvMoveTo) })

	c.Reply.Int(1)
	return nil
}

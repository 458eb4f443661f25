package stringcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/str"
	"github.com/medleydb/medley/keyspace"
)

var get = command.Spec{
	Name: "get", Group: command.GroupString, Since: "1.0.0", Arity: 2,
	Summary: "Returns the string at a key.", Syntax: "key", Complexity: "O(1)",
	Flags: reads | fast, Keys: one(command.RO | command.Access),
	Run: runGet,
}

func runGet(c *command.Context) error {
	s, ok, err := keyspace.Read[str.String](c.Tx, c.Args.Key())
	if err != nil {
		return err
	}

	return replyString(c, s, ok)
}

func replyString(c *command.Context, s str.String, ok bool) error {
	if !ok {
		c.Reply.Null()
		return nil
	}
	if err := s.Whole(); err != nil {
		return err
	}
	c.Reply.Bulk(s.Bytes(c.Scratch))
	return nil
}

var getdel = command.Spec{
	Name: "getdel", Group: command.GroupString, Since: "6.2.0", Arity: 2,
	Summary: "Returns the string at a key and deletes the key.", Syntax: "key", Complexity: "O(1)",
	Flags: command.Write | fast, Keys: one(command.RW | command.Access | command.Delete),
	Run: runGetDel,
}

func runGetDel(c *command.Context) error {
	key := c.Args.Key()

	s, ok, err := keyspace.Read[str.String](c.Tx, key)
	if err != nil {
		return err
	}

	if err := replyString(c, s, ok); err != nil {
		return err
	}
	if ok {
		deleteKey(c, key)
		c.Effect("DEL", key)
	}
	return nil
}

// deleteKey deletes a key that exists; the effect is the caller's to name.
func deleteKey(c *command.Context, key []byte) {
	c.Tx.Delete(key)
	c.Changed(key, keyspace.EvDel)
}

var getex = command.Spec{
	Name: "getex", Group: command.GroupString, Since: "6.2.0", Arity: -2,
	Summary: "Returns the string at a key and sets or removes the key's expiry.",
	Syntax:  "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST]", Complexity: "O(1)",
	Flags: command.Write | fast, Keys: one(command.RW | command.Access | command.Update),
	Run: runGetEx,
}

// runGetEx looks the key up before it looks at the number, as servers of the field do.
func runGetEx(c *command.Context) error {
	key := c.Args.Key()
	var exp expiry
	for c.Args.More() {
		if !exp.option(&c.Args, persist) {
			c.Args.Fail(command.ErrSyntax)
		}
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	s, ok, err := keyspace.Read[str.String](c.Tx, key)
	if err != nil {
		return err
	}
	if ok {
		if err := exp.resolve(c); err != nil {
			return err
		}
	}

	if err := replyString(c, s, ok); err != nil {
		return err
	}
	if ok {
		changeExpiry(c, key, &exp)
	}
	return nil
}

func changeExpiry(c *command.Context, key []byte, exp *expiry) {
	switch {
	case exp.past(c):
		deleteKey(c, key)
		c.EffectRemoved(key, &c.Services.Config.LazyfreeLazyExpire)
	case exp.kind == atTime:
		c.Tx.SetExpiry(key, exp.ms)
		c.Changed(key, keyspace.EvExpire)
		if c.Tx.Recording() {
			c.Effect("PEXPIREAT", key, number(exp.ms))
		}
	case exp.kind == persist:
		if ms, _ := c.Tx.Expiry(key); ms != 0 {
			c.Tx.SetExpiry(key, 0)
			c.Changed(key, keyspace.EvPersist)
			c.Effect("PERSIST", key)
		}
	}
}

var getset = command.Spec{
	Name: "getset", Group: command.GroupString, Since: "1.0.0", Arity: 3,
	Summary: "Sets the string at a key and returns the one before.", Syntax: "key value", Complexity: "O(1)",
	Flags: writes | fast, Keys: one(command.RW | command.Access | command.Update),
	DeprecatedSince: "6.2.0", ReplacedBy: "`SET` with the `!GET` argument",
	Run: runGetSet,
}

func runGetSet(c *command.Context) error {
	key, value := c.Args.Key(), c.Args.Bytes()

	s, ok, err := keyspace.Read[str.String](c.Tx, key)
	if err != nil {
		return err
	}

	if err := replyString(c, s, ok); err != nil {
		return err
	}
	setString(c, key, value, 0)
	c.Effect("SET", key, value)
	return nil
}

var getrange = command.Spec{
	Name: "getrange", Group: command.GroupString, Since: "2.4.0", Arity: 4,
	Summary: "Returns a part of the string at a key.", Syntax: "key start end", Complexity: "O(N) in the bytes returned",
	Flags: reads, Keys: one(command.RO | command.Access),
	Run: runGetRange,
}

var substr = command.Spec{
	Name: "substr", Group: command.GroupString, Since: "1.0.0", Arity: 4,
	Summary: "Returns a part of the string at a key: the old name of GETRANGE.", Syntax: "key start end", Complexity: "O(N) in the bytes returned",
	Flags: reads, Keys: one(command.RO | command.Access),
	DeprecatedSince: "2.0.0", ReplacedBy: "`GETRANGE`",
	Run: runGetRange,
}

func runGetRange(c *command.Context) error {
	key, start, end := c.Args.Key(), c.Args.Int(), c.Args.Int()
	if err := c.Args.Err(); err != nil {
		return err
	}

	s, _, err := keyspace.Read[str.String](c.Tx, key)
	if err != nil {
		return err
	}

	part, err := s.Range(start, end, c.Scratch)
	if err != nil {
		return err
	}

	c.Reply.Bulk(part)
	return nil
}

var strlen = command.Spec{
	Name: "strlen", Group: command.GroupString, Since: "2.2.0", Arity: 2,
	Summary: "Returns the length in bytes of the string at a key.", Syntax: "key", Complexity: "O(1)",
	Flags: reads | fast, Keys: one(command.RO),
	Run: runStrlen,
}

func runStrlen(c *command.Context) error {
	s, _, err := keyspace.Read[str.String](c.Tx, c.Args.Key())
	if err != nil {
		return err
	}

	c.Reply.Int(int64(s.Len()))
	return nil
}

var mget = command.Spec{
	Name: "mget", Group: command.GroupString, Since: "1.0.0", Arity: -2,
	Summary: "Returns the strings at several keys at one moment.", Syntax: "key [key ...]", Complexity: "O(N) in the keys",
	Flags: reads | fast, Keys: []command.KeySpec{command.KeyRange(1, -1, 1, command.RO|command.Access)},
	Tips: []string{"request_policy:multi_shard"},
	Run:  runMGet,
}

func runMGet(c *command.Context) error {
	keys := c.Args.Rest()

	c.Reply.Array(len(keys))
	for _, key := range keys {
		var v datatypes.Value
		if !c.Tx.Lookup(key, &v) || v.Kind != datatypes.String {
			c.Reply.Null()
			continue
		}
		if err := replyString(c, str.String{}.Of(&v), true); err != nil {
			return err
		}
	}
	return nil
}

var digest = command.Spec{
	Name: "digest", Group: command.GroupString, Since: "8.4.0", Arity: 2,
	Summary: "Returns the XXH3 hash of the string at a key as 16 hexadecimal digits.", Syntax: "key", Complexity: "O(N) in the bytes",
	Flags: reads | fast, Keys: one(command.RO | command.Access),
	Run: runDigest,
}

func runDigest(c *command.Context) error {
	s, ok, err := keyspace.Read[str.String](c.Tx, c.Args.Key())
	if err != nil {
		return err
	}

	if !ok {
		c.Reply.Null()
		return nil
	}
	if err := s.Whole(); err != nil {
		return err
	}
	c.Reply.Bulk(str.AppendDigest(c.Scratch, s.Digest()))
	return nil
}

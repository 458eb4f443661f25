package stringcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/str"
	"github.com/medleydb/medley/keyspace"
)

var set = command.Spec{
	Name: "set", Group: command.GroupString, Since: "1.0.0", Arity: -3,
	Summary: "Sets the string at a key, whatever type it had.",
	Syntax: "key value [NX | XX | IFEQ ifeq-value | IFNE ifne-value | IFDEQ ifdeq-digest | IFDNE ifdne-digest] [GET] " +
		"[EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]",
	Complexity: "O(1)",
	Flags:      writes, Keys: one(command.RW | command.Access | command.Update | command.VariableFlags),
	Run: runSet,
}

func runSet(c *command.Context) error {
	key, value := c.Args.Key(), c.Args.Bytes()
	if !c.Args.More() {
		setString(c, key, value, 0)
		c.Reply.OK()
		return nil
	}
	return setWith(c, key, value)
}

// setString makes the key hold the string, with the expiry in Unix milliseconds.
func setString(c *command.Context, key, value []byte, expiryMs int64) {
	keyspace.Create[str.String](c.Tx, key, expiryMs).Set(value)
	c.Changed(key, keyspace.EvSet)
}

// setWith is SET with options.
func setWith(c *command.Context, key, value []byte) error {
	var cond condition
	var exp expiry
	get := false
	for c.Args.More() {
		switch {
		case cond.option(&c.Args), exp.option(&c.Args, keepTTL):
		case c.Args.Word("GET"):
			get = true
		default:
			c.Args.Fail(command.ErrSyntax)
		}
	}
	if err := c.Args.Err(); err != nil {
		return err
	}
	if err := exp.resolve(c); err != nil {
		return err
	}

	if get || cond.needsValue() {
		old, ok, err := keyspace.Read[str.String](c.Tx, key)
		if err != nil {
			return err
		}
		if get {
			if err := replyString(c, old, ok); err != nil {
				return err
			}
		}
		if cond.needsValue() {
			if err := old.Whole(); err != nil {
				return err
			}
		}
		if !cond.holds(old, ok) {
			return notSet(c, get)
		}
	} else if cond.kind != always {
		if _, exists := c.Tx.Expiry(key); exists != (cond.kind == ifExists) {
			return notSet(c, get)
		}
	}
	if exp.kind == keepTTL {
		exp.ms, _ = c.Tx.Expiry(key)
	}
	setString(c, key, value, exp.ms)
	switch {
	case exp.kind == atTime:
		c.Tx.Notify(key, keyspace.EvExpire)
		if !exp.absolute || exp.unitMs != 1 || len(c.Argv()) != 5 { // else as given
			effectSetAt(c, key, value, exp.ms)
		}
	case get:
		c.Effect("SET", withoutGet(c.Argv())...)
	}

	if !get {
		c.Reply.OK()
	}
	return nil
}

func notSet(c *command.Context, replied bool) error {
	if !replied {
		c.Reply.Null()
	}
	return nil
}

// withoutGet returns the arguments behind the name less the option GET.
func withoutGet(argv [][]byte) [][]byte {
	out := append([][]byte(nil), argv[1:3]...)
	for _, a := range argv[3:] {
		if !command.EqualFold(a, "GET") {
			out = append(out, a)
		}
	}
	return out
}

var setnx = command.Spec{
	Name: "setnx", Group: command.GroupString, Since: "1.0.0", Arity: 3,
	Summary: "Sets the string at a key that does not exist.", Syntax: "key value", Complexity: "O(1)",
	Flags: writes | fast, Keys: one(command.OW | command.Insert),
	DeprecatedSince: "2.6.12", ReplacedBy: "`SET` with the `NX` argument",
	Run: runSetNX,
}

func runSetNX(c *command.Context) error {
	key, value := c.Args.Key(), c.Args.Bytes()

	if _, exists := c.Tx.Expiry(key); exists {
		c.Reply.Int(0)
		return nil
	}
	setString(c, key, value, 0)

	c.Reply.Int(1)
	return nil
}

var setex = command.Spec{
	Name: "setex", Group: command.GroupString, Since: "2.0.0", Arity: 4,
	Summary: "Sets the string at a key and its expiry in seconds.", Syntax: "key seconds value", Complexity: "O(1)",
	Flags: writes, Keys: one(command.OW | command.Update),
	DeprecatedSince: "2.6.12", ReplacedBy: "`SET` with the `EX` argument",
	Run: func(c *command.Context) error { return setFor(c, 1000) },
}

var psetex = command.Spec{
	Name: "psetex", Group: command.GroupString, Since: "2.6.0", Arity: 4,
	Summary: "Sets the string at a key and its expiry in milliseconds.", Syntax: "key milliseconds value", Complexity: "O(1)",
	Flags: writes, Keys: one(command.OW | command.Update),
	DeprecatedSince: "2.6.12", ReplacedBy: "`SET` with the `PX` argument",
	Run: func(c *command.Context) error { return setFor(c, 1) },
}

func setFor(c *command.Context, unitMs int64) error {
	key := c.Args.Key()
	exp := expiry{kind: atTime, arg: c.Args.Bytes(), unitMs: unitMs}
	value := c.Args.Bytes()
	if err := exp.resolve(c); err != nil {
		return err
	}

	setString(c, key, value, exp.ms)
	c.Tx.Notify(key, keyspace.EvExpire)
	effectSetAt(c, key, value, exp.ms)

	c.Reply.OK()
	return nil
}

var setrange = command.Spec{
	Name: "setrange", Group: command.GroupString, Since: "2.2.0", Arity: 4,
	Summary: "Overwrites a part of the string at a key.", Syntax: "key offset value", Complexity: "O(N) in the bytes written",
	Flags: writes, Keys: one(command.RW | command.Update),
	Run: runSetRange,
}

func runSetRange(c *command.Context) error {
	key, offset, value := c.Args.Key(), c.Args.Int(), c.Args.Bytes()
	if err := c.Args.Err(); err != nil {
		return err
	}
	if offset < 0 {
		return command.Errorf("offset is out of range")
	}

	if len(value) == 0 {
		s, _, err := keyspace.Update[str.String](c.Tx, key)
		if err != nil {
			return err
		}
		c.Reply.Int(int64(s.Len()))
		return nil
	}
	s, err := keyspace.Upsert[str.String](c.Tx, key)
	if err != nil {
		return err
	}
	n, err := s.SetRange(int(offset), value)
	if err != nil {
		return err
	}
	c.Changed(key, keyspace.EvSetRange)

	c.Reply.Int(int64(n))
	return nil
}

var appendSpec = command.Spec{
	Name: "append", Group: command.GroupString, Since: "2.0.0", Arity: 3,
	Summary: "Appends to the string at a key.", Syntax: "key value", Complexity: "O(1) amortised",
	Flags: writes | fast, Keys: one(command.RW | command.Insert),
	Run: runAppend,
}

func runAppend(c *command.Context) error {
	key, value := c.Args.Key(), c.Args.Bytes()

	s, err := keyspace.Upsert[str.String](c.Tx, key)
	if err != nil {
		return err
	}
	n := len(value)
	if s.Exists() {
		if n, err = s.Append(value); err != nil {
			return err
		}
	} else {
		s.Set(value) // a new value may be stored as an integer
	}
	c.Changed(key, keyspace.EvAppend)

	c.Reply.Int(int64(n))
	return nil
}

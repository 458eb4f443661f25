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
	Flags:      command.Write | command.DenyOOM,
	Keys:       []command.KeySpec{command.Key(1, command.RW|command.Access|command.Update|command.VariableFlags)},
	Run:        runSet,
}

func runSet(c *command.Context) error {
	key, value := c.Args.Key(), c.Args.Bytes()
	if !c.Args.More() {
		keyspace.Create[str.String](c.Tx, key, 0).Set(value)
		c.Changed(key, keyspace.EvSet)
		c.Reply.OK()
		return nil
	}
	return setWith(c, key, value)
}

// setWith is SET with options.
func setWith(c *command.Context, key, value []byte) error {
	var cond condition
	var exp expiry
	get := false
	for c.Args.More() {
		switch {
		case cond.option(&c.Args), exp.option(c, true, false):
		case c.Args.Word("GET"):
			get = true
		default:
			c.Args.Fail(command.ErrSyntax)
		}
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	if get || cond.needsValue() {
		old, ok, err := keyspace.Read[str.String](c.Tx, key)
		if err != nil {
			return err
		}
		if get {
			replyOld(c, old, ok)
		}
		if !cond.holds(old, ok) {
			return notSet(c, get)
		}
	} else if cond.kind != always {
		if _, exists := c.Tx.Expiry(key); exists != (cond.kind == ifExists) {
			return notSet(c, get)
		}
	}
	if exp.keep {
		exp.ms, _ = c.Tx.Expiry(key)
	}
	keyspace.Create[str.String](c.Tx, key, exp.ms).Set(value)
	c.Changed(key, keyspace.EvSet)
	if exp.set {
		c.Tx.Notify(key, keyspace.EvExpire)
		c.Tx.Effect(setName, key, value, pxatName, exp.pxat())
	}

	if !get {
		c.Reply.OK()
	}
	return nil
}

func replyOld(c *command.Context, old str.String, ok bool) {
	if !ok {
		c.Reply.Null()
		return
	}
	c.Reply.Bulk(old.Bytes(c.Scratch))
}

func notSet(c *command.Context, replied bool) error {
	if !replied {
		c.Reply.Null()
	}
	return nil
}

// Names of commands and options in effects.
var (
	setName  = []byte("SET")
	pxatName = []byte("PXAT")
)

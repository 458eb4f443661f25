package stringcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/str"
	"github.com/medleydb/medley/keyspace"
)

// A condition says when a string may be set or deleted.
type condition struct {
	kind   conditionKind
	value  []byte // to compare with
	digest uint64
}

type conditionKind uint8

const (
	always conditionKind = iota
	ifMissing
	ifExists
	ifEqual
	ifNotEqual
	ifDigest
	ifNotDigest
)

// option takes NX, XX or one of the IF options; false when the next argument is
// none.
func (d *condition) option(a *command.Args) bool {
	if d.existence(a) {
		return true
	}
	was := d.kind
	if !d.comparison(a) {
		return false
	}
	if was != always {
		a.Fail(command.ErrSyntax)
	}
	return true
}

// existence takes NX or XX, which may be given again, as servers of the field have it.
func (d *condition) existence(a *command.Args) bool {
	was := d.kind
	switch {
	case a.Word("NX"):
		d.kind = ifMissing
	case a.Word("XX"):
		d.kind = ifExists
	default:
		return false
	}
	if was != always && was != d.kind {
		a.Fail(command.ErrSyntax)
	}
	return true
}

// comparison takes IFEQ, IFNE, IFDEQ or IFDNE with its argument.
func (d *condition) comparison(a *command.Args) bool {
	switch {
	case a.Option("IFEQ", 1):
		d.kind, d.value = ifEqual, a.Bytes()
	case a.Option("IFNE", 1):
		d.kind, d.value = ifNotEqual, a.Bytes()
	case a.Option("IFDEQ", 1):
		d.kind, d.digest = ifDigest, digestArg(a)
	case a.Option("IFDNE", 1):
		d.kind, d.digest = ifNotDigest, digestArg(a)
	default:
		return false
	}
	return true
}

// digestArg takes a digest: 16 hex digits.
func digestArg(a *command.Args) uint64 {
	d, ok := str.ParseDigest(a.Bytes())
	if !ok {
		a.Fail(command.Errorf("The digest must be exactly 16 hexadecimal characters"))
	}
	return d
}

// needsValue reports whether the condition looks at the string.
func (d *condition) needsValue() bool { return d.kind >= ifEqual }

// holds reports whether the condition is true of the string; ok is false when
// there is none.
func (d *condition) holds(s str.String, ok bool) bool {
	switch d.kind {
	case ifMissing:
		return !ok
	case ifExists:
		return ok
	case ifEqual:
		return ok && s.Equal(d.value)
	case ifNotEqual:
		return !ok || !s.Equal(d.value)
	case ifDigest:
		return ok && s.Digest() == d.digest
	case ifNotDigest:
		return !ok || s.Digest() != d.digest
	}
	return true
}

var delex = command.Spec{
	Name: "delex", Group: command.GroupString, Since: "8.4.0", Arity: -2,
	Summary:    "Deletes a key if its string is, or is not, what is given.",
	Syntax:     "key [IFEQ ifeq-value | IFNE ifne-value | IFDEQ ifdeq-digest | IFDNE ifdne-digest]",
	Complexity: "O(1); O(N) in the bytes with a digest",
	Flags:      command.Write | fast, Keys: one(command.RW | command.Delete | command.VariableFlags),
	Run: runDelEx,
}

func runDelEx(c *command.Context) error {
	key := c.Args.Key()
	if n := c.Args.Len(); n != 0 && n != 2 {
		return command.ErrArity
	}
	var cond condition
	if c.Args.More() && !cond.comparison(&c.Args) {
		return command.Errorf("Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE")
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	_, exists := c.Tx.Expiry(key)
	if exists && cond.kind != always {
		s, _, err := keyspace.Read[str.String](c.Tx, key)
		if err != nil {
			return command.Errorf("Key should be of string type if conditions are specified")
		}
		if err := s.Whole(); err != nil {
			return err
		}
		exists = cond.holds(s, true)
	}
	return replyDeleted(c, key, exists)
}

// replyDeleted deletes the key if asked to, and answers how many were deleted.
func replyDeleted(c *command.Context, key []byte, yes bool) error {
	if !yes {
		c.Reply.Int(0)
		return nil
	}
	deleteKey(c, key)
	c.Effect("DEL", key)
	c.Reply.Int(1)
	return nil
}

var delifeq = command.Spec{
	Name: "delifeq", Group: command.GroupString, Since: "9.0.0", Arity: 3,
	Summary: "Deletes a key if its string is what is given.", Syntax: "key value", Complexity: "O(1)",
	Flags: command.Write | fast, Keys: one(command.RM | command.Delete),
	Run: runDelIfEq,
}

func runDelIfEq(c *command.Context) error {
	key, value := c.Args.Key(), c.Args.Bytes()

	s, ok, err := keyspace.Read[str.String](c.Tx, key)
	if err != nil {
		return err
	}
	return replyDeleted(c, key, ok && s.Equal(value))
}

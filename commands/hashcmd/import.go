package hashcmd

import (
	"bytes"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/memberttl"
	"github.com/medleydb/medley/datatypes/hash"
	"github.com/medleydb/medley/keyspace"
)

// HIMPORT makes many hashes of the same fields: the session names the list of fields
// once, and then sends values alone. Lists belong to the session and go with it.
var himport = command.Spec{
	Name: "himport", Group: command.GroupHash, Since: "8.10.0", Arity: -2,
	Summary: "A container for commands that make many hashes of the same fields.", Complexity: "Depends on the subcommand",
	Categories: []string{"hash"},
	Subs:       []*command.Spec{&himportPrepare, &himportSet, &himportDiscard, &himportDiscardAll},
}

var (
	errSameField  = command.Errorf("duplicate field name in the fieldset")
	errNoFieldSet = command.Errorf("no such fieldset")
	errValueCount = command.Errorf("value count does not match the number of fields in the fieldset")
)

var himportPrepare = command.Spec{
	Name: "prepare", Since: "8.10.0", Arity: -4,
	Summary: "Names a list of fields, in place of the one that had the name.", Syntax: "fieldset field [field ...]",
	Complexity: "O(N) in the number of fields",
	Flags:      command.DenyOOM,
	Run:        runHImportPrepare,
}

func runHImportPrepare(c *command.Context) error {
	name, fields := c.Args.Bytes(), c.Args.Rest()
	seen := make(map[string]struct{}, len(fields))
	own := make([][]byte, len(fields))
	for i, f := range fields {
		if _, again := seen[string(f)]; again {
			return errSameField
		}
		seen[string(f)] = struct{}{}
		own[i] = bytes.Clone(f)
	}

	if c.Session.FieldSets == nil {
		c.Session.FieldSets = map[string][][]byte{}
	}
	c.Session.FieldSets[string(name)] = own

	c.Reply.OK()
	return nil
}

var himportSet = command.Spec{
	Name: "set", Since: "8.10.0", Arity: -5,
	Summary: "Makes the key a hash of the named fields, in place of one that is there.", Syntax: "key fieldset value [value ...]",
	Complexity: "O(N) in the number of fields",
	Flags:      command.Write | command.DenyOOM,
	Keys:       []command.KeySpec{command.Key(2, command.OW|command.Update)},
	Run:        runHImportSet,
}

func runHImportSet(c *command.Context) error {
	key, name, values := c.Args.Key(), c.Args.Bytes(), c.Args.Rest()
	fields, known := c.Session.FieldSets[string(name)]
	switch {
	case !known:
		return errNoFieldSet
	case len(fields) != len(values):
		return errValueCount
	}

	_, replaces, err := keyspace.Read[hash.Hash](c.Tx, key)
	if err != nil {
		return err
	}
	pairs := make([][]byte, 0, 2*len(fields))
	for i, f := range fields {
		pairs = append(pairs, f, values[i])
	}
	h := keyspace.Create[hash.Hash](c.Tx, key, 0)
	h.Reset()
	h.SetPairs(pairs)
	c.Changed(key, keyspace.EvHSet)
	c.Tx.Subkeys(key, keyspace.EvHSet, fields, 1)
	// Whoever repeats this knows no lists of the session.
	if replaces {
		c.Tx.Effect(delName, key)
	}
	c.Tx.Effect(memberttl.Named(hsetName, key, pairs)...)

	c.Reply.OK()
	return nil
}

var himportDiscard = command.Spec{
	Name: "discard", Since: "8.10.0", Arity: 3,
	Summary: "Forgets a list of fields.", Syntax: "fieldset", Complexity: "O(1)",
	Run: func(c *command.Context) error {
		name := string(c.Args.Bytes())
		n := int64(0)
		if _, known := c.Session.FieldSets[name]; known {
			delete(c.Session.FieldSets, name)
			n = 1
		}
		c.Reply.Int(n)
		return nil
	},
}

var himportDiscardAll = command.Spec{
	Name: "discardall", Since: "8.10.0", Arity: 2,
	Summary: "Forgets all lists of fields.", Complexity: "O(1)",
	Run: func(c *command.Context) error {
		n := len(c.Session.FieldSets)
		c.Session.FieldSets = nil
		c.Reply.Int(int64(n))
		return nil
	},
}

package bitmapcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/bitmap"
	"github.com/medleydb/medley/keyspace"
)

var bitop = command.Spec{
	Name: "bitop", Group: command.GroupBitmap, Since: "2.6.0", Arity: -4,
	Summary:    "Joins the strings at keys bit by bit, and stores the result at a key.",
	Syntax:     "<AND | OR | XOR | NOT | DIFF | DIFF1 | ANDOR | ONE> destkey key [key ...]",
	Complexity: "O(N) in the bytes, less where few bits of long strings are set",
	Flags:      writes,
	Keys: []command.KeySpec{command.Key(2, command.OW|command.Update),
		command.KeyRange(3, -1, 1, command.RO|command.Access)},
	Run: runBitOp,
}

// operation takes the name of an operation.
func operation(a *command.Args) (op bitmap.Op) {
	switch {
	case a.Word("AND"):
		op = bitmap.And
	case a.Word("OR"):
		op = bitmap.Or
	case a.Word("XOR"):
		op = bitmap.Xor
	case a.Word("NOT"):
		op = bitmap.Not
	case a.Word("DIFF"):
		op = bitmap.Diff
	case a.Word("DIFF1"):
		op = bitmap.Diff1
	case a.Word("ANDOR"):
		op = bitmap.AndOr
	case a.Word("ONE"):
		op = bitmap.One
	default:
		a.Fail(command.ErrSyntax)
	}
	return op
}

func runBitOp(c *command.Context) error {
	op, dst, keys := operation(&c.Args), c.Args.Key(), c.Args.Rest()
	if err := c.Args.Err(); err != nil {
		return err
	}
	switch op {
	case bitmap.Not:
		if len(keys) != 1 {
			return command.Errorf("BITOP NOT must be called with a single source key.")
		}
	case bitmap.Diff, bitmap.Diff1, bitmap.AndOr:
		if len(keys) < 2 {
			return command.Errorf("BITOP %s must be called with at least two source keys.", opNames[op])
		}
	}

	list := make([]bitmap.Bitmap, len(keys))
	for i, key := range keys {
		b, _, err := read(c, key)
		if err != nil {
			return err
		}
		list[i] = b
	}
	r := bitmap.Combine(c.Tx.Env(), op, list)
	if r.Len() == 0 {
		if c.Tx.Delete(dst) {
			c.Changed(dst, keyspace.EvDel)
		}
	} else {
		keyspace.Create[bitmap.Bitmap](c.Tx, dst, 0).Adopt(r)
		c.Changed(dst, keyspace.EvSet)
	}

	c.Reply.Int(r.Len())
	return nil
}

// opNames are the names in the error of too few keys. It is never written to.
var opNames = map[bitmap.Op]string{bitmap.Diff: "DIFF", bitmap.Diff1: "DIFF1", bitmap.AndOr: "ANDOR"}

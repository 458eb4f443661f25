package hashcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/keycmd"
	"github.com/medleydb/medley/datatypes/hash"
	"github.com/medleydb/medley/keyspace"
)

var hscan = command.Spec{
	Name: "hscan", Group: command.GroupHash, Since: "2.8.0", Arity: -3,
	Summary: "Returns a part of the fields, and the cursor for the next part.",
	Syntax:  "key cursor [MATCH pattern] [COUNT count] [NOVALUES]", Complexity: "O(1) for a part, O(N) for all",
	Flags: command.ReadOnly,
	Keys:  []command.KeySpec{command.Key(1, command.RO|command.Access)},
	Run:   runHScan,
}

func runHScan(c *command.Context) error {
	open := func(key []byte) (hash.Hash, bool, error) { return keyspace.Read[hash.Hash](c.Tx, key) }
	return keycmd.ScanMembers(c, "NOVALUES", open, func(h hash.Hash, cursor uint64, q *keycmd.ScanQuery) uint64 {
		return h.Scan(cursor, q.Count, c.Scratch, func(it hash.Item) {
			if !q.Matches(it.Field) {
				return
			}
			if q.Keep(it.Field); !q.Bare {
				q.Keep(it.Value)
			}
		})
	})
}

var hrandfield = command.Spec{
	Name: "hrandfield", Group: command.GroupHash, Since: "6.2.0", Arity: -2,
	Summary: "Returns random fields: different ones, or with a negative count any.",
	Syntax:  "key [count [WITHVALUES]]", Complexity: "O(N) in the number of fields asked for",
	Flags: command.ReadOnly,
	Keys:  []command.KeySpec{command.Key(1, command.RO|command.Access)},
	Run:   runHRandField,
}

func runHRandField(c *command.Context) error {
	key, count, withValues, err := keycmd.RandomArgs(&c.Args, "WITHVALUES")
	if err != nil {
		return err
	}

	h, err := openRandom(c, key)
	if err != nil {
		return err
	}
	if count == nil {
		replyOne(c, h)
		return nil
	}
	replyRandom(c, h, *count, withValues)
	return nil
}

// openRandom opens the hash without its expired fields, if there are not too many.
func openRandom(c *command.Context, key []byte) (hash.Hash, error) {
	h, _, err := keyspace.Read[hash.Hash](c.Tx, key)
	if err == nil && isDue(c, h) {
		if _, err := Reap(c.Tx, key, readBatch); err != nil {
			return h, err
		}
		h, _, err = keyspace.Read[hash.Hash](c.Tx, key)
	}
	return h, err
}

func replyOne(c *command.Context, h hash.Hash) {
	it, ok := h.Random(c.Scratch)
	if !ok {
		c.Reply.Null()
		return
	}
	c.Reply.Bulk(it.Field)
}

func replyRandom(c *command.Context, h hash.Hash, count int64, withValues bool) {
	n := h.Len()
	draw := h.RandomDistinct
	switch {
	case count >= 0:
		n = int(min(int64(n), count))
	case n > 0:
		n = int(-count)
		draw = h.RandomRepeated
	}
	if !withValues {
		c.Reply.Array(n)
		draw(n, c.Scratch, func(it hash.Item) { c.Reply.Bulk(it.Field) })
		return
	}
	c.Reply.Pairs(n)
	draw(n, c.Scratch, func(it hash.Item) {
		c.Reply.Pair()
		c.Reply.Bulk(it.Field)
		c.Reply.Bulk(it.Value)
	})
}

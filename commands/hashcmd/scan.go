package hashcmd

import (
	"bytes"
	"fmt"
	"math"
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
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
	key := c.Args.Key()
	cursor, ok := parseCursor(c.Args.Bytes())
	if !ok {
		return command.Errorf("invalid cursor")
	}
	// The options of a missing key are not looked at, as in servers of the field.
	h, ok, err := keyspace.Read[hash.Hash](c.Tx, key)
	if err != nil {
		return err
	}
	if !ok {
		c.Reply.Array(2)
		c.Reply.BulkString("0")
		c.Reply.Array(0)
		return nil
	}
	o := scanOptions{count: 10}
	o.parse(&c.Args)
	if err := c.Args.Err(); err != nil {
		return err
	}

	o.reply(c, h, cursor)
	return nil
}

type scanOptions struct {
	pattern  []byte // nil for all
	count    int
	noValues bool
}

func (o *scanOptions) parse(a *command.Args) {
	for a.More() {
		switch {
		case a.Option("MATCH", 1):
			o.pattern = a.Bytes()
			if bytes.Equal(o.pattern, []byte("*")) {
				o.pattern = nil
			}
		case a.Option("COUNT", 1):
			n := a.Int()
			if a.Err() == nil && n < 1 {
				a.Fail(command.ErrSyntax)
			}
			o.count = int(min(n, 1<<31))
		case a.Word("NOVALUES"):
			o.noValues = true
		default:
			a.Fail(command.ErrSyntax)
		}
	}
}

// reply replies the cursor and the fields. The cursor comes first and is known
// last, so the fields are kept; what they borrow stays until the command ends, but
// for the text of integers.
func (o *scanOptions) reply(c *command.Context, h hash.Hash, cursor uint64) {
	var found [][]byte
	packed := h.Value().Object == nil
	keep := func(b []byte) {
		if packed {
			b = bytes.Clone(b)
		}
		found = append(found, b)
	}
	next := h.Scan(cursor, o.count, c.Scratch, func(it hash.Item) {
		if o.pattern != nil && !datatypes.Match(o.pattern, it.Field) {
			return
		}
		keep(it.Field)
		if !o.noValues {
			keep(it.Value)
		}
	})
	c.Reply.Array(2)
	c.Reply.Bulk(strconv.AppendUint(c.Scratch[:0], next, 10))
	c.Reply.Array(len(found))
	for _, b := range found {
		c.Reply.Bulk(b)
	}
}

var hrandfield = command.Spec{
	Name: "hrandfield", Group: command.GroupHash, Since: "6.2.0", Arity: -2,
	Summary: "Returns random fields: different ones, or with a negative count any.",
	Syntax:  "key [count [WITHVALUES]]", Complexity: "O(N) in the number of fields asked for",
	Flags: command.ReadOnly,
	Keys:  []command.KeySpec{command.Key(1, command.RO|command.Access)},
	Run:   runHRandField,
}

// maxRepeats is the largest number of fields that are drawn with repetition: beyond
// it the reply would take all memory.
const maxRepeats = 1 << 28

func runHRandField(c *command.Context) error {
	a := &c.Args
	key := a.Key()
	if a.Len() == 0 {
		return randomField(c, key)
	}
	count := a.Int()
	if a.Err() == nil && count == math.MinInt64 {
		a.Fail(command.ReplyError(fmt.Sprintf("ERR value is out of range, value must between %d and %d", -math.MaxInt64, math.MaxInt64)))
	}
	withValues := false
	if a.More() {
		if withValues = a.Word("WITHVALUES"); !withValues || a.More() {
			a.Fail(command.ErrSyntax)
		}
	}
	if a.Err() == nil && (withValues && (count > math.MaxInt64/2 || count < -math.MaxInt64/2) || count < -maxRepeats) {
		a.Fail(command.ErrOutOfRange)
	}
	if err := a.Err(); err != nil {
		return err
	}

	h, err := openRandom(c, key)
	if err != nil {
		return err
	}
	replyRandom(c, h, count, withValues)
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

func randomField(c *command.Context, key []byte) error {
	h, err := openRandom(c, key)
	if err != nil {
		return err
	}

	it, ok := h.Random(c.Scratch)
	if !ok {
		c.Reply.Null()
		return nil
	}
	c.Reply.Bulk(it.Field)
	return nil
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

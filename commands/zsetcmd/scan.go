package zsetcmd

import (
	"bytes"
	"fmt"
	"math"
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/keycmd"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/zset"
)

var zscan = command.Spec{
	Name: "zscan", Group: command.GroupSortedSet, Since: "2.8.0", Arity: -3,
	Summary: "Returns a part of the members with their scores, and the cursor for the next part.",
	Syntax:  "key cursor [MATCH pattern] [COUNT count] [NOSCORES]", Complexity: "O(1) for a part, O(N) for all",
	Flags: reads, Keys: one(command.RO | command.Access),
	Run: runZScan,
}

func runZScan(c *command.Context) error {
	key := c.Args.Key()
	cursor, err := keycmd.ParseCursor(c.Args.Bytes())
	if err != nil {
		return err
	}
	// The options of a missing key are not looked at, as in servers of the field.
	z, ok, err := read(c, key)
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

	o.reply(c, z, cursor)
	return nil
}

type scanOptions struct {
	pattern  []byte // nil for all
	count    int
	noScores bool
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
		case a.Word("NOSCORES"):
			o.noScores = true
		case a.Word("NOVALUES"):
			a.Fail(command.Errorf("NOVALUES option can only be used in HSCAN"))
		default:
			a.Fail(command.ErrSyntax)
		}
	}
}

// reply replies the cursor, which comes first and is known last, and the members.
func (o *scanOptions) reply(c *command.Context, z zset.ZSet, cursor uint64) {
	var r result
	next := z.Scan(cursor, o.count, func(m []byte, score float64) {
		if o.pattern == nil || datatypes.Match(o.pattern, m) {
			r.add(m, score)
		}
	})
	c.Reply.Array(2)
	c.Reply.Bulk(strconv.AppendUint(c.Scratch[:0], next, 10))
	if o.noScores {
		r.reply(c, false)
		return
	}
	format := datatypes.FormatFloat
	// Servers of the field write the scores of large ones in a form of its own here.
	if z.EncodingName() == "skiplist" {
		format = zset.AppendScore17
	}
	c.Reply.Array(2 * len(r.items))
	for i := range r.items {
		c.Reply.Bulk(r.member(i))
		c.Reply.Bulk(format(c.Scratch[:0], r.items[i].score))
	}
}

var zrandmember = command.Spec{
	Name: "zrandmember", Group: command.GroupSortedSet, Since: "6.2.0", Arity: -2,
	Summary: "Returns random members: different ones, or with a negative count any.",
	Syntax:  "key [count [WITHSCORES]]", Complexity: "O(N) in the number of members asked for",
	Flags: reads, Keys: one(command.RO | command.Access),
	Run: runZRandMember,
}

// maxRepeats is the largest number of members that are drawn with repetition: beyond it
// the reply would take all memory.
const maxRepeats = 1 << 28

func runZRandMember(c *command.Context) error {
	a := &c.Args
	key := a.Key()
	if a.Len() == 0 {
		return randomMember(c, key)
	}
	n := a.Int()
	if a.Err() == nil && n == math.MinInt64 {
		a.Fail(command.ReplyError(fmt.Sprintf("ERR value is out of range, value must between %d and %d", -math.MaxInt64, math.MaxInt64)))
	}
	withScores := false
	if a.More() {
		if withScores = a.Word("WITHSCORES"); !withScores || a.More() {
			a.Fail(command.ErrSyntax)
		}
	}
	if a.Err() == nil && (withScores && (n > math.MaxInt64/2 || n < -math.MaxInt64/2) || n < -maxRepeats) {
		a.Fail(command.ErrOutOfRange)
	}
	if err := a.Err(); err != nil {
		return err
	}

	z, _, err := read(c, key)
	if err != nil {
		return err
	}

	replyRandom(c, z, n, withScores)
	return nil
}

func randomMember(c *command.Context, key []byte) error {
	z, ok, err := read(c, key)
	if err != nil {
		return err
	}

	if !ok {
		c.Reply.Null()
		return nil
	}
	z.Random(func(m []byte, _ float64) { c.Reply.Bulk(m) })
	return nil
}

func replyRandom(c *command.Context, z zset.ZSet, count int64, withScores bool) {
	n := z.Len()
	draw := z.RandomDistinct
	switch {
	case count >= 0:
		n = int(min(int64(n), count))
	case n > 0:
		n = int(-count)
		draw = z.RandomRepeated
	}
	if !withScores {
		c.Reply.Array(n)
		draw(n, func(m []byte, _ float64) { c.Reply.Bulk(m) })
		return
	}
	c.Reply.Pairs(n)
	draw(n, func(m []byte, score float64) {
		c.Reply.Pair()
		c.Reply.Bulk(m)
		c.Reply.Double(score)
	})
}

package zsetcmd

import (
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
	open := func(key []byte) (zset.ZSet, bool, error) { return read(c, key) }
	return keycmd.ScanMembers(c, "NOSCORES", open, func(z zset.ZSet, cursor uint64, q *keycmd.ScanQuery) uint64 {
		format := datatypes.FormatFloat
		// Servers of the field write the scores of large ones in a form of its own here.
		if z.EncodingName() == "skiplist" {
			format = zset.AppendScore17
		}
		return z.Scan(cursor, q.Count, func(m []byte, score float64) {
			if !q.Matches(m) {
				return
			}
			if q.Keep(m); !q.Bare {
				q.Keep(format(c.Scratch[:0], score))
			}
		})
	})
}

var zrandmember = command.Spec{
	Name: "zrandmember", Group: command.GroupSortedSet, Since: "6.2.0", Arity: -2,
	Summary: "Returns random members: different ones, or with a negative count any.",
	Syntax:  "key [count [WITHSCORES]]", Complexity: "O(N) in the number of members asked for",
	Flags: reads, Keys: one(command.RO | command.Access),
	Run: runZRandMember,
}

func runZRandMember(c *command.Context) error {
	key, count, withScores, err := keycmd.RandomArgs(&c.Args, "WITHSCORES")
	if err != nil {
		return err
	}

	z, ok, err := read(c, key)
	switch {
	case err != nil:
		return err
	case count != nil:
		replyRandom(c, z, *count, withScores)
	case !ok:
		c.Reply.Null()
	default:
		z.Random(func(m []byte, _ float64) { c.Reply.Bulk(m) })
	}
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

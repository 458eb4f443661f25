package zsetcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/zset"
	"github.com/medleydb/medley/keyspace"
)

var zrange = command.Spec{
	Name: "zrange", Group: command.GroupSortedSet, Since: "1.2.0", Arity: -4,
	Summary: "Returns the members in a range of ranks, scores or members.",
	Syntax:  "key start stop [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]", Complexity: "O(log N + M) in the members and those returned",
	Flags: reads, Keys: one(command.RO | command.Access),
	Run: func(c *command.Context) error { return runRange(c, anyType, false, true) },
}

var zrevrange = command.Spec{
	Name: "zrevrange", Group: command.GroupSortedSet, Since: "1.2.0", Arity: -4,
	Summary: "Returns the members in a range of ranks, from the highest score.",
	Syntax:  "key start stop [WITHSCORES]", Complexity: "O(log N + M) in the members and those returned",
	DeprecatedSince: "6.2.0", ReplacedBy: "`ZRANGE` with the `REV` argument",
	Flags: reads, Keys: one(command.RO | command.Access),
	Run: func(c *command.Context) error { return runRange(c, byRank, true, false) },
}

var zrangebyscore = command.Spec{
	Name: "zrangebyscore", Group: command.GroupSortedSet, Since: "1.0.5", Arity: -4,
	Summary: "Returns the members with a score in a range.",
	Syntax:  "key min max [WITHSCORES] [LIMIT offset count]", Complexity: "O(log N + M) in the members and those returned",
	DeprecatedSince: "6.2.0", ReplacedBy: "`ZRANGE` with the `BYSCORE` argument",
	Flags: reads, Keys: one(command.RO | command.Access),
	Run: func(c *command.Context) error { return runRange(c, byScore, false, false) },
}

var zrevrangebyscore = command.Spec{
	Name: "zrevrangebyscore", Group: command.GroupSortedSet, Since: "2.2.0", Arity: -4,
	Summary: "Returns the members with a score in a range, from the highest score.",
	Syntax:  "key max min [WITHSCORES] [LIMIT offset count]", Complexity: "O(log N + M) in the members and those returned",
	DeprecatedSince: "6.2.0", ReplacedBy: "`ZRANGE` with the `REV` and `BYSCORE` arguments",
	Flags: reads, Keys: one(command.RO | command.Access),
	Run: func(c *command.Context) error { return runRange(c, byScore, true, false) },
}

var zrangebylex = command.Spec{
	Name: "zrangebylex", Group: command.GroupSortedSet, Since: "2.8.9", Arity: -4,
	Summary: "Returns the members in a range of members, where all have the same score.",
	Syntax:  "key min max [LIMIT offset count]", Complexity: "O(log N + M) in the members and those returned",
	DeprecatedSince: "6.2.0", ReplacedBy: "`ZRANGE` with the `BYLEX` argument",
	Flags: reads, Keys: one(command.RO | command.Access),
	Run: func(c *command.Context) error { return runRange(c, byLex, false, false) },
}

var zrevrangebylex = command.Spec{
	Name: "zrevrangebylex", Group: command.GroupSortedSet, Since: "2.8.9", Arity: -4,
	Summary: "Returns the members in a range of members, where all have the same score, backwards.",
	Syntax:  "key max min [LIMIT offset count]", Complexity: "O(log N + M) in the members and those returned",
	DeprecatedSince: "6.2.0", ReplacedBy: "`ZRANGE` with the `REV` and `BYLEX` arguments",
	Flags: reads, Keys: one(command.RO | command.Access),
	Run: func(c *command.Context) error { return runRange(c, byLex, true, false) },
}

var zrangestore = command.Spec{
	Name: "zrangestore", Group: command.GroupSortedSet, Since: "6.2.0", Arity: -5,
	Summary: "Stores the members in a range of ranks, scores or members in a key.",
	Syntax:  "dst src min max [BYSCORE | BYLEX] [REV] [LIMIT offset count]", Complexity: "O(log N + M) in the members and those stored",
	Flags: writes,
	Keys:  []command.KeySpec{command.Key(1, command.OW|command.Update), command.Key(2, command.RO|command.Access)},
	Run:   runZRangeStore,
}

// A rangeQuery is what the commands of ranges are asked for.
type rangeQuery struct {
	bounds
	rev        bool
	withScores bool
	skip, take int64
}

// parse takes the ends and options of a range. free is true where the options may say
// the type of the range and its direction, store where there are no scores to show.
func (q *rangeQuery) parse(a *command.Args, by rangeType, rev, free, store bool) error {
	lo, hi := a.Bytes(), a.Bytes()
	q.rev, q.take = rev, -1
	for a.More() {
		switch {
		case !store && a.Word("WITHSCORES"):
			q.withScores = true
		case a.Option("LIMIT", 2):
			q.skip, q.take = a.Int(), a.Int()
		case free && !q.rev && a.Word("REV"):
			q.rev = true
		case by == anyType && a.Word("BYLEX"):
			by = byLex
		case by == anyType && a.Word("BYSCORE"):
			by = byScore
		default:
			a.Fail(command.ErrSyntax)
		}
	}
	if err := a.Err(); err != nil {
		return err
	}
	if by == anyType {
		by = byRank
	}
	if q.take != -1 && by == byRank {
		return command.ReplyError("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")
	}
	if q.withScores && by == byLex {
		return command.ReplyError("ERR syntax error, WITHSCORES not supported in combination with BYLEX")
	}
	if q.rev && by != byRank {
		lo, hi = hi, lo
	}
	var err error
	q.bounds, err = parseBounds(by, lo, hi)
	return err
}

// span returns the span that is asked for.
func (q *rangeQuery) span(z zset.ZSet) zset.Span {
	s := q.bounds.span(z, q.rev)
	if q.by == byRank {
		return s
	}
	skip := q.skip
	if skip < 0 {
		// An offset below zero counts from the other end in a sorted set that is not
		// small, and leads nowhere in a small one: an accident of Redis.
		if skip += int64(s.Len()); skip < 0 || z.EncodingName() == "listpack" {
			return zset.Span{}
		}
	}
	return s.Limit(skip, q.take, q.rev)
}

func runRange(c *command.Context, by rangeType, rev, free bool) error {
	key := c.Args.Key()
	var q rangeQuery
	if err := q.parse(&c.Args, by, rev, free, false); err != nil {
		return err
	}

	z, _, err := read(c, key)
	if err != nil {
		return err
	}

	s := q.span(z)
	replyMembers(c, s.Len(), q.withScores, func(fn func([]byte, float64) bool) { z.Each(s, q.rev, fn) })
	return nil
}

// replyMembers replies the n members that each passes, with their scores where wanted.
func replyMembers(c *command.Context, n int, withScores bool, each func(fn func([]byte, float64) bool)) {
	if withScores {
		c.Reply.Pairs(n)
		each(func(m []byte, score float64) bool {
			c.Reply.Pair()
			c.Reply.Bulk(m)
			c.Reply.Double(score)
			return true
		})
		return
	}
	c.Reply.Array(n)
	each(func(m []byte, _ float64) bool {
		c.Reply.Bulk(m)
		return true
	})
}

func runZRangeStore(c *command.Context) error {
	dst, src := c.Args.Key(), c.Args.Key()
	var q rangeQuery
	if err := q.parse(&c.Args, anyType, false, true, true); err != nil {
		return err
	}

	z, _, err := read(c, src)
	if err != nil {
		return err
	}
	// Collected first: the destination may be the source. In the order of servers of the
	// field, which shows in the sign of a zero that is stored before a long member.
	var r result
	z.Each(q.span(z), q.rev, func(m []byte, score float64) bool {
		r.add(m, score)
		return true
	})
	r.store(c, dst, keyspace.EvZRangeStore)
	return nil
}

var zremrangebyrank = command.Spec{
	Name: "zremrangebyrank", Group: command.GroupSortedSet, Since: "2.0.0", Arity: 4,
	Summary: "Removes the members in a range of ranks.", Syntax: "key start stop", Complexity: "O(M log N) in the members removed",
	Flags: command.Write, Keys: one(command.RW | command.Delete),
	Run: func(c *command.Context) error { return removeRange(c, byRank, keyspace.EvZRemRangeByRank) },
}

var zremrangebyscore = command.Spec{
	Name: "zremrangebyscore", Group: command.GroupSortedSet, Since: "1.2.0", Arity: 4,
	Summary: "Removes the members with a score in a range.", Syntax: "key min max", Complexity: "O(M log N) in the members removed",
	Flags: command.Write, Keys: one(command.RW | command.Delete),
	Run: func(c *command.Context) error { return removeRange(c, byScore, keyspace.EvZRemRangeByScore) },
}

var zremrangebylex = command.Spec{
	Name: "zremrangebylex", Group: command.GroupSortedSet, Since: "2.8.9", Arity: 4,
	Summary: "Removes the members in a range of members, where all have the same score.", Syntax: "key min max", Complexity: "O(M log N) in the members removed",
	Flags: command.Write, Keys: one(command.RW | command.Delete),
	Run: func(c *command.Context) error { return removeRange(c, byLex, keyspace.EvZRemRangeByLex) },
}

func removeRange(c *command.Context, by rangeType, ev keyspace.Event) error {
	key := c.Args.Key()
	b, err := parseBounds(by, c.Args.Bytes(), c.Args.Bytes())
	if err != nil {
		return err
	}

	z, _, err := update(c, key)
	if err != nil {
		return err
	}
	s := b.span(z, false)
	if s.Len() > 0 {
		z.RemoveSpan(s)
		c.Changed(key, ev)
	}

	c.Reply.Int(int64(s.Len()))
	return nil
}

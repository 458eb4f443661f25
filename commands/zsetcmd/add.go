package zsetcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/zset"
	"github.com/medleydb/medley/keyspace"
)

var zadd = command.Spec{
	Name: "zadd", Group: command.GroupSortedSet, Since: "1.2.0", Arity: -4,
	Summary: "Adds members to a sorted set, or changes their scores.",
	Syntax:  "key [NX | XX] [GT | LT] [CH] [INCR] score member [score member ...]", Complexity: "O(log N) for each member",
	Flags: writes | fast, Keys: one(command.RW | command.Update),
	Element: -1,
	Run:     func(c *command.Context) error { return add(c, 0) },
}

var zincrby = command.Spec{
	Name: "zincrby", Group: command.GroupSortedSet, Since: "1.2.0", Arity: 4,
	Summary: "Adds to the score of a member, which is added with that score when it is new.",
	Syntax:  "key increment member", Complexity: "O(log N)",
	Flags: writes | fast, Keys: one(command.RW | command.Access | command.Update),
	Element: 3,
	Run:     func(c *command.Context) error { return add(c, zset.Increment) },
}

const errNotNumber = command.ReplyError("ERR resulting score is not a number (NaN)")

// addOptions takes the words in front of the scores. ZINCRBY takes them too, and then is
// left with too few arguments: so do servers of the field.
func addOptions(a *command.Args, cond zset.Conditions) (zset.Conditions, bool) {
	changed := false
	for {
		switch {
		case a.Word("NX"):
			cond |= zset.IfNew
		case a.Word("XX"):
			cond |= zset.IfExists
		case a.Word("GT"):
			cond |= zset.IfGreater
		case a.Word("LT"):
			cond |= zset.IfLess
		case a.Word("INCR"):
			cond |= zset.Increment
		case a.Word("CH"):
			changed = true
		default:
			return cond, changed
		}
	}
}

// checkAdd reports what conditions and the number of pairs do not go together.
func checkAdd(cond zset.Conditions, args int) error {
	has := func(c zset.Conditions) bool { return cond&c == c }
	switch {
	case args == 0 || args%2 != 0:
		return command.ErrSyntax
	case has(zset.IfNew | zset.IfExists):
		return command.ReplyError("ERR XX and NX options at the same time are not compatible")
	case has(zset.IfNew | zset.IfGreater), has(zset.IfNew | zset.IfLess), has(zset.IfGreater | zset.IfLess):
		return command.ReplyError("ERR GT, LT, and/or NX options at the same time are not compatible")
	case has(zset.Increment) && args > 2:
		return command.ReplyError("ERR INCR option supports a single increment-element pair")
	}
	return nil
}

// maxScores is how many scores are parsed once; of more the rest is parsed twice.
const maxScores = 32

func add(c *command.Context, cond zset.Conditions) error {
	key := c.Args.Key()
	cond, changed := addOptions(&c.Args, cond)
	if err := checkAdd(cond, c.Args.Len()); err != nil {
		return err
	}
	pairs := c.Args
	n := c.Args.Len() / 2
	var scores [maxScores]float64
	first := 0
	for i := range n {
		f := c.Args.Float()
		if m := c.Args.Bytes(); i == 0 {
			first = len(m)
		}
		if i < maxScores {
			scores[i] = f
		}
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	z, err := keyspace.Upsert[zset.ZSet](c.Tx, key)
	if err != nil {
		return err
	}
	if cond&zset.IfExists != 0 && !z.Value().Exists() {
		replyAdd(c, cond, 0, zset.Refused, 0)
		return nil
	}
	z.Expect(n, first)
	var score float64
	var out zset.Outcome
	added, updated := 0, 0
	for i := range n {
		f := scores[i%maxScores]
		if i < maxScores {
			pairs.Bytes()
		} else {
			f = pairs.Float()
		}
		score, out = z.Add(pairs.Bytes(), f, cond)
		switch out {
		case zset.NotANumber: // only as an increment, of which there is one
			return errNotNumber
		case zset.Added:
			added++
		case zset.Updated:
			updated++
		}
	}
	if added+updated > 0 {
		ev := keyspace.EvZAdd
		if cond&zset.Increment != 0 {
			ev = keyspace.EvZIncr
		}
		c.Changed(key, ev)
	}

	if changed {
		added += updated
	}
	replyAdd(c, cond, score, out, added)
	return nil
}

func replyAdd(c *command.Context, cond zset.Conditions, score float64, out zset.Outcome, n int) {
	switch {
	case cond&zset.Increment == 0:
		c.Reply.Int(int64(n))
	case out == zset.Refused:
		c.Reply.Null()
	default:
		c.Reply.Double(score)
	}
}

var zrem = command.Spec{
	Name: "zrem", Group: command.GroupSortedSet, Since: "1.2.0", Arity: -3,
	Summary: "Removes members from a sorted set.", Syntax: "key member [member ...]", Complexity: "O(log N) for each member",
	Flags: command.Write | fast, Keys: one(command.RW | command.Delete),
	Element: 2,
	Run:     runZRem,
}

func runZRem(c *command.Context) error {
	key, members := c.Args.Key(), c.Args.Rest()

	z, ok, err := update(c, key)
	if err != nil {
		return err
	}
	n := 0
	for _, m := range members {
		if !ok || z.Value().Empty {
			break
		}
		if z.Remove(m) {
			n++
		}
	}
	if n > 0 {
		c.Changed(key, keyspace.EvZRem)
	}

	c.Reply.Int(int64(n))
	return nil
}

package zsetcmd

import (
	"github.com/medleydb/medley/commands/command"
)

var zcard = command.Spec{
	Name: "zcard", Group: command.GroupSortedSet, Since: "1.2.0", Arity: 2,
	Summary: "Returns the number of members of a sorted set.", Syntax: "key", Complexity: "O(1)",
	Flags: reads | fast, Keys: one(command.RO),
	Run: runZCard,
}

func runZCard(c *command.Context) error {
	z, _, err := read(c, c.Args.Key())
	if err != nil {
		return err
	}

	c.Reply.Int(int64(z.Len()))
	return nil
}

var zscore = command.Spec{
	Name: "zscore", Group: command.GroupSortedSet, Since: "1.2.0", Arity: 3,
	Summary: "Returns the score of a member.", Syntax: "key member", Complexity: "O(1)",
	Flags: reads | fast, Keys: one(command.RO | command.Access),
	Element: 2,
	Run:     runZScore,
}

func runZScore(c *command.Context) error {
	key, member := c.Args.Key(), c.Args.Bytes()

	z, _, err := read(c, key)
	if err != nil {
		return err
	}

	score, ok := z.Score(member)
	replyScore(c, score, ok)
	return nil
}

func replyScore(c *command.Context, score float64, ok bool) {
	if !ok {
		c.Reply.Null()
		return
	}
	c.Reply.Double(score)
}

var zmscore = command.Spec{
	Name: "zmscore", Group: command.GroupSortedSet, Since: "6.2.0", Arity: -3,
	Summary: "Returns the scores of several members.", Syntax: "key member [member ...]", Complexity: "O(N) in the members",
	Flags: reads | fast, Keys: one(command.RO | command.Access),
	Element: 2,
	Run:     runZMScore,
}

func runZMScore(c *command.Context) error {
	key, members := c.Args.Key(), c.Args.Rest()

	z, _, err := read(c, key)
	if err != nil {
		return err
	}

	c.Reply.Array(len(members))
	for _, m := range members {
		score, ok := z.Score(m)
		replyScore(c, score, ok)
	}
	return nil
}

var zrank = command.Spec{
	Name: "zrank", Group: command.GroupSortedSet, Since: "2.0.0", Arity: -3,
	Summary: "Returns how many members stand before a member, from the lowest score.",
	Syntax:  "key member [WITHSCORE]", Complexity: "O(log N)",
	Flags: reads | fast, Keys: one(command.RO | command.Access),
	Element: 2,
	Run:     func(c *command.Context) error { return rank(c, false) },
}

var zrevrank = command.Spec{
	Name: "zrevrank", Group: command.GroupSortedSet, Since: "2.0.0", Arity: -3,
	Summary: "Returns how many members stand behind a member, up to the highest score.",
	Syntax:  "key member [WITHSCORE]", Complexity: "O(log N)",
	Flags: reads | fast, Keys: one(command.RO | command.Access),
	Element: 2,
	Run:     func(c *command.Context) error { return rank(c, true) },
}

func rank(c *command.Context, rev bool) error {
	key, member := c.Args.Key(), c.Args.Bytes()
	if c.Args.Len() > 1 {
		return command.ErrArity
	}
	withScore := c.Args.Word("WITHSCORE")
	if c.Args.More() {
		return command.ErrSyntax
	}

	z, _, err := read(c, key)
	if err != nil {
		return err
	}

	n, score, ok := z.Rank(member)
	if rev {
		n = z.Len() - 1 - n
	}
	switch {
	case !ok && withScore:
		c.Reply.NullArray()
	case !ok:
		c.Reply.Null()
	case withScore:
		c.Reply.Array(2)
		c.Reply.Int(int64(n))
		c.Reply.Double(score)
	default:
		c.Reply.Int(int64(n))
	}
	return nil
}

var zcount = command.Spec{
	Name: "zcount", Group: command.GroupSortedSet, Since: "2.0.0", Arity: 4,
	Summary: "Counts the members with a score in a range.", Syntax: "key min max", Complexity: "O(log N)",
	Flags: reads | fast, Keys: one(command.RO | command.Access),
	Run: func(c *command.Context) error { return count(c, byScore) },
}

var zlexcount = command.Spec{
	Name: "zlexcount", Group: command.GroupSortedSet, Since: "2.8.9", Arity: 4,
	Summary: "Counts the members in a range of members, where all have the same score.", Syntax: "key min max", Complexity: "O(log N)",
	Flags: reads | fast, Keys: one(command.RO | command.Access),
	Run: func(c *command.Context) error { return count(c, byLex) },
}

func count(c *command.Context, by rangeType) error {
	key := c.Args.Key()
	b, err := parseBounds(by, c.Args.Bytes(), c.Args.Bytes())
	if err != nil {
		return err
	}

	z, _, err := read(c, key)
	if err != nil {
		return err
	}

	c.Reply.Int(int64(b.span(z, false).Len()))
	return nil
}

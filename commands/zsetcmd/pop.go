package zsetcmd

import (
	"math"
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/zset"
	"github.com/medleydb/medley/keyspace"
)

const (
	errNumKeys = command.ReplyError("ERR numkeys should be greater than 0")
	errCount   = command.ReplyError("ERR count should be greater than 0")
)

var zpopmin = command.Spec{
	Name: "zpopmin", Group: command.GroupSortedSet, Since: "5.0.0", Arity: -2,
	Summary: "Takes the member with the lowest score, or a number of them, from a sorted set.",
	Syntax:  "key [count]", Complexity: "O(M log N) in the members returned",
	Flags: command.Write | fast, Keys: one(command.RW | command.Access | command.Delete),
	Run: func(c *command.Context) error { return pop(c, false) },
}

var zpopmax = command.Spec{
	Name: "zpopmax", Group: command.GroupSortedSet, Since: "5.0.0", Arity: -2,
	Summary: "Takes the member with the highest score, or a number of them, from a sorted set.",
	Syntax:  "key [count]", Complexity: "O(M log N) in the members returned",
	Flags: command.Write | fast, Keys: one(command.RW | command.Access | command.Delete),
	Run: func(c *command.Context) error { return pop(c, true) },
}

func pop(c *command.Context, highest bool) error {
	key := c.Args.Key()
	counted, n := c.Args.More(), int64(1)
	if c.Args.Len() > 1 {
		return command.ErrSyntax
	}
	if counted {
		n = c.Args.IntIn(0, math.MaxInt64, command.ErrNotPositive)
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	z, _, err := update(c, key)
	if err != nil {
		return err
	}
	s := endSpan(z, n, highest)
	if counted {
		replyMembers(c, s.Len(), true, func(fn func([]byte, float64) bool) { z.Each(s, highest, fn) })
	} else {
		c.Reply.Array(2 * s.Len())
		replyFlat(c, z, s, highest)
	}
	take(c, key, z, s, highest)
	return nil
}

// endSpan returns the span of up to n members at an end.
func endSpan(z zset.ZSet, n int64, highest bool) zset.Span { return z.All().Limit(0, n, highest) }

// replyFlat replies members and scores as elements of the array that is open.
func replyFlat(c *command.Context, z zset.ZSet, s zset.Span, rev bool) {
	z.Each(s, rev, func(m []byte, score float64) bool {
		c.Reply.Bulk(m)
		c.Reply.Double(score)
		return true
	})
}

// take takes out the members that have been replied.
func take(c *command.Context, key []byte, z zset.ZSet, s zset.Span, highest bool) {
	if s.Len() == 0 {
		return
	}
	z.RemoveSpan(s)
	c.Changed(key, popEvent(highest))
}

func popEvent(highest bool) keyspace.Event {
	if highest {
		return keyspace.EvZPopMax
	}
	return keyspace.EvZPopMin
}

func popName(highest bool) string {
	if highest {
		return "ZPOPMAX"
	}
	return "ZPOPMIN"
}

// firstOf opens the first of the keys that is there, which must be a sorted set; key is
// nil when none is.
func firstOf(c *command.Context, keys [][]byte) (key []byte, z zset.ZSet, err error) {
	for _, key := range keys {
		if len(keys) > 1 {
			// Missing keys are not opened: each that is costs the later ones a look.
			if _, ok := c.Tx.Expiry(key); !ok {
				continue
			}
		}
		z, ok, err := update(c, key)
		if err != nil || ok {
			return key, z, err
		}
	}
	return nil, z, nil
}

var zmpop = command.Spec{
	Name: "zmpop", Group: command.GroupSortedSet, Since: "7.0.0", Arity: -4,
	Summary: "Takes members from an end of the first of several sorted sets that is there.",
	Syntax:  "numkeys key [key ...] <MIN | MAX> [COUNT count]", Complexity: "O(K + M log N) in the keys and in the members returned",
	Flags: command.Write,
	Keys:  []command.KeySpec{command.KeyNum(1, 1, 1, command.RW|command.Access|command.Delete)},
	Run:   runZMPop,
}

func runZMPop(c *command.Context) error {
	m := multiPopArgs(&c.Args)
	if err := c.Args.Err(); err != nil {
		return err
	}

	done, err := m.run(c)
	if err != nil {
		return err
	}

	if !done {
		c.Reply.NullArray()
	}
	return nil
}

// A multiPop is what ZMPOP and BZMPOP are asked for.
type multiPop struct {
	keys    [][]byte
	highest bool
	count   int64
}

func multiPopArgs(a *command.Args) multiPop {
	m := multiPop{count: 1}
	n := a.IntIn(1, math.MaxInt64, errNumKeys)
	if a.Err() == nil && n > int64(a.Len()) {
		a.Fail(command.ErrSyntax)
	}
	if a.Err() != nil {
		return m
	}
	m.keys = a.Take(int(n))
	if m.highest = a.Word("MAX"); !m.highest && !a.Word("MIN") {
		a.Fail(command.ErrSyntax)
	}
	if a.Option("COUNT", 1) {
		m.count = a.IntIn(1, math.MaxInt64, errCount)
	}
	if a.More() {
		a.Fail(command.ErrSyntax)
	}
	return m
}

// run pops from the first sorted set and answers with its key and the members; false when
// there is no sorted set.
func (m *multiPop) run(c *command.Context) (bool, error) {
	key, z, err := firstOf(c, m.keys)
	if key == nil || err != nil {
		return false, err
	}
	s := endSpan(z, m.count, m.highest)
	c.Reply.Array(2)
	c.Reply.Bulk(key)
	c.Reply.Array(s.Len())
	z.Each(s, m.highest, func(member []byte, score float64) bool {
		c.Reply.Array(2)
		c.Reply.Bulk(member)
		c.Reply.Double(score)
		return true
	})
	take(c, key, z, s, m.highest)
	if c.Tx.Recording() {
		c.Tx.Effect([]byte(popName(m.highest)), key, strconv.AppendInt(nil, int64(s.Len()), 10))
	}
	return true, nil
}

// Commands that wait run again when one of their keys has changed, and look at all of
// their arguments anew: nothing is remembered of the first attempt.

var bzpopmin = command.Spec{
	Name: "bzpopmin", Group: command.GroupSortedSet, Since: "5.0.0", Arity: -3,
	Summary: "Takes the member with the lowest score from the first of several sorted sets that is there, or waits for one.",
	Syntax:  "key [key ...] timeout", Complexity: "O(log N)",
	Flags: command.Write | command.Blocking | fast,
	Keys:  []command.KeySpec{command.KeyRange(1, -2, 1, command.RW|command.Access|command.Delete)},
	Run:   func(c *command.Context) error { return blockingPop(c, false) },
}

var bzpopmax = command.Spec{
	Name: "bzpopmax", Group: command.GroupSortedSet, Since: "5.0.0", Arity: -3,
	Summary: "Takes the member with the highest score from the first of several sorted sets that is there, or waits for one.",
	Syntax:  "key [key ...] timeout", Complexity: "O(log N)",
	Flags: command.Write | command.Blocking | fast,
	Keys:  []command.KeySpec{command.KeyRange(1, -2, 1, command.RW|command.Access|command.Delete)},
	Run:   func(c *command.Context) error { return blockingPop(c, true) },
}

func blockingPop(c *command.Context, highest bool) error {
	keys := c.Args.Take(c.Args.Len() - 1)
	deadline, err := c.ParseTimeout(c.Args.Bytes())
	if err != nil {
		return err
	}

	key, z, err := firstOf(c, keys)
	if err != nil {
		return err
	}
	if key == nil {
		return park(c, keys, deadline)
	}
	s := endSpan(z, 1, highest)
	c.Reply.Array(3)
	c.Reply.Bulk(key)
	replyFlat(c, z, s, highest)
	take(c, key, z, s, highest)
	c.Effect(popName(highest), key)
	return nil
}

// park waits for a sorted set at one of the keys.
func park(c *command.Context, keys [][]byte, deadlineMs int64) error {
	return c.Park(command.Wait{
		Keys: keys, Kind: datatypes.ZSet, DeadlineMs: deadlineMs,
		TimedOut: command.Value{Kind: command.NullArray},
	})
}

var bzmpop = command.Spec{
	Name: "bzmpop", Group: command.GroupSortedSet, Since: "7.0.0", Arity: -5,
	Summary: "Takes members from an end of the first of several sorted sets that is there, or waits for one.",
	Syntax:  "timeout numkeys key [key ...] <MIN | MAX> [COUNT count]", Complexity: "O(K + M log N) in the keys and in the members returned",
	Flags: command.Write | command.Blocking,
	Keys:  []command.KeySpec{command.KeyNum(2, 1, 1, command.RW|command.Access|command.Delete)},
	Run:   runBZMPop,
}

func runBZMPop(c *command.Context) error {
	timeout := c.Args.Bytes()
	m := multiPopArgs(&c.Args)
	if err := c.Args.Err(); err != nil {
		return err
	}
	// Behind the others: their errors come first.
	deadline, err := c.ParseTimeout(timeout)
	if err != nil {
		return err
	}

	done, err := m.run(c)
	if err != nil || done {
		return err
	}
	return park(c, m.keys, deadline)
}

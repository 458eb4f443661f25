package setcmd

import (
	"math"
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/set"
	"github.com/medleydb/medley/keyspace"
)

var spop = command.Spec{
	Name: "spop", Group: command.GroupSet, Since: "1.0.0", Arity: -2,
	Summary: "Removes random members from a set and returns them.", Syntax: "key [count]",
	Complexity: "O(1) without a count, else O(N) in the count",
	Tips:       []string{"nondeterministic_output"},
	Flags:      command.Write | command.Fast, Keys: one(command.RW | command.Access | command.Delete),
	Run: runSPop,
}

func runSPop(c *command.Context) error {
	key := c.Args.Key()
	if c.Args.Len() == 0 {
		return popOne(c, key)
	}
	if c.Args.Len() > 1 {
		return command.ErrSyntax
	}
	count := c.Args.IntIn(0, math.MaxInt64, command.ErrNotPositive)
	if err := c.Args.Err(); err != nil {
		return err
	}

	s, ok, err := keyspace.Update[set.Set](c.Tx, key)
	if err != nil {
		return err
	}
	switch {
	case !ok || count == 0:
		c.Reply.Set(0)
	case count >= int64(s.Len()):
		popAll(c, key, s)
	default:
		popSome(c, key, s, int(count))
	}
	return nil
}

func popOne(c *command.Context, key []byte) error {
	s, _, err := keyspace.Update[set.Set](c.Tx, key)
	if err != nil {
		return err
	}
	member, ok := s.Pop(c.Scratch)
	if !ok {
		c.Reply.Null()
		return nil
	}
	c.Changed(key, keyspace.EvSPop)
	if c.Tx.Recording() {
		c.Effect(sremName, key, append([]byte(nil), member...))
	}

	c.Reply.Bulk(member)
	return nil
}

func popAll(c *command.Context, key []byte, s set.Set) {
	replySet(c, s)
	c.Changed(key, keyspace.EvSPop)
	c.Tx.Delete(key)
	c.Tx.Notify(key, keyspace.EvDel)
	c.EffectRemoved(key, &c.Services.Config.LazyfreeLazyServerDel)
}

func popSome(c *command.Context, key []byte, s set.Set, n int) {
	var popped [][]byte
	recording := c.Tx.Recording()
	if recording {
		popped = make([][]byte, 0, n+1)
		popped = append(popped, key)
	}
	c.Reply.Set(n)
	for range n {
		member, _ := s.Pop(c.Scratch)
		c.Reply.Bulk(member)
		if recording {
			popped = append(popped, append([]byte(nil), member...))
		}
	}
	c.Changed(key, keyspace.EvSPop)
	if recording {
		c.Effect(sremName, popped...)
	}
}

var srandmember = command.Spec{
	Name: "srandmember", Group: command.GroupSet, Since: "1.0.0", Arity: -2,
	Summary: "Returns random members of a set: different ones, or with a negative count any.", Syntax: "key [count]",
	Complexity: "O(1) without a count, else O(N) in its absolute value",
	Tips:       []string{"nondeterministic_output"},
	Flags:      command.ReadOnly, Keys: one(command.RO | command.Access),
	Run: runSRandMember,
}

// maxRepeats is the largest number of members that are drawn with repetition: beyond it
// the reply would take all memory.
const maxRepeats = 1 << 28

func runSRandMember(c *command.Context) error {
	key := c.Args.Key()
	if c.Args.Len() == 0 {
		return randomOne(c, key)
	}
	if c.Args.Len() > 1 {
		return command.ErrSyntax
	}
	count := c.Args.Int()
	if err := c.Args.Err(); err != nil {
		return err
	}
	if count == math.MinInt64 {
		limit := strconv.Itoa(math.MaxInt64)
		return command.Errorf("value is out of range, value must between -%s and %s", limit, limit)
	}

	s, _, err := keyspace.Read[set.Set](c.Tx, key)
	if err != nil {
		return err
	}
	n, draw := s.Len(), s.RandomDistinct
	switch {
	case count >= 0:
		n = int(min(int64(n), count))
	case n > 0 && count < -maxRepeats:
		return command.ErrOutOfRange
	case n > 0:
		n, draw = int(-count), s.RandomRepeated
	}

	c.Reply.Array(n)
	draw(n, func(m *set.Member) { c.Reply.Bulk(m.Bytes(c.Scratch)) })
	return nil
}

func randomOne(c *command.Context, key []byte) error {
	s, _, err := keyspace.Read[set.Set](c.Tx, key)
	if err != nil {
		return err
	}
	m, ok := s.Random()
	if !ok {
		c.Reply.Null()
		return nil
	}
	c.Reply.Bulk(m.Bytes(c.Scratch))
	return nil
}

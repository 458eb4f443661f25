package listcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/list"
)

// Commands that wait run again when one of their keys has changed, and look at all of
// their arguments anew: nothing is remembered of the first attempt.

var blpop = command.Spec{
	Name: "blpop", Group: command.GroupList, Since: "2.0.0", Arity: -3,
	Summary: "Takes the first element of the first of several lists that is there, or waits for one.",
	Syntax:  "key [key ...] timeout", Complexity: "O(N) in the number of keys",
	Flags: command.Write | command.Blocking,
	Keys:  []command.KeySpec{command.KeyRange(1, -2, 1, command.RW|command.Access|command.Delete)},
	Run:   func(c *command.Context) error { return blockingPop(c, list.Head) },
}

var brpop = command.Spec{
	Name: "brpop", Group: command.GroupList, Since: "2.0.0", Arity: -3,
	Summary: "Takes the last element of the first of several lists that is there, or waits for one.",
	Syntax:  "key [key ...] timeout", Complexity: "O(N) in the number of keys",
	Flags: command.Write | command.Blocking,
	Keys:  []command.KeySpec{command.KeyRange(1, -2, 1, command.RW|command.Access|command.Delete)},
	Run:   func(c *command.Context) error { return blockingPop(c, list.Tail) },
}

func blockingPop(c *command.Context, end list.End) error {
	keys := c.Args.Take(c.Args.Len() - 1)
	deadline, err := c.ParseTimeout(c.Args.Bytes())
	if err != nil {
		return err
	}

	key, l, err := firstList(c, keys)
	if err != nil {
		return err
	}
	if key == nil {
		return parkPop(c, keys, deadline)
	}
	b, _ := l.Pop(end, c.Scratch)
	c.Changed(key, popEvent(end))
	if c.Tx.Recording() {
		c.Tx.Effect(popName(end), key)
	}

	c.Reply.Array(2)
	c.Reply.Bulk(key)
	c.Reply.Bulk(b)
	return nil
}

// parkPop waits for a list at one of the keys.
func parkPop(c *command.Context, keys [][]byte, deadlineMs int64) error {
	return c.Park(command.Wait{
		Keys: keys, Kind: listKind, DeadlineMs: deadlineMs,
		TimedOut: command.Value{Kind: command.NullArray},
	})
}

var blmpop = command.Spec{
	Name: "blmpop", Group: command.GroupList, Since: "7.0.0", Arity: -5,
	Summary: "Takes elements from the first of several lists that is there, or waits for one.",
	Syntax:  "timeout numkeys key [key ...] <LEFT | RIGHT> [COUNT count]", Complexity: "O(N+M) in the numbers of keys and of elements returned",
	Flags: command.Write | command.Blocking,
	Keys:  []command.KeySpec{command.KeyNum(2, 1, 1, command.RW|command.Access|command.Delete)},
	Run:   runBLMPop,
}

func runBLMPop(c *command.Context) error {
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
	return parkPop(c, m.keys, deadline)
}

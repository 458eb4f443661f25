package listcmd

import (
	"math"
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/list"
	"github.com/medleydb/medley/keyspace"
)

var lpop = command.Spec{
	Name: "lpop", Group: command.GroupList, Since: "1.0.0", Arity: -2,
	Summary: "Takes the first element, or a number of them, from a list.",
	Syntax:  "key [count]", Complexity: "O(N) in the number of elements returned",
	Flags: command.Write | command.Fast,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Access|command.Delete)},
	Run:   func(c *command.Context) error { return pop(c, list.Head) },
}

var rpop = command.Spec{
	Name: "rpop", Group: command.GroupList, Since: "1.0.0", Arity: -2,
	Summary: "Takes the last element, or a number of them, from a list.",
	Syntax:  "key [count]", Complexity: "O(N) in the number of elements returned",
	Flags: command.Write | command.Fast,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Access|command.Delete)},
	Run:   func(c *command.Context) error { return pop(c, list.Tail) },
}

func pop(c *command.Context, end list.End) error {
	key := c.Args.Key()
	if c.Args.More() {
		return popCount(c, key, end)
	}

	l, ok, err := keyspace.Update[list.List](c.Tx, key)
	if err != nil {
		return err
	}
	if !ok {
		c.Reply.Null()
		return nil
	}
	b, _ := l.Pop(end, c.Scratch)
	c.Changed(key, popEvent(end))

	c.Reply.Bulk(b)
	return nil
}

func popCount(c *command.Context, key []byte, end list.End) error {
	if c.Args.Len() > 1 {
		return command.ErrArity
	}
	n := c.Args.IntIn(0, math.MaxInt64, command.ErrNotPositive)
	if err := c.Args.Err(); err != nil {
		return err
	}

	l, ok, err := keyspace.Update[list.List](c.Tx, key)
	if err != nil {
		return err
	}
	if !ok {
		c.Reply.NullArray()
		return nil
	}
	popAll(c, key, l, end, n)
	return nil
}

// popAll takes up to n elements from an end, answers with them and returns how many
// there were.
func popAll(c *command.Context, key []byte, l list.List, end list.End, n int64) int {
	have := l.Len()
	k := int(min(n, int64(have)))
	start := 0
	if end == list.Tail {
		start = have - 1
	}
	replyElements(c, l.Iter(start, end == list.Tail), k)
	if k > 0 {
		l.Drop(end, k)
		c.Changed(key, popEvent(end))
	}
	return k
}

var lmpop = command.Spec{
	Name: "lmpop", Group: command.GroupList, Since: "7.0.0", Arity: -4,
	Summary: "Takes elements from the first of several lists that is there.",
	Syntax:  "numkeys key [key ...] <LEFT | RIGHT> [COUNT count]", Complexity: "O(N+M) in the numbers of keys and of elements returned",
	Flags: command.Write,
	Keys:  []command.KeySpec{command.KeyNum(1, 1, 1, command.RW|command.Access|command.Delete)},
	Run:   runLMPop,
}

func runLMPop(c *command.Context) error {
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

// A multiPop is what LMPOP and BLMPOP are asked for.
type multiPop struct {
	keys  [][]byte
	end   list.End
	count int64
}

func multiPopArgs(a *command.Args) multiPop {
	m := multiPop{count: 1}
	n := a.IntIn(1, math.MaxInt64, errNumKeys)
	if a.Err() != nil {
		return m
	}
	if n > int64(a.Len()) {
		a.Fail(command.ErrSyntax)
		return m
	}
	m.keys = a.Take(int(n))
	m.end = endArg(a)
	if a.Option("COUNT", 1) {
		m.count = a.IntIn(1, math.MaxInt64, errCount)
	}
	if a.More() {
		a.Fail(command.ErrSyntax)
	}
	return m
}

// run pops from the first list and answers with its key and elements; false when
// there is no list.
func (m *multiPop) run(c *command.Context) (bool, error) {
	key, l, err := firstList(c, m.keys)
	if key == nil || err != nil {
		return false, err
	}
	c.Reply.Array(2)
	c.Reply.Bulk(key)
	n := popAll(c, key, l, m.end, m.count)
	if c.Tx.Recording() {
		c.Tx.Effect(popName(m.end), key, strconv.AppendInt(nil, int64(n), 10))
	}
	return true, nil
}

// firstList opens the first of the keys that is there, which must be a list; key is
// nil when none is.
func firstList(c *command.Context, keys [][]byte) (key []byte, l list.List, err error) {
	for _, key := range keys {
		if len(keys) > 1 {
			// Missing keys are not opened: each that is costs the later ones a look.
			if _, ok := c.Tx.Expiry(key); !ok {
				continue
			}
		}
		l, ok, err := keyspace.Update[list.List](c.Tx, key)
		if err != nil || ok {
			return key, l, err
		}
	}
	return nil, l, nil
}

package listcmd

import (
	"math"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/list"
	"github.com/medleydb/medley/keyspace"
)

var llen = command.Spec{
	Name: "llen", Group: command.GroupList, Since: "1.0.0", Arity: 2,
	Summary: "Returns the number of elements of a list.", Syntax: "key", Complexity: "O(1)",
	Flags: command.ReadOnly | command.Fast,
	Keys:  []command.KeySpec{command.Key(1, command.RO)},
	Run:   runLLen,
}

func runLLen(c *command.Context) error {
	key := c.Args.Key()

	l, _, err := keyspace.Read[list.List](c.Tx, key)
	if err != nil {
		return err
	}

	c.Reply.Int(int64(l.Len()))
	return nil
}

var lindex = command.Spec{
	Name: "lindex", Group: command.GroupList, Since: "1.0.0", Arity: 3,
	Summary: "Returns the element with an index, counted from the tail when it is negative.",
	Syntax:  "key index", Complexity: "O(1) at the ends, about O(log N) between them",
	Flags: command.ReadOnly,
	Keys:  []command.KeySpec{command.Key(1, command.RO|command.Access)},
	Run:   runLIndex,
}

// runLIndex looks at the key before the index, as servers of the field do: a bad index
// of a missing list is no error.
func runLIndex(c *command.Context) error {
	key := c.Args.Key()
	l, ok, err := keyspace.Read[list.List](c.Tx, key)
	if err != nil {
		return err
	}
	if !ok {
		c.Reply.Null()
		return nil
	}
	i := c.Args.Int()
	if err := c.Args.Err(); err != nil {
		return err
	}

	n := l.Len()
	if i = index(i, n); i < 0 || i >= int64(n) {
		c.Reply.Null()
		return nil
	}
	b, _ := l.At(int(i), c.Scratch)
	c.Reply.Bulk(b)
	return nil
}

var lrange = command.Spec{
	Name: "lrange", Group: command.GroupList, Since: "1.0.0", Arity: 4,
	Summary: "Returns the elements from one index to another, both included.",
	Syntax:  "key start stop", Complexity: "O(N) in the number of elements returned",
	Flags: command.ReadOnly,
	Keys:  []command.KeySpec{command.Key(1, command.RO|command.Access)},
	Run:   runLRange,
}

func runLRange(c *command.Context) error {
	key, first, last := c.Args.Key(), c.Args.Int(), c.Args.Int()
	if err := c.Args.Err(); err != nil {
		return err
	}

	l, _, err := keyspace.Read[list.List](c.Tx, key)
	if err != nil {
		return err
	}

	start, end := bounds(first, last, l.Len())
	replyElements(c, l.Iter(start, false), end-start)
	return nil
}

// replyElements answers with the next n elements of the cursor.
func replyElements(c *command.Context, it list.Cursor, n int) {
	c.Reply.Array(n)
	for ; n > 0 && it.Next(); n-- {
		c.Reply.Bulk(it.Bytes(c.Scratch))
	}
}

var lpos = command.Spec{
	Name: "lpos", Group: command.GroupList, Since: "6.0.6", Arity: -3,
	Summary: "Returns the indexes of elements with a given text.",
	Syntax:  "key element [RANK rank] [COUNT num-matches] [MAXLEN len]", Complexity: "O(N) in the number of elements looked at",
	Flags: command.ReadOnly,
	Keys:  []command.KeySpec{command.Key(1, command.RO|command.Access)},
	Run:   runLPos,
}

func runLPos(c *command.Context) error {
	key := c.Args.Key()
	s := list.Search{Text: c.Args.Bytes()}
	count := posOptions(&c.Args, &s)
	if err := c.Args.Err(); err != nil {
		return err
	}

	l, _, err := keyspace.Read[list.List](c.Tx, key)
	if err != nil {
		return err
	}

	if count < 0 {
		replyPosition(c, l, s)
		return nil
	}
	mark, n := c.Reply.Open(), int64(0)
	l.Find(s, func(i int) bool {
		c.Reply.Int(int64(i))
		n++
		return n != count
	})
	c.Reply.Close(mark, int(n))
	return nil
}

// posOptions takes the options of LPOS and returns the count, -1 if it is not given.
func posOptions(a *command.Args, s *list.Search) (count int64) {
	count = -1
	for a.More() {
		switch {
		case a.Option("RANK", 1):
			rank := a.Int()
			if a.Err() == nil && rank == math.MinInt64 {
				a.Fail(errBelowRange)
			}
			if a.Err() == nil && rank == 0 {
				a.Fail(errRankZero)
			}
			s.Back = rank < 0
			s.Skip = int(max(rank, -rank) - 1)
		case a.Option("COUNT", 1):
			count = a.IntIn(0, math.MaxInt64, errCountNegative)
		case a.Option("MAXLEN", 1):
			s.Max = int(a.IntIn(0, math.MaxInt64, errMaxLenNegative))
		default:
			a.Fail(command.ErrSyntax)
		}
	}
	return count
}

// Errors of these commands alone, in the words that clients know.
var (
	errBelowRange = command.Errorf("value is out of range, value must between %d and %d", -math.MaxInt64, math.MaxInt64)
	errRankZero   = command.Errorf("RANK can't be zero: use 1 to start from the first match, " +
		"2 from the second ... or use negative to start from the end of the list")
	errCountNegative  = command.Errorf("COUNT can't be negative")
	errMaxLenNegative = command.Errorf("MAXLEN can't be negative")
	errNumKeys        = command.Errorf("numkeys should be greater than 0")
	errCount          = command.Errorf("count should be greater than 0")
)

func replyPosition(c *command.Context, l list.List, s list.Search) {
	at := -1
	l.Find(s, func(i int) bool {
		at = i
		return false
	})
	if at < 0 {
		c.Reply.Null()
		return
	}
	c.Reply.Int(int64(at))
}

// listKind is the kind of value that the family's commands wait for.
const listKind = datatypes.List

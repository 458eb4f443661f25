package setcmd

import (
	"math"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/set"
	"github.com/medleydb/medley/keyspace"
)

// The commands over several sets: a reader, one that stores, and one that counts, for
// each of the operations.

func reader(name, summary, complexity string, run func(*command.Context) error) command.Spec {
	return command.Spec{
		Name: name, Group: command.GroupSet, Since: "1.0.0", Arity: -2,
		Summary: summary, Syntax: "key [key ...]", Complexity: complexity,
		Tips:  []string{"nondeterministic_output_order"},
		Flags: command.ReadOnly, Keys: []command.KeySpec{command.KeyRange(1, -1, 1, command.RO|command.Access)},
		Run: run,
	}
}

const (
	interCost = "O(N*M) in the members of the smallest set and the number of sets"
	sumCost   = "O(N) in the members of all sets"
)

var sinter = reader("sinter", "Returns the intersection of sets.", interCost, func(c *command.Context) error {
	sets, missing, err := openAll(c, c.Args.Rest())
	if err != nil {
		return err
	}
	if missing > 0 {
		c.Reply.Set(0)
		return nil
	}
	// The number of members is not known before they are.
	replySet(c, set.Inter(c.Tx.Env(), sets))
	return nil
})

var sunion = reader("sunion", "Returns the union of sets.", sumCost, func(c *command.Context) error {
	sets, _, err := openAll(c, c.Args.Rest())
	if err != nil {
		return err
	}
	replySet(c, set.Union(c.Tx.Env(), sets))
	return nil
})

var sdiff = reader("sdiff", "Returns the members of the first set that are in no other.", sumCost, func(c *command.Context) error {
	sets, _, err := openAll(c, c.Args.Rest())
	if err != nil {
		return err
	}
	replySet(c, set.Diff(c.Tx.Env(), sets))
	return nil
})

// operation makes a set of several.
type operation func(*datatypes.Env, []set.Set) set.Set

func storer(name, summary, complexity string, ev keyspace.Event, op operation) command.Spec {
	return command.Spec{
		Name: name, Group: command.GroupSet, Since: "1.0.0", Arity: -3,
		Summary: summary, Syntax: "destination key [key ...]", Complexity: complexity,
		Flags: command.Write | command.DenyOOM,
		Keys: []command.KeySpec{command.Key(1, command.OW|command.Update),
			command.KeyRange(2, -1, 1, command.RO|command.Access)},
		Run: func(c *command.Context) error {
			dst := c.Args.Key()

			sets, _, err := openAll(c, c.Args.Rest())
			if err != nil {
				return err
			}
			n := store(c, dst, op(c.Tx.Env(), sets), ev)

			c.Reply.Int(int64(n))
			return nil
		},
	}
}

// store puts the set at the key, in place of what is there, and returns the number of
// its members. An empty set is no key.
func store(c *command.Context, dst []byte, s set.Set, ev keyspace.Event) int {
	if !s.Exists() || s.Len() == 0 {
		if c.Tx.Delete(dst) {
			c.Changed(dst, keyspace.EvDel)
		}
		return 0
	}
	n := s.Len()
	keyspace.Create[set.Set](c.Tx, dst, 0).Adopt(s)
	c.Changed(dst, ev)
	return n
}

var sinterstore = storer("sinterstore", "Stores the intersection of sets at a key and counts its members.", interCost,
	keyspace.EvSInterStore, set.Inter)

var sunionstore = storer("sunionstore", "Stores the union of sets at a key and counts its members.", sumCost,
	keyspace.EvSUnionStore, set.Union)

var sdiffstore = storer("sdiffstore", "Stores the members of the first set that are in no other at a key, and counts them.", sumCost,
	keyspace.EvSDiffStore, set.Diff)

func counter(name, since, summary, options, complexity string, run func(*command.Context) error) command.Spec {
	return command.Spec{
		Name: name, Group: command.GroupSet, Since: since, Arity: -3,
		Summary: summary, Syntax: "numkeys key [key ...] " + options, Complexity: complexity,
		Flags: command.ReadOnly, Keys: []command.KeySpec{command.KeyNum(1, 1, 1, command.RO|command.Access)},
		Run: run,
	}
}

// counting are the arguments of the commands that count.
type counting struct {
	keys  [][]byte
	limit int // 0 for none
	// approx allows an estimate.
	approx bool
}

var (
	errNumKeys     = command.Errorf("numkeys should be greater than 0")
	errTooManyKeys = command.Errorf("Number of keys can't be greater than number of args")
	errLimit       = command.Errorf("LIMIT can't be negative")
)

// parse takes the arguments; approx tells whether APPROX is one of them.
func (n *counting) parse(a *command.Args, approx bool) {
	count := a.IntIn(1, math.MaxInt64, errNumKeys)
	if a.Err() == nil && count > int64(a.Len()) {
		a.Fail(errTooManyKeys)
	}
	if a.Err() != nil {
		return
	}
	n.keys = a.Take(int(count))
	for a.More() {
		switch {
		case a.Option("LIMIT", 1):
			n.limit = int(a.IntIn(0, math.MaxInt64, errLimit))
		case approx && a.Word("APPROX"):
			n.approx = true
		default:
			a.Fail(command.ErrSyntax)
		}
	}
}

var sintercard = counter("sintercard", "7.0.0", "Counts the members of the intersection of sets.", "[LIMIT limit]", interCost,
	func(c *command.Context) error {
		var n counting
		n.parse(&c.Args, false)
		if err := c.Args.Err(); err != nil {
			return err
		}

		sets, missing, err := openAll(c, n.keys)
		if err != nil {
			return err
		}
		if missing > 0 {
			c.Reply.Int(0)
			return nil
		}

		c.Reply.Int(int64(set.InterCard(sets, n.limit)))
		return nil
	})

var sunioncard = counter("sunioncard", "8.10.0", "Counts the members of the union of sets.", "[APPROX] [LIMIT limit]", sumCost,
	func(c *command.Context) error { return count(c, set.UnionCard, set.UnionEstimate) })

var sdiffcard = counter("sdiffcard", "8.10.0", "Counts the members of the first set that are in no other.", "[LIMIT limit]", sumCost,
	func(c *command.Context) error { return count(c, set.DiffCard, nil) })

// count replies what card counts, or, where there is an estimate and APPROX asks for it,
// what that says.
func count(c *command.Context, card, estimate func([]set.Set, int) int) error {
	var n counting
	n.parse(&c.Args, estimate != nil)
	if err := c.Args.Err(); err != nil {
		return err
	}
	if n.approx {
		card = estimate
	}

	sets, _, err := openAll(c, n.keys)
	if err != nil {
		return err
	}

	c.Reply.Int(int64(card(sets, n.limit)))
	return nil
}

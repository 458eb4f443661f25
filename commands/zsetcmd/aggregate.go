package zsetcmd

import (
	"math"
	"slices"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/keyspace"
)

// An operation puts several sources together.
type operation uint8

const (
	union operation = iota
	inter
	diff
)

var (
	fromFirst = []command.KeySpec{command.KeyNum(1, 1, 1, command.RO|command.Access)}
	toFirst   = []command.KeySpec{command.Key(1, command.OW|command.Update), command.KeyNum(2, 1, 1, command.RO|command.Access)}
)

var zunion = command.Spec{
	Name: "zunion", Group: command.GroupSortedSet, Since: "6.2.0", Arity: -3,
	Summary: "Returns the members of any of several sorted sets or sets.",
	Syntax:  "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX | COUNT>] [WITHSCORES]", Complexity: "O(N + M log M) in all members and those returned",
	Flags: reads, Keys: fromFirst,
	Run: func(c *command.Context) error { return aggregate(c, union) },
}

var zinter = command.Spec{
	Name: "zinter", Group: command.GroupSortedSet, Since: "6.2.0", Arity: -3,
	Summary: "Returns the members that several sorted sets or sets have in common.",
	Syntax:  "numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX | COUNT>] [WITHSCORES]", Complexity: "O(N K + M log M) in the members of the smallest, the keys, and the members returned",
	Flags: reads, Keys: fromFirst,
	Run: func(c *command.Context) error { return aggregate(c, inter) },
}

var zdiff = command.Spec{
	Name: "zdiff", Group: command.GroupSortedSet, Since: "6.2.0", Arity: -3,
	Summary: "Returns the members of a sorted set or set that others do not have.",
	Syntax:  "numkeys key [key ...] [WITHSCORES]", Complexity: "O(N K + M log M) in the members of the first, the keys, and the members returned",
	Flags: reads, Keys: fromFirst,
	Run: func(c *command.Context) error { return aggregate(c, diff) },
}

var zunionstore = command.Spec{
	Name: "zunionstore", Group: command.GroupSortedSet, Since: "2.0.0", Arity: -4,
	Summary: "Stores the members of any of several sorted sets or sets in a key.",
	Syntax:  "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX | COUNT>]", Complexity: "O(N + M log M) in all members and those stored",
	Flags: writes, Keys: toFirst,
	Run: func(c *command.Context) error { return aggregateStore(c, union, keyspace.EvZUnionStore) },
}

var zinterstore = command.Spec{
	Name: "zinterstore", Group: command.GroupSortedSet, Since: "2.0.0", Arity: -4,
	Summary: "Stores the members that several sorted sets or sets have in common in a key.",
	Syntax:  "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX | COUNT>]", Complexity: "O(N K + M log M) in the members of the smallest, the keys, and the members stored",
	Flags: writes, Keys: toFirst,
	Run: func(c *command.Context) error { return aggregateStore(c, inter, keyspace.EvZInterStore) },
}

var zdiffstore = command.Spec{
	Name: "zdiffstore", Group: command.GroupSortedSet, Since: "6.2.0", Arity: -4,
	Summary: "Stores the members of a sorted set or set that others do not have in a key.",
	Syntax:  "destination numkeys key [key ...]", Complexity: "O(N K + M log M) in the members of the first, the keys, and the members stored",
	Flags: writes, Keys: toFirst,
	Run: func(c *command.Context) error { return aggregateStore(c, diff, keyspace.EvZDiffStore) },
}

var zintercard = command.Spec{
	Name: "zintercard", Group: command.GroupSortedSet, Since: "7.0.0", Arity: -3,
	Summary: "Counts the members that several sorted sets or sets have in common.",
	Syntax:  "numkeys key [key ...] [LIMIT limit]", Complexity: "O(N K) in the members of the smallest and the keys",
	Flags: reads, Keys: fromFirst,
	Run: runZInterCard,
}

// An aggregation makes one score of two.
type aggregation uint8

const (
	sum aggregation = iota
	least
	greatest
	counted // scores do not matter: each source gives its weight
)

func (g aggregation) join(a, b float64) float64 {
	switch g {
	case least:
		if b < a { // not min, which knows -0
			return b
		}
		return a
	case greatest:
		if b > a {
			return b
		}
		return a
	}
	if s := a + b; !math.IsNaN(s) {
		return s
	}
	return 0 // inf and -inf, or of what is no number
}

type weighted struct {
	source
	weight float64
}

// A query is what is to be put together, and how.
type query struct {
	sources    []weighted
	how        aggregation
	withScores bool
}

// score returns what a member's score in a source counts for: 0 times infinity is 0 in
// general, but not a number, which makes a sum 0, in other sources of an intersection than
// the first.
func (q *query) score(s *weighted, score float64, first bool) float64 {
	if q.how == counted {
		return s.weight
	}
	if f := s.weight * score; !first || !math.IsNaN(f) {
		return f
	}
	return 0
}

// openAll takes the number of keys and opens them: their types are looked at before the
// options.
func (q *query) openAll(c *command.Context) error {
	n := c.Args.Int()
	if err := c.Args.Err(); err != nil {
		return err
	}
	if n < 1 {
		return command.Errorf("at least 1 input key is needed for '%s' command", c.Spec.FullName)
	}
	if n > int64(c.Args.Len()) {
		return command.ErrSyntax
	}
	q.sources = make([]weighted, n)
	for i, key := range c.Args.Take(int(n)) {
		s, err := openSource(c, key)
		if err != nil {
			return err
		}
		q.sources[i] = weighted{s, 1}
	}
	return nil
}

// options takes what follows the keys.
func (q *query) options(a *command.Args, op operation, store bool) error {
	for a.More() {
		switch {
		case op != diff && a.Option("WEIGHTS", len(q.sources)):
			for i := range q.sources {
				w, ok := datatypes.ParseFloat(a.Bytes())
				if !ok {
					return command.ReplyError("ERR weight value is not a float")
				}
				q.sources[i].weight = w
			}
		case op != diff && a.Option("AGGREGATE", 1):
			switch {
			case a.Word("SUM"):
				q.how = sum
			case a.Word("MIN"):
				q.how = least
			case a.Word("MAX"):
				q.how = greatest
			case a.Word("COUNT"):
				q.how = counted
			default:
				return command.ErrSyntax
			}
		case !store && a.Word("WITHSCORES"):
			q.withScores = true
		default:
			return command.ErrSyntax
		}
	}
	return a.Err()
}

func aggregate(c *command.Context, op operation) error {
	var q query
	if err := q.openAll(c); err != nil {
		return err
	}
	if err := q.options(&c.Args, op, false); err != nil {
		return err
	}

	r := q.run(op)

	r.reply(c, q.withScores)
	return nil
}

func aggregateStore(c *command.Context, op operation, ev keyspace.Event) error {
	dst := c.Args.Key()
	var q query
	if err := q.openAll(c); err != nil {
		return err
	}
	if err := q.options(&c.Args, op, true); err != nil {
		return err
	}

	r := q.run(op)

	r.store(c, dst, ev)
	return nil
}

// run puts the sources together and returns the result in order.
func (q *query) run(op operation) *result {
	var r result
	switch op {
	case union:
		q.bySize()
		q.union(&r)
	case inter:
		q.bySize()
		q.inter(func(m []byte, score float64) bool {
			r.add(m, score)
			return true
		})
	default:
		q.diff(&r)
	}
	r.sort()
	return &r
}

// bySize puts small sources first, which also says in which order scores are summed up.
func (q *query) bySize() {
	slices.SortStableFunc(q.sources, func(a, b weighted) int { return a.Len() - b.Len() })
}

func (q *query) union(r *result) {
	seen := make(map[string]int32)
	for i := range q.sources {
		s := &q.sources[i]
		s.Walk(func(m []byte, score float64) bool {
			f := q.score(s, score, true)
			at, ok := seen[string(m)]
			if !ok {
				seen[string(m)] = int32(len(r.items))
				r.add(m, f)
				return true
			}
			x := &r.items[at]
			x.score = q.how.join(x.score, f)
			return true
		})
	}
}

// inter passes the members that all sources have to fn until it says no.
func (q *query) inter(fn func(member []byte, score float64) bool) {
	first := &q.sources[0]
	first.Walk(func(m []byte, score float64) bool {
		f := q.score(first, score, true)
		for i := 1; i < len(q.sources); i++ {
			s := &q.sources[i]
			score, ok := s.Score(m)
			if !ok {
				return true
			}
			f = q.how.join(f, q.score(s, score, false))
		}
		return fn(m, f)
	})
}

func (q *query) diff(r *result) {
	q.sources[0].Walk(func(m []byte, score float64) bool {
		for _, s := range q.sources[1:] {
			if _, ok := s.Score(m); ok {
				return true
			}
		}
		r.add(m, score)
		return true
	})
}

func runZInterCard(c *command.Context) error {
	var q query
	if err := q.openAll(c); err != nil {
		return err
	}
	limit := int64(0)
	for c.Args.More() {
		if !c.Args.Option("LIMIT", 1) {
			return command.ErrSyntax
		}
		limit = c.Args.IntIn(0, math.MaxInt64, command.ReplyError("ERR LIMIT can't be negative"))
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	n := int64(0)
	q.bySize()
	q.inter(func([]byte, float64) bool {
		n++
		return n != limit
	})

	c.Reply.Int(n)
	return nil
}

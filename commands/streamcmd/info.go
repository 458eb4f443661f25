package streamcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/stream"
	"github.com/medleydb/medley/keyspace"
)

var xinfo = command.Spec{
	Name: "xinfo", Group: command.GroupStream, Since: "5.0.0", Arity: -2,
	Summary: "A container for commands that tell about streams and groups.", Complexity: "Depends on the subcommand",
	Subs: []*command.Spec{&xinfoStream, &xinfoGroups, &xinfoConsumers, &xinfoHelp},
}

var xinfoHelp = command.Spec{
	Name: "help", Since: "5.0.0", Arity: 2, Summary: "Explains the subcommands.", Complexity: "O(1)",
	Flags: command.Loading | command.Stale,
	Run:   command.Help,
}

var xinfoStream = command.Spec{
	Name: "stream", Since: "5.0.0", Arity: -3,
	Summary: "Tells about a stream; in full, also of its entries, groups and consumers.",
	Syntax:  "key [FULL [COUNT count]]", Complexity: "O(1); in full O(N) in the number of what is returned",
	Flags: command.ReadOnly,
	Keys:  []command.KeySpec{command.Key(2, command.RO|command.Access)},
	Run:   runXInfoStream,
}

// fullCount is how many entries the full form returns when it is not told.
const fullCount = 10

// runXInfoStream looks at the key before its other arguments, as servers of the field do.
func runXInfoStream(c *command.Context) error {
	key := c.Args.Key()
	s, err := readStream(c, key)
	if err != nil {
		return err
	}
	full, count := false, int64(fullCount)
	if c.Args.More() {
		if n := c.Args.Len(); n == 2 || n > 3 || !c.Args.Word("FULL") {
			return c.SubcommandError()
		}
		full = true
		if c.Args.More() {
			if !c.Args.Word("COUNT") {
				return c.SubcommandError()
			}
			if count = c.Args.Int(); count < 0 {
				count = fullCount
			}
		}
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	if full {
		replyFull(c, s, count)
		return nil
	}
	replyFigures(c, s, 3)
	c.Reply.BulkString("groups")
	c.Reply.Int(int64(s.Groups()))
	for _, end := range [...]struct {
		name     string
		backward bool
	}{{"first-entry", false}, {"last-entry", true}} {
		c.Reply.BulkString(end.name)
		it := s.Range(stream.ID{}, stream.MaxID, end.backward)
		if it.Next() {
			replyEntry(c, &it)
		} else {
			c.Reply.Null()
		}
	}
	return nil
}

// readStream opens a stream that must be there.
func readStream(c *command.Context, key []byte) (stream.Stream, error) {
	s, ok, err := keyspace.Read[stream.Stream](c.Tx, key)
	if err == nil && !ok {
		err = command.ErrNoSuchKey
	}
	return s, err
}

// replyFigures answers with the figures that both forms have, of a map with more pairs
// behind them. Those of idempotent production are there once the stream has used it.
func replyFigures(c *command.Context, s stream.Stream, more int) {
	info, names := s.Info(), s.Idempotence(server(c))
	pairs := 7 + more
	if names.Used {
		pairs += 6
	}
	c.Reply.Map(pairs)
	number := func(name string, n int64) {
		c.Reply.BulkString(name)
		c.Reply.Int(n)
	}
	id := func(name string, id stream.ID) {
		c.Reply.BulkString(name)
		replyID(c, id)
	}
	number("length", int64(info.Length))
	number("radix-tree-keys", int64(info.Blocks))
	number("radix-tree-nodes", int64(info.Blocks)+1)
	id("last-generated-id", info.Last)
	id("max-deleted-entry-id", info.MaxDeleted)
	number("entries-added", int64(info.Added))
	id("recorded-first-entry-id", info.First)
	if !names.Used {
		return
	}
	number("idmp-duration", names.DurationSec)
	number("idmp-maxsize", names.MaxSize)
	number("pids-tracked", int64(names.Producers))
	number("iids-tracked", int64(names.Names))
	number("iids-added", names.Added)
	number("iids-duplicates", names.Duplicates)
}

func replyFull(c *command.Context, s stream.Stream, count int64) {
	replyFigures(c, s, 2)
	if count == 0 {
		count = -1
	}
	c.Reply.BulkString("entries")
	it := s.Range(stream.ID{}, stream.MaxID, false)
	replyEntries(c, &it, count)
	c.Reply.BulkString("groups")
	c.Reply.Array(s.Groups())
	for i := range s.Groups() {
		replyFullGroup(c, s.GroupAt(i), count)
	}
}

func replyFullGroup(c *command.Context, g stream.Group, count int64) {
	pairs := 7
	if g.Released() > 0 {
		pairs++
	}
	c.Reply.Map(pairs)
	c.Reply.BulkString("name")
	c.Reply.BulkString(g.Name())
	replyPosition(c, g)
	c.Reply.BulkString("pel-count")
	c.Reply.Int(int64(g.Pending()))
	if g.Released() > 0 {
		c.Reply.BulkString("nacked-count")
		c.Reply.Int(int64(g.Released()))
	}
	c.Reply.BulkString("pending")
	replyFullPending(c, g, stream.Consumer{}, count)
	c.Reply.BulkString("consumers")
	c.Reply.Array(g.Consumers())
	for i := range g.Consumers() {
		k := g.ConsumerAt(i)
		seen, active := k.Times()
		c.Reply.Map(5)
		c.Reply.BulkString("name")
		c.Reply.BulkString(k.Name())
		c.Reply.BulkString("seen-time")
		c.Reply.Int(seen)
		c.Reply.BulkString("active-time")
		c.Reply.Int(active)
		c.Reply.BulkString("pel-count")
		c.Reply.Int(int64(k.Pending()))
		c.Reply.BulkString("pending")
		replyFullPending(c, g, k, count)
	}
}

// replyPosition answers with how far a group has read.
func replyPosition(c *command.Context, g stream.Group) {
	c.Reply.BulkString("last-delivered-id")
	replyID(c, g.Last())
	c.Reply.BulkString("entries-read")
	if n := g.Read(); n == stream.ReadUnknown {
		c.Reply.Null()
	} else {
		c.Reply.Int(n)
	}
	c.Reply.BulkString("lag")
	if n, ok := g.Lag(); ok {
		c.Reply.Int(n)
	} else {
		c.Reply.Null()
	}
}

// replyFullPending answers with what is pending for a consumer or, with its name in each
// row, in the group.
func replyFullPending(c *command.Context, g stream.Group, of stream.Consumer, count int64) {
	mark, n := c.Reply.Open(), 0
	pending := g.Pending()
	if !of.IsZero() {
		pending = of.Pending()
	}
	if pending > 0 {
		g.EachPending(of, stream.ID{}, func(p stream.Pending) bool {
			if int64(n) == count {
				return false
			}
			n++
			if of.IsZero() {
				c.Reply.Array(4)
				replyID(c, p.ID)
				c.Reply.BulkString(p.Consumer)
			} else {
				c.Reply.Array(3)
				replyID(c, p.ID)
			}
			c.Reply.Int(p.TimeMs)
			c.Reply.Int(p.Count)
			return true
		})
	}
	c.Reply.Close(mark, n)
}

var xinfoGroups = command.Spec{
	Name: "groups", Since: "5.0.0", Arity: 3,
	Summary: "Tells about the groups of a stream.",
	Syntax:  "key", Complexity: "O(N) in the number of groups",
	Flags: command.ReadOnly,
	Keys:  []command.KeySpec{command.Key(2, command.RO|command.Access)},
	Run:   runXInfoGroups,
}

func runXInfoGroups(c *command.Context) error {
	key := c.Args.Key()

	s, err := readStream(c, key)
	if err != nil {
		return err
	}

	c.Reply.Array(s.Groups())
	for i := range s.Groups() {
		g := s.GroupAt(i)
		c.Reply.Map(6)
		c.Reply.BulkString("name")
		c.Reply.BulkString(g.Name())
		c.Reply.BulkString("consumers")
		c.Reply.Int(int64(g.Consumers()))
		c.Reply.BulkString("pending")
		c.Reply.Int(int64(g.Pending()))
		replyPosition(c, g)
	}
	return nil
}

var xinfoConsumers = command.Spec{
	Name: "consumers", Since: "5.0.0", Arity: 4,
	Summary: "Tells about the consumers of a group.",
	Syntax:  "key group", Complexity: "O(N) in the number of consumers",
	Flags: command.ReadOnly,
	Keys:  []command.KeySpec{command.Key(2, command.RO|command.Access)},
	Tips:  []string{"nondeterministic_output"},
	Run:   runXInfoConsumers,
}

func runXInfoConsumers(c *command.Context) error {
	key, name := c.Args.Key(), c.Args.Bytes()

	s, err := readStream(c, key)
	if err != nil {
		return err
	}
	g, ok := s.Group(name)
	if !ok {
		return errNoGroupAt(key, name)
	}

	now := c.Tx.NowMs()
	c.Reply.Array(g.Consumers())
	for i := range g.Consumers() {
		k := g.ConsumerAt(i)
		seen, active := k.Times()
		c.Reply.Map(4)
		c.Reply.BulkString("name")
		c.Reply.BulkString(k.Name())
		c.Reply.BulkString("pending")
		c.Reply.Int(int64(k.Pending()))
		c.Reply.BulkString("idle")
		c.Reply.Int(max(now-seen, 0))
		c.Reply.BulkString("inactive")
		if active >= 0 {
			active = max(now-active, 0)
		}
		c.Reply.Int(active)
	}
	return nil
}

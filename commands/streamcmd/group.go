package streamcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/stream"
	"github.com/medleydb/medley/keyspace"
)

var xgroup = command.Spec{
	Name: "xgroup", Group: command.GroupStream, Since: "5.0.0", Arity: -2,
	Summary: "A container for commands that manage consumer groups.", Complexity: "Depends on the subcommand",
	Subs: []*command.Spec{&xgroupCreate, &xgroupSetID, &xgroupDestroy, &xgroupCreateConsumer, &xgroupDelConsumer, &xgroupHelp},
}

var xgroupHelp = command.Spec{
	Name: "help", Since: "5.0.0", Arity: 2, Summary: "Explains the subcommands.", Complexity: "O(1)",
	Flags: command.Loading | command.Stale,
	Run:   command.Help,
}

var xgroupCreate = command.Spec{
	Name: "create", Since: "5.0.0", Arity: -5,
	Summary: "Makes a consumer group, which has read up to an ID, or to the end ($).",
	Syntax:  "key group <id | $> [MKSTREAM] [ENTRIESREAD entries-read]", Complexity: "O(1)",
	Flags: command.Write | command.DenyOOM,
	Keys:  []command.KeySpec{command.Key(2, command.RW|command.Insert)},
	Run:   runXGroupCreate,
}

// runXGroupCreate looks at the key before the ID, as servers of the field do.
func runXGroupCreate(c *command.Context) error {
	key, name, idWord := c.Args.Key(), c.Args.Bytes(), c.Args.Bytes()
	mkstream, read := false, int64(stream.ReadUnknown)
	for c.Args.More() {
		switch {
		case c.Args.Word("MKSTREAM"):
			mkstream = true
		case c.Args.Option("ENTRIESREAD", 1):
			read = entriesRead(&c.Args)
		default:
			return c.SubcommandError()
		}
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	s, ok, err := keyspace.Update[stream.Stream](c.Tx, key)
	switch {
	case err != nil:
		return err
	case !ok && !mkstream:
		return errNeedsKey
	case len(c.Argv()) > maxCreateArgs:
		return c.SubcommandError()
	}
	id := lastOr(&c.Args, idWord, s)
	if err := c.Args.Err(); err != nil {
		return err
	}
	if !ok {
		if s, err = keyspace.Upsert[stream.Stream](c.Tx, key); err != nil {
			return err
		}
	}
	if _, exists := s.Group(name); exists {
		return stream.ErrGroupExists
	}
	if err := s.CreateGroup(name, id, read); err != nil {
		return err
	}
	if ok {
		groupsChanged(c, key, keyspace.EvXGroupCreate)
	} else {
		c.Changed(key, keyspace.EvXGroupCreate)
	}

	c.Reply.OK()
	return nil
}

// The most arguments of two subcommands, which servers of the field look at last.
const (
	maxCreateArgs = 8
	maxSetIDArgs  = 7
)

func entriesRead(a *command.Args) int64 {
	n := a.Int()
	if a.Err() == nil && n < stream.ReadUnknown {
		a.Fail(errEntriesRead)
	}
	return n
}

// lastOr parses an ID, or $ for the stream's last one.
func lastOr(a *command.Args, word []byte, s stream.Stream) stream.ID {
	if len(word) == 1 && word[0] == '$' {
		return s.LastID()
	}
	return parseID(a, word)
}

var xgroupSetID = command.Spec{
	Name: "setid", Since: "5.0.0", Arity: -5,
	Summary: "Sets up to which ID a consumer group has read, $ for the end.",
	Syntax:  "key group <id | $> [ENTRIESREAD entries-read]", Complexity: "O(1)",
	Flags: command.Write,
	Keys:  []command.KeySpec{command.Key(2, command.RW|command.Update)},
	Run:   runXGroupSetID,
}

func runXGroupSetID(c *command.Context) error {
	key, name, idWord := c.Args.Key(), c.Args.Bytes(), c.Args.Bytes()
	read := int64(stream.ReadUnknown)
	for c.Args.More() {
		if !c.Args.Option("ENTRIESREAD", 1) {
			return c.SubcommandError()
		}
		read = entriesRead(&c.Args)
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	s, g, err := openGroup(c, key, name)
	if err != nil {
		return err
	}
	if len(c.Argv()) > maxSetIDArgs {
		return c.SubcommandError()
	}
	id := s.LastID()
	if !(len(idWord) == 1 && idWord[0] == '$') {
		id = edge(&c.Args, idWord, 0)
	}
	if err := c.Args.Err(); err != nil {
		return err
	}
	g.SetLast(id, read)
	groupsChanged(c, key, keyspace.EvXGroupSetID)

	c.Reply.OK()
	return nil
}

// openGroup opens a group of a stream, both of which must be there, for writing.
func openGroup(c *command.Context, key, name []byte) (s stream.Stream, g stream.Group, err error) {
	s, ok, err := keyspace.Update[stream.Stream](c.Tx, key)
	switch {
	case err != nil:
		return s, g, err
	case !ok:
		return s, g, errNeedsKey
	}
	if g, ok = s.Group(name); !ok {
		return s, g, errNoGroupAt(key, name)
	}
	return s, g, nil
}

var xgroupDestroy = command.Spec{
	Name: "destroy", Since: "5.0.0", Arity: 4,
	Summary: "Removes a consumer group.",
	Syntax:  "key group", Complexity: "O(N) in the number of pending entries",
	Flags: command.Write,
	Keys:  []command.KeySpec{command.Key(2, command.RW|command.Delete)},
	Run:   runXGroupDestroy,
}

func runXGroupDestroy(c *command.Context) error {
	key, name := c.Args.Key(), c.Args.Bytes()

	s, ok, err := keyspace.Update[stream.Stream](c.Tx, key)
	switch {
	case err != nil:
		return err
	case !ok:
		return errNeedsKey
	}
	n := int64(0)
	if s.DestroyGroup(name) { // wakes those who wait for it
		c.Changed(key, keyspace.EvXGroupDestroy)
		n = 1
	}

	c.Reply.Int(n)
	return nil
}

var xgroupCreateConsumer = command.Spec{
	Name: "createconsumer", Since: "6.2.0", Arity: 5,
	Summary: "Makes a consumer of a group.",
	Syntax:  "key group consumer", Complexity: "O(1)",
	Flags: command.Write | command.DenyOOM,
	Keys:  []command.KeySpec{command.Key(2, command.RW|command.Insert)},
	Run:   runXGroupCreateConsumer,
}

func runXGroupCreateConsumer(c *command.Context) error {
	key, name, consumer := c.Args.Key(), c.Args.Bytes(), c.Args.Bytes()

	_, g, err := openGroup(c, key, name)
	if err != nil {
		return err
	}
	n := int64(0)
	if _, created := g.AddConsumer(consumer, c.Tx.NowMs()); created {
		groupsChanged(c, key, keyspace.EvXGroupCreateConsumer)
		n = 1
	}

	c.Reply.Int(n)
	return nil
}

var xgroupDelConsumer = command.Spec{
	Name: "delconsumer", Since: "5.0.0", Arity: 5,
	Summary: "Removes a consumer of a group and returns how many entries were pending for it.",
	Syntax:  "key group consumer", Complexity: "O(N) in the number of pending entries",
	Flags: command.Write,
	Keys:  []command.KeySpec{command.Key(2, command.RW|command.Delete)},
	Run:   runXGroupDelConsumer,
}

func runXGroupDelConsumer(c *command.Context) error {
	key, name, consumer := c.Args.Key(), c.Args.Bytes(), c.Args.Bytes()

	_, g, err := openGroup(c, key, name)
	if err != nil {
		return err
	}
	n, ok := g.RemoveConsumer(consumer)
	if ok {
		groupsChanged(c, key, keyspace.EvXGroupDelConsumer)
	}

	c.Reply.Int(int64(n))
	return nil
}

var xack = command.Spec{
	Name: "xack", Group: command.GroupStream, Since: "5.0.0", Arity: -4,
	Summary: "Acknowledges entries in a group and returns how many were pending.",
	Syntax:  "key group id [id ...]", Complexity: "O(log N) for each entry",
	Flags: command.Write | command.Fast,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Update)},
	Run:   runXAck,
}

// runXAck looks at the group before the IDs, as servers of the field do: a bad ID of a
// missing group is no error. An acknowledgement has no event.
func runXAck(c *command.Context) error {
	key, name := c.Args.Key(), c.Args.Bytes()
	s, found, err := keyspace.Update[stream.Stream](c.Tx, key)
	c.Tx.Looked(key, found || err != nil)
	if err != nil {
		return err
	}
	g, ok := s.Group(name)
	if !ok {
		c.Reply.Int(0)
		return nil
	}
	// Each is parsed twice, so that the usual call of one ID allocates nothing.
	for _, b := range c.Args.All()[3:] {
		parseID(&c.Args, b)
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	n := int64(0)
	for c.Args.More() {
		if g.Ack(idArg(&c.Args)) {
			n++
		}
	}
	if n > 0 {
		c.Tx.Dirty()
	}

	c.Reply.Int(n)
	return nil
}

var xpending = command.Spec{
	Name: "xpending", Group: command.GroupStream, Since: "5.0.0", Arity: -3,
	Summary: "Returns what is pending in a group: a summary, or entries one by one.",
	Syntax:  "key group [[IDLE min-idle-time] start end count [consumer]]", Complexity: "O(N) in the number of entries looked at, O(1) for a summary",
	Flags: command.ReadOnly,
	Keys:  []command.KeySpec{command.Key(1, command.RO|command.Access)},
	Tips:  []string{"nondeterministic_output"},
	Run:   runXPending,
}

func runXPending(c *command.Context) error {
	key, name := c.Args.Key(), c.Args.Bytes()
	summary, idle := !c.Args.More(), int64(0)
	var from, to stream.ID
	var count int64
	var of []byte
	if !summary {
		if n := c.Args.Len(); n < 3 || n > 6 {
			return command.ErrSyntax
		}
		if c.Args.Word("IDLE") {
			if idle = c.Args.Int(); c.Args.Len() < 3 {
				c.Args.Fail(command.ErrSyntax)
			}
		}
		// The count before the ends: its error comes first.
		words := c.Args.Take(3)
		if c.Args.Err() == nil {
			a := command.NewArgs(words, 2)
			count = max(a.Int(), 0)
			c.Args.Fail(a.Err())
			a = command.NewArgs(words, 0)
			from, to = startArg(&a), endArg(&a)
			c.Args.Fail(a.Err())
		}
		if c.Args.More() { // what may follow without IDLE is not looked at
			of = c.Args.Bytes()
		}
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	s, _, err := keyspace.Read[stream.Stream](c.Tx, key)
	if err != nil {
		return err
	}
	g, ok := s.Group(name)
	if !ok {
		return errNoGroup(key, name)
	}

	if summary {
		replyPendingSummary(c, g)
		return nil
	}
	var consumer stream.Consumer
	if of != nil {
		if consumer, ok = g.Consumer(of); !ok {
			c.Reply.Array(0)
			return nil
		}
	}
	replyPending(c, g, consumer, from, to, count, idle)
	return nil
}

func replyPendingSummary(c *command.Context, g stream.Group) {
	c.Reply.Array(4)
	c.Reply.Int(int64(g.Pending()))
	if g.Pending() == 0 {
		c.Reply.Null()
		c.Reply.Null()
		c.Reply.NullArray()
		return
	}
	first, last := g.PendingEnds()
	replyID(c, first)
	replyID(c, last)
	mark, n := c.Reply.Open(), 0
	for i := range g.Consumers() {
		k := g.ConsumerAt(i)
		if k.Pending() == 0 {
			continue
		}
		c.Reply.Array(2)
		c.Reply.BulkString(k.Name())
		c.Reply.Bulk(appendInt(c.Scratch, int64(k.Pending())))
		n++
	}
	c.Reply.Close(mark, n)
}

func replyPending(c *command.Context, g stream.Group, of stream.Consumer, from, to stream.ID, count, idle int64) {
	mark, n := c.Reply.Open(), 0
	g.EachPending(of, from, func(p stream.Pending) bool {
		if int64(n) >= count || to.Less(p.ID) {
			return false
		}
		since := max(c.Tx.NowMs()-p.TimeMs, 0)
		free := g.Free(p)
		if since < idle && !free {
			return true
		}
		if free {
			since = -1
		}
		c.Reply.Array(4)
		replyID(c, p.ID)
		c.Reply.BulkString(p.Consumer)
		c.Reply.Int(since)
		c.Reply.Int(p.Count)
		n++
		return true
	})
	c.Reply.Close(mark, n)
}

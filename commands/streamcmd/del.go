package streamcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/stream"
	"github.com/medleydb/medley/keyspace"
)

var xdel = command.Spec{
	Name: "xdel", Group: command.GroupStream, Since: "5.0.0", Arity: -3,
	Summary: "Removes entries from a stream and returns how many there were.",
	Syntax:  "key id [id ...]", Complexity: "O(log N) for each entry",
	Flags: command.Write | command.Fast,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Delete)},
	Run:   runXDel,
}

// runXDel looks at the key before the IDs, as servers of the field do: a bad ID of a
// missing stream is no error.
func runXDel(c *command.Context) error {
	key := c.Args.Key()
	s, ok, err := keyspace.Update[stream.Stream](c.Tx, key)
	if err != nil {
		return err
	}
	if !ok {
		c.Reply.Int(0)
		return nil
	}
	ids := idArgs(&c.Args, c.Args.Len())
	if err := c.Args.Err(); err != nil {
		return err
	}

	n := 0
	for _, id := range ids {
		if s.Delete(id) {
			n++
		}
	}
	if n > 0 {
		c.Changed(key, keyspace.EvXDel)
	}

	c.Reply.Int(int64(n))
	return nil
}

// What XDELEX and XACKDEL answer for an ID.
const (
	replyNone = -1 // no such entry, or not pending
	replyGone = 1
	replyKept = 2 // since a group still needs it
)

var xdelex = command.Spec{
	Name: "xdelex", Group: command.GroupStream, Since: "8.2.0", Arity: -5,
	Summary: "Removes entries from a stream, and says what becomes of what is pending of them in groups.",
	Syntax:  "key [KEEPREF | DELREF | ACKED] IDS numids id [id ...]", Complexity: "O(log N) for each entry and group",
	Flags: command.Write | command.Fast,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Delete)},
	Run:   runXDelEx,
}

// refsAndIDs takes a policy for references and IDs with their number, in any order.
func refsAndIDs(a *command.Args) (refs stream.Refs, ids []stream.ID) {
	given := false
	for a.More() {
		r, ok := refsWord(a)
		switch {
		case ok && given, !ok && ids != nil:
			a.Fail(command.ErrSyntax)
		case ok:
			refs, given = r, true
		default:
			ids = numberedIDs(a)
		}
	}
	if ids == nil {
		a.Fail(command.ErrSyntax)
	}
	return refs, ids
}

func runXDelEx(c *command.Context) error {
	key := c.Args.Key()
	refs, ids := refsAndIDs(&c.Args)
	if err := c.Args.Err(); err != nil {
		return err
	}

	s, _, err := keyspace.Update[stream.Stream](c.Tx, key)
	if err != nil {
		return err
	}
	c.Reply.Array(len(ids))
	deleted, dropped := false, false
	for _, id := range ids {
		r, d := remove(s, id, refs)
		deleted, dropped = deleted || r == replyGone, dropped || d
		c.Reply.Int(r)
	}
	switch {
	case deleted:
		c.Changed(key, keyspace.EvXDel)
	case dropped:
		c.Tx.Dirty()
	}
	return nil
}

// remove removes an entry as the policy says and returns the reply, and whether it was
// pending in a group and is so no more.
func remove(s stream.Stream, id stream.ID, refs stream.Refs) (reply int64, dropped bool) {
	if refs == stream.DropRefs {
		dropped = s.DropRefs(id)
	}
	switch {
	case !s.Has(id):
		return replyNone, dropped
	case refs == stream.OnlyAcked && s.Referenced(id):
		return replyKept, dropped
	}
	s.Delete(id)
	return replyGone, dropped
}

var xackdel = command.Spec{
	Name: "xackdel", Group: command.GroupStream, Since: "8.2.0", Arity: -6,
	Summary: "Acknowledges entries in a group and removes them from the stream.",
	Syntax:  "key group [KEEPREF | DELREF | ACKED] IDS numids id [id ...]", Complexity: "O(log N) for each entry and group",
	Flags: command.Write | command.Fast,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Update|command.Delete)},
	Run:   runXAckDel,
}

func runXAckDel(c *command.Context) error {
	key, name := c.Args.Key(), c.Args.Bytes()
	refs, ids := refsAndIDs(&c.Args)
	if err := c.Args.Err(); err != nil {
		return err
	}

	s, _, err := keyspace.Update[stream.Stream](c.Tx, key)
	if err != nil {
		return err
	}
	g, ok := s.Group(name)
	c.Reply.Array(len(ids))
	acked, deleted := false, false
	for _, id := range ids {
		if !ok || !g.Ack(id) {
			c.Reply.Int(replyNone)
			continue
		}
		acked = true
		r, _ := remove(s, id, refs)
		deleted = deleted || r == replyGone
		if r == replyNone {
			r = replyGone // there was nothing left but what was pending
		}
		c.Reply.Int(r)
	}
	switch {
	case deleted:
		c.Changed(key, keyspace.EvXDel)
	case acked:
		c.Tx.Dirty()
	}
	return nil
}

var xsetid = command.Spec{
	Name: "xsetid", Group: command.GroupStream, Since: "5.0.0", Arity: -3,
	Summary: "Sets the greatest ID that a stream is taken to have had.",
	Syntax:  "key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]", Complexity: "O(1)",
	Flags: command.Write | command.DenyOOM | command.Fast,
	Keys:  []command.KeySpec{command.Key(1, command.RW|command.Update)},
	Run:   runXSetID,
}

var (
	errAdded        = command.Errorf("entries_added must be positive")
	errBelowDeleted = command.Errorf("The ID specified in XSETID is smaller than the provided max_deleted_entry_id")
	errBelowMax     = command.Errorf("The ID specified in XSETID is smaller than current max_deleted_entry_id")
	errBelowTop     = command.Errorf("The ID specified in XSETID is smaller than the target stream top item")
	errFewAdded     = command.Errorf("The entries_added specified in XSETID is smaller than the target stream length")
)

func runXSetID(c *command.Context) error {
	key, last := c.Args.Key(), idArg(&c.Args)
	added, deleted := int64(-1), stream.ID{}
	for c.Args.More() {
		switch {
		case c.Args.Option("ENTRIESADDED", 1):
			if added = c.Args.Int(); added < 0 {
				c.Args.Fail(errAdded)
			}
		case c.Args.Option("MAXDELETEDID", 1):
			if deleted = idArg(&c.Args); last.Less(deleted) {
				c.Args.Fail(errBelowDeleted)
			}
		default:
			c.Args.Fail(command.ErrSyntax)
		}
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	s, ok, err := keyspace.Update[stream.Stream](c.Tx, key)
	if err != nil {
		return err
	}
	if !ok {
		return command.ErrNoSuchKey
	}
	info := s.Info()
	switch {
	case last.Less(info.MaxDeleted):
		return errBelowMax
	case info.Length > 0 && last.Less(info.Top):
		return errBelowTop
	case info.Length > 0 && added >= 0 && int64(info.Length) > added:
		return errFewAdded
	}
	s.SetLast(last, added, deleted)
	groupsChanged(c, key, keyspace.EvXSetID)

	c.Reply.OK()
	return nil
}

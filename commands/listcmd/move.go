package listcmd

import (
	"bytes"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/list"
	"github.com/medleydb/medley/keyspace"
)

var lmove = command.Spec{
	Name: "lmove", Group: command.GroupList, Since: "6.2.0", Arity: 5,
	Summary: "Moves an element from an end of one list to an end of another.",
	Syntax:  "source destination <LEFT | RIGHT> <LEFT | RIGHT>", Complexity: "O(1)",
	Flags: command.Write | command.DenyOOM,
	Keys:  moveKeys(),
	Run:   runLMove,
}

func moveKeys() []command.KeySpec {
	return []command.KeySpec{
		command.Key(1, command.RW|command.Access|command.Delete),
		command.Key(2, command.RW|command.Insert),
	}
}

// A move is what LMOVE and its relatives are asked for.
type move struct {
	src, dst []byte
	from, to list.End
}

func moveArgs(a *command.Args) move {
	return move{a.Key(), a.Key(), endArg(a), endArg(a)}
}

func runLMove(c *command.Context) error {
	m := moveArgs(&c.Args)
	if err := c.Args.Err(); err != nil {
		return err
	}
	return m.once(c)
}

var rpoplpush = command.Spec{
	Name: "rpoplpush", Group: command.GroupList, Since: "1.2.0", Arity: 3,
	Summary: "Moves the last element of one list to the head of another.",
	Syntax:  "source destination", Complexity: "O(1)",
	Flags: command.Write | command.DenyOOM,
	Keys:  moveKeys(),
	Run:   runRPopLPush,
}

func runRPopLPush(c *command.Context) error {
	m := move{c.Args.Key(), c.Args.Key(), list.Tail, list.Head}
	return m.once(c)
}

// once moves an element without waiting for it.
func (m *move) once(c *command.Context) error {
	done, err := m.run(c)
	if err == nil && !done {
		c.Reply.Null()
	}
	return err
}

// open opens both lists; ok is false when there is no source. The destination is opened
// before anything is taken from the source, since it may be no list.
func (m *move) open(c *command.Context) (src, dst list.List, ok bool, err error) {
	src, ok, err = keyspace.Update[list.List](c.Tx, m.src)
	if err != nil || !ok {
		return src, dst, false, err
	}
	dst, err = keyspace.Upsert[list.List](c.Tx, m.dst)
	return src, dst, true, err
}

// run moves an element and answers with it; false when there is no source.
func (m *move) run(c *command.Context) (bool, error) {
	src, dst, ok, err := m.open(c)
	if err != nil || !ok {
		return false, err
	}
	b, _ := src.Pop(m.from, c.Scratch)
	if bytes.Equal(m.src, m.dst) {
		b = append(c.Scratch, b...) // pushing would invalidate what the list lent
	}
	dst.Push(m.to, b)
	m.changed(c)
	c.Reply.Bulk(b)
	return true, nil
}

// changed reports the changes of both keys.
func (m *move) changed(c *command.Context) {
	c.Changed(m.dst, pushEvent(m.to))
	c.AlsoChanged(m.src, popEvent(m.from))
}

var blmove = command.Spec{
	Name: "blmove", Group: command.GroupList, Since: "6.2.0", Arity: 6,
	Summary: "Moves an element from an end of one list to an end of another, or waits for one.",
	Syntax:  "source destination <LEFT | RIGHT> <LEFT | RIGHT> timeout", Complexity: "O(1)",
	Flags: command.Write | command.DenyOOM | command.Blocking,
	Keys:  moveKeys(),
	Run:   runBLMove,
}

func runBLMove(c *command.Context) error {
	m := moveArgs(&c.Args)
	if err := c.Args.Err(); err != nil {
		return err
	}
	deadline, err := c.ParseTimeout(c.Args.Bytes())
	if err != nil {
		return err
	}

	done, err := m.run(c)
	if done && c.Tx.Recording() {
		argv := c.Argv()
		c.Tx.Effect(lmoveName, m.src, m.dst, argv[3], argv[4])
	}
	if done || err != nil {
		return err
	}
	return m.park(c, deadline, command.Null)
}

var brpoplpush = command.Spec{
	Name: "brpoplpush", Group: command.GroupList, Since: "2.2.0", Arity: 4,
	Summary: "Moves the last element of one list to the head of another, or waits for one.",
	Syntax:  "source destination timeout", Complexity: "O(1)",
	Flags: command.Write | command.DenyOOM | command.Blocking,
	Keys:  moveKeys(),
	Run:   runBRPopLPush,
}

func runBRPopLPush(c *command.Context) error {
	m := move{c.Args.Key(), c.Args.Key(), list.Tail, list.Head}
	deadline, err := c.ParseTimeout(c.Args.Bytes())
	if err != nil {
		return err
	}

	done, err := m.run(c)
	if done && c.Tx.Recording() {
		c.Tx.Effect(rpoplpushName, m.src, m.dst)
	}
	if done || err != nil {
		return err
	}
	return m.park(c, deadline, command.Null)
}

// park waits for the source. nested is the reply where waiting is not possible.
func (m *move) park(c *command.Context, deadlineMs int64, nested command.Kind) error {
	timedOut := command.Value{Kind: command.NullArray}
	if c.Nested {
		timedOut.Kind = nested
	}
	return c.Park(command.Wait{
		Keys: [][]byte{m.src}, Targets: [][]byte{m.dst}, Kind: listKind,
		DeadlineMs: deadlineMs, TimedOut: timedOut,
	})
}

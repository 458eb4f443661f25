// Package conncmd has the commands of connections: who a client is, what it wants
// from its connection, and what others may know of it and do to it.
package conncmd

import (
	"math"

	"github.com/medleydb/medley/commands/command"
)

// Specs returns the commands of the family.
func Specs() []*command.Spec {
	return []*command.Spec{&auth, &client, &echo, &hello, &ping, &quit, &reset, &selectDB}
}

var ping = command.Spec{
	Name: "ping", Group: command.GroupConnection, Since: "1.0.0", Arity: -1,
	Summary: "Answers PONG, or what it is given.", Syntax: "[message]", Complexity: "O(1)",
	Flags: command.Fast | command.Sentinel,
	Run:   runPing,
}

func runPing(c *command.Context) error {
	if c.Args.Len() > 1 {
		return command.ErrArity
	}
	message, given := c.Args.Peek(), c.Args.More()

	switch {
	case c.Session.Proto == 2 && c.Session.Flag(command.Subscribed):
		c.Reply.Array(2) // such as a message is
		c.Reply.BulkString("pong")
		c.Reply.Bulk(message)
	case given:
		c.Reply.Bulk(message)
	default:
		c.Reply.Status("PONG")
	}
	return nil
}

var echo = command.Spec{
	Name: "echo", Group: command.GroupConnection, Since: "1.0.0", Arity: 2,
	Summary: "Answers what it is given.", Syntax: "message", Complexity: "O(1)",
	Flags: command.Fast | command.Loading | command.Stale,
	Run: func(c *command.Context) error {
		c.Reply.Bulk(c.Args.Bytes())
		return nil
	},
}

var selectDB = command.Spec{
	Name: "select", Group: command.GroupConnection, Since: "1.0.0", Arity: 2,
	Summary: "Selects the database of the connection.", Syntax: "index", Complexity: "O(1)",
	Flags: command.Fast | command.Loading | command.Stale,
	Run:   runSelect,
}

func runSelect(c *command.Context) error {
	n := c.Args.Int()
	if err := c.Args.Err(); err != nil {
		return err
	}

	switch {
	case n < math.MinInt32 || n > math.MaxInt32:
		return command.ErrIntRange
	case n < 0 || n >= int64(c.Services.Store.Databases()):
		return command.ErrDBIndex
	}
	c.Session.Select(int(n))

	c.Reply.OK()
	return nil
}

// beforeAuth are the flags of commands that a client may need before it is anybody.
const beforeAuth = command.NoScript | command.Loading | command.Stale | command.Fast | command.NoAuth | command.AllowBusy

var quit = command.Spec{
	Name: "quit", Group: command.GroupConnection, Since: "1.0.0", Arity: -1,
	Summary: "Closes the connection after its reply.", Complexity: "O(1)",
	Flags: beforeAuth,
	Run: func(c *command.Context) error {
		c.Session.Closing = true
		c.Session.SetFlag(command.CloseAfterReply, true) // others see that it is about to go
		c.Reply.OK()
		return nil
	},
}

var reset = command.Spec{
	Name: "reset", Group: command.GroupConnection, Since: "6.2.0", Arity: 1,
	Summary: "Brings the connection back to the state of a new one.", Complexity: "O(N) in the number of queued commands and watched keys",
	Flags: beforeAuth,
	Scope: command.ScopeSession,
	Run:   runReset,
}

func runReset(c *command.Context) error {
	s := c.Session
	c.Tx.Unwatch(&s.Watch)
	s.NoteWatches()
	c.Services.Hub.Leave(s)
	c.Services.Tracking.Stop(s)
	c.Services.Feed.Stop(s)
	s.Restart(!c.Services.Users.Required())

	c.Reply.SetProto(s.Proto)
	c.Reply.Status("RESET")
	return nil
}

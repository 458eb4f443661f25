// Package conncmd has the commands of connections.
package conncmd

import "github.com/medleydb/medley/commands/command"

// Specs returns the commands of the family.
func Specs() []*command.Spec {
	return []*command.Spec{&ping, &echo, &selectDB}
}

var ping = command.Spec{
	Name: "ping", Group: command.GroupConnection, Since: "1.0.0", Arity: -1,
	Summary: "Answers PONG, or what it is given.", Syntax: "[message]", Complexity: "O(1)",
	Flags: command.Fast,
	Run:   runPing,
}

func runPing(c *command.Context) error {
	switch c.Args.Len() {
	case 0:
		c.Reply.Status("PONG")
	case 1:
		c.Reply.Bulk(c.Args.Bytes())
	default:
		return command.ErrArity
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
	n := c.Args.IntOr(command.ErrInvalidDB)
	if err := c.Args.Err(); err != nil {
		return err
	}
	if n < 0 || n >= int64(c.Services.Store.Databases()) {
		return command.ErrDBIndex
	}
	c.Session.Select(int(n))
	c.Reply.OK()
	return nil
}

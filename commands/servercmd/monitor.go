package servercmd

import "github.com/medleydb/medley/commands/command"

var monitor = command.Spec{
	Name: "monitor", Group: command.GroupServer, Since: "1.0.0", Arity: 1,
	Summary: "Sends the connection every command that runs.", Complexity: "O(1)",
	Flags: command.Admin | anyTime | command.NoScript,
	Run:   runMonitor,
}

// runMonitor answers also who watches already; Redis leaves such a client without a reply.
func runMonitor(c *command.Context) error {
	c.Services.Feed.Start(c.Session)
	c.Reply.OK()
	return nil
}

package conncmd

import "github.com/medleydb/medley/commands/command"

var clientTracking = command.Spec{
	Name: "tracking", Since: "6.0.0", Arity: -3,
	Summary:    "Turns client-side caching on or off.",
	Syntax:     "<ON | OFF> [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]",
	Complexity: "O(1)",
	Flags:      own,
	Run:        runClientTracking,
}

func runClientTracking(c *command.Context) error {
	mode := c.Args.Take(1)
	for c.Args.More() {
		switch {
		case c.Args.Option("REDIRECT", 1):
			if n := c.Args.Int(); c.Args.Err() == nil && c.Services.Clients.Get(uint64(n)) == nil {
				c.Args.Fail(command.Errorf("The client ID you want redirect to does not exist"))
			}
		case c.Args.Option("PREFIX", 1):
			c.Args.Bytes()
		case c.Args.Word("BCAST"), c.Args.Word("OPTIN"), c.Args.Word("OPTOUT"), c.Args.Word("NOLOOP"):
		default:
			c.Args.Fail(command.ErrSyntax)
		}
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	switch {
	case command.EqualFold(mode[0], "ON"):
		return command.Errorf("CLIENT TRACKING ON is not supported by this version of Medley")
	case !command.EqualFold(mode[0], "OFF"):
		return command.ErrSyntax
	}
	c.Reply.OK()
	return nil
}

var clientTrackingInfo = command.Spec{
	Name: "trackinginfo", Since: "6.2.0", Arity: 2,
	Summary: "Tells how the connection's reads are tracked.", Complexity: "O(1)",
	Flags: own,
	Run:   runClientTrackingInfo,
}

func runClientTrackingInfo(c *command.Context) error {
	c.Reply.Map(3)
	c.Reply.BulkString("flags")
	c.Reply.Set(1)
	c.Reply.BulkString("off")
	c.Reply.BulkString("redirect")
	c.Reply.Int(noRedirect)
	c.Reply.BulkString("prefixes")
	c.Reply.Array(0)
	return nil
}

// noRedirect stands for the number of the connection that invalidations go to, where
// keys are not tracked.
const noRedirect = -1

var clientGetRedir = command.Spec{
	Name: "getredir", Since: "6.0.0", Arity: 2,
	Summary: "Returns the connection that invalidations are sent to.", Complexity: "O(1)",
	Flags: own,
	Run: func(c *command.Context) error {
		c.Reply.Int(noRedirect)
		return nil
	},
}

var clientCaching = command.Spec{
	Name: "caching", Since: "6.0.0", Arity: 3,
	Summary: "Tells whether the next command's keys are tracked.", Syntax: "<YES | NO>", Complexity: "O(1)",
	Flags: own,
	Run: func(*command.Context) error {
		return command.Errorf("CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled")
	},
}

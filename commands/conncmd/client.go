package conncmd

import "github.com/medleydb/medley/commands/command"

var client = command.Spec{
	Name: "client", Group: command.GroupConnection, Since: "2.4.0", Arity: -2,
	Summary: "Commands about connections.", Complexity: "Depends on the subcommand",
	Flags: command.Sentinel,
	Subs: []*command.Spec{
		&clientCaching, &clientCapa, &clientGetName, &clientGetRedir, &clientHelp, &clientID,
		&clientImportSource, &clientInfo, &clientKill, &clientList, &clientNoEvict, &clientNoTouch,
		&clientPause, &clientReply, &clientSetInfo, &clientSetName, &clientTracking,
		&clientTrackingInfo, &clientUnblock, &clientUnpause,
	},
}

// Flags of subcommands: of those about the own connection, and of those about others.
const (
	own    = command.NoScript | command.Loading | command.Stale | command.Sentinel
	others = own | command.Admin
)

var clientHelp = command.Spec{
	Name: "help", Since: "5.0.0", Arity: 2,
	Summary: "Lists the subcommands.", Complexity: "O(1)",
	Flags: command.Loading | command.Stale | command.Sentinel,
	Run:   command.Help,
}

var clientID = command.Spec{
	Name: "id", Since: "5.0.0", Arity: 2,
	Summary: "Returns the number of the connection.", Complexity: "O(1)",
	Flags: own,
	Run: func(c *command.Context) error {
		c.Reply.Int(int64(c.Session.ID))
		return nil
	},
}

var clientGetName = command.Spec{
	Name: "getname", Since: "2.6.9", Arity: 2,
	Summary: "Returns the name of the connection.", Complexity: "O(1)",
	Flags: own,
	Run:   runClientGetName,
}

func runClientGetName(c *command.Context) error {
	name := c.Session.Name()
	if name == "" {
		c.Reply.Null()
		return nil
	}
	c.Reply.BulkString(name)
	return nil
}

var clientSetName = command.Spec{
	Name: "setname", Since: "2.6.9", Arity: 3,
	Summary: "Names the connection.", Syntax: "connection-name", Complexity: "O(1)",
	Flags: own,
	Run:   runClientSetName,
}

func runClientSetName(c *command.Context) error {
	name := c.Args.Bytes()
	if !printable(name) {
		return command.ErrClientName
	}

	c.Session.SetName(string(name))

	c.Reply.OK()
	return nil
}

var clientSetInfo = command.Spec{
	Name: "setinfo", Since: "7.2.0", Arity: 4,
	Summary: "Notes the client library's name or version.", Syntax: "<LIB-NAME libname | LIB-VER libver>", Complexity: "O(1)",
	Flags: own,
	Run:   runClientSetInfo,
}

func runClientSetInfo(c *command.Context) error {
	option, text := c.Args.Bytes(), c.Args.Bytes()
	version := command.EqualFold(option, "LIB-VER")
	if !version && !command.EqualFold(option, "LIB-NAME") {
		return command.Errorf("Unrecognized option '%s'", option)
	}
	if !printable(text) {
		return command.Errorf("%s cannot contain spaces, newlines or special characters.", option)
	}

	c.Session.SetLib(version, string(text))

	c.Reply.OK()
	return nil
}

var clientNoEvict = command.Spec{
	Name: "no-evict", Since: "7.0.0", Arity: 3,
	Summary: "Keeps the connection when clients take too much memory.", Syntax: "<ON | OFF>", Complexity: "O(1)",
	Flags: others,
	Run:   func(c *command.Context) error { return setMark(c, command.NoEvict) },
}

var clientNoTouch = command.Spec{
	Name: "no-touch", Since: "7.2.0", Arity: 3,
	Summary: "Makes the connection's commands no accesses that eviction sees.", Syntax: "<ON | OFF>", Complexity: "O(1)",
	Flags: command.NoScript | command.Loading | command.Stale,
	Run:   func(c *command.Context) error { return setMark(c, command.NoTouch) },
}

var clientImportSource = command.Spec{
	Name: "import-source", Since: "8.1.0", Arity: 3,
	Summary: "Shows expired keys to a connection that imports data.", Syntax: "<ON | OFF>", Complexity: "O(1)",
	Flags: command.NoScript | command.Loading | command.Stale,
	Run:   runClientImportSource,
}

func runClientImportSource(c *command.Context) error {
	if !command.EqualFold(c.Args.Peek(), "OFF") && !c.Services.Importing() {
		return command.Errorf("Server is not in import mode")
	}
	return setMark(c, command.ImportSource)
}

// setMark is a subcommand that sets or clears a mark of the session.
func setMark(c *command.Context, mark command.SessionFlags) error {
	on := c.Args.Word("ON")
	if !on && !c.Args.Word("OFF") {
		return command.ErrSyntax
	}

	c.Session.SetFlag(mark, on)

	c.Reply.OK()
	return nil
}

var clientCapa = command.Spec{
	Name: "capa", Since: "8.0.0", Arity: -3,
	Summary: "Tells what the client is capable of.", Syntax: "<REDIRECT> [REDIRECT ...]", Complexity: "O(1)",
	Flags: command.NoScript | command.Loading | command.Stale | command.AllowBusy,
	Run:   runClientCapa,
}

func runClientCapa(c *command.Context) error {
	for _, capability := range c.Args.Rest() {
		if command.EqualFold(capability, "redirect") {
			c.Session.SetFlag(command.Redirects, true)
		} // others are of clients newer than this server
	}
	c.Reply.OK()
	return nil
}

var clientReply = command.Spec{
	Name: "reply", Since: "3.2.0", Arity: 3,
	Summary: "Chooses whether commands are answered.", Syntax: "<ON | OFF | SKIP>", Complexity: "O(1)",
	Flags: own,
	Run:   runClientReply,
}

func runClientReply(c *command.Context) error {
	s := c.Session
	if c.Args.Word("ON") {
		s.ReplyMode = command.ReplyOn
		c.Reply.OK()
		return nil
	}
	mode := command.ReplySkipNext
	switch {
	case c.Args.Word("OFF"):
		mode = command.ReplyOff
	case !c.Args.Word("SKIP"):
		return command.ErrSyntax
	}
	if c.Nested {
		return command.ErrNotInMulti // the reply of EXEC would lack an element
	}

	if s.ReplyMode != command.ReplyOff {
		s.ReplyMode = mode
	}
	return nil
}

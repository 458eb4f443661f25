package conncmd

import (
	"strings"

	"github.com/medleydb/medley/commands/command"
)

var auth = command.Spec{
	Name: "auth", Group: command.GroupConnection, Since: "1.0.0", Arity: -2,
	Summary: "Authenticates the connection by a password.", Syntax: "[username] password", Complexity: "O(1)",
	Flags: beforeAuth | command.Sentinel,
	Run:   runAuth,
}

func runAuth(c *command.Context) error {
	user, password := command.DefaultUser, string(c.Args.Bytes())
	switch c.Args.Len() {
	case 0:
		if !c.Services.Users.Required() {
			return command.ErrNoPassword
		}
	case 1:
		user, password = password, string(c.Args.Bytes())
	default:
		return command.ErrSyntax
	}

	if err := authenticate(c, user, password); err != nil {
		return err
	}

	c.Reply.OK()
	return nil
}

// authenticate makes the session the user's; one that fails stays whose it is.
func authenticate(c *command.Context, user, password string) error {
	if !c.Services.Users.Authenticate(user, password) {
		return command.ErrWrongPass
	}
	c.Session.Authed = true
	c.Session.SetUser(user)
	return nil
}

var hello = command.Spec{
	Name: "hello", Group: command.GroupConnection, Since: "6.0.0", Arity: -1,
	Summary:    "Chooses the protocol version and tells what server this is.",
	Syntax:     "[protover [AUTH username password] [SETNAME clientname]]",
	Complexity: "O(1)",
	Flags:      beforeAuth | command.Sentinel,
	Run:        runHello,
}

// helloArgs are the arguments of HELLO; what is nil was not given.
type helloArgs struct {
	proto          int
	user, password []byte
	name           []byte
}

func runHello(c *command.Context) error {
	a, err := parseHello(c)
	if err != nil {
		return err
	}

	if a.user != nil {
		if err := authenticate(c, string(a.user), string(a.password)); err != nil {
			return err
		}
	}
	s := c.Session
	if !s.Authed && c.Services.Users.Required() {
		return command.ErrHelloNoAuth
	}
	if a.name != nil {
		s.SetName(string(a.name))
	}
	s.SetProto(a.proto)

	c.Reply.SetProto(a.proto)
	replyHello(c)
	return nil
}

func parseHello(c *command.Context) (a helloArgs, err error) {
	a.proto = c.Session.Proto
	if c.Args.More() {
		n := c.Args.IntOr(command.Errorf("Protocol version is not an integer or out of range"))
		if err := c.Args.Err(); err != nil {
			return a, err
		}
		if n != 2 && n != 3 {
			return a, command.ErrNoProto
		}
		a.proto = int(n)
	}
	for c.Args.More() {
		switch {
		case c.Args.Option("AUTH", 2):
			a.user, a.password = c.Args.Bytes(), c.Args.Bytes()
		case c.Args.Option("SETNAME", 1):
			a.name = c.Args.Bytes()
			if !printable(a.name) {
				return a, command.ErrClientName
			}
		default:
			return a, command.Errorf("Syntax error in HELLO option '%s'", c.Args.Bytes())
		}
	}
	return a, nil
}

// replyHello writes what clients look at to see what they talk to: they know a server
// named redis.
func replyHello(c *command.Context) {
	zone := c.Services.Config.AvailabilityZone.Load()
	if zone == "" {
		c.Reply.Map(7)
	} else {
		c.Reply.Map(8)
	}
	for _, p := range [...][2]string{{"server", "redis"}, {"version", command.CompatVersion}} {
		c.Reply.BulkString(p[0])
		c.Reply.BulkString(p[1])
	}
	c.Reply.BulkString("proto")
	c.Reply.Int(int64(c.Session.Proto))
	c.Reply.BulkString("id")
	c.Reply.Int(int64(c.Session.ID))
	for _, p := range [...][2]string{{"mode", "standalone"}, {"role", "master"}} {
		c.Reply.BulkString(p[0])
		c.Reply.BulkString(p[1])
	}
	c.Reply.BulkString("modules")
	c.Reply.Array(0)
	if zone != "" {
		c.Reply.BulkString("availability_zone")
		c.Reply.BulkString(zone)
	}
}

// printable reports whether text can stand in a field of CLIENT LIST.
func printable(text []byte) bool {
	return strings.IndexFunc(string(text), func(r rune) bool { return r < '!' || r > '~' }) < 0
}

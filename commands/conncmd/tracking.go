package conncmd

import (
	"strings"

	"github.com/medleydb/medley/commands/command"
)

var clientTracking = command.Spec{
	Name: "tracking", Since: "6.0.0", Arity: -3,
	Summary:    "Turns client-side caching on or off.",
	Syntax:     "<ON | OFF> [REDIRECT client-id] [PREFIX prefix [PREFIX prefix ...]] [BCAST] [OPTIN] [OPTOUT] [NOLOOP]",
	Complexity: "O(1)",
	Flags:      own,
	Run:        runClientTracking,
}

func runClientTracking(c *command.Context) error {
	mode, o := c.Args.Take(1), parseTracking(c)
	if err := c.Args.Err(); err != nil {
		return err
	}

	switch {
	case command.EqualFold(mode[0], "ON"):
		if err := checkTracking(c.Session.Tracking(), &o); err != nil {
			return err
		}
		c.Services.Tracking.Start(c.Session, o)
	case command.EqualFold(mode[0], "OFF"):
		c.Services.Tracking.Stop(c.Session)
	default:
		return command.ErrSyntax
	}

	c.Reply.OK()
	return nil
}

func parseTracking(c *command.Context) (o command.TrackingOptions) {
	for c.Args.More() {
		switch {
		case c.Args.Option("REDIRECT", 1):
			if o.Redirect != 0 {
				c.Args.Fail(command.Errorf("A client can only redirect to a single other client"))
				return o
			}
			n := c.Args.Int()
			if c.Args.Err() == nil && c.Services.Clients.Get(uint64(n)) == nil {
				c.Args.Fail(command.Errorf("The client ID you want redirect to does not exist"))
			}
			o.Redirect = uint64(n)
		case c.Args.Option("PREFIX", 1):
			o.Prefixes = append(o.Prefixes, string(c.Args.Bytes()))
		case c.Args.Word("BCAST"):
			o.Broadcast = true
		case c.Args.Word("OPTIN"):
			o.OptIn = true
		case c.Args.Word("OPTOUT"):
			o.OptOut = true
		case c.Args.Word("NOLOOP"):
			o.NoLoop = true
		default:
			c.Args.Fail(command.ErrSyntax)
		}
	}
	return o
}

// checkTracking reports what does not go together among the options, or with those that
// hold now (nil for none).
func checkTracking(was, o *command.TrackingOptions) error {
	again := "before disabling tracking for this client, and then re-enabling it with a different mode."
	switch {
	case len(o.Prefixes) > 0 && !o.Broadcast:
		return command.Errorf("PREFIX option requires BCAST mode to be enabled")
	case was != nil && was.Broadcast != o.Broadcast:
		return command.Errorf("You can't switch BCAST mode on/off %s", again)
	case o.Broadcast && (o.OptIn || o.OptOut):
		return command.Errorf("OPTIN and OPTOUT are not compatible with BCAST")
	case o.OptIn && o.OptOut:
		return command.Errorf("You can't specify both OPTIN mode and OPTOUT mode")
	case was != nil && (o.OptIn && was.OptOut || o.OptOut && was.OptIn):
		return command.Errorf("You can't switch OPTIN/OPTOUT mode %s", again)
	}
	for i, p := range o.Prefixes {
		if was != nil {
			for _, q := range was.Prefixes {
				if overlap(p, q) && p != q {
					return overlapError(p, "an existing", q)
				}
			}
		}
		for _, q := range o.Prefixes[i+1:] {
			if overlap(p, q) {
				return overlapError(p, "another provided", q)
			}
		}
	}
	return nil
}

func overlap(p, q string) bool { return strings.HasPrefix(p, q) || strings.HasPrefix(q, p) }

func overlapError(p, which, q string) error {
	return command.Errorf("Prefix '%s' overlaps with %s prefix '%s'. Prefixes for a single client must not overlap.", p, which, q)
}

var clientTrackingInfo = command.Spec{
	Name: "trackinginfo", Since: "6.2.0", Arity: 2,
	Summary: "Tells how the connection's reads are tracked.", Complexity: "O(1)",
	Flags: own,
	Run:   runClientTrackingInfo,
}

func runClientTrackingInfo(c *command.Context) error {
	o := c.Session.Tracking()
	flags := []string{"off"}
	var prefixes []string
	if o != nil {
		flags, prefixes = trackingFlags(c.Session, o), o.Prefixes
	}

	c.Reply.Map(3)
	c.Reply.BulkString("flags")
	c.Reply.Set(len(flags))
	for _, f := range flags {
		c.Reply.BulkString(f)
	}
	c.Reply.BulkString("redirect")
	c.Reply.Int(redirect(c.Session))
	c.Reply.BulkString("prefixes")
	c.Reply.Array(len(prefixes))
	for _, p := range prefixes {
		c.Reply.BulkString(p)
	}
	return nil
}

func trackingFlags(s *command.Session, o *command.TrackingOptions) []string {
	flags := []string{"on"}
	for _, f := range [...]struct {
		on   bool
		name string
	}{
		{o.Broadcast, "bcast"}, {o.OptIn, "optin"}, {o.OptIn && s.Caching == command.CachingYes, "caching-yes"},
		{o.OptOut, "optout"}, {o.OptOut && s.Caching == command.CachingNo, "caching-no"},
		{o.NoLoop, "noloop"}, {s.Flag(command.BrokenRedirect), "broken_redirect"},
	} {
		if f.on {
			flags = append(flags, f.name)
		}
	}
	return flags
}

// redirect returns the number of the connection that invalidations go to: 0 for the own
// one, -1 where keys are not tracked.
func redirect(s *command.Session) int64 {
	if o := s.Tracking(); o != nil {
		return int64(o.Redirect)
	}
	return -1
}

var clientGetRedir = command.Spec{
	Name: "getredir", Since: "6.0.0", Arity: 2,
	Summary: "Returns the connection that invalidations are sent to.", Complexity: "O(1)",
	Flags: own,
	Run: func(c *command.Context) error {
		c.Reply.Int(redirect(c.Session))
		return nil
	},
}

var clientCaching = command.Spec{
	Name: "caching", Since: "6.0.0", Arity: 3,
	Summary: "Tells whether the next command's keys are tracked.", Syntax: "<YES | NO>", Complexity: "O(1)",
	Flags: own,
	Run:   runClientCaching,
}

func runClientCaching(c *command.Context) error {
	o := c.Session.Tracking()
	switch {
	case o == nil || !o.OptIn && !o.OptOut:
		return command.Errorf("CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled")
	case c.Args.Word("YES"):
		if !o.OptIn {
			return command.Errorf("CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.")
		}
		c.Session.Caching = command.CachingYes
	case c.Args.Word("NO"):
		if !o.OptOut {
			return command.Errorf("CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.")
		}
		c.Session.Caching = command.CachingNo
	default:
		return command.ErrSyntax
	}

	c.Reply.OK()
	return nil
}

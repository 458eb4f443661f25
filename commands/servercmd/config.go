package servercmd

import (
	"errors"
	"net"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/config"
)

var configSpec = command.Spec{
	Name: "config", Group: command.GroupServer, Since: "2.0.0", Arity: -2,
	Summary: "Shows and changes the server's settings.", Complexity: "Depends on the subcommand",
	Subs: []*command.Spec{&configGet, &configSet, &configResetStat, &configRewrite, &configHelp},
}

var configHelp = command.Spec{
	Name: "help", Since: "5.0.0", Arity: 2,
	Summary: "Tells what CONFIG can do.", Complexity: "O(1)",
	Flags: anyTime,
	Run:   command.Help,
}

var configGet = command.Spec{
	Name: "get", Since: "2.0.0", Arity: -3,
	Summary: "Shows the settings whose names match.", Syntax: "parameter [parameter ...]", Complexity: "O(N) in the number of settings",
	Flags: adminOnly,
	Run:   runConfigGet,
}

func runConfigGet(c *command.Context) error {
	var patterns []string
	for _, a := range c.Args.Rest() {
		patterns = append(patterns, string(a))
	}

	pairs := c.Services.Config.Get(patterns...)

	c.Reply.Map(len(pairs))
	for _, p := range pairs {
		c.Reply.BulkString(p.Name)
		c.Reply.BulkString(p.Value)
	}
	return nil
}

var configSet = command.Spec{
	Name: "set", Since: "2.0.0", Arity: -4,
	Summary: "Changes settings, all of them or none.", Syntax: "parameter value [parameter value ...]", Complexity: "O(N) in the number of settings given",
	Flags: adminOnly,
	Tips:  []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
	Run:   runConfigSet,
}

func runConfigSet(c *command.Context) error {
	args := c.Args.Rest()
	if len(args)%2 != 0 {
		return command.ErrSyntax
	}
	var pairs []config.Pair
	for i := 0; i < len(args); i += 2 {
		pairs = append(pairs, config.Pair{Name: string(args[i]), Value: string(args[i+1])})
	}

	err := c.Services.Config.Set(config.Caller{Local: isLocal(c.Session), Loading: c.Services.Files.Loading()}, pairs...)
	var refused *config.SetError
	switch {
	case errors.As(err, &refused):
		return command.Errorf("%s", refused.Error())
	case errors.Is(err, config.ErrLoading):
		return command.ErrLoading
	case err != nil:
		return err
	}

	c.Reply.OK()
	return nil
}

// isLocal reports whether the client is on this machine, or in this process.
func isLocal(s *command.Session) bool {
	addr := s.Peer.Addr()
	if addr == "" || s.Flag(command.UnixSocket) {
		return true
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

var configResetStat = command.Spec{
	Name: "resetstat", Since: "2.0.0", Arity: 2,
	Summary: "Sets the counters of INFO back.", Complexity: "O(1)",
	Flags: adminOnly,
	Tips:  []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
	Run: func(c *command.Context) error {
		c.Services.Stats.Reset()
		c.Tx.ResetStats()
		c.Services.Rates.ResetPeak()
		c.Reply.OK()
		return nil
	},
}

var configRewrite = command.Spec{
	Name: "rewrite", Since: "2.8.0", Arity: 2,
	Summary: "Writes the present settings to the configuration file.", Complexity: "O(1)",
	Flags: adminOnly,
	Tips:  []string{"request_policy:all_nodes", "response_policy:all_succeeded"},
	Run:   runConfigRewrite,
}

func runConfigRewrite(c *command.Context) error {
	if err := c.Services.Config.Rewrite(); err != nil {
		if errors.Is(err, config.ErrNoFile) {
			return command.Errorf("%s", err.Error())
		}
		c.Services.Log.Warn("the configuration file was not rewritten", "error", err)
		return command.Errorf("Rewriting config file: %s", err.Error())
	}
	c.Reply.OK()
	return nil
}

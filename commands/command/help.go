package command

import "strings"

// RunHelp is the handler of every container's HELP: its subcommands, as their Specs
// describe them.
func RunHelp(c *Context) error {
	container := c.Spec.Parent()
	c.Reply.Array(1 + 2*len(container.Subs))
	c.Reply.Status(strings.ToUpper(container.Name) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:")
	help := c.Spec
	for _, s := range container.Subs {
		if s != help {
			describe(c.Reply, s)
		}
	}
	describe(c.Reply, help)
	return nil
}

func describe(r Reply, s *Spec) {
	line := strings.ToUpper(s.Name)
	if s.Syntax != "" {
		line += " " + s.Syntax
	}
	r.Status(line)
	r.Status("    " + s.Summary)
}

// SubcommandError is the error of a subcommand that was given another number of
// arguments than it can have, where its arity does not tell.
func (c *Context) SubcommandError() error {
	name := c.Args.argv[1]
	return Errorf("unknown subcommand or wrong number of arguments for '%.128s'. Try %s HELP.", name, strings.ToUpper(c.Spec.Parent().Name))
}

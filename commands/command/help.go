package command

import "strings"

// Help answers HELP of a container: its subcommands as their Specs describe them.
func Help(c *Context) error {
	container := c.Spec.Parent()
	lines := []string{strings.ToUpper(container.Name) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"}
	if container.Run != nil {
		lines = append(lines, "(no subcommand)", "    "+container.Summary)
	}
	for _, s := range container.Subs {
		if s.Name != "help" {
			lines = append(lines, strings.TrimRight(strings.ToUpper(s.Name)+" "+s.Syntax, " "), "    "+s.Summary)
		}
	}
	lines = append(lines, "HELP", "    Prints this help.")
	c.Reply.Array(len(lines))
	for _, l := range lines {
		c.Reply.Status(l)
	}
	return nil
}

// SubcommandError is the error of a subcommand that was given another number of
// arguments than it can have, where its arity does not tell.
func (c *Context) SubcommandError() error {
	name := c.Args.argv[1]
	return Errorf("unknown subcommand or wrong number of arguments for '%.128s'. Try %s HELP.", name, strings.ToUpper(c.Spec.Parent().Name))
}

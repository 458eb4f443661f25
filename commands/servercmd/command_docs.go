package servercmd

import "github.com/medleydb/medley/commands/command"

var commandDocs = command.Spec{
	Name: "docs", Since: "7.0.0", Arity: -2,
	Summary: "Documents commands: summary, group, complexity, arguments.", Syntax: "[command-name [command-name ...]]",
	Complexity: "O(N) in the number of commands asked for",
	Flags:      anyTime | command.Sentinel, Categories: []string{"connection"},
	Tips: []string{"nondeterministic_output_order"},
	Run:  runCommandDocs,
}

func runCommandDocs(c *command.Context) error {
	var list []*command.Spec
	if c.Args.More() {
		for _, name := range c.Args.Rest() {
			if s := c.Services.Table.Lookup(string(name)); s != nil {
				list = append(list, s)
			}
		}
	} else {
		list = c.Services.Table.All()
	}
	replyDocs(c.Reply, list)
	return nil
}

func replyDocs(r command.Reply, list []*command.Spec) {
	r.Map(len(list))
	for _, s := range list {
		r.BulkString(s.FullName)
		replyDoc(r, s)
	}
}

func replyDoc(r command.Reply, s *command.Spec) {
	args := s.Arguments()
	texts := [...][2]string{{"summary", s.Summary}, {"since", s.Since}, {"group", docsGroup(s.Group)}, {"complexity", s.Complexity}}
	n := 0
	for _, t := range texts {
		if t[1] != "" {
			n++
		}
	}
	if s.DeprecatedSince != "" {
		n += 3
	}
	if len(args) > 0 {
		n++
	}
	if len(s.Subs) > 0 {
		n++
	}
	r.Map(n)
	for _, t := range texts {
		if t[1] != "" {
			replyText(r, t[0], t[1])
		}
	}
	if s.DeprecatedSince != "" {
		r.BulkString("doc_flags")
		replyStatuses(r, []string{"deprecated"}, "")
		replyText(r, "deprecated_since", s.DeprecatedSince)
		replyText(r, "replaced_by", s.ReplacedBy)
	}
	if len(args) > 0 {
		r.BulkString("arguments")
		replyArguments(r, args)
	}
	if len(s.Subs) > 0 {
		r.BulkString("subcommands")
		replyDocs(r, s.Subs)
	}
}

func replyText(r command.Reply, name, text string) {
	r.BulkString(name)
	r.BulkString(text)
}

func replyArguments(r command.Reply, args []command.Arg) {
	r.Array(len(args))
	for i := range args {
		replyArgument(r, &args[i])
	}
}

func replyArgument(r command.Reply, a *command.Arg) {
	group := a.Type == command.ArgOneOf || a.Type == command.ArgBlock
	var flags []string
	for _, f := range [...]struct {
		on   bool
		name string
	}{{a.Optional, "optional"}, {a.Multiple, "multiple"}, {a.MultipleToken, "multiple_token"}} {
		if f.on {
			flags = append(flags, f.name)
		}
	}
	n := 3 // name, type, and the text to show or the parts
	for _, more := range [...]bool{a.KeySpec >= 0, a.Token != "", len(flags) > 0} {
		if more {
			n++
		}
	}
	r.Map(n)
	replyText(r, "name", a.Name)
	replyText(r, "type", string(a.Type))
	if !group {
		replyText(r, "display_text", a.Name)
	}
	if a.KeySpec >= 0 {
		replyNumber(r, "key_spec_index", a.KeySpec)
	}
	if a.Token != "" {
		replyText(r, "token", a.Token)
	}
	if len(flags) > 0 {
		r.BulkString("flags")
		replyStatuses(r, flags, "")
	}
	if group {
		r.BulkString("arguments")
		replyArguments(r, a.Args)
	}
}

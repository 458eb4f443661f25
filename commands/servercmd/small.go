package servercmd

import "github.com/medleydb/medley/commands/command"

var moduleSpec = command.Spec{
	Name: "module", Group: command.GroupServer, Since: "4.0.0", Arity: -2,
	Summary: "Shows the loaded modules.", Complexity: "Depends on the subcommand",
	Subs: []*command.Spec{&moduleList, &moduleHelp},
}

var moduleList = command.Spec{
	Name: "list", Since: "4.0.0", Arity: 2,
	Summary: "Lists the loaded modules: there are none.", Complexity: "O(1)",
	Flags: command.Admin | command.NoScript,
	Tips:  []string{"nondeterministic_output_order"},
	Run: func(c *command.Context) error {
		c.Reply.Array(0)
		return nil
	},
}

var moduleHelp = command.Spec{
	Name: "help", Since: "5.0.0", Arity: 2,
	Summary: "Tells what MODULE can do.", Complexity: "O(1)",
	Flags: anyTime,
	Run:   command.Help,
}

var aclSpec = command.Spec{
	Name: "acl", Group: command.GroupServer, Since: "6.0.0", Arity: -2,
	Summary: "Shows users and what they may do.", Complexity: "Depends on the subcommand",
	Flags: command.Sentinel,
	Subs:  []*command.Spec{&aclWhoAmI, &aclHelp},
}

var aclWhoAmI = command.Spec{
	Name: "whoami", Since: "6.0.0", Arity: 2,
	Summary: "Tells the user of the connection.", Complexity: "O(1)",
	Flags: anyTime | command.NoScript | command.Sentinel,
	Run: func(c *command.Context) error {
		c.Reply.BulkString(c.Session.User())
		return nil
	},
}

var aclHelp = command.Spec{
	Name: "help", Since: "6.0.0", Arity: 2,
	Summary: "Tells what ACL can do.", Complexity: "O(1)",
	Flags: anyTime | command.Sentinel,
	Run:   command.Help,
}

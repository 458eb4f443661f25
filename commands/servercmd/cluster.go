package servercmd

import "github.com/medleydb/medley/commands/command"

// The cluster's commands, as a server outside a cluster answers them. The
// subcommands are those by which clients find out that this is one.

var clusterSpec = command.Spec{
	Name: "cluster", Group: command.GroupCluster, Since: "3.0.0", Arity: -2,
	Summary: "Shows and changes the cluster.", Complexity: "Depends on the subcommand",
	Subs: []*command.Spec{&clusterCountKeys, &clusterGetKeys, &clusterHelp, &clusterInfo, &clusterKeySlot, &clusterLinks,
		&clusterMyID, &clusterMyShardID, &clusterNodes, &clusterShards, &clusterSlots},
}

var (
	clusterCountKeys = command.Spec{
		Name: "countkeysinslot", Since: "3.0.0", Arity: 3, Syntax: "slot", Complexity: "O(1)",
		Summary: "Counts the keys of a slot.", Flags: command.Stale, Run: notClustered,
	}
	clusterGetKeys = command.Spec{
		Name: "getkeysinslot", Since: "3.0.0", Arity: 4, Syntax: "slot count", Complexity: "O(N) in the number of keys asked for",
		Summary: "Lists keys of a slot.", Flags: command.Stale, Run: notClustered,
		Tips: []string{"nondeterministic_output"},
	}
	clusterHelp = command.Spec{
		Name: "help", Since: "5.0.0", Arity: 2, Complexity: "O(1)",
		Summary: "Tells what CLUSTER can do.", Flags: anyTime, Run: notClustered,
	}
	clusterInfo = command.Spec{
		Name: "info", Since: "3.0.0", Arity: 2, Complexity: "O(1)",
		Summary: "Reports on the node.", Flags: command.Stale, Run: notClustered,
		Tips: []string{"nondeterministic_output"},
	}
	clusterKeySlot = command.Spec{
		Name: "keyslot", Since: "3.0.0", Arity: 3, Syntax: "key", Complexity: "O(N) in the length of the key",
		Summary: "Tells the slot of a key.", Flags: command.Stale, Run: notClustered,
	}
	clusterLinks = command.Spec{
		Name: "links", Since: "7.0.0", Arity: 2, Complexity: "O(N) in the number of nodes",
		Summary: "Lists the connections to other nodes.", Flags: command.Stale, Run: notClustered,
		Tips: []string{"nondeterministic_output"},
	}
	clusterMyID = command.Spec{
		Name: "myid", Since: "3.0.0", Arity: 2, Complexity: "O(1)",
		Summary: "Tells the node's ID.", Flags: command.Stale, Run: notClustered,
	}
	clusterMyShardID = command.Spec{
		Name: "myshardid", Since: "7.2.0", Arity: 2, Complexity: "O(1)",
		Summary: "Tells the ID of the node's shard.", Flags: command.Stale, Run: notClustered,
		Tips: []string{"nondeterministic_output"},
	}
	clusterNodes = command.Spec{
		Name: "nodes", Since: "3.0.0", Arity: 2, Complexity: "O(N) in the number of nodes",
		Summary: "Lists the nodes.", Flags: command.Stale, Run: notClustered,
		Tips: []string{"nondeterministic_output"},
	}
	clusterShards = command.Spec{
		Name: "shards", Since: "7.0.0", Arity: 2, Complexity: "O(N) in the number of nodes",
		Summary: "Lists the shards and their nodes.", Flags: anyTime, Run: notClustered,
		Tips: []string{"nondeterministic_output"},
	}
	clusterSlots = command.Spec{
		Name: "slots", Since: "3.0.0", Arity: 2, Complexity: "O(N) in the number of nodes",
		Summary: "Lists the slots and their nodes.", Flags: anyTime, Run: notClustered,
		Tips:            []string{"nondeterministic_output"},
		DeprecatedSince: "7.0.0", ReplacedBy: "`CLUSTER SHARDS`",
	}
)

const connectionMode = anyTime | command.Fast

var readOnly = command.Spec{
	Name: "readonly", Group: command.GroupCluster, Since: "3.0.0", Arity: 1,
	Summary: "Lets the connection read from a cluster's replica.", Complexity: "O(1)",
	Flags: connectionMode, Categories: []string{"connection"},
	Run: notClustered,
}

var readWrite = command.Spec{
	Name: "readwrite", Group: command.GroupCluster, Since: "3.0.0", Arity: 1,
	Summary: "Takes READONLY back.", Complexity: "O(1)",
	Flags: connectionMode, Categories: []string{"connection"},
	Run: notClustered,
}

var asking = command.Spec{
	Name: "asking", Group: command.GroupCluster, Since: "3.0.0", Arity: 1,
	Summary: "Announces that a redirection is being followed.", Complexity: "O(1)",
	Flags: command.Fast, Categories: []string{"connection"},
	Run: notClustered,
}

func notClustered(*command.Context) error {
	return command.Errorf("This instance has cluster support disabled")
}

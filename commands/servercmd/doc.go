// Package servercmd has the commands that look at or change the server as a whole:
// COMMAND, INFO, CONFIG, DEBUG, the databases' and the logs' commands.
package servercmd

import "github.com/medleydb/medley/commands/command"

// Specs returns the commands of the family.
func Specs() []*command.Spec {
	return []*command.Spec{
		&aclSpec, &asking, &clusterSpec, &commandSpec, &commandLog, &configSpec, &dbSize, &debugSpec, &flushAll, &flushDB, &info,
		&lastSave, &save, &bgSave, &bgRewriteAOF, &waitAOF, &syncSpec, &psync, &replConf, &wait, &latency, &lolwut, &memorySpec,
		&moduleSpec, &monitor, &readOnly, &readWrite, &replicaOf, &role, &shutdown,
		&hotkeys, &slaveOf, &slowLog, &swapDB, &timeSpec,
	}
}

// anyTime is the mark of commands that run whatever state the server is in.
const anyTime = command.Loading | command.Stale

// adminOnly is the mark of subcommands that change or show what is the
// administrator's.
const adminOnly = command.Admin | command.NoScript | command.Loading | command.Stale

package commands

import (
	"slices"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/conncmd"
	"github.com/medleydb/medley/commands/keycmd"
	"github.com/medleydb/medley/commands/scriptcmd"
	"github.com/medleydb/medley/commands/servercmd"
	"github.com/medleydb/medley/commands/stringcmd"
	"github.com/medleydb/medley/commands/txcmd"
	"github.com/medleydb/medley/commands/zsetcmd"
)

// allSpecs returns every command, family by family.
func allSpecs() []*command.Spec {
	return slices.Concat(
		conncmd.Specs(),
		keycmd.Specs(),
		scriptcmd.Specs(),
		servercmd.Specs(),
		stringcmd.Specs(),
		txcmd.Specs(),
		zsetcmd.Specs(),
	)
}

package commands

import (
	"slices"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/conncmd"
	"github.com/medleydb/medley/commands/listcmd"
	"github.com/medleydb/medley/commands/stringcmd"
	"github.com/medleydb/medley/commands/txcmd"
)

// allSpecs returns every command, family by family.
func allSpecs() []*command.Spec {
	return slices.Concat(
		conncmd.Specs(),
		stringcmd.Specs(),
		listcmd.Specs(),
		txcmd.Specs(),
	)
}

package conformance

import (
	"embed"

	"github.com/medleydb/medley/conformance/cases"
)

// scripts are part of the binary, so that it can test servers anywhere.
//
//go:embed testdata/cases
var scripts embed.FS

// Scripts returns the case scripts of every command.
func Scripts() ([]*cases.File, error) { return cases.Load(scripts, "testdata/cases") }

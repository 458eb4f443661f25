// Package stringcmd has the commands of strings.
package stringcmd

import "github.com/medleydb/medley/commands/command"

// Specs returns the commands of the family.
func Specs() []*command.Spec {
	return []*command.Spec{&get, &set, &incr}
}

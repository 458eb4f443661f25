// Package scriptcmd has the commands of scripts and functions: EVAL, FCALL, SCRIPT and FUNCTION.
// The language is package lua beneath it; here scripts meet keys.
//
// # Under which locks a script runs
//
// What a script calls runs in the transaction that the script holds, as EXEC's commands do,
// and locks are never added after a first write. So a script runs under the shards of its KEYS
// only if its syntax tree proves, when it is compiled, that every key of every command in it
// is an element of KEYS (reach.go). The same is found of a function that is written where
// it is registered, uses nothing outside its own text, and cannot run long. Any other script or
// function takes all shards from the start.
//
// # What lasts
//
// A script that fails has done what it had done, as the field has it; its effects are one
// entry of the journal either way.
package scriptcmd

import "github.com/medleydb/medley/commands/command"

// Specs returns the commands of the family.
func Specs() []*command.Spec {
	return []*command.Spec{&eval, &evalRO, &evalSha, &evalShaRO, &fcall, &fcallRO, &functionSpec, &script}
}

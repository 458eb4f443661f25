// Package stringcmd has the commands of strings.
package stringcmd

import "github.com/medleydb/medley/commands/command"

// Specs returns the commands of the family.
func Specs() []*command.Spec {
	return []*command.Spec{
		&get, &getdel, &getex, &getset, &getrange, &substr, &strlen, &mget, &digest, &lcs,
		&set, &setnx, &setex, &psetex, &setrange, &appendSpec, &mset, &msetnx, &msetex,
		&incr, &decr, &incrby, &decrby, &incrbyfloat, &increx,
		&delex, &delifeq,
	}
}

// one is the key of a command on one string.
func one(f command.KeyFlags) []command.KeySpec { return []command.KeySpec{command.Key(1, f)} }

const (
	reads  = command.ReadOnly
	writes = command.Write | command.DenyOOM
	fast   = command.Fast
)

// Package keycmd has the commands on keys of any type.
package keycmd

import "github.com/medleydb/medley/commands/command"

// Specs returns the commands of the family.
func Specs() []*command.Spec {
	return []*command.Spec{
		&del, &unlink, &exists, &touch, &typeSpec, &rename, &renamenx, &copySpec, &move,
		&expire, &pexpire, &expireat, &pexpireat, &persist, &ttl, &pttl, &expiretime, &pexpiretime,
		&keys, &scan, &randomkey, &object,
		&dump, &restore, &restoreAsking, &migrateSpec,
	}
}

// one is the key of a command on one key, and every those of one on any number.
func one(f command.KeyFlags) []command.KeySpec { return []command.KeySpec{command.Key(1, f)} }

func every(f command.KeyFlags) []command.KeySpec {
	return []command.KeySpec{command.KeyRange(1, -1, 1, f)}
}

const (
	reads  = command.ReadOnly
	writes = command.Write
	fast   = command.Fast
)

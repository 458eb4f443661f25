// Package setcmd holds the commands of group set.
//
// A member whose time has passed (SEXPIRE) is gone for every command: a lookup of the key
// takes it out, if the engine's background work has not. Adding a member that is there
// changes nothing, its time included.
package setcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/set"
	"github.com/medleydb/medley/keyspace"
)

// Specs returns the commands.
func Specs() []*command.Spec {
	return append([]*command.Spec{
		&sadd, &srem, &scard, &sismember, &smismember, &smembers, &smove, &spop, &srandmember, &sscan,
		&sinter, &sinterstore, &sintercard, &sunion, &sunionstore, &sunioncard, &sdiff, &sdiffstore, &sdiffcard,
	}, family.Specs()...)
}

// Names of commands in effects. They are never written to.
const (
	sremName = "SREM"
	delName  = "DEL"
)

func one(f command.KeyFlags) []command.KeySpec { return []command.KeySpec{command.Key(1, f)} }

// replySet replies the members, whose number is known.
func replySet(c *command.Context, s set.Set) {
	c.Reply.Set(s.Len())
	s.Each(func(m *set.Member) bool {
		c.Reply.Bulk(m.Bytes(c.Scratch))
		return true
	})
}

// openAll opens the sets at the keys for reading; empty ones stand for missing keys. A
// key of another type is an error, wherever it stands.
func openAll(c *command.Context, keys [][]byte) (sets []set.Set, missing int, err error) {
	sets = make([]set.Set, len(keys))
	for i, key := range keys {
		s, ok, err := keyspace.Read[set.Set](c.Tx, key)
		if err != nil {
			return nil, 0, err
		}
		if !ok {
			missing++
		}
		sets[i] = s
	}
	return sets, missing, nil
}

package setcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/keycmd"
	"github.com/medleydb/medley/datatypes/set"
	"github.com/medleydb/medley/keyspace"
)

var sscan = command.Spec{
	Name: "sscan", Group: command.GroupSet, Since: "2.8.0", Arity: -3,
	Summary: "Returns some of the members of a set, and a cursor for the next call.",
	Syntax:  "key cursor [MATCH pattern] [COUNT count]", Complexity: "O(1) a call, O(N) for all members",
	Tips:  []string{"nondeterministic_output"},
	Flags: command.ReadOnly, Keys: one(command.RO | command.Access),
	Run: runSScan,
}

func runSScan(c *command.Context) error {
	open := func(key []byte) (set.Set, bool, error) { return keyspace.Read[set.Set](c.Tx, key) }
	return keycmd.ScanMembers(c, "", open, func(s set.Set, cursor uint64, q *keycmd.ScanQuery) uint64 {
		return s.Scan(cursor, q.Count, func(m *set.Member) {
			if text := m.Bytes(c.Scratch); q.Matches(text) {
				q.Keep(text)
			}
		})
	})
}

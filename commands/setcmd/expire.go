package setcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/memberttl"
	"github.com/medleydb/medley/datatypes/set"
	"github.com/medleydb/medley/keyspace"
)

// family makes SEXPIRE, SPEXPIRE, SEXPIREAT, SPEXPIREAT, STTL, SPTTL, SEXPIRETIME, SPEXPIRETIME
// and SPERSIST.
var family = memberttl.Family{
	Group: command.GroupSet, Since: "1.0.0", Prefix: "s", Noun: "member", Word: "MEMBERS",
	Read: memberttl.Open[set.Set], Update: memberttl.OpenToWrite[set.Set],
	Expire: keyspace.EvSExpire, Persist: keyspace.EvSPersist, Expired: keyspace.EvSExpired, Removed: keyspace.EvSRem,
	ExpireAt: []byte("SPEXPIREAT"), Remove: []byte("SREM"),
}

// Reap takes members whose time has passed out of the set at the key, at most limit of
// them: the keyspace's Reaper for sets.
func Reap(tx *keyspace.Tx, key []byte, limit int) (int, error) { return family.Reap(tx, key, limit) }

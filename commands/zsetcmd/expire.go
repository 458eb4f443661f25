package zsetcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/memberttl"
	"github.com/medleydb/medley/datatypes/zset"
	"github.com/medleydb/medley/keyspace"
)

// family makes ZEXPIRE, ZPEXPIRE, ZEXPIREAT, ZPEXPIREAT, ZTTL, ZPTTL, ZEXPIRETIME, ZPEXPIRETIME
// and ZPERSIST.
var family = memberttl.Family{
	Group: command.GroupSortedSet, Since: "1.0.0", Prefix: "z", Noun: "member", Word: "MEMBERS",
	Read: memberttl.Open[zset.ZSet], Update: memberttl.OpenToWrite[zset.ZSet],
	Expire: keyspace.EvZExpire, Persist: keyspace.EvZPersist, Expired: keyspace.EvZExpired, Removed: keyspace.EvZRem,
	ExpireAt: []byte("ZPEXPIREAT"), Remove: []byte("ZREM"),
}

// Reap takes members whose time has passed out of the sorted set at the key, at most limit of
// them: the keyspace's Reaper for sorted sets.
func Reap(tx *keyspace.Tx, key []byte, limit int) (int, error) { return family.Reap(tx, key, limit) }

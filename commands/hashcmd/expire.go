package hashcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/memberttl"
	"github.com/medleydb/medley/datatypes/hash"
	"github.com/medleydb/medley/keyspace"
)

// family makes HEXPIRE, HPEXPIRE, HEXPIREAT, HPEXPIREAT, HTTL, HPTTL, HEXPIRETIME,
// HPEXPIRETIME and HPERSIST.
var family = memberttl.Family{
	Group: command.GroupHash, Since: "7.4.0", Prefix: "h", Noun: "field", Word: "FIELDS",
	Read: memberttl.Open[hash.Hash], Update: memberttl.OpenToWrite[hash.Hash],
	Expire: keyspace.EvHExpire, Persist: keyspace.EvHPersist, Expired: keyspace.EvHExpired, Removed: keyspace.EvHDel,
	ExpireAt: hpexpireatName, Remove: hdelName,
}

// Reap removes expired fields of the hash at the key, at most limit of them: the
// keyspace's Reaper for hashes.
func Reap(tx *keyspace.Tx, key []byte, limit int) (int, error) { return family.Reap(tx, key, limit) }

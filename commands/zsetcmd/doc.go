// Package zsetcmd has the commands of sorted sets.
//
// A member whose time has passed (ZEXPIRE) is gone for every command: a lookup of the key
// takes it out, if the engine's background work has not. ZADD with another score takes a
// member's time away, as HSET does with a field; ZINCRBY leaves it.
package zsetcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/zset"
	"github.com/medleydb/medley/keyspace"
)

// Specs returns the commands of the family.
func Specs() []*command.Spec {
	return append([]*command.Spec{
		&zadd, &zincrby, &zrem, &zcard, &zscore, &zmscore, &zrank, &zrevrank, &zcount, &zlexcount,
		&zrange, &zrevrange, &zrangebyscore, &zrevrangebyscore, &zrangebylex, &zrevrangebylex, &zrangestore,
		&zremrangebyrank, &zremrangebyscore, &zremrangebylex,
		&zpopmin, &zpopmax, &zmpop, &bzpopmin, &bzpopmax, &bzmpop,
		&zunion, &zinter, &zdiff, &zunionstore, &zinterstore, &zdiffstore, &zintercard,
		&zrandmember, &zscan,
	}, family.Specs()...)
}

// one is the key of a command on one sorted set.
func one(f command.KeyFlags) []command.KeySpec { return []command.KeySpec{command.Key(1, f)} }

const (
	reads  = command.ReadOnly
	writes = command.Write | command.DenyOOM
	fast   = command.Fast
)

func read(c *command.Context, key []byte) (zset.ZSet, bool, error) {
	return keyspace.Read[zset.ZSet](c.Tx, key)
}

func update(c *command.Context, key []byte) (zset.ZSet, bool, error) {
	return keyspace.Update[zset.ZSet](c.Tx, key)
}

// Package hashcmd has the commands of hashes.
//
// A field whose time has passed is gone for every reply, but HLEN and EXISTS, which
// count it until it is removed, as servers of the field do. It is removed by the
// engine's background work (Reap), and by a command that names it and would show it.
package hashcmd

import "github.com/medleydb/medley/commands/command"

// Specs returns the commands of the family.
func Specs() []*command.Spec {
	return append([]*command.Spec{
		&hset, &hmset, &hsetnx, &hsetex, &hget, &hmget, &hgetall, &hkeys, &hvals,
		&hlen, &hstrlen, &hexists, &hdel, &hgetdel, &hgetex, &hincrby, &hincrbyfloat,
		&hrandfield, &hscan, &himport,
	}, family.Specs()...)
}

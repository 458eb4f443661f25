package commands

import (
	"math"
	"slices"

	"github.com/medleydb/medley/commands/bitmapcmd"
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/conncmd"
	"github.com/medleydb/medley/commands/geocmd"
	"github.com/medleydb/medley/commands/hashcmd"
	"github.com/medleydb/medley/commands/hllcmd"
	"github.com/medleydb/medley/commands/keycmd"
	"github.com/medleydb/medley/commands/listcmd"
	"github.com/medleydb/medley/commands/pubsubcmd"
	"github.com/medleydb/medley/commands/scriptcmd"
	"github.com/medleydb/medley/commands/servercmd"
	"github.com/medleydb/medley/commands/setcmd"
	"github.com/medleydb/medley/commands/sortcmd"
	"github.com/medleydb/medley/commands/streamcmd"
	"github.com/medleydb/medley/commands/stringcmd"
	"github.com/medleydb/medley/commands/txcmd"
	"github.com/medleydb/medley/commands/zsetcmd"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/set"
	"github.com/medleydb/medley/datatypes/zset"
	"github.com/medleydb/medley/keyspace"
)

// allSpecs returns every command, family by family.
func allSpecs() []*command.Spec {
	return slices.Concat(
		bitmapcmd.Specs(),
		conncmd.Specs(),
		geocmd.Specs(),
		hashcmd.Specs(),
		hllcmd.Specs(),
		keycmd.Specs(),
		listcmd.Specs(),
		pubsubcmd.Specs(),
		scriptcmd.Specs(),
		servercmd.Specs(),
		setcmd.Specs(),
		sortcmd.Specs(),
		streamcmd.Specs(),
		stringcmd.Specs(),
		txcmd.Specs(),
		zsetcmd.Specs(),
	)
}

// reap takes expired members out of a value: the keyspace's Reaper.
func reap(tx *keyspace.Tx, key []byte, kind datatypes.Kind, limit int) (int, error) {
	switch kind {
	case datatypes.Hash:
		return hashcmd.Reap(tx, key, limit)
	case datatypes.Set:
		return setcmd.Reap(tx, key, limit)
	case datatypes.ZSet:
		return zsetcmd.Reap(tx, key, limit)
	}
	return 0, nil
}

// hide returns a copy of a set or sorted set without its expired members.
func hide(v datatypes.Value) datatypes.Value {
	v.Detach()
	switch v.Kind {
	case datatypes.Set:
		set.Set{}.Of(&v).Reap(math.MaxInt, nil)
	case datatypes.ZSet:
		zset.ZSet{}.Of(&v).Reap(math.MaxInt, nil)
	}
	return v
}

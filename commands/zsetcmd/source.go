package zsetcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/set"
	"github.com/medleydb/medley/datatypes/zset"
	"github.com/medleydb/medley/keyspace"
)

// A source is what the commands that put several collections together read: a sorted
// set, or a set, whose members all have the score 1. Members are good until the function
// that they are passed to returns.
type source interface {
	Len() int
	Score(member []byte) (score float64, ok bool)
	Walk(fn func(member []byte, score float64) bool)
}

// members are those of a set as a source.
type members struct{ set.Set }

func (m members) Score(member []byte) (float64, bool) { return 1, m.Has(member) }

func (m members) Walk(fn func(member []byte, score float64) bool) {
	var scratch [32]byte
	m.Each(func(t *set.Member) bool { return fn(t.Bytes(scratch[:0]), 1) })
}

// none is the source of a key that is not there.
type none struct{}

func (none) Len() int                        { return 0 }
func (none) Score([]byte) (float64, bool)    { return 0, false }
func (none) Walk(func([]byte, float64) bool) {}

// openSource opens a key to be read as a source.
func openSource(c *command.Context, key []byte) (source, error) {
	var v datatypes.Value
	if !c.Tx.Lookup(key, &v) {
		return none{}, nil
	}
	switch v.Kind {
	case datatypes.ZSet:
		return zset.ZSet{}.Of(&v), nil
	case datatypes.Set:
		return members{set.Set{}.Of(&v)}, nil
	}
	return nil, keyspace.ErrWrongType
}

package hashcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/hash"
	"github.com/medleydb/medley/keyspace"
)

// Names of commands and options in effects. They are never written to.
var (
	hdelName       = []byte("HDEL")
	delName        = []byte("DEL")
	hsetName       = []byte("HSET")
	hsetexName     = []byte("HSETEX")
	hpersistName   = []byte("HPERSIST")
	hpexpireatName = []byte("HPEXPIREAT")
	keepTTLName    = []byte("KEEPTTL")
	pxatName       = []byte("PXAT")
	fieldsName     = []byte("FIELDS")
	oneArg         = []byte("1")
)

// readBatch is how many expired fields a command removes that looks at no field in
// particular.
const readBatch = 256

// isDue reports whether a field of the hash has expired, and may be removed: while
// clients are paused all stays as it is, and fields are only hidden.
func isDue(c *command.Context, h hash.Hash) bool {
	ms := h.Value().DueMs
	return ms != 0 && ms <= c.Tx.NowMs() && c.Tx.Expired == keyspace.RemoveExpired
}

// reapMet removes those of the named fields that have expired and reports whether
// there was one; step is 2 where fields stand in turns with values. After it the
// command must name its own effect (effectArgs). h may be open for reading: it
// stays good but for its count.
func reapMet(c *command.Context, key []byte, h hash.Hash, fields [][]byte, step int) bool {
	if !isDue(c, h) {
		return false
	}
	var gone [][]byte
	for i := 0; i < len(fields); i += step {
		if h.State(fields[i]) == hash.Expired {
			gone = append(gone, fields[i])
		}
	}
	if len(gone) == 0 {
		return false
	}
	w, _, err := keyspace.Update[hash.Hash](c.Tx, key)
	if err != nil {
		return false
	}
	n := 0
	for _, f := range gone {
		if w.Delete(f) {
			n++
		}
	}
	family.Tell(c.Tx, key, gone, n)
	return true
}

// effectArgs names the command's arguments as its effect, where another effect came
// before.
func effectArgs(c *command.Context, reaped bool) {
	if reaped {
		c.Tx.Effect(c.Argv()...)
	}
}

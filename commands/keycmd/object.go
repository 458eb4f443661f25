package keycmd

import (
	"math"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/hash"
	"github.com/medleydb/medley/datatypes/list"
	"github.com/medleydb/medley/datatypes/set"
	"github.com/medleydb/medley/datatypes/str"
	"github.com/medleydb/medley/datatypes/stream"
	"github.com/medleydb/medley/datatypes/zset"
	"github.com/medleydb/medley/keyspace"
)

var object = command.Spec{
	Name: "object", Group: command.GroupGeneric, Since: "2.2.3", Arity: -2,
	Summary: "A container for commands that look inside a key.", Complexity: "Depends on the subcommand",
	Subs: []*command.Spec{&objectEncoding, &objectFreq, &objectIdletime, &objectRefcount, &objectHelp},
}

func objectSub(name, since, summary string, run func(*command.Context, []byte) error) command.Spec {
	return command.Spec{
		Name: name, Since: since, Arity: 3, Summary: summary, Syntax: "key", Complexity: "O(1)",
		Flags: reads, Keys: []command.KeySpec{command.Key(2, command.RO)},
		Run: func(c *command.Context) error {
			key := c.Args.Key()
			if _, ok := c.Tx.Expiry(key); !ok {
				c.Reply.Null()
				return nil
			}
			return run(c, key)
		},
	}
}

var objectEncoding = objectSub("encoding", "2.2.3", "Names the representation of the value at a key.",
	func(c *command.Context, key []byte) error {
		c.Tx.NoTouch, c.Tx.NoStats = true, true
		defer func() { c.Tx.NoStats = false }()
		var v datatypes.Value
		c.Tx.Lookup(key, &v)
		c.Reply.BulkString(EncodingName(&v))
		return nil
	})

// EncodingName returns the representation of a value in the words of OBJECT
// ENCODING.
func EncodingName(v *datatypes.Value) string {
	switch v.Kind {
	case datatypes.String:
		return str.String{}.Of(v).EncodingName()
	case datatypes.Hash:
		return hash.Hash{}.Of(v).EncodingName()
	case datatypes.List:
		return list.List{}.Of(v).EncodingName()
	case datatypes.Set:
		return set.Set{}.Of(v).EncodingName()
	case datatypes.ZSet:
		return zset.ZSet{}.Of(v).EncodingName()
	case datatypes.Stream:
		return stream.Stream{}.EncodingName()
	}
	return "unknown"
}

var objectFreq = objectSub("freq", "4.0.0", "Returns the logarithmic access counter of a key.",
	func(c *command.Context, key []byte) error {
		if !c.Services.Store.AccessPolicy().LFU {
			return command.Errorf("An LFU maxmemory policy is not selected, access frequency not tracked. " +
				"Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.")
		}
		_, freq, _ := c.Tx.Access(key)
		c.Reply.Int(int64(freq))
		return nil
	})

var objectIdletime = objectSub("idletime", "2.2.3", "Returns the seconds since the last access to a key.",
	func(c *command.Context, key []byte) error {
		if c.Services.Store.AccessPolicy().LFU {
			return command.Errorf("An LFU maxmemory policy is selected, idle time not tracked. " +
				"Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.")
		}
		idle, _, _ := c.Tx.Access(key)
		c.Reply.Int(idle)
		return nil
	})

var objectRefcount = objectSub("refcount", "2.2.3", "Returns 1: a value has one owner; small integers count as shared by all.",
	func(c *command.Context, key []byte) error {
		// Servers of the field share the objects of these integers and answer the
		// largest count for them, which clients' tests look at.
		const sharedIntegers, shared = 10000, math.MaxInt32
		if keepsAccess(&c.Services.Config.Data) {
			c.Reply.Int(1)
			return nil
		}
		if s, _, err := keyspace.Read[str.String](c.Tx, key); err == nil {
			if n, err := s.Int(); err == nil && s.EncodingName() == "int" && n >= 0 && n < sharedIntegers {
				c.Reply.Int(shared)
				return nil
			}
		}
		c.Reply.Int(1)
		return nil
	})

// keepsAccess reports whether eviction goes by a value's last access or how often it was
// accessed, for which a value must have a place of its own.
func keepsAccess(c *config.Data) bool {
	switch c.MaxmemoryPolicy.Load() {
	case config.AllkeysLRU, config.AllkeysLFU, config.AllkeysLRM, config.VolatileLRU, config.VolatileLFU, config.VolatileLRM:
		return c.Maxmemory.Load() > 0
	}
	return false
}

var objectHelp = command.Spec{
	Name: "help", Since: "6.2.0", Arity: 2, Summary: "Explains the subcommands.", Complexity: "O(1)",
	Flags: command.Loading | command.Stale,
	Run:   command.Help,
}

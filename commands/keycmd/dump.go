package keycmd

import (
	"errors"
	"math"
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/keyspace"
	"github.com/medleydb/medley/keyspace/rdb"
)

var dump = command.Spec{
	Name: "dump", Group: command.GroupGeneric, Since: "2.6.0", Arity: 2,
	Summary: "Returns the value at a key in a form that RESTORE takes.", Syntax: "key", Complexity: "O(N) in the size of the value",
	Flags: reads, Keys: one(command.RO | command.Access),
	Tips: []string{"nondeterministic_output"},
	Run:  runDump,
}

func runDump(c *command.Context) error {
	key := c.Args.Key()

	var v datatypes.Value
	if !c.Tx.Lookup(key, &v) {
		c.Reply.Null()
		return nil
	}
	payload := rdb.AppendDump(nil, &v)

	c.Reply.Bulk(payload)
	return nil
}

var restore = command.Spec{
	Name: "restore", Group: command.GroupGeneric, Since: "2.6.0", Arity: -4,
	Summary: "Creates a key from what DUMP has returned.",
	Syntax:  "key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]", Complexity: "O(N) in the size of the value; O(N*log(N)) for a sorted set",
	Flags: writes | command.DenyOOM, Keys: one(command.OW | command.Update), Categories: []string{"dangerous"},
	Run: runRestore,
}

var restoreAsking = command.Spec{
	Name: "restore-asking", Group: command.GroupServer, Since: "3.0.0", Arity: -4,
	Summary: "RESTORE as nodes of a cluster send it to each other.",
	Syntax:  restore.Syntax, Complexity: restore.Complexity,
	Flags: writes | command.DenyOOM | command.Asking, Keys: one(command.OW | command.Update), Categories: []string{"dangerous", "keyspace"},
	Run: runRestore,
}

// restoreOptions are what may follow a payload.
type restoreOptions struct {
	replace, absolute bool
	idleSec           int64 // -1: not given
	freq              int64 // -1: not given
}

func (o *restoreOptions) parse(c *command.Context) {
	o.idleSec, o.freq = -1, -1
	for c.Args.More() {
		switch {
		case c.Args.Word("REPLACE"):
			o.replace = true
		case c.Args.Word("ABSTTL"):
			o.absolute = true
		case o.freq < 0 && c.Args.Option("IDLETIME", 1):
			o.idleSec = c.Args.Int()
			if o.idleSec < 0 {
				c.Args.Fail(command.Errorf("Invalid IDLETIME value, must be >= 0"))
			}
		case o.idleSec < 0 && c.Args.Option("FREQ", 1):
			o.freq = c.Args.Int()
			if o.freq < 0 || o.freq > 255 {
				c.Args.Fail(command.Errorf("Invalid FREQ value, must be >= 0 and <= 255"))
			}
		default:
			c.Args.Fail(command.ErrSyntax)
		}
	}
}

func runRestore(c *command.Context) error {
	key, ttl, payload := c.Args.Key(), c.Args.Bytes(), c.Args.Bytes()
	var o restoreOptions
	o.parse(c)
	if err := c.Args.Err(); err != nil {
		return err
	}
	// What is wrong with the time and the payload is told only where the key can be written.
	if _, taken := c.Tx.Expiry(key); taken && !o.replace {
		return command.ErrBusyKey
	}
	expiryMs, err := restoreExpiry(c, ttl, o.absolute)
	if err != nil {
		return err
	}
	draft, err := thaw(c, key, payload)
	if err != nil {
		return err
	}

	if expiryMs != 0 && expiryMs <= c.Tx.NowMs() {
		if c.Tx.Delete(key) {
			c.Changed(key, keyspace.EvDel)
			c.EffectRemoved(key, &c.Services.Config.LazyfreeLazyServerDel)
		}
		c.Reply.OK()
		return nil
	}
	c.Tx.Put(key, draft, expiryMs)
	c.Tx.Settle()
	o.access(c, key)
	c.Changed(key, keyspace.EvRestore)
	if expiryMs != 0 && !o.absolute && c.Tx.Recording() {
		args := append([][]byte{key, strconv.AppendInt(nil, expiryMs, 10)}, c.Argv()[3:]...)
		c.Effect("RESTORE", append(args, []byte("ABSTTL"))...)
	}

	c.Reply.OK()
	return nil
}

// restoreExpiry turns the time of RESTORE into Unix milliseconds, 0 for none.
func restoreExpiry(c *command.Context, ttl []byte, absolute bool) (int64, error) {
	ms, ok := datatypes.ParseInt(ttl)
	switch {
	case !ok:
		return 0, datatypes.ErrNotInteger
	case ms < 0:
		return 0, command.Errorf("Invalid TTL value, must be >= 0")
	case ms == 0 || absolute:
		return ms, nil
	}
	return min(ms, math.MaxInt64-c.Tx.NowMs()) + c.Tx.NowMs(), nil
}

// thaw reads a payload into a value that is not the key's yet.
func thaw(c *command.Context, key, payload []byte) (*datatypes.Value, error) {
	d, err := rdb.OpenDump(payload, rdb.Lenient{
		Checksum: c.Services.SkipChecksum.Load(),
		Version:  c.Services.Config.RDBVersionCheck.Load() == config.RDBVersionRelaxed,
	})
	if err != nil {
		return nil, err
	}
	if d.Kind() == datatypes.None {
		return nil, rdb.ErrType
	}
	draft := c.Tx.Draft(key, d.Kind())
	if err := d.Load(draft); errors.Is(err, datatypes.ErrStringTooLong) {
		return nil, rdb.ErrCorrupt
	} else if err != nil {
		return nil, err
	}
	return draft, nil
}

// access gives the key the idle time or the counter, whichever the policy keeps.
func (o *restoreOptions) access(c *command.Context, key []byte) {
	lfu := c.Services.Store.AccessPolicy().LFU
	if lfu && o.freq >= 0 || !lfu && o.idleSec >= 0 {
		c.Tx.SetAccess(key, max(o.idleSec, 0), int(max(o.freq, 0)))
	}
}

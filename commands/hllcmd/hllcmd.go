// Package hllcmd has the commands of HyperLogLogs.
package hllcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/hll"
	"github.com/medleydb/medley/keyspace"
)

// Specs returns the commands of the family.
func Specs() []*command.Spec {
	return []*command.Spec{&pfadd, &pfcount, &pfmerge, &pfdebug, &pfselftest}
}

// one is the key of a command on one HyperLogLog.
func one(f command.KeyFlags) []command.KeySpec { return []command.KeySpec{command.Key(1, f)} }

const writes = command.Write | command.DenyOOM

// read opens a HyperLogLog for reading; ok is false when there is none.
func read(c *command.Context, key []byte) (h hll.HLL, ok bool, err error) {
	h, ok, err = keyspace.Read[hll.HLL](c.Tx, key)
	if ok && err == nil {
		err = h.Check()
	}
	return h, ok, err
}

// update opens a HyperLogLog for writing; ok is false when there is none.
func update(c *command.Context, key []byte) (h hll.HLL, ok bool, err error) {
	h, ok, err = keyspace.Update[hll.HLL](c.Tx, key)
	if ok && err == nil {
		err = h.Check()
	}
	return h, ok, err
}

// upsert opens a HyperLogLog for writing, an empty one where there is no key.
func upsert(c *command.Context, key []byte) (h hll.HLL, created bool, err error) {
	h, err = keyspace.Upsert[hll.HLL](c.Tx, key)
	if err != nil {
		return h, false, err
	}
	if !h.Exists() {
		h.Create()
		return h, true, nil
	}
	return h, false, h.Check()
}

var pfadd = command.Spec{
	Name: "pfadd", Group: command.GroupHyperLogLog, Since: "2.8.9", Arity: -2,
	Summary: "Adds elements to a HyperLogLog, which is created when there is none.",
	Syntax:  "key [element [element ...]]", Complexity: "O(1) for each element",
	Flags: writes | command.Fast, Keys: one(command.RW | command.Insert),
	Run: runPFAdd,
}

func runPFAdd(c *command.Context) error {
	key, elements := c.Args.Key(), c.Args.Rest()

	h, created, err := upsert(c, key)
	if err != nil {
		return err
	}
	changed, err := h.Add(elements)
	if err != nil && changed { // what came before the damage is added
		c.Changed(key, keyspace.EvPFAdd)
		c.FailChanged(err)
		return nil
	}
	if err != nil {
		return err
	}
	if created || changed {
		h.Invalidate()
		c.Changed(key, keyspace.EvPFAdd)
		c.Reply.Int(1)
		return nil
	}

	c.Reply.Int(0)
	return nil
}

var pfcount = command.Spec{
	Name: "pfcount", Group: command.GroupHyperLogLog, Since: "2.8.9", Arity: -2,
	Summary: "Estimates how many different elements were added to HyperLogLogs.",
	Syntax:  "key [key ...]", Complexity: "O(1) for one key that has not changed since, O(N) in the keys",
	Flags: command.ReadOnly | command.MayReplicate,
	Keys:  []command.KeySpec{command.KeyRange(1, -1, 1, command.RW|command.Access)},
	Run:   runPFCount,
}

func runPFCount(c *command.Context) error {
	keys := c.Args.Rest()
	if len(keys) == 1 {
		return countOne(c, keys[0])
	}

	var u hll.Union
	if _, err := union(c, &u, keys); err != nil {
		return err
	}
	n, err := u.Count()
	if err != nil {
		return err
	}

	c.Reply.Int(int64(n))
	return nil
}

// countOne counts the elements of one HyperLogLog. A number that had to be computed is
// stored in the value: a change like any other, but of no event.
func countOne(c *command.Context, key []byte) error {
	h, ok, err := read(c, key)
	if err != nil {
		return err
	}
	if !ok {
		c.Reply.Int(0)
		return nil
	}
	n, known := h.Cached()
	if !known {
		if h, _, err = update(c, key); err != nil {
			return err
		}
		if n, _, err = h.Count(); err != nil {
			return err
		}
		c.Changed(key, keyspace.EvNone)
		c.Effect("PFCOUNT", key) // by itself a command that reads has none
	}

	c.Reply.Int(int64(n))
	return nil
}

// union joins the HyperLogLogs at the keys, and reports whether one of them is dense.
func union(c *command.Context, u *hll.Union, keys [][]byte) (dense bool, err error) {
	for _, key := range keys {
		h, ok, err := read(c, key)
		if err != nil {
			return false, err
		}
		if !ok {
			continue
		}
		dense = dense || h.Dense()
		if err := u.Merge(h); err != nil {
			return false, err
		}
	}
	return dense, nil
}

var pfmerge = command.Spec{
	Name: "pfmerge", Group: command.GroupHyperLogLog, Since: "2.8.9", Arity: -2,
	Summary: "Merges HyperLogLogs into one, which is created when there is none.",
	Syntax:  "destkey [sourcekey [sourcekey ...]]", Complexity: "O(N) in the keys",
	Flags: writes,
	Keys: []command.KeySpec{command.Key(1, command.RW|command.Access|command.Insert),
		command.KeyRange(2, -1, 1, command.RO|command.Access)},
	Run: runPFMerge,
}

func runPFMerge(c *command.Context) error {
	keys := c.Args.Rest()
	dst := keys[0]

	var u hll.Union
	dense, err := union(c, &u, keys)
	if err != nil {
		return err
	}
	h, _, err := upsert(c, dst)
	if err != nil {
		return err
	}
	if err := h.Store(&u, dense); err != nil {
		return err
	}
	// A merge is an addition of many elements, and told as one.
	c.Changed(dst, keyspace.EvPFAdd)

	c.Reply.OK()
	return nil
}

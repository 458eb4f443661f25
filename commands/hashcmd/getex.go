package hashcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/memberttl"
	"github.com/medleydb/medley/datatypes/due"
	"github.com/medleydb/medley/datatypes/hash"
	"github.com/medleydb/medley/keyspace"
)

var hgetdel = command.Spec{
	Name: "hgetdel", Group: command.GroupHash, Since: "8.0.0", Arity: -5,
	Summary: "Returns the values of fields and removes them.", Syntax: "key FIELDS numfields field [field ...]",
	Complexity: "O(N) in the number of fields given",
	Flags:      command.Write | command.Fast,
	Keys:       []command.KeySpec{command.Key(1, command.RW|command.Access|command.Delete)},
	Run:        runHGetDel,
}

func runHGetDel(c *command.Context) error {
	key := c.Args.Key()
	h, ok, err := keyspace.Update[hash.Hash](c.Tx, key)
	if err != nil {
		return err
	}
	fields := family.Take(&c.Args)
	if err := c.Args.Err(); err != nil {
		return err
	}

	if ok {
		reapMet(c, key, h, fields, 1)
	}
	var gone [][]byte
	c.Reply.Array(len(fields))
	for _, f := range fields {
		value, st := h.Get(f, c.Scratch)
		if st != hash.Live {
			c.Reply.Null()
			continue
		}
		c.Reply.Bulk(value)
		if h.Delete(f) {
			gone = append(gone, f)
		}
	}
	if len(gone) > 0 {
		c.Changed(key, keyspace.EvHDel)
		c.Tx.Subkeys(key, keyspace.EvHDel, gone, 1)
		c.Tx.Effect(memberttl.Named(hdelName, key, fields)...)
	}
	return nil
}

var hgetex = command.Spec{
	Name: "hgetex", Group: command.GroupHash, Since: "8.0.0", Arity: -5,
	Summary:    "Returns the values of fields and sets when they go.",
	Syntax:     "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST] FIELDS numfields field [field ...]",
	Complexity: "O(N) in the number of fields given",
	Flags:      command.Write | command.Fast,
	Keys:       []command.KeySpec{command.Key(1, command.RW|command.Access|command.Update)},
	Run:        runHGetEx,
}

func runHGetEx(c *command.Context) error {
	a := &c.Args
	key := a.Key()
	h, ok, err := keyspace.Update[hash.Hash](c.Tx, key)
	if err != nil {
		return err
	}
	change, ms := keepTime, int64(0)
	if u, timed := timeOption(a); timed {
		if a.Len() < 3 {
			return command.ErrArity
		}
		change, ms = setTime, memberttl.TakeTime(c, u)
	} else if a.Word("PERSIST") {
		change = clearTime
	}
	fields := takeLastFields(a)
	if err := a.Err(); err != nil {
		return err
	}

	if ok {
		reapMet(c, key, h, fields, 1)
		if change != keepTime {
			h.ExpectTimes()
		}
	}
	var changed [][]byte
	c.Reply.Array(len(fields))
	for _, f := range fields {
		// One after the other: what goes at once is not there a second time.
		replyValue(c, h, f)
		if ok && changeTime(h, f, change, ms) {
			changed = append(changed, f)
		}
	}
	tellTimes(c, key, changed, change, ms)
	return nil
}

// takeLastFields is the list of fields where FIELDS as the last argument is an error of its
// own.
func takeLastFields(a *command.Args) [][]byte {
	if a.Len() == 1 && command.EqualFold(a.Peek(), "FIELDS") {
		a.Fail(command.ErrArity)
	}
	return family.Take(a)
}

// What HGETEX does with times.
const (
	keepTime = iota
	setTime
	clearTime
)

// changeTime sets or takes away the field's time and reports whether that changed
// something.
func changeTime(h hash.Hash, field []byte, change int, ms int64) bool {
	result := due.Unchanged
	switch {
	case !h.Exists():
	case change == setTime:
		result = h.Expire(field, ms, due.Always)
	case change == clearTime:
		result = h.Persist(field)
	}
	return result == due.Changed || result == due.Deleted
}

// tellTimes reports what HGETEX has changed.
func tellTimes(c *command.Context, key []byte, changed [][]byte, change int, ms int64) {
	switch {
	case len(changed) == 0:
	case change == clearTime:
		c.Changed(key, keyspace.EvHPersist)
		c.Tx.Subkeys(key, keyspace.EvHPersist, changed, 1)
		c.Tx.Effect(family.Counted(hpersistName, key, changed)...)
	case ms <= c.Tx.NowMs():
		c.Changed(key, keyspace.EvHDel)
		c.Tx.Subkeys(key, keyspace.EvHDel, changed, 1)
		c.Tx.Effect(memberttl.Named(hdelName, key, changed)...)
	default:
		c.Changed(key, keyspace.EvHExpire)
		c.Tx.Subkeys(key, keyspace.EvHExpire, changed, 1)
		c.Tx.Effect(family.Counted(hpexpireatName, key, changed, memberttl.Number(ms))...)
	}
}

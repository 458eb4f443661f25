package memberttl

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/due"
	"github.com/medleydb/medley/keyspace"
)

// Specs returns the commands of the family that have to do with times alone: EXPIRE,
// PEXPIRE, EXPIREAT, PEXPIREAT, TTL, PTTL, EXPIRETIME, PEXPIRETIME and PERSIST, each with
// the prefix before it.
func (f *Family) Specs() []*command.Spec {
	var list []*command.Spec
	for _, t := range [...]struct {
		name, arg, when string
		unit            Unit
	}{
		{"expire", "seconds", "after some seconds", InSeconds},
		{"pexpire", "milliseconds", "after some milliseconds", InMillis},
		{"expireat", "unix-time-seconds", "at a Unix time in seconds", AtSeconds},
		{"pexpireat", "unix-time-milliseconds", "at a Unix time in milliseconds", AtMillis},
	} {
		list = append(list, f.writes(t.name, -6, "Makes "+f.Noun+"s go "+t.when+".",
			"key "+t.arg+" [NX | XX | GT | LT] "+f.list(),
			func(c *command.Context) error { return f.runExpire(c, t.unit) }))
	}
	for _, t := range [...]struct {
		name, what string
		unit       Unit
	}{
		{"ttl", "in how many seconds", InSeconds},
		{"pttl", "in how many milliseconds", InMillis},
		{"expiretime", "the Unix time in seconds at which", AtSeconds},
		{"pexpiretime", "the Unix time in milliseconds at which", AtMillis},
	} {
		list = append(list, &command.Spec{
			Name: f.Prefix + t.name, Group: f.Group, Since: f.Since, Arity: -5,
			Summary: "Returns " + t.what + " " + f.Noun + "s go.", Syntax: "key " + f.list(),
			Complexity: "O(N) in the number of " + f.Noun + "s asked for",
			Flags:      command.ReadOnly | command.Fast,
			Keys:       []command.KeySpec{command.Key(1, command.RO|command.Access)},
			Run:        func(c *command.Context) error { return f.runTimes(c, t.unit) },
		})
	}
	return append(list, f.writes("persist", -5, "Makes "+f.Noun+"s stay.", "key "+f.list(), f.runPersist))
}

func (f *Family) list() string {
	return f.Word + " num" + f.Noun + "s " + f.Noun + " [" + f.Noun + " ...]"
}

func (f *Family) writes(name string, arity int, summary, syntax string, run func(*command.Context) error) *command.Spec {
	return &command.Spec{
		Name: f.Prefix + name, Group: f.Group, Since: f.Since, Arity: arity, Summary: summary, Syntax: syntax,
		Complexity: "O(N) in the number of " + f.Noun + "s given",
		Flags:      command.Write | command.Fast,
		Keys:       []command.KeySpec{command.Key(1, command.RW|command.Update)},
		Run:        run,
	}
}

// runExpire looks at the key before the rest of the arguments, as servers of the field do
// with hashes; the other commands likewise.
func (f *Family) runExpire(c *command.Context, u Unit) error {
	key := c.Args.Key()
	v, ok, err := f.Update(c.Tx, key)
	if err != nil {
		return err
	}
	ms := TakeTime(c, u)
	cond, word := condition(&c.Args)
	members := f.take(&c.Args, f.zero)
	if err := c.Args.Err(); err != nil {
		return err
	}

	var changed [][]byte
	c.Reply.Array(len(members))
	for _, m := range members {
		result := due.NoMember
		if ok {
			result = v.Expire(m, ms, cond)
		}
		c.Reply.Int(int64(result))
		if result == due.Changed || result == due.Deleted {
			changed = append(changed, m)
		}
	}
	f.tellExpire(c, key, changed, ms, word)
	return nil
}

// tellExpire reports members that were given a time, or were removed by it.
func (f *Family) tellExpire(c *command.Context, key []byte, changed [][]byte, ms int64, word []byte) {
	switch {
	case len(changed) == 0:
	case ms <= c.Tx.NowMs():
		c.Tx.Effect(Named(f.Remove, key, changed)...)
		c.Changed(key, f.Removed)
		c.Tx.Subkeys(key, f.Removed, changed, 1)
	default:
		before := [][]byte{Number(ms)}
		if word != nil {
			before = append(before, word)
		}
		c.Tx.Effect(f.Counted(f.ExpireAt, key, changed, before...)...)
		c.Changed(key, f.Expire)
		c.Tx.Subkeys(key, f.Expire, changed, 1)
	}
}

// condition takes a condition and returns it with the word for it, nil for none.
func condition(a *command.Args) (due.Condition, []byte) {
	word := a.Peek()
	switch {
	case a.Word("NX"):
		return due.IfNone, word
	case a.Word("XX"):
		return due.IfTimed, word
	case a.Word("GT"):
		return due.IfLater, word
	case a.Word("LT"):
		return due.IfSooner, word
	}
	return due.Always, nil
}

func (f *Family) runPersist(c *command.Context) error {
	key := c.Args.Key()
	v, ok, err := f.Update(c.Tx, key)
	if err != nil {
		return err
	}
	members := f.Take(&c.Args)
	if err := c.Args.Err(); err != nil {
		return err
	}

	var changed [][]byte
	c.Reply.Array(len(members))
	for _, m := range members {
		result := due.NoMember
		if ok {
			result = v.Persist(m)
		}
		if result == due.Changed {
			changed = append(changed, m)
		}
		c.Reply.Int(int64(result))
	}
	if len(changed) > 0 {
		c.Changed(key, f.Persist)
		c.Tx.Subkeys(key, f.Persist, changed, 1)
	}
	return nil
}

// runTimes replies the times of members in the unit, seconds rounded up.
func (f *Family) runTimes(c *command.Context, u Unit) error {
	v, _, err := f.Read(c.Tx, c.Args.Key())
	if err != nil {
		return err
	}
	members := f.Take(&c.Args)
	if err := c.Args.Err(); err != nil {
		return err
	}

	c.Reply.Array(len(members))
	for _, m := range members {
		ms, ok := v.Time(m)
		switch {
		case !ok:
			c.Reply.Int(due.NoMember)
		case ms == 0:
			c.Reply.Int(due.NoTime)
		default:
			if !u.Absolute {
				ms -= c.Tx.NowMs()
			}
			c.Reply.Int((ms + u.Ms - 1) / u.Ms)
		}
	}
	return nil
}

// Open and OpenToWrite are Family.Read and Family.Update for a type of handles.
func Open[T interface {
	keyspace.Handle[T]
	Collection
}](tx *keyspace.Tx, key []byte) (Collection, bool, error) {
	v, ok, err := keyspace.Read[T](tx, key)
	return v, ok, err
}

// OpenToWrite is described at Open.
func OpenToWrite[T interface {
	keyspace.Handle[T]
	Collection
}](tx *keyspace.Tx, key []byte) (Collection, bool, error) {
	v, ok, err := keyspace.Update[T](tx, key)
	return v, ok, err
}

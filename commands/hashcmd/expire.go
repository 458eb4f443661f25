package hashcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/hash"
	"github.com/medleydb/medley/keyspace"
)

const expireSyntax = " [NX | XX | GT | LT] FIELDS numfields field [field ...]"

var hexpire = command.Spec{
	Name: "hexpire", Group: command.GroupHash, Since: "7.4.0", Arity: -6,
	Summary: "Makes fields go after some seconds.", Syntax: "key seconds" + expireSyntax,
	Complexity: "O(N) in the number of fields given",
	Flags:      command.Write | command.Fast,
	Keys:       []command.KeySpec{command.Key(1, command.RW|command.Update)},
	Run:        func(c *command.Context) error { return expire(c, inSeconds) },
}

var hpexpire = command.Spec{
	Name: "hpexpire", Group: command.GroupHash, Since: "7.4.0", Arity: -6,
	Summary: "Makes fields go after some milliseconds.", Syntax: "key milliseconds" + expireSyntax,
	Complexity: "O(N) in the number of fields given",
	Flags:      command.Write | command.Fast,
	Keys:       []command.KeySpec{command.Key(1, command.RW|command.Update)},
	Run:        func(c *command.Context) error { return expire(c, inMillis) },
}

var hexpireat = command.Spec{
	Name: "hexpireat", Group: command.GroupHash, Since: "7.4.0", Arity: -6,
	Summary: "Makes fields go at a Unix time in seconds.", Syntax: "key unix-time-seconds" + expireSyntax,
	Complexity: "O(N) in the number of fields given",
	Flags:      command.Write | command.Fast,
	Keys:       []command.KeySpec{command.Key(1, command.RW|command.Update)},
	Run:        func(c *command.Context) error { return expire(c, atSeconds) },
}

var hpexpireat = command.Spec{
	Name: "hpexpireat", Group: command.GroupHash, Since: "7.4.0", Arity: -6,
	Summary: "Makes fields go at a Unix time in milliseconds.", Syntax: "key unix-time-milliseconds" + expireSyntax,
	Complexity: "O(N) in the number of fields given",
	Flags:      command.Write | command.Fast,
	Keys:       []command.KeySpec{command.Key(1, command.RW|command.Update)},
	Run:        func(c *command.Context) error { return expire(c, atMillis) },
}

// expire is the four commands. They look at the key before the rest of the arguments,
// as servers of the field do.
func expire(c *command.Context, u unit) error {
	key := c.Args.Key()
	h, ok, err := keyspace.Update[hash.Hash](c.Tx, key)
	if err != nil {
		return err
	}
	ms := takeTime(c, u)
	cond, word := condition(&c.Args)
	fields := takeFields(&c.Args, errParamZero)
	if err := c.Args.Err(); err != nil {
		return err
	}

	var changed [][]byte
	event, name, before := keyspace.EvHExpire, hpexpireatName, [][]byte{number(ms)}
	if word != nil {
		before = append(before, word)
	}
	if ok {
		h.ExpectTimes()
	}
	c.Reply.Array(len(fields))
	for _, f := range fields {
		result := hash.NoField
		if ok {
			result = h.Expire(f, ms, cond)
		}
		c.Reply.Int(int64(result))
		if result == hash.Changed || result == hash.Deleted {
			changed = append(changed, f)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	if ms <= c.Tx.NowMs() {
		event, name = keyspace.EvHDel, hdelName
		c.Tx.Effect(fieldsEffect(name, key, changed)...)
	} else {
		c.Tx.Effect(countedEffect(name, key, changed, before...)...)
	}
	c.Changed(key, event)
	return nil
}

// condition takes a condition and returns it with the word for it, nil for none.
func condition(a *command.Args) (hash.Condition, []byte) {
	word := a.Peek()
	switch {
	case a.Word("NX"):
		return hash.IfNone, word
	case a.Word("XX"):
		return hash.IfTimed, word
	case a.Word("GT"):
		return hash.IfLater, word
	case a.Word("LT"):
		return hash.IfSooner, word
	}
	return hash.Always, nil
}

var hpersist = command.Spec{
	Name: "hpersist", Group: command.GroupHash, Since: "7.4.0", Arity: -5,
	Summary: "Makes fields stay.", Syntax: "key FIELDS numfields field [field ...]",
	Complexity: "O(N) in the number of fields given",
	Flags:      command.Write | command.Fast,
	Keys:       []command.KeySpec{command.Key(1, command.RW|command.Update)},
	Run:        runHPersist,
}

func runHPersist(c *command.Context) error {
	key := c.Args.Key()
	h, ok, err := keyspace.Update[hash.Hash](c.Tx, key)
	if err != nil {
		return err
	}
	fields := takeFields(&c.Args, errNotPositive)
	if err := c.Args.Err(); err != nil {
		return err
	}

	changed := false
	c.Reply.Array(len(fields))
	for _, f := range fields {
		result := hash.NoField
		if ok {
			result = h.Persist(f)
		}
		changed = changed || result == hash.Changed
		c.Reply.Int(int64(result))
	}
	if changed {
		c.Changed(key, keyspace.EvHPersist)
	}
	return nil
}

var httl = command.Spec{
	Name: "httl", Group: command.GroupHash, Since: "7.4.0", Arity: -5,
	Summary: "Returns in how many seconds fields go.", Syntax: "key FIELDS numfields field [field ...]",
	Complexity: "O(N) in the number of fields asked for",
	Flags:      command.ReadOnly | command.Fast,
	Keys:       []command.KeySpec{command.Key(1, command.RO|command.Access)},
	Run:        func(c *command.Context) error { return replyTimes(c, inSeconds) },
}

var hpttl = command.Spec{
	Name: "hpttl", Group: command.GroupHash, Since: "7.4.0", Arity: -5,
	Summary: "Returns in how many milliseconds fields go.", Syntax: "key FIELDS numfields field [field ...]",
	Complexity: "O(N) in the number of fields asked for",
	Flags:      command.ReadOnly | command.Fast,
	Keys:       []command.KeySpec{command.Key(1, command.RO|command.Access)},
	Run:        func(c *command.Context) error { return replyTimes(c, inMillis) },
}

var hexpiretime = command.Spec{
	Name: "hexpiretime", Group: command.GroupHash, Since: "7.4.0", Arity: -5,
	Summary: "Returns the Unix time in seconds at which fields go.", Syntax: "key FIELDS numfields field [field ...]",
	Complexity: "O(N) in the number of fields asked for",
	Flags:      command.ReadOnly | command.Fast,
	Keys:       []command.KeySpec{command.Key(1, command.RO|command.Access)},
	Run:        func(c *command.Context) error { return replyTimes(c, atSeconds) },
}

var hpexpiretime = command.Spec{
	Name: "hpexpiretime", Group: command.GroupHash, Since: "7.4.0", Arity: -5,
	Summary: "Returns the Unix time in milliseconds at which fields go.", Syntax: "key FIELDS numfields field [field ...]",
	Complexity: "O(N) in the number of fields asked for",
	Flags:      command.ReadOnly | command.Fast,
	Keys:       []command.KeySpec{command.Key(1, command.RO|command.Access)},
	Run:        func(c *command.Context) error { return replyTimes(c, atMillis) },
}

// replyTimes replies the times of fields in the unit, seconds rounded up.
func replyTimes(c *command.Context, u unit) error {
	h, _, err := keyspace.Read[hash.Hash](c.Tx, c.Args.Key())
	if err != nil {
		return err
	}
	fields := takeFields(&c.Args, errNotPositive)
	if err := c.Args.Err(); err != nil {
		return err
	}

	c.Reply.Array(len(fields))
	for _, f := range fields {
		ms, st := h.Expiry(f)
		switch {
		case st != hash.Live:
			c.Reply.Int(hash.NoField)
		case ms == 0:
			c.Reply.Int(hash.NoTime)
		default:
			if !u.absolute {
				ms -= c.Tx.NowMs()
			}
			c.Reply.Int((ms + u.ms - 1) / u.ms)
		}
	}
	return nil
}

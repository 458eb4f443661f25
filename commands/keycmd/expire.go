package keycmd

import (
	"math"
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/keyspace"
)

const expireSyntax = " [NX | XX | GT | LT]"

var expire = command.Spec{
	Name: "expire", Group: command.GroupGeneric, Since: "1.0.0", Arity: -3,
	Summary: "Lets a key expire after so many seconds.", Syntax: "key seconds" + expireSyntax, Complexity: "O(1)",
	Flags: writes | fast, Keys: one(command.RW | command.Update),
	Run: func(c *command.Context) error { return expireAt(c, 1000, false) },
}

var pexpire = command.Spec{
	Name: "pexpire", Group: command.GroupGeneric, Since: "2.6.0", Arity: -3,
	Summary: "Lets a key expire after so many milliseconds.", Syntax: "key milliseconds" + expireSyntax, Complexity: "O(1)",
	Flags: writes | fast, Keys: one(command.RW | command.Update),
	Run: func(c *command.Context) error { return expireAt(c, 1, false) },
}

var expireat = command.Spec{
	Name: "expireat", Group: command.GroupGeneric, Since: "1.2.0", Arity: -3,
	Summary: "Lets a key expire at a time in Unix seconds.", Syntax: "key unix-time-seconds" + expireSyntax, Complexity: "O(1)",
	Flags: writes | fast, Keys: one(command.RW | command.Update),
	Run: func(c *command.Context) error { return expireAt(c, 1000, true) },
}

var pexpireat = command.Spec{
	Name: "pexpireat", Group: command.GroupGeneric, Since: "2.6.0", Arity: -3,
	Summary: "Lets a key expire at a time in Unix milliseconds.", Syntax: "key unix-time-milliseconds" + expireSyntax, Complexity: "O(1)",
	Flags: writes | fast, Keys: one(command.RW | command.Update),
	Run: func(c *command.Context) error { return expireAt(c, 1, true) },
}

// expireIf are the conditions NX, XX, GT and LT.
type expireIf struct{ missing, exists, later, sooner bool }

func (e *expireIf) parse(a *command.Args) error {
	for a.More() {
		switch {
		case a.Word("NX"):
			e.missing = true
		case a.Word("XX"):
			e.exists = true
		case a.Word("GT"):
			e.later = true
		case a.Word("LT"):
			e.sooner = true
		default:
			return command.Errorf("Unsupported option %s", a.Bytes())
		}
	}
	if e.missing && (e.exists || e.later || e.sooner) {
		return command.Errorf("NX and XX, GT or LT options at the same time are not compatible")
	}
	if e.later && e.sooner {
		return command.Errorf("GT and LT options at the same time are not compatible")
	}
	return nil
}

// holds reports whether the expiry may change from old to ms; 0 is none.
func (e *expireIf) holds(old, ms int64) bool {
	switch {
	case e.missing && old != 0, e.exists && old == 0:
		return false
	case e.later && (old == 0 || ms <= old), e.sooner && old != 0 && ms >= old:
		return false
	}
	return true
}

func expireAt(c *command.Context, unitMs int64, absolute bool) error {
	key, when := c.Args.Key(), c.Args.Bytes()
	var cond expireIf
	if err := cond.parse(&c.Args); err != nil {
		return err
	}
	ms, err := absoluteMs(c, when, unitMs, absolute)
	if err != nil {
		return err
	}

	old, ok := c.Tx.Expiry(key)
	if !ok || !cond.holds(old, ms) {
		c.Reply.Int(0)
		return nil
	}
	if ms <= c.Tx.NowMs() && !c.Services.Importing() {
		c.Tx.Delete(key)
		c.Changed(key, keyspace.EvDel)
		c.EffectRemoved(key, &c.Services.Config.LazyfreeLazyExpire)
	} else {
		c.Tx.SetExpiry(key, ms)
		c.Changed(key, keyspace.EvExpire)
		if c.Tx.Recording() {
			rest := append([][]byte{key, strconv.AppendInt(nil, ms, 10)}, c.Argv()[3:]...)
			c.Effect("PEXPIREAT", rest...)
		}
	}

	c.Reply.Int(1)
	return nil
}

// absoluteMs turns a time or a duration into Unix milliseconds. A time in the past
// stays one.
func absoluteMs(c *command.Context, arg []byte, unitMs int64, absolute bool) (int64, error) {
	n, ok := datatypes.ParseInt(arg)
	if !ok {
		return 0, datatypes.ErrNotInteger
	}
	base := int64(0)
	if !absolute {
		base = c.Tx.NowMs()
	}
	if n > math.MaxInt64/unitMs || n < math.MinInt64/unitMs || n*unitMs > math.MaxInt64-base {
		return 0, command.Errorf("invalid expire time in '%s' command", c.Spec.FullName)
	}
	// 0 would mean no expiry; any time in the past does as well.
	if ms := base + n*unitMs; ms != 0 {
		return ms, nil
	}
	return -1, nil
}

var persist = command.Spec{
	Name: "persist", Group: command.GroupGeneric, Since: "2.2.0", Arity: 2,
	Summary: "Removes the expiry of a key.", Syntax: "key", Complexity: "O(1)",
	Flags: writes | fast, Keys: one(command.RW | command.Update),
	Run: func(c *command.Context) error {
		key := c.Args.Key()
		ms, _ := c.Tx.Expiry(key)
		if ms != 0 {
			c.Tx.SetExpiry(key, 0)
			c.Changed(key, keyspace.EvPersist)
		}
		replyBool(c, ms != 0)
		return nil
	},
}

var ttl = command.Spec{
	Name: "ttl", Group: command.GroupGeneric, Since: "1.0.0", Arity: 2,
	Summary: "Returns the seconds until a key expires.", Syntax: "key", Complexity: "O(1)",
	Flags: reads | fast, Keys: one(command.RO | command.Access),
	Tips: []string{"nondeterministic_output"},
	Run:  func(c *command.Context) error { return replyExpiry(c, 1000, false) },
}

var pttl = command.Spec{
	Name: "pttl", Group: command.GroupGeneric, Since: "2.6.0", Arity: 2,
	Summary: "Returns the milliseconds until a key expires.", Syntax: "key", Complexity: "O(1)",
	Flags: reads | fast, Keys: one(command.RO | command.Access),
	Tips: []string{"nondeterministic_output"},
	Run:  func(c *command.Context) error { return replyExpiry(c, 1, false) },
}

var expiretime = command.Spec{
	Name: "expiretime", Group: command.GroupGeneric, Since: "7.0.0", Arity: 2,
	Summary: "Returns the time in Unix seconds at which a key expires.", Syntax: "key", Complexity: "O(1)",
	Flags: reads | fast, Keys: one(command.RO | command.Access),
	Run: func(c *command.Context) error { return replyExpiry(c, 1000, true) },
}

var pexpiretime = command.Spec{
	Name: "pexpiretime", Group: command.GroupGeneric, Since: "7.0.0", Arity: 2,
	Summary: "Returns the time in Unix milliseconds at which a key expires.", Syntax: "key", Complexity: "O(1)",
	Flags: reads | fast, Keys: one(command.RO | command.Access),
	Run: func(c *command.Context) error { return replyExpiry(c, 1, true) },
}

// replyExpiry answers -2 for no key, -1 for no expiry, else the time, rounded to the
// nearest unit.
func replyExpiry(c *command.Context, unitMs int64, absolute bool) error {
	e, ok := c.Tx.Peek(c.Args.Key())
	switch {
	case !ok:
		c.Reply.Int(-2)
	case e.ExpiryMs == 0:
		c.Reply.Int(-1)
	case absolute:
		c.Reply.Int(nearest(e.ExpiryMs, unitMs))
	default:
		c.Reply.Int(nearest(max(e.ExpiryMs-c.Tx.NowMs(), 0), unitMs))
	}
	return nil
}

// nearest divides and rounds to the nearest; it holds up to the last millisecond, to
// which nothing can be added.
func nearest(ms, unitMs int64) int64 {
	n := ms / unitMs
	if ms%unitMs >= (unitMs+1)/2 {
		n++
	}
	return n
}

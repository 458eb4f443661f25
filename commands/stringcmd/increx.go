package stringcmd

import (
	"math"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/str"
	"github.com/medleydb/medley/keyspace"
)

var increx = command.Spec{
	Name: "increx", Group: command.GroupString, Since: "8.8.0", Arity: -2,
	Summary: "Adds to the number at a key within bounds, and sets the key's expiry.",
	Syntax: "key [BYINT increment | BYFLOAT float-increment] [LBOUND lower-bound] [UBOUND upper-bound] [SATURATE] " +
		"[EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST] [ENX]",
	Complexity: "O(1)",
	Flags:      writes | fast, Keys: one(counterKey),
	Run: runIncrEx,
}

// bounded is what INCREX's options say.
type bounded struct {
	by, lower, upper []byte // nil where not given
	float            bool
	saturate, enx    bool
	exp              expiry
}

func (b *bounded) parse(a *command.Args) error {
	once := func(arg *[]byte) {
		if *arg != nil {
			a.Fail(command.ErrSyntax)
		}
		*arg = a.Bytes()
	}
	flag := func(f *bool) {
		if *f {
			a.Fail(command.ErrSyntax)
		}
		*f = true
	}
	for a.More() {
		switch {
		case a.Option("BYINT", 1):
			once(&b.by)
		case a.Option("BYFLOAT", 1):
			once(&b.by)
			b.float = true
		case a.Option("LBOUND", 1):
			once(&b.lower)
		case a.Option("UBOUND", 1):
			once(&b.upper)
		case a.Word("SATURATE"):
			flag(&b.saturate)
		case a.Word("ENX"):
			flag(&b.enx)
		case b.exp.kind == noExpiry && b.exp.option(a, persist):
		default:
			a.Fail(command.ErrSyntax)
		}
	}
	switch {
	case a.Err() != nil:
		return a.Err()
	case b.enx && b.exp.kind == persist:
		return command.ErrSyntax
	case b.enx && b.exp.kind == noExpiry:
		return command.Errorf("ENX flag requires an expiration (EX, PX, EXAT, or PXAT)")
	}
	return nil
}

var errBounds = command.Errorf("LBOUND can't be greater than UBOUND")

func runIncrEx(c *command.Context) error {
	key := c.Args.Key()
	var b bounded
	if err := b.parse(&c.Args); err != nil {
		return err
	}
	if err := b.exp.resolve(c); err != nil {
		return err
	}
	if b.float {
		return b.runFloat(c, key)
	}
	return b.runInt(c, key)
}

func (b *bounded) runInt(c *command.Context, key []byte) error {
	bound := func(arg []byte, or int64, what string) (int64, error) {
		if arg == nil {
			return or, nil
		}
		n, ok := datatypes.ParseInt(arg)
		if !ok {
			return 0, command.Errorf("%s is not an integer or out of range", what)
		}
		return n, nil
	}
	by, err := bound(b.by, 1, "Increment")
	if err != nil {
		return err
	}
	lo, err := bound(b.lower, math.MinInt64, "LBOUND")
	if err != nil {
		return err
	}
	hi, err := bound(b.upper, math.MaxInt64, "UBOUND")
	if err != nil {
		return err
	}
	if lo > hi {
		return errBounds
	}

	s, err := keyspace.Upsert[str.String](c.Tx, key)
	if err != nil {
		return err
	}
	n, err := s.Int()
	if err != nil {
		return err
	}
	sum, applied, changed, err := str.BoundedIncr(n, by, lo, hi, b.saturate)
	if err != nil {
		return err
	}
	if changed {
		s.SetInt(sum)
		var text []byte
		if c.Tx.Recording() {
			text = number(sum)
		}
		b.changed(c, key, keyspace.EvIncrBy, text)
	}

	c.Reply.Array(2)
	c.Reply.Int(sum)
	c.Reply.Int(applied)
	return nil
}

func (b *bounded) runFloat(c *command.Context, key []byte) error {
	bound := func(arg []byte, or datatypes.LongDouble, what string) (datatypes.LongDouble, error) {
		if arg == nil {
			return or, nil
		}
		n, ok := datatypes.ParseLongDouble(arg)
		if !ok {
			return n, command.Errorf("%s is not a valid float", what)
		}
		return n, nil
	}
	by, err := bound(b.by, datatypes.LongDoubleOf(1), "Increment")
	if err != nil {
		return err
	}
	if by.IsInf() {
		return command.Errorf("BYFLOAT increment cannot be Infinity")
	}
	lo, err := bound(b.lower, datatypes.MaxLongDouble().Neg(), "LBOUND")
	if err != nil {
		return err
	}
	hi, err := bound(b.upper, datatypes.MaxLongDouble(), "UBOUND")
	if err != nil {
		return err
	}
	lo, hi = finite(lo), finite(hi)
	if hi.Less(lo) {
		return errBounds
	}

	s, err := keyspace.Upsert[str.String](c.Tx, key)
	if err != nil {
		return err
	}
	n, err := s.Float()
	if err != nil {
		return err
	}
	if n.IsInf() {
		return command.Errorf("value cannot be Infinity")
	}
	sum, applied, changed, err := str.BoundedIncrFloat(n, by, lo, hi, b.saturate)
	if err != nil {
		return err
	}
	if changed {
		b.changed(c, key, keyspace.EvIncrByFloat, s.SetFloat(sum))
	}

	c.Reply.Array(2)
	c.Reply.DoubleText(sum.Append(nil))
	c.Reply.DoubleText(applied.Append(nil))
	return nil
}

// finite is the greatest number in place of an infinite one: a bound that cannot be
// reached must not become the value.
func finite(f datatypes.LongDouble) datatypes.LongDouble {
	most := datatypes.MaxLongDouble()
	switch {
	case most.Less(f):
		return most
	case f.Less(most.Neg()):
		return most.Neg()
	}
	return f
}

// changed is what follows a change of the number: the expiry, events and the effect,
// which is to set text.
func (b *bounded) changed(c *command.Context, key []byte, ev keyspace.Event, text []byte) {
	ms, _ := c.Tx.Expiry(key)
	sets := b.exp.kind == atTime && !(b.enx && ms != 0)
	switch {
	case sets && b.exp.past(c):
		deleteKey(c, key)
		c.EffectRemoved(key, &c.Services.Config.LazyfreeLazyExpire)
	case sets:
		c.Tx.SetExpiry(key, b.exp.ms)
		c.Changed(key, ev)
		c.Tx.Notify(key, keyspace.EvExpire)
		effectSetAt(c, key, text, b.exp.ms)
	case b.exp.kind == persist:
		c.Tx.SetExpiry(key, 0)
		c.Changed(key, ev)
		if ms != 0 {
			c.Tx.Notify(key, keyspace.EvPersist)
		}
		c.Effect("SET", key, text)
	default:
		c.Changed(key, ev)
		c.Effect("SET", key, text, keepTTLWord)
	}
}

package stringcmd

import (
	"math"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/keyspace"
)

var mset = command.Spec{
	Name: "mset", Group: command.GroupString, Since: "1.0.1", Arity: -3,
	Summary: "Sets the strings at several keys at one moment.", Syntax: "key value [key value ...]", Complexity: "O(N) in the keys",
	Flags: writes, Keys: []command.KeySpec{command.KeyRange(1, -1, 2, command.OW|command.Update)},
	Tips: []string{"request_policy:multi_shard", "response_policy:all_succeeded"},
	Run:  runMSet,
}

func runMSet(c *command.Context) error {
	pairs := c.Args.Pairs()
	if err := c.Args.Err(); err != nil {
		return err
	}

	setPairs(c, pairs, 0, false)

	c.Reply.OK()
	return nil
}

// setPairs sets key, value, key, value...
func setPairs(c *command.Context, pairs [][]byte, expiryMs int64, keep bool) {
	for i := 0; i < len(pairs); i += 2 {
		ms := expiryMs
		if keep {
			ms, _ = c.Tx.Expiry(pairs[i])
		}
		setString(c, pairs[i], pairs[i+1], ms)
		if expiryMs != 0 {
			c.Tx.Notify(pairs[i], keyspace.EvExpire)
		}
		c.Tx.Settle()
	}
}

// countKeys returns how many of the keys of pairs exist.
func countKeys(c *command.Context, pairs [][]byte) (n int) {
	for i := 0; i < len(pairs); i += 2 {
		if _, exists := c.Tx.Expiry(pairs[i]); exists {
			n++
		}
	}
	return n
}

var msetnx = command.Spec{
	Name: "msetnx", Group: command.GroupString, Since: "1.0.1", Arity: -3,
	Summary: "Sets the strings at several keys if none of them exists.", Syntax: "key value [key value ...]", Complexity: "O(N) in the keys",
	Flags: writes, Keys: []command.KeySpec{command.KeyRange(1, -1, 2, command.OW|command.Insert)},
	Run: runMSetNX,
}

func runMSetNX(c *command.Context) error {
	pairs := c.Args.Pairs()
	if err := c.Args.Err(); err != nil {
		return err
	}

	if countKeys(c, pairs) > 0 {
		c.Reply.Int(0)
		return nil
	}
	setPairs(c, pairs, 0, false)

	c.Reply.Int(1)
	return nil
}

var msetex = command.Spec{
	Name: "msetex", Group: command.GroupString, Since: "8.4.0", Arity: -4,
	Summary: "Sets the strings at several keys, with a condition and an expiry for all.",
	Syntax: "numkeys key value [key value ...] [NX | XX] " +
		"[EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | KEEPTTL]",
	Complexity: "O(N) in the keys",
	Flags:      writes, Keys: []command.KeySpec{command.KeyNum(1, 1, 2, command.OW|command.Update)},
	Run: runMSetEx,
}

func runMSetEx(c *command.Context) error {
	a := &c.Args
	n, ok := datatypes.ParseInt(a.Bytes())
	if !ok || n < 1 || n > math.MaxInt32 {
		return command.Errorf("invalid numkeys value or out of range")
	}
	if n*2 > int64(a.Len()) {
		return command.Errorf("wrong number of key-value pairs")
	}
	pairs := a.Take(int(n) * 2)
	var cond condition
	var exp expiry
	for a.More() {
		if !cond.existence(a) && !exp.option(a, keepTTL) {
			a.Fail(command.ErrSyntax)
		}
	}
	if err := a.Err(); err != nil {
		return err
	}
	if err := exp.resolve(c); err != nil {
		return err
	}

	if cond.kind != always {
		want := 0
		if cond.kind == ifExists {
			want = int(n)
		}
		if countKeys(c, pairs) != want {
			c.Reply.Int(0)
			return nil
		}
	}
	setPairs(c, pairs, exp.ms, exp.kind == keepTTL)
	asGiven := exp.absolute && exp.unitMs == 1 && len(c.Argv()) == 2+len(pairs)+2
	if exp.kind == atTime && !asGiven && c.Tx.Recording() {
		c.Effect("MSETEX", append(append([][]byte{number(n)}, pairs...), pxat, number(exp.ms))...)
	}

	c.Reply.Int(1)
	return nil
}

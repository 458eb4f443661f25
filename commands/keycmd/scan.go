package keycmd

import (
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/keyspace"
)

var keys = command.Spec{
	Name: "keys", Group: command.GroupGeneric, Since: "1.0.0", Arity: 2,
	Summary: "Returns all keys that match a pattern.", Syntax: "pattern", Complexity: "O(N) in the keys of the database",
	Flags: reads, Categories: []string{"dangerous"}, Scope: command.ScopeAll,
	Tips: []string{"nondeterministic_output_order", "request_policy:all_shards"},
	Run:  runKeys,
}

func runKeys(c *command.Context) error {
	pattern := c.Args.Bytes()
	all := string(pattern) == "*"

	mark, n := c.Reply.Open(), 0
	c.Tx.ForEach(func(e keyspace.Entry) bool {
		if all || datatypes.Match(pattern, e.Key) {
			c.Reply.Bulk(e.Key)
			n++
		}
		return true
	})
	c.Reply.Close(mark, n)
	return nil
}

var randomkey = command.Spec{
	Name: "randomkey", Group: command.GroupGeneric, Since: "1.0.0", Arity: 1,
	Summary: "Returns one of the keys at random.", Complexity: "O(1)",
	Flags: reads | command.ArbitraryKeys, Scope: command.ScopeAll,
	Tips: []string{"nondeterministic_output", "request_policy:all_shards", "response_policy:special"},
	Run: func(c *command.Context) error {
		key := c.Tx.Random()
		if key == nil {
			c.Reply.Null()
			return nil
		}
		c.Reply.Bulk(key)
		return nil
	},
}

var scan = command.Spec{
	Name: "scan", Group: command.GroupGeneric, Since: "2.8.0", Arity: -2,
	Summary: "Returns some of the keys, and a cursor for the next call.",
	Syntax:  "cursor [MATCH pattern] [COUNT count] [TYPE type]", Complexity: "O(1) a call, O(N) for all keys",
	Flags: reads | command.ArbitraryKeys, Scope: command.ScopeAllInMulti,
	Tips: []string{"nondeterministic_output", "request_policy:special", "response_policy:special"},
	Run:  runScan,
}

// ParseCursor parses the cursor of SCAN and its kin.
func ParseCursor(b []byte) (uint64, error) {
	n, err := strconv.ParseUint(string(b), 10, 64)
	if err != nil {
		return 0, command.Errorf("invalid cursor")
	}
	return n, nil
}

func runScan(c *command.Context) error {
	cursor, err := ParseCursor(c.Args.Bytes())
	if err != nil {
		return err
	}
	var pattern []byte
	count, kind, anyKind := int64(10), datatypes.None, true
	for c.Args.More() {
		switch {
		case c.Args.Option("MATCH", 1):
			pattern = c.Args.Bytes()
		case c.Args.Option("COUNT", 1):
			if count = c.Args.Int(); count < 1 {
				c.Args.Fail(command.ErrSyntax)
			}
		case c.Args.Option("TYPE", 1):
			kind, _ = datatypes.ParseKind(string(lower(c.Args.Bytes())))
			anyKind = false
		case c.Args.Word("NOVALUES"):
			c.Args.Fail(command.Errorf("NOVALUES option can only be used in HSCAN"))
		case c.Args.Word("NOSCORES"):
			c.Args.Fail(command.Errorf("NOSCORES option can only be used in ZSCAN"))
		default:
			c.Args.Fail(command.ErrSyntax)
		}
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	var buf []byte
	var ends []int
	next := c.Tx.Scan(cursor, int(min(count, 1<<30)), func(e keyspace.Entry) {
		if (anyKind || e.Kind == kind) && (pattern == nil || datatypes.Match(pattern, e.Key)) {
			buf = append(buf, e.Key...)
			ends = append(ends, len(buf))
		}
	})

	c.Reply.Array(2)
	c.Reply.Bulk(strconv.AppendUint(c.Scratch, next, 10))
	c.Reply.Array(len(ends))
	from := 0
	for _, end := range ends {
		c.Reply.Bulk(buf[from:end])
		from = end
	}
	return nil
}

func lower(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		out[i] = c
	}
	return out
}

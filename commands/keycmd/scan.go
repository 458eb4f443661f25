package keycmd

import (
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

// ParseCursor reads the cursor of SCAN and its kin as C's strtoull does, which servers of
// the field use.
func ParseCursor(b []byte) (uint64, error) {
	for len(b) > 0 && (b[0] == ' ' || '\t' <= b[0] && b[0] <= '\r') {
		b = b[1:]
	}
	if len(b) > 0 && b[0] == '+' {
		b = b[1:]
	}
	for len(b) > 1 && b[0] == '0' {
		b = b[1:]
	}
	n, ok := datatypes.ParseUint(b)
	if !ok {
		return 0, command.Errorf("invalid cursor")
	}
	return n, nil
}

func runScan(c *command.Context) error {
	cursor, err := ParseCursor(c.Args.Bytes())
	if err != nil {
		return err
	}
	kind, anyKind := datatypes.None, true
	q := ScanQuery{More: func(a *command.Args) bool {
		if !a.Option("TYPE", 1) {
			return false
		}
		kind, _ = datatypes.ParseKind(string(lower(a.Bytes())))
		anyKind = false
		return true
	}}
	if err := q.Parse(&c.Args); err != nil {
		return err
	}

	next := c.Tx.Scan(cursor, q.Count, func(e keyspace.Entry) {
		if (anyKind || e.Kind == kind) && q.Matches(e.Key) {
			q.Keep(e.Key)
		}
	})
	q.Reply(c, next)
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

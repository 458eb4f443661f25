package setcmd

import (
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/keycmd"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/set"
	"github.com/medleydb/medley/keyspace"
)

var sscan = command.Spec{
	Name: "sscan", Group: command.GroupSet, Since: "2.8.0", Arity: -3,
	Summary: "Returns some of the members of a set, and a cursor for the next call.",
	Syntax:  "key cursor [MATCH pattern] [COUNT count]", Complexity: "O(1) a call, O(N) for all members",
	Tips:  []string{"nondeterministic_output"},
	Flags: command.ReadOnly, Keys: one(command.RO | command.Access),
	Run: runSScan,
}

func runSScan(c *command.Context) error {
	key := c.Args.Key()
	cursor, err := keycmd.ParseCursor(c.Args.Bytes())
	if err != nil {
		return err
	}
	// The options of a missing key are not looked at, as in servers of the field.
	s, ok, err := keyspace.Read[set.Set](c.Tx, key)
	if err != nil {
		return err
	}
	var pattern []byte
	count := int64(10)
	for ok && c.Args.More() {
		switch {
		case c.Args.Option("MATCH", 1):
			pattern = c.Args.Bytes()
		case c.Args.Option("COUNT", 1):
			if count = c.Args.Int(); count < 1 {
				c.Args.Fail(command.ErrSyntax)
			}
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

	// The cursor comes first and is known last, so the members are kept.
	var buf []byte
	var ends []int
	next := s.Scan(cursor, int(min(count, 1<<30)), func(m *set.Member) {
		text := m.Bytes(c.Scratch)
		if pattern == nil || datatypes.Match(pattern, text) {
			buf = append(buf, text...)
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

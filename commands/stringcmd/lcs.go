package stringcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/str"
	"github.com/medleydb/medley/keyspace"
)

var lcs = command.Spec{
	Name: "lcs", Group: command.GroupString, Since: "7.0.0", Arity: -3,
	Summary:    "Returns the longest common subsequence of two strings.",
	Syntax:     "key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]",
	Complexity: "O(N*M) in the bytes of the strings",
	Flags:      reads, Keys: []command.KeySpec{command.KeyRange(1, 1, 1, command.RO|command.Access)},
	Run: runLCS,
}

type lcsOptions struct {
	length, ranges, withLen bool
	minLen                  int64
}

// runLCS looks the keys up before it looks at the options, as servers of the field do.
func runLCS(c *command.Context) error {
	var strings [2]str.String
	var wrongType error
	for i := range strings { // both, whatever the first one is
		var err error
		if strings[i], _, err = keyspace.Read[str.String](c.Tx, c.Args.Key()); err != nil {
			wrongType = command.Errorf("The specified keys must contain string values")
		}
	}
	if wrongType != nil {
		return wrongType
	}
	var text [2][]byte
	for i, s := range strings {
		if err := s.Whole(); err != nil {
			return err
		}
		text[i] = s.Bytes(nil)
	}
	var o lcsOptions
	for c.Args.More() {
		switch {
		case c.Args.Word("LEN"):
			o.length = true
		case c.Args.Word("IDX"):
			o.ranges = true
		case c.Args.Word("WITHMATCHLEN"):
			o.withLen = true
		case c.Args.Option("MINMATCHLEN", 1):
			o.minLen = max(c.Args.Int(), 0)
		default:
			c.Args.Fail(command.ErrSyntax)
		}
	}
	if err := c.Args.Err(); err != nil {
		return err
	}
	if o.length && o.ranges {
		return command.Errorf("If you want both the length and indexes, please just use IDX.")
	}

	limit := c.Tx.Env().Limits.MaxString
	switch {
	case o.length:
		n, err := str.LCSLen(text[0], text[1], limit)
		if err != nil {
			return err
		}
		c.Reply.Int(int64(n))
	case o.ranges:
		return o.replyRanges(c, text[0], text[1], limit)
	default:
		common, err := str.LCS(text[0], text[1], limit)
		if err != nil {
			return err
		}
		c.Reply.Bulk(common)
	}
	return nil
}

func (o *lcsOptions) replyRanges(c *command.Context, a, b []byte, limit int) error {
	ranges, n, err := str.LCSRanges(a, b, int(o.minLen), limit)
	if err != nil {
		return err
	}
	c.Reply.Map(2)
	c.Reply.BulkString("matches")
	c.Reply.Array(len(ranges))
	for _, r := range ranges {
		if o.withLen {
			c.Reply.Array(3)
		} else {
			c.Reply.Array(2)
		}
		for _, from := range [2]int{r.A, r.B} {
			c.Reply.Array(2)
			c.Reply.Int(int64(from))
			c.Reply.Int(int64(from + r.Len - 1))
		}
		if o.withLen {
			c.Reply.Int(int64(r.Len))
		}
	}
	c.Reply.BulkString("len")
	c.Reply.Int(int64(n))
	return nil
}

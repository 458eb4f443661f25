package keycmd

import (
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
)

// A ScanQuery is what SCAN, SSCAN, HSCAN and ZSCAN are asked for, and what they have found.
type ScanQuery struct {
	// BareWord is the command's word for members without what belongs to them: NOVALUES
	// or NOSCORES. Bare is whether it was given.
	BareWord string
	Bare     bool
	Count    int
	// More takes an option that only one of the commands has.
	More func(*command.Args) bool

	pattern []byte // nil for all
	found   []byte
	ends    []int // in found
}

// Parse takes the options.
func (q *ScanQuery) Parse(a *command.Args) error {
	count := int64(10)
	for a.More() {
		switch {
		case a.Option("MATCH", 1):
			q.pattern = a.Bytes()
			if string(q.pattern) == "*" {
				q.pattern = nil
			}
		case a.Option("COUNT", 1):
			if count = a.Int(); a.Err() == nil && count < 1 {
				a.Fail(command.ErrSyntax)
			}
		case q.BareWord != "" && a.Word(q.BareWord):
			q.Bare = true
		case a.Word("NOVALUES"):
			a.Fail(command.Errorf("NOVALUES option can only be used in HSCAN"))
		case a.Word("NOSCORES"):
			a.Fail(command.Errorf("NOSCORES option can only be used in ZSCAN"))
		case q.More != nil && q.More(a):
		default:
			a.Fail(command.ErrSyntax)
		}
	}
	q.Count = int(min(count, 1<<30))
	return a.Err()
}

// Matches reports whether the pattern, if there is one, fits.
func (q *ScanQuery) Matches(b []byte) bool { return q.pattern == nil || datatypes.Match(q.pattern, b) }

// Keep adds a copy to what was found.
func (q *ScanQuery) Keep(b []byte) {
	q.found = append(q.found, b...)
	q.ends = append(q.ends, len(q.found))
}

// Reply replies the cursor, which comes first and is known last, and what was found.
func (q *ScanQuery) Reply(c *command.Context, next uint64) {
	c.Reply.Array(2)
	c.Reply.Bulk(strconv.AppendUint(c.Scratch[:0], next, 10))
	c.Reply.Array(len(q.ends))
	from := 0
	for _, end := range q.ends {
		c.Reply.Bulk(q.found[from:end])
		from = end
	}
}

// ScanMembers is SSCAN, HSCAN and ZSCAN: it takes the key and the cursor, opens the value,
// takes the options and scans. The options of a missing key are not looked at, as in
// servers of the field.
func ScanMembers[T any](c *command.Context, bareWord string, open func(key []byte) (T, bool, error),
	scan func(v T, cursor uint64, q *ScanQuery) (next uint64)) error {
	key := c.Args.Key()
	cursor, err := ParseCursor(c.Args.Bytes())
	if err != nil {
		return err
	}
	v, ok, err := open(key)
	if err != nil {
		return err
	}
	q := ScanQuery{BareWord: bareWord}
	if !ok {
		q.Reply(c, 0)
		return nil
	}
	if err := q.Parse(&c.Args); err != nil {
		return err
	}

	q.Reply(c, scan(v, cursor, &q))
	return nil
}

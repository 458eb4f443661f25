// Package bitmapcmd has the commands of bitmaps: strings seen as bits.
package bitmapcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/bitmap"
	"github.com/medleydb/medley/keyspace"
)

// Specs returns the commands of the family.
func Specs() []*command.Spec {
	return []*command.Spec{&setbit, &getbit, &bitcount, &bitpos, &bitop, &bitfield, &bitfieldRO}
}

// one is the key of a command on one bitmap.
func one(f command.KeyFlags) []command.KeySpec { return []command.KeySpec{command.Key(1, f)} }

const writes = command.Write | command.DenyOOM

var (
	errOffset = command.Errorf("bit offset is not an integer or out of range")
	errBit    = command.Errorf("bit is not an integer or out of range")
)

func read(c *command.Context, key []byte) (bitmap.Bitmap, bool, error) {
	return keyspace.Read[bitmap.Bitmap](c.Tx, key)
}

// offset takes the position of a bit.
func offset(c *command.Context) int64 {
	return c.Args.IntIn(0, c.Tx.Env().Limits.MaxBits-1, errOffset)
}

var setbit = command.Spec{
	Name: "setbit", Group: command.GroupBitmap, Since: "2.2.0", Arity: 4,
	Summary: "Sets or clears a bit of the string at a key, and returns what it was.", Syntax: "key offset value", Complexity: "O(1)",
	Flags: writes, Keys: one(command.RW | command.Access | command.Update),
	Run: runSetBit,
}

func runSetBit(c *command.Context) error {
	key, at, on := c.Args.Key(), offset(c), c.Args.IntIn(0, 1, errBit) == 1
	if err := c.Args.Err(); err != nil {
		return err
	}

	b, err := keyspace.Upsert[bitmap.Bitmap](c.Tx, key)
	if err != nil {
		return err
	}
	was, changed, err := b.Set(at, on)
	if err != nil {
		return err
	}
	if changed {
		c.Changed(key, keyspace.EvSetBit)
	}

	replyBit(c, was)
	return nil
}

func replyBit(c *command.Context, set bool) {
	if set {
		c.Reply.Int(1)
	} else {
		c.Reply.Int(0)
	}
}

var getbit = command.Spec{
	Name: "getbit", Group: command.GroupBitmap, Since: "2.2.0", Arity: 3,
	Summary: "Returns a bit of the string at a key.", Syntax: "key offset", Complexity: "O(1)",
	Flags: command.ReadOnly | command.Fast, Keys: one(command.RO | command.Access),
	Run: runGetBit,
}

func runGetBit(c *command.Context) error {
	key, at := c.Args.Key(), offset(c)
	if err := c.Args.Err(); err != nil {
		return err
	}

	b, _, err := read(c, key)
	if err != nil {
		return err
	}

	replyBit(c, b.Get(at))
	return nil
}

// A span is a range of bytes or bits as commands give it: both ends included, negative
// ones counted from the end.
type span struct {
	start, end int64
	bits       bool
}

// unit takes BIT or BYTE.
func (s *span) unit(a *command.Args) {
	switch {
	case a.Word("BIT"):
		s.bits = true
	case a.Word("BYTE"):
	default:
		a.Fail(command.ErrSyntax)
	}
}

// resolve returns the range in bits, for a string of so many bytes.
func (s *span) resolve(length int64) (from, to int64) {
	total := length
	if s.bits {
		total *= 8
	}
	start, end := s.start, s.end
	if start < 0 {
		start = max(start+total, 0)
	}
	if end < 0 {
		end = max(end+total, 0)
	}
	if end = min(end, total-1); start > end {
		return 0, 0
	}
	if s.bits {
		return start, end + 1
	}
	return start * 8, end*8 + 8
}

var bitcount = command.Spec{
	Name: "bitcount", Group: command.GroupBitmap, Since: "2.6.0", Arity: -2,
	Summary: "Counts the bits that are set in the string at a key, or in a part of it.",
	Syntax:  "key [start [end [BYTE | BIT]]]", Complexity: "O(N) in the bytes, less where few bits of a long string are set",
	Flags: command.ReadOnly, Keys: one(command.RO | command.Access),
	Run: runBitCount,
}

func runBitCount(c *command.Context) error {
	key, part := c.Args.Key(), span{0, -1, false}
	if c.Args.Len() > 3 {
		return command.ErrSyntax
	}
	if c.Args.More() {
		part.start = c.Args.Int()
		if c.Args.More() {
			part.end = c.Args.Int()
		}
		if c.Args.More() {
			part.unit(&c.Args)
		}
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	b, _, err := read(c, key)
	if err != nil {
		return err
	}
	n := int64(0)
	if part.start >= 0 || part.end >= 0 || part.start <= part.end {
		n = b.Count(part.resolve(b.Len()))
	}

	c.Reply.Int(n)
	return nil
}

var bitpos = command.Spec{
	Name: "bitpos", Group: command.GroupBitmap, Since: "2.8.7", Arity: -3,
	Summary: "Finds the first bit that is set, or clear, in the string at a key, or in a part of it.",
	Syntax:  "key bit [start [end [BYTE | BIT]]]", Complexity: "O(N) in the bytes, less where few bits of a long string are set",
	Flags: command.ReadOnly, Keys: one(command.RO | command.Access),
	Run: runBitPos,
}

func runBitPos(c *command.Context) error {
	key, bit, part := c.Args.Key(), c.Args.Int(), span{0, -1, false}
	if err := c.Args.Err(); err != nil {
		return err
	}
	if bit != 0 && bit != 1 {
		return command.Errorf("The bit argument must be 1 or 0.")
	}
	if c.Args.Len() > 3 {
		return command.ErrSyntax
	}
	endGiven := c.Args.Len() > 1
	if c.Args.More() {
		part.start = c.Args.Int()
		if unit := c.Args.Len() > 1; unit || c.Args.More() {
			end := c.Args.Bytes()
			if unit { // which is looked at first
				part.unit(&c.Args)
			}
			n, ok := datatypes.ParseInt(end)
			if !ok {
				c.Args.Fail(datatypes.ErrNotInteger)
			}
			part.end = n
		}
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	b, ok, err := read(c, key)
	if err != nil {
		return err
	}
	c.Reply.Int(position(b, ok, bit == 1, part, endGiven))
	return nil
}

// position returns where the first such bit is, or -1. Without a given end the
// string counts as if zero bytes followed, and a key that is not there as nothing
// but these.
func position(b bitmap.Bitmap, exists, set bool, part span, endGiven bool) int64 {
	if !exists {
		if set {
			return -1
		}
		return 0
	}
	from, to := part.resolve(b.Len())
	if from >= to {
		return -1
	}
	pos := b.First(set, from, to)
	if pos < 0 && !set && !endGiven {
		return to
	}
	return pos
}

package bitmapcmd

import (
	"bytes"
	"math"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/bitmap"
	"github.com/medleydb/medley/keyspace"
)

var bitfield = command.Spec{
	Name: "bitfield", Group: command.GroupBitmap, Since: "3.2.0", Arity: -2,
	Summary: "Reads, sets and counts up integers of any width inside the string at a key.",
	Syntax: "key [GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding offset value | INCRBY encoding offset increment> " +
		"[GET encoding offset | [OVERFLOW <WRAP | SAT | FAIL>] <SET encoding offset value | INCRBY encoding offset increment> ...]]",
	Complexity: "O(1) for each operation",
	Flags:      writes, Keys: one(command.RW | command.Access | command.Update | command.VariableFlags),
	Run: func(c *command.Context) error { return runBitField(c, false) },
}

var bitfieldRO = command.Spec{
	Name: "bitfield_ro", Group: command.GroupBitmap, Since: "6.0.0", Arity: -2,
	Summary: "Reads integers of any width inside the string at a key.",
	Syntax:  "key [GET encoding offset [GET encoding offset ...]]", Complexity: "O(1) for each operation",
	Flags: command.ReadOnly | command.Fast, Keys: one(command.RO | command.Access),
	Run: func(c *command.Context) error { return runBitField(c, true) },
}

// What an operation does, and what becomes of a number that its field cannot hold.
type (
	fieldVerb uint8
	overflow  uint8
)

const (
	fieldGet fieldVerb = iota
	fieldSet
	fieldIncr
)

const (
	wrap overflow = iota
	saturate
	fail
)

// A fieldOp is one operation on a field.
type fieldOp struct {
	verb   fieldVerb
	over   overflow
	signed bool
	width  int
	offset int64
	value  int64
}

func runBitField(c *command.Context, readOnly bool) error {
	key := c.Args.Key()
	ops, end := parseFields(c)
	if err := c.Args.Err(); err != nil {
		return err
	}

	if end == 0 {
		b, _, err := read(c, key)
		if err != nil {
			return err
		}
		c.Reply.Array(len(ops))
		for i := range ops {
			c.Reply.Int(ops[i].load(b))
		}
		return nil
	}
	if readOnly {
		return command.Errorf("BITFIELD_RO only supports the GET subcommand")
	}
	b, err := keyspace.Upsert[bitmap.Bitmap](c.Tx, key)
	if err != nil {
		return err
	}
	grown, err := b.Grow(end)
	if err != nil {
		return err
	}

	c.Reply.Array(len(ops))
	set := false
	for i := range ops {
		did, err := ops[i].run(c, b, grown)
		if err != nil {
			return err
		}
		set = set || did
	}
	switch {
	case set:
		c.Changed(key, keyspace.EvSetBit)
	case grown:
		c.Changed(key, keyspace.EvNone) // a change, of which Redis tells nobody
	}
	return nil
}

// parseFields takes the operations. end is the first bit behind all that is written, 0
// when nothing is.
func parseFields(c *command.Context) (ops []fieldOp, end int64) {
	a := &c.Args
	over := wrap
	for a.More() {
		op := fieldOp{over: over}
		switch {
		case a.Option("GET", 2):
		case a.Option("SET", 3):
			op.verb = fieldSet
		case a.Option("INCRBY", 3):
			op.verb = fieldIncr
		case a.Option("OVERFLOW", 1):
			switch {
			case a.Word("WRAP"):
				over = wrap
			case a.Word("SAT"):
				over = saturate
			case a.Word("FAIL"):
				over = fail
			default:
				a.Fail(command.Errorf("Invalid OVERFLOW type specified"))
			}
			continue
		default:
			a.Fail(command.ErrSyntax)
			return nil, 0
		}
		op.signed, op.width = fieldType(a)
		op.offset = fieldOffset(a, op.width, c.Tx.Env().Limits.MaxBits)
		if op.verb != fieldGet {
			op.value = a.Int()
			end = max(end, op.offset+int64(op.width))
		}
		ops = append(ops, op)
	}
	return ops, end
}

var errFieldType = command.Errorf("Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.")

// fieldType takes the type of a field: i or u and the number of its bits.
func fieldType(a *command.Args) (signed bool, width int) {
	b := a.Bytes()
	if len(b) < 2 || b[0] != 'i' && b[0] != 'u' {
		a.Fail(errFieldType)
		return false, 1
	}
	signed = b[0] == 'i'
	n, ok := datatypes.ParseInt(b[1:])
	if !ok || n < 1 || n > 64 || n == 64 && !signed {
		a.Fail(errFieldType)
		return false, 1
	}
	return signed, int(n)
}

// fieldOffset takes the offset of a field in bits, or behind # in fields of its width.
func fieldOffset(a *command.Args, width int, limit int64) int64 {
	b := a.Bytes()
	unit := int64(1)
	if number, ok := bytes.CutPrefix(b, []byte{'#'}); ok {
		b, unit = number, int64(width)
	}
	n, ok := datatypes.ParseInt(b)
	if !ok || n < 0 || n > math.MaxInt64/unit || n*unit >= limit {
		a.Fail(errOffset)
		return 0
	}
	return n * unit
}

// load returns the field's value.
func (op *fieldOp) load(b bitmap.Bitmap) int64 {
	n := b.Field(op.offset, op.width)
	if op.signed {
		shift := 64 - op.width
		return int64(n<<shift) >> shift
	}
	return int64(n)
}

// run does the operation, replies, and reports whether it changed anything, which in a
// bitmap that has grown for it is what it has written.
func (op *fieldOp) run(c *command.Context, b bitmap.Bitmap, grown bool) (changed bool, err error) {
	old := op.load(b)
	if op.verb == fieldGet {
		c.Reply.Int(old)
		return false, nil
	}
	from := int64(0)
	if op.verb == fieldIncr {
		from = old
	}
	n, ok := op.sum(from)
	if !ok {
		c.Reply.Null()
		return false, nil
	}
	if op.verb == fieldIncr {
		c.Reply.Int(n)
	} else {
		c.Reply.Int(old)
	}
	if n == old {
		return grown, nil
	}
	return true, b.SetField(op.offset, op.width, uint64(n))
}

// sum adds the operation's value to n and brings the sum to what the field holds; ok is
// false where it must not.
func (op *fieldOp) sum(n int64) (sum int64, ok bool) {
	lo, hi := int64(0), int64(uint64(1)<<(op.width&63)-1)
	if op.signed {
		lo, hi = -1<<(op.width-1), 1<<(op.width-1)-1
	}
	sum = n + op.value
	over, under := sum > hi, sum < lo
	if op.value > 0 && sum < n { // beyond 64 bits
		over, under = true, false
	} else if op.value < 0 && sum > n {
		over, under = false, true
	}
	if op.verb == fieldSet && op.value < 0 && (!op.signed || op.width < 64 && op.value < hi-math.MaxInt64) {
		// As an unsigned number it is a great one. That it counts as one to a signed field
		// too when it is so far below is a slip of the field's servers that shows.
		over, under = true, false
	}
	switch {
	case !over && !under:
		return sum, true
	case op.over == fail:
		return 0, false
	case op.over == saturate && over:
		return hi, true
	case op.over == saturate:
		return lo, true
	}
	shift := 64 - op.width
	if op.signed {
		return sum << shift >> shift, true
	}
	return int64(uint64(sum) << shift >> shift), true
}

package hashcmd

import (
	"math"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
)

// maxTimeMs is the last time in Unix milliseconds at which a field may go: servers of
// the field keep 46 bits of it.
const maxTimeMs = 1<<46 - 1

// Errors of the part FIELDS n field ..., and of times.
var (
	errNoFields    = command.Errorf("Mandatory argument FIELDS is missing or not at the right position")
	errFieldCount  = command.Errorf("The `numfields` parameter must match the number of arguments")
	errNotPositive = command.Errorf("Number of fields must be a positive integer")
	errParamZero   = command.Errorf("Parameter `numFields` should be greater than 0")
	errNegative    = command.Errorf("invalid expire time, must be >= 0")
)

// takeFields takes FIELDS n field ..., which ends the arguments; a count that is no
// positive integer gives notPositive.
func takeFields(a *command.Args, notPositive error) [][]byte {
	if a.Err() == nil && !a.Word("FIELDS") {
		a.Fail(errNoFields)
	}
	if a.Err() != nil {
		return nil
	}
	n := a.IntIn(1, math.MaxInt64, notPositive)
	if a.Err() == nil && n != int64(a.Len()) {
		a.Fail(errFieldCount)
	}
	return a.Rest()
}

// A unit is how a time is given.
type unit struct {
	ms       int64 // milliseconds of one
	absolute bool  // a Unix time, not one from now
}

var (
	inSeconds = unit{1000, false}
	inMillis  = unit{1, false}
	atSeconds = unit{1000, true}
	atMillis  = unit{1, true}
)

// takeTime takes a time in the unit and returns it in Unix milliseconds.
func takeTime(c *command.Context, u unit) int64 {
	n := c.Args.Int()
	if c.Args.Err() != nil {
		return 0
	}
	base := int64(0)
	if !u.absolute {
		base = c.Tx.NowMs()
	}
	switch {
	case n < 0:
		c.Args.Fail(errNegative)
	case n > maxTimeMs/u.ms || n*u.ms > maxTimeMs-base:
		c.Args.Fail(command.Errorf("invalid expire time in '%s' command", c.Spec.FullName))
	}
	return base + n*u.ms
}

// timeOption takes one of EX, PX, EXAT and PXAT, but not the time behind it; false
// when the next argument is none.
func timeOption(a *command.Args) (u unit, ok bool) {
	switch {
	case a.Word("EX"):
		return inSeconds, true
	case a.Word("PX"):
		return inMillis, true
	case a.Word("EXAT"):
		return atSeconds, true
	case a.Word("PXAT"):
		return atMillis, true
	}
	return u, false
}

// parseCursor reads a cursor as C's strtoull does, which servers of the field use.
func parseCursor(b []byte) (uint64, bool) {
	if n, ok := datatypes.ParseUint(b); ok {
		return n, true
	}
	for len(b) > 0 && (b[0] == ' ' || '\t' <= b[0] && b[0] <= '\r') {
		b = b[1:]
	}
	if len(b) > 0 && b[0] == '+' {
		b = b[1:]
	}
	for len(b) > 1 && b[0] == '0' {
		b = b[1:]
	}
	return datatypes.ParseUint(b)
}

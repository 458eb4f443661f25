package stringcmd

import (
	"math"
	"strconv"

	"github.com/medleydb/medley/commands/command"
)

// expiry is what the options EX, PX, EXAT, PXAT, KEEPTTL and PERSIST say.
type expiry struct {
	set     bool
	keep    bool
	persist bool
	ms      int64 // absolute, Unix milliseconds
	absMs   bool  // was given as PXAT
}

// option takes one of the time options; false when the next argument is none. Which
// of KEEPTTL and PERSIST is one, the caller says.
func (e *expiry) option(c *command.Context, keepTTL, persist bool) bool {
	a := &c.Args
	given := e.set || e.keep || e.persist
	switch {
	case keepTTL && a.Word("KEEPTTL"):
		e.keep = true
	case persist && a.Word("PERSIST"):
		e.persist = true
	case a.Option("EX", 1):
		e.take(c, 1000, false)
	case a.Option("PX", 1):
		e.take(c, 1, false)
	case a.Option("EXAT", 1):
		e.take(c, 1000, true)
	case a.Option("PXAT", 1):
		e.take(c, 1, true)
		e.absMs = true
	default:
		return false
	}
	if given {
		a.Fail(command.ErrSyntax)
	}
	return true
}

// take takes the number behind an option in units of so many milliseconds.
func (e *expiry) take(c *command.Context, unitMs int64, absolute bool) {
	e.set = true
	n := c.Args.Int()
	if c.Args.Err() != nil {
		return
	}
	base := int64(0)
	if !absolute {
		base = c.Tx.NowMs()
	}
	if n <= 0 || n > math.MaxInt64/unitMs || n*unitMs > math.MaxInt64-base {
		c.Args.Fail(command.Errorf("invalid expire time in '%s' command", c.Spec.FullName))
		return
	}
	e.ms = base + n*unitMs
}

// pxat returns the time as an argument of PXAT.
func (e *expiry) pxat() []byte { return strconv.AppendInt(nil, e.ms, 10) }

package stringcmd

import (
	"math"
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
)

// expiry is what the options EX, PX, EXAT, PXAT, KEEPTTL and PERSIST say.
type expiry struct {
	kind     expiryKind
	arg      []byte
	unitMs   int64
	absolute bool
	ms       int64 // Unix milliseconds, after resolve
}

type expiryKind uint8

const (
	noExpiry expiryKind = iota
	atTime
	keepTTL
	persist
)

// option takes one of the time options; false when the next argument is none. other
// is the option without a time that the command has beside them: keepTTL or persist.
// An option may be given again, as servers of the field have it: the last one counts.
func (e *expiry) option(a *command.Args, other expiryKind) bool {
	was := *e
	switch {
	case other == keepTTL && a.Word("KEEPTTL"):
		e.kind = keepTTL
	case other == persist && a.Word("PERSIST"):
		e.kind = persist
	case a.Option("EX", 1):
		e.take(a, 1000, false)
	case a.Option("PX", 1):
		e.take(a, 1, false)
	case a.Option("EXAT", 1):
		e.take(a, 1000, true)
	case a.Option("PXAT", 1):
		e.take(a, 1, true)
	default:
		return false
	}
	if was.kind != noExpiry && !e.same(&was) {
		a.Fail(command.ErrSyntax)
	}
	return true
}

// same reports whether both come of the same option.
func (e *expiry) same(f *expiry) bool {
	return e.kind == f.kind && e.unitMs == f.unitMs && e.absolute == f.absolute
}

func (e *expiry) take(a *command.Args, unitMs int64, absolute bool) {
	e.kind, e.arg, e.unitMs, e.absolute = atTime, a.Bytes(), unitMs, absolute
}

// resolve turns the time that was given into ms. It comes after all options have
// been taken, since bad options are complained about before bad numbers.
func (e *expiry) resolve(c *command.Context) error {
	if e.kind != atTime {
		return nil
	}
	n, ok := datatypes.ParseInt(e.arg)
	if !ok {
		return datatypes.ErrNotInteger
	}
	base := int64(0)
	if !e.absolute {
		base = c.Tx.NowMs()
	}
	if n <= 0 || n > math.MaxInt64/e.unitMs || n*e.unitMs > math.MaxInt64-base {
		return command.Errorf("invalid expire time in '%s' command", c.Spec.FullName)
	}
	e.ms = base + n*e.unitMs
	return nil
}

// past reports whether the time has passed.
func (e *expiry) past(c *command.Context) bool { return e.kind == atTime && e.ms <= c.Tx.NowMs() }

// effectSetAt names SET with a time as the effect. Without a journal the text of the
// time is not made.
func effectSetAt(c *command.Context, key, value []byte, ms int64) {
	if c.Tx.Recording() {
		c.Effect("SET", key, value, pxat, number(ms))
	}
}

func number(n int64) []byte { return strconv.AppendInt(nil, n, 10) }

// Options in effects; read only.
var (
	pxat        = []byte("PXAT")
	keepTTLWord = []byte("KEEPTTL")
)

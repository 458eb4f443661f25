package command

import (
	"math"

	"github.com/medleydb/medley/datatypes"
)

// Args are the arguments behind the command's name. Each call takes the next;
// the first error sticks, and Err tells it once all have been taken. Arguments
// borrow the connection's read buffer until the command ends.
type Args struct {
	argv [][]byte
	at   int
	err  error
}

// NewArgs returns the arguments of argv from position at.
func NewArgs(argv [][]byte, at int) Args { return Args{argv: argv, at: at} }

// All returns every argument, the name included.
func (a *Args) All() [][]byte { return a.argv }

// Len returns how many arguments are left.
func (a *Args) Len() int { return len(a.argv) - a.at }

// More reports whether arguments are left and no error has occurred.
func (a *Args) More() bool { return a.err == nil && a.at < len(a.argv) }

// Err returns the first error.
func (a *Args) Err() error { return a.err }

// Fail makes err the error of the arguments, unless there is one already.
func (a *Args) Fail(err error) {
	if a.err == nil {
		a.err = err
	}
}

// Bytes takes an argument.
func (a *Args) Bytes() []byte {
	if a.at >= len(a.argv) {
		a.Fail(ErrSyntax)
		return nil
	}
	b := a.argv[a.at]
	a.at++
	return b
}

// Key takes an argument that is a key.
func (a *Args) Key() []byte { return a.Bytes() }

// Peek returns the next argument without taking it; nil when none is left.
func (a *Args) Peek() []byte {
	if a.at >= len(a.argv) {
		return nil
	}
	return a.argv[a.at]
}

// Rest takes all that is left.
func (a *Args) Rest() [][]byte {
	r := a.argv[a.at:]
	a.at = len(a.argv)
	return r
}

// Take takes n arguments.
func (a *Args) Take(n int) [][]byte {
	if n < 0 || n > a.Len() {
		a.Fail(ErrSyntax)
		return nil
	}
	r := a.argv[a.at : a.at+n]
	a.at += n
	return r
}

// Pairs takes all that is left, which must be an even number of arguments and
// not none.
func (a *Args) Pairs() [][]byte {
	if n := a.Len(); n == 0 || n%2 != 0 {
		a.Fail(ErrArity)
		return nil
	}
	return a.Rest()
}

// Word takes the next argument if it is the word, in any case.
func (a *Args) Word(word string) bool {
	if a.err != nil || a.at >= len(a.argv) || !EqualFold(a.argv[a.at], word) {
		return false
	}
	a.at++
	return true
}

// Option is Word for an option that at least n arguments must follow; with fewer
// left it is not taken.
func (a *Args) Option(word string, n int) bool {
	return a.Len() > n && a.Word(word)
}

// Int takes a 64-bit signed integer.
func (a *Args) Int() int64 { return a.IntOr(datatypes.ErrNotInteger) }

// IntOr is Int with another error for what is none.
func (a *Args) IntOr(err error) int64 {
	b := a.Bytes()
	if a.err != nil {
		return 0
	}
	n, ok := datatypes.ParseInt(b)
	if !ok {
		a.Fail(err)
		return 0 // not what is left of a number beyond the range
	}
	return n
}

// IntIn takes an integer from lo to hi; anything else gives err.
func (a *Args) IntIn(lo, hi int64, err error) int64 {
	n := a.IntOr(err)
	if a.err == nil && (n < lo || n > hi) {
		a.Fail(err)
	}
	return n
}

// Float takes a double; NaN is none.
func (a *Args) Float() float64 {
	b := a.Bytes()
	if a.err != nil {
		return 0
	}
	f, ok := datatypes.ParseFloat(b)
	if !ok || math.IsNaN(f) {
		a.Fail(datatypes.ErrNotFloat)
	}
	return f
}

package command

import (
	"errors"
	"math"

	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/keyspace"
)

// A Context is all that a handler works with. It is valid until the handler
// returns.
type Context struct {
	Tx       *keyspace.Tx
	Args     Args
	Reply    Reply
	Spec     *Spec
	Session  *Session
	Services *Services

	// OutOfMemory says that memory is at its limit.
	OutOfMemory bool
	// Unkept says why nothing may be changed: files cannot be written, or too few replicas
	// follow. It is for scripts; other commands are refused.
	Unkept error
	// Nested is set inside EXEC and scripts, where nothing may block.
	Nested bool
	// Wait is what a handler that returned Park waits for.
	Wait Wait
	// Scratch is an empty slice with room for a number's text, to be used for one
	// call at a time: a buffer on the handler's stack would escape through Reply.
	Scratch []byte
	caller  Caller
}

// A Caller runs a command inside the one that is running, under its locks.
type Caller interface {
	Call(c *Context, spec *Spec, argv [][]byte)
}

// SetCaller sets who runs nested commands.
func (c *Context) SetCaller(x Caller) { c.caller = x }

// Call runs a command inside the present one and writes its reply, an error
// included, to c.Reply.
func (c *Context) Call(spec *Spec, argv [][]byte) { c.caller.Call(c, spec, argv) }

// Argv returns all arguments, the command's name included.
func (c *Context) Argv() [][]byte { return c.Args.argv }

// Changed says that the command changed the key, and how.
func (c *Context) Changed(key []byte, ev keyspace.Event) { c.Tx.Changed(key, ev) }

// AlsoChanged is Changed for another key of one change, which counts once.
func (c *Context) AlsoChanged(key []byte, ev keyspace.Event) { c.Tx.AlsoChanged(key, ev) }

// FailChanged replies the error of a command that has changed something all the same, which
// stays: the handler returns nil then.
func (c *Context) FailChanged(err error) {
	text := WireText(err, c.Spec)
	c.Reply.Error(text)
	c.Services.Stats.CountError(ErrorCode(text))
	c.Services.Stats.Failed(c.Spec)
}

// Effect names a deterministic command in place of the present one's arguments, for
// the journal. Arguments are borrowed until the transaction ends.
func (c *Context) Effect(name string, args ...[]byte) {
	if !c.Tx.Recording() {
		return
	}
	words := make([][]byte, 0, len(args)+1)
	c.Tx.Effect(append(append(words, []byte(name)), args...)...)
}

// EffectRemoved names the removal of a key as the effect: lazily (a lazyfree-lazy directive)
// says UNLINK instead of DEL, which is all the difference that it makes.
func (c *Context) EffectRemoved(key []byte, lazily *config.Bool) {
	if lazily.Load() {
		c.Effect("UNLINK", key)
	} else {
		c.Effect("DEL", key)
	}
}

// A Wait says what a blocked command waits for.
type Wait struct {
	Keys    [][]byte       // one of which must become able to serve the command
	Targets [][]byte       // that the command changes beside Keys
	Kind    datatypes.Kind // of the values that can serve it
	// Loss makes the command run again also when a key goes, or gets a value of
	// another kind: then it fails.
	Loss bool
	// Argv is what it runs with again, where that is not what it was given: words that
	// mean the present moment must keep meaning it. It is copied.
	Argv [][]byte
	// RetryMs is when it runs again in any case, Unix milliseconds; 0 for never.
	RetryMs int64
	// DeadlineMs is when to give up, Unix milliseconds; 0 for never.
	DeadlineMs int64
	// Begin is called once the session waits, and is given what ends the wait with a reply. It
	// must not block. A command with it waits for no key.
	Begin func(answer func(Value))
	// TimedOut is the reply of a command that gave up.
	TimedOut Value
}

// ErrParked is what Park returns. It is no error: dispatch parks the session.
var ErrParked = errors.New("command waits")

// Park makes the session wait and the command run again when one of the keys is
// ready. The handler returns what Park returns, having changed nothing. In EXEC
// and scripts it answers TimedOut at once.
func (c *Context) Park(w Wait) error {
	c.Wait = w
	return ErrParked
}

// ParseTimeout turns a timeout in seconds, a fraction allowed, into a deadline in
// Unix milliseconds; 0 stays 0 and means for ever.
func (c *Context) ParseTimeout(arg []byte) (deadlineMs int64, err error) {
	f, ok := datatypes.ParseFloat(arg)
	if !ok {
		return 0, ErrTimeoutNotFloat
	}
	// Rounded up first, so that less than a millisecond below 0 is no time at all.
	ms := math.Ceil(f * 1000)
	switch {
	case ms < 0:
		return 0, ErrTimeoutNegative
	case ms == 0:
		return 0, nil
	case ms >= 1<<63:
		return 0, ErrTimeoutRange
	}
	n := int64(ms)
	if n > math.MaxInt64-c.Tx.NowMs() {
		return 0, ErrTimeoutRange
	}
	return c.Tx.NowMs() + n, nil
}

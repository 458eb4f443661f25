package conncmd

import (
	"math"

	"github.com/medleydb/medley/commands/command"
)

var clientPause = command.Spec{
	Name: "pause", Since: "3.0.0", Arity: -3,
	Summary: "Holds commands back for some time.", Syntax: "timeout [WRITE | ALL]", Complexity: "O(1)",
	Flags: others,
	Run:   runClientPause,
}

func runClientPause(c *command.Context) error {
	timeout, kind := c.Args.Take(1), command.PauseAll
	switch {
	case c.Args.Len() > 1:
		return c.SubcommandError()
	case c.Args.Word("WRITE"):
		kind = command.PauseWrites
	case c.Args.More() && !c.Args.Word("ALL"):
		return command.Errorf("CLIENT PAUSE mode must be WRITE or ALL")
	}
	t := command.NewArgs(timeout, 0)
	ms := t.IntOr(command.ErrTimeoutNotInt)
	now := c.Tx.NowMs()
	switch {
	case t.Err() != nil:
		return t.Err()
	case ms < 0:
		return command.ErrTimeoutNegative
	case ms > math.MaxInt64-now:
		return command.ErrTimeoutRange
	}

	if ms > 0 {
		c.Services.Pause.Start(kind, now+ms)
	}

	c.Reply.OK()
	return nil
}

var clientUnpause = command.Spec{
	Name: "unpause", Since: "6.2.0", Arity: 2,
	Summary: "Ends CLIENT PAUSE.", Complexity: "O(N) in the number of connections held back",
	Flags: others,
	Run:   runClientUnpause,
}

// resumeWithinMs is how long CLIENT UNPAUSE waits for commands that were held back.
const resumeWithinMs = 1000

// runClientUnpause answers when what was held back has run: who sends CLIENT UNBLOCK or INFO next
// finds the state behind that.
func runClientUnpause(c *command.Context) error {
	pause := c.Services.Pause
	if c.Nested || pause.Held() == 0 {
		pause.End(nil)
		c.Reply.OK()
		return nil
	}
	ok := command.Value{Kind: command.Status, Str: "OK"}
	return c.Park(command.Wait{
		DeadlineMs: c.Tx.NowMs() + resumeWithinMs, TimedOut: ok,
		Begin: func(answer func(command.Value)) { pause.End(func() { answer(ok) }) },
	})
}

var clientUnblock = command.Spec{
	Name: "unblock", Since: "5.0.0", Arity: -3,
	Summary: "Ends the wait of another connection's command.", Syntax: "client-id [TIMEOUT | ERROR]", Complexity: "O(log N) in the number of connections",
	Flags: others,
	Scope: command.ScopeAllInMulti, // where the other's keys are unknown until it runs
	Run:   runClientUnblock,
}

func runClientUnblock(c *command.Context) error {
	id, withError := c.Args.Take(1), false
	switch {
	case c.Args.Len() > 1:
		return c.SubcommandError()
	case c.Args.Word("ERROR"):
		withError = true
	case c.Args.More() && !c.Args.Word("TIMEOUT"):
		return command.Errorf("CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
	}
	a := command.NewArgs(id, 0)
	n := a.Int()
	if err := a.Err(); err != nil {
		return err
	}

	s := c.Services.Clients.Get(uint64(n))
	ended := s != nil && c.Services.Unblock(c.Tx, s, withError)

	if ended {
		c.Reply.Int(1)
	} else {
		c.Reply.Int(0)
	}
	return nil
}

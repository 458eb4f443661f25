// Package txcmd has the commands of transactions: MULTI, EXEC, DISCARD, WATCH and
// UNWATCH. Queueing itself is the dispatcher's.
package txcmd

import "github.com/medleydb/medley/commands/command"

// Specs returns the commands of the family.
func Specs() []*command.Spec {
	return []*command.Spec{&multi, &exec, &discard, &watch, &unwatch}
}

const atAnyTime = command.NoScript | command.Loading | command.Stale

var multi = command.Spec{
	Name: "multi", Group: command.GroupTransactions, Since: "1.2.0", Arity: 1,
	Summary: "Starts a transaction: the commands that follow are queued.", Complexity: "O(1)",
	Flags: atAnyTime | command.Fast | command.AllowBusy,
	Run:   runMulti,
}

func runMulti(c *command.Context) error {
	if c.Session.InMulti {
		return command.ErrNestedMulti
	}
	c.Session.Begin()
	c.Reply.OK()
	return nil
}

var exec = command.Spec{
	Name: "exec", Group: command.GroupTransactions, Since: "1.2.0", Arity: 1,
	Summary: "Runs the queued commands as one, unless a watched key has changed.", Complexity: "Depends on the queued commands",
	Flags: atAnyTime | command.SkipSlowlog,
	Scope: command.ScopeSession,
	Run:   runExec,
}

func runExec(c *command.Context) error {
	s := c.Session
	if !s.InMulti {
		return command.ErrExecNoMulti
	}
	defer s.EndMulti() // afterwards: the commands see themselves in a transaction
	aborted, queue := s.Aborted, s.Queue
	broken := c.Tx.Unwatch(&s.Watch)
	s.NoteWatches()
	if aborted {
		return command.ErrExecAbort
	}

	if broken {
		c.Reply.NullArray()
		return nil
	}
	c.Reply.Array(len(queue))
	for _, q := range queue {
		c.Call(q.Spec, q.Argv)
	}
	return nil
}

var discard = command.Spec{
	Name: "discard", Group: command.GroupTransactions, Since: "2.0.0", Arity: 1,
	Summary: "Forgets the queued commands.", Complexity: "O(N) in the number of queued commands",
	Flags: atAnyTime | command.Fast | command.AllowBusy,
	Scope: command.ScopeSession,
	Run:   runDiscard,
}

func runDiscard(c *command.Context) error {
	s := c.Session
	if !s.InMulti {
		return command.ErrDiscardNoMulti
	}
	s.EndMulti()
	c.Tx.Unwatch(&s.Watch)
	s.NoteWatches()
	c.Reply.OK()
	return nil
}

var watch = command.Spec{
	Name: "watch", Group: command.GroupTransactions, Since: "2.2.0", Arity: -2,
	Summary: "Makes the next EXEC depend on these keys staying as they are.", Syntax: "key [key ...]", Complexity: "O(1) for every key",
	Flags: atAnyTime | command.Fast | command.AllowBusy,
	Keys:  []command.KeySpec{command.KeyRange(1, -1, 1, command.RO)},
	Run:   runWatch,
}

func runWatch(c *command.Context) error {
	if c.Session.InMulti {
		return command.Errorf("WATCH inside MULTI is not allowed")
	}
	for _, key := range c.Args.Rest() {
		c.Tx.Watch(&c.Session.Watch, key)
	}
	c.Session.NoteWatches()
	c.Reply.OK()
	return nil
}

var unwatch = command.Spec{
	Name: "unwatch", Group: command.GroupTransactions, Since: "2.2.0", Arity: 1,
	Summary: "Forgets the watched keys.", Complexity: "O(1)",
	Flags: atAnyTime | command.Fast | command.AllowBusy,
	Scope: command.ScopeSession,
	Run:   runUnwatch,
}

func runUnwatch(c *command.Context) error {
	c.Tx.Unwatch(&c.Session.Watch)
	c.Session.NoteWatches()
	c.Reply.OK()
	return nil
}

package commands

import (
	"fmt"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/keyspace"
)

// durable is told by the files how far the disk has the journal, or that nobody need wait.
func (e *Engine) durable(offset int64, all bool) {
	e.gate.Open(all)
	e.gate.Advance(offset)
}

// replay returns a function that runs a command of the journal again. tx is nil, or holds all
// shards.
//
// What has happened once happens again whatever the present settings and the time are: nothing is
// refused for want of memory, and nothing expires. A key or a member that has expired since the
// command ran was there when it ran, and goes when the journal says so, or when all is loaded.
func (e *Engine) replay(tx *keyspace.Tx) func(db int, argv [][]byte) error {
	x := e.newExecutor()
	held := tx != nil
	if held {
		x.tx = tx
		x.ctx.Tx = tx
	}
	x.tx.NoJournal, x.tx.NoStats = true, true
	session := e.localClient(false).session
	var replies command.Capture
	return func(db int, argv [][]byte) error {
		spec := e.svc.Table.Find(argv)
		switch {
		case spec == nil:
			return fmt.Errorf("unknown command %.128q", argv[0])
		case !spec.ArityOK(len(argv)) || spec.Run == nil:
			return fmt.Errorf("%s has a wrong number of arguments", spec.FullName)
		case db >= e.svc.Store.Databases():
			return fmt.Errorf("there is no database %d: see the setting databases", db)
		}
		now := e.NowMs()
		session.Select(db)
		x.tx.BeginAt(replayTime(spec, now), now)
		x.tx.DB, x.tx.Expired = db, keyspace.ShowExpired
		if !held {
			x.one = batched{argv: argv, spec: spec}
			x.lock(session, &x.one)
			defer x.tx.End()
		}
		replies.Reset()
		c := &x.ctx
		c.Session, c.Reply, c.Spec, c.Nested = session, &replies, spec, true
		if err := x.handle(c, spec, argv); err != nil && err != command.ErrParked {
			e.svc.Log.Debug("a command of the journal fails", "command", spec.FullName, "error", err)
		}
		return nil
	}
}

// replayTime returns the time at which a command of the journal runs again: before every other, so
// that no time in it has passed. Streams note times and expire nothing; and commands that count
// from the present stand only in journals of others.
func replayTime(spec *command.Spec, nowMs int64) int64 {
	if spec.Group == command.GroupStream {
		return nowMs
	}
	switch spec.FullName {
	case "expire", "pexpire", "setex", "psetex":
		return nowMs
	}
	return 0
}

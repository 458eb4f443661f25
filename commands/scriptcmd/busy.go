package scriptcmd

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/keyspace"
)

// busy are the scripts that may run long, while they run. Who waits for a lock that one of them
// holds asks here whether to go on waiting (keyspace.Patience), and a command that would have
// to wait is refused at once when the script has passed its limit.
type busy struct {
	store   *keyspace.Store
	limitMs func() int64 // busy-reply-threshold; 0 for none
	count   atomic.Int32 // of those that run, or are about to

	mu   sync.Mutex
	list map[*host]*tenure
}

// A tenure is the time of a script that runs.
type tenure struct {
	began    time.Time
	all      bool // it holds every shard
	shards   keyspace.ShardSet
	function bool
	name     string
	argv     [][]byte // of its command; borrowed
}

func (b *busy) enter(h *host) {
	t := &h.tenure
	shards := t.shards
	if shards == nil {
		shards = b.store.NewShardSet()
	}
	shards.Clear()
	*t = tenure{
		began: time.Now(), all: h.c.Tx.HoldsAll(), shards: shards,
		function: h.call.fn != nil, name: h.call.name(), argv: h.c.Argv(),
	}
	h.c.Tx.AddHeld(t.shards)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.list == nil {
		b.list = map[*host]*tenure{}
	}
	b.list[h] = t
}

func (b *busy) leave(h *host) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.list, h)
}

// past reports whether the script has run for longer than the limit.
func (b *busy) past(t *tenure) bool {
	limit := b.limitMs()
	return limit > 0 && time.Since(t.began) >= time.Duration(limit)*time.Millisecond
}

// find returns the error of what a script past its limit stands in the way of, for which ok
// holds; nil where there is none. A tenure is read under the lock only: a host uses its own
// again and again.
func (b *busy) find(ok func(*tenure) bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, t := range b.list {
		if b.past(t) && ok(t) {
			return t.err()
		}
	}
	return nil
}

const (
	errBusy         = command.ReplyError("BUSY Medley is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.")
	errBusyFunction = command.ReplyError("BUSY Medley is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.")
	errNotBusy      = command.ReplyError("NOTBUSY No scripts in execution right now.")
	errUnkillable   = command.ReplyError("UNKILLABLE Sorry the script already executed write commands against the dataset. " +
		"You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.")
)

func (t *tenure) err() error {
	if t.function {
		return errBusyFunction
	}
	return errBusy
}

// Strained implements command.Scripting and keyspace.Patience.
func (s *Scripts) Strained() bool { return s.busy.count.Load() > 0 }

// Expect implements command.Scripting.
func (s *Scripts) Expect() { s.busy.count.Add(1) }

// Version implements command.Scripting.
func (s *Scripts) Version() uint64 { return s.libraries.version.Load() }

// Ended implements command.Scripting.
func (s *Scripts) Ended() { s.busy.count.Add(-1) }

// Exhausted implements keyspace.Patience.
func (s *Scripts) Exhausted(shard int) bool {
	return s.busy.find(func(t *tenure) bool { return t.shards.Has(shard) }) != nil
}

// Busy implements command.Scripting.
func (s *Scripts) Busy(set keyspace.ShardSet) error {
	return s.busy.find(func(t *tenure) bool { return t.all || t.shards.Meets(set) })
}

// AnyBusy implements command.Scripting.
func (s *Scripts) AnyBusy() error { return s.busy.find(func(*tenure) bool { return true }) }

// A running script, as others see it.
type running struct {
	name  string
	argv  [][]byte // of the command
	began time.Time
}

// longest returns the script that has run for the longest time, nil when none does.
func (b *busy) longest() *running {
	b.mu.Lock()
	defer b.mu.Unlock()
	var first *tenure
	for _, t := range b.list {
		if first == nil || t.began.Before(first.began) {
			first = t
		}
	}
	if first == nil {
		return nil
	}
	r := &running{name: first.name, began: first.began}
	for _, a := range first.argv {
		r.argv = append(r.argv, append([]byte(nil), a...))
	}
	return r
}

// Stop implements command.Scripting.
func (s *Scripts) Stop() {
	b := &s.busy
	b.mu.Lock()
	defer b.mu.Unlock()
	for h := range b.list {
		if !h.wrote.Load() {
			h.killed.Store(true)
		}
	}
}

// kill ends the scripts, or the functions, that have passed their limit. One that has written
// stays.
func (b *busy) kill(function bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	killed, other, wrote := false, error(nil), false
	for h, t := range b.list {
		switch {
		case !b.past(t):
		case t.function != function:
			other = t.err()
		case h.wrote.Load():
			wrote = true
		default:
			h.killed.Store(true)
			killed = true
		}
	}
	switch {
	case killed:
		return nil
	case wrote:
		return errUnkillable
	case other != nil:
		return other
	}
	return errNotBusy
}

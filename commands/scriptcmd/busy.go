package scriptcmd

import (
	"sync"
	"time"

	"github.com/medleydb/medley/commands/command"
)

// busy are the scripts that may run long, while they run.
type busy struct {
	mu   sync.Mutex
	list map[*host]struct{}
}

func (b *busy) enter(h *host) {
	b.mu.Lock()
	if b.list == nil {
		b.list = map[*host]struct{}{}
	}
	b.list[h] = struct{}{}
	b.mu.Unlock()
}

func (b *busy) leave(h *host) {
	b.mu.Lock()
	delete(b.list, h)
	b.mu.Unlock()
}

const (
	errNotBusy    = command.ReplyError("NOTBUSY No scripts in execution right now.")
	errUnkillable = command.ReplyError("UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.")
)

// A running script, as others see it.
type running struct {
	name  string
	argv  [][]byte // of the command, copied
	began time.Time
}

// longest returns the script that has run for the longest time, nil when none does.
func (b *busy) longest() *running {
	b.mu.Lock()
	defer b.mu.Unlock()
	var first *host
	for h := range b.list {
		if first == nil || h.beganNs < first.beganNs {
			first = h
		}
	}
	if first == nil {
		return nil
	}
	r := &running{name: first.call.name(), began: time.Unix(0, first.beganNs)}
	for _, a := range first.command {
		r.argv = append(r.argv, append([]byte(nil), a...))
	}
	return r
}

// kill ends the scripts, or the functions, that have run for longer than the limit. One that has
// written stays.
func (b *busy) kill(function bool, limit time.Duration) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	err := error(errNotBusy)
	now := time.Now().UnixNano()
	for h := range b.list {
		if (h.call.fn != nil) != function || now-h.beganNs < int64(limit) {
			continue
		}
		if h.wrote.Load() {
			if err != nil {
				err = errUnkillable
			}
			continue
		}
		h.killed.Store(true)
		err = nil
	}
	return err
}

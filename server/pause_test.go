package server

import (
	"testing"

	"github.com/medleydb/medley/commands"
)

// TestUnpauseWaits protects the order that a client sees: when CLIENT UNPAUSE has answered, what
// was held back has run, whichever loop it runs on, and one that blocks then can be unblocked.
func TestUnpauseWaits(t *testing.T) {
	backends(t, commands.Options{}, func(t *testing.T, s testServer) {
		admin, waiter, writer := s.dial(t), s.dial(t), s.dial(t)
		waiter.send("CLIENT", "ID")
		id, _ := waiter.read()
		for range 100 {
			admin.do("OK", "CLIENT", "PAUSE", "100000", "WRITE")
			waiter.send("BLPOP", "list", "0")
			writer.send("SET", "key", "x")
			until(t, func() bool { return s.eng.Services().Pause.Held() == 2 })
			admin.do("OK", "CLIENT", "UNPAUSE")
			admin.do("x", "GETDEL", "key")
			admin.do("1", "CLIENT", "UNBLOCK", id.Text())
			waiter.want("") // nothing came
			writer.want("OK")
		}
	})
}

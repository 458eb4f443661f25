package command

import (
	"log/slog"
	"sync/atomic"

	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/commands/slowlog"
	"github.com/medleydb/medley/keyspace"
)

// Services are what handlers may use of the engine beside the keys.
type Services struct {
	Store   *keyspace.Store
	Table   *Table
	Config  *config.Config
	Clients *Clients
	Stats   *Stats
	Rates   *Rates
	Monitor *slowlog.Monitor
	Pause   *Pause
	Log     *slog.Logger
	RunID   string                 // 40 hex digits
	ReplID  atomic.Pointer[string] // likewise, of the history of changes
	StartMs int64                  // Unix milliseconds
	// Unblock ends the wait of a session: with its timeout's reply, or with an
	// error. False when it does not wait.
	Unblock func(s *Session, withError bool) bool
	// Shutdown ends the server; nil in an embedded engine.
	Shutdown func(ShutdownOptions) error
	// ActiveExpire turns the sweep of expired keys on and off.
	ActiveExpire atomic.Bool
	// CronPaused stops the engine's background work, for tests.
	CronPaused atomic.Bool
}

// ShutdownOptions are those of SHUTDOWN.
type ShutdownOptions struct {
	Save, NoSave, Now, Force, Safe bool
}

package command

import (
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"sync/atomic"

	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/commands/migrate"
	"github.com/medleydb/medley/commands/persistence"
	"github.com/medleydb/medley/commands/replication"
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
	Hub     *Hub
	Feed    *Feed
	// Tracking tells sessions of keys that have changed.
	Tracking *Tracking
	Log      *slog.Logger
	// Files keep the data; nil in an engine that was opened without a folder.
	Files *persistence.Service
	// Targets are servers that keys are moved to.
	Targets *migrate.Pool
	// Primary hands changes on to replicas; nil likewise.
	Primary *replication.Primary
	RunID   string                 // 40 hex digits
	ReplID  atomic.Pointer[string] // likewise, of the history of changes
	StartMs int64                  // Unix milliseconds
	// Unblock ends the wait of a session: with its timeout's reply, or with an
	// error. False when it does not wait for keys. The transaction must hold no shard,
	// or all.
	Unblock func(tx *keyspace.Tx, s *Session, withError bool) bool
	// Kill ends another session: it runs nothing any more and its connection is
	// closed. The transaction as for Unblock.
	Kill func(tx *keyspace.Tx, s *Session)
	// Users says who may use the engine. It is set before the first session.
	Users Users
	// ImportMode reports whether data is being imported, so that expired keys stay;
	// nil for never. It is set before the first session.
	ImportMode func() bool
	// Scripting has the scripts and functions.
	Scripting Scripting
	// ActiveLoops returns how many event loops serve clients now; nil in an embedded engine.
	ActiveLoops func() int
	// Shutdown ends the server; nil in an embedded engine.
	Shutdown func(ShutdownOptions) error
	// ActiveExpire turns the sweep of expired keys on and off.
	ActiveExpire atomic.Bool
	// SkipChecksum makes RESTORE take payloads with a wrong checksum, for tests.
	SkipChecksum atomic.Bool
	// AnyInScripts lets scripts run commands that are not for them, for tests.
	AnyInScripts atomic.Bool
	// CronPaused stops the engine's background work, for tests.
	CronPaused atomic.Bool
}

// Scripting is what others may know of scripts and functions.
type Scripting interface {
	Figures() ScriptFigures
	// Strained reports whether a script runs that may run for long, or is about to.
	Strained() bool
	// Expect is told before a script that may run for long takes its locks, and Ended when
	// it has released them.
	Expect()
	Ended()
	// Version is another one when functions have changed, which they do under all shards only.
	Version() uint64
	// Busy returns the error of a command that needs the shards, while a script that holds
	// one of them has run for longer than its limit; nil when none has. A script that
	// holds all shards stands in the way of any command.
	Busy(set keyspace.ShardSet) error
	// AnyBusy returns the error where any script has run for longer than its limit.
	AnyBusy() error
	// Stop ends the scripts that run, but for those that have written.
	Stop()
}

// ScriptFigures tell of scripts and functions.
type ScriptFigures struct {
	Scripts, Libraries, Functions int
	ScriptBytes, FunctionBytes    int64 // of their texts
	Evicted                       int64 // scripts, since the start
	ScriptVMs, FunctionVMs        int64 // bytes of what runs them
}

// Memory returns all bytes that scripts and functions take.
func (f *ScriptFigures) Memory() int64 {
	return f.ScriptBytes + f.FunctionBytes + f.ScriptVMs + f.FunctionVMs
}

// Users knows the users and their passwords.
type Users interface {
	// Required reports whether a new session must authenticate first.
	Required() bool
	// Authenticate reports whether the password is the user's.
	Authenticate(user, password string) bool
	// Known reports whether there is such a user.
	Known(user string) bool
}

// DefaultUser is the user of a session that has not authenticated as another.
const DefaultUser = "default"

// Password is the Users where there is only the default one: it returns the password
// (requirepass), "" for none.
type Password func() string

var _ Users = Password(nil)

// Required implements Users.
func (p Password) Required() bool { return p() != "" }

// Known implements Users.
func (p Password) Known(user string) bool { return user == DefaultUser }

// Authenticate implements Users. Without a password any will do, as the field has it.
// It takes as long for a wrong password as for the right one.
func (p Password) Authenticate(user, password string) bool {
	want := p()
	if !p.Known(user) {
		return false
	}
	a, b := sha256.Sum256([]byte(want)), sha256.Sum256([]byte(password))
	return want == "" || subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// Importing reports whether data is being imported.
func (s *Services) Importing() bool { return s.ImportMode != nil && s.ImportMode() }

// ShutdownOptions are those of SHUTDOWN.
type ShutdownOptions struct {
	Save, NoSave, Now, Force, Safe bool
}

// Package persistence keeps an engine's data in files: snapshots in the RDB format, and the
// journal (append-only file).
//
// Everything that touches a file runs in goroutines of the Service, or of who calls Load,
// Reload or Close; never in one that runs commands. What commands ask for (Save, Rewrite) they
// ask for and go on; what they must know (Refusal) is a look at memory.
//
// # A file comes whole or not at all
//
// A snapshot is written to a temporary file beside its place, forced to disk, given its name, and
// then its folder is forced to disk: a crash at any moment leaves the old file or the new one.
package persistence

import (
	"errors"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/keyspace"
	"github.com/medleydb/medley/keyspace/aof"
	"github.com/medleydb/medley/keyspace/disk"
)

// Errors of what a client asks for.
var (
	// ErrSaving: a snapshot is being written already.
	ErrSaving = errors.New("persistence: a snapshot is being written already")
	// ErrRewriting: the journal is being rewritten already.
	ErrRewriting = errors.New("persistence: the journal is being rewritten already")
	// ErrBusy: the journal is being rewritten, so that no snapshot can be written now.
	ErrBusy = errors.New("persistence: the journal is being rewritten")
	// ErrIdle: there is no snapshot to cancel.
	ErrIdle = errors.New("persistence: no snapshot is being written")
	// ErrNoFiles: the engine was opened without a folder for files.
	ErrNoFiles = errors.New("persistence: the engine keeps no files")
	// ErrSnapshots: the last snapshot failed, so that no change is taken.
	ErrSnapshots = errors.New("persistence: the last snapshot failed")
	// ErrJournal: the journal cannot be written, so that no change is taken.
	ErrJournal = errors.New("persistence: the journal cannot be written")
	// ErrNoJournal: the journal is off.
	ErrNoJournal = errors.New("persistence: the journal is off")
)

// Options configure a Service.
type Options struct {
	Store   *keyspace.Store
	Config  *config.Config
	Log     *slog.Logger
	NowMs   func() int64
	Version string // that files are said to be of
	// Disk is where files are written; default disk.OS.
	Disk disk.System
	// Libraries are kept with the data.
	Libraries Libraries
	JournalOptions
}

// Libraries are the libraries of functions. They change while all shards are held.
type Libraries interface {
	// Sources returns the source of each.
	Sources() []string
	// LoadSource adds one. Without replace it is an error if it is there already.
	LoadSource(source string, replace bool) error
	// Clear takes all away.
	Clear()
}

// A Service keeps the data of one store in files.
type Service struct {
	store   *keyspace.Store
	cfg     *config.Config
	log     *slog.Logger
	nowMs   func() int64
	version string

	disk      disk.System
	libraries Libraries
	o         JournalOptions

	attached *aof.Log // to which effects go; all shards are held to look at it or change it
	current  atomic.Pointer[aof.Log]
	ended    atomic.Int64 // offset at which the last log has ended
	ending   sync.WaitGroup

	relaxed atomic.Bool // the journal is not forced to disk for now
	loading atomic.Bool
	refusal atomic.Pointer[error]

	mu        sync.Mutex
	idle      sync.Cond // nothing runs in the background any more
	save      *save     // that runs, or nil
	scheduled bool      // a snapshot as soon as it can be
	closed    bool
	figures   figures
	load      loadState
	journal   journal
}

// figures are what there is to tell of snapshots.
type figures struct {
	saves        int64
	lastSaveMs   int64 // end of the last good one, or the start
	lastTryMs    int64 // start of the last one
	lastTookSec  int64 // -1 for none
	lastFailed   bool
	dirtyAtSave  int64 // Stats.Dirty that is in the file
	keysExpired  int64 // while loading
	keysLoaded   int64
	lastSaveKeys int64
}

// New returns a Service; it loads nothing and writes nothing yet.
func New(o Options) *Service {
	s := &Service{store: o.Store, cfg: o.Config, log: o.Log, nowMs: o.NowMs, version: o.Version, disk: o.Disk, libraries: o.Libraries, o: o.JournalOptions}
	if s.disk == nil {
		s.disk = disk.OS
	}
	s.journal.tookSec = -1
	s.o.Durable(0, true)
	s.idle.L = &s.mu
	s.figures.lastSaveMs, s.figures.lastTookSec = o.NowMs(), -1
	s.cfg.OnChange(func() error {
		s.decide()
		return nil
	}, "save", "stop-writes-on-bgsave-error")
	s.cfg.OnChange(func() error {
		s.followJournal()
		return nil
	}, "appendonly", "appendfsync", "no-appendfsync-on-rewrite")
	return s
}

// Loading reports whether data is being loaded, so that there is nothing to read or change yet.
func (s *Service) Loading() bool { return s != nil && s.loading.Load() }

// Refusal returns why no change is taken at present, or nil: ErrSnapshots,
// ErrJournal.
func (s *Service) Refusal() error {
	if s == nil {
		return nil
	}
	if err := s.refusal.Load(); err != nil {
		return *err
	}
	return nil
}

// decide brings Refusal up to date.
func (s *Service) decide() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.decideLocked()
}

func (s *Service) decideLocked() {
	s.refusal.Store(nil)
	if s.figures.lastFailed && s.cfg.StopWritesOnBgsaveError.Load() && len(s.cfg.Save.Load()) > 0 {
		s.refusal.Store(&ErrSnapshots)
	} else if s.journal.err != nil {
		s.refusal.Store(&ErrJournal)
	}
}

// path returns the path of a file in the folder of files.
func (s *Service) path(name string) string { return filepath.Join(s.cfg.Dir.Load(), name) }

// Tick does what is due: it is called some times a second.
func (s *Service) Tick() {
	if s == nil || s.Loading() {
		return
	}
	s.tickSaves()
	s.tickJournal()
}

// Close ends what runs in the background and waits for it. With save it writes a snapshot first.
func (s *Service) Close(save bool) error {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	if s.save != nil && s.save.background {
		s.save.cancel()
	}
	if v := s.journal.rewriting; v != nil {
		v.cancel()
	}
	s.waitIdle()
	s.mu.Unlock()
	if save && s.unsaved() {
		if err := s.SaveNow(); err != nil {
			return err
		}
	}
	s.mu.Lock()
	s.closed = true
	l := s.journal.log
	s.journal.log = nil
	s.mu.Unlock()
	if l != nil {
		s.retire(l)
	}
	s.ending.Wait()
	return nil
}

// unsaved reports whether the file may be another than the data.
func (s *Service) unsaved() bool {
	dirty := s.store.Counters().Dirty
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.figures.saves == 0 || s.figures.lastFailed || dirty != s.figures.dirtyAtSave
}

// waitIdle waits until nothing runs in the background; mu is held.
func (s *Service) waitIdle() {
	for s.save != nil || s.journal.rewriting != nil {
		s.idle.Wait()
	}
}

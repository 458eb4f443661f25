package persistence

import (
	"slices"

	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/keyspace"
	"github.com/medleydb/medley/keyspace/aof"
	"github.com/medleydb/medley/keyspace/disk"
)

// journal is the part of a Service that keeps every change.
//
// It is on while log is set: then the store's effects go to it. Turning it on is a rewrite: the
// effects go to a new file from the moment of a snapshot on, and both count once the snapshot is
// on disk. A rewrite of a journal that is on goes on writing to the old files up to that
// moment, and names the new file in the manifest before: a crash at any time leaves a manifest
// whose files make up the whole.
type journal struct {
	log       *aof.Log
	manifest  *aof.Manifest // as it stands on disk; nil before it was read
	baseSize  int64         // bytes of all files after the last rewrite, or at the start
	oldSize   int64         // bytes of the files before the last
	seq       int64         // of the last file of changes; the rewrite's own
	rewriting *save
	starting  bool // the rewrite turns the journal on
	scheduled bool
	failed    bool  // the last rewrite
	retryMs   int64 // when to turn the journal on again
	rewrites  int64
	failures  int64 // in a row
	tookSec   int64
	err       error // of writing
}

// JournalOptions are what a Service needs of others for the journal.
type JournalOptions struct {
	// Also gets every effect beside the files; nil for nobody.
	Also keyspace.Journal
	// Durable is told how far replies need not wait any more: for an offset of the journal,
	// or with all set for any.
	Durable func(offset int64, all bool)
	// Replay returns a function that runs a command in a database. tx is nil, or holds all
	// shards.
	Replay func(tx *keyspace.Tx) func(db int, argv [][]byte) error
}

// both hands effects to two journals, of which the first has the offsets.
type both struct{ first, second keyspace.Journal }

func (b both) Append(batch []keyspace.Effect) int64 {
	b.second.Append(batch)
	passes := func(e keyspace.Effect) bool { return e.Passing }
	if slices.ContainsFunc(batch, passes) {
		batch = slices.DeleteFunc(slices.Clone(batch), passes)
	}
	if len(batch) == 0 {
		return 0
	}
	return b.first.Append(batch)
}

func (s *Service) journalDir() string { return s.path(s.cfg.Appenddirname.Load()) }

func (s *Service) journalName() string { return s.cfg.Appendfilename.Load() }

// policy returns when the journal is forced to disk at present.
func (s *Service) policy() aof.Policy {
	if s.relaxed.Load() {
		return aof.Never
	}
	switch s.cfg.Appendfsync.Load() {
	case config.FsyncAlways:
		return aof.Always
	case config.FsyncNo:
		return aof.Never
	}
	return aof.EverySecond
}

// attach makes effects go to the log, nil for none. All shards are held.
func (s *Service) attach(l *aof.Log) {
	s.attached = l
	s.current.Store(l)
	switch {
	case l == nil:
		s.store.SetJournal(s.o.Also)
	case s.o.Also == nil:
		s.store.SetJournal(l)
	default:
		s.store.SetJournal(both{l, s.o.Also})
	}
}

// Attach makes effects go to another journal too, which must tell no offsets. All shards are held.
func (s *Service) Attach(j keyspace.Journal) {
	if s.o.Also != nil {
		j = both{s.o.Also, j}
	}
	s.o.Also = j
	s.attach(s.attached)
}

// swap makes effects go to another log, if they go to the old one. The caller holds no lock.
func (s *Service) swap(from, to *aof.Log) {
	tx := s.store.NewTx()
	tx.LockAll()
	defer tx.Release()
	if s.attached == from {
		s.attach(to)
	}
}

// retire ends a log, to which effects may still go. The caller holds no shard, and not mu.
func (s *Service) retire(l *aof.Log) {
	s.swap(l, nil)
	s.ended.Store(l.Appended())
	s.o.Durable(0, true)
	if err := l.Close(); err != nil {
		s.log.Error("the journal could not be closed", "error", err)
	}
}

// openLog opens a log that goes on in a file.
func (s *Service) openLog(f disk.File, size int64) *aof.Log {
	return aof.Open(f, size, aof.Options{
		Start:  s.ended.Load(),
		Policy: s.policy(), Times: s.cfg.AOFTimestampEnabled.Load(), NowMs: s.nowMs,
		Synced: func(offset int64) { s.o.Durable(offset, s.policy() != aof.Always) },
		State:  s.journalState,
	})
}

// journalState is told whether the log can be written.
func (s *Service) journalState(err error) {
	if err != nil {
		s.log.Error("the journal cannot be written", "error", err)
	} else {
		s.log.Info("the journal can be written again")
	}
	go func() { // the log's lock is held
		s.mu.Lock()
		defer s.mu.Unlock()
		if l := s.journal.log; l != nil {
			err = l.Figures().Err
		}
		s.journal.err = err
		s.decideLocked()
	}()
}

// relax brings relaxed up to date: with no-appendfsync-on-rewrite nothing is forced to disk while a
// large file is being written, so that nobody waits behind that. mu is held.
func (s *Service) relax() {
	busy := s.save != nil && s.save.background || s.journal.rewriting != nil
	if on := busy && s.cfg.NoAppendfsyncOnRewrite.Load(); s.relaxed.Swap(on) != on && s.journal.log != nil {
		s.journal.log.SetPolicy(s.policy())
		s.o.Durable(0, s.policy() != aof.Always)
	}
}

// followJournal brings the journal to what the settings say.
func (s *Service) followJournal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.relax()
	on, policy := s.cfg.Appendonly.Load(), s.policy()
	if s.loading.Load() || s.closed {
		return
	}
	switch l := s.journal.log; {
	case on && l == nil:
		s.startRewriteLocked()
	case !on && (l != nil || s.journal.starting):
		s.stopJournal()
	case l != nil:
		l.SetPolicy(policy)
		s.o.Durable(0, policy != aof.Always)
	}
}

// stopJournal turns the journal off; mu is held.
func (s *Service) stopJournal() {
	l := s.journal.log
	s.journal.log, s.journal.err, s.journal.scheduled = nil, nil, false
	if v := s.journal.rewriting; v != nil {
		v.cancel()
	}
	s.decideLocked()
	if l != nil {
		s.ending.Go(func() { s.retire(l) })
	}
}

// Crowded reports whether more changes wait to be written than should.
func (s *Service) Crowded() bool {
	l := s.current.Load()
	return l != nil && l.Crowded()
}

// Room waits while more changes wait to be written than should. The caller holds no lock.
func (s *Service) Room() {
	if l := s.current.Load(); l != nil {
		l.Room()
	}
}

// Push is told that somebody waits until the disk has what has been appended to the journal.
func (s *Service) Push() {
	if s == nil {
		return
	}
	if l := s.current.Load(); l != nil {
		l.Push()
	}
}

// Commit is Push for who can spare the time that the disk takes.
func (s *Service) Commit() {
	if s == nil {
		return
	}
	if l := s.current.Load(); l != nil {
		l.Commit()
	}
}

// JournalOn reports whether changes are kept in the journal.
func (s *Service) JournalOn() bool { return s != nil && s.cfg.Appendonly.Load() }

// WhenSynced calls fn once the disk has the journal up to an offset, at once where that is so
// already. It must not block.
func (s *Service) WhenSynced(offset int64, fn func()) {
	s.mu.Lock()
	l := s.journal.log
	s.mu.Unlock()
	if l == nil {
		fn()
		return
	}
	l.WhenSynced(offset, fn)
}

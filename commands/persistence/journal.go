package persistence

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

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

func (s *Service) journalDir() string  { return s.path(s.cfg.Appenddirname.Load()) }
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

// Rewrite starts to write the journal anew in the background. Where a snapshot is being
// written, it is done behind that. Error: ErrRewriting.
func (s *Service) Rewrite() (scheduled bool, err error) {
	if s == nil {
		return false, ErrNoFiles
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return false, ErrNoFiles
	case s.journal.rewriting != nil:
		return false, ErrRewriting
	}
	return s.startRewriteLocked(), nil
}

// startRewriteLocked starts a rewrite, or schedules it; mu is held.
func (s *Service) startRewriteLocked() (scheduled bool) {
	j := &s.journal
	if s.save != nil || j.rewriting != nil {
		j.scheduled = true
		return true
	}
	j.scheduled = false
	v := &save{background: true, startMs: s.nowMs(), stop: make(chan struct{})}
	j.rewriting, j.starting = v, j.log == nil && s.cfg.Appendonly.Load()
	s.relax()
	go s.rewrite(v, j.starting)
	return false
}

// rewrite writes the journal anew.
func (s *Service) rewrite(v *save, starting bool) {
	err := s.rewriteFiles(v, starting)
	now := s.nowMs()
	s.mu.Lock()
	defer s.mu.Unlock()
	j := &s.journal
	j.rewrites++
	j.tookSec = (now - v.startMs) / 1000
	switch {
	case err == nil:
		j.failed, j.failures, j.retryMs = false, 0, 0
		s.log.Info("the journal is written anew", "bytes", j.baseSize, "ms", now-v.startMs)
	case errors.Is(err, keyspace.ErrStopped):
		s.log.Warn("the rewriting of the journal was cancelled")
	default:
		j.failed = true
		j.failures++
		j.retryMs = now + 1000*min(60, int64(1)<<min(j.failures, 6))
		s.log.Error("the journal could not be written anew", "error", err)
	}
	j.rewriting, j.starting = nil, false
	s.relax()
	s.idle.Broadcast()
}

// readManifest returns the manifest on disk, an empty one where there is none.
func (s *Service) readManifest() (*aof.Manifest, error) {
	m, err := aof.ReadManifest(s.journalDir(), s.journalName())
	if errors.Is(err, os.ErrNotExist) {
		return &aof.Manifest{}, nil
	}
	return m, err
}

func (s *Service) rewriteFiles(v *save, starting bool) error {
	dir, name := s.journalDir(), s.journalName()
	if err := s.makeDir(dir); err != nil {
		return err
	}
	old, err := s.readManifest()
	if err != nil {
		return err
	}
	s.mu.Lock()
	log := s.journal.log
	s.mu.Unlock()
	if !starting && log == nil {
		return s.rewriteBase(v, old, dir, name)
	}
	// Never the number of a file of this process again: one that was given up may yet be removed.
	s.journal.seq = max(s.journal.seq+1, old.NextIncr())
	next := aof.File{Seq: s.journal.seq}
	next.Name = aof.IncrName(name, next.Seq)
	incr, err := s.disk.Open(filepath.Join(dir, next.Name), os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	if err := s.disk.SyncDir(dir); err != nil {
		incr.Close()
		return err
	}
	if !starting {
		named := old.Clone()
		named.Incr = append(named.Incr, next)
		if err := named.Write(s.disk, dir, name); err != nil {
			incr.Close()
			s.disk.Remove(incr.Name())
			return err
		}
	}
	var cutAt int64
	cut := func() {
		if starting {
			log = s.openLog(incr, 0)
			s.attach(log)
			s.o.Durable(0, true) // until the base is there, nothing is durable in any case
			return
		}
		cutAt = log.Appended()
		log.Cut(incr)
	}
	base, size, err := s.writeBase(v, old, dir, name, cut)
	switch {
	case err == nil:
		m := &aof.Manifest{Base: base, Incr: []aof.File{next}, History: old.History}
		if old.Base != nil {
			m.History = append(m.History, *old.Base)
		}
		m.History = append(m.History, old.Incr...)
		err = m.Write(s.disk, dir, name)
		if err == nil {
			if err := m.RemoveHistory(s.disk, dir, name); err != nil {
				s.log.Warn("old files of the journal could not be removed", "error", err)
			}
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	j := &s.journal
	if starting && log != nil && (err != nil || !s.cfg.Appendonly.Load() || s.closed) { // or it was turned off meanwhile
		s.ending.Go(func() {
			s.retire(log)
			s.disk.Remove(incr.Name()) // no manifest names it, or the journal is off
		})
		return err
	}
	if err != nil {
		return err
	}
	j.baseSize, j.oldSize = size, size
	if starting {
		j.log = log
		log.SetPolicy(s.policy())
		s.o.Durable(0, s.policy() != aof.Always)
	} else {
		log.Repaired(cutAt)
	}
	return nil
}

// rewriteBase writes the journal anew while it is off.
func (s *Service) rewriteBase(v *save, old *aof.Manifest, dir, name string) error {
	base, size, err := s.writeBase(v, old, dir, name, nil)
	if err != nil {
		return err
	}
	m := &aof.Manifest{Base: base, History: append(old.History, old.Incr...)}
	if old.Base != nil {
		m.History = append(m.History, *old.Base)
	}
	if err := m.Write(s.disk, dir, name); err != nil {
		return err
	}
	s.mu.Lock()
	s.journal.baseSize, s.journal.oldSize = size, size
	s.mu.Unlock()
	return m.RemoveHistory(s.disk, dir, name)
}

// writeBase writes a snapshot as a base.
func (s *Service) writeBase(v *save, old *aof.Manifest, dir, name string, cut func()) (base *aof.File, size int64, err error) {
	base = &aof.File{Seq: old.NextBase()}
	snapshot := s.cfg.AOFUseRDBPreamble.Load()
	base.Name = aof.BaseName(name, base.Seq, snapshot)
	path := filepath.Join(dir, base.Name)
	err = s.writeFile(path, s.cfg.AOFRewriteIncrementalFsync.Load(), func(w io.Writer) error {
		if !snapshot {
			return s.writeCommands(w, v, cut)
		}
		_, err := s.writeSnapshot(w, v, true, cut)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	fi, err := os.Stat(path)
	if err != nil {
		return nil, 0, err
	}
	return base, fi.Size(), nil
}

// tickJournal starts a rewrite that was scheduled, that growth asks for, or that the journal
// needs to be whole again.
func (s *Service) tickJournal() {
	on := s.cfg.Appendonly.Load()
	s.mu.Lock()
	defer s.mu.Unlock()
	j := &s.journal
	now := s.nowMs()
	switch {
	case s.closed || s.save != nil || j.rewriting != nil || now < j.retryMs:
	case j.scheduled, on && j.log == nil, errors.Is(j.err, aof.ErrSync):
		s.startRewriteLocked()
	case j.log != nil:
		percent := s.cfg.AutoAOFRewritePercentage.Load()
		size := j.oldSize + j.log.Figures().Size
		if percent > 0 && size > s.cfg.AutoAOFRewriteMinSize.Load() && (size-j.baseSize)*100/max(j.baseSize, 1) >= percent {
			s.log.Info("the journal has grown", "bytes", size, "before", j.baseSize)
			s.startRewriteLocked()
		}
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

// openJournal opens the journal at start, when the data is loaded, and writes its base where it
// has none.
func (s *Service) openJournal() error {
	dir, name := s.journalDir(), s.journalName()
	m, err := s.readManifest()
	if err != nil {
		return err
	}
	if m.Base == nil && len(m.Incr) == 0 {
		v := &save{startMs: s.nowMs(), stop: make(chan struct{})}
		if err := s.rewriteFiles(v, true); err != nil {
			return err
		}
		return nil
	}
	fresh := len(m.Incr) == 0
	if fresh {
		seq := m.NextIncr()
		m.Incr = append(m.Incr, aof.File{Name: aof.IncrName(name, seq), Seq: seq})
	}
	last := m.Incr[len(m.Incr)-1]
	f, err := s.disk.Open(filepath.Join(dir, last.Name), os.O_WRONLY|os.O_CREATE|os.O_APPEND)
	if err != nil {
		return err
	}
	// A file that the manifest names must be there.
	if err := s.disk.SyncDir(dir); err != nil {
		return err
	}
	if fresh {
		if err := m.Write(s.disk, dir, name); err != nil {
			return err
		}
	}
	if err := m.RemoveHistory(s.disk, dir, name); err != nil {
		return err
	}
	fi, err := os.Stat(f.Name())
	if err != nil {
		return err
	}
	log := s.openLog(f, fi.Size())
	s.swap(nil, log)
	s.mu.Lock()
	defer s.mu.Unlock()
	j := &s.journal
	files := m.Incr[:len(m.Incr)-1]
	if m.Base != nil {
		files = append(files[:len(files):len(files)], *m.Base)
	}
	j.oldSize = 0
	for _, x := range files {
		if fi, err := os.Stat(filepath.Join(dir, x.Name)); err == nil {
			j.oldSize += fi.Size()
		}
	}
	j.baseSize = j.oldSize + fi.Size()
	j.log = log
	s.o.Durable(0, s.policy() != aof.Always)
	return nil
}

// loadJournal loads what the files of the journal hold. tx is nil, or holds all shards. An error
// that is os.ErrNotExist says that there is no journal.
func (s *Service) loadJournal(tx *keyspace.Tx) (n loadCounts, commands int64, err error) {
	dir, name := s.journalDir(), s.journalName()
	m, err := aof.ReadManifest(dir, name)
	if errors.Is(err, os.ErrNotExist) {
		m, err = s.adoptOldFile(dir, name)
	} else if err == nil {
		err = s.finishAdopting(m, dir, name)
	}
	if err != nil {
		return n, 0, err
	}
	files := m.Incr
	if m.Base != nil {
		files = append([]aof.File{*m.Base}, files...)
	}
	total, sizes := int64(0), make([]int64, len(files))
	for i, f := range files {
		if fi, err := os.Stat(filepath.Join(dir, f.Name)); err == nil {
			sizes[i] = fi.Size()
			total += fi.Size()
		} else {
			return n, 0, fmt.Errorf("%s, which the manifest names, is not there: %v", f.Name, errors.Unwrap(err))
		}
	}
	s.load.total.Store(total)
	run := s.o.Replay(tx)
	before := int64(0)
	for i, f := range files {
		k, size, err := s.loadJournalFile(filepath.Join(dir, f.Name), before+sizes[i] == total, before, tx, run, &n)
		commands += k
		before += size
		if err != nil {
			return n, commands, fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return n, commands, nil
}

// adoptOldFile makes the single file that servers had before Redis 7 the base of a journal. The
// manifest that names it is written first: a crash leaves the file for finishAdopting.
func (s *Service) adoptOldFile(dir, name string) (*aof.Manifest, error) {
	old := s.path(name)
	if _, err := os.Stat(old); err != nil {
		return nil, err
	}
	if err := s.makeDir(dir); err != nil {
		return nil, err
	}
	m := &aof.Manifest{Base: &aof.File{Name: name, Seq: 1}}
	if err := m.Write(s.disk, dir, name); err != nil {
		return nil, err
	}
	s.log.Info("the journal of an older server is taken over", "file", old)
	return m, s.finishAdopting(m, dir, name)
}

// finishAdopting brings the file of an older server to its place, where it is not there yet.
func (s *Service) finishAdopting(m *aof.Manifest, dir, name string) error {
	if m.Base == nil || m.Base.Name != name || len(m.Incr) > 0 {
		return nil
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := s.disk.Rename(s.path(name), path); err != nil {
		return err
	}
	if err := s.disk.SyncDir(dir); err != nil {
		return err
	}
	return s.disk.SyncDir(filepath.Dir(s.path(name)))
}

// makeDir makes a folder, and forces its name to disk: what is in a folder without a name is lost.
func (s *Service) makeDir(dir string) error {
	if err := s.disk.Mkdir(dir); err != nil {
		return err
	}
	return s.disk.SyncDir(filepath.Dir(dir))
}

// loadJournalFile loads one file, before which so many bytes have been loaded. last says that
// nothing stands in the files behind it.
func (s *Service) loadJournalFile(path string, last bool, before int64, tx *keyspace.Tx, run func(int, [][]byte) error, n *loadCounts) (commands, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil {
		return 0, 0, err
	}
	var r io.Reader = f
	var word [5]byte
	k, _ := io.ReadFull(f, word[:])
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return 0, 0, err
	}
	start := int64(0)
	if string(word[:k]) == "REDIS" || string(word[:k]) == "VALKE" {
		rest, end, counts, err := s.loadRDB(f, tx, false, false)
		n.loaded += counts.loaded
		n.empty += counts.empty
		if err != nil {
			return 0, 0, err
		}
		r, start = rest, end
	}
	x := aof.NewReader(r, start)
	for {
		c, err := x.Next()
		if err == io.EOF {
			return commands, fi.Size(), nil
		}
		if err == nil {
			if err = run(c.DB, c.Argv); err != nil {
				return commands, 0, fmt.Errorf("at byte %d: %w", x.Good(), err)
			}
			if commands++; commands%256 == 0 {
				s.load.loaded.Store(before + x.Good())
			}
			s.delayLoad(commands)
			continue
		}
		cut := fi.Size() - x.Good()
		allowed := errors.Is(err, aof.ErrTruncated) && s.cfg.AOFLoadTruncated.Load() ||
			errors.Is(err, aof.ErrFormat) && cut <= s.cfg.AOFLoadCorruptTailMaxSize.Load()
		if !last || !allowed {
			return commands, 0, err
		}
		s.log.Warn("the end of the journal is cut off", "file", path, "error", err, "bytes", cut, "left", x.Good())
		if err := s.truncate(path, x.Good()); err != nil {
			return commands, 0, err
		}
		return commands, x.Good(), nil
	}
}

// truncate cuts a file, and forces that to disk.
func (s *Service) truncate(path string, size int64) error {
	f, err := s.disk.Open(path, os.O_WRONLY)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Truncate(size); err != nil {
		return err
	}
	return f.Sync()
}

// delayLoad waits as key-load-delay says, for tests.
func (s *Service) delayLoad(n int64) {
	if us := s.cfg.KeyLoadDelay.Load(); us > 0 {
		time.Sleep(time.Duration(us) * time.Microsecond)
	} else if us < 0 && n%-us == 0 {
		time.Sleep(time.Microsecond)
	}
}

// ReloadJournal forces the journal to disk and loads it again, while nothing else happens.
func (s *Service) ReloadJournal() error {
	if s == nil {
		return ErrNoFiles
	}
	return s.alone(func(_ *save, tx *keyspace.Tx) error {
		s.mu.Lock()
		l := s.journal.log
		s.mu.Unlock()
		if l != nil {
			if err := l.Flush(); err != nil {
				return err
			}
		}
		s.flushAll(tx)
		_, _, err := s.loadJournal(tx)
		return err
	})
}

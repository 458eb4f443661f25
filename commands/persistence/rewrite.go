package persistence

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/medleydb/medley/keyspace"
	"github.com/medleydb/medley/keyspace/aof"
)

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
	if err == nil {
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

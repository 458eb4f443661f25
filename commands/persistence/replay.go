package persistence

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/medleydb/medley/keyspace"
	"github.com/medleydb/medley/keyspace/aof"
)

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

package persistence

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"sync/atomic"
	"time"

	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/hash"
	"github.com/medleydb/medley/datatypes/set"
	"github.com/medleydb/medley/datatypes/zset"
	"github.com/medleydb/medley/keyspace"
	"github.com/medleydb/medley/keyspace/rdb"
)

// loadState is how far loading has come.
type loadState struct {
	startMs, total atomic.Int64
	loaded         atomic.Int64 // bytes
}

// Load loads the data that the files hold, and returns when all is there. Until then Loading
// answers true from the moment of BeginLoad on.
func (s *Service) Load() error {
	s.BeginLoad()
	defer s.loading.Store(false)
	start := time.Now()
	n, from, err := s.loadAll()
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.figures.keysLoaded, s.figures.keysExpired = n.loaded, n.expired
	s.figures.dirtyAtSave = s.store.Counters().Dirty
	s.mu.Unlock()
	if from != "" {
		s.log.Info("the data is loaded", "from", from, "keys", n.loaded, "expired", n.expired, "seconds", time.Since(start).Seconds())
	}
	if s.cfg.Appendonly.Load() {
		return s.openJournal()
	}
	return nil
}

// loadAll loads the journal where it is on, and else, or where there is none yet, the snapshot.
func (s *Service) loadAll() (n loadCounts, from string, err error) {
	if s.cfg.Appendonly.Load() {
		n, commands, err := s.loadJournal(nil)
		if err == nil {
			s.log.Info("the journal is loaded", "commands", commands)
		}
		if !errors.Is(err, os.ErrNotExist) {
			return n, s.journalDir(), err
		}
	}
	path := s.path(s.cfg.Dbfilename.Load())
	n, err = s.loadFile(path, nil, false)
	if errors.Is(err, os.ErrNotExist) {
		return n, "", nil
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return n, path, err
}

// BeginLoad makes Loading answer true, for a server that answers clients before it calls Load.
func (s *Service) BeginLoad() {
	s.load.startMs.Store(s.nowMs())
	s.loading.Store(true)
}

// loadCounts are keys of a file.
type loadCounts struct{ loaded, expired, empty int64 }

// loadFile loads an RDB file. tx is nil or a transaction that holds all shards. With merge,
// libraries of the file take the place of those that are there.
func (s *Service) loadFile(path string, tx *keyspace.Tx, merge bool) (n loadCounts, err error) {
	f, err := os.Open(path)
	if err != nil {
		return n, err
	}
	defer f.Close()
	if fi, err := f.Stat(); err == nil {
		s.load.total.Store(fi.Size())
	}
	_, _, n, err = s.loadRDB(f, tx, true, merge)
	return n, err
}

// loadRDB loads what r begins with, and returns the rest of r and where it stands. With drop, keys
// whose time has passed are left out.
func (s *Service) loadRDB(r io.Reader, tx *keyspace.Tx, drop, merge bool) (rest io.Reader, at int64, n loadCounts, err error) {
	file, err := rdb.NewReader(r, rdb.Lenient{Version: s.cfg.RDBVersionCheck.Load() == config.RDBVersionRelaxed, Checksum: !s.cfg.Rdbchecksum.Load()})
	if err != nil {
		return nil, 0, n, err
	}
	l := loader{s: s, file: file, tx: tx, held: tx != nil, drop: drop, merge: merge, now: s.nowMs(), lfu: s.store.AccessPolicy().LFU}
	if tx == nil {
		l.tx = s.store.NewTx()
	}
	err = l.run()
	if l.n.empty > 0 {
		s.log.Warn("keys with empty values were left out", "keys", l.n.empty)
	}
	if err != nil {
		return nil, 0, l.n, err
	}
	return file.Rest(), file.Offset(), l.n, nil
}

// A loader puts the keys of a file into the store.
type loader struct {
	s          *Service
	file       *rdb.Reader
	tx         *keyspace.Tx
	held, drop bool
	merge, lfu bool
	now        int64
	n          loadCounts
}

func (l *loader) run() error {
	for {
		item, err := l.file.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch item.Op {
		case rdb.OpKey:
			if err := l.key(&item); err != nil {
				return err
			}
		case rdb.OpFunction:
			if err := l.s.libraries.LoadSource(item.Value, l.merge); err != nil {
				return fmt.Errorf("a library of functions: %w", err)
			}
		case rdb.OpModule:
			l.s.log.Warn("something of a module was left out", "module", item.Name, "key", string(item.Key))
		}
	}
}

func (l *loader) key(item *rdb.Item) error {
	if item.DB >= l.s.store.Databases() {
		return fmt.Errorf("the file has a database %d, and the server only %d: see the setting databases", item.DB, l.s.store.Databases())
	}
	if ms := item.Meta.ExpiryMs; l.drop && ms != 0 && ms <= l.now {
		l.n.expired++
		return nil // Next passes over it
	}
	tx := l.tx
	tx.Begin(l.now)
	tx.DB = item.DB
	if !l.held {
		tx.LockKey(l.s.store.ShardOf(item.Key))
		defer tx.End()
	}
	v := tx.Fill(item.Key, item.Kind, item.Meta.ExpiryMs)
	err := l.file.Load(v)
	if err == nil && l.drop && !reap(v) {
		l.n.expired++
		tx.Abort()
		return nil
	}
	if err != nil {
		tx.Abort()
		if errors.Is(err, rdb.ErrEmpty) {
			l.n.empty++
			return nil
		}
		return err
	}
	tx.Commit(nil)
	if m := item.Meta; m.IdleSec > 0 && !l.lfu || m.Freq > 0 && l.lfu {
		tx.SetAccess(item.Key, m.IdleSec, m.Freq)
	}
	if l.n.loaded++; l.n.loaded%64 == 0 {
		l.s.load.loaded.Store(l.file.Offset())
	}
	l.s.delayLoad(l.n.loaded)
	return nil
}

// reap takes members whose time has passed out of a value, and reports whether any is left.
func reap(v *datatypes.Value) bool {
	if v.DueMs == 0 || v.DueMs > v.Env.NowMs {
		return true
	}
	none := func([]byte) {}
	switch v.Kind {
	case datatypes.Hash:
		hash.Hash{}.Of(v).Reap(math.MaxInt, none)
	case datatypes.Set:
		set.Set{}.Of(v).Reap(math.MaxInt, none)
	case datatypes.ZSet:
		zset.ZSet{}.Of(v).Reap(math.MaxInt, none)
	}
	return !v.Empty
}

// ReloadOptions are those of DEBUG RELOAD.
type ReloadOptions struct {
	NoSave  bool // the file is taken as it is
	NoFlush bool // what is there stays
	Merge   bool // libraries of functions that are there are replaced, as keys are
}

// Reload writes the data to the file and loads it again, while nothing else happens. Where
// loading fails the data is what had been loaded.
func (s *Service) Reload(o ReloadOptions) error {
	if s == nil {
		return ErrNoFiles
	}
	return s.alone(func(v *save, tx *keyspace.Tx) error {
		path := s.path(s.cfg.Dbfilename.Load())
		if !o.NoSave {
			if err := s.writeFile(path, s.cfg.RDBSaveIncrementalFsync.Load(), func(w io.Writer) error { return s.writeHeld(w, v, tx) }); err != nil {
				return err
			}
		}
		if !o.NoFlush {
			s.flushAll(tx)
		}
		_, err := s.loadFile(path, tx, o.Merge)
		s.mu.Lock()
		s.journal.scheduled = s.journal.log != nil // which is not what was loaded
		s.mu.Unlock()
		return err
	})
}

// flushAll removes all data; tx holds all shards.
func (s *Service) flushAll(tx *keyspace.Tx) {
	for db := range s.store.Databases() {
		tx.DB = db
		tx.Flush()
	}
	tx.Commit(nil)
	s.libraries.Clear()
}

// alone runs fn while nothing else happens, with a transaction that holds all shards.
func (s *Service) alone(fn func(v *save, tx *keyspace.Tx) error) error {
	v, err := s.beginAlone()
	if err != nil {
		return err
	}
	defer s.end(v)
	tx := s.store.NewTx()
	tx.Begin(s.nowMs())
	tx.LockAll()
	defer tx.End()
	return fn(v, tx)
}

// beginAlone is begin for what happens while nothing else does: a snapshot that is being
// written in the background is cancelled.
func (s *Service) beginAlone() (*save, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.save != nil && s.save.background {
		s.save.cancel()
	}
	if v := s.journal.rewriting; v != nil {
		v.cancel()
	}
	s.waitIdle()
	if s.closed {
		return nil, ErrNoFiles
	}
	v := &save{startMs: s.nowMs(), stop: make(chan struct{})}
	s.save = v
	return v, nil
}

func (s *Service) end(v *save) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.save = nil
	s.idle.Broadcast()
}

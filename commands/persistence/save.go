package persistence

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/keyspace"
	"github.com/medleydb/medley/keyspace/disk"
	"github.com/medleydb/medley/keyspace/rdb"
)

// retrySec is how long after a snapshot that failed no save point starts another one.
const retrySec = 5

// A save is a snapshot that is being written.
type save struct {
	background bool
	startMs    int64
	written    atomic.Int64 // keys
	total      atomic.Int64
	stop       chan struct{}
	once       sync.Once
}

func (v *save) cancel() { v.once.Do(func() { close(v.stop) }) }

// begin makes a save the one that runs.
func (s *Service) begin(background bool) (*save, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return nil, ErrNoFiles
	case s.save != nil:
		return nil, ErrSaving
	}
	v := &save{background: background, startMs: s.nowMs(), stop: make(chan struct{})}
	s.save, s.scheduled = v, false
	s.figures.lastTryMs = v.startMs
	s.relax()
	return v, nil
}

// SaveNow writes a snapshot and returns when it is on disk. Error: ErrSaving, and those of files.
func (s *Service) SaveNow() error {
	if s == nil {
		return ErrNoFiles
	}
	v, err := s.begin(false)
	if err != nil {
		return err
	}
	return s.run(v)
}

// Save starts to write a snapshot in the background. While the journal is being rewritten, it
// is written behind that with schedule, else the error is ErrBusy. Error: ErrSaving.
func (s *Service) Save(schedule bool) (scheduled bool, err error) {
	if s == nil {
		return false, ErrNoFiles
	}
	s.mu.Lock()
	if s.journal.rewriting != nil && s.save == nil {
		defer s.mu.Unlock()
		if s.scheduled = s.scheduled || schedule; schedule {
			return true, nil
		}
		return false, ErrBusy
	}
	s.mu.Unlock()
	v, err := s.begin(true)
	if err == nil {
		go s.run(v)
	}
	return false, err
}

// Emptied is told that all data was removed on purpose: where there are save points, a snapshot of
// that takes the place of the file at once, and of one that is being written. All shards are held.
func (s *Service) Emptied() {
	if s == nil || s.Loading() || len(s.cfg.Save.Load()) == 0 {
		return
	}
	s.mu.Lock()
	if s.save != nil && s.save.background {
		s.save.cancel()
	}
	s.scheduled = true
	s.mu.Unlock()
	if v, err := s.begin(true); err == nil { // else the next tick starts it
		go s.run(v)
	}
}

// CancelSave ends the snapshot that is being written, or forgets the scheduled one. Error:
// ErrIdle.
func (s *Service) CancelSave() (scheduled bool, err error) {
	if s == nil {
		return false, ErrIdle
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.save != nil && s.save.background:
		s.save.cancel()
		return false, nil
	case s.scheduled:
		s.scheduled = false
		return true, nil
	}
	return false, ErrIdle
}

// run writes the snapshot to its file.
func (s *Service) run(v *save) error {
	path := s.path(s.cfg.Dbfilename.Load())
	var dirty int64
	err := s.writeFile(path, s.cfg.RDBSaveIncrementalFsync.Load(), func(w io.Writer) (err error) {
		dirty, err = s.writeSnapshot(w, v, false, nil)
		return err
	})
	now := s.nowMs()
	s.mu.Lock()
	defer s.mu.Unlock()
	f := &s.figures
	switch {
	case err == nil:
		f.saves++
		f.lastSaveMs, f.dirtyAtSave, f.lastFailed = now, dirty, false
		f.lastSaveKeys = v.total.Load()
		s.log.Info("the data is saved", "file", path, "keys", v.total.Load(), "ms", now-v.startMs)
	case errors.Is(err, keyspace.ErrStopped):
		s.log.Warn("the saving of the data was cancelled")
	default:
		f.lastFailed = v.background || f.lastFailed
		s.log.Error("the data could not be saved", "file", path, "error", err)
	}
	if v.background {
		f.lastTookSec = (now - v.startMs) / 1000
	}
	s.save = nil
	s.relax()
	s.decideLocked()
	s.idle.Broadcast()
	return err
}

// rdbOptions returns how files are written.
func (s *Service) rdbOptions() rdb.Options {
	return rdb.Options{Version: s.cfg.RDBVersion.Load().Number(), Compress: s.cfg.Rdbcompression.Load(), NoChecksum: !s.cfg.Rdbchecksum.Load()}
}

var tempNumber atomic.Int64

// writeFile writes a file, whole or not at all. With steps what is written is forced to disk a few
// megabytes at a time, so that no flood of them holds up what others force.
func (s *Service) writeFile(path string, steps bool, write func(io.Writer) error) (err error) {
	temp := filepath.Join(filepath.Dir(path), fmt.Sprintf("temp-%d-%d.rdb", os.Getpid(), tempNumber.Add(1)))
	f, err := s.disk.Open(temp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			s.disk.Remove(temp)
		}
	}()
	var w io.Writer = f
	if steps {
		w = &stepWriter{file: f}
	}
	if err = write(w); err != nil {
		return err
	}
	if err = f.Sync(); err != nil {
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	if err = s.disk.Rename(temp, path); err != nil {
		return err
	}
	return s.disk.SyncDir(filepath.Dir(path))
}

// A stepWriter forces a file to disk each time that it has grown by stepBytes.
type stepWriter struct {
	file disk.File
	n    int
}

const stepBytes = 4 << 20

func (w *stepWriter) Write(b []byte) (int, error) {
	n, err := w.file.Write(b)
	if w.n += n; w.n >= stepBytes && err == nil {
		w.n = 0
		err = w.file.SyncData()
	}
	return n, err
}

// A snapshotWriter writes a snapshot as a file.
type snapshotWriter struct {
	*rdb.Writer
	s         *Service
	v         *save
	base      bool
	policy    keyspace.AccessPolicy
	idle      bool // idle times are written
	freq      bool // counters are
	figures   keyspace.SnapshotFigures
	libraries []string // sources, of the snapshot's moment
	headed    bool
	nowMs     int64
}

// Snapshot writes the data of one moment, at which cut is called with all shards held, to w, in a
// version of the RDB format.
func (s *Service) Snapshot(w io.Writer, version int, cut func()) error {
	o := s.rdbOptions()
	o.Version = version
	_, err := s.writeSnapshotAs(w, &save{startMs: s.nowMs(), stop: make(chan struct{})}, false, cut, o)
	return err
}

func (s *Service) newSnapshotWriter(w io.Writer, v *save, base bool, o rdb.Options) (*snapshotWriter, error) {
	file, err := rdb.NewWriter(w, o)
	if err != nil {
		return nil, err
	}
	x := &snapshotWriter{Writer: file, s: s, v: v, base: base, policy: s.store.AccessPolicy(), nowMs: s.nowMs()}
	p := s.cfg.MaxmemoryPolicy.Load()
	x.idle, x.freq = p == config.AllkeysLRU || p == config.VolatileLRU, x.policy.LFU
	return x, nil
}

// writeSnapshot writes a snapshot to w, and returns what Stats.Dirty was at its moment, at
// which cut is called. base says that the file is the base of a journal.
func (s *Service) writeSnapshot(w io.Writer, v *save, base bool, cut func()) (dirty int64, err error) {
	return s.writeSnapshotAs(w, v, base, cut, s.rdbOptions())
}

func (s *Service) writeSnapshotAs(w io.Writer, v *save, base bool, cut func(), o rdb.Options) (dirty int64, err error) {
	x, err := s.newSnapshotWriter(w, v, base, o)
	if err != nil {
		return 0, err
	}
	e := rdb.NewEncoder(o)
	err = s.store.Snapshot(keyspace.SnapshotOptions{
		Cut: func(f keyspace.SnapshotFigures) {
			x.figures, x.libraries = f, s.libraries.Sources()
			if cut != nil {
				cut()
			}
		},
		Encode: func(b []byte, it keyspace.Item) []byte {
			return e.Key(b, it.DB, it.Key, it.Value, x.meta(&it))
		},
		Write: func(chunk []byte, keys int) error {
			x.head()
			if err := x.pause(keys); err != nil {
				return err
			}
			return x.Encoded(chunk)
		},
		Object: func(it keyspace.Item) error {
			x.head()
			if err := x.pause(1); err != nil {
				return err
			}
			return x.Key(it.DB, it.Key, it.Value, x.meta(&it))
		},
		Stop: v.stop,
	})
	if err != nil {
		return 0, err
	}
	x.head()
	return x.figures.Dirty, x.Close()
}

// writeHeld writes the data of a transaction that holds all shards.
func (s *Service) writeHeld(w io.Writer, v *save, tx *keyspace.Tx) error {
	x, err := s.newSnapshotWriter(w, v, false, s.rdbOptions())
	if err != nil {
		return err
	}
	x.figures, x.libraries = tx.Figures(), s.libraries.Sources()
	x.head()
	err = tx.Items(func(it keyspace.Item) error { return x.Key(it.DB, it.Key, it.Value, x.meta(&it)) })
	if err != nil {
		return err
	}
	return x.Close()
}

func (x *snapshotWriter) meta(it *keyspace.Item) rdb.Meta {
	m := rdb.Meta{ExpiryMs: it.ExpiryMs}
	if x.idle || x.freq {
		m.IdleSec, m.Freq = it.Access(x.policy, x.nowMs)
	}
	return m
}

// head writes what stands before the keys.
func (x *snapshotWriter) head() {
	if x.headed {
		return
	}
	x.headed = true
	x.Aux("redis-ver", x.s.version)
	x.Aux("redis-bits", strconv.Itoa(strconv.IntSize))
	x.Aux("ctime", strconv.FormatInt(x.nowMs/1000, 10))
	x.Aux("used-mem", strconv.FormatInt(x.s.store.Used(), 10))
	base := "0"
	if x.base {
		base = "1"
	}
	x.Aux("aof-base", base)
	for _, source := range x.libraries {
		x.Function([]byte(source))
	}
	total := 0
	for db, f := range x.figures.Databases {
		if f.Keys > 0 {
			x.Database(db, f.Keys, f.Expires)
			total += f.Keys
		}
	}
	x.v.total.Store(int64(total))
}

// pause counts keys that are written, and waits as rdb-key-save-delay says, for tests.
func (x *snapshotWriter) pause(keys int) error {
	x.v.written.Add(int64(keys))
	us := x.s.cfg.RDBKeySaveDelay.Load()
	if us == 0 {
		return nil
	}
	d := time.Duration(us) * time.Microsecond * time.Duration(keys)
	if us < 0 {
		d = time.Microsecond * time.Duration(int64(keys)/-us)
	}
	select {
	case <-time.After(d):
		return nil
	case <-x.v.stop:
		return keyspace.ErrStopped
	}
}

// tickSaves starts a snapshot that was scheduled, or that a save point asks for.
func (s *Service) tickSaves() {
	points := s.cfg.Save.Load()
	s.mu.Lock()
	busy, scheduled, f := s.save != nil || s.journal.rewriting != nil || s.closed, s.scheduled, s.figures
	s.mu.Unlock()
	if busy || !scheduled && len(points) == 0 {
		return
	}
	now := s.nowMs()
	start := scheduled
	if !start && (!f.lastFailed || now-f.lastTryMs > retrySec*1000) {
		changes := s.store.Counters().Dirty - f.dirtyAtSave
		for _, p := range points {
			if changes >= p.Changes && now-f.lastSaveMs > p.Seconds*1000 {
				s.log.Info("a save point is reached", "changes", changes, "seconds", p.Seconds)
				start = true
				break
			}
		}
	}
	if start {
		if v, err := s.begin(true); err == nil {
			go s.run(v)
		}
	}
}

package aof

import (
	"errors"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/medleydb/medley/keyspace"
	"github.com/medleydb/medley/keyspace/disk"
)

// A Policy says when a log is forced to disk.
type Policy int32

// The policies.
const (
	EverySecond Policy = iota
	Always
	Never // the system does when it likes
)

// A Log is the end of a journal that grows: it takes effects and writes them to the last file.
//
// Append, which is called under the locks of a transaction, only adds to a buffer in memory. One
// goroutine takes the buffer, whatever has come together in it, and writes it; with the policy
// Always it forces it to disk before it takes the next, so that all who wait share one
// fsync. It begins when somebody is about to wait (Push), not with the first that is appended: an
// event loop appends what many clients have sent, and asks once. What nobody asks for is written
// within a second. With EverySecond another goroutine forces it to disk, so that a slow disk does
// not hold back the writing. Nobody waits here for a disk but who asks to (Room).
//
// Offsets count the bytes that were appended since the Log was opened. Synced is how far the disk
// has them for certain.
type Log struct {
	o Options

	mu       sync.Mutex
	work     sync.Cond // something is due, or may be
	progress sync.Cond // something has been written, or could not be
	policy   Policy
	buf      []byte
	spare    []byte
	longest  int       // buffer that was written in this second
	sealed   []segment // of files before the last
	whole    disk.File // what stands in files before this one is not needed any more
	file     disk.File
	size     int64 // of the last file, once all is written
	db       int   // that the last file has chosen; -1 at its beginning
	second   int64 // of the last note of the time
	multi    bool
	appended int64
	written  int64
	synced   int64
	failed   error // of the last attempt
	broken   error // an fsync has failed: what the disk has is not known
	waiters  []waiter
	entries  int           // that were appended since the buffer was taken
	group    int           // that the last fsync was for
	took     time.Duration // of the last fsync
	asked    bool          // with Always: that what has been appended be written
	writing  bool          // without mu
	closing  bool
	closed   chan struct{} // once it is closing
	delayed  int64         // times that an fsync took longer than a second

	full atomic.Bool // the buffer is longer than Options.Limit
	done sync.WaitGroup
}

type segment struct {
	buf  []byte
	file disk.File
	last bool // the file is closed behind it
	moot bool // the file is not needed any more, and only closed
	idle bool // nothing has been written to the file yet, and nothing is
}

type waiter struct {
	offset int64
	fn     func()
}

// Options configure a Log.
type Options struct {
	Policy Policy
	// Times makes the log note the time, in Unix milliseconds as NowMs tells it.
	Times bool
	NowMs func() int64
	// Synced is told how far the disk has the log, by the log's goroutine.
	Synced func(offset int64)
	// State is told when writing fails, nil when it succeeds again. After ErrSync it does not
	// succeed any more: the journal must be written anew (Cut, Repaired).
	State func(error)
	// Start is the offset at which the log begins.
	Start int64
	// Limit is how many bytes may wait before Room waits; default 64 MiB.
	Limit int
}

// ErrSync: the disk has refused an fsync, after which nobody knows what it has.
var ErrSync = errors.New("aof: fsync failed")

const retryAfter = 200 * time.Millisecond // of a write that failed

// Open returns a Log that goes on at the end of a file, which it owns; size is the file's.
func Open(file disk.File, size int64, o Options) *Log {
	if o.Limit == 0 {
		o.Limit = 64 << 20
	}
	l := &Log{o: o, policy: o.Policy, file: file, size: size, db: -1, closed: make(chan struct{}), appended: o.Start, written: o.Start, synced: o.Start}
	l.work.L, l.progress.L = &l.mu, &l.mu
	l.done.Add(2)
	go l.write()
	go l.syncEverySecond()
	return l
}

// Append implements keyspace.Journal.
func (l *Log) Append(batch []keyspace.Effect) int64 {
	l.mu.Lock()
	n := l.appendLocked(batch)
	l.mu.Unlock()
	return n
}

// appendLocked is Append; mu is held.
func (l *Log) appendLocked(batch []keyspace.Effect) int64 {
	before := len(l.buf)
	if l.o.Times {
		if sec := l.o.NowMs() / 1000; sec != l.second {
			l.second = sec
			l.buf = append(strconv.AppendInt(append(l.buf, "#TS:"...), sec, 10), '\r', '\n')
		}
	}
	// MULTI stands before the first SELECT, which is undone with it where EXEC is missing.
	if len(batch) > 1 {
		l.buf = append(l.buf, "*1\r\n$5\r\nMULTI\r\n"...)
	}
	for i := range batch {
		if e := &batch[i]; e.DB != l.db {
			l.db = e.DB
			var digits [20]byte
			l.buf = AppendCommand(l.buf, [][]byte{[]byte("SELECT"), strconv.AppendInt(digits[:0], int64(e.DB), 10)})
		}
		l.buf = AppendCommand(l.buf, batch[i].Args)
	}
	if len(batch) > 1 {
		l.buf = append(l.buf, "*1\r\n$4\r\nEXEC\r\n"...)
	}
	l.entries++
	n := int64(len(l.buf) - before)
	l.appended += n
	l.size += n
	if len(l.buf) > l.o.Limit {
		l.full.Store(true)
		l.ask()
	}
	if before == 0 && l.policy != Always {
		l.work.Signal()
	}
	return l.appended
}

// Push is told that somebody waits for what has been appended.
func (l *Log) Push() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ask()
}

// Commit is Push for who can spare the time that the disk takes: unless the log's goroutine is at
// it, the caller writes, which saves that another thread is woken, and this one then.
func (l *Log) Commit() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.policy != Always || l.writing || l.failed != nil || l.closing || len(l.buf) == 0 {
		l.ask()
		return
	}
	if l.flush(); l.due() {
		l.work.Signal()
	}
}

// ask is Push; mu is held.
func (l *Log) ask() {
	if !l.asked && len(l.buf) > 0 {
		l.asked = true
		l.work.Signal()
	}
}

// Crowded reports whether the buffer is longer than the limit.
func (l *Log) Crowded() bool { return l.full.Load() }

// Room waits until the buffer is not longer than the limit, or writing fails: who is about to
// change much calls it while it holds no lock.
func (l *Log) Room() {
	if !l.full.Load() {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.full.Load() && l.failed == nil && !l.closing {
		l.progress.Wait()
	}
}

// Cut makes what is appended from now on go to another file, which is empty and which the log
// owns. No effect may be appended meanwhile.
func (l *Log) Cut(file disk.File) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sealed = append(l.sealed, segment{buf: l.buf, file: l.file, last: true})
	l.buf, l.file, l.size, l.db, l.second = nil, file, 0, -1, 0
	l.work.Signal()
}

// Repaired is told that what was appended up to the last Cut, at an offset, is on disk in another
// way: in a base. What could not be written of it need not be any more.
func (l *Log) Repaired(offset int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.whole = l.file
	l.forget(l.sealed)
	l.written = max(l.written, offset)
	if l.broken != nil || l.failed != nil {
		l.broken = nil
		l.tell(nil)
	}
	l.reach(offset)
	l.work.Signal()
	l.progress.Broadcast()
}

// SetPolicy changes the policy.
func (l *Log) SetPolicy(p Policy) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.policy = p
	l.ask()
	l.work.Signal()
}

// Appended returns how many bytes were appended.
func (l *Log) Appended() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.appended
}

// Figures are what there is to tell of a log, in bytes.
type Figures struct {
	Size     int64 // of the last file, with what waits
	Buffered int64
	Unsynced bool
	Delayed  int64
	Err      error
}

// Figures returns the present figures.
func (l *Log) Figures() Figures {
	l.mu.Lock()
	defer l.mu.Unlock()
	return Figures{Size: l.size, Buffered: l.appended - l.written, Unsynced: l.synced < l.written, Delayed: l.delayed, Err: l.failed}
}

// WhenSynced calls fn once the disk has the log up to the offset, at once when it has already. fn
// must not block.
func (l *Log) WhenSynced(offset int64, fn func()) {
	l.mu.Lock()
	if offset > l.synced {
		l.waiters = append(l.waiters, waiter{offset, fn})
		l.ask()
		l.mu.Unlock()
		return
	}
	l.mu.Unlock()
	fn()
}

// Close writes what there is, forces it to disk whatever the policy, and closes the file.
func (l *Log) Close() error {
	l.mu.Lock()
	l.closing = true
	close(l.closed)
	l.work.Signal()
	l.progress.Broadcast()
	l.mu.Unlock()
	l.done.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.failed
	if err == nil && l.synced < l.appended {
		if err = l.file.SyncData(); err == nil {
			l.reach(l.appended)
		}
	}
	if end := l.file.Close(); err == nil {
		err = end
	}
	return err
}

// Flush returns when all that was appended before is on disk.
func (l *Log) Flush() error {
	l.mu.Lock()
	target := l.appended
	l.ask()
	for l.written < target && l.failed == nil {
		l.progress.Wait()
	}
	file, err := l.file, l.failed
	l.mu.Unlock()
	if err == nil {
		err = file.SyncData()
	}
	return err
}

// reach notes how far the disk has the log; mu is held.
func (l *Log) reach(offset int64) {
	if offset <= l.synced || l.broken != nil {
		return
	}
	l.synced = offset
	rest := l.waiters[:0]
	for _, w := range l.waiters {
		if w.offset <= offset {
			w.fn()
		} else {
			rest = append(rest, w)
		}
	}
	clear(l.waiters[len(rest):])
	l.waiters = rest
	if l.o.Synced != nil {
		l.o.Synced(offset)
	}
}

// tell notes whether the last attempt has failed; mu is held.
func (l *Log) tell(err error) {
	if err == nil && l.broken != nil {
		err = l.broken
	}
	was := l.failed
	l.failed = err
	if (was == nil) != (err == nil) || err != nil && was.Error() != err.Error() {
		if l.o.State != nil {
			l.o.State(err)
		}
	}
}

// write writes what has been appended, until the log is closed.
func (l *Log) write() {
	defer l.done.Done()
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		for l.writing || !l.due() {
			l.work.Wait()
		}
		if len(l.buf) == 0 && len(l.sealed) == 0 && l.closing {
			return
		}
		l.gather()
		if l.writing || !l.due() { // Commit has been quicker
			continue
		}
		if !l.flush() {
			if l.closing {
				return
			}
			l.sleep(retryAfter)
			continue
		}
		// Where nobody waits for the disk, what comes within a moment is written at once: a write for
		// each batch of commands takes as much as they do. The goroutine looks for it itself, since an
		// event loop that has to wake it makes a system call each time.
		if l.policy != Always && !l.closing && len(l.buf) < restBytes {
			l.sleep(restFor)
		}
	}
}

// sleep sleeps without mu, which is held.
func (l *Log) sleep(d time.Duration) {
	l.mu.Unlock()
	time.Sleep(d)
	l.mu.Lock()
}

// flush writes what there is and tells those who wait; false where it is to be tried again. mu is
// held, but not while it writes.
func (l *Log) flush() bool {
	l.asked, l.writing = false, true
	batch := append(l.sealed, segment{buf: l.buf, file: l.file, idle: len(l.sealed) > 0 && len(l.buf) == 0})
	l.sealed, l.buf, l.spare = nil, l.spare[:0], nil
	target, policy := l.appended, l.policy
	l.group, l.entries = l.entries, 0
	start := time.Now()
	last := batch[len(batch)-1].buf
	l.mu.Unlock()

	rest, err := writeBatch(batch, policy == Always || policy == EverySecond && len(batch) > 1)

	l.mu.Lock()
	l.writing = false
	defer l.progress.Broadcast()
	if err == nil {
		l.spare = last[:0]
		l.longest = max(l.longest, len(last))
	}
	switch {
	case errors.Is(err, ErrSync):
		l.broken = err
		l.written = target
		l.tell(err)
	case err != nil:
		l.putBack(rest)
		l.ask()
		l.tell(err)
		return false
	default:
		l.written = target
		l.tell(nil)
		if policy == Always {
			l.took = time.Since(start)
			l.reach(target)
		}
	}
	l.full.Store(false)
	return true
}

// gather waits a moment for more to write at once. With the policy Always it is for those who have
// got their replies from the last fsync and are about to append again: else they would miss this
// one, and two groups would take turns, each in half of the clients. Nobody waits who is alone. mu is
// held.
func (l *Log) gather() {
	if l.policy != Always || l.group < 2 {
		return
	}
	end := time.Now().Add(min(l.took/4, gatherMost))
	for l.entries < l.group && !l.closing && time.Now().Before(end) {
		l.sleep(gatherStep)
	}
}

const (
	gatherStep = 30 * time.Microsecond
	gatherMost = time.Millisecond

	restFor   = 3 * time.Millisecond
	restBytes = 1 << 20
)

// due reports whether there is something to write now, or to end; mu is held.
func (l *Log) due() bool {
	switch {
	case len(l.sealed) > 0 || l.closing:
		return true
	case l.policy != Always:
		return len(l.buf) > 0
	case len(l.buf) > 0:
		return l.asked
	default: // all is written, maybe with another policy
		return l.synced < l.appended && l.failed == nil
	}
}

// forget takes out what need not be written any more. Only the goroutine that writes closes files:
// it may be writing to one. mu is held.
func (l *Log) forget(list []segment) {
	if l.whole == nil || l.whole != l.file {
		return
	}
	for i := range list {
		if s := &list[i]; s.file != l.whole {
			s.buf, s.moot = nil, true
		}
	}
}

// putBack puts what could not be written before what has been appended since; mu is held.
func (l *Log) putBack(rest []segment) {
	l.forget(rest)
	end := &rest[len(rest)-1]
	if len(l.sealed) > 0 { // the log was cut meanwhile: the first of these goes to the same file
		l.sealed[0].buf = append(end.buf, l.sealed[0].buf...)
		l.sealed = append(rest[:len(rest)-1:len(rest)-1], l.sealed...)
		return
	}
	l.buf = append(end.buf[:len(end.buf):len(end.buf)], l.buf...)
	l.sealed = rest[: len(rest)-1 : len(rest)-1]
}

// writeBatch writes segments, and with sync forces the last file to disk. A file that is closed is
// in any case: what comes in the next one is nothing without its end. It returns what is not
// written.
func writeBatch(batch []segment, sync bool) (rest []segment, err error) {
	for i := range batch {
		s := &batch[i]
		for len(s.buf) > 0 {
			n, err := s.file.Write(s.buf)
			s.buf = s.buf[n:]
			if err != nil {
				return batch[i:], err
			}
		}
		if (s.last || sync) && !s.moot && !s.idle {
			if err := s.file.SyncData(); err != nil {
				return nil, errors.Join(ErrSync, err)
			}
		}
		if s.last {
			s.file.Close()
		}
	}
	return nil, nil
}

// syncEverySecond forces the last file to disk every second, with the policy EverySecond, until
// the log is closed. With Always it pushes what nobody has.
func (l *Log) syncEverySecond() {
	defer l.done.Done()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-l.closed:
			return
		case <-tick.C:
		}
		l.mu.Lock()
		if l.policy == Always && len(l.buf) > 0 {
			l.ask()
		}
		if cap(l.spare) > restBytes && cap(l.spare) > 4*l.longest {
			l.spare = nil
		}
		l.longest = 0
		file, target := l.file, l.written
		if l.policy != EverySecond || l.synced >= target || l.failed != nil || len(l.sealed) > 0 {
			l.mu.Unlock()
			continue
		}
		l.mu.Unlock()
		start := time.Now()
		err := file.SyncData()
		l.mu.Lock()
		if time.Since(start) > time.Second {
			l.delayed++
		}
		switch {
		case errors.Is(err, os.ErrClosed): // it was cut, and forced to disk before it was closed
		case err != nil:
			l.broken = errors.Join(ErrSync, err)
			l.tell(l.broken)
		default:
			l.reach(target)
		}
		l.mu.Unlock()
	}
}

// appendHead appends a mark and a length, which most often has one digit or two.
func appendHead(dst []byte, mark byte, n int) []byte {
	switch {
	case n < 10:
		return append(dst, mark, byte('0'+n), '\r', '\n')
	case n < 100:
		return append(dst, mark, byte('0'+n/10), byte('0'+n%10), '\r', '\n')
	}
	return append(strconv.AppendInt(append(dst, mark), int64(n), 10), '\r', '\n')
}

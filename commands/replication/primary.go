// Package replication hands the journal on to replicas: other servers that keep a copy of the data.
//
// A replica is a client that has sent SYNC or PSYNC. It gets a snapshot, and from the moment of that
// on every effect, as the commands of one stream that all replicas share. The last part of the
// stream is kept (the backlog), so that a replica that was away for a short time goes on where it
// was. Places in the stream are counted in bytes (offsets).
//
// Append, which the store calls under the locks of a transaction, copies bytes in memory and no
// more. Each replica has a goroutine that hands them to its connection; one that does not
// read is let go when too much waits for it.
package replication

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/keyspace"
	"github.com/medleydb/medley/keyspace/aof"
)

// A Link is the connection to a replica. Its methods do not block.
type Link interface {
	// Stream writes bytes to the replica. It keeps b.
	Stream(b []byte)
	// Unsent returns how many bytes wait in the connection.
	Unsent() int
	// Kick closes the connection.
	Kick()
	// Addr returns host:port.
	Addr() string
}

// Options configure a Primary.
type Options struct {
	Config *config.Config
	Log    *slog.Logger
	NowMs  func() int64
	// Snapshot writes a snapshot in a version of the RDB format, and calls cut at its moment, when
	// all shards are held.
	Snapshot func(w io.Writer, version int, cut func()) error
	// Attach makes effects go to the journal from now on. All shards are held.
	Attach func(keyspace.Journal)
	// ID returns the replication ID.
	ID func() string
}

// A Primary is a server as its replicas see it.
type Primary struct {
	o Options

	count atomic.Int64 // replicas that have the snapshot

	mu                     sync.Mutex
	attached               bool
	backlog                []byte // a ring: the byte at an offset stands at offset % len
	start                  int64  // offset of the first byte in the backlog
	end                    int64  // offset behind the last
	db                     int    // that the stream has chosen, -1 for none
	scratch                []byte
	replicas               []*Replica
	waits                  []*wait
	full, partial, refused int64
}

// A Replica is a client that gets the stream, or is about to.
type Replica struct {
	p    *Primary
	link Link

	mu      sync.Mutex // never taken before that of the Primary
	wake    chan struct{}
	pending []byte // of the stream, not sent yet
	gone    bool

	// The following belong to the Primary's mu.
	feeding bool // effects are put into pending
	online  bool
	acked   int64
	ackedMs int64
	port    int
	ip      string
	version int // of the RDB format
	psync   bool
}

// wait is a client in WAIT.
type wait struct {
	offset int64
	n      int
	done   func(count int)
}

// New returns a Primary without replicas.
func New(o Options) *Primary { return &Primary{o: o, db: -1, start: 1, end: 1} }

// NewReplica returns what is known of a client that may become a replica.
func (p *Primary) NewReplica(l Link) *Replica {
	return &Replica{p: p, link: l, wake: make(chan struct{}, 1), version: 10}
}

// Append implements keyspace.Journal. No reply waits for a replica: the offset is 0.
func (p *Primary) Append(batch []keyspace.Effect) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.scratch[:0]
	// Which database is chosen stands behind MULTI, as replicas of the field have it.
	if len(batch) > 1 {
		b = append(b, "*1\r\n$5\r\nMULTI\r\n"...)
	}
	for i := range batch {
		if db := batch[i].DB; db != p.db {
			p.db = db
			b = aof.AppendCommand(b, [][]byte{[]byte("SELECT"), strconv.AppendInt(nil, int64(db), 10)})
		}
		b = aof.AppendCommand(b, batch[i].Args)
	}
	if len(batch) > 1 {
		b = append(b, "*1\r\n$4\r\nEXEC\r\n"...)
	}
	p.feed(b)
	if p.scratch = b; cap(b) > 1<<20 {
		p.scratch = nil
	}
	return 0
}

// Followed reports whether effects go to replicas, or to the backlog for those that come back.
func (p *Primary) Followed() bool {
	if p == nil {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.attached
}

// feed puts bytes into the backlog and hands them to the replicas; mu is held.
func (p *Primary) feed(b []byte) {
	p.keep(b)
	for _, r := range p.replicas {
		if r.feeding {
			r.add(b)
		}
	}
}

// keep puts bytes into the backlog; mu is held.
func (p *Primary) keep(b []byte) {
	p.end += int64(len(b))
	size := int64(len(p.backlog))
	if size == 0 {
		p.start = p.end
		return
	}
	if int64(len(b)) > size {
		b = b[int64(len(b))-size:]
	}
	at := (p.end - int64(len(b))) % size
	n := copy(p.backlog[at:], b)
	copy(p.backlog, b[n:])
	p.start = max(p.start, p.end-size)
}

// read returns what the backlog holds from an offset on; mu is held.
func (p *Primary) read(from int64) []byte {
	b := make([]byte, 0, p.end-from)
	size := int64(len(p.backlog))
	for from < p.end {
		at := from % size
		n := min(size-at, p.end-from)
		b = append(b, p.backlog[at:at+n]...)
		from += n
	}
	return b
}

// add gives the replica more of the stream.
func (r *Replica) add(b []byte) {
	r.mu.Lock()
	r.pending = append(r.pending, b...)
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Told is told what a replica says of itself before it asks for the stream, in pairs.
func (r *Replica) Told(name, value string) {
	r.p.mu.Lock()
	defer r.p.mu.Unlock()
	switch strings.ToLower(name) {
	case "listening-port":
		r.port, _ = strconv.Atoi(value)
	case "ip-address":
		r.ip = value
	case "version":
		// Only Valkey tells it; from 9 on it has a version of the format of its own.
		major, _, _ := strings.Cut(value, ".")
		if n, _ := strconv.Atoi(major); n >= 9 {
			r.version = 80
		}
	}
}

// Acked is told how far a replica has come.
func (r *Replica) Acked(offset int64) {
	p := r.p
	p.mu.Lock()
	defer p.mu.Unlock()
	r.acked, r.ackedMs = max(r.acked, offset), p.o.NowMs()
	p.serveWaits()
}

// Sync gives the replica the stream: from an offset on where the ID is that of the stream and the
// backlog still has it, else a snapshot first. id is empty for SYNC, which is answered by the
// snapshot alone. It answers at once, and what the replica gets comes later.
func (r *Replica) Sync(id string, offset int64) {
	p := r.p
	p.mu.Lock()
	defer p.mu.Unlock()
	r.psync = id != ""
	p.replicas = append(p.replicas, r)
	if r.psync && p.attached && strings.EqualFold(id, p.o.ID()) && offset >= p.start && offset <= p.end {
		p.partial++
		r.link.Stream([]byte("+CONTINUE " + p.o.ID() + "\r\n"))
		r.add(p.read(offset))
		r.acked, r.ackedMs = offset-1, p.o.NowMs()
		r.feeding = true
		r.goOnline()
		go r.run()
		return
	}
	if r.psync && id != "?" {
		p.refused++
	}
	p.full++
	go r.fullSync()
}

// goOnline counts the replica among those that have the data; the Primary's mu is held.
func (r *Replica) goOnline() {
	r.online = true
	r.p.count.Add(1)
}

// fullSync sends a snapshot and then the stream.
func (r *Replica) fullSync() {
	if err := r.sendSnapshot(); err != nil {
		r.p.o.Log.Error("a replica could not be synchronized", "replica", r.link.Addr(), "error", err)
		r.link.Kick()
		return
	}
	p := r.p
	p.mu.Lock()
	if r.gone {
		p.mu.Unlock()
		return
	}
	r.ackedMs = p.o.NowMs()
	r.goOnline()
	p.mu.Unlock()
	p.o.Log.Info("a replica has the snapshot", "replica", r.link.Addr())
	r.run()
}

func (r *Replica) sendSnapshot() error {
	p := r.p
	f, err := os.CreateTemp(p.o.Config.Dir.Load(), "temp-replica-*.rdb")
	if err != nil {
		return err
	}
	defer func() {
		f.Close()
		os.Remove(f.Name())
	}()
	var offset int64
	p.mu.Lock()
	version := r.version
	p.mu.Unlock()
	ready, ended := make(chan struct{}), make(chan struct{})
	go r.keepAlive(ready, ended)
	err = p.o.Snapshot(f, version, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.attached {
			p.attached = true
			p.backlog = make([]byte, max(p.o.Config.ReplBacklogSize.Load(), 16<<10))
			p.start = p.end
			p.o.Attach(p)
		}
		p.db = -1 // the replica has none
		offset = p.end
		r.feeding = true
	})
	close(ready)
	<-ended
	if err != nil {
		return err
	}
	size, err := f.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	head := fmt.Sprintf("$%d\r\n", size)
	if r.psync {
		head = fmt.Sprintf("+FULLRESYNC %s %d\r\n", p.o.ID(), offset-1) + head
	}
	r.link.Stream([]byte(head))
	for {
		b := make([]byte, 256<<10)
		n, err := f.Read(b)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		r.link.Stream(b[:n])
		for r.link.Unsent() > 2<<20 {
			if r.isGone() {
				return nil
			}
			time.Sleep(2 * time.Millisecond)
		}
	}
}

// keepAlive tells a replica that waits for its snapshot that it is coming, until ready is closed,
// and then closes ended: an empty line means nothing.
func (r *Replica) keepAlive(ready, ended chan struct{}) {
	defer close(ended)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ready:
			return
		case <-tick.C:
			r.link.Stream([]byte("\n"))
		}
	}
}

func (r *Replica) isGone() bool {
	r.p.mu.Lock()
	defer r.p.mu.Unlock()
	return r.gone
}

// run hands the stream to the connection until the replica is gone.
func (r *Replica) run() {
	for range r.wake {
		r.mu.Lock()
		b := r.pending
		r.pending = nil
		r.mu.Unlock()
		if len(b) > 0 {
			r.link.Stream(b)
		}
		limit := r.p.o.Config.ClientOutputBufferLimit.Load()[config.ReplicaClients]
		if n := int64(r.link.Unsent()); limit.HardBytes > 0 && n > limit.HardBytes {
			r.p.o.Log.Warn("a replica does not read", "replica", r.link.Addr(), "bytes", n)
			r.link.Kick()
		}
		if r.isGone() {
			return
		}
	}
}

// End is told that the connection has ended.
func (r *Replica) End() {
	p := r.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.gone {
		return
	}
	r.gone, r.feeding = true, false
	if r.online {
		r.online = false
		p.count.Add(-1)
	}
	for i, x := range p.replicas {
		if x == r {
			p.replicas = append(p.replicas[:i:i], p.replicas[i+1:]...)
			break
		}
	}
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Ping lets replicas know that the server is there; it is called once in repl-ping-replica-period.
func (p *Primary) Ping() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.replicas) > 0 {
		p.feed([]byte("*1\r\n$4\r\nPING\r\n"))
	}
}

// Offset returns the offset behind the last byte of the stream.
func (p *Primary) Offset() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.end - 1
}

// Having returns how many replicas have all that the stream has now.
func (p *Primary) Having() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.having(p.end - 1)
}

// Wait calls done once so many replicas have all that the stream has now, with their number, at
// once where that is so. It returns how many have it already, and what ends the wait early.
func (p *Primary) Wait(n int, done func(count int)) (now int, cancel func() int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	offset := p.end - 1
	now = p.having(offset)
	if now >= n {
		return now, func() int { return now }
	}
	w := &wait{offset, n, done}
	p.waits = append(p.waits, w)
	if len(p.replicas) > 0 {
		p.feed([]byte("*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n"))
	}
	return now, func() int {
		p.mu.Lock()
		defer p.mu.Unlock()
		for i, x := range p.waits {
			if x == w {
				p.waits = append(p.waits[:i:i], p.waits[i+1:]...)
				break
			}
		}
		return p.having(offset)
	}
}

// having returns how many replicas have acknowledged an offset; mu is held.
func (p *Primary) having(offset int64) (n int) {
	for _, r := range p.replicas {
		if r.online && r.acked >= offset {
			n++
		}
	}
	return n
}

// serveWaits ends the waits for which enough replicas have come far enough; mu is held.
func (p *Primary) serveWaits() {
	rest := p.waits[:0]
	for _, w := range p.waits {
		if k := p.having(w.offset); k >= w.n {
			go w.done(k)
		} else {
			rest = append(rest, w)
		}
	}
	clear(p.waits[len(rest):])
	p.waits = rest
}

// TooFew reports whether fewer replicas than min-replicas-to-write have told of themselves in the
// last min-replicas-max-lag seconds.
func (p *Primary) TooFew() bool {
	want := p.o.Config.MinReplicasToWrite.Load()
	if want == 0 {
		return false
	}
	lag := p.o.Config.MinReplicasMaxLag.Load() * 1000
	if lag == 0 {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.fresh(lag) < want
}

// fresh returns how many replicas have told of themselves in the last so many milliseconds; mu is held.
func (p *Primary) fresh(lagMs int64) (n int64) {
	now := p.o.NowMs()
	for _, r := range p.replicas {
		if r.online && now-r.ackedMs <= lagMs {
			n++
		}
	}
	return n
}

// A State is what there is to tell of a replica.
type State struct {
	IP     string
	Port   int
	Online bool
	Offset int64
	LagSec int64
}

// Figures are what there is to tell of the stream.
type Figures struct {
	Offset                   int64
	Backlog                  bool
	BacklogFirst, BacklogLen int64
	Full, Partial, Refused   int64
	Replicas                 []State
	Fresh                    int64 // of the replicas, those within min-replicas-max-lag
}

// Figures returns the present figures.
func (p *Primary) Figures() Figures {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := Figures{Offset: p.end - 1, Backlog: p.attached, Full: p.full, Partial: p.partial, Refused: p.refused}
	f.Fresh = p.fresh(p.o.Config.MinReplicasMaxLag.Load() * 1000)
	if p.attached {
		f.BacklogFirst, f.BacklogLen = p.start, p.end-p.start
	}
	now := p.o.NowMs()
	for _, r := range p.replicas {
		ip := r.ip
		if ip == "" {
			ip, _, _ = strings.Cut(r.link.Addr(), ":")
		}
		s := State{IP: ip, Port: r.port, Online: r.online, Offset: r.acked}
		if r.ackedMs > 0 {
			s.LagSec = (now - r.ackedMs) / 1000
		}
		f.Replicas = append(f.Replicas, s)
	}
	return f
}

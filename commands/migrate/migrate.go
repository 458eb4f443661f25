// Package migrate hands keys to other servers over connections that it keeps for a while.
package migrate

import (
	"bufio"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/medleydb/medley/keyspace/aof"
)

// A Conn is a connection to another server.
type Conn interface {
	io.ReadWriteCloser
	SetDeadline(time.Time) error
}

// Errors of a connection.
var (
	ErrConnect = errors.New("migrate: no connection to the target")
	ErrWrite   = errors.New("migrate: the target does not take what is sent")
	ErrRead    = errors.New("migrate: the target does not answer")
)

// A TargetError is an error that the target has answered: its text.
type TargetError string

func (e TargetError) Error() string { return string(e) }

const (
	keep     = 10 * time.Second // of a connection that nobody uses
	keepMost = 64               // connections
)

// A Pool has the connections that nobody uses at present, one for each target.
type Pool struct {
	// Dial connects; nil where there is no network.
	Dial func(host, port string, timeout time.Duration) (Conn, error)

	mu   sync.Mutex
	idle map[string]*link
}

// A link is a connection and what it was told.
type link struct {
	Conn
	r    *bufio.Reader
	db   int // that is selected, -1 where that is not known
	used time.Time
}

// A Target says where keys go.
type Target struct {
	Host, Port string
	DB         int
	Timeout    time.Duration // of every step
	Auth       [][]byte      // arguments of AUTH, nil for none
}

// An Item is a key to be restored, or with Payload nil to be deleted.
type Item struct {
	Key     []byte
	TTLMs   int64 // 0 for none
	Payload []byte
	Replace bool
}

// Idle returns how many connections are kept.
func (p *Pool) Idle() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle)
}

// Tick closes connections that nobody has used for long.
func (p *Pool) Tick(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, l := range p.idle {
		if now.Sub(l.used) > keep {
			l.Close()
			delete(p.idle, name)
		}
	}
}

// Close closes all of them.
func (p *Pool) Close() { p.Tick(time.Now().Add(2 * keep)) }

func (t *Target) name() string { return t.Host + "\x00" + t.Port }

// take returns a connection that is the caller's alone.
func (p *Pool) take(t *Target) (l *link, kept bool, err error) {
	p.mu.Lock()
	if l = p.idle[t.name()]; l != nil {
		delete(p.idle, t.name())
		p.mu.Unlock()
		return l, true, nil
	}
	p.mu.Unlock()
	if p.Dial == nil {
		return nil, false, ErrConnect
	}
	c, err := p.Dial(t.Host, t.Port, t.Timeout)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return nil, false, ErrWrite // servers of the field find out when they write
	case err != nil:
		return nil, false, ErrConnect
	}
	return &link{Conn: c, r: bufio.NewReader(c)}, false, nil
}

// give keeps a connection.
func (p *Pool) give(t *Target, l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.idle == nil {
		p.idle = map[string]*link{}
	}
	if p.idle[t.name()] != nil || len(p.idle) >= keepMost {
		l.Close()
		return
	}
	l.used = time.Now()
	p.idle[t.name()] = l
}

// Send sends the items, and returns which of them the target has taken. A connection that was kept
// and turns out to be closed is replaced by a new one. Errors: those of connections, and a
// TargetError, the first of several.
func (p *Pool) Send(t *Target, items []Item) (taken []bool, err error) {
	for {
		l, kept, err := p.take(t)
		if err != nil {
			return make([]bool, len(items)), err
		}
		start := time.Now()
		taken, answered, err := l.send(t, items)
		if err == nil || errors.As(err, new(TargetError)) {
			p.give(t, l)
			return taken, err
		}
		l.Close()
		if !kept || answered || time.Since(start) >= t.Timeout {
			return taken, err
		}
	}
}

// send does what Send does over one connection; answered reports whether it had any reply.
func (l *link) send(t *Target, items []Item) (taken []bool, answered bool, err error) {
	taken = make([]bool, len(items))
	var before [][][]byte
	if t.Auth != nil {
		before = append(before, append([][]byte{[]byte("AUTH")}, t.Auth...))
	}
	if t.Auth != nil || l.db != t.DB {
		before = append(before, [][]byte{[]byte("SELECT"), strconv.AppendInt(nil, int64(t.DB), 10)})
	}
	var b []byte
	for _, argv := range before {
		b = aof.AppendCommand(b, argv)
	}
	if err := l.write(t, b); err != nil {
		return taken, false, err
	}
	for range before { // nothing is sent to who did not let us in, or into another database
		text, readErr := l.reply(t)
		if readErr != nil {
			return taken, answered, readErr
		}
		if answered = true; err == nil && strings.HasPrefix(text, "-") {
			err = TargetError(text[1:])
		}
	}
	if err != nil {
		l.db = -1
		return taken, answered, err
	}
	l.db = t.DB

	b = b[:0]
	for i := range items {
		b = items[i].append(b)
	}
	if err := l.write(t, b); err != nil {
		return taken, answered, err
	}
	for i := range items {
		text, readErr := l.reply(t)
		if readErr != nil {
			return taken, answered, readErr
		}
		answered = true
		if taken[i] = !strings.HasPrefix(text, "-"); !taken[i] && err == nil {
			err = TargetError(text[1:])
		}
	}
	return taken, answered, err
}

// append appends the command that the target runs.
func (it *Item) append(b []byte) []byte {
	if it.Payload == nil {
		return aof.AppendCommand(b, [][]byte{[]byte("DEL"), it.Key})
	}
	argv := [][]byte{[]byte("RESTORE"), it.Key, strconv.AppendInt(nil, it.TTLMs, 10), it.Payload}
	if it.Replace {
		argv = append(argv, []byte("REPLACE"))
	}
	return aof.AppendCommand(b, argv)
}

func (l *link) write(t *Target, b []byte) error {
	if len(b) == 0 {
		return nil
	}
	l.SetDeadline(time.Now().Add(t.Timeout))
	if _, err := l.Write(b); err != nil {
		return ErrWrite
	}
	return nil
}

// reply reads a reply of one line.
func (l *link) reply(t *Target) (string, error) {
	l.SetDeadline(time.Now().Add(t.Timeout))
	line, err := l.r.ReadString('\n')
	line = strings.TrimRight(line, "\r\n")
	if err != nil || line == "" {
		return "", ErrRead
	}
	return line, nil
}

package server

import (
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/server/netio"
)

// # Connections in memory
//
// A pipe is two streams of bytes, one for each direction, and its two ends are
// net.Conns. net.Pipe would not do: it has no buffer, so that a client which writes a whole
// pipeline of commands before it reads the first reply stops for ever as soon as
// the server replies. A stream takes bytes until its limit and only then lets the
// writer wait. A back end keeps what does not fit, as it does for sockets.
//
// Each end may be used by several goroutines, and closing one behaves like a
// socket: the other end reads what was written before and then io.EOF, while what it
// writes fails.

// pipeSize is how many bytes each direction takes before they are read.
const pipeSize = 1 << 20

// Pipe returns a connection in memory that the engine serves, for any client
// library that lets the program dial:
//
//	redis.NewClient(&redis.Options{Dialer: func(context.Context, string, string) (net.Conn, error) {
//		return server.Pipe(eng), nil
//	}})
//
// The session is like one behind a socket: it is listed by CLIENT LIST, counts
// towards maxclients, and has to give the password where one is required. Only the
// directive timeout (of idle clients) belongs to a Server and has no effect here.
// The caller closes the connection, before the engine.
func Pipe(eng *commands.Engine) net.Conn {
	svc := eng.Services()
	s := &Server{eng: eng, cfg: svc.Config, stats: svc.Stats, log: slog.New(slog.DiscardHandler)}
	if svc.Log != nil {
		s.log = svc.Log
	}
	commands, replies := newStream(pipeSize), newStream(pipeSize)
	netio.NewGoroutines(handler{s}).Serve(&pipeEnd{in: commands, out: replies})
	return &pipeEnd{in: replies, out: commands}
}

// pipeAddr is the address of both ends, as CLIENT LIST shows it.
type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "in-process:0" }

// pipeEnd is one end of a pipe.
type pipeEnd struct{ in, out *stream }

func (p *pipeEnd) Read(b []byte) (int, error)  { return p.in.read(b) }
func (p *pipeEnd) Write(b []byte) (int, error) { return p.out.write(b) }

// Close implements net.Conn. Unlike what was written, what was not read yet is
// dropped.
func (p *pipeEnd) Close() error {
	p.out.end()
	p.in.abandon()
	return nil
}

func (p *pipeEnd) LocalAddr() net.Addr  { return pipeAddr{} }
func (p *pipeEnd) RemoteAddr() net.Addr { return pipeAddr{} }

func (p *pipeEnd) SetDeadline(t time.Time) error {
	p.in.reading.set(p.in, t)
	p.out.writing.set(p.out, t)
	return nil
}

func (p *pipeEnd) SetReadDeadline(t time.Time) error {
	p.in.reading.set(p.in, t)
	return nil
}

func (p *pipeEnd) SetWriteDeadline(t time.Time) error {
	p.out.writing.set(p.out, t)
	return nil
}

// stream is one direction: a queue of bytes with a limit.
type stream struct {
	mu      sync.Mutex
	changed *sync.Cond
	buf     []byte // what was not read yet begins at start
	start   int
	limit   int
	ended   bool // the writer's end was closed
	left    bool // the reader's end was closed

	reading, writing deadline
}

func newStream(limit int) *stream {
	s := &stream{limit: limit}
	s.changed = sync.NewCond(&s.mu)
	return s
}

func (s *stream) read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.left:
			return 0, net.ErrClosed
		case s.reading.passed():
			return 0, os.ErrDeadlineExceeded
		case len(b) == 0:
			return 0, nil
		case s.start < len(s.buf):
			n := copy(b, s.buf[s.start:])
			s.start += n
			if s.start == len(s.buf) {
				s.empty()
			}
			s.changed.Broadcast()
			return n, nil
		case s.ended:
			return 0, io.EOF
		}
		s.changed.Wait()
	}
}

// empty lets go of a buffer that one large value has made large.
func (s *stream) empty() {
	const keep = 64 << 10
	if cap(s.buf) > keep {
		s.buf = nil
	}
	s.buf, s.start = s.buf[:0], 0
}

func (s *stream) write(b []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch room := s.limit - (len(s.buf) - s.start); {
		case s.ended:
			return n, net.ErrClosed
		case s.left:
			return n, io.ErrClosedPipe
		case s.writing.passed():
			return n, os.ErrDeadlineExceeded
		case n == len(b):
			return n, nil
		case room > 0:
			n += s.add(b[n:min(len(b), n+room)])
			s.changed.Broadcast()
			if n == len(b) {
				return n, nil
			}
		}
		s.changed.Wait()
	}
}

// add appends, over the room of what was read once that is the larger part: so a
// byte is moved at most once.
func (s *stream) add(b []byte) int {
	if s.start > len(s.buf)-s.start {
		s.buf = s.buf[:copy(s.buf, s.buf[s.start:])]
		s.start = 0
	}
	s.buf = append(s.buf, b...)
	return len(b)
}

// end closes the writer's end.
func (s *stream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.writing.stop()
	s.changed.Broadcast()
}

// abandon closes the reader's end.
func (s *stream) abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left, s.buf, s.start = true, nil, 0
	s.reading.stop()
	s.changed.Broadcast()
}

// deadline is until when one end waits. It is guarded by its stream's mu.
type deadline struct {
	at    time.Time
	timer *time.Timer
}

// set moves the deadline; zero means never. A timer only wakes who waits: the time
// decides.
func (d *deadline) set(s *stream, t time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.stop()
	d.at = t
	if !t.IsZero() {
		d.timer = time.AfterFunc(time.Until(t), func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.changed.Broadcast()
		})
	}
	s.changed.Broadcast()
}

func (d *deadline) passed() bool { return !d.at.IsZero() && !time.Now().Before(d.at) }

func (d *deadline) stop() {
	if d.timer != nil {
		d.timer.Stop()
	}
}

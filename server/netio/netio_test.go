package netio

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"
)

// patience is how long a test waits for what must come.
const patience = 10 * time.Second

// A relay lets one client post to the connection of another: a client that says "wait" and
// "next" is kept waiting with the second word as its input, one that says "post" has the
// first one posted a message and woken, both before its loop looks. One that says "lots" is replied
// more than sockets take, a mebibyte a turn.
type relay struct {
	waiting chan *Conn
	posting chan *Conn
	grown   atomic.Int32 // calls of Grown
	turns   int          // of "lots"
	seen    chan int     // what was buffered at the last of them
}

func (r *relay) Input(c *Conn, in []byte) int {
	switch {
	case len(in) < 4:
		c.Want = 4
		return 0
	case string(in[:4]) == "wait":
		if c.Want = len("waitnext"); len(in) < c.Want {
			return 0
		}
		c.Waiting, c.Want = true, 0
		r.waiting <- c
	case string(in[:4]) == "post":
		to := <-r.posting
		to.Post("message ")
		to.Wake()
	case string(in[:4]) == "lots":
		c.Out = append(c.Out, make([]byte, 1<<20)...)
		if r.turns++; r.turns < lots {
			c.Again = true
			return 0
		}
		_, out := c.Buffered()
		r.seen <- out
	default:
		c.Out = append(append(c.Out, in[:4]...), ' ')
	}
	return 4
}

func (r *relay) Message(c *Conn, m any) {
	c.Waiting = false
	c.Out = append(c.Out, m.(string)...)
}

func (r *relay) Refill(c *Conn) { c.Out = append(c.Out, "refill "...) }
func (r *relay) Open(*Conn)     {}
func (r *relay) Grown(*Conn)    { r.grown.Add(1) }
func (r *relay) Close(*Conn)    {}

// TestMessageThenWake protects a connection that is posted a message and woken at once: the reply of
// the message may still wait to be written when Refill is due, and neither may be lost or overtake
// the other, nor the input that has waited for the message.
func TestMessageThenWake(t *testing.T) {
	backends(t, func(t *testing.T, r *relay, dial func() net.Conn) {
		first, second := dial(), dial()
		for range 3 {
			send(t, first, "waitnext")
			r.posting <- <-r.waiting
			send(t, second, "post")
			expect(t, first, "message next refill ")
		}
		send(t, first, "more")
		expect(t, first, "more ")
	})
}

// lots is how many mebibytes are more than the sockets between two ends take.
const lots = 32

// TestBufferedWhileServed protects limits of what clients leave unread: it is seen to grow while a
// long pipeline is still being served.
func TestBufferedWhileServed(t *testing.T) {
	backends(t, func(t *testing.T, r *relay, dial func() net.Conn) {
		send(t, dial(), "lots")
		if out := <-r.seen; out < lots<<19 || r.grown.Load() == 0 {
			t.Errorf("%d bytes seemed to be buffered, told of %d times", out, r.grown.Load())
		}
	})
}

// backends runs a test with each back end, of one loop where it has loops.
func backends(t *testing.T, test func(t *testing.T, r *relay, dial func() net.Conn)) {
	for _, open := range []func(Handler) (Server, error){
		func(h Handler) (Server, error) { return New(h, Options{Loops: 1}) },
		func(h Handler) (Server, error) { return New(h, Options{Loops: 1, Plain: true}) },
		func(h Handler) (Server, error) { return NewGoroutines(h), nil },
	} {
		r := newRelay()
		s, err := open(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(s.Name(), func(t *testing.T) { test(t, r, serve(t, s)) })
	}
}

func newRelay() *relay {
	return &relay{waiting: make(chan *Conn, 1), posting: make(chan *Conn, 1), seen: make(chan int, 1)}
}

// serve returns what connects to the server, which is closed when the test ends.
func serve(t *testing.T, s Server) (dial func() net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		l.Close()
		s.Close()
	})
	return func() net.Conn {
		near, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { near.Close() })
		far, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		s.Serve(far)
		return near
	}
}

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	c.SetReadDeadline(time.Now().Add(patience))
	if n, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Fatalf("got %q, %v; want %q", got[:n], err, want)
	}
}

package netio

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestRepliesTakeNoMemory protects who counts what connections take: a reply that is written with
// those of other connections has not waited, so nobody is told that more is buffered.
func TestRepliesTakeNoMemory(t *testing.T) {
	r := newRelay()
	s, err := NewEpoll(r, Options{Loops: 1})
	if err != nil {
		t.Fatal(err)
	}
	c := serve(t, s)()
	for range 10 {
		send(t, c, "more")
		expect(t, c, "more ")
	}
	if n := r.grown.Load(); n != 0 {
		t.Errorf("told %d times that more is buffered", n)
	}
}

// A crowd is replied at once: what one says is posted to all. One that says "page" is replied some
// kilobytes of its own.
type crowd struct {
	mu    sync.Mutex
	conns map[*Conn]uint32 // and how many pages they were sent
}

const pageWords = 3000

func (h *crowd) Open(c *Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.conns[c] = 0
}

func (h *crowd) Input(c *Conn, in []byte) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(in) < 4 {
		return 0
	}
	if string(in[:4]) == "page" {
		for range pageWords {
			c.Out = binary.BigEndian.AppendUint32(c.Out, h.conns[c])
			h.conns[c]++
		}
		c.Again = len(in) >= 8
		return 4
	}
	for to := range h.conns {
		to.Post(string(in[:4]))
	}
	return 4
}

func (h *crowd) Message(c *Conn, m any) { c.Out = append(c.Out, m.(string)...) }
func (h *crowd) Refill(*Conn)           {}
func (h *crowd) Grown(*Conn)            {}
func (h *crowd) Close(c *Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.conns, c)
}

// outputs runs a test with a loop that writes by a ring, and with one that does not.
func outputs(t *testing.T, test func(t *testing.T, dial func() net.Conn)) {
	for _, plain := range []bool{false, true} {
		s, err := NewEpoll(&crowd{conns: map[*Conn]uint32{}}, Options{Loops: 1, Plain: plain})
		if err != nil {
			t.Fatal(err)
		}
		name := "plain"
		if s.loops[0].ring != nil {
			name = "ring"
		}
		t.Run(name, func(t *testing.T) { test(t, serve(t, s)) })
	}
}

// TestRepliesToMany protects replies to more clients at once than a ring takes calls, some of whom
// are gone.
func TestRepliesToMany(t *testing.T) {
	outputs(t, func(t *testing.T, dial func() net.Conn) {
		var conns []net.Conn
		for range 3*ringSize + 1 {
			c := dial()
			send(t, c, "page")
			expect(t, c, string(pages(0, 1)))
			conns = append(conns, c)
		}
		for range 20 {
			leaves := len(conns) / 2
			conns[leaves].Close()
			conns = slices.Delete(conns, leaves, leaves+1)
			send(t, conns[0], "one ")
			send(t, conns[1], "two ")
			for _, c := range conns {
				got := make([]byte, 8)
				c.SetReadDeadline(time.Now().Add(patience))
				if _, err := io.ReadFull(c, got); err != nil || string(got) != "one two " && string(got) != "two one " {
					t.Fatalf("got %q, %v", got, err)
				}
			}
		}
	})
}

// TestRepliesWaitForReaders protects what sockets do not take at once: every byte comes, once, and in
// order.
func TestRepliesWaitForReaders(t *testing.T) {
	const count = 1500
	outputs(t, func(t *testing.T, dial func() net.Conn) {
		var readers sync.WaitGroup
		conns := []net.Conn{dial(), dial(), dial()}
		for range count {
			for _, c := range conns {
				send(t, c, "page")
			}
		}
		for _, c := range conns {
			readers.Go(func() {
				c.SetReadDeadline(time.Now().Add(patience))
				got := make([]byte, count*pageWords*4)
				if n, err := io.ReadFull(c, got); err != nil || !bytes.Equal(got, pages(0, count)) {
					t.Errorf("%d bytes, %v; or they differ", n, err)
				}
			})
		}
		readers.Wait()
	})
}

// pages returns what a client is sent as its pages from, up to to.
func pages(from, to uint32) (b []byte) {
	for i := from * pageWords; i < to*pageWords; i++ {
		b = binary.BigEndian.AppendUint32(b, i)
	}
	return b
}

// TestRing protects what callers of a ring are told: of each call what it came to, as the system call
// of its own would.
func TestRing(t *testing.T) {
	r, err := newRing()
	if err == unix.ENOSYS || err == unix.EPERM {
		t.Skip("the system has no io_uring: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	pair := func() (near, far int) {
		p, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(p[0]); unix.Close(p[1]) })
		return p[0], p[1]
	}
	open, reader := pair()
	full, _ := pair()
	for err := error(nil); err == nil; {
		_, err = unix.Write(full, make([]byte, 4096))
	}
	broken, gone := pair()
	unix.Shutdown(gone, unix.SHUT_RDWR)
	text := []byte("reply")
	want := map[int]int32{0: 5, 1: -int32(syscall.EAGAIN), 2: -int32(syscall.EPIPE), 3: -int32(syscall.EBADF), 4: 4}
	for round := range 3*ringSize/5 + 1 {
		r.send(open, text)
		r.send(full, text)
		r.send(broken, text)
		r.send(-1, text)
		r.send(open, text[1:])
		got := map[int]int32{}
		r.run(func(i int, res int32) { got[i] = res })
		for i, res := range want {
			if got[i] != res || len(got) != len(want) {
				t.Fatalf("round %d: got %v, want %v", round, got, want)
			}
		}
		b := make([]byte, 32)
		if n, err := unix.Read(reader, b); string(b[:max(n, 0)]) != "replyeply" {
			t.Fatalf("round %d: read %q, %v", round, b[:max(n, 0)], err)
		}
	}
	for !r.full() {
		r.send(open, text)
	}
	sum := 0
	r.run(func(_ int, res int32) { sum += int(res) })
	if sum != ringSize*len(text) {
		t.Errorf("%d bytes were sent of %d", sum, ringSize*len(text))
	}
}

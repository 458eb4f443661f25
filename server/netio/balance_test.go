//go:build linux

package netio

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"
)

// lines answers each line of input with itself, and sends what is posted as it is.
type lines struct {
	mu    sync.Mutex
	conns map[string]*Conn // by remote address
	ended sync.WaitGroup
}

func (h *lines) Open(c *Conn) {
	h.mu.Lock()
	h.conns[c.Remote.String()] = c
	h.mu.Unlock()
	h.ended.Add(1)
}

func (h *lines) Input(c *Conn, in []byte) int {
	n := bytes.LastIndexByte(in, '\n') + 1
	c.Out = append(c.Out, in[:n]...)
	return n
}

func (h *lines) Message(c *Conn, m any) { c.Out = append(c.Out, m.(string)...) }
func (h *lines) Refill(*Conn)           {}
func (h *lines) Grown(*Conn)            {}
func (h *lines) Close(*Conn)            { h.ended.Done() }

func (h *lines) of(t *testing.T, addr net.Addr) *Conn {
	for range 1000 {
		h.mu.Lock()
		c := h.conns[addr.String()]
		h.mu.Unlock()
		if c != nil {
			return c
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("the connection was never opened")
	return nil
}

// TestSpread hands connections from loop to loop while they are sent commands and
// messages: none may be lost, and neither kind may change its order.
func TestSpread(t *testing.T) {
	const clients, rounds = 20, 400
	h := &lines{conns: map[string]*Conn{}}
	s, err := NewEpoll(h, Options{Loops: 3})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.Serve(c)
		}
	}()
	stop := make(chan struct{})
	var moving sync.WaitGroup
	moving.Go(func() {
		for n := 1; ; n++ {
			select {
			case <-stop:
				return
			default:
				s.spreadOver(1 + n%3)
				time.Sleep(200 * time.Microsecond)
			}
		}
	})
	var wg sync.WaitGroup
	for range clients {
		nc, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		nc.SetDeadline(time.Now().Add(time.Minute))
		c := h.of(t, nc.LocalAddr())
		posted := make(chan struct{})
		wg.Go(func() {
			defer close(posted)
			for i := range rounds {
				c.Post(fmt.Sprintf("message %d\n", i))
				if i%10 == 0 {
					time.Sleep(100 * time.Microsecond)
				}
			}
		})
		wg.Go(func() {
			r := bufio.NewReader(nc)
			replies, messages := 0, 0
			ask := func() { fmt.Fprintf(nc, "line %d\n", replies) }
			ask()
			for replies < rounds || messages < rounds {
				text, err := r.ReadString('\n')
				if err != nil {
					t.Errorf("after %d replies and %d messages: %v", replies, messages, err)
					return
				}
				switch text {
				case fmt.Sprintf("line %d\n", replies):
					if replies++; replies < rounds {
						ask()
					}
				case fmt.Sprintf("message %d\n", messages):
					messages++
				default:
					t.Errorf("after %d replies and %d messages came %q", replies, messages, text)
					return
				}
			}
		})
	}
	wg.Wait()
	close(stop)
	moving.Wait()
	s.Close()
	h.ended.Wait()
}

// TestBalance wants one loop to serve what it can, and more where it has no time left.
func TestBalance(t *testing.T) {
	s, err := NewEpoll(&lines{conns: map[string]*Conn{}}, Options{Loops: 4, Adapt: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b := balancer{srv: s, waited: make([]int64, 4)}
	decide := func(load, left float64) int {
		b.decide(load, left)
		return int(s.active.Load())
	}
	for _, c := range []struct {
		load, left float64
		want       int
	}{
		{0.5, 4, 1},
		{0.95, 1.2, 1}, // others use the processor that another loop would need
		{0.95, 1.8, 2},
		{1.95, 4, 4},
		{3.9, 4, 4},
	} {
		if got := decide(c.load, c.left); got != c.want {
			t.Errorf("at a load of %v loops with %v processors: %d loops, want %d", c.load, c.left, got, c.want)
		}
	}
	for _, c := range []struct {
		load, left float64
		want       int
	}{{3.9, 2.9, 3}, {1.2, 4, 2}, {0.6, 4, 1}} {
		was := int(s.active.Load())
		for range calmLooks - 1 {
			if got := decide(c.load, c.left); got != was {
				t.Fatalf("%d loops after a short while at a load of %v loops, want %d", got, c.load, was)
			}
		}
		if got := decide(c.load, c.left); got != c.want {
			t.Errorf("%d loops after a while at a load of %v loops with %v processors, want %d", got, c.load, c.left, c.want)
		}
	}
	s.spreadOver(4)
	b.rest()
	if got := s.Active(); got != 1 {
		t.Errorf("%d loops at rest, want 1", got)
	}
}

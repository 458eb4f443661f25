package netio

import (
	"net"
	"sync"
)

// Goroutines is the portable back end: one goroutine reads each connection.
type Goroutines struct {
	h     Handler
	mu    sync.Mutex
	conns map[*goConn]struct{}
	done  sync.WaitGroup
	ended bool
}

// NewGoroutines returns the portable back end.
func NewGoroutines(h Handler) *Goroutines {
	return &Goroutines{h: h, conns: map[*goConn]struct{}{}}
}

// Name implements Server.
func (g *Goroutines) Name() string { return "goroutines" }

// goConn serialises the handler's calls by mu: the reading goroutine makes those
// for input, a short-lived one those for messages.
type goConn struct {
	Conn
	srv  *Goroutines
	nc   net.Conn
	turn sync.Mutex // a turn of the connection
	gone bool       // under turn

	mu       sync.Mutex // over what follows
	mail     []any
	draining bool
	closed   bool
	resume   *sync.Cond // the reader waits while input is not wanted
}

// Serve implements Server.
func (g *Goroutines) Serve(nc net.Conn) {
	c := &goConn{srv: g, nc: nc}
	c.resume = sync.NewCond(&c.turn)
	c.b, c.FD, c.Local, c.Remote = c, -1, nc.LocalAddr(), nc.RemoteAddr()
	g.mu.Lock()
	if g.ended {
		g.mu.Unlock()
		nc.Close()
		return
	}
	g.conns[c] = struct{}{}
	g.done.Add(1)
	g.mu.Unlock()
	go c.run()
}

// Close implements Server.
func (g *Goroutines) Close() {
	g.mu.Lock()
	g.ended = true
	for c := range g.conns {
		c.Kick()
	}
	g.mu.Unlock()
	g.done.Wait()
}

func (c *goConn) run() {
	defer c.srv.done.Done()
	c.turn.Lock()
	c.srv.h.Open(&c.Conn)
	alive := c.flush() && !c.Closing
	c.turn.Unlock()
	buf := make([]byte, readStep)
	for alive {
		n, err := c.nc.Read(buf)
		c.stat.bytesIn.Add(int64(n))
		c.turn.Lock()
		for !c.gone && len(c.in) > maxIdleInput && c.Waiting {
			c.resume.Wait()
		}
		alive = !c.gone && c.feed(c.srv.h, buf[:n], c.flush) && err == nil && !c.Closing
		c.noteBuffers()
		c.turn.Unlock()
	}
	c.turn.Lock()
	c.finish()
	c.turn.Unlock()
}

// finish ends the connection, once; turn is held.
func (c *goConn) finish() {
	if c.gone {
		return
	}
	c.gone = true
	c.mu.Lock()
	c.closed, c.mail = true, nil
	c.mu.Unlock()
	c.nc.Close()
	c.srv.h.Close(&c.Conn)
	c.resume.Broadcast()
	c.srv.mu.Lock()
	delete(c.srv.conns, c)
	c.srv.mu.Unlock()
}

// flush writes Out; turn is held.
func (c *goConn) flush() bool {
	if c.stat.kicked.Load() {
		return false
	}
	if len(c.Out) == 0 || c.Held {
		return true
	}
	n, err := c.nc.Write(c.Out)
	c.stat.bytesOut.Add(int64(n))
	if cap(c.Out) > readStep {
		c.Out = nil
	}
	c.Out = c.Out[:0]
	return err == nil
}

func (c *goConn) post(_ *Conn, m any) {
	if m == nil {
		c.nc.Close() // wakes a goroutine that reads or writes
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return
	}
	c.mail = append(c.mail, m)
	if !c.draining {
		c.draining = true
		go c.drain()
	}
}

// drain hands over messages until there are none.
func (c *goConn) drain() {
	c.turn.Lock()
	defer c.turn.Unlock()
	for {
		c.mu.Lock()
		mail := c.mail
		c.mail = nil
		if len(mail) == 0 || c.gone {
			c.draining = false
			c.mu.Unlock()
			return
		}
		c.mu.Unlock()
		for _, m := range mail {
			if m != nil {
				c.srv.h.Message(&c.Conn, m)
			}
		}
		if !c.feed(c.srv.h, nil, c.flush) || c.Closing {
			c.finish()
		}
		c.noteBuffers()
		c.resume.Broadcast()
	}
}

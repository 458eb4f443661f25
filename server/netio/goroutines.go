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

// Active implements Server.
func (g *Goroutines) Active() int { return 0 }

// goConn serialises the handler's calls by turn: the reading goroutine makes those for
// input, short-lived ones those for messages and for what was left of the input when
// the output was written. Nobody holds the turn while it waits for the network, so
// that a client may send a long pipeline before it reads.
type goConn struct {
	Conn
	srv     *Goroutines
	nc      net.Conn
	turn    sync.Mutex
	gone    bool       // under turn
	writing bool       // under turn: a goroutine writes Out until it is empty
	spare   []byte     // under turn: room for the next Out
	resume  *sync.Cond // of turn: the reader waits while input is not wanted

	mu       sync.Mutex // over what follows
	mail     []any
	draining bool
	closed   bool
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
	defer c.turn.Unlock()
	c.srv.h.Open(&c.Conn)
	alive := c.flush()
	buf := make([]byte, readStep)
	for alive && !c.gone && !c.Closing {
		if c.unwanted() {
			c.resume.Wait()
			continue
		}
		c.turn.Unlock()
		n, err := c.nc.Read(buf)
		c.stat.bytesIn.Add(int64(n))
		c.turn.Lock()
		alive = !c.gone && c.feed(c.srv.h, buf[:n], c.flush)
		c.noteBuffers(c.srv.h)
		if err != nil {
			break
		}
	}
	// A client that has sent everything still gets its replies.
	for alive && !c.gone && (c.unread() > 0 || c.Again) {
		c.resume.Wait()
	}
	c.finish()
}

// unwanted reports whether input is to be left with the client; turn is held.
func (c *goConn) unwanted() bool {
	return c.Waiting && len(c.in) > maxIdleInput || c.unread() > MaxUnread
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

// flush has Out written; turn is held.
func (c *goConn) flush() bool {
	if c.stat.kicked.Load() {
		return false
	}
	if len(c.Out) > 0 && !c.Held && !c.writing {
		c.writing = true
		go c.write()
	}
	return true
}

// write writes until there is nothing left to write, and goes on with input that had
// to wait for that.
func (c *goConn) write() {
	c.turn.Lock()
	defer c.turn.Unlock()
	for !c.gone && len(c.Out) > 0 && !c.Held {
		out := c.Out
		c.Out, c.sending = c.spare[:0], len(out)
		c.turn.Unlock()
		n, err := c.nc.Write(out)
		c.stat.bytesOut.Add(int64(n))
		c.turn.Lock()
		c.spare, c.sending = nil, 0
		if cap(out) <= readStep {
			c.spare = out[:0]
		}
		if c.gone {
			break
		}
		if err != nil || c.Again && !c.feed(c.srv.h, nil, c.flush) || !c.refill(c.srv.h, c.flush) {
			c.finish()
		}
		c.settle()
	}
	c.writing = false
	c.resume.Broadcast()
}

// settle ends a turn that was not the reader's; turn is held.
func (c *goConn) settle() {
	if c.Closing && c.unread() == 0 {
		c.finish()
	}
	c.noteBuffers(c.srv.h)
	c.resume.Broadcast()
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
			switch m.(type) {
			case nil:
			case wake:
				c.More = true
			default:
				c.srv.h.Message(&c.Conn, m)
			}
		}
		if !c.feed(c.srv.h, nil, c.flush) {
			c.finish()
		}
		c.settle()
	}
}

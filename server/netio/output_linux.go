package netio

// This file writes what connections are replied: at once, or behind the calls of all that were
// ready (Epoll).

import (
	"bytes"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// refill sends what the connection is to be sent beside its replies; false when it has
// failed. It never takes long, so it is no call that may be found stuck.
func (d *driver) refill(c *epollConn) (alive bool) {
	if !c.More {
		return true
	}
	if !c.writeOut() { // it may be all that stands before
		return false
	}
	if len(c.Out) > 0 {
		return true
	}
	if !c.own {
		c.Out = d.room()
	}
	alive = c.Conn.refill(d.l.srv.h, c.flushUnlessLater)
	c.takeOut(d)
	d.l.postpone(c)
	return alive
}

// room returns the free part of the driver's buffer, empty.
func (d *driver) room() []byte { return d.out[len(d.out):] }

// flushUnlessLater is flush where the output cannot wait until the other connections have been
// served.
func (c *epollConn) flushUnlessLater() bool {
	if c.canWait() {
		return true
	}
	return c.flush()
}

// canWait reports whether the output can be written later. What more will come behind, and the last
// words, cannot.
func (c *epollConn) canWait() bool {
	return len(c.Out) <= laterMax && !c.Held && !c.More && !c.Again && !c.Closing && !c.eof && !c.stat.kicked.Load()
}

const (
	// laterMax is how many bytes of output may wait for other connections to be served.
	laterMax = 16 << 10
	// outRoom is how much room a driver's buffer has at least when a call begins, in bytes.
	outRoom = laterMax
)

// takeOut makes what is still to be written the connection's own, or leaves it in the
// driver's buffer until all connections have been served; what was written, it gives back.
func (c *epollConn) takeOut(d *driver) {
	if c.own {
		if len(c.Out) == 0 {
			c.Out, c.own = nil, false
		}
		c.later = len(c.Out) > 0 && c.canWait() && !c.gone
		return
	}
	lent := cap(c.Out) == cap(d.room())
	if !lent && !c.gone && !c.flush() {
		c.gone = true
	}
	switch {
	case c.own: // what is left
		return
	case len(c.Out) == 0:
		if !lent && len(d.out) == 0 && cap(c.Out) <= 4*readStep {
			d.out = c.Out[:0]
		}
		c.Out = nil
		return
	case lent && c.canWait() && !c.gone:
		n := len(d.out) + len(c.Out)
		c.Out, d.out, c.later = c.Out[:len(c.Out):len(c.Out)], d.out[:n], true
		return
	case lent:
		c.Out = bytes.Clone(c.Out)
	}
	c.own = true
}

// flush writes Out as far as the socket takes it; false when the connection has
// failed.
func (c *epollConn) flush() bool {
	if c.stat.kicked.Load() {
		return false
	}
	if c.Held {
		return true
	}
	for len(c.Out) > 0 {
		n, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(c.FD), uintptr(unsafe.Pointer(&c.Out[0])), uintptr(len(c.Out)), unix.MSG_NOSIGNAL, 0, 0)
		if errno == syscall.EINTR {
			continue
		}
		if errno == syscall.EAGAIN {
			return true
		}
		if errno != 0 {
			return false
		}
		c.stat.bytesOut.Add(int64(n))
		if int(n) == len(c.Out) {
			c.Out = c.Out[:0]
			return true
		}
		// The rest is not moved to the front: a large reply goes out in thousands of
		// writes, each of which would move all that is left.
		if c.own {
			c.Out = c.Out[n:]
		} else {
			c.Out, c.own = append([]byte(nil), c.Out[n:]...), true
		}
	}
	return true
}

// postpone notes what the connection has left to be written later.
func (l *loop) postpone(c *epollConn) {
	if c.later && !c.listed {
		c.listed = true
		l.later = append(l.later, c)
	}
}

// writeLater writes what calls have left to be written; false when the driver was
// replaced.
func (d *driver) writeLater() bool {
	l := d.l
	for l.laterAt < len(l.later) {
		if l.laterAt >= l.sent {
			l.sendAhead()
		}
		c := l.later[l.laterAt]
		l.later[l.laterAt] = nil
		l.laterAt++
		c.listed = false
		if c.busy || !c.later {
			continue // a replaced driver writes it; or written with what came behind it, or closed
		}
		alive := c.writeOut()
		if alive && !d.settle(c) || !alive && !d.close(c) {
			return false // another driver goes on from laterAt
		}
	}
	l.later, l.laterAt, l.sent = l.later[:0], 0, 0
	d.out = d.out[:0]
	return true
}

// sendAhead hands what connections have left to be written to the system at once, from laterAt to
// sent. What it does not take is theirs still.
func (l *loop) sendAhead() {
	r := l.ring
	if l.sent = len(l.later); r == nil || l.sent-l.laterAt < 2 {
		return
	}
	conns := l.sending[:0]
	for i := l.laterAt; i < len(l.later); i++ {
		c := l.later[i]
		if c.busy || !c.later || c.Held || len(c.Out) == 0 || c.stat.kicked.Load() {
			continue
		}
		if r.full() {
			l.sent = i
			break
		}
		conns = append(conns, c)
		r.send(c.FD, c.Out)
	}
	r.run(func(i int, res int32) {
		if c := conns[i]; res > 0 {
			c.stat.bytesOut.Add(int64(res))
			c.Out = c.Out[res:]
		}
	})
	clear(conns)
	l.sending = conns
}

// writeOut writes output that lies in a driver's buffer, and makes the connection's own what
// is left of it; false when the connection has failed.
func (c *epollConn) writeOut() (alive bool) {
	if !c.later {
		return true
	}
	c.later = false
	alive = c.flush()
	if len(c.Out) == 0 {
		c.Out, c.own = nil, false
	} else if !c.own {
		c.Out, c.own = bytes.Clone(c.Out), true
	}
	return alive
}

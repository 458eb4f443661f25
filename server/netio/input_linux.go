package netio

// This file reads what connections say: of all that are ready, before the first of their calls
// (Epoll).

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// readable are the events after which a read tells something.
const readable = unix.EPOLLIN | unix.EPOLLHUP | unix.EPOLLERR | unix.EPOLLRDHUP

// input is what was read of a connection, in a driver's buffer.
type input struct {
	b    []byte
	full bool // there may be more than the buffer took
	end  bool // nothing comes any more
}

// readAhead reads what connections say that are ready, the first one's in any case, as long as the
// buffer has inRoom. Behind an input that is full the buffer holds no other.
func (d *driver) readAhead() {
	l := d.l
	rest := d.in
	for l.read = l.at; l.read < l.n; l.read++ {
		ev := &l.events[l.read]
		l.inputs[l.read] = input{}
		if ev.Fd == wakeSlot || ev.Events&readable == 0 {
			continue
		}
		c := l.conns[ev.Fd]
		if c == nil || c.busy {
			continue
		}
		if len(rest) < inRoom {
			return
		}
		in := c.read(rest)
		l.inputs[l.read] = in
		rest = rest[len(in.b):]
	}
}

// inRoom is how much room a driver's buffer has at least when a connection is read, in bytes.
const inRoom = readStep / 4

// read takes what is there, as far as buf has room for it.
func (c *epollConn) read(buf []byte) input {
	n, _, errno := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(c.FD), uintptr(unsafe.Pointer(&buf[0])), uintptr(len(buf)), 0, 0, 0)
	switch {
	case errno == syscall.EAGAIN || errno == syscall.EINTR:
		return input{}
	case errno != 0 || n == 0:
		return input{end: true}
	}
	c.stat.bytesIn.Add(int64(n))
	return input{b: buf[:n:n], full: int(n) == len(buf)}
}

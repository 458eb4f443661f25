// Package netio moves bytes between connections and a Handler. It has two back
// ends behind one interface: event loops on epoll (Linux), and a goroutine per
// connection (any net.Conn: TLS, in-memory connections, other systems).
//
// # The turn of a connection
//
// All calls of a Handler for one connection come one after the other, as if from
// one goroutine. A turn is: read what is there, hand it over, write once what was
// replied. A Handler never blocks on the network.
//
// # Backpressure
//
// A Handler stops when Out has grown past OutStep and says that there is more to do
// (Again). Output is then written, and only while no more than MaxUnread of it waits
// for a client that does not read is more input looked at. So a client that never
// reads costs bounded memory, and one that sends a long pipeline before it
// reads anything is still served up to that limit.
package netio

import (
	"net"
	"sync/atomic"
	"time"
)

const (
	// OutStep is how many bytes of replies a Handler may collect before it lets
	// them be written.
	OutStep = 256 << 10
	// MaxUnread is how many bytes may wait for the client to read them before
	// its input is left alone.
	MaxUnread = 64 << 20

	readStep = 64 << 10
	// maxIdleInput is how much input is taken in while the handler does not
	// want any (the connection waits).
	maxIdleInput = 1 << 20
)

// A Handler serves connections.
type Handler interface {
	// Open is called before anything else.
	Open(c *Conn)
	// Input is given the input that has not been consumed yet, and returns how
	// many bytes of it are consumed now. It borrows in.
	Input(c *Conn, in []byte) (n int)
	// Message is given what was posted to the connection.
	Message(c *Conn, m any)
	// Refill is called after Wake, once all of Out has been written, and again as
	// long as it sets More. It appends to Out what the connection is to be sent
	// beside its replies.
	Refill(c *Conn)
	// Grown is called when Buffered tells more than it did.
	Grown(c *Conn)
	// Close is called once at the end.
	Close(c *Conn)
}

// A Conn is one connection. Its exported fields belong to the Handler during its
// calls.
type Conn struct {
	// Out collects what is to be written.
	Out []byte
	// Held keeps Out from being written.
	Held bool
	// Closing ends the connection once Out has been written.
	Closing bool
	// Again says that Input has left complete work in the input.
	Again bool
	// Waiting says that Input wants nothing until a message comes.
	Waiting bool
	// More says that Refill has something for Out once that has been written.
	More bool
	// Idle is how long the call has waited for something else than a processor: a loop that does
	// is not busy.
	Idle time.Duration
	// Want is the length of input before which a call of Input is of no use.
	Want int
	// State is the Handler's own.
	State any

	Local, Remote net.Addr
	FD            int // -1 where there is none

	in      []byte // input that was not consumed
	sending int    // bytes of output that a writer has taken from Out
	b       backend
	stat    connStat
}

// connStat is what other goroutines may see of a connection.
type connStat struct {
	in, out           atomic.Int64 // buffered bytes
	bytesIn, bytesOut atomic.Int64
	kicked            atomic.Bool
}

// backend is how a connection's back end is told something by other goroutines.
type backend interface {
	post(c *Conn, m any)
}

// Post hands m to the Handler's Message on the connection's own loop. It does not
// block and may be called by any goroutine; what is posted to a closed
// connection is dropped. Messages keep the order of their Posts.
func (c *Conn) Post(m any) { c.b.post(c, m) }

// Wake has the Handler's Refill called on the connection's own loop. Like Post it does
// not block.
func (c *Conn) Wake() { c.b.post(c, wake{}) }

// wake is what Wake posts.
type wake struct{}

// refill lets the Handler append to Out while nothing waits there to be written; flush
// writes, and reports whether the connection lives.
func (c *Conn) refill(h Handler, flush func() bool) (alive bool) {
	for c.More && len(c.Out) == 0 && !c.Closing {
		c.More = false
		h.Refill(c)
		if !flush() {
			return false
		}
	}
	return true
}

// Kick closes the connection, without writing what is left.
func (c *Conn) Kick() {
	c.stat.kicked.Store(true)
	c.b.post(c, nil)
}

// Buffered returns the bytes of input and of output that wait in memory.
func (c *Conn) Buffered() (in, out int) { return int(c.stat.in.Load()), int(c.stat.out.Load()) }

// Traffic returns the bytes read and written so far.
func (c *Conn) Traffic() (in, out int64) { return c.stat.bytesIn.Load(), c.stat.bytesOut.Load() }

// unread returns how many bytes of output wait for the client.
func (c *Conn) unread() int { return len(c.Out) + c.sending }

// noteBuffers shows others what is buffered now.
func (c *Conn) noteBuffers(h Handler) {
	grown := false
	if n, was := int64(len(c.in)), c.stat.in.Load(); n != was {
		c.stat.in.Store(n)
		grown = n > was
	}
	if n, was := int64(c.unread()), c.stat.out.Load(); n != was {
		c.stat.out.Store(n)
		grown = grown || n > was
	}
	if grown {
		h.Grown(c)
	}
}

// feed hands input to the Handler until it wants no more, keeping the rest; flush
// writes Out as far as possible and reports whether the connection lives. fresh is
// new input that may stand in a shared buffer.
func (c *Conn) feed(h Handler, fresh []byte, flush func() bool) (alive bool) {
	in := fresh
	if len(c.in) > 0 {
		c.in = append(c.in, fresh...)
		in = c.in
	}
	for {
		c.Again = false
		n := 0
		if !c.Waiting && len(in) > 0 && len(in) >= c.Want {
			c.Want = 0
			n = h.Input(c, in)
		}
		c.keep(in, n)
		in = c.in
		if !flush() || !c.refill(h, flush) {
			return false
		}
		if !c.Again || c.Closing || c.unread() > MaxUnread {
			return true
		}
		c.noteBuffers(h) // a long pipeline may go on for long
	}
}

// keep stores what is left of in behind its first n bytes.
func (c *Conn) keep(in []byte, n int) {
	rest := in[n:]
	if len(rest) == 0 {
		if cap(c.in) > readStep {
			c.in = nil
		}
		c.in = c.in[:0]
		return
	}
	if len(c.in) > 0 && n == 0 {
		return // in is c.in
	}
	c.in = append(c.in[:0], rest...)
}

// Options are what event loops are to be like.
type Options struct {
	// Loops is how many there are; default one per processor.
	Loops int
	// Adapt has no more of them serve connections at a time than the load needs.
	Adapt bool
	// Plain has them write with a system call for each connection even where the system takes many
	// at once.
	Plain bool
}

// A Server takes connections until it is closed.
type Server interface {
	// Serve takes over the connection.
	Serve(conn net.Conn)
	// Close ends all connections and waits until their handlers are done.
	Close()
	// Name names the back end.
	Name() string
	// Active returns the number of event loops that serve connections now.
	Active() int
}

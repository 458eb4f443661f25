package server

import (
	"errors"
	"fmt"
	"math"
	"net"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/server/netio"
	"github.com/medleydb/medley/server/resp"
)

// conn is one client: the far end of a session, on a netio connection.
type conn struct {
	srv     *Server
	c       *netio.Conn
	session *command.Session
	parser  resp.Parser
	w       resp.Writer
	cut     atomic.Int64 // bytes of input that the parser has been through
	sent    atomic.Int64 // bytes of Send that have not come to the loop yet
	offset  int64        // of the journal, that held replies wait for
	inbox   inbox
	retried bool // a command that was held back is run again
}

// resume is the message that brings the reply of a command that has waited.
type resume struct {
	reply  command.Value
	offset int64
}

// retry is the message that makes a connection look at its input again, and
// held the one that makes it look whether held replies may go out.
type (
	raw   []byte // bytes to be written as they are
	retry struct{}
	held  struct{}
)

// handler is the server as its back ends see it.
type handler struct{ *Server }

// Open implements netio.Handler.
func (h handler) Open(c *netio.Conn) {
	s := h.Server
	k := &conn{srv: s, c: c}
	c.State = k
	k.session = s.eng.NewSession(k)
	k.session.SetFlag(command.UnixSocket, isUnix(c.Local))
	if text := s.refusal(c); text != "" {
		c.Out = append(c.Out, text...)
		c.Closing = true
		return
	}
	s.stats.Connections.Add(1)
}

func isUnix(a net.Addr) bool {
	_, ok := a.(*net.UnixAddr)
	return ok
}

// Close implements netio.Handler.
func (h handler) Close(c *netio.Conn) {
	k := c.State.(*conn)
	in, out := c.Traffic()
	h.stats.BytesIn.Add(in)
	h.stats.BytesOut.Add(out)
	h.eng.EndSession(k.session)
}

// Message implements netio.Handler.
func (h handler) Message(c *netio.Conn, m any) {
	k := c.State.(*conn)
	switch m := m.(type) {
	case resume:
		k.session.Park(nil)
		k.session.Active(k.session.LastMs(), 1)
		c.Waiting = false
		k.w.Buf, k.w.RESP3 = c.Out, k.session.Proto == 3
		if k.session.Answers() {
			command.Replay(&k.w, m.reply)
		}
		c.Out, k.w.Buf = k.w.Buf, nil
		k.hold(m.offset)
		if k.exceeds(len(c.Out)) {
			k.drop()
		}
	case raw:
		c.Out = append(c.Out, m...)
		k.sent.Add(-int64(len(m)))
	case retry:
		c.Waiting, k.retried = false, true
	case held:
		if c.Held = !h.eng.Gate().Reached(k.offset); c.Held {
			began := time.Now()
			h.eng.Await(k.offset, func() { c.Post(held{}) })
			c.Idle = time.Since(began)
		}
	}
}

// Input implements netio.Handler: it runs every complete command.
func (h handler) Input(c *netio.Conn, in []byte) (n int) {
	k := c.State.(*conn)
	if c.Closing {
		return len(in)
	}
	s := h.Server
	if len(in) > largeInput {
		if s.eng.Weigh(k.session, len(in)); k.session.Flag(command.Killed) {
			c.Closing = true
			return len(in)
		}
	}
	x := s.eng.Acquire()
	k.w.Buf, k.w.RESP3 = c.Out, k.session.Proto == 3
	k.parser.MaxBulk = int(s.cfg.ProtoMaxBulkLen.Load())
	defer func() {
		if p := recover(); p != nil {
			s.log.Error("a command panicked", "panic", p, "stack", string(debug.Stack()))
			x.Recover()
			k.w.Error(command.WireText(command.ErrInternal, nil))
			c.Closing, n = true, len(in)
		}
		c.Out, k.w.Buf = k.w.Buf, nil
		k.hold(x.Release())
		s.eng.Weigh(k.session, 0)
		if k.retried {
			k.retried = false
			s.eng.Services().Pause.Resumed(k.session)
		}
	}()
	n, commands := k.execute(x, in)
	k.session.Active(x.NowMs(), commands)
	x.Turn()
	k.deliver(netio.OutStep)
	if k.exceeds(len(k.w.Buf)) {
		k.drop()
	}
	return n
}

// largeInput is how much input is weighed before its commands run.
const largeInput = 16 << 10

// Grown implements netio.Handler.
func (h handler) Grown(c *netio.Conn) { h.eng.Grew(c.State.(*conn).session) }

// execute runs commands until the input ends, one waits, or enough has been
// replied for this turn.
func (k *conn) execute(x *commands.Executor, in []byte) (n, count int) {
	for {
		b := x.Batch()
		if err := k.fill(b, in[n:]); b.Len() == 0 {
			if err != nil {
				k.refuse(err)
				return len(in), count
			}
			k.c.Want = k.parser.Pending()
			if n := int64(k.parser.Cut()); n != k.cut.Load() {
				k.cut.Store(n)
			}
			if limit := k.srv.cfg.ClientQueryBufferLimit.Load(); int64(len(in)-n) > limit {
				k.srv.log.Warn("closing client that reached the query buffer limit", "addr", k.Addr())
				k.c.Closing = true
				return len(in), count
			}
			return n, count
		}
		x.Prepare(k.session)
		for i := range b.Len() {
			argv, size := b.Command(i)
			if len(argv) == 0 {
				n += size
				continue
			}
			if k.session.Flag(command.Tracks) {
				x.MakeRoom()
			}
			if k.inbox.some.Load() {
				k.deliver(math.MaxInt)
			}
			out := x.Run(i, k.session, &k.w)
			if out != commands.Retry {
				n += size
				if out != commands.Waiting {
					count++
				}
			}
			switch {
			case out == commands.Quit:
				k.c.Closing = true
				return len(in), count
			case out == commands.Retry:
				k.c.Waiting, k.retried = true, false
			case out == commands.Waiting:
				k.c.Waiting = true
			case len(k.w.Buf) >= netio.OutStep:
				k.c.Again = true
			default:
				continue
			}
			k.parser.Forget() // what follows is cut again
			return n, count
		}
	}
}

// fill cuts commands out of the input. An error counts once nothing is before it: then
// it is met again.
func (k *conn) fill(b *commands.Batch, in []byte) error {
	k.parser.Guest = !k.session.Authed
	for {
		argv, room := b.Room()
		if !room {
			return nil
		}
		argv, size, err := k.parser.Next(in, argv)
		if err != nil || size == 0 {
			return err
		}
		b.Add(argv, size)
		in = in[size:]
	}
}

// refuse answers input that is no RESP and ends the connection.
func (k *conn) refuse(err error) {
	var p resp.ProtocolError
	if !errors.As(err, &p) {
		err = fmt.Errorf("Protocol error")
	}
	k.w.Error("ERR " + err.Error())
	k.c.Closing = true
}

// hold keeps replies back until the journal has reached the offset. The message comes when the
// loop has served what else has arrived, so that all of it is waited for together.
func (k *conn) hold(offset int64) {
	if offset == 0 || k.srv.eng.Gate().Reached(offset) {
		return
	}
	k.offset = max(k.offset, offset)
	if !k.c.Held {
		k.c.Held = true
		k.c.Post(held{})
	}
}

// Addr implements command.Peer.
func (k *conn) Addr() string { return addrText(k.c.Remote, k.c.Local) }

// LocalAddr implements command.Peer.
func (k *conn) LocalAddr() string { return addrText(k.c.Local, k.c.Local) }

func addrText(a, local net.Addr) string {
	if isUnix(local) {
		return local.String() + ":0"
	}
	if a == nil {
		return ""
	}
	return a.String()
}

// Resume implements command.Peer.
func (k *conn) Resume(v command.Value, offset int64) { k.c.Post(resume{v, offset}) }

// Retry implements command.Peer.
func (k *conn) Retry() { k.c.Post(retry{}) }

// Stream implements replication.Link.
func (k *conn) Stream(b []byte) {
	k.sent.Add(int64(len(b)))
	k.c.Post(raw(b))
}

// Unsent implements replication.Link: what waits in the mailbox counts too.
func (k *conn) Unsent() int {
	_, out := k.c.Buffered()
	return out + int(k.sent.Load())
}

// Kick implements command.Peer.
func (k *conn) Kick() { k.c.Kick() }

// Stats implements command.Peer.
func (k *conn) Stats() command.PeerStats {
	in, out := k.c.Buffered()
	bytesIn, bytesOut := k.c.Traffic()
	messages := int(k.inbox.bytes.Load())
	cut := min(int(k.cut.Load()), in)
	return command.PeerStats{FD: k.c.FD, QueryBuffer: in - cut, Arguments: cut, OutputBuffer: out + messages, Messages: messages, BytesIn: bytesIn, BytesOut: bytesOut}
}

// idleFor returns how long the client has sent nothing.
func idleFor(s *command.Session, nowMs int64) time.Duration {
	return time.Duration(nowMs-s.LastMs()) * time.Millisecond
}

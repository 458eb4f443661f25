package commands

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/medleydb/medley/commands/command"
)

// ErrClosed is the error of a command on a client that was closed or killed.
var ErrClosed = errors.New("commands: client is closed")

// ErrNoReply is what a command gives after CLIENT REPLY OFF or SKIP: it ran, and is
// not answered.
var ErrNoReply = errors.New("commands: no reply is wanted")

// Do runs one command and returns its reply in RESP3's types. Arguments are
// strings, byte slices, integers, floats or booleans. An error reply comes as the
// error (a command.ReplyError, or one of the typed errors for errors.Is). Each call
// is a session of its own in database 0: for MULTI, SELECT or WATCH use NewClient.
func (e *Engine) Do(ctx context.Context, args ...any) (command.Value, error) {
	c := e.doers.Get().(*Client)
	v, err := c.Do(ctx, args...)
	if c.session.Altered() || c.session.Proto != 3 {
		c.Close()
		return v, err
	}
	e.doers.Put(c)
	return v, err
}

// A Client is a session in process. It is not safe for concurrent use, except that
// Receive may be called by one goroutine while Do runs in another.
type Client struct {
	eng     *Engine
	session *command.Session
	capture command.Capture
	argv    [][]byte
	arena   []byte
	peer    *localPeer
}

// NewClient returns a session that runs commands in process.
func (e *Engine) NewClient() *Client { return e.localClient(true) }

func (e *Engine) localClient(listed bool) *Client {
	p := &localPeer{wake: make(chan struct{}, 1), gone: make(chan struct{}), arrived: make(chan struct{}, 1)}
	p.eng = e
	c := &Client{eng: e, peer: p}
	if listed {
		c.session = e.NewSession(p)
	} else {
		c.session = command.NewSession(0, p, e.NowMs())
		c.session.Authed = true
	}
	c.session.SetProto(3)
	p.session.Store(c.session)
	return c
}

// Session returns the client's session.
func (c *Client) Session() *command.Session { return c.session }

// Gone returns a channel that is closed when another client kills the session.
func (c *Client) Gone() <-chan struct{} { return c.peer.gone }

// Close ends the session.
func (c *Client) Close() error {
	c.eng.EndSession(c.session)
	return nil
}

// Do runs one command; see Engine.Do.
func (c *Client) Do(ctx context.Context, args ...any) (command.Value, error) {
	if len(args) == 0 {
		return command.Value{}, command.ErrArity
	}
	if err := c.encode(args); err != nil {
		return command.Value{}, err
	}
	if c.ended() {
		return command.Value{}, ErrClosed
	}
	c.capture.Reset()
	c.capture.RESP2 = c.session.Proto == 2
	for held := false; ; {
		x := c.eng.Acquire()
		out := x.Execute(c.session, c.argv, &c.capture)
		offset := x.Release()
		if held && out != Retry {
			c.eng.svc.Pause.Resumed(c.session)
		}
		var v command.Value
		var err error
		switch out {
		case Waiting:
			if v, offset, err = c.wait(ctx); err != nil {
				return v, err
			}
			c.capture.Reset()
			command.Replay(&c.capture, v)
			v = c.capture.Value()
		case Retry:
			if err := c.peer.retried(ctx); err != nil {
				c.eng.svc.Pause.Forget(c.session)
				return v, err
			}
			held = true
			continue
		case Quit:
			if !c.session.Closing {
				return v, ErrClosed // killed before the command ran
			}
			v = c.capture.Value()
		default:
			v = c.capture.Value()
			if len(c.capture.Values()) == 0 {
				switch {
				case c.session.Flag(command.Killed):
					return v, ErrClosed
				case !c.answered():
					return v, ErrNoReply
				}
			}
		}
		if err := c.eng.await(ctx, offset); err != nil {
			return v, err
		}
		return v, v.Err()
	}
}

// answered reports whether the last command was answered by messages: one that begins or
// ends subscriptions.
func (c *Client) answered() bool {
	spec := c.session.LastSpec()
	return spec != nil && strings.HasSuffix(spec.Name, "subscribe")
}

// Receive waits for what the client is sent beside replies: messages of channels that it
// is subscribed to, invalidations of keys that it tracks, lines of MONITOR. They come as
// clients of RESP3 see them, a Push of several elements:
//
//	c := eng.NewClient()
//	defer c.Close()
//	if _, err := c.Do(ctx, "SUBSCRIBE", "news"); err != nil { ... }
//	for {
//		m, err := c.Receive(ctx)
//		if err != nil { ... }
//		fmt.Println(m.Elems) // first subscribe news 1, then message news ...
//	}
//
// SUBSCRIBE and its like are answered by such messages alone: Do returns the zero Value.
// What has arrived is returned whether or not ctx is done. A client that leaves too much
// unread (the directive client-output-buffer-limit) is killed: then, as when it is killed by
// another, the error is ErrClosed.
func (c *Client) Receive(ctx context.Context) (command.Value, error) {
	for {
		m, ok := c.peer.nextMessage()
		switch {
		case ok:
			return m.Value, nil
		case c.session.Flag(command.Killed):
			return command.Value{}, ErrClosed
		}
		select {
		case <-c.peer.arrived:
		case <-c.peer.gone:
			return command.Value{}, ErrClosed
		case <-ctx.Done():
			return command.Value{}, ctx.Err()
		}
	}
}

// Arrived returns a channel that something is sent to when there may be a message for
// Receive: for programs that wait for other things too.
func (c *Client) Arrived() <-chan struct{} { return c.peer.arrived }

// ended reports whether the session has ended by QUIT or CLIENT KILL.
func (c *Client) ended() bool { return c.session.Closing || c.session.Flag(command.Killed) }

// wait waits for the reply of a command that was parked.
func (c *Client) wait(ctx context.Context) (command.Value, int64, error) {
	for {
		select {
		case <-c.peer.wake:
			v, offset, ok, kicked := c.peer.take()
			if !ok && !kicked {
				continue
			}
			c.session.Park(nil)
			switch {
			case !ok:
				return command.Value{}, 0, ErrClosed
			case !c.session.Answers():
				v = command.Value{}
			}
			return v, offset, nil
		case <-ctx.Done():
			if p := c.session.Parked(); p != nil && c.eng.svc.Store.Cancel(p.Waiter) {
				c.eng.timers.remove(p)
				c.session.Park(nil)
				return command.Value{}, 0, ctx.Err()
			}
			ctx = context.Background() // the reply is under way
		}
	}
}

// await waits until the journal has reached the offset.
func (e *Engine) await(ctx context.Context, offset int64) error {
	if offset == 0 || e.gate.Reached(offset) {
		return nil
	}
	done := make(chan struct{})
	e.svc.Files.Push()
	e.gate.Notify(offset, func() { close(done) })
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (c *Client) encode(args []any) error {
	c.argv, c.arena = c.argv[:0], c.arena[:0]
	for _, a := range args {
		switch v := a.(type) {
		case []byte:
			c.argv = append(c.argv, v)
			continue
		case string:
			c.arg(func(b []byte) []byte { return append(b, v...) })
		case int:
			c.arg(func(b []byte) []byte { return strconv.AppendInt(b, int64(v), 10) })
		case int64:
			c.arg(func(b []byte) []byte { return strconv.AppendInt(b, v, 10) })
		case uint64:
			c.arg(func(b []byte) []byte { return strconv.AppendUint(b, v, 10) })
		case float64:
			c.arg(func(b []byte) []byte { return strconv.AppendFloat(b, v, 'g', -1, 64) })
		case bool:
			c.arg(func(b []byte) []byte { return strconv.AppendBool(b, v) })
		case fmt.Stringer:
			c.arg(func(b []byte) []byte { return append(b, v.String()...) })
		default:
			return fmt.Errorf("commands: argument of type %T", a)
		}
	}
	return nil
}

// arg adds an argument in the client's buffer.
func (c *Client) arg(add func([]byte) []byte) {
	at := len(c.arena)
	c.arena = add(c.arena)
	c.argv = append(c.argv, c.arena[at:len(c.arena):len(c.arena)])
}

// localPeer is the peer of a session in process.
type localPeer struct {
	eng     *Engine
	session atomic.Pointer[command.Session]

	mu     sync.Mutex
	wake   chan struct{}
	gone   chan struct{} // closed by Kick
	reply  *command.Value
	offset int64
	retry  bool
	kicked bool

	messages []*command.Message
	bytes    int           // of messages
	arrived  chan struct{} // something was added to messages
}

func (p *localPeer) Addr() string      { return "in-process:0" }
func (p *localPeer) LocalAddr() string { return "in-process:0" }
func (p *localPeer) Stats() command.PeerStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return command.PeerStats{FD: -1, OutputBuffer: p.bytes, Messages: p.bytes}
}

func (p *localPeer) signal(set func(*localPeer)) {
	p.mu.Lock()
	set(p)
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *localPeer) Resume(v command.Value, offset int64) {
	p.signal(func(p *localPeer) { p.reply, p.offset = &v, offset })
}

// Send implements command.Peer.
func (p *localPeer) Send(m *command.Message) {
	p.mu.Lock()
	s := p.session.Load()
	if p.kicked || s == nil {
		p.mu.Unlock()
		return
	}
	p.messages = append(p.messages, m)
	p.bytes += m.Size()
	limit := s.OutputLimit(p.eng.svc.Config, true).HardBytes
	over := limit > 0 && int64(p.bytes) > limit
	if over {
		p.messages, p.bytes = nil, 0
	}
	p.mu.Unlock()
	if over {
		p.eng.svc.Stats.OutputLimit.Add(1)
		s.SetFlag(command.Killed, true)
		p.Kick()
		return
	}
	select {
	case p.arrived <- struct{}{}:
	default:
	}
}

func (p *localPeer) nextMessage() (m *command.Message, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.messages) == 0 {
		return nil, false
	}
	m = p.messages[0]
	p.messages[0] = nil
	if p.messages = p.messages[1:]; len(p.messages) == 0 {
		p.messages = nil
	}
	p.bytes -= m.Size()
	return m, true
}

func (p *localPeer) Retry() { p.signal(func(p *localPeer) { p.retry = true }) }
func (p *localPeer) Kick() {
	p.signal(func(p *localPeer) {
		if !p.kicked {
			p.kicked = true
			close(p.gone)
		}
	})
}

func (p *localPeer) take() (v command.Value, offset int64, ok, kicked bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.reply == nil {
		return v, 0, false, p.kicked
	}
	v, p.reply = *p.reply, nil
	return v, p.offset, true, false
}

// retried waits until the session may try its command again.
func (p *localPeer) retried(ctx context.Context) error {
	for {
		p.mu.Lock()
		ok, kicked := p.retry, p.kicked
		p.retry = false
		p.mu.Unlock()
		if kicked {
			return ErrClosed
		}
		if ok {
			return nil
		}
		select {
		case <-p.wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

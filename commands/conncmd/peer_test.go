package conncmd_test

import (
	"io"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/config"
)

func open(t testing.TB, o commands.Options) *commands.Engine {
	t.Helper()
	e, err := commands.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func configured(t testing.TB, name, value string) *config.Config {
	t.Helper()
	c := config.New()
	if err := c.Override(config.Pair{Name: name, Value: value}); err != nil {
		t.Fatal(err)
	}
	return c
}

// A peer is a connection without a socket: one goroutine runs its commands, one
// after the other, and does what is posted to it, as a server's loop does.
type peer struct {
	eng     *commands.Engine
	session *command.Session
	port    int64

	in      chan []string
	out     chan command.Value
	resume  chan resumed
	retries chan struct{}
	kicks   chan struct{}
	ended   chan struct{}
	stop    sync.Once
	sent    atomic.Int64
}

type resumed struct{ v command.Value }

var ports atomic.Int64

func dial(e *commands.Engine) *peer {
	p := &peer{
		eng: e, port: ports.Add(1), in: make(chan []string, 64), out: make(chan command.Value, 64),
		resume: make(chan resumed, 1), retries: make(chan struct{}, 1), kicks: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	p.session = e.NewSession(p)
	go p.loop()
	return p
}

func (p *peer) Addr() string                    { return "127.0.0.1:" + strconv.FormatInt(p.port+10000, 10) }
func (p *peer) LocalAddr() string               { return "127.0.0.1:6379" }
func (p *peer) Resume(v command.Value, _ int64) { p.resume <- resumed{v} }
func (p *peer) Send(m *command.Message)         { p.out <- m.Value }
func (p *peer) Retry()                          { post(p.retries) }
func (p *peer) Kick()                           { post(p.kicks) }
func (p *peer) Stats() command.PeerStats        { return command.PeerStats{FD: 7, BytesIn: p.sent.Load()} }
func (p *peer) addr() string                    { return p.Addr() }
func (p *peer) laddr() string                   { return p.LocalAddr() }
func (p *peer) send(words []string)             { p.in <- words }

func post(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (p *peer) read(wait time.Duration) (command.Value, bool, error) {
	// What has been answered before the end is read first.
	select {
	case v := <-p.out:
		return v, true, nil
	default:
	}
	select {
	case v := <-p.out:
		return v, true, nil
	case <-p.ended:
		select {
		case v := <-p.out:
			return v, true, nil
		default:
		}
		return command.Value{}, false, io.EOF
	case <-time.After(wait):
		return command.Value{}, false, nil
	}
}

func (p *peer) close() {
	p.stop.Do(func() {
		close(p.in)
		post(p.kicks) // it may wait
	})
	<-p.ended
}

// loop serves the peer until its input or the session ends.
func (p *peer) loop() {
	defer close(p.ended)
	defer p.eng.EndSession(p.session)
	for {
		select {
		case <-p.kicks:
			return
		case <-p.retries: // of a pause that it has left already
		case words, ok := <-p.in:
			if !ok || !p.execute(words) {
				return
			}
		}
	}
}

// execute runs one command to its end; false when the session has ended.
func (p *peer) execute(words []string) bool {
	argv := make([][]byte, len(words))
	for i, w := range words {
		argv[i] = []byte(w)
		p.sent.Add(int64(len(w)))
	}
	for {
		var reply command.Capture
		reply.RESP2 = p.session.Proto == 2
		x := p.eng.Acquire()
		outcome := x.Execute(p.session, argv, &reply)
		x.Release()
		for _, v := range reply.Values() {
			p.out <- v
		}
		switch outcome {
		case commands.Quit:
			return false
		case commands.Done:
			p.session.Active(p.eng.NowMs(), 1)
			return true
		}
		select {
		case <-p.kicks:
			return false
		case r := <-p.resume:
			p.session.Park(nil)
			if p.session.Answers() {
				p.out <- r.v
			}
			p.session.Active(p.eng.NowMs(), 1)
			return true
		case <-p.retries:
		}
	}
}

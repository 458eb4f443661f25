// Package inprocess runs Medley inside the test program as a target of the
// conformance suite: by calls of Do, or behind a socket. In both forms the journal and
// the key events are recorded.
package inprocess

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/conformance/cases"
	"github.com/medleydb/medley/keyspace"
	"github.com/medleydb/medley/server"
)

// patience is how long a reply may take.
const patience = 20 * time.Second

// An Engine is a Medley engine as a target.
type Engine struct {
	Engine *commands.Engine
	srv    *server.Server
	wire   *cases.Wire // nil: by calls of Do
	rec    recorder
}

// Open returns a new engine as a target that is called directly.
func Open(o commands.Options) (*Engine, error) { return openIn(o, "") }

// openIn is Open for an engine that keeps its files, if any, in the folder.
func openIn(o commands.Options, dir string) (*Engine, error) {
	e := &Engine{}
	o.Journal, o.Observer = &e.rec, &e.rec
	o.Observed = ^(keyspace.ClassKeyMiss | keyspace.ClassNew | keyspace.ClassOverwritten | keyspace.ClassTypeChanged)
	if o.Config == nil {
		o.Config = config.New()
	}
	if err := o.Config.Override(config.Pair{Name: "enable-debug-command", Value: "yes"}); err != nil {
		return nil, err
	}
	if o.Files && o.Config == nil {
		o.Config = config.New()
	}
	if o.Files {
		if err := o.Config.Override(config.Pair{Name: "dir", Value: dir}, config.Pair{Name: "save", Value: ""}); err != nil {
			return nil, err
		}
	}
	eng, err := commands.Open(o)
	if err != nil {
		return nil, err
	}
	e.Engine = eng
	return e, nil
}

// Listen makes the engine a target that is reached through a socket in the folder,
// which portable says to serve by goroutines.
func Listen(o commands.Options, dir string, portable bool) (*Engine, error) {
	e, err := openIn(o, dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "medley.sock")
	cfg := e.Engine.Services().Config
	if err := cfg.Override(config.Pair{Name: "port", Value: "0"}, config.Pair{Name: "unixsocket", Value: path}); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	if e.srv, err = server.New(server.Options{Engine: e.Engine, Portable: portable, Loops: 2}); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	if err := e.srv.Listen(); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	e.wire = &cases.Wire{Addr: path, Timeout: patience}
	return e, nil
}

// Close ends the engine, and reports an invariant that does not hold.
func (e *Engine) Close() error {
	if e.srv != nil {
		e.srv.Close()
	}
	return errors.Join(e.Engine.Store().Check(), e.Engine.Close())
}

// Dial implements cases.Target.
func (e *Engine) Dial(proto int) (cases.Client, error) {
	if e.wire != nil {
		return e.wire.Dial(proto)
	}
	c := &client{local: e.Engine.NewClient(), in: make(chan []string, 4096), out: make(chan command.Value, 4096)}
	c.local.Session().SetProto(proto)
	c.ctx, c.cancel = context.WithCancel(context.Background())
	c.done.Go(c.run)
	return c, nil
}

// TakeEffects implements cases.Recorder.
func (e *Engine) TakeEffects() ([][]string, error) { return e.rec.takeEffects(), nil }

// TakeEvents implements cases.Recorder.
func (e *Engine) TakeEvents() ([]string, error) { return e.rec.takeEvents(), nil }

// client is a session by calls of Do, on a goroutine of its own so that a command
// may wait.
type client struct {
	local  *commands.Client
	in     chan []string
	out    chan command.Value
	ctx    context.Context
	cancel func()
	done   sync.WaitGroup
}

func (c *client) run() {
	defer close(c.out)
	for {
		c.receive()
		var args []string
		var more bool
		select {
		case args, more = <-c.in:
		case <-c.local.Arrived():
			continue
		}
		if !more {
			return
		}
		list := make([]any, len(args))
		for i, a := range args {
			list[i] = a
		}
		v, err := c.local.Do(c.ctx, list...)
		var reply command.ReplyError
		switch {
		case err == nil && v.IsNull() && strings.HasSuffix(strings.ToLower(args[0]), "subscribe"):
			// answered by messages
		case err == nil, errors.As(err, &reply):
			c.out <- v
		case !errors.Is(err, commands.ErrNoReply):
			return
		}
		if c.local.Session().Closing {
			return
		}
	}
}

// receive passes on what has come beside replies.
func (c *client) receive() {
	done, cancel := context.WithCancel(context.Background())
	cancel()
	for {
		v, err := c.local.Receive(done)
		if err != nil {
			return
		}
		if c.local.Session().Proto == 2 && v.Kind == command.Push {
			v.Kind = command.Array
		}
		c.out <- v
	}
}

func (c *client) Do(args ...string) (command.Value, error) {
	if err := c.Send(args...); err != nil {
		return command.Value{}, err
	}
	return c.Receive()
}

func (c *client) Send(args ...string) error {
	if len(args) == 0 {
		return fmt.Errorf("inprocess: no command")
	}
	select {
	case c.in <- args:
		return nil
	case <-time.After(patience):
		return errors.New("inprocess: the session takes no more commands")
	}
}

func (c *client) Receive() (command.Value, error) {
	select {
	case v, ok := <-c.out:
		if !ok {
			return v, io.EOF
		}
		return v, nil
	case <-c.local.Gone():
		return command.Value{}, io.EOF
	case <-time.After(patience):
		return command.Value{}, errors.New("inprocess: no reply came in time")
	}
}

func (c *client) Close() error {
	c.cancel()
	close(c.in)
	c.done.Wait()
	return c.local.Close()
}

// recorder is a journal in memory and an observer of key events.
type recorder struct {
	mu      sync.Mutex
	offset  int64
	effects [][]string
	events  []string
}

// Append implements keyspace.Journal. Several effects at once are framed, as the
// journal's files have them.
func (r *recorder) Append(batch []keyspace.Effect) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(batch) > 1 {
		r.effects = append(r.effects, []string{"MULTI"})
	}
	for _, e := range batch {
		var words []string
		if e.DB != 0 {
			words = append(words, fmt.Sprintf("@%d", e.DB))
		}
		for _, a := range e.Args {
			words = append(words, string(a))
		}
		r.effects = append(r.effects, words)
	}
	if len(batch) > 1 {
		r.effects = append(r.effects, []string{"EXEC"})
	}
	r.offset++
	return 0 // nothing waits
}

// KeyEvent implements keyspace.Observer.
func (r *recorder) KeyEvent(db int, key []byte, ev keyspace.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	if db != 0 {
		fmt.Fprintf(&b, "@%d ", db)
	}
	b.WriteString(ev.String())
	b.WriteByte(' ')
	b.Write(key)
	r.events = append(r.events, b.String())
}

func (r *recorder) takeEffects() [][]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.effects
	r.effects = nil
	return e
}

func (r *recorder) takeEvents() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.events
	r.events = nil
	return e
}

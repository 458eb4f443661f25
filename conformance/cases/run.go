package cases

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/medleydb/medley/commands/command"
)

// Options say how scripts are played.
type Options struct {
	Proto int  // 2 or 3
	Peer  Peer // who is tested; see Detect
	// Patience bounds what until> waits for; 0 means 5 seconds.
	Patience time.Duration
	// Command and Group choose scripts; empty means all.
	Command, Group string
}

// Run plays the scripts one case after another: each begins with FLUSHALL and
// sessions of its own.
func Run(t Target, files []*File, o Options) (*Report, error) {
	if o.Patience == 0 {
		o.Patience = 5 * time.Second
	}
	r := &runner{target: t, o: o, has: map[string]bool{}}
	r.recorder, _ = t.(Recorder)
	report := &Report{Peer: o.Peer, Proto: o.Proto}
	for _, f := range files {
		if o.Group != "" && f.Group != o.Group || o.Command != "" && !strings.EqualFold(f.Command, o.Command) {
			continue
		}
		for _, c := range f.Cases {
			result, err := r.play(f, c)
			if err != nil {
				return report, fmt.Errorf("%s:%d: %w", f.Name, c.Line, err)
			}
			report.Results = append(report.Results, result)
		}
	}
	return report, nil
}

// A runner plays cases against one target in one protocol.
type runner struct {
	target   Target
	recorder Recorder // nil if the target has none
	o        Options
	has      map[string]bool // what the server has been found to have
}

// play runs one case; its error means that the server could not be reached at all.
func (r *runner) play(f *File, c *Case) (Result, error) {
	result := Result{Command: f.Command, Group: f.Group, Case: c.Name, File: f.Name, Line: c.Line}
	why, err := r.skips(c)
	if err != nil || why != "" {
		result.Status, result.Detail = Skip, why
		return result, err
	}
	if err := r.clear(); err != nil {
		return result, err
	}
	p := &play{runner: r, vars: map[string]string{"proto": strconv.Itoa(r.o.Proto)}, conns: map[string]Client{}}
	defer p.close()
	last, err := r.target.Dial(2) // now: the case may bar the door
	if err != nil {
		return result, err
	}
	defer last.Close()
	if _, err := last.Do("PING"); err != nil { // the server knows it now
		return result, err
	}
	began := time.Now()
	bad := p.run(c)
	p.finish(c, last)
	result.Micros = time.Since(began).Microseconds()
	result.Status = Pass
	if bad != nil {
		result.Status, result.Line, result.Detail = Fail, bad.line, bad.detail
		if bad.missing {
			result.Status = Missing
		}
	}
	return result, nil
}

func (r *runner) skips(c *Case) (why string, err error) {
	if c.proto != 0 && c.proto != r.o.Proto {
		return fmt.Sprintf("only for RESP%d", c.proto), nil
	}
	if !promises(c.requires, r.o.Peer) {
		return "not promised by " + r.o.Peer.String(), nil
	}
	needs := c.needs
	if slices.ContainsFunc(c.steps, func(st *step) bool { return st.kind == rawStep }) {
		needs = append([]string{needsRaw}, needs...)
	}
	for _, need := range needs {
		has, err := r.hasNeed(need)
		if err != nil {
			return "", err
		}
		if !has {
			return "needs " + need, nil
		}
	}
	return "", nil
}

// needCommand is the command that shows whether a server has a type.
func needCommand(need string) string {
	switch need {
	case "hash":
		return "HSET"
	case "list":
		return "RPUSH"
	case "set":
		return "SADD"
	case "zset":
		return "ZADD"
	case "stream":
		return "XADD"
	case "bitmap":
		return "SETBIT"
	case "hll":
		return "PFADD"
	case "geo":
		return "GEOADD"
	case "pubsub":
		return "SUBSCRIBE"
	case "script":
		return "EVAL"
	}
	return need
}

// needsRaw is what a case with raw> steps needs: a client that can send bytes.
const needsRaw = "a client for raw bytes"

// hasNeed asks for a command in the one way that every server understands: calls
// it with no arguments, and with one, where none is a call already.
func (r *runner) hasNeed(need string) (bool, error) {
	if has, ok := r.has[need]; ok {
		return has, nil
	}
	c, err := r.target.Dial(2)
	if err != nil {
		return false, err
	}
	defer c.Close()
	if need == needsRaw {
		_, has := c.(RawClient)
		r.has[need] = has
		return has, nil
	}
	v, err := c.Do(needCommand(need))
	if err != nil {
		return false, err
	}
	has := !isUnknown(v)
	if need == "debug" && has {
		v, err = c.Do("DEBUG", "SLEEP", "0")
		has = err == nil && v.Kind != command.Error
	}
	r.has[need] = has
	return has, err
}

// isUnknown reports whether a reply says that the server lacks a command, or a
// form of it.
func isUnknown(v command.Value) bool {
	s := strings.ToLower(v.Str)
	return v.Kind == command.Error && (strings.HasPrefix(s, "err unknown command") ||
		strings.HasPrefix(s, "err unknown subcommand"))
}

func (r *runner) clear() error {
	c, err := r.target.Dial(2)
	if err != nil {
		return err
	}
	defer c.Close()
	v, err := c.Do("FLUSHALL")
	if err != nil {
		return err
	}
	return v.Err()
}

// A play is one case on its way.
type play struct {
	*runner
	vars     map[string]string
	conns    map[string]Client
	lastSent bool     // the last step was a send: what it did is not to be forgotten
	lastArgs []string // for messages
}

// A mismatch ends a case.
type mismatch struct {
	line    int
	detail  string
	missing bool
}

func (p *play) moment() moment {
	return moment{env{now: time.Now(), vars: p.vars}, p.o.Proto}
}

func (p *play) run(c *Case) *mismatch {
	for _, st := range c.steps {
		bad, err := p.step(c, st)
		if err != nil {
			return &mismatch{line: st.line, detail: err.Error()}
		}
		if bad != nil {
			bad.line = st.line
			return bad
		}
		p.lastSent = st.kind == sendStep || st.kind == rawStep || st.kind == quietStep
	}
	return nil
}

func (p *play) step(c *Case, st *step) (*mismatch, error) {
	switch st.kind {
	case finallyStep:
		return nil, nil
	case receiveStep:
		return p.receive(st)
	case effectStep:
		return p.checkEffects(st)
	case eventStep:
		return p.checkEvents(st)
	case closeStep:
		return nil, p.drop(st.conn)
	}
	client, err := p.conn(st.conn)
	if err != nil {
		return nil, err
	}
	if c.records && p.recorder != nil && !p.lastSent {
		if err := p.forget(); err != nil {
			return nil, err
		}
	}
	if st.kind == rawStep {
		b, err := st.raw.expand(p.moment().env)
		if err != nil {
			return nil, err
		}
		raw, ok := client.(RawClient)
		if !ok {
			return nil, errors.New("this client cannot send raw bytes")
		}
		p.lastArgs = []string{"raw bytes"}
		return nil, raw.SendRaw([]byte(b))
	}
	if p.lastArgs, err = expandAll(st.args, p.moment().env); err != nil {
		return nil, err
	}
	if st.kind == untilStep {
		return p.until(st, client, p.lastArgs)
	}
	return nil, client.Send(p.lastArgs...)
}

// forget drops what was recorded before the command that is about to be sent.
func (p *play) forget() error {
	_, err1 := p.recorder.TakeEffects()
	_, err2 := p.recorder.TakeEvents()
	return errors.Join(err1, err2)
}

func (p *play) conn(name string) (Client, error) {
	if c, ok := p.conns[name]; ok {
		return c, nil
	}
	c, err := p.target.Dial(p.o.Proto)
	if err == nil {
		p.conns[name] = c
	}
	return c, err
}

func (p *play) drop(name string) error {
	c, ok := p.conns[name]
	if !ok {
		return fmt.Errorf("no connection %s", name)
	}
	delete(p.conns, name)
	return c.Close()
}

func (p *play) receive(st *step) (*mismatch, error) {
	client, err := p.conn(st.conn)
	if err != nil {
		return nil, err
	}
	v, err := client.Receive()
	choice := st.choose(p.o)
	if _, ok := choice.reply.(closedPattern); ok {
		if err != nil && !isTimeout(err) {
			return nil, nil
		}
	} else if err == nil && choice.reply.match(p.moment(), v) {
		if choice.keep != "" {
			p.vars[choice.keep] = v.Text()
		}
		return nil, nil
	}
	got := "end of the connection"
	if err == nil {
		got = FormatLine(v)
	} else if !errors.Is(err, io.EOF) {
		got = "error: " + err.Error()
	}
	return &mismatch{missing: err == nil && isUnknown(v),
		detail: fmt.Sprintf("%s\n  expected %s\n  got      %s", shorten(QuoteAll(p.lastArgs)), choice.source, shorten(got))}, nil
}

func isTimeout(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

func shorten(s string) string {
	const most = 2000
	if len(s) > most {
		return s[:most] + fmt.Sprintf("... (%d bytes)", len(s))
	}
	return s
}

func (st *step) choose(o Options) replyChoice {
	i := slices.IndexFunc(st.replies, func(c replyChoice) bool { return c.when.holds(o.Peer, o.Proto) })
	return st.replies[i] // the parser saw to it that one is without condition
}

func (p *play) until(st *step, client Client, args []string) (*mismatch, error) {
	choice := st.choose(p.o)
	deadline := time.Now().Add(p.o.Patience)
	for pause := time.Millisecond; ; pause = min(2*pause, 20*time.Millisecond) {
		v, err := client.Do(args...)
		if err != nil {
			return nil, err
		}
		if choice.reply.match(p.moment(), v) {
			if choice.keep != "" {
				p.vars[choice.keep] = v.Text()
			}
			return nil, nil
		}
		if isUnknown(v) || time.Now().After(deadline) {
			return &mismatch{missing: isUnknown(v), detail: fmt.Sprintf("until %s\n  expected %s\n  got      %s",
				shorten(QuoteAll(args)), choice.source, shorten(FormatLine(v)))}, nil
		}
		time.Sleep(pause)
	}
}

// finish sends the finally> steps; the case's verdict stands already.
func (p *play) finish(c *Case, client Client) {
	for _, st := range c.steps {
		if st.kind != finallyStep {
			continue
		}
		if args, err := expandAll(st.args, p.moment().env); err == nil {
			client.Do(args...)
		}
	}
}

func (p *play) close() {
	for _, c := range p.conns {
		c.Close()
	}
}

// Detect asks a server who it is. A target that cannot tell gives an empty Peer.
func Detect(t Target) (Peer, error) {
	c, err := t.Dial(2)
	if err != nil {
		return Peer{}, err
	}
	defer c.Close()
	v, err := c.Do("INFO", "server")
	if err != nil {
		return Peer{}, err
	}
	versions := map[string]string{}
	for line := range strings.Lines(v.Str) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		if product, ok := strings.CutSuffix(key, "_version"); ok {
			versions[product] = value
		}
	}
	delete(versions, "gcc")
	delete(versions, "go")
	redis, claimed := versions["redis"]
	delete(versions, "redis")
	for product, version := range versions { // one at most: Redis's is claimed beside it
		return Peer{product, strings.TrimLeft(version, "abcdefghijklmnopqrstuvwxyz-")}, nil
	}
	if claimed {
		return Peer{"redis", redis}, nil
	}
	return Peer{}, nil
}

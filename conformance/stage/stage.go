// Package stage sets an engine on a stage for tests: its clock moves when the test says so,
// its background work runs when the test says so, and what goes to the journal and to
// observers is seen.
package stage

import (
	"context"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/conformance/cases"
	"github.com/medleydb/medley/conformance/diff"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/keyspace"
)

// StartMs is where the clock stands at first, Unix milliseconds.
const StartMs = 1_000_000

// A Stage is an engine and one client of it. It belongs to one goroutine.
type Stage struct {
	Engine *commands.Engine
	Client *commands.Client
	// Effects and Events are what has come since they were last emptied: commands with
	// the time at which they came, and event:key.
	Effects []Effect
	Events  []string

	t     testing.TB
	nowMs atomic.Int64
}

// An Effect is a command that the journal got.
type Effect struct {
	Ms   int64 // Unix milliseconds
	Args []string
}

// New returns a new stage, which ends with the test: the store must then be consistent.
func New(t testing.TB) *Stage {
	s := &Stage{t: t}
	s.nowMs.Store(StartMs)
	e, err := commands.Open(commands.Options{NoCron: true, Seed: 1, Journal: s, Observer: s,
		Observed: math.MaxUint32 &^ keyspace.ClassNew &^ keyspace.ClassKeyMiss,
		Now:      func() time.Time { return time.UnixMilli(s.nowMs.Load()) }})
	if err != nil {
		t.Fatal(err)
	}
	s.Engine, s.Client = e, e.NewClient()
	t.Cleanup(func() {
		s.Client.Close()
		if err := e.Store().Check(); err != nil {
			t.Error(err)
		}
		e.Close()
	})
	return s
}

// SetLimits changes the limits of values.
func (s *Stage) SetLimits(change func(*datatypes.Limits)) {
	l := s.Engine.Store().Limits()
	change(&l)
	s.Engine.Store().SetLimits(l)
}

// Append implements keyspace.Journal.
func (s *Stage) Append(batch []keyspace.Effect) int64 {
	for _, e := range batch {
		var args []string
		for _, a := range e.Args {
			args = append(args, string(a))
		}
		s.Effects = append(s.Effects, Effect{s.nowMs.Load(), args})
	}
	return 0
}

// KeyEvent implements keyspace.Observer.
func (s *Stage) KeyEvent(_ int, key []byte, ev keyspace.Event) {
	s.Events = append(s.Events, ev.String()+":"+string(key))
}

// NowMs returns the time in Unix milliseconds.
func (s *Stage) NowMs() int64 { return s.nowMs.Load() }

// SetNow sets the time in Unix milliseconds.
func (s *Stage) SetNow(ms int64) { s.nowMs.Store(ms) }

// Advance lets milliseconds pass.
func (s *Stage) Advance(ms int64) { s.nowMs.Add(ms) }

// Sweep removes what has expired, as background work does.
func (s *Stage) Sweep() {
	tx := s.Engine.Store().NewTx()
	for shard := range s.Engine.Store().Shards() {
		tx.Begin(s.nowMs.Load())
		tx.Sweep(shard, 100)
	}
}

// Do runs a command and returns its reply, an error reply included.
func (s *Stage) Do(args ...string) command.Value {
	s.t.Helper()
	list := make([]any, len(args))
	for i, a := range args {
		list[i] = a
	}
	v, err := s.Client.Do(context.Background(), list...)
	if err != nil && v.Kind != command.Error {
		s.t.Fatal(args, err)
	}
	return v
}

// Play runs a line: a command in words, "wait 20" for milliseconds to pass, or "sweep". It
// returns the reply as case scripts write it, in a settled order, with the effects and
// events that came of it.
func (s *Stage) Play(line string) (reply, effects, events string) {
	s.t.Helper()
	s.Effects, s.Events = nil, nil
	words, ok := datatypes.SplitWords(nil, []byte(line))
	if !ok {
		s.t.Fatalf("quotes in %s", line)
	}
	var args []string
	for _, w := range words {
		args = append(args, string(w))
	}
	switch args[0] {
	case "wait":
		ms, _ := datatypes.ParseInt(words[1])
		s.Advance(ms)
	case "sweep":
		s.Sweep()
	default:
		reply = cases.FormatLine(diff.Settled(args, s.Do(args...)))
	}
	var list []string
	for _, e := range s.Effects {
		list = append(list, strings.Join(e.Args, " "))
	}
	return reply, strings.Join(list, " | "), strings.Join(s.Events, " ")
}

// A Step is a line to be played, and what must come of it: reply, effects and events.
type Step [4]string

// Check plays steps one after the other.
func (s *Stage) Check(steps []Step) {
	s.t.Helper()
	for _, x := range steps {
		reply, effects, events := s.Play(x[0])
		if got := (Step{x[0], reply, effects, events}); got != x {
			s.t.Errorf("%s\n  gives %q\n  not   %q", x[0], got[1:], x[1:])
		}
	}
}

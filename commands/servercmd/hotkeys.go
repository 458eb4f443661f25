package servercmd

import (
	"math"
	"time"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/slowlog"
)

var hotkeys = command.Spec{
	Name: "hotkeys", Group: command.GroupServer, Since: "8.6.0", Arity: -2,
	Summary: "Finds the keys that cost most.", Complexity: "Depends on the subcommand",
	Subs: []*command.Spec{&hotkeysGet, &hotkeysHelp, &hotkeysReset, &hotkeysStart, &hotkeysStop},
}

var hotkeysHelp = command.Spec{
	Name: "help", Since: "8.6.1", Arity: 2, Summary: "Explains the subcommands.", Complexity: "O(1)",
	Flags: command.Loading | command.Stale,
	Run:   command.Help,
}

var hotkeysStart = command.Spec{
	Name: "start", Since: "8.6.0", Arity: -2,
	Summary:    "Begins to count what keys cost, in time or in bytes.",
	Syntax:     "METRICS count [CPU] [NET] [COUNT k] [DURATION seconds] [SAMPLE ratio] [SLOTS count slot [slot ...]]",
	Complexity: "O(1)",
	Flags:      command.Admin | command.NoScript,
	Run:        runHotkeysStart,
}

// runHotkeysStart looks for a session first, as servers of the field do.
func runHotkeysStart(c *command.Context) error {
	hot, now := c.Services.Monitor.HotKeys(), time.UnixMilli(c.Tx.NowMs())
	if r, _ := hot.Report(now); r.On {
		return errHotkeysOn
	}
	o := slowlog.HotOptions{Top: 10, Sample: 1, CPU: func() [2]time.Duration { u := usage(); return [2]time.Duration{u.user, u.sys} }}
	hotkeysMetrics(&c.Args, &o)
	for a := &c.Args; a.Err() == nil && a.More(); {
		switch {
		case a.Option("COUNT", 1):
			o.Top = int(a.IntIn(1, 64, command.Errorf("COUNT must be between 1 and 64")))
		case a.Option("DURATION", 1):
			o.Limit = time.Duration(a.IntIn(1, 1_000_000, command.Errorf("DURATION must be between 1 and 1000000"))) * time.Second
		case a.Option("SAMPLE", 1):
			o.Sample = int(a.IntIn(1, math.MaxInt32, command.Errorf("SAMPLE ratio must be positive")))
		case a.Word("SLOTS"):
			a.Fail(command.Errorf("SLOTS parameter cannot be used in non-cluster mode"))
		default:
			a.Fail(command.ErrSyntax)
		}
	}
	if err := c.Args.Err(); err != nil {
		return err
	}

	if !c.Services.Monitor.StartHotKeys(o, now) {
		return errHotkeysOn
	}

	c.Reply.OK()
	return nil
}

var errHotkeysOn = command.Errorf("hotkey tracking session already in progress")

// hotkeysMetrics takes METRICS, how many words for metrics follow, and those: one that is not
// known is passed over.
func hotkeysMetrics(a *command.Args, o *slowlog.HotOptions) {
	if a.Len() < 2 || !a.Word("METRICS") {
		a.Fail(command.Errorf("METRICS parameter is required"))
		return
	}
	n := a.IntIn(1, 2, command.Errorf("METRICS count must be > 0 and <= 2"))
	for ; n > 0 && a.Err() == nil && a.More(); n-- {
		switch {
		case a.Word("CPU"):
			if o.Time {
				a.Fail(command.Errorf("METRICS CPU defined more than once!"))
			}
			o.Time = true
		case a.Word("NET"):
			if o.Bytes {
				a.Fail(command.Errorf("METRICS NET defined more than once!"))
			}
			o.Bytes = true
		default:
			a.Bytes()
		}
	}
	switch {
	case a.Err() != nil:
	case n > 0:
		a.Fail(command.Errorf("METRICS count does not match number of metric types provided"))
	case !o.Time && !o.Bytes:
		a.Fail(command.Errorf("METRICS no valid metrics passed. Supported: CPU|NET"))
	}
}

var hotkeysStop = command.Spec{
	Name: "stop", Since: "8.6.0", Arity: 2,
	Summary: "Ends the counting; what was found stays.", Complexity: "O(1)",
	Flags: command.Admin | command.NoScript,
	Run: func(c *command.Context) error {
		if !c.Services.Monitor.StopHotKeys(time.UnixMilli(c.Tx.NowMs())) {
			return command.Errorf("no hotkey tracking session in progress")
		}
		c.Reply.OK()
		return nil
	},
}

var hotkeysReset = command.Spec{
	Name: "reset", Since: "8.6.0", Arity: 2,
	Summary: "Forgets what was found.", Complexity: "O(1)",
	Flags: command.Admin | command.NoScript,
	Run: func(c *command.Context) error {
		if !c.Services.Monitor.HotKeys().Reset(time.UnixMilli(c.Tx.NowMs())) {
			return command.Errorf("hotkey tracking session in progress, stop tracking first")
		}
		c.Reply.OK()
		return nil
	},
}

var hotkeysGet = command.Spec{
	Name: "get", Since: "8.6.0", Arity: 2,
	Summary: "Lists the keys that cost most, with what they cost.", Complexity: "O(K) in the keys that are listed",
	Flags: command.Admin | command.NoScript,
	Run:   runHotkeysGet,
}

func runHotkeysGet(c *command.Context) error {
	r, ok := c.Services.Monitor.HotKeys().Report(time.UnixMilli(c.Tx.NowMs()))
	if !ok {
		c.Reply.Null()
		return nil
	}

	out := c.Reply
	number := func(name string, n int64) {
		out.BulkString(name)
		out.Int(n)
	}
	keys := func(name string, list []slowlog.HotKey) {
		out.BulkString(name)
		out.Array(2 * len(list))
		for _, k := range list {
			number(k.Key, k.Cost)
		}
	}
	fields := 7
	if r.Time {
		fields += 3
	}
	if r.Bytes {
		fields += 2
	}
	out.Array(1)
	out.Map(fields)
	on := int64(0)
	if r.On {
		on = 1
	}
	number("tracking-active", on)
	number("sample-ratio", int64(r.Sample))
	out.BulkString("selected-slots")
	out.Array(1)
	out.Array(2)
	out.Int(0)
	out.Int(16383)
	number("all-commands-all-slots-us", r.All.Ns/1000)
	number("net-bytes-all-commands-all-slots", r.All.Bytes)
	number("collection-start-time-unix-ms", r.Started.UnixMilli())
	number("collection-duration-ms", r.Took.Milliseconds())
	if r.Time {
		number("total-cpu-time-user-ms", r.Used[0].Milliseconds())
		number("total-cpu-time-sys-ms", r.Used[1].Milliseconds())
	}
	if r.Bytes {
		number("total-net-bytes", r.All.Bytes)
	}
	if r.Time {
		keys("by-cpu-time-us", r.ByTime)
	}
	if r.Bytes {
		keys("by-net-bytes", r.ByBytes)
	}
	return nil
}

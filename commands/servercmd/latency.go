package servercmd

import (
	"fmt"
	"strings"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/slowlog"
)

var latency = command.Spec{
	Name: "latency", Group: command.GroupServer, Since: "2.8.13", Arity: -2,
	Summary: "Shows what took long, and how long commands take.", Complexity: "Depends on the subcommand",
	Subs: []*command.Spec{&latencyDoctor, &latencyGraph, &latencyHelp, &latencyHistogram, &latencyHistory, &latencyLatest, &latencyReset},
}

var latencyLatest = command.Spec{
	Name: "latest", Since: "2.8.13", Arity: 2,
	Summary: "Lists the events with their last and their worst latency.", Complexity: "O(1)",
	Flags: adminOnly,
	Tips:  []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"},
	Run: func(c *command.Context) error {
		list := c.Services.Monitor.Latency.Latest()
		c.Reply.Array(len(list))
		for _, l := range list {
			c.Reply.Array(4)
			c.Reply.BulkString(l.Event)
			c.Reply.Int(l.Last.Unix)
			c.Reply.Int(l.Last.Ms)
			c.Reply.Int(l.MaxMs)
		}
		return nil
	},
}

var latencyHistory = command.Spec{
	Name: "history", Since: "2.8.13", Arity: 3,
	Summary: "Lists the seconds in which an event took long.", Syntax: "event", Complexity: "O(1)",
	Flags: adminOnly,
	Tips:  []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"},
	Run: func(c *command.Context) error {
		list := c.Services.Monitor.Latency.History(string(c.Args.Bytes()))
		c.Reply.Array(len(list))
		for _, s := range list {
			c.Reply.Array(2)
			c.Reply.Int(s.Unix)
			c.Reply.Int(s.Ms)
		}
		return nil
	},
}

var latencyReset = command.Spec{
	Name: "reset", Since: "2.8.13", Arity: -2,
	Summary: "Forgets the latencies of events, or of all.", Syntax: "[event [event ...]]", Complexity: "O(1)",
	Flags: adminOnly,
	Tips:  []string{"request_policy:all_nodes", "response_policy:agg_sum"},
	Run: func(c *command.Context) error {
		var events []string
		for _, a := range c.Args.Rest() {
			events = append(events, string(a))
		}
		c.Reply.Int(int64(c.Services.Monitor.Latency.Reset(events...)))
		return nil
	},
}

var latencyHelp = command.Spec{
	Name: "help", Since: "2.8.13", Arity: 2,
	Summary: "Tells what LATENCY can do.", Complexity: "O(1)",
	Flags: anyTime,
	Run:   command.Help,
}

var latencyGraph = command.Spec{
	Name: "graph", Since: "2.8.13", Arity: 3,
	Summary: "Draws the latencies of an event.", Syntax: "event", Complexity: "O(1)",
	Flags: adminOnly,
	Tips:  []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"},
	Run:   runLatencyGraph,
}

func runLatencyGraph(c *command.Context) error {
	event := string(c.Args.Bytes())
	samples := c.Services.Monitor.Latency.History(event)
	if len(samples) == 0 {
		return command.Errorf("No samples available for event '%s'", event)
	}
	c.Reply.Verbatim("txt", drawLatencies(event, samples))
	return nil
}

const (
	graphRows    = 4
	graphColumns = 80
)

// drawLatencies draws the last samples as bars, the worst one reaching the top.
func drawLatencies(event string, samples []slowlog.Sample) string {
	if len(samples) > graphColumns {
		samples = samples[len(samples)-graphColumns:]
	}
	low, high := samples[0].Ms, samples[0].Ms
	for _, s := range samples {
		low, high = min(low, s.Ms), max(high, s.Ms)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s - high %d ms, low %d ms\n", event, high, low)
	b.WriteString(strings.Repeat("-", graphColumns) + "\n")
	for row := graphRows; row >= 1; row-- {
		for _, s := range samples {
			if s.Ms*graphRows >= high*int64(row-1)+1 {
				b.WriteByte('#')
			} else {
				b.WriteByte(' ')
			}
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "from second %d to second %d\n", samples[0].Unix, samples[len(samples)-1].Unix)
	return b.String()
}

var latencyDoctor = command.Spec{
	Name: "doctor", Since: "2.8.13", Arity: 2,
	Summary: "Says in words what took long.", Complexity: "O(1)",
	Flags: adminOnly,
	Tips:  []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"},
	Run:   runLatencyDoctor,
}

func runLatencyDoctor(c *command.Context) error {
	list := c.Services.Monitor.Latency.Latest()
	threshold := c.Services.Config.LatencyMonitorThreshold.Load()
	var b strings.Builder
	switch {
	case threshold == 0 && len(list) == 0:
		b.WriteString("Latencies are not watched: CONFIG SET latency-monitor-threshold <milliseconds> turns it on.\n")
	case len(list) == 0:
		fmt.Fprintf(&b, "Nothing has taken %d ms or longer.\n", threshold)
	}
	for _, l := range list {
		samples := c.Services.Monitor.Latency.History(l.Event)
		sum := int64(0)
		for _, s := range samples {
			sum += s.Ms
		}
		fmt.Fprintf(&b, "%s: took long in %d seconds, %d ms in the mean, %d ms at worst, %d ms the last time.\n",
			l.Event, len(samples), sum/int64(max(len(samples), 1)), l.MaxMs, l.Last.Ms)
		switch l.Event {
		case "command":
			b.WriteString("  SLOWLOG GET lists the commands; look for those over all of a large value or of all keys.\n")
		case "fast-command":
			b.WriteString("  Fast commands that take long wait for something: processors in demand elsewhere, or a slow command on the same keys.\n")
		}
	}
	c.Reply.Verbatim("txt", b.String())
	return nil
}

var latencyHistogram = command.Spec{
	Name: "histogram", Since: "7.0.0", Arity: -2,
	Summary: "Shows how long commands take, cumulated by powers of two.", Syntax: "[command [command ...]]",
	Complexity: "O(N) in the number of commands",
	Flags:      adminOnly,
	Tips:       []string{"nondeterministic_output", "request_policy:all_nodes", "response_policy:special"},
	Run:        runLatencyHistogram,
}

func runLatencyHistogram(c *command.Context) error {
	var list []*command.Spec
	seen := map[*command.Spec]bool{}
	add := func(s *command.Spec) {
		h := c.Services.Stats.Latency(s)
		if !seen[s] && h.Total() > 0 {
			seen[s] = true
			list = append(list, s)
		}
	}
	family := func(s *command.Spec) {
		add(s)
		for _, sub := range s.Subs {
			add(sub)
		}
	}
	if c.Args.More() {
		for _, name := range c.Args.Rest() {
			if s := c.Services.Table.Lookup(string(name)); s != nil {
				family(s)
			}
		}
	} else {
		for _, s := range c.Services.Table.All() {
			family(s)
		}
	}

	c.Reply.Map(len(list))
	for _, s := range list {
		h := c.Services.Stats.Latency(s)
		c.Reply.BulkString(s.FullName)
		replyHistogram(c.Reply, &h)
	}
	return nil
}

// replyHistogram writes the number of calls and, for every power of two of
// microseconds in which there were more, how many took no longer.
func replyHistogram(r command.Reply, h *command.Counts) {
	type step struct {
		us    int64
		calls uint64
	}
	var steps []step
	calls := uint64(0)
	h.Each(func(topNs int64, n uint64) {
		calls += n
		limit := int64(1024)
		for topNs >= limit {
			limit *= 2
		}
		us := limit / 1000
		if k := len(steps); k > 0 && steps[k-1].us == us {
			steps[k-1].calls = calls
		} else {
			steps = append(steps, step{us, calls})
		}
	})
	r.Map(2)
	r.BulkString("calls")
	r.Int(int64(calls))
	r.BulkString("histogram_usec")
	r.Map(len(steps))
	for _, s := range steps {
		r.Int(s.us)
		r.Int(int64(s.calls))
	}
}

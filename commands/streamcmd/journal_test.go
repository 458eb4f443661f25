package streamcmd_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/keyspace"
)

// A journal keeps effects.
type journal struct{ effects [][]string }

func (j *journal) Append(batch []keyspace.Effect) int64 {
	for _, e := range batch {
		var words []string
		for _, a := range e.Args {
			words = append(words, string(a))
		}
		j.effects = append(j.effects, words)
	}
	return 0 // no reply waits for it
}

// run makes a client give the command.
func run(t *testing.T, c *commands.Client, words []string) command.Value {
	t.Helper()
	args := make([]any, len(words))
	for i, w := range words {
		args[i] = w
	}
	v, err := c.Do(context.Background(), args...)
	if err != nil && v.Kind != command.Error {
		t.Fatalf("%q: %v", words, err)
	}
	return v
}

// draw makes a random command that changes a stream or its groups.
func draw(r *rand.Rand, next *int) string {
	pick := func(from ...string) string { return from[r.IntN(len(from))] }
	key, group, consumer := pick("s", "t"), pick("g", "h"), pick("ann", "bob")
	id := func() string { return strconv.Itoa(max(1, *next-r.IntN(30))) + "-0" }
	refs := pick("", "", " KEEPREF", " DELREF", " ACKED")
	bound := pick(" MAXLEN "+strconv.Itoa(r.IntN(20)), " MAXLEN ~ "+strconv.Itoa(r.IntN(10)), " MINID ~ "+id(), " MINID "+id(), " MAXLEN ~ 3 LIMIT 4")
	switch r.IntN(22) {
	case 0, 1, 2, 3:
		*next++
		return fmt.Sprintf("XADD %s %d-0 f %d", key, *next, r.IntN(100))
	case 4:
		*next++
		return fmt.Sprintf("XADD %s%s%s %d-* f 1", key, refs, bound, *next)
	case 5:
		return fmt.Sprintf("XADD idmp%s IDMP p n%d * f 1", pick("", bound), r.IntN(20))
	case 6:
		return "XADD idmp IDMPAUTO p MAXLEN ~ 20 * f " + strconv.Itoa(r.IntN(20))
	case 7:
		return "XTRIM " + key + bound + refs
	case 8:
		return "XDEL " + key + " " + id() + " " + id()
	case 9:
		return "XDELEX " + key + refs + " IDS 2 " + id() + " " + id()
	case 10:
		return "XACKDEL " + key + " " + group + refs + " IDS 2 " + id() + " " + id()
	case 11:
		return "XGROUP CREATE " + key + " " + group + " " + pick("0", "$", id()) + " MKSTREAM"
	case 12:
		return pick("XGROUP DESTROY "+key+" "+group, "XGROUP DELCONSUMER "+key+" "+group+" "+consumer, "XGROUP CREATECONSUMER "+key+" "+group+" cy",
			"XGROUP SETID "+key+" "+group+" "+id(), "XCFGSET idmp IDMP-MAXSIZE "+strconv.Itoa(1+r.IntN(9)))
	case 13, 14, 15, 16:
		return "XREADGROUP GROUP " + group + " " + consumer + " COUNT " + strconv.Itoa(1+r.IntN(5)) +
			pick("", " NOACK", " CLAIM 0", " CLAIM 5", " MAXCOUNT 6") + " STREAMS s t " + pick("> >", "> 0", "> >")
	case 17:
		return "XACK " + key + " " + group + " " + id() + " " + id()
	case 18:
		return "XCLAIM " + key + " " + group + " " + consumer + pick(" 0 ", " 5 ") + id() + " " + id() + pick("", " FORCE", " JUSTID", " LASTID "+id(), " IDLE 50")
	case 19:
		return "XAUTOCLAIM " + key + " " + group + " " + consumer + pick(" 0 ", " 5 ") + id() + " COUNT 3"
	case 20:
		return "XNACK " + key + " " + group + pick(" SILENT", " FAIL", " FATAL") + " IDS 2 " + id() + " " + id() + pick("", " FORCE", " RETRYCOUNT 3")
	}
	return pick("DEL "+key, "XSETID "+key+" "+strconv.Itoa(*next+1)+"-0", "COPY s t REPLACE", "RENAME s t")
}

// state returns what effects must bring about: entries, groups and what is pending, but
// for times, and for how often: reading one's own history again is no change.
func state(t *testing.T, c *commands.Client) string {
	var b strings.Builder
	for _, key := range []string{"s", "t", "idmp"} {
		v := run(t, c, []string{"XINFO", "STREAM", key, "FULL", "COUNT", "0"})
		for i := 0; i+1 < len(v.Elems); i += 2 {
			name, value := v.Elems[i].Str, v.Elems[i+1]
			if name == "iids-added" || name == "iids-duplicates" {
				continue
			}
			if name != "groups" {
				fmt.Fprintln(&b, key, name, value.Text(), value.Elems)
				continue
			}
			for _, g := range value.Elems {
				writeGroup(&b, key, g)
			}
		}
	}
	return b.String()
}

func writeGroup(b *strings.Builder, key string, g command.Value) {
	for i := 0; i+1 < len(g.Elems); i += 2 {
		name, value := g.Elems[i].Str, g.Elems[i+1]
		switch name {
		case "consumers":
			for _, c := range value.Elems {
				fmt.Fprintln(b, key, "consumer", c.Elems[1].Str)
			}
		case "pending":
			for _, row := range value.Elems {
				fmt.Fprintln(b, key, "pending", row.Elems[0].Str, row.Elems[1].Str)
			}
		default:
			fmt.Fprintln(b, key, name, value.Text())
		}
	}
}

// TestJournalRepeats protects replicas and journals: what commands name as their effects
// brings another engine to the same streams, groups and pending entries.
func TestJournalRepeats(t *testing.T) {
	steps := 1500
	if testing.Short() {
		steps = 300
	}
	for seed := range uint64(3) {
		r := rand.New(rand.NewPCG(seed, 11))
		j := &journal{}
		var now atomic.Int64 // the engines look at it on goroutines of their own
		now.Store(1_700_000_000_000)
		open := func(o commands.Options) *commands.Client {
			o.NoCron, o.Now = true, func() time.Time { return time.UnixMilli(now.Load()) }
			e, err := commands.Open(o)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := e.Store().Check(); err != nil {
					t.Error(err)
				}
				e.Close()
			})
			l := e.Store().Limits()
			l.StreamNodeMaxEntries = 4
			e.Store().SetLimits(l)
			return e.NewClient()
		}
		first, second := open(commands.Options{Journal: j}), open(commands.Options{})
		next := 0
		for i := range steps {
			now.Add(int64(r.IntN(4)))
			from := len(j.effects)
			words := strings.Fields(draw(r, &next))
			run(t, first, words)
			for _, e := range j.effects[from:] {
				if v := run(t, second, e); v.Kind == command.Error {
					t.Fatalf("seed %d, %d: %q has the effect %q: %s", seed, i, words, e, v.Str)
				}
			}
			if a, b := state(t, first), state(t, second); a != b {
				t.Fatalf("seed %d, %d: %q has the effects %q, which give\n%s", seed, i, words, j.effects[from:], firstDifference(a, b))
			}
		}
	}
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i, line := range x {
		if i >= len(y) || y[i] != line {
			return fmt.Sprintf("%q, not %q", slices.Concat(y, []string{""})[min(i, len(y))], line)
		}
	}
	return "more than there is"
}

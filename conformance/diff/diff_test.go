package diff

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/conformance/cases"
)

// A toy is a server with a few string commands in one database, and perhaps a bug.
type toy struct {
	values map[string]string
	bug    func(t *toy, args []string, v *command.Value)
}

type toyClient struct {
	*toy
	replies []command.Value
}

func (t *toy) Dial(int) (cases.Client, error) { return &toyClient{toy: t}, nil }

func (c *toyClient) Do(args ...string) (command.Value, error) {
	c.Send(args...)
	return c.Receive()
}

func (c *toyClient) Close() error { return nil }

func (c *toyClient) Receive() (command.Value, error) {
	if len(c.replies) == 0 {
		return command.Value{}, errors.New("nothing to receive")
	}
	v := c.replies[0]
	c.replies = c.replies[1:]
	return v, nil
}

func (c *toyClient) Send(args ...string) error {
	v := c.run(args)
	if c.bug != nil {
		c.bug(c.toy, args, &v)
	}
	c.replies = append(c.replies, v)
	return nil
}

func (c *toyClient) run(args []string) command.Value {
	ok := command.Value{Kind: command.Status, Str: "OK"}
	switch {
	case args[0] == "FLUSHALL":
		c.values = map[string]string{}
		return ok
	case args[0] == "SELECT":
		return ok
	case args[0] == "SET" && len(args) == 3:
		c.values[args[1]] = args[2]
		return ok
	case args[0] == "GET" && len(args) == 2:
		return command.Value{Kind: command.Bulk, Str: c.values[args[1]]}
	case args[0] == "STRLEN" && len(args) == 2:
		return command.Value{Kind: command.Int, Int: int64(len(c.values[args[1]]))}
	case args[0] == "TYPE" && len(args) == 2:
		return command.Value{Kind: command.Status, Str: "string"}
	case args[0] == "KEYS" && len(args) == 2:
		v := command.Value{Kind: command.Array}
		for k := range c.values { // in the map's random order
			v.Elems = append(v.Elems, command.Value{Kind: command.Bulk, Str: k})
		}
		return v
	}
	return command.Value{Kind: command.Error, Str: "ERR unknown command"}
}

func runToys(t *testing.T, bug func(*toy, []string, *command.Value)) *Difference {
	t.Helper()
	tested := Server{Target: &toy{bug: bug}}
	d, err := Run(tested, Server{Target: &toy{}}, Options{Seed: 1, Streams: 3, Length: 500, Families: []string{"string", "generic"}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestEqualServersDoNotDiffer also holds a comparer that always finds something.
func TestEqualServersDoNotDiffer(t *testing.T) {
	if d := runToys(t, nil); d != nil {
		t.Fatalf("a difference:\n%s", d.Script())
	}
}

// TestFindsAndShrinks: a wrong reply, a value lost in silence, a wrong kind.
func TestFindsAndShrinks(t *testing.T) {
	for name, c := range map[string]struct {
		bug  func(*toy, []string, *command.Value)
		most int // steps that are enough to show it
		want string
	}{
		"wrong reply": {func(_ *toy, args []string, v *command.Value) {
			if args[0] == "STRLEN" && v.Int > 9 {
				v.Int--
			}
		}, 2, "STRLEN"},
		"lost value": {func(t *toy, args []string, v *command.Value) {
			if args[0] == "SET" && len(args) == 3 && args[2] == "-5" {
				delete(t.values, args[1])
			}
		}, 3, "KEYS"},
		"wrong kind": {func(_ *toy, args []string, v *command.Value) {
			if args[0] == "GET" && len(args) == 2 && v.Str == "" {
				v.Kind = command.Status
			}
		}, 1, "GET"},
		"other error": {func(_ *toy, args []string, v *command.Value) {
			if args[0] == "APPEND" {
				v.Str = "ERR no"
			}
		}, 1, "APPEND"},
	} {
		d := runToys(t, c.bug)
		if d == nil {
			t.Errorf("%s: not found", name)
			continue
		}
		if len(d.Steps) > c.most {
			t.Errorf("%s: shrunk to %d steps, %d are enough:\n%s", name, len(d.Steps), c.most, d.Script())
		}
		f, err := cases.Parse("t", d.Script())
		if err != nil {
			t.Errorf("%s: %v:\n%s", name, err, d.Script())
			continue
		}
		for server, want := range map[*toy]cases.Status{{}: cases.Pass, {bug: c.bug}: cases.Fail} {
			report, err := cases.Run(server, []*cases.File{f}, cases.Options{Proto: 2})
			if err != nil {
				t.Fatal(err)
			}
			if got := report.Results[0]; got.Status != want && !strings.Contains(d.Script(), "KEYS") {
				t.Errorf("%s: the script gives %s, not %s: %s", name, got.Status, want, got.Detail)
			}
		}
	}
}

// TestFamilies: every syntax can be read and every placeholder is known.
func TestFamilies(t *testing.T) {
	g, err := newGenerator(nil)
	if err != nil {
		t.Fatal(err)
	}
	g.stream(1, 10)
	for _, f := range g.families {
		for _, n := range f.calls {
			for range 50 {
				if args := n.appendTo(nil, g); len(args) == 0 || args[0] != strings.ToUpper(args[0]) {
					t.Errorf("%s: bad call %q", f.name, args)
				}
			}
		}
	}
	if _, err := newGenerator([]string{"nonsense"}); err == nil {
		t.Error("a family that is not there was accepted")
	}
	for _, bad := range []string{"A [b", "A b]", "A (b|c", "}"} {
		if _, err := parseSyntax(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// TestStreamsRepeat: a seed is all that a report needs to name a stream.
func TestStreamsRepeat(t *testing.T) {
	g, err := newGenerator(nil)
	if err != nil {
		t.Fatal(err)
	}
	one := fmt.Sprint(g.stream(7, 500))
	if again := fmt.Sprint(g.stream(7, 500)); one != again {
		t.Error("the same seed gave two streams")
	}
	if other := fmt.Sprint(g.stream(8, 500)); one == other {
		t.Error("two seeds gave one stream")
	}
}

// TestNewCommandsNeedBothServers: nothing is sent that one of them cannot know.
func TestNewCommandsNeedBothServers(t *testing.T) {
	old, young := cases.Peer{Product: "redis", Version: "7.0.15"}, cases.Peer{Product: "redis", Version: "8.10.0"}
	uses := func(peers ...cases.Peer) bool {
		g, err := newGenerator([]string{"string"}, peers...)
		if err != nil {
			t.Fatal(err)
		}
		return slices.ContainsFunc(g.stream(1, 3000), func(s Step) bool { return s.Args[0] == "DELEX" })
	}
	if uses(young, old) || !uses(young, young) {
		t.Error("DELEX is for Redis 8.4 and later")
	}
}

func TestAlike(t *testing.T) {
	n := func(i int64) command.Value { return command.Value{Kind: command.Int, Int: i} }
	s := func(x string) command.Value { return command.Value{Kind: command.Bulk, Str: x} }
	l := func(e ...command.Value) command.Value { return command.Value{Kind: command.Array, Elems: e} }
	for _, c := range []struct {
		args string
		a, b command.Value
		want bool
	}{
		{"GET k", s("a"), s("a"), true},
		{"GET k", s("a"), s("b"), false},
		{"GET k", s("1"), n(1), false},
		{"KEYS *", l(s("a"), s("b")), l(s("b"), s("a")), true},
		{"KEYS *", l(s("a"), s("b")), l(s("b"), s("b")), false},
		{"MGET a b", l(s("a"), s("b")), l(s("b"), s("a")), false},
		{"HGETALL h", l(s("a"), s("1"), s("b"), s("2")), l(s("b"), s("2"), s("a"), s("1")), true},
		{"HGETALL h", l(s("a"), s("1"), s("b"), s("2")), l(s("a"), s("2"), s("b"), s("1")), false},
		{"SCAN 0", l(s("0"), l(s("a"), s("b"))), l(s("0"), l(s("b"), s("a"))), true},
		{"SCAN 0", l(s("0"), l(s("a"))), l(s("7"), l(s("a"))), false},
		{"SCAN 5", l(s("0"), l(s("a"))), l(s("7"), l()), true},
		{"TTL k", n(100), n(101), true},
		{"TTL k", n(100), n(200), false},
		{"TTL k", n(-1), n(1), false},
		{"PTTL k", n(100000), n(101000), true},
		{"PTTL k", n(100000), n(110000), false},
		{"RANDOMKEY", s("a"), s("b"), true},
		{"RANDOMKEY", s("a"), command.Value{}, false},
		{"CLIENT ID", n(1), n(2), true},
		{"CLIENT GETNAME", s("a"), s("b"), false},
		{"GEOPOS k a", l(s("0.027500457218245344")), l(s("0.02750045721824534")), true}, // 17 places
		{"GEOPOS k a", l(s("0.027500457218245344")), l(s("0.02750045721824536")), false},
	} {
		if got := Alike(strings.Fields(c.args), c.a, c.b); got != c.want {
			t.Errorf("%s: %s and %s: got %v", c.args, cases.Format(c.a), cases.Format(c.b), got)
		}
	}
	var x comparer
	queued := command.Value{Kind: command.Status, Str: "QUEUED"}
	x.same([]string{"KEYS", "*"}, queued, queued)
	x.same([]string{"GET", "k"}, queued, queued)
	if !x.same([]string{"EXEC"}, l(l(s("a"), s("b")), s("v")), l(l(s("b"), s("a")), s("v"))) {
		t.Error("EXEC's replies are not compared by their commands")
	}
	x.same([]string{"GET", "k"}, queued, queued)
	if x.same([]string{"EXEC"}, l(s("v")), l(s("w"))) {
		t.Error("a difference inside EXEC is not seen")
	}
}

package cases

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/medleydb/medley/commands/command"
)

// A toy is a target with one key per client command it knows: GET, SET and a few
// that misbehave. It records effects and events.
type toy struct {
	values  map[string]string
	gets    int
	effects [][]string
	events  []string
	log     []string
	info    string
}

type toyClient struct {
	*toy
	replies []command.Value
	closed  bool
}

func (t *toy) Dial(int) (Client, error) { return &toyClient{toy: t}, nil }

func (t *toy) TakeEffects() ([][]string, error) {
	e := t.effects
	t.effects = nil
	return e, nil
}

func (t *toy) TakeEvents() ([]string, error) {
	e := t.events
	t.events = nil
	return e, nil
}

func (c *toyClient) Do(args ...string) (command.Value, error) {
	c.Send(args...)
	return c.Receive()
}

func (c *toyClient) Send(args ...string) error {
	c.log = append(c.log, strings.Join(args, " "))
	reply := command.Value{Kind: command.Status, Str: "OK"}
	switch args[0] {
	case "FLUSHALL":
		c.values = map[string]string{}
	case "SET":
		c.values[args[1]] = args[2]
		c.effects = append(c.effects, []string{"MULTI"}, args, []string{"EXEC"})
		c.events = append(c.events, "set "+args[1])
	case "GET":
		c.gets++
		reply = command.Value{Kind: command.Bulk, Str: c.values[args[1]]}
	case "INFO":
		reply = command.Value{Kind: command.Bulk, Str: c.info}
	case "COUNT":
		c.gets++
		reply = command.Value{Kind: command.Int, Int: int64(c.gets)}
	case "QUIT":
		c.closed = true
		return nil
	default:
		reply = command.Value{Kind: command.Error, Str: "ERR unknown command '" + args[0] + "'"}
	}
	c.replies = append(c.replies, reply)
	return nil
}

func (c *toyClient) Receive() (command.Value, error) {
	if len(c.replies) == 0 {
		if c.closed {
			return command.Value{}, io.EOF
		}
		return command.Value{}, errors.New("no reply came")
	}
	v := c.replies[0]
	c.replies = c.replies[1:]
	return v, nil
}

func (c *toyClient) Close() error { return nil }

func playToy(t *testing.T, script string, o Options) (*Report, *toy) {
	t.Helper()
	f, err := Parse("t", head+script)
	if err != nil {
		t.Fatal(err)
	}
	if o.Proto == 0 {
		o.Proto = 2
	}
	if o.Patience == 0 {
		o.Patience = 50 * time.Millisecond
	}
	target := &toy{}
	report, err := Run(target, []*File{f}, o)
	if err != nil {
		t.Fatal(err)
	}
	return report, target
}

// TestRunFinds proves that each kind of wrong expectation fails, and that the right
// one beside it passes.
func TestRunFinds(t *testing.T) {
	for name, c := range map[string]struct{ right, wrong, detail string }{
		"reply":            {"> GET k\n< \"\"", "> GET k\n< \"x\"", "GET k\n  expected \"x\"\n  got      \"\""},
		"second reply":     {"> SET k v\n> GET k\n< +OK\n< \"v\"", "> SET k v\n> GET k\n< +OK\n< +OK", "expected +OK"},
		"other connection": {"> SET k v\n< +OK\nb> GET k\nb< \"v\"", "> SET k v\n< +OK\nb> GET k\nb< \"w\"", "expected \"w\""},
		"no reply":         {"quiet> QUIT\n< closed", "< +OK", "no reply came"},
		"closed":           {"quiet> QUIT\n< closed", "> GET k\n< closed", "expected closed"},
		"until":            {"until> COUNT\n< 3", "until> COUNT\n< -1", "until COUNT"},
		"condition":        {"> GET k\n<[redis>=8] \"\"\n< \"x\"", "> GET k\n<[redis<8] \"\"\n< \"x\"", "expected \"x\""},
		"kept":             {"> SET k v\n< +OK\n> GET k\n< string as x\n> GET k\n< \"${x}\"", "> SET k v\n< +OK\n> COUNT\n< int as x\n> GET k\n< \"${x}\"", "got      \"v\""},
		"effect":           {"> SET k v\n< +OK\neffect: set * v", "> SET k v\n< +OK\neffect: SET k w", "effects of SET k v\n  expected SET k w\n  got      SET k v"},
		"missing effect":   {"> GET k\n< \"\"\neffect: none", "> GET k\n< \"\"\neffect: GET k", "got      none"},
		"extra effect":     {"> SET k v\n< +OK\neffect: SET k v", "> SET k v\n< +OK\neffect: none", "expected none"},
		"short effect":     {"> SET k v\n< +OK\neffect: SET k v", "> SET k v\n< +OK\neffect: SET k", "effects of"},
		"long effect":      {"> SET k v\n< +OK\neffect: SET k v", "> SET k v\n< +OK\neffect: SET k v NX", "effects of"},
		"frames":           {"> SET k v\n< +OK\neffect: MULTI\neffect: SET k v\neffect: EXEC", "> SET k v\n< +OK\neffect: MULTI\neffect: SET k v", "effects of"},
		"old effects":      {"> SET k v\n< +OK\n> GET k\n< \"v\"\neffect: none", "> SET k v\n< +OK\n> GET k\n< \"v\"\neffect: SET k v", "effects of GET k"},
		"pipeline effects": {"> SET k v\n> SET l v\n< +OK\n< +OK\neffect: SET k v\neffect: SET l v", "> SET k v\n> SET l v\n< +OK\n< +OK\neffect: SET l v", "effects of"},
		"time in effect":   {"> SET k ${ms+9000}\n< +OK\neffect: SET k now+9s", "> SET k ${ms+90000}\n< +OK\neffect: SET k now+9s", "effects of"},
		"effect choice":    {"> SET k v\n< +OK\neffect[redis]: SET k v\neffect: none", "> SET k v\n< +OK\neffect[valkey]: SET k v\neffect: none", "expected none"},
		"event":            {"> SET k v\n< +OK\nevent: set k", "> SET k v\n< +OK\nevent: del k", "events of SET k v\n  expected del k\n  got      set k"},
		"extra event":      {"> SET k v\n< +OK\nevent: set k", "> SET k v\n< +OK\nevent: none", "got      set k"},
		"mixed records":    {"> SET k v\n< +OK\nevent: set k\neffect: SET k v", "> SET k v\n< +OK\nevent: set k\neffect: none", "effects of"},
		"unknown variable": {"> GET k\n< \"\"", "> GET ${x}\n< any", "is not known"},
		"close":            {"b> GET k\nb< \"\"\nb close>", "b close>", "no connection b"},
	} {
		o := Options{Peer: Peer{"redis", "8.0.6"}}
		if report, _ := playToy(t, c.right, o); report.Total().Pass != 1 {
			t.Errorf("%s: the right script fails: %+v", name, report.Results)
		}
		report, _ := playToy(t, c.wrong, o)
		if r := report.Results[0]; r.Status != Fail || !strings.Contains(r.Detail, c.detail) {
			t.Errorf("%s: got %s %q, want a failure with %q", name, r.Status, r.Detail, c.detail)
		}
	}
}

func TestRunSkipsAndMisses(t *testing.T) {
	for _, c := range []struct {
		script string
		want   Status
	}{
		{"requires: redis>=8.4\n> BAD\n< 1", Skip},
		{"requires: redis>=8\n> GET k\n< \"\"", Pass},
		{"needs: zset\n> BAD\n< 1", Skip},
		{"needs: get\n> GET k\n< \"\"", Skip}, // the toy knows no lower case
		{"needs: COUNT\n> GET k\n< \"\"", Pass},
		{"protocol: 3\n> BAD\n< 1", Skip},
		{"protocol: 2\n> GET k\n< \"\"", Pass},
		{"> NONSENSE\n< 1", Missing},
		{"> NONSENSE\n< -/^ERR unknown/", Pass},
	} {
		report, _ := playToy(t, c.script, Options{Peer: Peer{"redis", "8.0.6"}})
		if got := report.Results[0].Status; got != c.want {
			t.Errorf("%q: got %s, want %s", c.script, got, c.want)
		}
	}
}

// TestFinallyAlwaysRuns: what a case changed in the server is put right even when it fails.
func TestFinallyAlwaysRuns(t *testing.T) {
	report, target := playToy(t, "finally> SET clean up\n> GET k\n< 5\n> SET never v\n< +OK", Options{})
	if report.Results[0].Status != Fail || !slices.Contains(target.log, "SET clean up") {
		t.Errorf("status %s, log %q", report.Results[0].Status, target.log)
	}
	if slices.Contains(target.log, "SET never v") {
		t.Error("the case went on after its failure")
	}
}

func TestReport(t *testing.T) {
	r := &Report{Peer: Peer{"redis", "8.0.6"}, Proto: 2, Results: []Result{
		{Command: "SET", Group: "string", Case: "a", Status: Pass},
		{Command: "SET", Group: "string", Case: "b", Status: Fail, File: "set.case", Line: 7, Detail: "why"},
		{Command: "GET", Group: "string", Case: "c", Status: Missing},
		{Command: "DEL", Group: "generic", Case: "d", Status: Skip},
	}}
	if got := r.Total(); got != (Tally{1, 1, 1, 1}) {
		t.Errorf("total %+v", got)
	}
	var names []string
	for _, l := range r.Lines() {
		names = append(names, l.Group+"/"+l.Command)
	}
	if got := strings.Join(names, " "); got != "generic/ generic/DEL string/ string/GET string/SET" {
		t.Errorf("lines %s", got)
	}
	var text, js bytes.Buffer
	r.WriteText(&text)
	if !strings.Contains(text.String(), "set.case:7: b: why") {
		t.Errorf("text:\n%s", &text)
	}
	if err := WriteJSON(&js, r); err != nil {
		t.Fatal(err)
	}
	var back []struct {
		Total   Tally
		Results []Result
	}
	if err := json.Unmarshal(js.Bytes(), &back); err != nil || len(back) != 1 || back[0].Total.Fail != 1 || len(back[0].Results) != 4 {
		t.Errorf("json %v: %s", err, &js)
	}
}

func TestDetect(t *testing.T) {
	for info, want := range map[string]Peer{
		"# Server\r\nredis_version:7.0.15\r\ngcc_version:12.2.0\r\n":        {"redis", "7.0.15"},
		"redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:9.1.2": {"valkey", "9.1.2"},
		"redis_version:8.0.0\r\nmedley_version:0.1.0\r\n":                   {"medley", "0.1.0"},
		"redis_version:7.4.0\r\ndragonfly_version:df-v1.30.0\r\n":           {"dragonfly", "1.30.0"},
		"": {},
	} {
		if got, err := Detect(&toy{info: info}); err != nil || got != want {
			t.Errorf("%q: got %+v, %v", info, got, err)
		}
	}
}

// TestRawNeedsRawClient: a case with raw bytes is no failure of a server that is
// called in another way than over a wire.
func TestRawNeedsRawClient(t *testing.T) {
	report, _ := playToy(t, "raw> \"GET k\"\n< any", Options{Peer: Peer{"redis", "8.0.6"}})
	if r := report.Results[0]; r.Status != Skip || !strings.Contains(r.Detail, "raw bytes") {
		t.Errorf("got %s %q", r.Status, r.Detail)
	}
}

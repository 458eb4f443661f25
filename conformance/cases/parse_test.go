package cases

import (
	"strings"
	"testing"
	"time"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/server/resp"
)

const head = "command: X\ngroup: g\ncase: c\n"

// TestParseRefuses protects authors of scripts from lines that silently mean nothing.
func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"":                                   "needs command:",
		"> GET k\n":                          "before the first case",
		"effect: none\n":                     "before the first case",
		"command: X\ngroup: g\n":             "needs command:",
		head + "> GET k":                     "not read",
		head + "b> GET k\n< nil":             "not read",
		head + "> GET \"k\n< nil":            "unbalanced",
		head + ">\n< nil":                    "command is missing",
		head + "> GET k\n<":                  "reply is missing",
		head + "> GET k\n< nonsense":         "unknown reply",
		head + "> GET k\n< [1, 2":            "missing",
		head + "> GET k\n< 1 2":              "unexpected",
		head + "> GET k\n< /(/":              "missing closing",
		head + "> GET k\n< {1: 2, 3}":        ": is missing",
		head + "> GET k\n<[redis<8] 1":       "no reply for everybody else",
		head + "> GET k\n<[oracle] 1\n< 2":   "unknown condition",
		head + "> GET k\n<[redis<x] 1\n< 2":  "bad version",
		head + "until> GET k":                "has no reply",
		head + "effect:":                     "is missing",
		head + "protocol: 4":                 "2 or 3",
		head + "colour: red":                 "unknown tag",
		head + "something":                   "not a step or a tag",
		head + "requires: oracle":            "unknown condition",
		head + "raw> a b":                    "one word",
		head + "close> x":                    "takes no words",
		head + "> GET @{1..x k}\n< nil":      "invalid syntax",
		head + "> GET ${rep\n< nil":          "without }",
		head + "b until< nil":                "does not go with <",
		"command: X\ngroup: g\ncase:\n> P\n": "needs a name",
	} {
		_, err := Parse("t", text)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got error %v, want one with %q", text, err, want)
		}
	}
}

func TestWords(t *testing.T) {
	e := env{now: time.UnixMilli(1234567), vars: map[string]string{"id": "7"}}
	words, err := splitWords(`SET k "a b\x00\r\n\"\\" 'c"\x' ${rep ab 3} x${id}y "${id} ${unix+1}" ${ms-7} @{1..3 k# v}  ""`)
	if err != nil {
		t.Fatal(err)
	}
	got, err := expandAll(words, e)
	want := []string{"SET", "k", "a b\x00\r\n\"\\", `c"\x`, "ababab", "x7y", "7 1235", "1234560", "k1", "v", "k2", "v", "k3", "v", ""}
	if err != nil || strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, %v\nwant %q", got, err, want)
	}
	back, err := splitWords(QuoteAll(want))
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := expandAll(back, e); strings.Join(again, "|") != strings.Join(want, "|") {
		t.Errorf("quoted and read again: %q", again)
	}
	if words, _ = splitWords("${nobody}"); words != nil {
		if _, err := expandAll(words, e); err == nil {
			t.Error("an unknown variable was expanded")
		}
	}
}

func wire(t *testing.T, s string) command.Value {
	t.Helper()
	v, err := resp.NewReader(strings.NewReader(s)).Read()
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return v
}

// TestPatterns says which replies each notation accepts, and that it refuses others.
func TestPatterns(t *testing.T) {
	now := time.UnixMilli(1_000_000_000)
	for _, c := range []struct {
		pattern string
		proto   int
		yes, no []string
	}{
		{"+OK", 2, []string{"+OK\r\n"}, []string{"+ok\r\n", "$2\r\nOK\r\n", "-OK\r\n"}},
		{"-ERR a b", 2, []string{"-ERR a b\r\n"}, []string{"-ERR a\r\n", "+ERR a b\r\n"}},
		{"-/^ERR .*b/", 2, []string{"-ERR a b\r\n"}, []string{"-ERR a\r\n"}},
		{"12", 2, []string{":12\r\n"}, []string{":13\r\n", "$2\r\n12\r\n"}},
		{"-2", 2, []string{":-2\r\n"}, []string{":2\r\n", "-2\r\n"}},
		{"1..3", 2, []string{":1\r\n", ":3\r\n"}, []string{":0\r\n", ":4\r\n"}},
		{"..3", 2, []string{":-9\r\n"}, []string{":4\r\n"}},
		{"str(1..)", 2, []string{"$1\r\n5\r\n"}, []string{"$1\r\n0\r\n", ":5\r\n"}},
		{`"a\x00"`, 2, []string{"$2\r\na\x00\r\n"}, []string{"$1\r\na\r\n", "+a\r\n"}},
		{"/^a.b$/", 2, []string{"$3\r\na\nb\r\n"}, []string{"$2\r\nab\r\n", "+axb\r\n"}},
		{"nil", 2, []string{"$-1\r\n"}, []string{"*-1\r\n", "$0\r\n\r\n"}},
		{"nil-array", 2, []string{"*-1\r\n"}, []string{"$-1\r\n"}},
		{"nil-array", 3, []string{"_\r\n"}, []string{"*-1\r\n"}},
		{`1 | nil | "x"`, 2, []string{":1\r\n", "$-1\r\n", "$1\r\nx\r\n"}, []string{":2\r\n"}},
		{"true", 3, []string{"#t\r\n"}, []string{"#f\r\n", ":1\r\n"}},
		{"true", 2, []string{":1\r\n"}, []string{":0\r\n"}},
		{"double(1.5)", 3, []string{",1.5\r\n"}, []string{",1.6\r\n", "$3\r\n1.5\r\n"}},
		{"double(1.5)", 2, []string{"$3\r\n1.5\r\n"}, []string{"$4\r\n1.50\r\n", "$1\r\nx\r\n"}},
		{"double(1..2)", 2, []string{"$3\r\n1.5\r\n"}, []string{"$1\r\n3\r\n", "$1\r\nx\r\n"}},
		{"double(inf)", 3, []string{",inf\r\n"}, []string{",1\r\n"}},
		{"big(12)", 3, []string{"(12\r\n"}, []string{"(13\r\n", ":12\r\n"}},
		{"[]", 2, []string{"*0\r\n"}, []string{"*-1\r\n", "*1\r\n:1\r\n"}},
		{"[1, +OK, -ERR]", 2, []string{"*3\r\n:1\r\n+OK\r\n-ERR\r\n"}, []string{"*2\r\n:1\r\n+OK\r\n"}},
		{"[1, ...]", 2, []string{"*1\r\n:1\r\n", "*2\r\n:1\r\n:2\r\n"}, []string{"*0\r\n", "*1\r\n:2\r\n"}},
		{"[1, 2]", 2, nil, []string{"*2\r\n:2\r\n:1\r\n"}},
		{"unordered[any, 1]", 2, []string{"*2\r\n:1\r\n:2\r\n", "*2\r\n:2\r\n:1\r\n"}, []string{"*2\r\n:2\r\n:2\r\n"}},
		{"unordered[1..9, 1..3, 1]", 2, []string{"*3\r\n:1\r\n:2\r\n:9\r\n"}, []string{"*3\r\n:1\r\n:9\r\n:9\r\n"}},
		{"set[1, 2]", 3, []string{"~2\r\n:2\r\n:1\r\n"}, []string{"*2\r\n:1\r\n:2\r\n"}},
		{"set[1, 2]", 2, []string{"*2\r\n:2\r\n:1\r\n"}, []string{"*2\r\n:1\r\n:1\r\n"}},
		{`{"a": 1, "b": 2}`, 3, nil, []string{"%1\r\n$1\r\na\r\n:1\r\n", "*4\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n:2\r\n"}},
		{`{"a": 1, "b": 2}`, 3, []string{"%2\r\n$1\r\nb\r\n:2\r\n$1\r\na\r\n:1\r\n"}, nil},
		{`{"a": 1, ...}`, 2, []string{"*4\r\n$1\r\nb\r\n:2\r\n$1\r\na\r\n:1\r\n"}, []string{"*3\r\n$1\r\na\r\n:1\r\n:1\r\n"}},
		{`push["m"]`, 3, []string{">1\r\n$1\r\nm\r\n"}, []string{"*1\r\n$1\r\nm\r\n"}},
		{`text("x")`, 3, []string{"=5\r\ntxt:x\r\n"}, []string{"$1\r\nx\r\n", "=5\r\nmkd:x\r\n"}},
		{`text(/x/)`, 2, []string{"$2\r\nxy\r\n"}, []string{"$1\r\ny\r\n"}},
		{"now+10s", 2, []string{":1000010000\r\n", "$10\r\n1000012000\r\n"}, []string{":1000020000\r\n", "+x\r\n", ":1000010\r\n"}},
		{"unix-10s", 2, []string{":999990\r\n"}, []string{":1000010\r\n"}},
		{"any", 2, []string{"*-1\r\n", "-E\r\n"}, nil},
		{"error", 2, []string{"-E\r\n"}, []string{"+E\r\n"}},
		{"int", 2, []string{":1\r\n"}, []string{"$1\r\n1\r\n"}},
		{"string", 2, []string{"$1\r\n1\r\n"}, []string{"$-1\r\n"}},
		{"map", 3, []string{"%0\r\n"}, []string{"*0\r\n"}},
		{"${id}", 2, []string{":7\r\n"}, []string{":8\r\n"}},
		{`"${id}"`, 2, []string{"$1\r\n7\r\n"}, []string{":7\r\n"}},
		{"closed", 2, nil, []string{"+OK\r\n"}},
	} {
		p, _, err := parseReply(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		m := moment{env{now, map[string]string{"id": "7"}}, c.proto}
		for _, s := range c.yes {
			if !p.match(m, wire(t, s)) {
				t.Errorf("RESP%d %s refuses %q", c.proto, c.pattern, s)
			}
		}
		for _, s := range c.no {
			if p.match(m, wire(t, s)) {
				t.Errorf("RESP%d %s accepts %q", c.proto, c.pattern, s)
			}
		}
	}
}

// TestFormatIsReadBack: what a report prints as the reply can be put in a script.
func TestFormatIsReadBack(t *testing.T) {
	for _, s := range []string{"+OK\r\n", "+two words\r\n", "-ERR a 'b'\r\n", ":-5\r\n", "$4\r\na\"$\x00\r\n", "_\r\n",
		",1.5\r\n", ",-inf\r\n", "#t\r\n", "(123\r\n", "=5\r\ntxt:x\r\n", "~1\r\n:1\r\n", ">2\r\n+a b\r\n-ERR x y\r\n",
		"%1\r\n$1\r\na\r\n*1\r\n,2\r\n"} {
		v := wire(t, s)
		for _, text := range []string{Format(v), FormatLine(v)} {
			p, _, err := parseReply(text)
			if err != nil {
				t.Errorf("%q gives %s: %v", s, text, err)
			} else if !p.match(moment{proto: 3}, v) {
				t.Errorf("%q gives %s, which does not match it", s, text)
			}
		}
	}
}

func TestPromises(t *testing.T) {
	for _, c := range []struct {
		requires string
		peer     Peer
		want     bool
	}{
		{"", Peer{"redis", "7.0.15"}, true},
		{"redis>=8.4", Peer{"redis", "8.0.6"}, false},
		{"redis>=8.4", Peer{"redis", "8.4.0"}, true},
		{"redis>=8.4", Peer{"redis", "8.10.1"}, true},
		{"redis>=8.4", Peer{"valkey", "9.1.2"}, false},
		{"redis>=8.4 valkey>=9", Peer{"valkey", "9.1.2"}, true},
		{"redis>=8.4", Peer{"medley", "0.1"}, true},
		{"medley", Peer{"medley", "0.1"}, true},
		{"medley", Peer{"redis", "99"}, false},
		{"medley", Peer{"other", "1"}, false},
		{"redis>=8.4", Peer{"other", "1"}, true},
	} {
		f, err := Parse("t", "command: X\ngroup: g\ncase: c\nrequires: "+c.requires+"\n")
		if err != nil {
			t.Fatal(err)
		}
		if got := promises(f.Cases[0].requires, c.peer); got != c.want {
			t.Errorf("requires %q, %s: got %v", c.requires, c.peer, got)
		}
	}
}

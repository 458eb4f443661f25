package cli

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/medleydb/medley/server/resp"
)

// node writes a map of COMMAND DOCS: field names and encoded values in turn.
func node(kind string, fields ...string) string {
	n := len(fields)
	if kind == "%" {
		n /= 2
	}
	var b strings.Builder
	b.WriteString(kind + strconv.Itoa(n) + "\r\n")
	for i := 0; i < len(fields); i += 2 {
		b.WriteString(bulk(fields[i]) + fields[i+1])
	}
	return b.String()
}

func list(items ...string) string {
	return "*" + strconv.Itoa(len(items)) + "\r\n" + strings.Join(items, "")
}

// docs is a small COMMAND DOCS, with maps as RESP3 ("%") or RESP2 ("*") has them.
func docs(kind string) string {
	arg := func(name, typ string, more ...string) string {
		return node(kind, append([]string{"name", bulk(name), "type", bulk(typ)}, more...)...)
	}
	token := func(name, word string, more ...string) string {
		return arg(name, "pure-token", append([]string{"token", bulk(word)}, more...)...)
	}
	optional := []string{"flags", list("+optional\r\n")}
	doc := func(summary, group string, args ...string) string {
		return node(kind, "summary", bulk(summary), "since", bulk("1.0.0"), "group", bulk(group), "arguments", list(args...))
	}
	key := arg("key", "key")
	return node(kind,
		"get", doc("Get it.", "string", key),
		"mget", doc("Get many.", "string", arg("key", "key", "flags", list("+multiple\r\n"))),
		"set", doc("Set it.", "string", key, arg("value", "string"),
			arg("condition", "oneof", append(optional, "arguments", list(token("nx", "NX"), token("xx", "XX")))...),
			token("get", "GET", optional...),
			arg("expiration", "oneof", append(optional, "arguments", list(
				arg("seconds", "integer", "token", bulk("EX")), token("keepttl", "KEEPTTL")))...)),
		"config", node(kind, "summary", bulk("Container."), "group", bulk("server"), "subcommands", node(kind,
			"config|set", doc("Set settings.", "server", arg("data", "block", "flags", list("+multiple\r\n"),
				"arguments", list(arg("parameter", "string"), arg("value", "string")))))),
		"scan", doc("Iterate.", "generic", arg("cursor", "integer"),
			arg("pattern", "pattern", append(optional, "token", bulk("MATCH"))...),
			arg("count", "integer", append(optional, "token", bulk("COUNT"))...)),
		"field", doc("Repeat tokens.", "string", key, arg("op", "block", "token", bulk("OP"),
			"flags", list("+optional\r\n", "+multiple\r\n", "+multiple_token\r\n"),
			"arguments", list(arg("encoding", "string"), arg("offset", "integer")))),
		"rand", doc("Nested.", "string", key, arg("options", "block", append(optional, "arguments",
			list(arg("count", "integer"), token("with", "WITH", optional...)))...)),
		"zadd", doc("Optional first.", "sorted-set", key, token("ch", "CH", optional...), token("incr", "INCR", optional...),
			arg("data", "block", "flags", list("+multiple\r\n"),
				"arguments", list(arg("score", "double"), arg("member", "string")))),
		"migrate", doc("Empty token.", "generic", arg("selector", "oneof",
			"arguments", list(arg("key", "key"), token("empty", "")))),
	)
}

func testHelp(t *testing.T, kind string) *help {
	t.Helper()
	v, err := resp.NewReader(strings.NewReader(docs(kind))).Read()
	if err != nil {
		t.Fatal(err)
	}
	return parseHelp(v)
}

// Protects the hints: what was typed goes, what may follow stays.
func TestHints(t *testing.T) {
	for _, kind := range []string{"%", "*"} {
		h := testHelp(t, kind)
		for _, c := range [][2]string{
			{"", ""}, {"nope ", ""}, {"get", "key"}, {"GET ", "key"}, {"get k ", ""}, {"get k k ", ""}, {`get "k`, ""},
			{"mget ", "key [key ...]"}, {"mget a b ", "[key ...]"},
			{"set k v ", "[NX|XX] [GET] [EX seconds|KEEPTTL]"},
			{"set k v ex ", "seconds [NX|XX] [GET]"},
			{"set k v EX 5 ", "[NX|XX] [GET]"},
			{"set k v GET keepttl NX ", ""},
			{"set k v EX soon ", ""}, {"set k v WHAT ", ""},
			{"config set ", "parameter value [parameter value ...]"},
			{"config set a ", "value [parameter value ...]"},
			{"CONFIG SET a 1 ", "[parameter value ...]"},
			{"scan 0 count ", "count [MATCH pattern]"},
			{"scan 0 count 5 match ", "pattern"},
			{"field k ", "[OP encoding offset [OP encoding offset ...]]"},
			{"field k op ", "encoding offset [OP encoding offset ...]"},
			{"field k op u8 0 op i8 ", "offset [OP encoding offset ...]"},
			{"rand k ", "[count [WITH]]"}, {"rand k 3 ", "[WITH]"}, {"rand k x ", ""},
			{"zadd k ", "[CH] [INCR] score member [score member ...]"},
			{"zadd k INCR ", "[CH] score member [score member ...]"},
			{"zadd k 1 ", "member [score member ...]"},
			{"zadd k one ", ""},
			{"migrate ", `key|""`},
		} {
			if got := h.hintFor(c[0]); got != c[1] {
				t.Errorf("%s %q: got %q, want %q", kind, c[0], got, c[1])
			}
		}
	}
}

func TestCompletion(t *testing.T) {
	h := testHelp(t, "%")
	for _, c := range []struct {
		text string
		want []string
	}{
		{"ge", []string{"GET"}},
		{"m", []string{"MGET", "MIGRATE"}},
		{"config ", []string{"CONFIG SET"}},
		{"help s", []string{"help SCAN", "help SET"}},
		{"help @s", []string{"help @server", "help @sorted-set", "help @string"}},
		{"set k v e", []string{"set k v EX"}},
		{"set k v NX k", []string{"set k v NX KEEPTTL"}},
		{"set k v ", nil},
		{"nope x", nil},
		{`set "k`, nil},
	} {
		if got := h.complete(c.text); !slices.Equal(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
	if got := (&help{}).complete("x"); got != nil {
		t.Errorf("without help: %q", got)
	}
}

func TestHelpText(t *testing.T) {
	f := fake(t, scripted(map[string]string{"COMMAND DOCS": docs("*")}))
	want := "\r\n  \x1b[1mGET\x1b[0m \x1b[90mkey\x1b[0m\r\n  \x1b[33msummary:\x1b[0m Get it.\r\n" +
		"  \x1b[33msince:\x1b[0m 1.0.0\r\n  \x1b[33mgroup:\x1b[0m string\r\n\r\n"
	expect(t, run(t, "", append(f.at(), "help", "get")...), result{want, "", 0})
	got := run(t, "", append(f.at(), "help", "@server")...)
	if !strings.Contains(got.out, "CONFIG SET") || strings.Contains(got.out, "GET") {
		t.Errorf("help @server: %q", got.out)
	}
	if got := run(t, "", append(f.at(), "help")...); !strings.Contains(got.out, `"help @<group>"`) {
		t.Errorf("help: %q", got.out)
	}
	old := fake(t, always("-ERR unknown command\r\n"))
	expect(t, run(t, "", append(old.at(), "help", "get")...), result{"\r\n", "", 0})
}

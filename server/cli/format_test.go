package cli

import (
	"strings"
	"testing"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/server/resp"
)

// Protects the forms of every kind of reply in every format: scripts cut them apart.
func TestReplyForms(t *testing.T) {
	for _, c := range []struct{ wire, standard, raw, csv, json string }{
		{"+OK\r\n", "OK\n", "OK\n", `"OK"` + "\n", `"OK"` + "\n"},
		{"-ERR no\r\n", "(error) ERR no\n", "ERR no\n\n", `ERROR,"ERR no"` + "\n", `error:"ERR no"` + "\n"},
		{":-7\r\n", "(integer) -7\n", "-7\n", "-7\n", "-7\n"},
		{"$-1\r\n", "(nil)\n", "\n", "NULL\n", "null\n"},
		{"*-1\r\n", "(nil)\n", "\n", "NULL\n", "null\n"},
		{"_\r\n", "(nil)\n", "\n", "NULL\n", "null\n"},
		{bulk("a b"), "\"a b\"\n", "a b\n", "\"a b\"\n", "\"a b\"\n"},
		{bulk("\x00\n\"\\\xff"), `"\x00\n\"\\\xff"` + "\n", "\x00\n\"\\\xff\n",
			`"\x00\n\"\\\xff"` + "\n", "\"\\u0000\\n\\\"\\\\\xff\"\n"},
		{",3.0\r\n", "(double) 3.0\n", "3.0\n", "3.0\n", "3.0\n"},
		{",inf\r\n", "(double) inf\n", "inf\n", "inf\n", "inf\n"},
		{"#t\r\n", "(true)\n", "(true)\n", "true\n", "true\n"},
		{"#f\r\n", "(false)\n", "(false)\n", "false\n", "false\n"},
		{"(123456789012345678901\r\n", "(big number) 123456789012345678901\n",
			"123456789012345678901\n", "123456789012345678901\n", "123456789012345678901\n"},
		{"=7\r\ntxt:a\nb\r\n", "a\nb\n", "a\nb\n", `"a\nb"` + "\n", `"a\nb"` + "\n"},
		{"*0\r\n", "(empty array)\n", "\n", "\n", "[]\n"},
		{"~0\r\n", "(empty set)\n", "\n", "\n", "[]\n"},
		{"%0\r\n", "(empty hash)\n", "\n", "\n", "{}\n"},
		{"*2\r\n:1\r\n*2\r\n+a\r\n+b\r\n", "1) (integer) 1\n2) 1) a\n   2) b\n",
			"1\na\nb\n", "1,\"a\",\"b\"\n", "[1,[\"a\",\"b\"]]\n"},
		{"~2\r\n:1\r\n:2\r\n", "1~ (integer) 1\n2~ (integer) 2\n", "1\n2\n", "1,2\n", "[1,2]\n"},
		{"%2\r\n" + bulk("k") + bulk("v") + ":2\r\n*2\r\n:3\r\n:4\r\n",
			"1# \"k\" => \"v\"\n2# (integer) 2 => \n   1) (integer) 3\n   2) (integer) 4\n",
			"k v\n2 3\n4\n", "\"k\",\"v\",2,3,4\n", "{\"k\":\"v\",\"2\":[3,4]}\n"},
		{"|1\r\n+ttl\r\n:5\r\n:1\r\n", "(integer) 1\n", "1\n", "1\n", "1\n"},
	} {
		v, err := resp.NewReader(strings.NewReader(c.wire)).Read()
		if err != nil {
			t.Fatalf("%q: %v", c.wire, err)
		}
		for f, want := range map[format]string{formatStandard: c.standard, formatRaw: c.raw,
			formatCSV: c.csv, formatJSON: c.json} {
			o := defaultOptions(false)
			o.format = f
			if got := string(o.appendReply(nil, v, false)); got != want {
				t.Errorf("%q in format %d:\ngot  %q\nwant %q", c.wire, f, got, want)
			}
		}
	}
}

// Protects the alignment when indices grow to two digits inside an aggregate.
func TestIndexWidth(t *testing.T) {
	wire := "*1\r\n*10\r\n" + strings.Repeat(":1\r\n", 10)
	v, err := resp.NewReader(strings.NewReader(wire)).Read()
	if err != nil {
		t.Fatal(err)
	}
	got := string(appendStandard(nil, v, nil))
	if !strings.HasPrefix(got, "1)  1) (integer) 1\n    2) (integer) 1\n") ||
		!strings.HasSuffix(got, "\n   10) (integer) 1\n") {
		t.Errorf("got\n%s", got)
	}
}

func TestQuotedJSON(t *testing.T) {
	if got, want := string(appendJSONString(nil, "é\x00\"", true)), `"\\xc3\\xa9\\x00\\""`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSplitArgs(t *testing.T) {
	for _, c := range []struct {
		line string
		want []string // nil: refused
	}{
		{"", []string{}},
		{"  \t ", []string{}},
		{"set  a\tb", []string{"set", "a", "b"}},
		{`"a b" 'c d'`, []string{"a b", "c d"}},
		{`"\x00\xfF\n\r\t\b\a\\\"\q"`, []string{"\x00\xff\n\r\t\b\a\\\"q"}},
		{`"\xZZ"`, []string{"xZZ"}},
		{`'\n\''`, []string{`\n'`}},
		{`"" ''`, []string{"", ""}},
		{`a"b c"`, []string{"ab c"}},
		{`"a"b`, nil},
		{`'a'b`, nil},
		{`"a`, nil},
		{`'a`, nil},
		{`"a\`, nil},
	} {
		got, ok := splitArgs(c.line)
		if ok != (c.want != nil) || strings.Join(got, "|") != strings.Join(c.want, "|") || ok && len(got) != len(c.want) {
			t.Errorf("%s: got %q, %v; want %q", c.line, got, ok, c.want)
		}
	}
}

// Protects that what is printed can be typed: quoting and splitting are inverse.
func FuzzQuoteSplit(f *testing.F) {
	f.Add("plain")
	f.Add("\x00\xff \n\"'\\")
	f.Fuzz(func(t *testing.T, s string) {
		words, ok := splitArgs(string(datatypes.AppendQuoted(nil, s)))
		if !ok || len(words) != 1 || words[0] != s {
			t.Errorf("%q came back as %q, %v", s, words, ok)
		}
		splitArgs(s) // whatever it says, it must not fail on any line
	})
}

package config

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestSplitArgs(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want []string // nil: unbalanced
	}{
		{"", []string{}}, {" \t ", []string{}},
		{"a  b\tc", []string{"a", "b", "c"}},
		{`a ""`, []string{"a", ""}}, {`'' b`, []string{"", "b"}},
		{`"a\n\r\t\b\a\x41\"\\\q"`, []string{"a\n\r\t\b\aA\"\\q"}},
		{`'a\'b\n'`, []string{`a'b\n`}},
		{`ab"c d"`, []string{"abc d"}}, {`"\x4"`, []string{"x4"}},
		{`"a`, nil}, {`'a`, nil}, {`"a"b`, nil}, {`'a'b`, nil}, {`"a\"`, nil},
		{`a\nb`, []string{`a\nb`}},
	} {
		got, err := splitArgs(tc.in)
		if (err != nil) != (tc.want == nil) || err == nil && !slices.Equal(got, tc.want) {
			t.Errorf("%q: %q, %v; want %q", tc.in, got, err, tc.want)
		}
	}
}

func TestLoadSample(t *testing.T) {
	c := New()
	if err := c.LoadFile("testdata/sample.conf"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"port": "6380", "bind": "10.0.0.1 -::1", "requirepass": "p\"a\\sA s\n", "masterauth": "it's",
		"save":                       "900 1 300 10 60 100",
		"client-output-buffer-limit": "normal 0 0 0 slave 1048576 524288 30 pubsub 2097152 1048576 10",
		"replica-read-only":          "no", "list-max-listpack-size": "-3", "notify-keyspace-events": "",
		"shutdown-on-sigterm": "nosave now", "replicaof": "upstream.example 6379",
		"latency-tracking-info-percentiles": "50 99.9", "maxmemory": "1073741824", "maxmemory-policy": "allkeys-lfu",
	} {
		wantValue(t, c, name, want)
	}
	got := c.FileOnly()
	if len(got.Users) != 1 || got.Users[0][0] != "alice" || len(got.Users[0]) != 5 {
		t.Errorf("users %q", got.Users)
	}
	if want := [][2]string{{"CONFIG", ""}, {"KEYS", "keys-8f3a"}}; !reflect.DeepEqual(got.Renames, want) {
		t.Errorf("renames %q", got.Renames)
	}
	if len(got.Modules) != 1 || len(got.Modules[0]) != 2 {
		t.Errorf("modules %q", got.Modules)
	}
	if w := c.Warnings(); len(w) != 1 || !strings.HasSuffix(w[0], ": loadmodule") {
		t.Errorf("warnings %q", w)
	}
}

// The stock files of the peers must start Medley.
func TestLoadStockFiles(t *testing.T) {
	files := []string{"/etc/redis/redis.conf", "/etc/valkey/valkey.conf"}
	if home, err := os.UserHomeDir(); err == nil {
		more, _ := filepath.Glob(filepath.Join(home, ".cache/peers/root/etc/*/*.conf"))
		for _, f := range more {
			if b := filepath.Base(f); b == "redis.conf" || b == "valkey.conf" {
				files = append(files, f)
			}
		}
	}
	for _, f := range files {
		if _, err := os.Stat(f); err != nil {
			continue
		}
		c := New()
		if err := c.LoadFile(f); err != nil {
			t.Errorf("%s: %v", f, err)
		}
		t.Logf("%s: %q", f, c.Warnings())
	}
}

func TestLoadErrors(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "inner.conf", "\nhz x\n")
	write(t, "loop.conf", "include loop.conf\n")
	for _, tc := range []struct{ text, want string }{
		{"port 1\nrequirepass \"abc\n", "f.conf:2: Unbalanced quotes in configuration line\n>>> 'requirepass (redacted)'"},
		{"maxmemory 10zz", "f.conf:1: argument must be a memory value\n>>> 'maxmemory 10zz'"},
		{"\n\n timeout 1 # later", "f.conf:3: wrong number of arguments\n>>> 'timeout 1 # later'"},
		{"bind 127.0.0.1 # mine", "f.conf:1: a comment must stand on a line of its own\n>>> 'bind 127.0.0.1 # mine'"},
		{"requirepass a b", "f.conf:1: wrong number of arguments\n>>> 'requirepass (redacted)'"},
		{"unixsocketperm 888", "f.conf:1: argument couldn't be parsed as an octal number\n>>> 'unixsocketperm 888'"},
		{"unixsocketperm 1777", "f.conf:1: argument must be between 0 and 777 inclusive\n>>> 'unixsocketperm 1777'"},
		{"appendfilename \"\"", "f.conf:1: appendfilename can't be empty\n>>> 'appendfilename \"\"'"},
		{"replicaof a x", "f.conf:1: Invalid master port\n>>> 'replicaof a x'"},
		{"user", "f.conf:1: wrong number of arguments\n>>> 'user (redacted)'"},
		{"maxmemroy 1gb", "f.conf:1: unknown directive 'maxmemroy', did you mean 'maxmemory'?\n>>> 'maxmemroy 1gb'"},
		{"apendonly yes", "f.conf:1: unknown directive 'apendonly', did you mean 'appendonly'?\n>>> 'apendonly yes'"},
		{"includ x", "f.conf:1: unknown directive 'includ', did you mean 'include'?\n>>> 'includ x'"},
		{"quite-another-thing 1", "f.conf:1: unknown directive 'quite-another-thing'\n>>> 'quite-another-thing 1'"},
		{"sentinel monitor a b 1 1", "f.conf:1: sentinel directive while not in sentinel mode\n>>> 'sentinel monitor a b 1 1'"},
		{"include inner.conf", "inner.conf:2: argument couldn't be parsed into an integer\n>>> 'hz x'"},
		{"include none.conf", "f.conf:1: open none.conf: no such file or directory\n>>> 'include none.conf'"},
		{"include loop.conf", "loop.conf:1: files include each other more than 16 deep\n>>> 'include loop.conf'"},
	} {
		err := New().LoadReader("f.conf", strings.NewReader(tc.text))
		if err == nil || err.Error() != tc.want {
			t.Errorf("%q: %v\nwant %s", tc.text, err, tc.want)
		}
	}
	if err := New().LoadReader("f.conf", strings.NewReader("include *.nothing\nlua-replicate-commands yes\nmod.opt 1")); err != nil {
		t.Error(err)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o640); err != nil {
		t.Fatal(err)
	}
}

func TestCommandLine(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, "my.conf", "port 1\nsave 900 1\ntimeout 3\n")
	for _, tc := range []struct {
		args []string
		want string // values of port, save, requirepass, timeout; or the error
	}{
		{nil, "6379|3600 1 300 100 60 10000||0"},
		{[]string{"my.conf"}, "1|900 1||3"},
		{[]string{"my.conf", "--port", "2", "--save", ""}, "2|||3"},
		{[]string{"my.conf", "--save", "60", "5", "--port", "2"}, "2|900 1 60 5||3"},
		{[]string{"--save", "60 5 70 6"}, "6379|60 5 70 6||0"},
		{[]string{"--port 7", "--timeout 9"}, "7|3600 1 300 100 60 10000||9"},
		{[]string{"--save", "--port", "2"}, "2|||0"},
		{[]string{"--port", "2", "--save"}, "2|||0"},
		{[]string{"--requirepass", "--foo", "--port", "2"}, "2|3600 1 300 100 60 10000|--foo|0"},
		{[]string{"--requirepass", "a b\"c"}, "6379|3600 1 300 100 60 10000|a b\"c|0"},
		{[]string{"-"}, "5|3600 1 300 100 60 10000||0"},
		{[]string{"my.conf", "--timeout", "4", "-"}, "5|900 1||4"},
		{[]string{"--timeout"}, "command line: wrong number of arguments\n>>> '--timeout'"},
		{[]string{"--port", "1", "2"}, "command line: wrong number of arguments\n>>> '--port 1 2'"},
		{[]string{"my.conf", "x"}, "command line: an argument without an option\n>>> 'x'"},
		{[]string{"--"}, "command line: not an option\n>>> '--'"},
		{[]string{"--requirepas", "x"}, "command line: unknown directive 'requirepas', did you mean 'requirepass'?\n>>> '--requirepas x'"},
		{[]string{"none.conf"}, "open none.conf: no such file or directory"},
	} {
		c := New()
		err := c.LoadCommandLine(tc.args, strings.NewReader("port 5\n"))
		var got string
		if err != nil {
			wd, _ := os.Getwd()
			got = strings.ReplaceAll(err.Error(), wd+"/", "")
		} else {
			var values []string
			for _, n := range []string{"port", "save", "requirepass", "timeout"} {
				v, _ := c.Value(n)
				values = append(values, v)
			}
			got = strings.Join(values, "|")
		}
		if got != tc.want {
			t.Errorf("%q:\n got %s\nwant %s", tc.args, got, tc.want)
		}
	}
}

func FuzzQuote(f *testing.F) {
	f.Add("a \"\\\n\x00\xff'")
	f.Fuzz(func(t *testing.T, s string) {
		if got, err := splitArgs(quote(s)); err != nil || len(got) != 1 || got[0] != s {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	})
}

package cli

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/medleydb/medley/commands/command"
)

func TestOneShot(t *testing.T) {
	f := fake(t, scripted(map[string]string{"GET a": bulk("x y"), "BAD": "-ERR bad\r\n", "PING": "+PONG\r\n"}))
	expect(t, run(t, "", append(f.at(), "GET", "a")...), result{"x y\n", "", 0})
	expect(t, run(t, "", append(f.at(), "--no-raw", "GET", "a")...), result{"\"x y\"\n", "", 0})
	expect(t, runIn(t, map[string]string{"FAKETTY": "1"}, "", append(f.at(), "GET", "a")...), result{"\"x y\"\n", "", 0})
	expect(t, run(t, "", append(f.at(), "-r", "3", "-i", "0.001", "PING")...), result{"PONG\nPONG\nPONG\n", "", 0})
	expect(t, run(t, "", append(f.at(), "BAD")...), result{"ERR bad\n\n", "", 0})
	expect(t, run(t, "", append(f.at(), "-e", "BAD")...), result{"", "ERR bad\n", 1})
	expect(t, run(t, "", append(f.at(), "-D", ";", "GET", "a")...), result{"x y;", "", 0})
}

func TestArgumentsFromStdin(t *testing.T) {
	f := fake(t, always("+OK\r\n"))
	run(t, "a\n\x00b", append(f.at(), "-x", "SET", "k")...)
	run(t, "body", append(f.at(), "-X", "TAG", "SET", "TAG", "1")...)
	run(t, "", append(f.at(), "--quoted-input", "SET", `"\x01"`, "'a b'")...)
	want := []string{"SET k a\n\x00b", "SET body 1", "SET \x01 a b"}
	if got := f.commands(); !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
	expect(t, run(t, "", append(f.at(), "-X", "TAG", "SET", "k")...),
		result{"", "Using -X option but stdin tag not match.\n", 1})
	expect(t, run(t, "", append(f.at(), "--quoted-input", `"a`)...), result{"Invalid quoted string\n", "", 1})
}

// Protects the commands that open a session, and their order.
func TestConnectionSetUp(t *testing.T) {
	f := fake(t, scripted(map[string]string{"HELLO 3": "%0\r\n", "GET k": "_\r\n"}))
	at := f.at()
	env := map[string]string{"REDISCLI_AUTH": "env"}
	runIn(t, env, "", append(at, "-n", "2", "-3", "GET", "k")...)
	runIn(t, env, "", append(at, "--no-auth-warning", "--user", "ann", "-a", "pw", "GET", "k")...)
	run(t, "asked\n", append(at, "--askpass", "GET", "k")...)
	want := []string{"AUTH env", "SELECT 2", "HELLO 3", "GET k", "AUTH ann pw", "GET k", "AUTH asked", "GET k"}
	if got := f.commands(); !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
	got := run(t, "", append(at, "-a", "pw", "GET", "k")...)
	if !strings.HasPrefix(got.errOut, "Warning: Using a password") {
		t.Errorf("no warning of a password on the command line: %q", got.errOut)
	}
}

// Protects --json against servers without RESP3, and -3 from pretending.
func TestProtocolRefused(t *testing.T) {
	f := fake(t, scripted(map[string]string{"HELLO 3": "-NOPROTO no\r\n", "GET k": bulk("v")}))
	expect(t, run(t, "", append(f.at(), "--json", "GET", "k")...), result{"\"v\"\n", "HELLO 3 failed: NOPROTO no\n", 0})
	expect(t, run(t, "", append(f.at(), "-3", "--scan")...), result{"", "HELLO 3 failed: NOPROTO no\n", 1})
}

func TestNoServer(t *testing.T) {
	f := fake(t, always("close"))
	expect(t, run(t, "", append(f.at(), "PING")...), result{"", "Error: Server closed the connection\n", 1})
	f.Close()
	got := run(t, "", append(f.at(), "PING")...)
	if want := "Could not connect to Redis at " + f.Addr().String() + ": Connection refused\n"; got != (result{"", want, 1}) {
		t.Errorf("got %+v, want %q", got, want)
	}
	got = run(t, "", "-s", "/nonexistent/socket", "PING")
	if want := "Could not connect to Redis at /nonexistent/socket: No such file or directory\n"; got.errOut != want {
		t.Errorf("got %q, want %q", got.errOut, want)
	}
}

func TestShutdownIsNoError(t *testing.T) {
	f := fake(t, always("close"))
	expect(t, run(t, "", append(f.at(), "SHUTDOWN", "NOSAVE")...), result{"", "", 0})
}

// Protects texts meant for reading from being quoted.
func TestRawTexts(t *testing.T) {
	f := fake(t, always(bulk("a:1\r\nb:2\r\n")))
	expect(t, run(t, "", append(f.at(), "--no-raw", "INFO")...), result{"a:1\r\nb:2\r\n", "", 0})
	expect(t, run(t, "", append(f.at(), "--no-raw", "client", "list")...), result{"a:1\r\nb:2\r\n", "", 0})
	expect(t, run(t, "", append(f.at(), "--no-raw", "GET", "k")...), result{`"a:1\r\nb:2\r\n"` + "\n", "", 0})
}

func TestEval(t *testing.T) {
	f := fake(t, always(":1\r\n"))
	script := filepath.Join(t.TempDir(), "s.lua")
	if err := os.WriteFile(script, []byte("return 1"), 0o600); err != nil {
		t.Fatal(err)
	}
	expect(t, run(t, "", append(f.at(), "--eval", script, "k1", "k2", ",", "a", ",")...), result{"1\n", "", 0})
	run(t, "", append(f.at(), "--eval", script, "k1")...)
	if got, want := f.commands(), []string{"EVAL return 1 2 k1 k2 a ,", "EVAL return 1 1 k1"}; !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
	got := run(t, "", append(f.at(), "--eval", "/nonexistent.lua")...)
	if got.errOut != "Can't open file '/nonexistent.lua': No such file or directory\n" || got.code != 1 {
		t.Errorf("got %+v", got)
	}
}

// Protects streaming: confirmations and messages are printed until the server ends it.
func TestSubscribeStreams(t *testing.T) {
	message := func(kind string) string {
		return kind + "3\r\n" + bulk("message") + bulk("ch") + bulk("hi")
	}
	confirm := func(kind string) string {
		return kind + "3\r\n" + bulk("subscribe") + bulk("ch") + ":1\r\n"
	}
	want := "subscribe\nch\n1\nmessage\nch\nhi\n"
	for kind, option := range map[string]string{"*": "-2", ">": "-3"} {
		f := fake(t, scripted(map[string]string{"HELLO 3": "%0\r\n",
			"SUBSCRIBE ch": confirm(kind) + message(kind) + "?\r\n"}))
		got := run(t, "", append(f.at(), option, "SUBSCRIBE", "ch")...)
		if got.out != want || got.code != 1 || !strings.HasPrefix(got.errOut, "Error: Protocol error") {
			t.Errorf("%s: got %+v", option, got)
		}
	}
}

func TestMonitorStreams(t *testing.T) {
	f := fake(t, always("+OK\r\n+1.5 [0 a] \"GET\" \"k\"\r\n-ERR enough\r\n"))
	expect(t, run(t, "", append(f.at(), "MONITOR")...), result{"OK\n1.5 [0 a] \"GET\" \"k\"\nERR enough\n\n", "", 0})
}

// Protects that push messages show only where they were asked for.
func TestPushMessages(t *testing.T) {
	f := fake(t, scripted(map[string]string{"HELLO 3": "%0\r\n",
		"GET k": ">2\r\n" + bulk("invalidate") + "*2\r\n" + bulk("a") + bulk("b") + ">1\r\n" + bulk("x") + ":1\r\n"}))
	expect(t, run(t, "", append(f.at(), "-3", "GET", "k")...), result{"1\n", "", 0})
	expect(t, run(t, "", append(f.at(), "-3", "--no-raw", "--show-pushes", "yes", "GET", "k")...),
		result{"-> invalidate: 'a', 'b'\n1) \"x\"\n(integer) 1\n", "", 0})
}

// Protects -c: a command goes where the cluster sends it, with ASKING if it says so.
func TestRedirections(t *testing.T) {
	last := fake(t, scripted(map[string]string{"GET k": bulk("v")}))
	second := fake(t, scripted(map[string]string{"GET k": "-ASK 5 " + last.Addr().String() + "\r\n"}))
	_, port, _ := net.SplitHostPort(second.Addr().String())
	first := fake(t, always("-MOVED 5 :"+port+"\r\n"))
	expect(t, run(t, "", append(first.at(), "-c", "GET", "k")...), result{"v\n", "", 0})
	if got := last.commands(); !slices.Equal(got, []string{"ASKING", "GET k"}) {
		t.Errorf("sent %q", got)
	}
	got := run(t, "GET k\n", append(first.at(), "-c")...)
	want := "-> Redirected to slot [5] located at 127.0.0.1:" + port + "\n" +
		"-> Redirected to slot [5] located at " + last.Addr().String() + "\nv\n"
	expect(t, got, result{want, "", 0})
	expect(t, run(t, "", append(first.at(), "GET", "k")...), result{"MOVED 5 :" + port + "\n\n", "", 0})
}

func TestNotARedirection(t *testing.T) {
	for _, text := range []string{"", "MOVED", "MOVED 1 a", "MOVED 1 a:b", "ERR 1 a:1", "ASK 1 a:1 more"} {
		if to, ok := parseRedirect(command.Value{Kind: command.Error, Str: text}); ok {
			t.Errorf("%q: %+v", text, to)
		}
	}
}

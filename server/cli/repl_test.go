package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestCommandsFromPipe(t *testing.T) {
	f := fake(t, scripted(map[string]string{"GET k": bulk("v\x00"), "PING": "+PONG\r\n"}))
	got := run(t, "SET k \"a b\"\n\n   \nGET k\nGET \"k\n2 PING\n0 PING\nquit\nPING\n", append(f.at(), "--no-raw")...)
	want := "OK\n\"v\\x00\"\nInvalid argument(s)\nPONG\nPONG\nInvalid medley cli repeat command option value.\n"
	expect(t, got, result{want, "", 0})
	if got, want := f.commands(), []string{"SET k a b", "GET k", "PING", "PING"}; !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}

// Protects that a lost connection is said once and the next command opens another.
func TestReconnect(t *testing.T) {
	f := fake(t, func(args []string) string {
		if args[0] == "DIE" {
			return "close"
		}
		return "+" + strings.Join(args, " ") + "\r\n"
	})
	got := run(t, "A\nDIE\nB\n", append(f.at(), "-n", "3")...)
	expect(t, got, result{"A\nB\n", "Error: Server closed the connection\n", 0})
	want := []string{"SELECT 3", "A", "DIE", "SELECT 3", "B"}
	if got := f.commands(); !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
}

// Protects the prompt: it must follow what the server made of each command.
func TestPromptFollowsState(t *testing.T) {
	down := false
	f := fake(t, func(args []string) string {
		switch line := strings.Join(args, " "); {
		case down:
			return "close"
		case line == "SELECT 99":
			return "-ERR DB index is out of range\r\n"
		case line == "EXEC":
			return "*-1\r\n"
		case args[0] == "SUBSCRIBE", args[0] == "UNSUBSCRIBE":
			return "*3\r\n" + bulk(strings.ToLower(args[0])) + bulk(args[1]) + ":1\r\n"
		}
		return "+OK\r\n"
	})
	opt, err := parseOptions(f.at(), true)
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(&program{out: &strings.Builder{}, errOut: &strings.Builder{}}, opt)
	s.interactive = true
	defer s.close()
	if got := s.prompt(); got != "not connected> " {
		t.Errorf("before connecting: %q", got)
	}
	address := f.Addr().String()
	for _, step := range []struct{ line, prompt string }{
		{"PING", "> "},
		{"SELECT 2", "[2]> "},
		{"SELECT 99", "[2]> "},
		{"MULTI", "[2](TX)> "},
		{"SELECT 5", "[5](TX)> "},
		{"EXEC", "[2]> "}, // the transaction was not run, nor its SELECT
		{"MULTI", "[2](TX)> "},
		{"DISCARD", "[2]> "},
		{"SUBSCRIBE ch", "[2](subscribed mode)> "},
		{"RESET", "> "},
	} {
		s.issueInteractive(strings.Fields(step.line), 1)
		if got := s.prompt(); got != address+step.prompt {
			t.Errorf("after %s: %q, want %q", step.line, got, address+step.prompt)
		}
	}
	down = true
	s.issueInteractive([]string{"PING"}, 1)
	if got := s.prompt(); got != "not connected> " {
		t.Errorf("after the end of the connection: %q", got)
	}
}

func TestInterruptReconnects(t *testing.T) {
	f := fake(t, scripted(map[string]string{"BLPOP q 0": ""}))
	opt, err := parseOptions(append(f.at(), "-n", "1"), true)
	if err != nil {
		t.Fatal(err)
	}
	s := newSession(&program{out: &strings.Builder{}, errOut: &strings.Builder{}}, opt)
	s.interactive = true
	defer s.close()
	s.connect(false)
	before := s.conn
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.issueInteractive([]string{"BLPOP", "q", "0"}, 1)
	}()
	for !slices.Contains(f.commands(), "BLPOP q 0") {
	}
	s.interrupt <- os.Interrupt
	<-done
	if s.conn == nil || s.conn == before || s.db != 1 {
		t.Errorf("connection %p (was %p), db %d: want a new one with the database selected", s.conn, before, s.db)
	}
}

func TestPreferences(t *testing.T) {
	var out strings.Builder
	s := newSession(&program{out: &out}, defaultOptions(true))
	s.setPreference([]string{":set", "nohints"}, "")
	if s.hints {
		t.Error(":set nohints left the hints on")
	}
	s.setPreference([]string{":SET", "Hints"}, "")
	if !s.hints {
		t.Error(":set hints left the hints off")
	}
	s.setPreference([]string{":set", "x"}, "rc: ")
	s.setPreference([]string{":y"}, "")
	if got, want := out.String(), "rc: unknown medley cli preference 'x'\nunknown medley cli internal command ':y'\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Protects passwords: none may reach the history file.
func TestSecrets(t *testing.T) {
	for line, want := range map[string]bool{
		"AUTH pw": true, "auth ann pw": true, "HELLO 3 AUTH ann pw": true, "hello 3 setname x auth a b": true,
		"ACL SETUSER ann >pw": true, "acl getuser ann": true, "CONFIG SET requirepass pw": true,
		"config set maxmemory 1 masterauth pw": true, "MIGRATE h 1 k 0 9 AUTH pw": true,
		"migrate h 1 k 0 9 copy auth2 u pw": true, "SENTINEL SET m auth-pass pw": true,
		"SET auth pw": false, "HELLO 3": false, "ACL LIST": false, "CONFIG GET requirepass": false,
		"CONFIG SET maxmemory 1": false, "GET k": false, "config": false, "hello": false,
	} {
		if got := isSecret(strings.Fields(line)); got != want {
			t.Errorf("%s: secret %v, want %v", line, got, want)
		}
	}
}

func TestHistoryFile(t *testing.T) {
	h := history{filepath.Join(t.TempDir(), "history")}
	if got := h.load(); got != nil {
		t.Errorf("an absent file gave %q", got)
	}
	for i := range 2*historyLimit + 1 {
		h.add(fmt.Sprint("GET ", i))
	}
	for range 2 { // whole at first, shortened then
		lines := h.load()
		if len(lines) != historyLimit || lines[historyLimit-1] != fmt.Sprint("GET ", 2*historyLimit) {
			t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
		}
	}
	if n := len(readLines(h.path)); n != historyLimit {
		t.Errorf("the file kept %d lines", n)
	}
	info, err := os.Stat(h.path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v: others may not read it", info.Mode(), err)
	}
	history{}.add("GET k") // keeps none, and must not fail
}

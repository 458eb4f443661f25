package clients

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// build returns Medley's binary.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "medley")
	out, err := exec.Command("go", "build", "-o", bin, "github.com/medleydb/medley/server/cmd/medley").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

var readyLine = regexp.MustCompile(`ready to accept connections.*addr=127\.0\.0\.1:(\d+)`)

// program starts the server as a process of its own, which ends in order with the
// test, and returns its port and process.
func program(t *testing.T, bin string, args ...string) (port string, p *os.Process) {
	t.Helper()
	cmd := exec.Command(bin, append([]string{"server", "--port", "0", "--bind", "127.0.0.1", "--save", ""}, args...)...)
	logs, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(logs)
	for lines.Scan() {
		if m := readyLine.FindStringSubmatch(lines.Text()); m != nil {
			port = m[1]
			break
		}
	}
	if port == "" {
		t.Fatal("the server tells no port", lines.Err())
	}
	go io.Copy(io.Discard, logs)
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		if err := cmd.Wait(); err != nil {
			t.Error("the server ended with", err)
		}
	})
	return port, cmd.Process
}

// transcript is what a person types first, and what comes back.
var transcript = [][2]string{
	{`SET foo "Hello World"`, `OK`},
	{`GET foo`, `"Hello World"`},
	{`DEL foo`, `\(integer\) 1`},
	{`GET foo`, `\(nil\)`},
	{`SETEX foo 40 "I said, Hello World!"`, `OK`},
	{`TTL foo`, `\(integer\) (3[6-9]|40)`},
	{`PERSIST foo`, `\(integer\) 1`},
	{`RENAME foo bar`, `OK`},
	{`FLUSHALL`, `OK`},
}

// slow is what redis-cli adds where a command took half a second: FLUSHALL saves, and waits for the
// disk.
const slow = `(\(\d+\.\d\ds\)\n)?`

// Both command line clients show the first session of a person as they should.
func TestTranscript(t *testing.T) {
	bin := build(t)
	port, _ := program(t, bin)
	var in, want strings.Builder
	for _, step := range transcript {
		in.WriteString(step[0] + "\n")
		want.WriteString(step[1] + "\n" + slow)
	}
	pattern := regexp.MustCompile("^" + want.String() + "$")
	for _, client := range [][]string{{bin, "cli"}, {"redis-cli"}} {
		t.Run(filepath.Base(client[0]), func(t *testing.T) {
			if _, err := exec.LookPath(client[0]); err != nil {
				if os.Getenv("MEDLEY_REQUIRE_REFERENCE") != "" {
					t.Fatal(err)
				}
				t.Skip(err)
			}
			cmd := exec.Command(client[0], append(client[1:], "--no-raw", "-p", port)...)
			cmd.Stdin = strings.NewReader(in.String())
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if !pattern.Match(out) {
				t.Errorf("got\n%s\nwant\n%s", out, want.String())
			}
		})
	}
}

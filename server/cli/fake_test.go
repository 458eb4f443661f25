package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/medleydb/medley/server/resp"
)

// A fakeServer answers commands from a script, so that what is sent and what is
// printed can be looked at without a store.
type fakeServer struct {
	net.Listener
	mu   sync.Mutex
	seen []string // the commands, words joined by a space
}

// fake starts a server. answer returns the bytes to send for a command; "close"
// closes the connection.
func fake(t *testing.T, answer func(args []string) string) *fakeServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fakeServer{Listener: l}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go f.serve(c, answer)
		}
	}()
	return f
}

func (f *fakeServer) serve(c net.Conn, answer func([]string) string) {
	defer c.Close()
	r := resp.NewReader(c)
	for {
		v, err := r.Read()
		if err != nil {
			if errors.Is(err, resp.ErrSyntax) { // the empty line before the ECHO of --pipe
				continue
			}
			return
		}
		var args []string
		for _, e := range v.Elems {
			args = append(args, e.Str)
		}
		f.mu.Lock()
		f.seen = append(f.seen, strings.Join(args, " "))
		f.mu.Unlock()
		reply := answer(args)
		if reply == "close" {
			return
		}
		io.WriteString(c, reply)
	}
}

func (f *fakeServer) commands() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.seen...)
}

// at returns the options that lead to the server.
func (f *fakeServer) at() []string {
	_, port, _ := net.SplitHostPort(f.Addr().String())
	return []string{"-p", port}
}

// scripted answers by the whole command; +OK for what is not in the map.
func scripted(replies map[string]string) func([]string) string {
	return func(args []string) string {
		if r, ok := replies[strings.Join(args, " ")]; ok {
			return r
		}
		return "+OK\r\n"
	}
}

// always answers every command with the same bytes.
func always(reply string) func([]string) string {
	return func([]string) string { return reply }
}

func bulk(s string) string { return fmt.Sprintf("$%d\r\n%s\r\n", len(s), s) }

type result struct {
	out, errOut string
	code        int
}

// run runs the client in process, as in a pipe.
func run(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	return runIn(t, nil, stdin, args...)
}

func runIn(t *testing.T, env map[string]string, stdin string, args ...string) result {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go func() {
		io.WriteString(w, stdin)
		w.Close()
	}()
	var out, errOut bytes.Buffer
	p := program{args: args, in: r, out: &out, errOut: &errOut,
		env: func(name string) string { return env[name] }, outTTY: env["FAKETTY"] != ""}
	code := p.run()
	return result{out.String(), errOut.String(), code}
}

func expect(t *testing.T, got, want result) {
	t.Helper()
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

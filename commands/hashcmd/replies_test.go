package hashcmd_test

import (
	"bufio"
	"context"
	"os"
	"strings"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
)

const repliesFile = "testdata/replies.txt"

func do(t testing.TB, c *commands.Client, args []string) command.Value {
	list := make([]any, len(args))
	for i, a := range args {
		list[i] = a
	}
	v, err := c.Do(context.Background(), list...)
	if err != nil && v.Kind != command.Error {
		t.Fatal(args, err)
	}
	return v
}

func open(t testing.TB, o commands.Options) *commands.Engine {
	e, err := commands.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Store().Check(); err != nil {
			t.Error(err)
		}
		e.Close()
	})
	return e
}

// TestReplies protects replies and error texts: the table is what Redis 8.0.6 answered
// to its commands in this order, in RESP2 and, where that differs, RESP3. With
// MEDLEY_PEER_RECORD=1 the answers of a server (MEDLEY_PEER_SERVER) are written to it
// anew.
func TestReplies(t *testing.T) {
	f, err := os.Open(repliesFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var lines []string
	for s := bufio.NewScanner(f); s.Scan(); {
		lines = append(lines, s.Text())
	}
	if os.Getenv("MEDLEY_PEER_RECORD") != "" {
		record(t, lines)
		return
	}
	for _, large := range []bool{false, true} {
		for proto := 2; proto <= 3; proto++ {
			replay(t, lines, proto, large)
		}
	}
}

func replay(t *testing.T, lines []string, proto int, large bool) {
	e := open(t, commands.Options{Seed: 1})
	if large {
		l := e.Store().Limits()
		l.HashMaxPackedEntries = 0
		e.Store().SetLimits(l)
	}
	c := e.NewClient()
	defer c.Close()
	c.Session().SetProto(proto)
	n := 0
	for i := 0; i < len(lines); i++ {
		if lines[i] == "" || lines[i][0] == '#' {
			continue
		}
		args := split(lines[i])
		want, _ := strings.CutPrefix(lines[i+1], "  2: ")
		i++
		if i+1 < len(lines) && strings.HasPrefix(lines[i+1], "  3: ") {
			if i++; proto == 3 {
				want = lines[i][5:]
			}
		}
		if got := text(settle(args, do(t, c, args))); got != want {
			t.Errorf("RESP%d, large %v: %s\n  gives %s\n  not   %s", proto, large, strings.Join(args, " "), got, want)
		}
		n++
	}
	if n < 250 {
		t.Errorf("only %d commands in the table", n)
	}
}

func record(t *testing.T, lines []string) {
	addr := startPeer(t)
	var out strings.Builder
	var all [2][]string
	for proto := 2; proto <= 3; proto++ {
		p := dial(t, addr)
		if proto == 3 {
			p.do("HELLO", "3")
		}
		p.do("FLUSHALL")
		for _, line := range lines {
			if line == "" || line[0] == '#' || line[0] == ' ' {
				continue
			}
			args := split(line)
			all[proto-2] = append(all[proto-2], text(settle(args, p.do(args...))))
		}
	}
	i := 0
	for _, line := range lines {
		switch {
		case line == "" || line[0] == '#':
			out.WriteString(line + "\n")
		case line[0] != ' ':
			out.WriteString(line + "\n  2: " + all[0][i] + "\n")
			if all[1][i] != all[0][i] {
				out.WriteString("  3: " + all[1][i] + "\n")
			}
			i++
		}
	}
	if err := os.WriteFile(repliesFile, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

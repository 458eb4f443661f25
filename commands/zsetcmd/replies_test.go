package zsetcmd_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/conformance/reference"
)

const repliesFile = "testdata/replies.txt"

func open(t testing.TB) *commands.Engine {
	cfg := config.New()
	if err := cfg.Override(config.Pair{Name: "enable-debug-command", Value: "yes"}); err != nil {
		t.Fatal(err)
	}
	e, err := commands.Open(commands.Options{Seed: 1, NoCron: true, Config: cfg})
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

// text writes a reply in one line.
func text(v command.Value) string {
	switch v.Kind {
	case command.Null:
		return "null"
	case command.NullArray:
		return "nullarray"
	case command.Status:
		return "+" + v.Str
	case command.Error:
		return "-" + v.Str
	case command.Int:
		return strconv.FormatInt(v.Int, 10)
	case command.Bulk:
		return strconv.Quote(v.Str)
	case command.Double:
		return "double " + command.FormatDouble(v.Float)
	}
	parts := make([]string, len(v.Elems))
	for i, e := range v.Elems {
		parts[i] = text(e)
	}
	return v.Kind.String() + "[" + strings.Join(parts, " ") + "]"
}

// settle gives a reply whose order is the server's own affair one order.
func settle(args []string, v command.Value) command.Value {
	if !strings.EqualFold(args[0], "ZSCAN") || len(v.Elems) != 2 {
		return v
	}
	list, step := v.Elems[1].Elems, 2
	if slices.ContainsFunc(args, func(a string) bool { return strings.EqualFold(a, "NOSCORES") }) {
		step = 1
	}
	var groups [][]command.Value
	for g := range slices.Chunk(slices.Clone(list), step) {
		groups = append(groups, g)
	}
	slices.SortFunc(groups, func(a, b []command.Value) int { return strings.Compare(a[0].Str, b[0].Str) })
	copy(list, slices.Concat(groups...))
	return v
}

// split reads a command line: words, or strings in double quotes as Go writes them;
// "x"*n is a string repeated.
func split(line string) (args []string) {
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		if line[0] != '"' {
			word, rest, _ := strings.Cut(line, " ")
			args, line = append(args, word), rest
			continue
		}
		quoted, err := strconv.QuotedPrefix(line)
		if err != nil {
			panic(line)
		}
		s, _ := strconv.Unquote(quoted)
		line = line[len(quoted):]
		if strings.HasPrefix(line, "*") {
			word, rest, _ := strings.Cut(line[1:], " ")
			n, _ := strconv.Atoi(word)
			s, line = strings.Repeat(s, n), rest
		}
		args = append(args, s)
	}
	return args
}

// TestReplies protects replies and error texts: the table is what Redis 8.0.6 answered to
// its commands in this order, in RESP2 and, where that differs, RESP3. With
// MEDLEY_PEER_RECORD naming a server binary its answers are written to it anew.
func TestReplies(t *testing.T) {
	b, err := os.ReadFile(repliesFile)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	if binary := os.Getenv("MEDLEY_PEER_RECORD"); binary != "" {
		record(t, binary, lines)
		return
	}
	replay(t, lines, 2)
	replay(t, lines, 3)
}

func isCommand(line string) bool { return line != "" && line[0] != '#' && line[0] != ' ' }

func replay(t *testing.T, lines []string, proto int) {
	c := open(t).NewClient()
	defer c.Close()
	c.Session().SetProto(proto)
	n := 0
	for i, line := range lines {
		if !isCommand(line) {
			continue
		}
		args := split(line)
		want, _ := strings.CutPrefix(lines[i+1], "  2: ")
		if proto == 3 && i+2 < len(lines) && strings.HasPrefix(lines[i+2], "  3: ") {
			want = lines[i+2][5:]
		}
		if got := text(settle(args, do(t, c, args))); got != want {
			t.Errorf("RESP%d: %s\n  gives %s\n  not   %s", proto, line, got, want)
		}
		n++
	}
	if n < 300 {
		t.Errorf("only %d commands in the table", n)
	}
}

func record(t *testing.T, binary string, lines []string) {
	s, err := reference.Start(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	var all [2][]string
	for p := range 2 {
		c, err := s.Dial(p + 2)
		if err != nil {
			t.Fatal(err)
		}
		c.Do("FLUSHALL")
		for _, line := range lines {
			if isCommand(line) {
				args := split(line)
				v, err := c.Do(args...)
				if err != nil {
					t.Fatal(line, err)
				}
				all[p] = append(all[p], text(settle(args, v)))
			}
		}
		c.Close()
	}
	f, err := os.Create(repliesFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	defer w.Flush()
	i := 0
	for _, line := range lines {
		switch {
		case isCommand(line):
			fmt.Fprintf(w, "%s\n  2: %s\n", line, all[0][i])
			if all[1][i] != all[0][i] {
				fmt.Fprintf(w, "  3: %s\n", all[1][i])
			}
			i++
		case line == "" || line[0] == '#':
			fmt.Fprintln(w, line)
		}
	}
}

// TestNewer protects what Redis 8.0 does not have: AGGREGATE COUNT of Redis 8.8, NOSCORES
// of Valkey 8.
func TestNewer(t *testing.T) {
	c := open(t).NewClient()
	defer c.Close()
	c.Session().SetProto(2)
	for _, x := range []struct{ line, want string }{
		{"ZADD a 5 x 6 y", "2"},
		{"ZADD b 7 y 8 z", "2"},
		{"ZUNION 2 a b AGGREGATE COUNT WITHSCORES", `array["x" "1" "z" "1" "y" "2"]`},
		{"ZUNION 2 a b WEIGHTS 2 3 AGGREGATE COUNT WITHSCORES", `array["x" "2" "z" "3" "y" "5"]`},
		{"ZINTER 2 a b WEIGHTS 2 3 AGGREGATE COUNT WITHSCORES", `array["y" "5"]`},
		{"ZINTERSTORE c 2 a b AGGREGATE COUNT", "1"},
		{"ZSCORE c y", `"2"`},
		{"ZDIFF 2 a b AGGREGATE COUNT", "-ERR syntax error"},
		{"ZSCAN a 0 NOSCORES", `array["0" array["x" "y"]]`},
		{"ZSCAN a 0 NOVALUES", "-ERR NOVALUES option can only be used in HSCAN"},
	} {
		if got := text(settle(split(x.line), do(t, c, split(x.line)))); got != x.want {
			t.Errorf("%s: %s, not %s", x.line, got, x.want)
		}
	}
}

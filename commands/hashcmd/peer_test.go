package hashcmd_test

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/medleydb/medley/commands/command"
)

// peer is a connection to a server of the field.
type peer struct {
	t testing.TB
	c net.Conn
	r *bufio.Reader
}

// startPeer starts the server named by MEDLEY_PEER_SERVER, or redis-server, if there
// is one, on a port of its own.
func startPeer(t testing.TB) (addr string) {
	name := os.Getenv("MEDLEY_PEER_SERVER")
	if name == "" {
		name = "redis-server"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip("no server to compare with")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr = l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(addr)
	dir := t.TempDir()
	cmd := exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", dir)
	if err := cmd.Start(); err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	for range 100 {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			time.Sleep(50 * time.Millisecond)
			continue
		}
		c.Close()
		p := dial(t, addr)
		// Another's server may have taken the port.
		if v := p.do("CONFIG", "GET", "dir"); len(v.Elems) < 2 || v.Elems[1].Str != dir {
			t.Fatalf("the server at %s is not the one that was started", addr)
		}
		p.c.Close()
		return addr
	}
	t.Fatal("the server does not answer")
	return ""
}

func dial(t testing.TB, addr string) *peer {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &peer{t, c, bufio.NewReader(c)}
}

func (p *peer) do(args ...string) command.Value { return p.pipeline([][]string{args})[0] }

// pipeline sends the commands in one write and returns the replies.
func (p *peer) pipeline(commands [][]string) []command.Value {
	var b strings.Builder
	for _, args := range commands {
		fmt.Fprintf(&b, "*%d\r\n", len(args))
		for _, a := range args {
			fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
		}
	}
	go io.WriteString(p.c, b.String())
	out := make([]command.Value, len(commands))
	for i := range out {
		out[i] = p.reply()
	}
	return out
}

func (p *peer) reply() command.Value {
	line, err := p.r.ReadString('\n')
	if err != nil {
		p.t.Fatal(err)
	}
	line = strings.TrimSuffix(line, "\r\n")
	n, _ := strconv.Atoi(line[1:])
	switch line[0] {
	case '+':
		return command.Value{Kind: command.Status, Str: line[1:]}
	case '-':
		return command.Value{Kind: command.Error, Str: line[1:]}
	case ':':
		return command.Value{Kind: command.Int, Int: int64(n)}
	case '_':
		return command.Value{}
	case ',':
		f, _ := strconv.ParseFloat(line[1:], 64)
		return command.Value{Kind: command.Double, Float: f}
	case '$':
		if n < 0 {
			return command.Value{}
		}
		b := make([]byte, n+2)
		if _, err := io.ReadFull(p.r, b); err != nil {
			p.t.Fatal(err)
		}
		return command.Value{Kind: command.Bulk, Str: string(b[:n])}
	case '*':
		if n < 0 {
			return command.Value{Kind: command.NullArray}
		}
		return p.elems(command.Array, n)
	case '~':
		return p.elems(command.Set, n)
	case '%':
		return p.elems(command.Map, 2*n)
	}
	p.t.Fatalf("reply %q", line)
	return command.Value{}
}

func (p *peer) elems(k command.Kind, n int) command.Value {
	v := command.Value{Kind: k, Elems: make([]command.Value, n)}
	for i := range v.Elems {
		v.Elems[i] = p.reply()
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
		return "double " + v.Text()
	}
	parts := make([]string, len(v.Elems))
	for i, e := range v.Elems {
		parts[i] = text(e)
	}
	return map[command.Kind]string{command.Array: "", command.Map: "map", command.Set: "set"}[v.Kind] +
		"[" + strings.Join(parts, " ") + "]"
}

// settle gives a reply whose order is the server's own affair one order.
func settle(args []string, v command.Value) command.Value {
	switch strings.ToUpper(args[0]) {
	case "HGETALL":
		sortElems(v.Elems, 2)
	case "HKEYS", "HVALS":
		sortElems(v.Elems, 1)
	case "HSCAN":
		if len(v.Elems) == 2 {
			step := 2
			for _, a := range args {
				if strings.EqualFold(a, "NOVALUES") {
					step = 1
				}
			}
			sortElems(v.Elems[1].Elems, step)
		}
	case "HRANDFIELD":
		step := 1
		if len(args) > 3 && len(v.Elems) > 0 && v.Elems[0].Kind == command.Bulk {
			step = 2
		}
		sortElems(v.Elems, step)
	}
	return v
}

func sortElems(list []command.Value, step int) {
	groups := make([][]command.Value, 0, len(list)/step)
	for i := 0; i+step <= len(list); i += step {
		groups = append(groups, append([]command.Value(nil), list[i:i+step]...))
	}
	key := func(g []command.Value) string { return text(command.Value{Kind: command.Array, Elems: g}) }
	sort.Slice(groups, func(i, j int) bool { return key(groups[i]) < key(groups[j]) })
	for i, g := range groups {
		copy(list[i*step:], g)
	}
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
			s, line = strings.Repeat(s, min(n, math.MaxInt16)), rest
		}
		args = append(args, s)
	}
	return args
}

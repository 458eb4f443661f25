package conncmd_test

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
)

// The scripts in testdata hold commands of several sessions and the replies that a
// server of the field gave, recorded with -record. A step is one line and the line
// of its answer:
//
//	=== name      a case; its sessions are fresh, and connect when first named
//	a> WORDS      session a sends a command
//	a<            session a reads once more
//	~ 200         wait so many milliseconds
//
// (none) is no answer, (closed) the end of the connection. {id b}, {addr b},
// {laddr b} and {ip b} in a command stand for what session b has.
var record = flag.String("record", "", "file=host:port: write the answers of that server into the script")

type step struct {
	line    string // as in the file
	session string
	words   []string // none: only read
	wait    time.Duration
	want    string
}

type scriptCase struct {
	name  string
	steps []step
}

func parseScript(t *testing.T, file string) (head []string, cases []*scriptCase) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	stepLine := regexp.MustCompile(`^([a-z])([<>]) ?(.*)$`)
	var c *scriptCase
	for _, line := range strings.Split(strings.TrimRight(string(data), "\n"), "\n") {
		switch m := stepLine.FindStringSubmatch(line); {
		case strings.HasPrefix(line, "=== "):
			c = &scriptCase{name: line[4:]}
			cases = append(cases, c)
		case c == nil:
			head = append(head, line)
		case line == "":
		case strings.HasPrefix(line, "~ "):
			ms, _ := strconv.Atoi(line[2:])
			c.steps = append(c.steps, step{line: line, wait: time.Duration(ms) * time.Millisecond})
		case m != nil:
			c.steps = append(c.steps, step{line: line, session: m[1], words: splitWords(t, m[3])})
		default:
			c.steps[len(c.steps)-1].want = line
		}
	}
	return head, cases
}

// splitWords cuts at spaces; a word in double quotes is a Go string.
func splitWords(t *testing.T, s string) (words []string) {
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		if s[0] == '"' {
			q, err := strconv.QuotedPrefix(s)
			if err != nil {
				t.Fatalf("%s: %v", s, err)
			}
			w, _ := strconv.Unquote(q)
			words, s = append(words, w), s[len(q):]
			continue
		}
		n := strings.IndexByte(s, ' ')
		if s[0] == '{' {
			n = strings.IndexByte(s, '}') + 1
		}
		if n <= 0 || n > len(s) {
			n = len(s)
		}
		words, s = append(words, s[:n]), s[n:]
	}
	return words
}

// A far is a session as a script uses it.
type far interface {
	send(words []string)
	// read returns the next answer; ok is false when none comes in time, and
	// io.EOF says that the connection has ended.
	read(patience time.Duration) (v command.Value, ok bool, err error)
	addr() string
	laddr() string
	close()
}

type script struct {
	t    *testing.T
	dial func() far
	fars map[string]far
	ids  map[string]int64
	quit time.Duration // how long an answer may take that may never come
}

func (s *script) far(name string) far {
	f := s.fars[name]
	if f == nil {
		f = s.dial()
		s.fars[name] = f
		f.send([]string{"CLIENT", "ID"})
		v, ok, err := f.read(patience)
		if !ok || err != nil {
			s.t.Fatal("no session: ", err)
		}
		s.ids[name] = v.Int
	}
	return f
}

const patience = 10 * time.Second

// run makes one step and returns what came of it.
func (s *script) run(st step) string {
	if st.session == "" {
		time.Sleep(st.wait)
		return ""
	}
	f := s.far(st.session)
	if st.words != nil {
		f.send(s.expand(st.words))
	}
	wait := s.quit
	if st.want != "" && st.want != "(none)" {
		wait = patience
	}
	v, ok, err := f.read(wait)
	switch {
	case err != nil:
		return "(closed)"
	case !ok:
		return "(none)"
	}
	s.settle(st, &v)
	return s.mask(render(v))
}

func (s *script) expand(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w
		if kind, name, ok := strings.Cut(strings.Trim(w, "{}"), " "); ok && strings.HasPrefix(w, "{") {
			f := s.far(name)
			switch kind {
			case "id":
				out[i] = strconv.FormatInt(s.ids[name], 10)
			case "addr":
				out[i] = f.addr()
			case "laddr":
				out[i] = f.laddr()
			case "ip":
				out[i], _, _ = net.SplitHostPort(f.addr())
			}
		}
	}
	return out
}

var (
	unsteady = regexp.MustCompile(`(?:addr|laddr|fd|age|idle|capa|qbuf|qbuf-free|argv-mem|multi-mem|rbs|rbp|obl|oll|omem|tot-mem|events|io-thread|tot-net-in|tot-net-out|tot-cmds)=[^ \\]* ?`)
	listID   = regexp.MustCompile(`(^|"|\\n)id=\d+`)
)

// settle replaces the session's number, and what modules a server has, in replies of
// HELLO and CLIENT ID.
func (s *script) settle(st step, v *command.Value) {
	own := func(v *command.Value) {
		if s.ids[st.session] == 0 {
			s.ids[st.session] = v.Int // it could not be asked for before
		}
		if v.Kind == command.Int && v.Int == s.ids[st.session] {
			*v = command.Value{Kind: command.Bulk, Str: "{id " + st.session + "}"}
		}
	}
	if st.words == nil || len(st.words) == 2 && strings.EqualFold(st.words[1], "ID") {
		own(v)
	}
	for i := range v.Elems {
		switch e := &v.Elems[i]; {
		case len(e.Elems) > 0:
			s.settle(step{session: st.session, words: []string{""}}, e)
		case e.Str == "id" && i+1 < len(v.Elems):
			own(&v.Elems[i+1])
		case e.Str == "modules" && i+1 < len(v.Elems):
			v.Elems[i+1] = command.Value{Kind: command.Status, Str: "(modules)"}
		}
	}
}

// mask takes out what differs from run to run and from server to server in lines of
// CLIENT LIST.
func (s *script) mask(text string) string {
	if strings.Contains(text, "id=") {
		text = unsteady.ReplaceAllString(text, "")
		text = strings.ReplaceAll(text, " \\n", "\\n")
		text = listID.ReplaceAllStringFunc(text, func(m string) string {
			for name, id := range s.ids {
				if at := strings.Index(m, "id="); m[at+3:] == strconv.FormatInt(id, 10) {
					return m[:at] + "id={" + name + "}"
				}
			}
			return m
		})
	}
	return text
}

// render writes a value in one line.
func render(v command.Value) string {
	list := func(open, end string) string {
		var b strings.Builder
		b.WriteString(open)
		for i, e := range v.Elems {
			switch {
			case i == 0:
			case v.Kind == command.Map && i%2 == 1:
				b.WriteString(": ")
			default:
				b.WriteString(", ")
			}
			b.WriteString(render(e))
		}
		return b.String() + end
	}
	switch v.Kind {
	case command.Null:
		return "null"
	case command.NullArray:
		return "null array"
	case command.Status:
		return "+" + v.Str
	case command.Error:
		return "-" + v.Str
	case command.Int:
		return ":" + strconv.FormatInt(v.Int, 10)
	case command.Bulk:
		return strconv.Quote(v.Str)
	case command.Verbatim:
		return v.Format + strconv.Quote(v.Str)
	case command.Map:
		return list("{", "}")
	case command.Set:
		return list("~[", "]")
	case command.Push:
		return list(">[", "]")
	case command.Array:
		return list("[", "]")
	}
	return fmt.Sprint(v)
}

// TestRecorded protects the replies: those of Medley are the ones that the server
// gave from which the script was recorded.
func TestRecorded(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.script")
	for _, file := range files {
		name := filepath.Base(file)
		if from, at, ok := strings.Cut(*record, "="); ok && from == name {
			t.Run("record "+name, func(t *testing.T) { recordScript(t, file, at) })
			continue
		}
		_, cases := parseScript(t, file)
		for _, c := range cases {
			t.Run(name+"/"+c.name, func(t *testing.T) { c.check(t, name) })
		}
	}
}

func (c *scriptCase) check(t *testing.T, name string) {
	var o commands.Options
	if strings.HasPrefix(name, "requirepass") {
		o.Config = configured(t, "requirepass", "secret")
	}
	e := open(t, o)
	s := &script{t: t, dial: func() far { return dial(e) }, fars: map[string]far{}, ids: map[string]int64{}, quit: 5 * time.Millisecond}
	for _, st := range c.steps {
		got := s.run(st)
		// What another session was sent and does not answer, it may not have run yet.
		for end := time.Now().Add(patience); got != st.want && looks(st.words, got) && time.Now().Before(end); {
			got = s.run(st)
		}
		if got != st.want {
			t.Errorf("%s\n got %s\nwant %s", st.line, got, st.want)
		}
	}
	for _, f := range s.fars {
		f.close()
	}
}

// looks reports whether a command has only looked at sessions, so that it may be repeated.
func looks(words []string, got string) bool {
	if len(words) < 2 || !strings.EqualFold(words[0], "CLIENT") {
		return false
	}
	switch strings.ToUpper(words[1]) {
	case "LIST", "INFO":
		return true
	case "UNBLOCK":
		return got == ":0" // it has found nobody who waits
	}
	return false
}

func recordScript(t *testing.T, file, at string) {
	head, cases := parseScript(t, file)
	var out bytes.Buffer
	for _, line := range head {
		fmt.Fprintln(&out, line)
	}
	for _, c := range cases {
		fmt.Fprintf(&out, "=== %s\n", c.name)
		cleaner := dialNet(t, at)
		cleaner.send([]string{"FLUSHALL"})
		cleaner.read(patience)
		cleaner.close()
		s := &script{t: t, fars: map[string]far{}, ids: map[string]int64{}, quit: 120 * time.Millisecond}
		s.dial = func() far { return dialNet(t, at) }
		for _, st := range c.steps {
			fmt.Fprintln(&out, st.line)
			st.want = ""
			if got := s.run(st); st.session != "" {
				fmt.Fprintln(&out, got)
			}
		}
		fmt.Fprintln(&out)
		for _, f := range s.fars {
			f.close()
		}
		time.Sleep(30 * time.Millisecond)
	}
	if err := os.WriteFile(file, append(bytes.TrimRight(out.Bytes(), "\n"), '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A netFar is a session of a server that answers are recorded from.
type netFar struct {
	net.Conn
	r *bufio.Reader
	t *testing.T
}

func dialNet(t *testing.T, at string) far {
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	return &netFar{c, bufio.NewReader(c), t}
}

func (f *netFar) addr() string  { return f.LocalAddr().String() }
func (f *netFar) laddr() string { return f.RemoteAddr().String() }
func (f *netFar) close()        { f.Close() }

func (f *netFar) send(words []string) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "*%d\r\n", len(words))
	for _, w := range words {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(w), w)
	}
	f.Write(b.Bytes())
}

func (f *netFar) read(wait time.Duration) (command.Value, bool, error) {
	f.SetReadDeadline(time.Now().Add(wait))
	if _, err := f.r.Peek(1); err != nil {
		if ne, ok := err.(net.Error); ok && ne.Timeout() {
			return command.Value{}, false, nil
		}
		return command.Value{}, false, io.EOF
	}
	f.SetReadDeadline(time.Now().Add(2 * time.Second))
	v, err := f.value()
	return v, true, err
}

// value reads a reply. An error in the middle of one is the end, as it is to a client.
func (f *netFar) value() (v command.Value, err error) {
	line, err := f.r.ReadString('\n')
	if err != nil {
		return v, err
	}
	text := strings.TrimRight(line[1:], "\r\n")
	n, _ := strconv.Atoi(text)
	switch line[0] {
	case '+':
		return command.Value{Kind: command.Status, Str: text}, nil
	case '-':
		return command.Value{Kind: command.Error, Str: text}, nil
	case ':':
		return command.Value{Kind: command.Int, Int: int64(n)}, nil
	case '_':
		return v, nil
	case '$', '=':
		if n < 0 {
			return v, nil
		}
		b := make([]byte, n+2)
		if _, err := io.ReadFull(f.r, b); err != nil {
			return v, err
		}
		if line[0] == '=' {
			return command.Value{Kind: command.Verbatim, Format: string(b[:3]), Str: string(b[4:n])}, nil
		}
		return command.Value{Kind: command.Bulk, Str: string(b[:n])}, nil
	}
	kind, ok := map[byte]command.Kind{'*': command.Array, '%': command.Map, '~': command.Set, '>': command.Push}[line[0]]
	if !ok {
		return v, fmt.Errorf("reply %q", line)
	}
	if n < 0 {
		return command.Value{Kind: command.NullArray}, nil
	}
	if kind == command.Map {
		n *= 2
	}
	v.Kind = kind
	for range n {
		e, err := f.value()
		if err != nil {
			return v, err
		}
		v.Elems = append(v.Elems, e)
	}
	return v, nil
}

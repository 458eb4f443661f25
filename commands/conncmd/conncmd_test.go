package conncmd_test

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
)

// do runs a command of the peer and returns its answer as scripts show it.
func (p *peer) do(t *testing.T, words ...string) string {
	t.Helper()
	p.send(words)
	return p.next(t)
}

func (p *peer) next(t *testing.T) string {
	t.Helper()
	v, ok, err := p.read(patience)
	switch {
	case err != nil:
		return "(closed)"
	case !ok:
		t.Error("no answer in time")
	}
	return render(v)
}

func (p *peer) want(t *testing.T, want string, words ...string) {
	t.Helper()
	if got := p.do(t, words...); got != want {
		t.Errorf("%v\n got %s\nwant %s", words, got, want)
	}
}

// silent sends a command that must not be answered.
func (p *peer) silent(t *testing.T, words ...string) {
	t.Helper()
	p.send(words)
	if v, ok, err := p.read(20 * time.Millisecond); ok || err != nil {
		t.Errorf("%v: %s %v, want no answer", words, render(v), err)
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("never: ", what)
		}
	}
}

// TestFields protects the fields of CLIENT LIST and their order, which tools rely on.
func TestFields(t *testing.T) {
	const want = "id addr laddr fd name age idle flags db sub psub ssub multi watch qbuf qbuf-free argv-mem multi-mem rbs rbp " +
		"obl oll omem tot-mem events cmd user redir resp lib-name lib-ver io-thread tot-net-in tot-net-out tot-cmds"
	p := dial(open(t, commands.Options{}))
	defer p.close()
	for _, sub := range []string{"INFO", "LIST"} {
		line, err := strconv.Unquote(p.do(t, "CLIENT", sub))
		if err != nil || !strings.HasSuffix(line, "\n") {
			t.Fatalf("CLIENT %s: %q", sub, line)
		}
		var names []string
		for _, f := range strings.Split(strings.TrimSuffix(line, "\n"), " ") {
			name, _, _ := strings.Cut(f, "=")
			names = append(names, name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("CLIENT %s\n got %s\nwant %s", sub, got, want)
		}
	}
}

// TestHelp protects the shape of HELP: status lines, of which each subcommand has two.
func TestHelp(t *testing.T) {
	e := open(t, commands.Options{})
	v, err := e.Do(context.Background(), "CLIENT", "HELP")
	if err != nil {
		t.Fatal(err)
	}
	subs := e.Services().Table.Lookup("client").Subs
	if len(v.Elems) != 1+2*len(subs) {
		t.Fatalf("%d lines for %d subcommands", len(v.Elems), len(subs))
	}
	for _, line := range v.Elems {
		if line.Kind != command.Status {
			t.Errorf("%v is no status", line)
		}
	}
	for i, want := range map[int]string{
		0: "CLIENT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", 1: "CACHING <YES | NO>",
		len(v.Elems) - 2: "HELP", len(v.Elems) - 1: "    Prints this help.",
	} {
		if v.Elems[i].Str != want {
			t.Errorf("line %d is %q, want %q", i, v.Elems[i].Str, want)
		}
	}
}

// TestKillOneselfInMulti protects the reply of an EXEC in which the client kills
// itself: it is whole, and then the connection ends.
func TestKillOneselfInMulti(t *testing.T) {
	p := dial(open(t, commands.Options{}))
	id := p.do(t, "CLIENT", "ID")[1:]
	p.want(t, "+OK", "MULTI")
	p.want(t, "+QUEUED", "CLIENT", "KILL", "ID", id, "ID", id, "SKIPME", "no")
	p.want(t, "+QUEUED", "PING")
	p.want(t, "[:1, +PONG]", "EXEC")
	p.want(t, "(closed)", "PING")
}

// TestReplyModes protects what CLIENT REPLY does where Redis leaves clients stuck: QUIT
// ends a connection that is not answered, and EXEC has all its elements.
func TestReplyModes(t *testing.T) {
	e := open(t, commands.Options{})
	p := dial(e)
	p.silent(t, "CLIENT", "REPLY", "OFF")
	p.want(t, "(closed)", "QUIT")

	p = dial(e)
	defer p.close()
	p.want(t, "+OK", "MULTI")
	p.want(t, "+QUEUED", "CLIENT", "REPLY", "OFF")
	p.want(t, "+QUEUED", "CLIENT", "REPLY", "SKIP")
	p.want(t, "+QUEUED", "CLIENT", "REPLY", "ON")
	p.want(t, "[-ERR Command not allowed inside a transaction, -ERR Command not allowed inside a transaction, +OK]", "EXEC")
	p.want(t, "+PONG", "PING")

	// A skipped command that is paused is still the skipped one when it runs.
	other := dial(e)
	defer other.close()
	other.want(t, "+OK", "CLIENT", "PAUSE", "60000", "WRITE")
	p.silent(t, "CLIENT", "REPLY", "SKIP")
	p.silent(t, "SET", "k", "1")
	other.want(t, "+OK", "CLIENT", "UNPAUSE")
	p.want(t, `"1"`, "GET", "k")
}

// TestPauses protects that each kind of pause ends by itself: after a short pause of
// everything a longer one of writes goes on.
func TestPauses(t *testing.T) {
	e := open(t, commands.Options{})
	a, b, c := dial(e), dial(e), dial(e)
	for _, p := range []*peer{a, b, c} {
		defer p.close()
	}
	a.want(t, "+OK", "CLIENT", "PAUSE", "60000", "WRITE")
	a.want(t, "+OK", "CLIENT", "PAUSE", "200", "ALL")
	b.send([]string{"GET", "k"})
	c.send([]string{"SET", "k", "1"})
	eventually(t, "both are held", func() bool { return e.Services().Pause.Held() == 2 })
	if got := b.next(t); got != "null" {
		t.Error(got)
	}
	if _, kind := e.Services().Pause.Until(); kind != command.PauseWrites {
		t.Error("the pause is of kind ", kind)
	}
	eventually(t, "INFO counts who is still held", func() bool {
		return strings.Contains(a.do(t, "INFO", "clients"), `\r\nblocked_clients:1\r\n`)
	})
	c.close()
	eventually(t, "the pause lets go of who leaves", func() bool { return e.Services().Pause.Held() == 0 })
	a.want(t, "+OK", "CLIENT", "UNPAUSE")
	b.want(t, "null", "GET", "k")
}

// TestPauseKeepsKeys protects that nothing expires while clients are paused, though
// what has expired is not seen.
func TestPauseKeepsKeys(t *testing.T) {
	e := open(t, commands.Options{})
	p := dial(e)
	defer p.close()
	p.want(t, "+OK", "MULTI")
	p.want(t, "+QUEUED", "SET", "k", "1", "PX", "20")
	p.want(t, "+QUEUED", "CLIENT", "PAUSE", "60000", "WRITE")
	p.want(t, "[+OK, +OK]", "EXEC")
	time.Sleep(250 * time.Millisecond) // longer than the sweep's period
	p.want(t, "null", "GET", "k")
	if n := e.Store().Counters().Expired; n != 0 {
		t.Errorf("%d keys expired in a pause", n)
	}
	if keys, _ := e.Store().DatabaseSize(0); keys != 1 {
		t.Errorf("%d keys, want the expired one", keys)
	}
	p.want(t, "+OK", "CLIENT", "UNPAUSE")
	p.want(t, "null", "GET", "k")
	eventually(t, "it expires", func() bool { return e.Store().Counters().Expired == 1 })
}

// TestImportSource protects that a client that imports sees expired keys, while data
// is imported and no longer.
func TestImportSource(t *testing.T) {
	e := open(t, commands.Options{NoCron: true, Config: configured(t, "import-mode", "yes")})
	p := dial(e)
	defer p.close()
	p.want(t, "+OK", "SET", "k", "1", "PX", "1")
	p.want(t, "+OK", "CLIENT", "IMPORT-SOURCE", "on")
	time.Sleep(10 * time.Millisecond)
	p.want(t, `"1"`, "GET", "k")
	p.want(t, "-ERR syntax error", "CLIENT", "IMPORT-SOURCE", "foo")
	if line := p.do(t, "CLIENT", "INFO"); !strings.Contains(line, " flags=I ") {
		t.Error(line)
	}
	p.want(t, "+OK", "CONFIG", "SET", "import-mode", "no")
	p.want(t, "null", "GET", "k")
	p.want(t, "+OK", "CLIENT", "IMPORT-SOURCE", "off")
}

// TestKilledWaiter protects that a killed client gets nothing any more: what it
// waited with is over when CLIENT KILL answers, in EXEC too.
func TestKilledWaiter(t *testing.T) {
	e := open(t, commands.Options{})
	a := dial(e)
	defer a.close()
	for _, inMulti := range []bool{false, true} {
		b := dial(e)
		id := b.do(t, "CLIENT", "ID")[1:]
		b.send([]string{"BLPOP", "k", "0"})
		eventually(t, "it waits", func() bool { return e.Store().Waiters() == 1 })
		if inMulti {
			a.want(t, "+OK", "MULTI")
			a.want(t, "+QUEUED", "CLIENT", "KILL", "ID", id, "SKIPME", "yes")
			a.want(t, "[:1]", "EXEC")
		} else {
			a.want(t, ":1", "CLIENT", "KILL", "ID", id)
		}
		if n := e.Store().Waiters(); n != 0 {
			t.Errorf("%d clients wait, want none", n)
		}
		if got := b.next(t); got != "(closed)" {
			t.Error(got)
		}
		a.want(t, ":1", "RPUSH", "k", "v")
		a.want(t, ":1", "LLEN", "k")
		a.want(t, ":1", "DEL", "k")
	}
}

// TestClosedClient protects that a program learns that its session has ended.
func TestClosedClient(t *testing.T) {
	e := open(t, commands.Options{})
	ctx := context.Background()
	a, b, c := e.NewClient(), e.NewClient(), e.NewClient()
	for _, x := range []*commands.Client{a, b, c} {
		defer x.Close()
	}
	if v, err := a.Do(ctx, "QUIT"); v.Str != "OK" || err != nil {
		t.Error(v, err)
	}
	waits := make(chan error)
	go func() {
		_, err := c.Do(ctx, "BLPOP", "k", 0)
		waits <- err
	}()
	eventually(t, "it waits", func() bool { return e.Store().Waiters() == 1 })
	if v, err := b.Do(ctx, "CLIENT", "KILL", "ID", c.Session().ID, "ID", 999); v.Int != 1 || err != nil {
		t.Error(v, err)
	}
	if err := <-waits; !errors.Is(err, commands.ErrClosed) {
		t.Error(err)
	}
	for _, x := range []*commands.Client{a, c} {
		if _, err := x.Do(ctx, "PING"); !errors.Is(err, commands.ErrClosed) {
			t.Error(err)
		}
	}
	// What one call of Engine.Do leaves behind is not seen by the next.
	for _, args := range [][]any{{"CLIENT", "SETNAME", "x"}, {"CLIENT", "NO-TOUCH", "on"}, {"CLIENT", "REPLY", "OFF"}, {"QUIT"}, {"SELECT", 3}} {
		if _, err := e.Do(ctx, args...); err != nil && !errors.Is(err, commands.ErrNoReply) {
			t.Error(args, err)
		}
		v, err := e.Do(ctx, "CLIENT", "INFO")
		if err != nil || !strings.Contains(v.Str, " name= ") || !strings.Contains(v.Str, " flags=N db=0 ") {
			t.Error(args, v, err)
		}
	}
}

// TestPasswordChanges protects that requirepass applies to those who come later, and
// that nobody is asked for a password that is gone.
func TestPasswordChanges(t *testing.T) {
	e := open(t, commands.Options{})
	a := dial(e)
	defer a.close()
	a.want(t, "+OK", "CONFIG", "SET", "requirepass", "x\x00y")
	b := dial(e)
	defer b.close()
	b.want(t, "-NOAUTH Authentication required.", "PING")
	b.want(t, "-WRONGPASS invalid username-password pair or user is disabled.", "AUTH", "x")
	b.want(t, "+OK", "AUTH", "x\x00y")
	a.want(t, "+PONG", "PING")
	c := dial(e)
	defer c.close()
	c.want(t, "-NOAUTH Authentication required.", "PING")
	a.want(t, "+OK", "CONFIG", "SET", "requirepass", "")
	c.want(t, "+PONG", "PING")
}

// TestAddresses protects the IP filter and unix sockets in CLIENT LIST.
func TestAddresses(t *testing.T) {
	e := open(t, commands.Options{})
	p := dial(e)
	defer p.close()
	for _, a := range []string{"[::1]:5000", "/run/medley.sock:0"} {
		s := e.NewSession(addressed{p, a})
		ip := strings.Trim(a[:strings.LastIndexByte(a, ':')], "[]")
		if line := p.do(t, "CLIENT", "LIST", "IP", ip); !strings.Contains(line, " addr="+a+" ") {
			t.Error(line)
		}
		e.EndSession(s)
	}
	p.session.SetFlag(command.UnixSocket, true)
	for _, words := range [][]string{{"HELLO", "3"}, {"SUBSCRIBE", "a"}, {"SUBSCRIBE", "b"}, {"PSUBSCRIBE", "c*"}} {
		p.do(t, words...)
	}
	if line := p.do(t, "CLIENT", "LIST", "TYPE", "pubsub", "FLAGS", "PU"); !strings.Contains(line, " flags=PU db=0 sub=2 psub=1 ssub=0 ") {
		t.Error(line)
	}
	p.want(t, `txt""`, "CLIENT", "LIST", "TYPE", "normal")
}

type addressed struct {
	*peer
	at string
}

func (a addressed) Addr() string { return a.at }

// TestOutputBuffer protects the figures by which tools find slow readers.
func TestOutputBuffer(t *testing.T) {
	e := open(t, commands.Options{})
	s := e.NewSession(slow{dial(e)})
	defer e.EndSession(s)
	v, err := e.Do(context.Background(), "CLIENT", "LIST", "ID", s.ID)
	if err != nil || !strings.Contains(v.Str, " obl=16384 oll=2 omem=20000 ") || !strings.Contains(v.Str, " events=rw ") {
		t.Error(v, err)
	}
}

type slow struct{ *peer }

func (slow) Stats() command.PeerStats { return command.PeerStats{OutputBuffer: 16384 + 20000} }

// TestConcurrent protects, under the race detector, that sessions are listed, filtered,
// paused, unblocked and killed while they change.
func TestConcurrent(t *testing.T) {
	e := open(t, commands.Options{})
	var running, busy sync.WaitGroup
	stop := make(chan struct{})
	churn := [][]string{
		{"CLIENT", "SETNAME", "x"}, {"CLIENT", "SETINFO", "LIB-NAME", "y"}, {"SELECT", "3"}, {"CLIENT", "NO-TOUCH", "on"},
		{"WATCH", "k"}, {"SET", "k", "1"}, {"MULTI"}, {"SET", "k", "2"}, {"EXEC"}, {"HELLO", "3"}, {"AUTH", "default", "x"},
		{"CLIENT", "REPLY", "SKIP"}, {"PING"}, {"BLPOP", "nokey", "0.01"}, {"CLIENT", "CAPA", "redirect"}, {"RESET"},
	}
	for range 4 {
		busy.Add(1)
		go func() {
			defer busy.Done()
			for {
				p := dial(e)
				for _, words := range churn {
					p.send(words)
				}
				for alive := true; alive; {
					select {
					case <-p.out:
					case <-p.ended:
						alive = false
					case <-time.After(50 * time.Millisecond):
						alive = false
					case <-stop:
						p.close()
						return
					}
				}
				p.close()
			}
		}()
	}
	for i := range 3 {
		running.Add(1)
		go func() {
			defer running.Done()
			p := dial(e)
			defer p.close()
			for n := range 300 {
				p.do(t, "CLIENT", "LIST", "NOT-FLAGS", "b", "NOT-NAME", "z", "USER", "default")
				p.do(t, "CLIENT", "LIST")
				id := strconv.Itoa(n % 64)
				switch i {
				case 0:
					p.do(t, "CLIENT", "UNBLOCK", id, "ERROR")
				case 1:
					p.do(t, "CLIENT", "PAUSE", "5", "WRITE")
					p.do(t, "CLIENT", "UNPAUSE")
				case 2:
					p.do(t, "CLIENT", "KILL", "NAME", "x", "FLAGS", "d")
				}
			}
		}()
	}
	running.Wait()
	close(stop)
	busy.Wait()
	eventually(t, "all sessions have left", func() bool { return e.Services().Clients.Len() == 0 })
	if n := e.Services().Pause.Held(); n != 0 {
		t.Errorf("%d sessions are held", n)
	}
	if err := e.Store().Check(); err != nil {
		t.Error(err)
	}
}

// sink is a reply that keeps its last status and allocates nothing.
type sink struct {
	command.Reply
	buf []byte
}

func (s *sink) Status(text string) { s.buf = append(s.buf[:0], text...) }
func (s *sink) Bulk(b []byte)      { s.buf = append(s.buf[:0], b...) }
func (s *sink) Len() int           { return len(s.buf) }

// TestPingAllocations protects the path of the cheapest command from allocations.
func TestPingAllocations(t *testing.T) {
	e := open(t, commands.Options{NoCron: true})
	p := dial(e)
	defer p.close()
	x := e.Acquire()
	defer x.Release()
	r := &sink{buf: make([]byte, 0, 64)}
	for _, argv := range [][][]byte{{[]byte("PING")}, {[]byte("ping"), []byte("hello")}, {[]byte("ECHO"), []byte("hello")}} {
		if n := testing.AllocsPerRun(1000, func() { x.Execute(p.session, argv, r) }); n != 0 {
			t.Errorf("%s: %v allocations", bytes.Join(argv, []byte(" ")), n)
		}
	}
	if string(r.buf) != "hello" {
		t.Errorf("%q", r.buf)
	}
}

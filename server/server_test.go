package server

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/str"
	"github.com/medleydb/medley/keyspace"
	"github.com/medleydb/medley/server/resp"
)

const patience = 20 * time.Second

type testServer struct {
	*Server
	addr string
}

// backends runs the test on every back end.
func backends(t *testing.T, o commands.Options, fn func(t *testing.T, s testServer)) {
	for _, portable := range []bool{false, true} {
		t.Run(map[bool]string{false: "native", true: "portable"}[portable], func(t *testing.T) {
			fn(t, start(t, o, portable))
		})
	}
}

func start(t *testing.T, o commands.Options, portable bool) testServer {
	t.Helper()
	eng, err := commands.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := eng.Services().Config.Override(config.Pair{Name: "bind", Value: "127.0.0.1"}, config.Pair{Name: "port", Value: "0"}); err != nil {
		t.Fatal(err)
	}
	s, err := New(Options{Engine: eng, Portable: portable, Loops: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		if n := eng.Services().Clients.Len(); n != 0 {
			t.Errorf("%d sessions are left behind", n)
		}
		if err := eng.Store().Check(); err != nil {
			t.Error(err)
		}
		eng.Close()
	})
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	return testServer{s, s.Addrs()[0].String()}
}

type testClient struct {
	t *testing.T
	net.Conn
	r *resp.Reader
}

func (s testServer) dial(t *testing.T) *testClient {
	t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return &testClient{t, c, resp.NewReader(c)}
}

func (c *testClient) send(args ...string) {
	c.t.Helper()
	if _, err := c.Write(resp.AppendCommand(nil, args...)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *testClient) want(text string) {
	c.t.Helper()
	v, err := c.r.Read()
	if err != nil {
		c.t.Fatalf("reading, want %q: %v", text, err)
	}
	if got := v.Text(); got != text {
		c.t.Fatalf("got %q, want %q", got, text)
	}
}

func (c *testClient) do(want string, args ...string) {
	c.t.Helper()
	c.send(args...)
	c.want(want)
}

// testCommands are commands that show the walls at work: TAKE key seconds waits for
// a string and deletes it, GIVE key target seconds waits for one and moves it, and
// STALL stops until the test lets it go.
func testCommands(stall chan struct{}) []*command.Spec {
	take := func(c *command.Context, target []byte) error {
		key := c.Args.Bytes()
		if target != nil {
			target = c.Args.Bytes()
		}
		deadline, err := c.ParseTimeout(c.Args.Bytes())
		if err != nil {
			return err
		}
		s, ok, err := keyspace.Read[str.String](c.Tx, key)
		if err != nil {
			return err
		}
		if !ok {
			w := command.Wait{Keys: [][]byte{key}, Kind: datatypes.String, DeadlineMs: deadline}
			if target != nil {
				w.Targets = [][]byte{target}
			}
			return c.Park(w)
		}
		value := s.AppendTo(nil)
		c.Tx.Delete(key)
		c.Changed(key, keyspace.EvDel)
		if target != nil {
			keyspace.Create[str.String](c.Tx, target, 0).Set(value)
			c.Changed(target, keyspace.EvSet)
		}
		c.Reply.Bulk(value)
		return nil
	}
	return []*command.Spec{
		{Name: "take", Arity: 3, Flags: command.Write | command.Blocking, Keys: []command.KeySpec{command.Key(1, command.RW)},
			Run: func(c *command.Context) error { return take(c, nil) }},
		{Name: "give", Arity: 4, Flags: command.Write | command.Blocking, Keys: []command.KeySpec{command.KeyRange(1, 1, 1, command.RW)},
			Run: func(c *command.Context) error { return take(c, []byte{}) }},
		{Name: "stall", Arity: -1, Keys: []command.KeySpec{command.KeyRange(1, -1, 1, command.RW)}, Flags: command.Write,
			Run: func(c *command.Context) error { <-stall; c.Reply.OK(); return nil }},
		{Name: "crash", Arity: 2, Flags: command.Write, Keys: []command.KeySpec{command.Key(1, command.RW)},
			Run: func(c *command.Context) error {
				keyspace.Create[str.String](c.Tx, c.Args.Key(), 0).Set([]byte("half-way"))
				panic("on purpose")
			}},
	}
}

// TestTranscript protects the first minute of a user.
func TestTranscript(t *testing.T) {
	backends(t, commands.Options{}, func(t *testing.T, s testServer) {
		c := s.dial(t)
		c.do("OK", "SET", "foo", "Hello World")
		c.do("Hello World", "GET", "foo")
		c.send("GET", "none")
		if v, err := c.r.Read(); err != nil || !v.IsNull() {
			t.Fatal(v, err)
		}
		c.do("1", "DEL", "foo")
		c.send("GET", "foo")
		if v, err := c.r.Read(); err != nil || !v.IsNull() {
			t.Fatal(v, err)
		}
		c.do("OK", "SETEX", "foo", "40", "I said, Hello World!")
		c.send("TTL", "foo")
		if v, err := c.r.Read(); err != nil || v.Int < 36 || v.Int > 40 {
			t.Fatal(v, err)
		}
		c.do("1", "PERSIST", "foo")
		c.do("OK", "RENAME", "foo", "bar")
		c.do("OK", "FLUSHALL")
		c.do("ERR wrong number of arguments for 'get' command", "GET")
		c.do("ERR unknown command 'NONSENSE', with args beginning with: 'a' 'b' ", "NONSENSE", "a", "b")
	})
}

// TestPieces protects the parser and the read buffers: input cut anywhere gives the
// same replies.
func TestPieces(t *testing.T) {
	backends(t, commands.Options{}, func(t *testing.T, s testServer) {
		in := resp.AppendCommand(nil, "SET", "k", "v\r\n$3\r\n")
		in = append(in, "PING\r\n"...)
		in = append(in, "  ECHO \"a b\\x41\"\r\n"...)
		in = append(in, "*0\r\n*-1\r\n\r\n"...)
		in = resp.AppendCommand(in, "GET", "k")
		const out = "+OK\r\n+PONG\r\n$4\r\na bA\r\n$7\r\nv\r\n$3\r\n\r\n"
		for cut := 1; cut < len(in); cut++ {
			c := s.dial(t)
			c.Write(in[:cut])
			c.Write(in[cut:])
			got := make([]byte, len(out))
			if _, err := io.ReadFull(c, got); err != nil || string(got) != out {
				t.Fatalf("cut at %d: %q, %v", cut, got, err)
			}
			c.Close()
		}
	})
}

// TestPipeline protects replies in order over a pipeline of any depth, of which
// nothing is read before all is sent.
func TestPipeline(t *testing.T) {
	backends(t, commands.Options{}, func(t *testing.T, s testServer) {
		c := s.dial(t)
		const n = 50000
		var in []byte
		for i := range n {
			in = resp.AppendCommand(in, "ECHO", fmt.Sprint(i))
		}
		if _, err := c.Write(in); err != nil {
			t.Fatal(err)
		}
		for i := range n {
			c.want(fmt.Sprint(i))
		}
	})
}

// TestProtocolErrors protects against hostile input: an error, the end of the
// connection, and nobody else is touched.
func TestProtocolErrors(t *testing.T) {
	backends(t, commands.Options{}, func(t *testing.T, s testServer) {
		other := s.dial(t)
		for in, want := range map[string]string{
			"*3\r\n$3\r\nSET\r\n!x":         "-ERR Protocol error: expected '$', got '!'\r\n",
			"*a\r\n":                        "-ERR Protocol error: invalid multibulk length\r\n",
			"*2147483648\r\n":               "-ERR Protocol error: invalid multibulk length\r\n",
			"*1\r\n$-5\r\n":                 "-ERR Protocol error: invalid bulk length\r\n",
			"*1\r\n$99999999999\r\n":        "-ERR Protocol error: invalid bulk length\r\n",
			"GET \"a\r\n":                   "-ERR Protocol error: unbalanced quotes in request\r\n",
			strings.Repeat("x", 128<<10):    "-ERR Protocol error: too big inline request\r\n",
			"PING\r\n*1\r\n$1000000000\r\n": "+PONG\r\n-ERR Protocol error: invalid bulk length\r\n",
		} {
			c := s.dial(t)
			c.Write([]byte(in))
			got, _ := io.ReadAll(c)
			if string(got) != want {
				t.Errorf("%.40q: got %q", in, got)
			}
			other.do("PONG", "PING")
		}
	})
}

// TestDeclaredLengths protects memory against lengths that are only declared.
func TestDeclaredLengths(t *testing.T) {
	backends(t, commands.Options{}, func(t *testing.T, s testServer) {
		for range 100 {
			c := s.dial(t)
			c.Write([]byte("*1000000\r\n$536870000\r\nabc"))
			c.want2(s)
		}
	})
}

// want2 waits until the server has taken in what was sent.
func (c *testClient) want2(s testServer) {
	c.t.Helper()
	addr := c.LocalAddr().String()
	until(c.t, func() bool {
		for _, x := range s.eng.Services().Clients.All() {
			if x.Peer.Addr() == addr {
				st := x.Peer.Stats()
				if st.QueryBuffer > 1<<20 {
					c.t.Fatalf("%d bytes are held for 25 that were sent", st.QueryBuffer)
				}
				return st.QueryBuffer > 0
			}
		}
		return false
	})
}

func until(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}

// TestNeverReads protects memory against a client that sends and never reads.
func TestNeverReads(t *testing.T) {
	backends(t, commands.Options{}, func(t *testing.T, s testServer) {
		other := s.dial(t)
		other.do("OK", "SET", "big", strings.Repeat("x", 1<<20))
		c := s.dial(t)
		batch := bytes.Repeat(resp.AppendCommand(nil, "GET", "big"), 1000)
		c.SetDeadline(time.Now().Add(time.Second))
		for {
			if _, err := c.Write(batch); err != nil {
				break // the server takes no more
			}
		}
		for _, x := range s.eng.Services().Clients.All() {
			if st := x.Peer.Stats(); st.OutputBuffer > 80<<20 || st.QueryBuffer > 8<<20 {
				t.Errorf("the client holds %d bytes of replies and %d of input", st.OutputBuffer, st.QueryBuffer)
			}
		}
		other.do("PONG", "PING")
	})
}

// TestBlocking protects waiting: first come first served, chains of waiters, timeouts,
// pipelines behind a waiting command, and clients that go while they wait.
func TestBlocking(t *testing.T) {
	backends(t, commands.Options{Commands: testCommands(nil)}, func(t *testing.T, s testServer) {
		store := s.eng.Store()
		var waiting []*testClient
		for i := range 4 {
			c := s.dial(t)
			c.send("TAKE", "k", "0")
			until(t, func() bool { return store.Waiters() == i+1 })
			waiting = append(waiting, c)
		}
		w := s.dial(t)
		waiting[1].Close()
		until(t, func() bool { return store.Waiters() == 3 })
		for i, text := range map[int]string{0: "a"} {
			w.do("OK", "SET", "k", text)
			waiting[i].want(text)
		}
		w.do("OK", "SET", "k", "b")
		waiting[2].want("b")
		w.do("OK", "SET", "k", "c")
		waiting[3].want("c")

		// A chain: k wakes GIVE k -> l, which wakes TAKE l, in one command.
		a, b := s.dial(t), s.dial(t)
		a.send("TAKE", "l", "0")
		until(t, func() bool { return store.Waiters() == 1 })
		b.send("GIVE", "k", "l", "0")
		until(t, func() bool { return store.Waiters() == 2 })
		b.send("PING") // behind the waiting command
		w.do("OK", "SET", "k", "chained")
		b.want("chained")
		b.want("PONG")
		a.want("chained")

		a.send("TAKE", "nothing", "0.05")
		if v, err := a.r.Read(); err != nil || !v.IsNull() {
			t.Fatal(v, err)
		}
		// In MULTI nothing waits.
		a.do("OK", "MULTI")
		a.do("QUEUED", "TAKE", "nothing", "0")
		a.send("EXEC")
		if v, err := a.r.Read(); err != nil || len(v.Elems) != 1 || !v.Elems[0].IsNull() {
			t.Fatal(v, err)
		}
		if n := store.Waiters(); n != 0 {
			t.Fatalf("%d waiters are left", n)
		}
	})
}

// TestStuckLoop protects the other clients of a loop while one's command does not end,
// and that one's connection afterwards.
func TestStuckLoop(t *testing.T) {
	stall := make(chan struct{})
	backends(t, commands.Options{Commands: testCommands(stall)}, func(t *testing.T, s testServer) {
		var clients []*testClient
		for range 20 {
			clients = append(clients, s.dial(t))
		}
		for i, c := range clients[:6] {
			c.send("STALL", "k") // one runs, the others wait for the lock
			c.send("ECHO", fmt.Sprint(i))
		}
		for _, c := range clients[6:] {
			for range 50 {
				c.do("PONG", "PING")
			}
		}
		for range 6 {
			stall <- struct{}{}
		}
		for i, c := range clients[:6] {
			c.want("OK")
			c.want(fmt.Sprint(i))
			c.do("PONG", "PING")
		}
	})
}

// TestPanic protects the server from a bug in a handler: the client is told, its
// locks are released and nothing of its change is left.
func TestPanic(t *testing.T) {
	backends(t, commands.Options{Commands: testCommands(nil)}, func(t *testing.T, s testServer) {
		c := s.dial(t)
		c.do("ERR internal error", "CRASH", "k")
		other := s.dial(t)
		other.send("GET", "k")
		if v, err := other.r.Read(); err != nil || !v.IsNull() {
			t.Fatal(v, err)
		}
	})
}

// fakeJournal counts appends; the test decides when they are durable.
type fakeJournal struct {
	mu sync.Mutex
	n  int64
}

func (j *fakeJournal) Append([]keyspace.Effect) int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.n++
	return j.n
}

func (j *fakeJournal) appended() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.n
}

// TestReplyGate protects what an acknowledgement means: a write's reply, and
// those behind it, wait for the journal; reads of others do not.
func TestReplyGate(t *testing.T) {
	for _, portable := range []bool{false, true} {
		j, gate := &fakeJournal{}, &commands.Gate{}
		s := start(t, commands.Options{Journal: j, Gate: gate}, portable)
		w, r := s.dial(t), s.dial(t)
		w.send("SET", "a", "1")
		w.send("SET", "b", "2")
		w.send("PING")
		until(t, func() bool { return j.appended() == 2 })
		r.do("1", "GET", "a")
		w.SetReadDeadline(time.Now().Add(30 * time.Millisecond))
		if _, err := w.Read(make([]byte, 1)); err == nil {
			t.Fatal("a write was acknowledged before the journal had it")
		}
		w.SetDeadline(time.Now().Add(patience))
		gate.Advance(1)
		gate.Advance(2)
		w.want("OK")
		w.want("OK")
		w.want("PONG")
	}
}

// TestManyIdle protects memory and the loops against connections that do nothing.
func TestManyIdle(t *testing.T) {
	backends(t, commands.Options{}, func(t *testing.T, s testServer) {
		const n = 400
		for range n {
			s.dial(t)
		}
		c := s.dial(t)
		until(t, func() bool { return s.eng.Services().Clients.Len() == n+1 })
		c.do("PONG", "PING")
	})
}

// TestParallel protects atomicity: transfers in MULTI between keys of many shards
// keep the sum.
func TestParallel(t *testing.T) {
	backends(t, commands.Options{}, func(t *testing.T, s testServer) {
		var wg sync.WaitGroup
		for w := range 8 {
			c := s.dial(t)
			wg.Go(func() {
				for i := range 300 {
					c.do("OK", "MULTI")
					c.do("QUEUED", "INCR", fmt.Sprintf("k%d", (w*7+i)%13))
					c.do("QUEUED", "INCR", fmt.Sprintf("k%d", (w*5+i*3)%13))
					c.send("EXEC")
					if v, err := c.r.Read(); err != nil || len(v.Elems) != 2 {
						t.Error(v, err)
						return
					}
				}
			})
		}
		wg.Wait()
		c := s.dial(t)
		sum := 0
		for i := range 13 {
			c.send("GET", fmt.Sprintf("k%d", i))
			v, err := c.r.Read()
			if err != nil {
				t.Fatal(err)
			}
			var n int
			fmt.Sscan(v.Str, &n)
			sum += n
		}
		if sum != 8*300*2 {
			t.Errorf("%d increments arrived of %d", sum, 8*300*2)
		}
	})
}

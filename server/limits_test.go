package server

import (
	"context"
	"io"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/medleydb/medley/commands"
)

func (s testServer) configure(t *testing.T, name, value string) {
	t.Helper()
	if _, err := s.eng.Do(context.Background(), "CONFIG", "SET", name, value); err != nil {
		t.Fatal(err)
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// hungUp waits until the server has closed the connection, reading what is left.
func (c *testClient) hungUp() {
	c.t.Helper()
	if _, err := io.Copy(io.Discard, c.Conn); err != nil && strings.Contains(err.Error(), "timeout") {
		c.t.Fatal("the connection stays open")
	}
}

// TestSlowSubscriber protects the server's memory from a subscriber that does not read: it
// is dropped at its limit, and others go on.
func TestSlowSubscriber(t *testing.T) {
	backends(t, commands.Options{}, func(t *testing.T, s testServer) {
		const limit = 4 << 20
		s.configure(t, "client-output-buffer-limit", "pubsub 4mb 0 0")
		slow, fast, pub := s.dial(t), s.dial(t), s.dial(t)
		for _, c := range []*testClient{slow, fast} {
			c.send("SUBSCRIBE", "c")
			c.read()
		}
		before, most := heap(), uint64(0)
		text := strings.Repeat("x", 64<<10)
		two, n := true, 0
		for ; two && n < 2000; n++ {
			pub.send("PUBLISH", "c", text)
			v, _ := pub.read()
			two = v.Int == 2
			if v, ok := fast.read(); !ok || v.Elems[2].Str != text {
				t.Fatal("a subscriber that reads got no message")
			}
			if n%50 == 0 {
				most = max(most, heap())
			}
		}
		if two {
			t.Fatalf("the slow subscriber is still there after %d messages", n)
		}
		if more := int64(most) - int64(before); more > 4*limit {
			t.Errorf("%d bytes more are held at a limit of %d", more, limit)
		}
		slow.hungUp()
		if n := s.stats.OutputLimit.Load(); n != 1 {
			t.Errorf("%d clients were dropped at their limit, want 1", n)
		}
	})
}

// TestSoftLimit protects the limit that holds only for some time, and that a reader in time
// stays.
func TestSoftLimit(t *testing.T) {
	backends(t, commands.Options{}, func(t *testing.T, s testServer) {
		s.configure(t, "client-output-buffer-limit", "pubsub 0 1mb 0")
		publish := func(size int) {
			if _, err := s.eng.Do(context.Background(), "PUBLISH", "c", strings.Repeat("x", size)); err != nil {
				t.Fatal(err)
			}
		}
		slow := s.dial(t)
		slow.send("SUBSCRIBE", "c")
		slow.read()
		for range 20 {
			publish(1 << 20)
		}
		until(t, func() bool { return s.stats.OutputLimit.Load() == 1 })
		slow.hungUp()
		fast := s.dial(t)
		fast.send("SUBSCRIBE", "c")
		fast.read()
		for range 20 {
			publish(1 << 19) // of which no two wait
			if _, ok := fast.read(); !ok {
				t.Fatal("a client that reads was dropped")
			}
		}
	})
}

// TestNormalLimit protects a limit for replies.
func TestNormalLimit(t *testing.T) {
	backends(t, commands.Options{}, func(t *testing.T, s testServer) {
		c := s.dial(t)
		c.do("OK", "SET", "k", strings.Repeat("x", 200_000))
		c.send("GET", "k")
		c.want(strings.Repeat("x", 200_000))
		s.configure(t, "client-output-buffer-limit", "normal 100000 0 0")
		c.do("OK", "SET", "small", "x")
		c.send("GET", "k")
		c.hungUp()
	})
}

// TestClientMemory protects maxmemory-clients: the client that takes most goes, unless it is
// not to be evicted.
func TestClientMemory(t *testing.T) {
	backends(t, commands.Options{}, func(t *testing.T, s testServer) {
		large, kept, small := s.dial(t), s.dial(t), s.dial(t)
		kept.do("OK", "CLIENT", "NO-EVICT", "on")
		for _, c := range []*testClient{large, kept} {
			c.do("OK", "MULTI")
			c.do("QUEUED", "SET", "k", strings.Repeat("x", 1<<20))
		}
		s.configure(t, "maxmemory-clients", "1500kb")
		large.hungUp()
		kept.send("EXEC")
		if v, ok := kept.read(); !ok || len(v.Elems) != 1 {
			t.Error("a client was evicted that said not to be")
		}
		small.do("PONG", "PING")
		if n := s.stats.Evicted.Load(); n != 1 {
			t.Errorf("%d clients were evicted, want 1", n)
		}
	})
}

// TestClientGrows protects the same limit from a client that grows: it goes in the middle of an
// argument, and when it watches many keys.
func TestClientGrows(t *testing.T) {
	backends(t, commands.Options{}, func(t *testing.T, s testServer) {
		s.configure(t, "maxmemory-clients", "1mb")
		long, watcher, small := s.dial(t), s.dial(t), s.dial(t)
		io.WriteString(long, "*2\r\n$3\r\nGET\r\n$3000000\r\n"+strings.Repeat("x", 2<<20)) // which may fail already
		long.hungUp()
		for n := 0; n < 1<<20; n += 1000 {
			words := []string{"WATCH"}
			for i := range 1000 {
				words = append(words, strconv.Itoa(n+i))
			}
			watcher.send(words...)
			if _, ok := watcher.read(); !ok {
				break
			}
		}
		small.do("PONG", "PING")
		if n := s.stats.Evicted.Load(); n != 2 {
			t.Errorf("%d clients were evicted, want 2", n)
		}
	})
}

// TestSlowReceiver protects the same limit for a program that does not receive.
func TestSlowReceiver(t *testing.T) {
	eng, err := commands.Open(commands.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer eng.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c := eng.NewClient()
	defer c.Close()
	if _, err := eng.Do(ctx, "CONFIG", "SET", "client-output-buffer-limit", "pubsub 100kb 0 0"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Do(ctx, "SUBSCRIBE", "c"); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if _, err := eng.Do(ctx, "PUBLISH", "c", strings.Repeat("x", 10_000)); err != nil {
			t.Fatal(err)
		}
	}
	if v, err := c.Receive(ctx); err != commands.ErrClosed {
		t.Error(v, err)
	}
	if _, err := c.Do(ctx, "PING"); err != commands.ErrClosed {
		t.Error(err)
	}
}

package clients

import (
	"context"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/server"
)

// patience is how long anything here may take.
const patience = 30 * time.Second

// A way is one of those by which a client reaches the server.
type way struct {
	name string
	o    redis.Options
	eng  *commands.Engine
}

// client returns a client that speaks the protocol, changed by more options.
func (w way) client(t *testing.T, proto int, change ...func(*redis.Options)) *redis.Client {
	t.Helper()
	o := w.o
	o.Protocol = proto
	// One attempt: a test must see the first error.
	o.MaxRetries = -1
	o.ReadTimeout, o.WriteTimeout = patience, patience
	for _, fn := range change {
		fn(&o)
	}
	c := redis.NewClient(&o)
	t.Cleanup(func() { c.Close() })
	return c
}

// ways runs the test by TCP and unix socket on both back ends, and by pipe.
func ways(t *testing.T, fn func(t *testing.T, w way)) {
	for _, portable := range []bool{false, true} {
		name := map[bool]string{false: "native", true: "portable"}[portable]
		for _, network := range []string{"tcp", "unix"} {
			t.Run(name+"/"+network, func(t *testing.T) {
				eng := open(t)
				fn(t, way{name, redis.Options{Network: network, Addr: listen(t, eng, network, portable)}, eng})
			})
		}
	}
	t.Run("pipe", func(t *testing.T) {
		eng := open(t)
		dial := func(context.Context, string, string) (net.Conn, error) { return server.Pipe(eng), nil }
		fn(t, way{"pipe", redis.Options{Dialer: dial}, eng})
	})
}

// protocols runs the test by every way in RESP2 and in RESP3.
func protocols(t *testing.T, fn func(t *testing.T, w way, c *redis.Client)) {
	ways(t, func(t *testing.T, w way) {
		for _, proto := range []int{2, 3} {
			t.Run(map[int]string{2: "resp2", 3: "resp3"}[proto], func(t *testing.T) {
				c := w.client(t, proto)
				if err := c.FlushAll(t.Context()).Err(); err != nil {
					t.Fatal(err)
				}
				fn(t, w, c)
			})
		}
	})
}

func open(t *testing.T) *commands.Engine {
	t.Helper()
	eng, err := commands.Open(commands.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		until(t, func() bool { return eng.Services().Clients.Len() == 0 })
		if err := eng.Store().Check(); err != nil {
			t.Error(err)
		}
		eng.Close()
	})
	return eng
}

// listen serves the engine and returns the address.
func listen(t *testing.T, eng *commands.Engine, network string, portable bool) string {
	t.Helper()
	pairs := []config.Pair{{Name: "bind", Value: "127.0.0.1"}, {Name: "port", Value: "0"}}
	if network == "unix" {
		pairs = append(pairs, config.Pair{Name: "unixsocket", Value: filepath.Join(t.TempDir(), "s")})
	}
	if err := eng.Services().Config.Override(pairs...); err != nil {
		t.Fatal(err)
	}
	s, err := server.New(server.Options{Engine: eng, Portable: portable, Loops: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	for _, a := range s.Addrs() {
		if a.Network() == network {
			return a.String()
		}
	}
	t.Fatal("the server does not listen")
	return ""
}

func until(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}

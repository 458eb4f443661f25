package server

import (
	"strconv"
	"strings"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/server/resp"
)

// TestCommandsThatArriveTogether protects what looking ahead may not change: commands of
// one write run one by one, and each meets what those before it have changed.
func TestCommandsThatArriveTogether(t *testing.T) {
	backends(t, commands.Options{}, func(t *testing.T, s testServer) {
		c, other := s.dial(t), s.dial(t)

		t.Log("a command that waits in the middle, and half a command behind it")
		in := resp.AppendCommand(nil, "SET", "a", "1")
		in = resp.AppendCommand(in, "BLPOP", "queue", "0")
		in = resp.AppendCommand(in, "GET", "a")
		last := resp.AppendCommand(nil, "ECHO", strings.Repeat("x", 100))
		c.Write(append(in, last[:20]...))
		c.want("OK")
		other.do("OK", "SET", "a", "2")
		other.do("1", "RPUSH", "queue", "element")
		if v, err := c.r.Read(); err != nil || len(v.Elems) != 2 {
			t.Fatal(v, err)
		}
		c.want("2")
		c.Write(last[20:])
		c.want(strings.Repeat("x", 100))

		t.Log("more than are looked at together, and databases that change between them")
		in = nil
		for i := range 50 {
			in = resp.AppendCommand(in, "SELECT", string('0'+byte(i%2)))
			in = resp.AppendCommand(in, "INCR", "n")
		}
		c.Write(in)
		for i := range 50 {
			c.want("OK")
			c.want(strconv.Itoa(i/2 + 1))
		}

		t.Log("what is no RESP is answered behind the commands before it")
		in = resp.AppendCommand(nil, "SELECT", "0")
		in = resp.AppendCommand(in, "GET", "a")
		c.Write(append(in, "*1\r\n$x\r\n"...))
		c.want("OK")
		c.want("2")
		c.want("ERR Protocol error: invalid bulk length")
	})
}

// TestLargeCommandBehindAuth protects sizes that only guests may not send: a client that
// authenticates is none for the rest of the same write.
func TestLargeCommandBehindAuth(t *testing.T) {
	backends(t, commands.Options{}, func(t *testing.T, s testServer) {
		cfg := s.eng.Services().Config
		if err := cfg.Set(config.Caller{Local: true}, config.Pair{Name: "requirepass", Value: "secret"}); err != nil {
			t.Fatal(err)
		}
		large := strings.Repeat("x", 100_000)
		c := s.dial(t)
		in := resp.AppendCommand(nil, "AUTH", "secret")
		in = resp.AppendCommand(in, "SET", "a", large)
		go c.Write(resp.AppendCommand(in, "GET", "a"))
		c.want("OK")
		c.want("OK")
		c.want(large)

		guest := s.dial(t)
		guest.Write([]byte("*3\r\n$3\r\nSET\r\n$1\r\na\r\n$100000\r\n"))
		guest.want("ERR Protocol error: unauthenticated bulk length")
	})
}

package server

import (
	"net"
	"strconv"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/config"
)

// TestMoveListeners protects CONFIG SET of port and bind: the server moves, or stays
// where it is when it cannot, and connections live on.
func TestMoveListeners(t *testing.T) {
	s := start(t, commands.Options{}, false)
	c := s.dial(t)
	c.do("PONG", "PING") // it is accepted: what still queues at a listener goes with it
	cfg := s.eng.Services().Config
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	set := func(name, value string) error {
		return cfg.Set(config.Caller{Local: true}, config.Pair{Name: name, Value: value})
	}
	free, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := strconv.Itoa(free.Addr().(*net.TCPAddr).Port)
	free.Close()
	if err := set("port", port); err != nil {
		t.Fatal(err)
	}
	if err := set("port", strconv.Itoa(taken.Addr().(*net.TCPAddr).Port)); err == nil {
		t.Fatal("a port that is taken was accepted")
	}
	for _, bind := range []string{"127.0.0.1", "*", "127.0.0.1 -::1", "127.0.0.1"} {
		if err := set("bind", bind); err != nil {
			t.Fatalf("bind %s: %v", bind, err)
		}
		moved := testServer{s.Server, net.JoinHostPort("127.0.0.1", port)}
		moved.dial(t).do("PONG", "PING")
	}
	c.do("PONG", "PING")
}

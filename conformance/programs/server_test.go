package programs

import (
	"os"
	"strconv"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/server"
)

// jobs is how many jobs a worker gets: MEDLEY_JOBS, or few.
func jobs(t *testing.T) int {
	t.Helper()
	text := os.Getenv("MEDLEY_JOBS")
	if text == "" {
		return 300
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal("MEDLEY_JOBS:", err)
	}
	return n
}

// serve starts a server and returns its address. What it holds at the end of the test must be
// in order.
func serve(t *testing.T) string {
	t.Helper()
	eng, err := commands.Open(commands.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := eng.Store().Check(); err != nil {
			t.Error(err)
		}
		eng.Close()
	})
	if err := eng.Services().Config.Override(config.Pair{Name: "bind", Value: "127.0.0.1"}, config.Pair{Name: "port", Value: "0"}); err != nil {
		t.Fatal(err)
	}
	s, err := server.New(server.Options{Engine: eng, Loops: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	if err := s.Listen(); err != nil {
		t.Fatal(err)
	}
	return s.Addrs()[0].String()
}

package server

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/config"
)

// TestLoops protects io-threads: one event loop per processor unless it says how many, one included.
func TestLoops(t *testing.T) {
	start(t, commands.Options{}, false) // the runtime's own poller is there from now on
	for _, tc := range []struct {
		line string
		want int
	}{
		{"", runtime.GOMAXPROCS(0)},
		{"io-threads 1", 1},
		{"io-threads 3", 3},
	} {
		cfg := config.New()
		if err := cfg.LoadReader("test", strings.NewReader(tc.line)); err != nil {
			t.Fatal(err)
		}
		eng, err := commands.Open(commands.Options{Config: cfg})
		if err != nil {
			t.Fatal(err)
		}
		before := pollers(t)
		s, err := New(Options{Engine: eng})
		if err != nil {
			t.Fatal(err)
		}
		if got := pollers(t) - before; got != tc.want {
			t.Errorf("%q: %d event loops, want %d", tc.line, got, tc.want)
		}
		if got := int(cfg.IOThreads.Load()); got != tc.want {
			t.Errorf("%q: CONFIG GET would tell %d, want %d", tc.line, got, tc.want)
		}
		s.Close()
		eng.Close()
	}
}

// pollers counts the epoll descriptors of the process: a loop has one.
func pollers(t *testing.T) (n int) {
	t.Helper()
	fds, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, fd := range fds {
		if to, err := os.Readlink(fd); err == nil && to == "anon_inode:[eventpoll]" {
			n++
		}
	}
	return n
}

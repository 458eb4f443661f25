package streamcmd_test

import (
	"context"
	"strconv"
	"strings"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/server/resp"
)

// allocs runs each command as a connection does, so many times, and returns how much a
// round of them allocates.
func allocs(t *testing.T, e *commands.Engine, rounds int, lines ...string) float64 {
	c := e.NewClient()
	defer c.Close()
	w := &resp.Writer{}
	x := e.Acquire()
	defer x.Release()
	var argvs [][][]byte
	for _, line := range lines {
		var argv [][]byte
		for _, a := range strings.Fields(line) {
			argv = append(argv, []byte(a))
		}
		argvs = append(argvs, argv)
	}
	return testing.AllocsPerRun(rounds, func() {
		for i, argv := range argvs {
			w.Buf = w.Buf[:0]
			x.Execute(c.Session(), argv, w)
			if len(w.Buf) == 0 || w.Buf[0] == '-' {
				t.Fatalf("%s: %q", lines[i], w.Buf)
			}
		}
	})
}

// TestAllocations protects the hot path: adding, reading and acknowledging leave next to
// nothing for the collector. It is measured without a journal, whose effects do cost.
func TestAllocations(t *testing.T) {
	e, err := commands.Open(commands.Options{NoCron: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for i := range 1000 {
		allocs(t, e, 1, "XADD s "+strconv.Itoa(i+1)+"-* temperature 21 state idle")
	}
	c := e.NewClient()
	defer c.Close()
	if _, err := c.Do(context.Background(), "XGROUP", "CREATE", "s", "g", 0); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		most  float64
		lines []string
	}{
		{0.1, []string{"XADD s * temperature 21 state idle"}}, // a block now and then
		{0.1, []string{"XADD s MAXLEN ~ 1000 * temperature 21 state idle"}},
		{0, []string{"XLEN s"}},
		{0, []string{"XRANGE s - + COUNT 10"}},
		{0, []string{"XRANGE s 900 + COUNT 150"}},
		{1, []string{"XREAD COUNT 10 STREAMS s 500"}},
		{2, []string{"XGROUP SETID s g 500", "XREADGROUP GROUP g c COUNT 1 STREAMS s >", "XACK s g 501-0"}},
	} {
		if n := allocs(t, e, 2000, c.lines...); n > c.most {
			t.Errorf("%q: %v allocations, at most %v wanted", c.lines, n, c.most)
		}
	}
}

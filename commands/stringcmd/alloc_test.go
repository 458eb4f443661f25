package stringcmd_test

import (
	"fmt"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/server/resp"
)

// allocs executes the command as a connection does and returns how much a call
// allocates.
func allocs(t *testing.T, e *commands.Engine, args ...string) float64 {
	argv := make([][]byte, len(args))
	for i, a := range args {
		argv[i] = []byte(a)
	}
	c := e.NewClient()
	defer c.Close()
	w := &resp.Writer{}
	x := e.Acquire()
	defer x.Release()
	n := testing.AllocsPerRun(2000, func() {
		w.Buf = w.Buf[:0]
		x.Execute(c.Session(), argv, w)
	})
	if len(w.Buf) == 0 || w.Buf[0] == '-' {
		t.Errorf("%v: %q", args, w.Buf)
	}
	return n
}

// TestAllocations protects the hot path: commands on existing keys leave nothing
// for the collector. It is measured without a journal, whose effects do cost.
func TestAllocations(t *testing.T) {
	e, err := commands.Open(commands.Options{NoCron: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	long := fmt.Sprintf("%0200d", 7)
	for _, args := range [][]string{
		{"SET", "k", long}, {"SET", "n", "12"}, {"SET", "m", "v"}, {"SET", "f", "1.5"},
		{"SET", "t", "v", "PXAT", "4102444800000"}, {"SETRANGE", "mod", "0", "abc"},
	} {
		allocs(t, e, args...)
	}
	for _, args := range [][]string{
		{"GET", "k"}, {"GET", "n"}, {"GET", "missing"}, {"STRLEN", "k"}, {"GETRANGE", "k", "1", "5"},
		{"SET", "k", long}, {"SET", "n", "12"}, {"SET", "m", "w"}, {"SET", "m", "w", "XX"}, {"SET", "m", "w", "NX"},
		{"SET", "t", "v", "PXAT", "4102444800000"}, {"SET", "t", "v", "KEEPTTL"}, {"SETEX", "t", "100", "v"},
		{"SETNX", "m", "w"}, {"GETSET", "m", "w"}, {"SETRANGE", "mod", "0", "abc"},
		{"INCR", "n"}, {"DECR", "n"}, {"INCRBY", "n", "7"}, {"MGET", "k", "n", "m"}, {"MSET", "m", "w", "n", "13"},
		{"EXISTS", "k"}, {"EXISTS", "k", "n", "m"}, {"TYPE", "k"}, {"TTL", "t"}, {"PTTL", "t"}, {"PEXPIRETIME", "t"},
		{"EXPIRE", "t", "100"}, {"TOUCH", "k"}, {"DEL", "missing"}, {"UNLINK", "missing"}, {"DIGEST", "k"},
		{"PERSIST", "k"}, {"GETEX", "k"}, {"GETEX", "t", "EX", "100"}, {"INCREX", "n"},
	} {
		if n := allocs(t, e, args...); n != 0 {
			t.Errorf("%v allocates %v times", args, n)
		}
	}
}

package server

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/server/netio"
	"github.com/medleydb/medley/server/resp"
)

// BenchmarkPipeline measures all that a command costs outside the system: pipelines of input
// for one connection, on 100,000 keys.
func BenchmarkPipeline(b *testing.B) {
	const keys, pipelines = 100_000, 256
	e, err := commands.Open(commands.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	s, err := New(Options{Engine: e, Portable: true})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	h, c := handler{s}, &netio.Conn{FD: -1}
	h.Open(c)
	value := fmt.Sprintf("%064d", 0)
	key := func(i int) string { return fmt.Sprintf("key:%012d", i) }
	feed := func(in []byte) {
		for len(in) > 0 {
			in = in[h.Input(c, in):]
		}
		c.Out = c.Out[:0]
	}
	for i := range keys {
		feed(resp.AppendCommand(nil, "SET", key(i), value))
	}
	run := func(name string, depth, each int, command func(i, k int) []string) {
		b.Run(fmt.Sprintf("%s/%d", name, depth), func(b *testing.B) {
			r := rand.New(rand.NewPCG(1, 2))
			in, buf := make([][]byte, pipelines*64/depth), make([]byte, 0, 64<<10)
			for i := range in {
				for k := range depth {
					in[i] = resp.AppendCommand(in[i], command(k%each, r.IntN(keys))...)
				}
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i += depth {
				feed(append(buf[:0], in[i/depth%len(in)]...)) // as the system copies it
			}
		})
	}
	get := func(_, k int) []string { return []string{"GET", key(k)} }
	set := func(_, k int) []string { return []string{"SET", key(k), value} }
	for _, depth := range []int{1, 16, 64} {
		run("GET", depth, 1, get)
		run("SET", depth, 1, set)
	}
	run("GET SET", 16, 2, func(i, k int) []string {
		if i == 0 {
			return get(i, k)
		}
		return set(i, k)
	})
	run("MULTI", 12, 12, func(i, k int) []string {
		switch {
		case i == 0:
			return []string{"MULTI"}
		case i == 11:
			return []string{"EXEC"}
		case i%2 == 0:
			return get(i, k)
		}
		return set(i, k)
	})
	run("INCR", 16, 1, func(_, k int) []string { return []string{"INCR", fmt.Sprint("n:", k)} })
	run("HGET", 16, 1, func(_, k int) []string { return []string{"HGET", "hash", fmt.Sprint("field:", k)} })
	run("HSET", 16, 1, func(_, k int) []string { return []string{"HSET", "hash", fmt.Sprint("field:", k), value} })
}

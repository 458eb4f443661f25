package server

import (
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/server/resp"
)

// BenchmarkExecute guards the hot path: it must not allocate.
func BenchmarkExecute(b *testing.B) {
	e, err := commands.Open(commands.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	s := e.NewClient().Session()
	w := &resp.Writer{}
	value := make([]byte, 64)
	run := func(b *testing.B, argv ...[]byte) {
		b.ReportAllocs()
		x := e.Acquire()
		for b.Loop() {
			w.Buf = w.Buf[:0]
			x.Execute(s, argv, w)
		}
		x.Release()
	}
	key := []byte("key:000000000001")
	x := e.Acquire()
	x.Execute(s, [][]byte{[]byte("SET"), key, value}, w)
	x.Release()
	b.Run("GET", func(b *testing.B) { run(b, []byte("GET"), key) })
	b.Run("SET", func(b *testing.B) { run(b, []byte("SET"), key, value) })
	b.Run("LPUSH RPOP", func(b *testing.B) {
		b.ReportAllocs()
		x := e.Acquire()
		push := [][]byte{[]byte("LPUSH"), []byte("queue"), value[:18]}
		pop := [][]byte{[]byte("RPOP"), push[1]}
		for range 1000 {
			x.Execute(s, push, w)
		}
		for b.Loop() {
			w.Buf = w.Buf[:0]
			x.Execute(s, push, w)
			x.Execute(s, pop, w)
		}
		x.Release()
	})
	b.Run("LRANGE of 100", func(b *testing.B) {
		run(b, []byte("LRANGE"), []byte("queue"), []byte("450"), []byte("549"))
	})
	b.Run("PING", func(b *testing.B) { run(b, []byte("PING")) })
}

package scriptcmd_test

import (
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
)

// BenchmarkEvalSHA is a script of one call: what there is beside the call.
func BenchmarkEvalSHA(b *testing.B) {
	eng, err := commands.Open(commands.Options{NoCron: true})
	if err != nil {
		b.Fatal(err)
	}
	defer eng.Close()
	c := eng.NewClient()
	defer c.Close()
	run := func(args ...string) command.Value {
		argv := make([][]byte, len(args))
		for i, a := range args {
			argv[i] = []byte(a)
		}
		var r command.Capture
		x := eng.Acquire()
		x.Execute(c.Session(), argv, &r)
		x.Release()
		return r.Value()
	}
	run("SET", "key", "value")
	sha := run("SCRIPT", "LOAD", "return redis.call('get', KEYS[1])").Str
	argv := [][]byte{[]byte("EVALSHA"), []byte(sha), []byte("1"), []byte("key")}
	var r command.Capture
	b.ReportAllocs()
	for b.Loop() {
		r.Reset()
		x := eng.Acquire()
		x.Execute(c.Session(), argv, &r)
		x.Release()
	}
	if r.Value().Str != "value" {
		b.Fatal(r.Value())
	}
}

package conformance

import (
	"io/fs"
	"strings"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/server/resp"
)

// dangerous are commands that end the process under test or wait on purpose.
var dangerous = []string{"shutdown", "debug", "client pause", "config set"}

// FuzzDispatch protects the engine from hostile bytes: whatever a client sends, the
// store's books balance afterwards and another client is served.
func FuzzDispatch(f *testing.F) {
	for _, s := range scriptLines(f) {
		f.Add([]byte(s))
	}
	f.Add([]byte("MULTI\nSET a 1 PX 1\nGET a\nEXEC\nWATCH a\nSET a 2\nMULTI\nDEL a\nEXEC\n"))
	f.Add([]byte("SELECT 3\nSET a b\nMOVE a 0\nSWAPDB 0 3\nRENAME a b\nCOPY b c DB 5\nFLUSHDB\nHELLO 3\nRESET\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		text := strings.ToLower(string(in))
		for _, d := range dangerous {
			if strings.Contains(text, d) || strings.Contains(strings.ReplaceAll(text, "\r\n", " "), d) {
				return
			}
		}
		if strings.Contains(text, "pause") || strings.Contains(text, "config") {
			return
		}
		cfg := config.New()
		// Strings of half a gigabyte are legal, and enough of them fill any machine.
		if err := cfg.Override(config.Pair{Name: "proto-max-bulk-len", Value: "1mb"}); err != nil {
			t.Fatal(err)
		}
		e, err := commands.Open(commands.Options{Shards: 4, NoCron: true, Config: cfg})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		hostile(e, in)
		if err := e.Store().Check(); err != nil {
			t.Fatalf("%q: %v", in, err)
		}
		c := e.NewClient()
		defer c.Close()
		if v, err := c.Do(t.Context(), "PING"); err != nil || v.Str != "PONG" {
			t.Fatalf("%q: afterwards PING gives %v, %v", in, v, err)
		}
	})
}

// hostile runs the bytes as the input of a session.
func hostile(e *commands.Engine, in []byte) {
	c := e.NewClient()
	defer c.Close()
	s := c.Session()
	w := &resp.Writer{}
	p := resp.Parser{MaxBulk: 1 << 20}
	x := e.Acquire()
	defer x.Release()
	for range 1000 {
		argv, n, err := p.Next(in, nil)
		if err != nil || n == 0 {
			return
		}
		in = in[n:]
		if len(argv) == 0 {
			continue
		}
		if out := x.Execute(s, argv, w); out != commands.Done {
			return
		}
		w.Buf = w.Buf[:0]
	}
}

// scriptLines returns the commands of the case scripts as inline commands, a file
// each.
func scriptLines(f *testing.F) []string {
	var list []string
	err := fs.WalkDir(scripts, "testdata/cases", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(scripts, path)
		if err != nil {
			return err
		}
		var lines strings.Builder
		for line := range strings.SplitSeq(string(b), "\n") {
			if rest, ok := strings.CutPrefix(line, "> "); ok && !strings.Contains(rest, "${") {
				lines.WriteString(rest + "\n")
			}
		}
		list = append(list, lines.String())
		return nil
	})
	if err != nil {
		f.Fatal(err)
	}
	return list
}

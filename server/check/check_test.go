package check

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/config"
)

// files makes a folder with a snapshot and a journal.
func files(t *testing.T) (snapshot, folder, last string) {
	t.Helper()
	dir := t.TempDir()
	cfg := config.New()
	if err := cfg.Override(config.Pair{Name: "dir", Value: dir}, config.Pair{Name: "appendonly", Value: "yes"}); err != nil {
		t.Fatal(err)
	}
	e, err := commands.Open(commands.Options{Config: cfg, Files: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, words := range [][]any{{"SET", "k", "v", "EX", 1000}, {"RPUSH", "l", 1, 2}, {"SADD", "s", "a"}, {"XADD", "x", "1-1", "f", "v"}} {
		if _, err := e.Do(context.Background(), words...); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.CloseWith(true); err != nil {
		t.Fatal(err)
	}
	folder = filepath.Join(dir, "appendonlydir")
	return filepath.Join(dir, "dump.rdb"), folder, filepath.Join(folder, "appendonly.aof.1.incr.aof")
}

func run(args ...string) (status int, out string) {
	var b bytes.Buffer
	status = Main(args, &b, &b)
	return status, b.String()
}

func want(t *testing.T, status int, text string, args ...string) {
	t.Helper()
	if got, out := run(args...); got != status || !strings.Contains(out, text) {
		t.Errorf("%q: %d, %s", args, got, out)
	}
}

// TestCheck protects that whole files are told from broken ones, and that only the end of the last
// one is cut off, and only when that was asked for.
func TestCheck(t *testing.T) {
	snapshot, folder, last := files(t)
	want(t, 0, "4 keys, 1 that expire, 0 of them have\nthe snapshot is whole", "rdb", snapshot)
	want(t, 0, "4 commands", "aof", folder)
	want(t, 0, "4 commands", "aof", filepath.Join(folder, "appendonly.aof.manifest"))
	want(t, 0, "4 commands", "aof", last)

	whole, err := os.ReadFile(last)
	if err != nil {
		t.Fatal(err)
	}
	write := func(path string, b []byte) {
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(last, whole[:len(whole)-4])
	want(t, 1, "--fix cuts it off", "aof", folder)
	if b, _ := os.ReadFile(last); len(b) != len(whole)-4 {
		t.Error("a file was changed without being asked to")
	}
	want(t, 0, "they are cut off", "aof", "--fix", folder)
	want(t, 0, "3 commands", "aof", folder)

	b, _ := os.ReadFile(snapshot)
	b[len(b)/2] ^= 1
	write(snapshot, b)
	want(t, 1, snapshot, "rdb", snapshot)
	b[len(b)/2] ^= 1
	write(snapshot, b[:len(b)-3])
	want(t, 1, "it ends too early", "rdb", snapshot)
	base := filepath.Join(folder, "appendonly.aof.1.base.rdb")
	if b, err = os.ReadFile(base); err != nil {
		t.Fatal(err)
	}
	write(base, b[:len(b)-2])
	want(t, 1, "it ends too early", "aof", "--fix", folder)
	if again, _ := os.ReadFile(base); len(again) != len(b)-2 {
		t.Error("a base was cut")
	}
	want(t, 1, "no such file", "rdb", snapshot+"x")
	want(t, 2, "usage", "rdb")
	want(t, 2, "usage", "other", "x")
	want(t, 0, "usage", "aof", "--help")
}

package aof

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/medleydb/medley/keyspace"
	"github.com/medleydb/medley/keyspace/disk"
)

func effect(db int, words ...string) keyspace.Effect {
	e := keyspace.Effect{DB: db}
	for _, w := range words {
		e.Args = append(e.Args, []byte(w))
	}
	return e
}

// readAll returns the commands of a file as texts, and the error that ended it.
func readAll(b []byte) (all []string, good int64, err error) {
	r := NewReader(bytes.NewReader(b), 0)
	for {
		c, err := r.Next()
		if err != nil {
			return all, r.Good(), err
		}
		all = append(all, fmt.Sprintf("%d %s", c.DB, bytes.Join(c.Argv, []byte(" "))))
	}
}

// TestEveryCut protects what is left of a file that ends anywhere: the commands and transactions
// that are whole, and the place behind them.
func TestEveryCut(t *testing.T) {
	var b []byte
	ends := map[int64]int{0: 0} // commands before an offset at which the file may be cut
	n := 0
	add := func(count int, argv ...[]string) {
		for _, a := range argv {
			b = AppendCommand(b, effect(0, a...).Args)
		}
		n += count
		ends[int64(len(b))] = n
	}
	for i := range 30 {
		add(0, []string{"SELECT", fmt.Sprint(i % 3)})
		add(1, []string{"SET", "k", strings.Repeat("v", i*5)})
		add(2, []string{"MULTI"}, []string{"SELECT", "1"}, []string{"INCR", "n"}, []string{"SADD", "s", "", "\r\n"}, []string{"EXEC"})
		b = append(b, "#TS:123\r\n"...)
	}
	whole, _, err := readAll(b)
	if err != io.EOF || len(whole) != n {
		t.Fatal(len(whole), err)
	}
	for cut := range len(b) {
		all, good, err := readAll(b[:cut])
		count, ok := ends[good]
		if !ok || count != len(all) || good > int64(cut) {
			t.Fatalf("cut at %d: %d commands, good up to %d", cut, len(all), good)
		}
		for i := range all {
			if all[i] != whole[i] {
				t.Fatalf("cut at %d: %q is %q", cut, whole[i], all[i])
			}
		}
		if err != io.EOF && !errors.Is(err, ErrTruncated) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
	}
	for _, bad := range []string{"SET k v\r\n", "*0\r\n", "*1\r\n$-1\r\n", "*x\r\n", "*1\r\n$3\r\nSETx\r\n", "*1\r\n+OK\r\n", "*2\r\n$6\r\nSELECT\r\n$1\r\nx\r\n", "*1\r\n$4\r\nEXEC\r\n", "*99999999999\r\n"} {
		if _, _, err := readAll([]byte(bad)); !errors.Is(err, ErrFormat) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// FuzzReader protects that no file makes the reader fail otherwise than with an error, and that
// what it has read is what would be written.
func FuzzReader(f *testing.F) {
	f.Add([]byte("*1\r\n$5\r\nMULTI\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n*1\r\n$1\r\na\r\n*1\r\n$4\r\nEXEC\r\n#x\r\n"))
	f.Add([]byte("*1\r\n$1000000000\r\nabc"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, good, _ := readAll(b)
		if good > int64(len(b)) {
			t.Fatal(good)
		}
		if _, again, err := readAll(b[:good]); err != io.EOF || again != good {
			t.Fatalf("up to %d it is whole, and then %v at %d", good, err, again)
		}
	})
}

// TestManifest protects the format, and names that need quotes.
func TestManifest(t *testing.T) {
	text := "file \"a b.1.base.rdb\" seq 1 type b\nfile old.aof seq 3 type h\nfile x.1.incr.aof seq 1 type i\nfile x.2.incr.aof seq 2 type i\n"
	m, err := ParseManifest([]byte(text + "# comment\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(m.Format()); got != text {
		t.Errorf("%q", got)
	}
	if m.NextIncr() != 3 || m.NextBase() != 2 {
		t.Error(m.NextIncr(), m.NextBase())
	}
	if _, err := ParseManifest([]byte("file x.2.incr.aof seq 2 type i startoffset 0 endoffset 9\n")); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"file a seq 1\n", "file a seq 0 type b\n", "file a/b seq 1 type b\n", "file a seq 1 type x\n", "file a seq 1 type b\nfile b seq 2 type b\n",
		"file a seq 2 type i\nfile b seq 2 type i\n", "file\n", "file \"a seq 1 type i\n"} {
		if _, err := ParseManifest([]byte(bad)); !errors.Is(err, ErrManifest) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	dir := t.TempDir()
	os.WriteFile(filepath.Join(dir, "old.aof"), nil, 0o644)
	if err := m.RemoveHistory(disk.OS, dir, "x"); err != nil {
		t.Fatal(err)
	}
	if m, err = ReadManifest(dir, "x"); err != nil || len(m.History) != 0 || len(m.Incr) != 2 {
		t.Error(m, err)
	}
	if names, _ := filepath.Glob(filepath.Join(dir, "*")); len(names) != 1 {
		t.Error(names)
	}
}

func create(t *testing.T, path string) disk.File {
	t.Helper()
	f, err := disk.OS.Open(path, os.O_WRONLY|os.O_CREATE)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A full file takes nothing.
type full struct{ disk.File }

func (full) Write([]byte) (int, error) { return 0, errors.New("no space") }

// TestLog protects the order of what is appended, while the log is cut and its policy changes, and
// that a place in it counts as durable only when the disk has it.
func TestLog(t *testing.T) {
	dir := t.TempDir()
	create := func(name string) disk.File { return create(t, filepath.Join(dir, name)) }
	names := []string{"0"}
	l := Open(create("0"), 0, Options{Policy: Always})
	var order sync.RWMutex // what a store's locks are: nobody appends while the log is cut
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for i := range 500 {
				order.RLock()
				offset := l.Append([]keyspace.Effect{effect(w%2, "RPUSH", fmt.Sprint("w", w), fmt.Sprint(i)), effect(1, "INCR", "n")}[:1+i%2])
				order.RUnlock()
				if i%50 == 0 {
					synced := make(chan struct{})
					l.WhenSynced(offset, func() { close(synced) })
					select {
					case <-synced:
					case <-time.After(5 * time.Second):
						t.Error("it is never durable")
						return
					}
				}
			}
		})
	}
	for i := 1; i < 6; i++ {
		name := fmt.Sprint(i)
		names = append(names, name)
		f := create(name)
		order.Lock()
		l.Cut(f)
		order.Unlock()
		l.SetPolicy([]Policy{EverySecond, Always}[i%2])
		time.Sleep(2 * time.Millisecond)
	}
	writers.Wait()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	next := map[string]int{}
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		all, _, err := readAll(b)
		if err != io.EOF {
			t.Fatal(err)
		}
		for _, text := range all {
			var db, i int
			var key string
			if _, err := fmt.Sscanf(text, "%d RPUSH %s %d", &db, &key, &i); err != nil {
				continue
			}
			if next[key] != i || fmt.Sprint("w", db) != key && fmt.Sprint("w", db+2) != key {
				t.Fatalf("%q comes, and not %d", text, next[key])
			}
			next[key]++
		}
	}
	if next["w0"] != 500 || next["w3"] != 500 {
		t.Error(next)
	}
}

// TestLogFails protects what is appended while the disk takes nothing: it is written when it does
// again, and those who make room wait for it no longer than it fails.
func TestLogFails(t *testing.T) {
	f := create(t, filepath.Join(t.TempDir(), "f"))
	states := make(chan error, 100)
	l := Open(full{f}, 0, Options{Policy: Never, Limit: 10, State: func(err error) { states <- err }})
	l.Append([]keyspace.Effect{effect(0, "SET", "k", "v")})
	if err := <-states; err == nil {
		t.Fatal("a failed write is no error")
	}
	l.Append([]keyspace.Effect{effect(0, "SET", "l", "v")})
	l.Room()
	l.mu.Lock()
	l.file = f // the disk takes it again
	l.mu.Unlock()
	if err := <-states; err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	b, _ := os.ReadFile(f.Name())
	if all, _, err := readAll(b); err != io.EOF || fmt.Sprint(all) != "[0 SET k v 0 SET l v]" {
		t.Error(all, err)
	}
}

// A counted file tells of each fsync.
type counted struct {
	disk.File
	synced chan struct{}
}

func (f counted) SyncData() error {
	err := f.File.SyncData()
	f.synced <- struct{}{}
	return err
}

// TestLogWaits protects that an fsync is for all that was appended before somebody waits, and that
// what nobody waits for is written too.
func TestLogWaits(t *testing.T) {
	f := counted{create(t, filepath.Join(t.TempDir(), "f")), make(chan struct{}, 100)}
	durable := make(chan int64, 100)
	l := Open(f, 0, Options{Policy: Always, Synced: func(offset int64) { durable <- offset }})
	defer l.Close()
	l.Push() // for nothing
	var end int64
	for i := range 10 {
		end = l.Append([]keyspace.Effect{effect(0, "SET", "k", fmt.Sprint(i))})
	}
	l.Push()
	if got := <-durable; got != end || len(f.synced) != 1 {
		t.Errorf("%d of %d bytes are durable after %d fsyncs", got, end, len(f.synced))
	}
	end = l.Append([]keyspace.Effect{effect(0, "SET", "k", "v")})
	if got := <-durable; got != end {
		t.Errorf("%d of %d bytes", got, end)
	}
}

package persistence_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/config"
)

// A place is a folder with an engine that keeps its data there.
type place struct {
	t   *testing.T
	dir string
	*commands.Engine
}

func open(t *testing.T, dir string, settings ...string) *place {
	t.Helper()
	p, err := tryOpen(t, dir, settings...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func tryOpen(t *testing.T, dir string, settings ...string) (*place, error) {
	return tryOpenWith(t, commands.Options{}, dir, settings...)
}

func tryOpenWith(t *testing.T, o commands.Options, dir string, settings ...string) (*place, error) {
	cfg := config.New()
	settings = append([]string{"dir", dir, "save", "", "enable-debug-command", "yes"}, settings...)
	for i := 0; i < len(settings); i += 2 {
		if err := cfg.Override(config.Pair{Name: settings[i], Value: settings[i+1]}); err != nil {
			t.Fatal(err)
		}
	}
	o.Config, o.Files = cfg, true
	e, err := commands.Open(o)
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() { e.CloseWith(false) })
	return &place{t, dir, e}, nil
}

// do runs a command of words and returns its reply as a text.
func (p *place) do(words ...string) string {
	p.t.Helper()
	args := make([]any, len(words))
	for i, w := range words {
		args[i] = w
	}
	v, err := p.Do(context.Background(), args...)
	if err != nil {
		return err.Error()
	}
	return textOf(v)
}

// textOf returns a reply as text, with those in it.
func textOf(v command.Value) string {
	if v.Elems != nil {
		list := make([]string, len(v.Elems))
		for i, e := range v.Elems {
			list[i] = textOf(e)
		}
		return fmt.Sprint(list)
	}
	switch {
	case v.Kind == command.Int:
		return fmt.Sprint(v.Int)
	case v.Str != "":
		return v.Str
	case v.Kind == command.Double:
		return fmt.Sprint(int64(v.Float))
	}
	return fmt.Sprint(v.Int)
}

func (p *place) want(reply string, words ...string) {
	p.t.Helper()
	if got := p.do(words...); !strings.HasPrefix(got, reply) {
		p.t.Errorf("%q answers %.200q, not %q", words, got, reply)
	}
}

func (p *place) digest() string {
	p.t.Helper()
	d := p.do("DEBUG", "DIGEST")
	if len(d) != 40 {
		p.t.Fatal(d)
	}
	return d
}

// until waits for a condition.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it did not come to pass: ", what)
		}
	}
}

func (p *place) info(field string) string {
	_, rest, _ := strings.Cut(p.do("INFO", "persistence"), field+":")
	value, _, _ := strings.Cut(rest, "\r\n")
	return value
}

// step does one random change to one of few keys, small and large, of every kind.
func step(p *place, r *rand.Rand, own string) {
	n := fmt.Sprint(r.IntN(100000))
	key := own + fmt.Sprint(r.IntN(6))
	long := strings.Repeat("long", r.IntN(6000))
	switch r.IntN(16) {
	case 0:
		p.do("SET", "string"+key, long)
	case 1:
		p.do("APPEND", "string"+key, long)
	case 2, 3:
		p.do("HSET", "hash"+key, n, n, "f", long)
	case 4:
		p.do("HDEL", "hash"+key, n, "f")
	case 5, 6:
		p.do("SADD", "set"+key, n, "m"+n)
	case 7:
		p.do("SPOP", "set"+key, "7")
	case 8, 9:
		p.do("ZADD", "zset"+key, n, "m"+n, "5", "x"+n)
	case 10:
		p.do("ZREMRANGEBYRANK", "zset"+key, "0", "3")
	case 11:
		p.do("RPUSH", "list"+key, n, long, n)
	case 12:
		p.do("LPOP", "list"+key, "2")
	case 13:
		p.do("XADD", "stream"+key, "MAXLEN", "500", "*", "f", n)
	case 14:
		p.do("SETBIT", "bits"+key, n+"00", "1")
	case 15:
		switch r.IntN(40) {
		case 0:
			p.do("RENAME", "hash"+key, "hash"+own+"0")
		case 1:
			p.do("DEL", "zset"+key)
		case 2:
			p.do("COPY", "set"+key, "set"+own+"1", "REPLACE")
		}
	}
}

// TestSnapshotOfMoment protects the point in time of a snapshot while clients change large and
// small values of every kind: the file is the data as it was when a transaction marked it.
func TestSnapshotOfMoment(t *testing.T) {
	p := open(t, t.TempDir())
	for i := range 3 {
		r := rand.New(rand.NewPCG(1, uint64(i)))
		for range 1500 {
			step(p, r, string(rune('a'+i)))
		}
	}
	rounds := 6
	if testing.Short() {
		rounds = 2
	}
	for round := range rounds {
		var writers sync.WaitGroup
		stop := make(chan struct{})
		// Each writer keeps a sum of all that it has added in two keys at once.
		for w := range 3 {
			writers.Go(func() {
				r := rand.New(rand.NewPCG(uint64(round), uint64(w)))
				own := string(rune('a' + w))
				for {
					select {
					case <-stop:
						return
					default:
					}
					n := fmt.Sprint(r.IntN(1000))
					c := p.NewClient()
					c.Do(context.Background(), "MULTI")
					c.Do(context.Background(), "ZINCRBY", "sums", n, own)
					c.Do(context.Background(), "INCRBY", "sum"+own, n)
					c.Do(context.Background(), "EXEC")
					c.Close()
					for range 20 {
						step(p, r, own)
					}
				}
			})
		}
		p.want("Background saving started", "BGSAVE")
		until(t, "a snapshot ends", func() bool { return p.info("rdb_bgsave_in_progress") == "0" })
		close(stop)
		writers.Wait()
		q := open(t, p.dir)
		for w := range 3 {
			own := string(rune('a' + w))
			if a, b := q.do("ZSCORE", "sums", own), q.do("GET", "sum"+own); a != b && !(a == "0" && b == "0") {
				t.Errorf("round %d: %s is %s in one key and %s in the other", round, own, a, b)
			}
		}
		if err := q.Store().Check(); err != nil {
			t.Fatal(err)
		}
		q.CloseWith(false)
	}
	if err := p.Store().Check(); err != nil {
		t.Fatal(err)
	}
	want := p.digest()
	p.want("OK", "SAVE")
	p.want("OK", "DEBUG", "RELOAD")
	if got := p.digest(); got != want {
		t.Error("the data is another after DEBUG RELOAD")
	}
	p.CloseWith(false)
	q := open(t, p.dir)
	if got := q.digest(); got != want {
		t.Error("the data is another after a restart")
	}
	if names, _ := filepath.Glob(filepath.Join(p.dir, "*")); len(names) != 1 {
		t.Error("files are left behind: ", names)
	}
}

// TestSavePoints protects that save points, CANCEL and failures do what they say, and that
// changes are refused while snapshots fail, until one succeeds.
func TestSavePoints(t *testing.T) {
	dir := t.TempDir()
	p := open(t, dir, "save", "1 2")
	p.want("OK", "SET", "a", "1")
	p.want("OK", "SET", "b", "2")
	until(t, "a save point is reached", func() bool { return p.info("rdb_saves") == "1" })
	if got := p.info("rdb_changes_since_last_save"); got != "0" {
		t.Error("changes since: ", got)
	}

	p.want("OK", "CONFIG", "SET", "rdb-key-save-delay", "10000000")
	p.want("Background saving started", "BGSAVE")
	p.want("ERR Background save already in progress", "BGSAVE")
	p.want("ERR Background save already in progress", "SAVE")
	p.want("Background saving cancelled", "BGSAVE", "CANCEL")
	until(t, "the snapshot is cancelled", func() bool { return p.info("rdb_bgsave_in_progress") == "0" })
	p.want("ERR Background saving is currently not in progress or scheduled", "BGSAVE", "CANCEL")
	p.want("OK", "CONFIG", "SET", "rdb-key-save-delay", "0")

	if err := os.Rename(dir, dir+"x"); err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir + "x")
	p.want("Background saving started", "BGSAVE")
	until(t, "a snapshot fails", func() bool { return p.info("rdb_last_bgsave_status") == "err" })
	p.want("MISCONF", "SET", "c", "3")
	p.want("1", "GET", "a")
	p.want("OK", "CONFIG", "SET", "stop-writes-on-bgsave-error", "no")
	p.want("OK", "SET", "c", "3")
	p.want("OK", "CONFIG", "SET", "stop-writes-on-bgsave-error", "yes")
	p.want("MISCONF", "SET", "c", "3")
	if err := os.Rename(dir+"x", dir); err != nil {
		t.Fatal(err)
	}
	p.want("OK", "SAVE")
	p.want("OK", "SET", "c", "3")
}

// TestLoading protects clients from seeing half of the data: until all is loaded they are told.
func TestLoading(t *testing.T) {
	p := open(t, t.TempDir())
	for i := range 100 {
		p.do("SET", fmt.Sprint("key", i), "v", "EX", "1000")
	}
	p.do("SET", "gone", "v", "PX", "1")
	p.want("OK", "SAVE")
	cfg := config.New()
	for _, pair := range []config.Pair{{Name: "dir", Value: p.dir}, {Name: "key-load-delay", Value: "2000"}} {
		if err := cfg.Override(pair); err != nil {
			t.Fatal(err)
		}
	}
	e, err := commands.Open(commands.Options{Config: cfg, Files: true, LoadLater: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.CloseWith(false)
	q := &place{t, p.dir, e}
	q.want("LOADING", "GET", "key1")
	loaded := make(chan error, 1)
	go func() { loaded <- e.Load() }()
	until(t, "some of it is loaded", func() bool { return q.info("loading_loaded_perc") > "1" })
	q.want("LOADING", "DBSIZE")
	q.want("LOADING", "CONFIG", "SET", "appendonly", "yes")
	if err := <-loaded; err != nil {
		t.Fatal(err)
	}
	q.want("100", "DBSIZE")
	if q.info("rdb_last_load_keys_expired") != "1" || q.info("rdb_last_load_keys_loaded") != "100" || q.info("loading") != "0" {
		t.Error(q.do("INFO", "persistence"))
	}
}

// TestBrokenFile protects data from a server that starts without it: a file that does not load
// is an error, and stays.
func TestBrokenFile(t *testing.T) {
	p := open(t, t.TempDir())
	for i := range 1000 {
		p.do("SET", fmt.Sprint("key", i), strings.Repeat("v", i%50))
	}
	p.want("OK", "SAVE")
	path := filepath.Join(p.dir, "dump.rdb")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := 0; cut < len(whole); cut += 1 + cut/40 {
		if err := os.WriteFile(path, whole[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := tryOpen(t, p.dir); err == nil {
			t.Fatalf("%d bytes of %d are taken for the whole", cut, len(whole))
		}
	}
	whole[len(whole)/2] ^= 4
	os.WriteFile(path, whole, 0o644)
	if _, err := tryOpen(t, p.dir); err == nil {
		t.Fatal("a changed file is taken for what it was")
	}
}

// TestEmptied protects a file from keeping what FLUSHALL has removed, where there are save points.
func TestEmptied(t *testing.T) {
	p := open(t, t.TempDir(), "save", "3600 1000")
	p.want("OK", "SET", "k", "v")
	p.want("OK", "SAVE")
	p.want("OK", "CONFIG", "SET", "rdb-key-save-delay", "10000000")
	p.want("Background saving started", "BGSAVE")
	p.want("OK", "FLUSHALL")
	until(t, "the empty data is saved", func() bool { return p.info("rdb_bgsave_in_progress") == "0" && p.info("rdb_saves") == "2" })
	q := open(t, p.dir)
	q.want("0", "DBSIZE")
	p.want("OK", "CONFIG", "SET", "save", "")
	p.want("OK", "FLUSHALL")
	if p.info("rdb_bgsave_in_progress") != "0" || p.info("rdb_saves") != "2" {
		t.Error("it is saved without a save point")
	}
}

// TestSparse protects memory and disk from the zeros of a sparse bitmap: neither a snapshot nor a
// base of commands makes them, and what is loaded is sparse again.
func TestSparse(t *testing.T) {
	for _, preamble := range []string{"yes", "no"} {
		settings := []string{"appendonly", "yes", "aof-use-rdb-preamble", preamble}
		p := open(t, t.TempDir(), settings...)
		p.want("0", "SETBIT", "bits", "4294967295", "1")
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		p.want("OK", "SAVE")
		rewrites := p.info("aof_rewrites")
		p.want("Background append only file rewriting started", "BGREWRITEAOF")
		until(t, "the rewrite ends", func() bool { return p.info("aof_rewrite_in_progress") == "0" && p.info("aof_rewrites") != rewrites })
		p.CloseWith(false)
		for _, from := range [][]string{settings, nil} {
			q := open(t, p.dir, from...)
			var size int
			if fmt.Sscan(q.do("MEMORY", "USAGE", "bits"), &size); size == 0 || size > 4096 {
				t.Errorf("it takes %d bytes", size)
			}
			q.want("1", "BITCOUNT", "bits")
			q.want("536870912", "STRLEN", "bits")
			q.CloseWith(false)
		}
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 256<<20 {
			t.Errorf("%d bytes were made meanwhile", n)
		}
	}
}

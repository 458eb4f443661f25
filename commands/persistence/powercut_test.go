package persistence_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/keyspace/disk"
	"github.com/medleydb/medley/keyspace/disk/powercut"
)

// openOn is open with the files on a disk.
func openOn(t *testing.T, d disk.System, dir string, settings ...string) *place {
	t.Helper()
	p, err := tryOpenWith(t, commands.Options{Disk: d}, dir, settings...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// afterCut opens what a power cut leaves at this moment.
func afterCut(t *testing.T, d *powercut.System, chance *rand.Rand, settings ...string) *place {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "image")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := d.Image(dir, chance); err != nil {
		t.Fatal(err)
	}
	return open(t, dir, settings...)
}

// TestPowerCut protects what was acknowledged from a power cut at any moment, after which the disk
// has only what was forced to it, and perhaps some of the rest: with appendfsync always nothing
// is missing, under every policy what is there is a prefix of what was sent, and the journal
// loads. Meanwhile the journal is written anew, and turned on from off.
func TestPowerCut(t *testing.T) {
	for _, policy := range []string{"always", "everysec", "no"} {
		t.Run(policy, func(t *testing.T) {
			settings := []string{"appendonly", "yes", "appendfsync", policy}
			dir := t.TempDir()
			d := powercut.New(dir)
			p := openOn(t, d, dir, settings...)
			var acked, sent [2]atomic.Int64
			var writers sync.WaitGroup
			turns := make(chan struct{}, 200) // so many changes may be under way while a cut is looked at
			for w := range acked {
				writers.Go(func() {
					list := fmt.Sprint("list", w)
					n := int64(0)
					for range turns {
						n++
						sent[w].Store(n)
						p.want(fmt.Sprint(n), "RPUSH", list, fmt.Sprint(n))
						acked[w].Store(n)
					}
				})
			}
			rounds := 60
			if testing.Short() {
				rounds = 20
			}
			chance := rand.New(rand.NewPCG(1, 2))
			for round := range rounds {
				if round%12 == 0 {
					p.do("BGREWRITEAOF")
				}
				for range 50 {
					turns <- struct{}{}
				}
				var least [2]int64
				for w := range least {
					least[w] = acked[w].Load()
				}
				if policy != "always" {
					least = [2]int64{}
				}
				q := afterCut(t, d, []*rand.Rand{nil, chance}[round%2], settings...)
				for w, n := range least {
					list := fmt.Sprint("list", w)
					var have int64
					fmt.Sscan(q.do("LLEN", list), &have)
					if have < n || have > sent[w].Load() {
						t.Fatalf("round %d: %d of %d", round, have, n)
					}
					if have > 0 {
						q.want(fmt.Sprint(have), "LINDEX", list, "-1")
						q.want("1", "LINDEX", list, "0")
					}
				}
				q.CloseWith(false)
			}
			close(turns)
			writers.Wait()
		})
	}
}

// TestPowerCutBetween protects the order in which files are written, forced to disk and named: a
// power cut before any step of a snapshot, of the journal's beginning and of its rewrites leaves
// all that was there before.
func TestPowerCutBetween(t *testing.T) {
	for name, settings := range map[string][]string{
		"snapshots":           {},
		"journal":             {"appendonly", "yes", "appendfsync", "always"},
		"journal of commands": {"appendonly", "yes", "appendfsync", "always", "aof-use-rdb-preamble", "no"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			d := powercut.New(dir)
			chance := rand.New(rand.NewPCG(3, 4))
			var certain atomic.Int64
			var mu sync.Mutex
			images := 0
			d.Before = func() {
				mu.Lock()
				defer mu.Unlock()
				want := certain.Load()
				for _, c := range []*rand.Rand{nil, chance} {
					images++
					q := afterCut(t, d, c, settings...)
					var n int64
					if fmt.Sscan(q.do("GET", "n"), &n); n < want {
						t.Errorf("there is %d, and %d was certain", n, want)
					}
					q.CloseWith(false)
				}
			}
			p := openOn(t, d, dir, settings...)
			for n := int64(1); n < 6; n++ {
				p.want("OK", "SET", "n", fmt.Sprint(n))
				if name == "snapshots" {
					p.want("OK", "SAVE")
					certain.Store(n)
					continue
				}
				certain.Store(n)
				before := p.info("aof_rewrites")
				p.want("Background append only file rewriting started", "BGREWRITEAOF")
				until(t, "the rewrite ends", func() bool { return p.info("aof_rewrite_in_progress") == "0" && p.info("aof_rewrites") != before })
			}
			p.CloseWith(false)
			d.Before()
			if images < 40 {
				t.Error(images)
			}
		})
	}
}

// TestOldFileInterrupted protects the single file of an older server from a power cut while it is
// taken over.
func TestOldFileInterrupted(t *testing.T) {
	dir := t.TempDir()
	d := powercut.New(dir)
	old, err := d.Open(filepath.Join(dir, "appendonly.aof"), os.O_WRONLY|os.O_CREATE)
	if err != nil {
		t.Fatal(err)
	}
	old.Write([]byte("*3\r\n$3\r\nset\r\n$3\r\nfoo\r\n$5\r\nhello\r\n"))
	old.Sync()
	old.Close()
	d.SyncDir(dir)
	chance := rand.New(rand.NewPCG(5, 6))
	d.Before = func() {
		for _, c := range []*rand.Rand{nil, chance} {
			q := afterCut(t, d, c, "appendonly", "yes")
			q.want("hello", "GET", "foo")
			q.CloseWith(false)
		}
	}
	p := openOn(t, d, dir, "appendonly", "yes")
	p.want("hello", "GET", "foo")
	p.CloseWith(false)
}

// TestNoFsyncOnRewrite protects the disk from being forced while a snapshot is written, where the
// settings say so, and changes from staying so for longer.
func TestNoFsyncOnRewrite(t *testing.T) {
	dir := t.TempDir()
	d := powercut.New(dir)
	p := openOn(t, d, dir, "appendonly", "yes", "appendfsync", "always", "no-appendfsync-on-rewrite", "yes", "rdb-key-save-delay", "10000000")
	p.want("OK", "SET", "k", "v")
	p.want("Background saving started", "BGSAVE")
	before := d.Syncs()
	for n := range 50 {
		p.want("OK", "SET", "k", fmt.Sprint(n))
	}
	if d.Syncs() != before {
		t.Error("the journal is forced to disk")
	}
	p.want("Background saving cancelled", "BGSAVE", "CANCEL")
	until(t, "the snapshot is cancelled", func() bool { return p.info("rdb_bgsave_in_progress") == "0" })
	p.want("OK", "SET", "k", "last")
	q := afterCut(t, d, nil, "appendonly", "yes")
	q.want("last", "GET", "k")
}

// TestIncrementalFsync protects the disk from a flood at the end of a snapshot.
func TestIncrementalFsync(t *testing.T) {
	for setting, least := range map[string]int{"yes": 4, "no": 0} {
		dir := t.TempDir()
		d := powercut.New(dir)
		p := openOn(t, d, dir, "rdb-save-incremental-fsync", setting, "rdbcompression", "no")
		for n := range 24 {
			p.want("1000001", "SETRANGE", fmt.Sprint("k", n), "1000000", "x")
		}
		before := d.Syncs()
		p.want("OK", "SAVE")
		if n := d.Syncs() - before - 2; n < least || least == 0 && n > 0 {
			t.Errorf("%s: forced to disk %d times before the end", setting, n)
		}
	}
}

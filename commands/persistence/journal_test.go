package persistence_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// files returns the names in the folder of the journal.
func (p *place) files() (names []string) {
	p.t.Helper()
	list, err := os.ReadDir(filepath.Join(p.dir, "appendonlydir"))
	if err != nil {
		p.t.Fatal(err)
	}
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}

// TestJournal protects that what was changed is there after a restart, without a snapshot: under
// every policy, with a base of either form, after rewrites during which clients write.
func TestJournal(t *testing.T) {
	for _, settings := range [][]string{
		{"appendfsync", "always"},
		{"appendfsync", "everysec", "aof-timestamp-enabled", "yes"},
		{"appendfsync", "no", "aof-use-rdb-preamble", "no"},
	} {
		t.Run(settings[1], func(t *testing.T) {
			settings = append(settings, "appendonly", "yes")
			p := open(t, t.TempDir(), settings...)
			for round := range 3 {
				var writers sync.WaitGroup
				for w := range 3 {
					writers.Go(func() {
						r := rand.New(rand.NewPCG(uint64(round), uint64(w)))
						for range 300 {
							step(p, r, string(rune('a'+w)))
						}
						c := p.NewClient()
						defer c.Close()
						for _, words := range [][]any{{"SELECT", 3}, {"MULTI"}, {"SET", "t", w, "EX", 1000}, {"INCR", "t"}, {"SELECT", 1}, {"SADD", "u", w}, {"EXEC"}} {
							if _, err := c.Do(context.Background(), words...); err != nil {
								t.Error(words, err)
							}
						}
					})
				}
				if round > 0 {
					p.want("Background append only file rewriting", "BGREWRITEAOF")
				}
				writers.Wait()
				until(t, "the rewrite ends", func() bool { return p.info("aof_rewrite_in_progress") == "0" && p.info("aof_rewrite_scheduled") == "0" })
				if p.info("aof_last_bgrewrite_status") != "ok" {
					t.Fatal(p.do("INFO", "persistence"))
				}
				want := p.digest()
				p.want("OK", "DEBUG", "LOADAOF")
				if got := p.digest(); got != want {
					t.Errorf("round %d: the data is another after DEBUG LOADAOF", round)
				}
				if err := p.CloseWith(false); err != nil {
					t.Fatal(err)
				}
				p = open(t, p.dir, settings...)
				if got := p.digest(); got != want {
					t.Fatalf("round %d: the data is another after a restart", round)
				}
			}
			if names := p.files(); len(names) != 3 {
				t.Error(names)
			}
			if err := p.Store().Check(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestExpiredLater protects a replay from the clock: what had a time that has passed since was
// there when later commands ran.
func TestExpiredLater(t *testing.T) {
	settings := []string{"appendonly", "yes", "appendfsync", "always"}
	p := open(t, t.TempDir(), settings...)
	soon := fmt.Sprint(time.Now().UnixMilli() + 150)
	p.want("OK", "SET", "n", "5", "PXAT", soon)
	p.want("6", "INCR", "n")
	p.want("1", "HSET", "h", "f", "1")
	p.do("HPEXPIREAT", "h", soon, "FIELDS", "1", "f")
	p.want("2", "HINCRBY", "h", "f", "1")
	p.want("1", "RPUSH", "l", "a")
	p.want("1", "PEXPIREAT", "l", soon)
	p.want("2", "RPUSH", "l", "b")
	p.CloseWith(false)
	until(t, "it has expired", func() bool { return fmt.Sprint(time.Now().UnixMilli()) > soon })
	p = open(t, p.dir, settings...)
	until(t, "all goes that had a time", func() bool { return p.do("DBSIZE") == "0" })
	p.want("0", "EXISTS", "n", "h", "l")
}

// TestSwitch protects the turning on and off of the journal while clients write, and that a
// journal that is turned on begins with all the data.
func TestSwitch(t *testing.T) {
	p := open(t, t.TempDir())
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for w := range 2 {
		writers.Go(func() {
			r := rand.New(rand.NewPCG(5, uint64(w)))
			for {
				select {
				case <-stop:
					return
				default:
					step(p, r, string(rune('a'+w)))
				}
			}
		})
	}
	for range 4 {
		p.want("OK", "CONFIG", "SET", "appendonly", "yes")
		until(t, "the journal is on", func() bool { return p.info("aof_rewrite_in_progress") == "0" && p.info("aof_current_size") > "0" })
		p.want("OK", "CONFIG", "SET", "appendfsync", "always")
		p.want("OK", "SET", "k", "v")
		p.want("[1 0]", "WAITAOF", "1", "0", "0")
		p.want("OK", "CONFIG", "SET", "appendfsync", "everysec")
		p.want("OK", "CONFIG", "SET", "appendonly", "no")
		p.want("ERR WAITAOF cannot", "WAITAOF", "1", "0", "0")
		p.want("OK", "CONFIG", "SET", "appendonly", "yes")
		p.want("OK", "CONFIG", "SET", "appendonly", "no")
	}
	p.want("OK", "CONFIG", "SET", "appendonly", "yes")
	until(t, "the journal is on", func() bool {
		return p.info("aof_rewrite_in_progress") == "0" && p.info("aof_rewrite_scheduled") == "0" && p.info("aof_current_size") > "0"
	})
	close(stop)
	writers.Wait()
	want := p.digest()
	p.CloseWith(false)
	p = open(t, p.dir, "appendonly", "yes")
	if p.digest() != want {
		t.Error("the data is another after a restart")
	}
	if err := p.Store().Check(); err != nil {
		t.Error(err)
	}
}

// TestTruncatedJournal protects that a journal that was cut off anywhere loads up to the last
// whole command or transaction, that it goes on from there, and that it is refused where the
// settings say so, or where not its end is broken. With MEDLEY_CRASH_ROUNDS it is cut at every byte
// of the last 4 KB.
func TestTruncatedJournal(t *testing.T) {
	dir := t.TempDir()
	settings := []string{"appendonly", "yes", "appendfsync", "always"}
	p := open(t, dir, settings...)
	c := p.NewClient()
	for i := range 60 {
		ctx := context.Background()
		c.Do(ctx, "INCR", "n")
		c.Do(ctx, "MULTI")
		c.Do(ctx, "SET", "a", i)
		c.Do(ctx, "SET", "b", i)
		c.Do(ctx, "EXEC")
	}
	c.Close()
	p.CloseWith(false)
	path := filepath.Join(dir, "appendonlydir", "appendonly.aof.1.incr.aof")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, everyByte := os.LookupEnv("MEDLEY_CRASH_ROUNDS")
	from := max(0, len(whole)-4096)
	last := -1
	for cut := from; cut <= len(whole); cut++ {
		if !everyByte && cut%53 != 0 && cut < len(whole)-40 {
			continue // the reader's own test has every byte
		}
		if err := os.WriteFile(path, whole[:cut], 0o644); err != nil {
			t.Fatal(err)
		}
		p := open(t, dir, settings...)
		n, a, b := p.do("GET", "n"), p.do("GET", "a"), p.do("GET", "b")
		var k int
		fmt.Sscan(n, &k)
		if a != b || a != fmt.Sprint(k-1) && a != fmt.Sprint(k-2) || k < last {
			t.Fatalf("cut at %d: %s %s %s", cut, n, a, b)
		}
		last = k
		p.want("OK", "SET", "after", fmt.Sprint(cut))
		p.CloseWith(false)
		if cut%64 == 0 {
			p = open(t, dir, settings...)
			p.want(fmt.Sprint(cut), "GET", "after")
			p.CloseWith(false)
		}
	}
	if last != 60 {
		t.Error("the last is ", last)
	}
	os.WriteFile(path, whole[:len(whole)-3], 0o644)
	if _, err := tryOpen(t, dir, append(settings, "aof-load-truncated", "no")...); err == nil {
		t.Error("a truncated file is loaded though the setting forbids it")
	}
	broken := []byte(strings.Replace(string(whole), "$1\r\nn", "$9\r\nn", 1))
	os.WriteFile(path, broken, 0o644)
	if _, err := tryOpen(t, dir, settings...); err == nil {
		t.Error("a broken file is loaded")
	}
	if got, _ := os.ReadFile(path); string(got) != string(broken) {
		t.Error("a broken file was changed")
	}
}

// TestGrowth protects the disk from a journal that grows for ever.
func TestGrowth(t *testing.T) {
	p := open(t, t.TempDir(), "appendonly", "yes", "auto-aof-rewrite-min-size", "10000")
	for range 500 {
		p.want("OK", "SET", "k", strings.Repeat("v", 100))
	}
	until(t, "it is rewritten by itself", func() bool { return p.info("aof_rewrites") != "0" && p.info("aof_rewrite_in_progress") == "0" })
	var size int
	fmt.Sscan(p.info("aof_current_size"), &size)
	if size > 10000 {
		t.Error(size)
	}
}

// TestFirstJournal protects data in a snapshot from a server that is started with a journal for
// the first time, and the single file of older servers.
func TestFirstJournal(t *testing.T) {
	p := open(t, t.TempDir())
	p.want("OK", "SET", "k", "v")
	p.want("OK", "SAVE")
	p.CloseWith(false)
	q := open(t, p.dir, "appendonly", "yes")
	q.want("v", "GET", "k")
	q.want("OK", "SET", "l", "w")
	q.CloseWith(false)
	q = open(t, p.dir, "appendonly", "yes")
	q.want("v", "GET", "k")
	q.want("w", "GET", "l")
	q.CloseWith(false)

	dir := t.TempDir()
	old := "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nset\r\n$3\r\nfoo\r\n$5\r\nhello\r\n"
	if err := os.WriteFile(filepath.Join(dir, "appendonly.aof"), []byte(old), 0o644); err != nil {
		t.Fatal(err)
	}
	q = open(t, dir, "appendonly", "yes")
	q.want("hello", "GET", "foo")
	q.want("OK", "SET", "bar", "x")
	q.CloseWith(false)
	q = open(t, dir, "appendonly", "yes")
	q.want("hello", "GET", "foo")
	q.want("x", "GET", "bar")
}

// TestJournalFails protects what is acknowledged from a disk that takes nothing: changes are refused
// and reads go on, until the journal can be written again, here to another file.
func TestJournalFails(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("there is no /dev/full")
	}
	p := open(t, t.TempDir(), "appendonly", "yes", "appendfsync", "always")
	p.want("OK", "SET", "k", "v")
	second := filepath.Join(p.dir, "appendonlydir", "appendonly.aof.2.incr.aof")
	if err := os.Symlink("/dev/full", second); err != nil {
		t.Fatal(err)
	}
	p.want("Background append only file rewriting started", "BGREWRITEAOF")
	until(t, "the rewrite ends", func() bool { return p.info("aof_rewrite_in_progress") == "0" })
	ctx, cancel := context.WithCancel(context.Background())
	unsure := make(chan error, 1)
	go func() {
		_, err := p.Do(ctx, "SET", "k", "w")
		unsure <- err
	}()
	until(t, "the journal fails", func() bool { return p.info("aof_last_write_status") == "err" })
	p.want("MISCONF", "SET", "k", "x")
	p.want("MISCONF", "DEL", "k")
	p.want("w", "GET", "k")
	select {
	case err := <-unsure:
		t.Error("a change is acknowledged that the disk does not have: ", err)
	default:
	}
	p.want("Background append only file rewriting started", "BGREWRITEAOF")
	until(t, "the journal can be written", func() bool { return p.info("aof_last_write_status") == "ok" })
	if err := <-unsure; err != nil {
		t.Error(err)
	}
	cancel()
	p.want("OK", "SET", "l", "x")
	p.CloseWith(false)
	q := open(t, p.dir, "appendonly", "yes")
	q.want("[w x]", "MGET", "k", "l")
}

// TestBaseOfCommands protects a base of commands: it makes every kind of value by ordinary
// commands, in pieces, with the times of keys and fields, and loads as what it was.
func TestBaseOfCommands(t *testing.T) {
	settings := []string{"appendonly", "yes", "aof-use-rdb-preamble", "no"}
	p := open(t, t.TempDir(), settings...)
	for i := range 700 {
		n := fmt.Sprint(i)
		p.do("RPUSH", "list", n, "x"+n)
		p.do("SADD", "set", "m"+n)
		p.do("SADD", "ints", n)
		p.do("ZADD", "zset", n+".1", "m"+n)
		p.do("HSET", "hash", "f"+n, "v"+n)
	}
	p.want("2", "ZADD", "zset", "inf", "most", "-inf", "least")
	p.want("1", "SADD", "small", "a\r\n")
	p.want("[1 1]", "HPEXPIREAT", "hash", "33177117420000", "FIELDS", "2", "f1", "f2")
	p.want("1", "PEXPIREAT", "list", "33177117420000")
	p.want("OK", "SET", "text", "v", "PXAT", "33177117420000")
	p.want("[1]", "SPEXPIREAT", "set", "33177117420000", "MEMBERS", "1", "m1")
	p.want("[1]", "ZPEXPIREAT", "zset", "33177117420000", "MEMBERS", "1", "most")
	p.do("SETBIT", "bits", "4294967295", "1")
	for i := range 5 {
		p.do("XADD", "stream", fmt.Sprintf("%d-1", i+1), "f", "v", "n", fmt.Sprint(i))
	}
	p.want("1", "XDEL", "stream", "5-1")
	p.want("OK", "XGROUP", "CREATE", "stream", "g", "0")
	p.want("OK", "XGROUP", "CREATE", "stream", "later", "3-1", "ENTRIESREAD", "3")
	p.want("1", "XGROUP", "CREATECONSUMER", "stream", "g", "idle")
	p.do("XREADGROUP", "GROUP", "g", "ann", "COUNT", "2", "STREAMS", "stream", ">")
	p.do("XCLAIM", "stream", "g", "bob", "0", "2-1", "TIME", "1000", "RETRYCOUNT", "7")
	p.do("XADD", "empty", "8-8", "f", "v")
	p.want("1", "XDEL", "empty", "8-8")
	p.do("XADD", "gone", "1-1", "f", "v") // with a pending entry that is not in it
	p.want("OK", "XGROUP", "CREATE", "gone", "g", "0")
	p.do("XREADGROUP", "GROUP", "g", "ann", "STREAMS", "gone", ">")
	p.want("1", "XDEL", "gone", "1-1")
	streams := func() (text string) {
		for _, key := range []string{"stream", "empty", "gone"} {
			text += p.do("XINFO", "STREAM", key) + p.do("XINFO", "GROUPS", key)
		}
		for _, c := range []string{"ann", "bob", "idle"} {
			text += p.do("XPENDING", "stream", "g", "-", "+", "10", c)
		}
		return text + p.do("XPENDING", "gone", "g") + p.do("XRANGE", "stream", "-", "+")
	}
	idle := regexp.MustCompile(`(\d+-\d+) (ann|bob) \d+`) // of which the times go on
	wantStreams := idle.ReplaceAllString(streams(), "$1 $2")
	want := p.digest()
	before := p.info("aof_rewrites")
	p.want("Background append only file rewriting started", "BGREWRITEAOF")
	until(t, "the rewrite ends", func() bool { return p.info("aof_rewrite_in_progress") == "0" && p.info("aof_rewrites") != before })
	p.CloseWith(false)
	b, err := os.ReadFile(filepath.Join(p.dir, "appendonlydir", "appendonly.aof.2.base.aof"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(b), "RESTORE"); n != 2 {
		t.Errorf("%d values are payloads: a sparse bitmap and a stream that has lost a pending entry should be", n)
	}
	if !strings.Contains(string(b), "HPEXPIREAT") || strings.Count(string(b), "RPUSH") != 22 {
		t.Error("it is not written as it should be")
	}
	p = open(t, p.dir, settings...)
	if got := p.digest(); got != want {
		t.Error("the data is another")
	}
	if got := idle.ReplaceAllString(streams(), "$1 $2"); got != wantStreams {
		t.Errorf("the streams are\n%s\nwere\n%s", got, wantStreams)
	}
	p.want("[33177117420000 -1]", "SPEXPIRETIME", "set", "MEMBERS", "2", "m1", "m2")
	p.want("[33177117420000 -1]", "ZPEXPIRETIME", "zset", "MEMBERS", "2", "most", "least")
	p.want("33177117420000", "PEXPIRETIME", "list")
	p.want("[33177117420000]", "HPEXPIRETIME", "hash", "FIELDS", "1", "f1")
}

package conformance

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/medleydb/medley/conformance/cases"
)

// A victim is a server in a process of its own that is killed.
type victim struct {
	cases.Wire
	cmd    *exec.Cmd
	output bytes.Buffer
	exited chan struct{}
}

// startVictim starts the server and waits until it has loaded its data.
func startVictim(t *testing.T, binary, dir string, options ...string) *victim {
	t.Helper()
	v := &victim{exited: make(chan struct{})}
	v.Addr = filepath.Join(dir, "s")
	v.cmd = exec.Command(binary, append([]string{"server", "--port", "0", "--unixsocket", v.Addr, "--dir", dir, "--save", ""}, options...)...)
	v.cmd.Stdout, v.cmd.Stderr = &v.output, &v.output
	if err := v.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		v.cmd.Wait()
		close(v.exited)
	}()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(2 * time.Millisecond) {
		if c, err := v.Dial(2); err == nil {
			reply, err := c.Do("DBSIZE")
			c.Close()
			if err == nil && reply.Err() == nil {
				return v
			}
		}
		select {
		case <-v.exited:
			t.Fatalf("the server ends at once:\n%s", v.output.String())
		default:
		}
		if time.Now().After(end) {
			t.Fatal("the server does not come up")
		}
	}
}

func (v *victim) kill() {
	v.cmd.Process.Kill()
	<-v.exited
}

// A writer counts in a list and a hash, both changed by one transaction, and a string that grows,
// and keeps which of its changes were acknowledged, and when.
type crashWriter struct {
	name  string
	sent  int // the last number that was sent
	acked []time.Time
	base  int // number of the first in acked
}

// run writes until the connection ends.
func (w *crashWriter) run(target cases.Wire) {
	c, err := target.Dial(2)
	if err != nil {
		return
	}
	defer c.Close()
	big := strings.Repeat("x", 2000)
	for {
		w.sent++
		n := strconv.Itoa(w.sent)
		var err error
		do := func(args ...string) {
			if err != nil {
				return
			}
			v, e := c.Do(args...)
			if err = e; err == nil {
				err = v.Err()
			}
		}
		if w.sent%3 == 0 {
			do("MULTI")
			do("RPUSH", w.name+":list", n)
			do("HSET", w.name+":hash", "n", n, "f"+strconv.Itoa(w.sent%500), big)
			do("EXEC")
		} else {
			do("RPUSH", w.name+":list", n)
		}
		if err != nil {
			return
		}
		w.acked = append(w.acked, time.Now())
		if w.sent%400 == 0 {
			do("LTRIM", w.name+":list", "-300", "-1")
		}
	}
}

// check compares what a restarted server has with what was acknowledged before some time. It is a
// prefix of what was sent.
func (w *crashWriter) check(t *testing.T, c cases.Client, before time.Time) {
	t.Helper()
	do := func(args ...string) (v []string) {
		reply, err := c.Do(args...)
		if err != nil || reply.Err() != nil {
			t.Fatal(args, err, reply.Err())
		}
		for _, e := range reply.Elems {
			v = append(v, e.Str)
		}
		if reply.Elems == nil {
			v = append(v, reply.Str)
		}
		return v
	}
	list := do("LRANGE", w.name+":list", "0", "-1")
	last := 0
	for i, text := range list {
		n, _ := strconv.Atoi(text)
		if i > 0 && n != last+1 {
			t.Fatalf("%s: %d stands behind %d", w.name, n, last)
		}
		last = n
	}
	durable := w.base
	for i, at := range w.acked {
		if at.Before(before) {
			durable = w.base + i + 1
		}
	}
	if last < durable || last > w.sent {
		t.Fatalf("%s: %d is the last there is; %d was acknowledged, %d sent", w.name, last, durable, w.sent)
	}
	if h, _ := strconv.Atoi(do("HGET", w.name+":hash", "n")[0]); h != last/3*3 {
		t.Fatalf("%s: the list ends with %d, and the hash says %d", w.name, last, h)
	}
	w.sent, w.base, w.acked = last, last, w.acked[:0]
}

// TestCrash protects what was acknowledged from a server that is killed at any moment, while it
// rewrites its journal and writes snapshots too: with appendfsync always nothing is missing, with
// everysec at most what came in the last two seconds, and what is there is a prefix of what was
// sent. MEDLEY_CRASH_ROUNDS says how often.
func TestCrash(t *testing.T) {
	rounds := 5
	if n, err := strconv.Atoi(os.Getenv("MEDLEY_CRASH_ROUNDS")); err == nil {
		rounds = n
	}
	if runtime.GOOS == "windows" || testing.Short() {
		t.Skip("needs a process that is killed")
	}
	binary := filepath.Join(t.TempDir(), "medley")
	if out, err := exec.Command("go", "build", "-o", binary, "../server/cmd/medley").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, policy := range []string{"always", "everysec"} {
		t.Run(policy, func(t *testing.T) {
			dir, err := os.MkdirTemp("", "crash")
			if err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(dir)
			writers := make([]*crashWriter, 4)
			for i := range writers {
				writers[i] = &crashWriter{name: fmt.Sprint("w", i)}
			}
			r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
			options := []string{"--appendonly", "yes", "--appendfsync", policy, "--auto-aof-rewrite-min-size", "300kb", "--auto-aof-rewrite-percentage", "50"}
			for round := range rounds {
				v := startVictim(t, binary, dir, options...)
				var running sync.WaitGroup
				for _, w := range writers {
					running.Go(func() { w.run(v.Wire) })
				}
				wait := time.Duration(r.IntN(300)) * time.Millisecond
				time.Sleep(wait / 2)
				if c, err := v.Dial(2); err == nil {
					c.Do([]string{"BGREWRITEAOF", "BGSAVE", "PING"}[round%3])
					c.Close()
				}
				time.Sleep(wait / 2)
				killed := time.Now()
				v.kill()
				running.Wait()

				v = startVictim(t, binary, dir, options...)
				c, err := v.Dial(2)
				if err != nil {
					t.Fatal(err)
				}
				before := time.Now()
				if policy == "everysec" {
					before = killed.Add(-2 * time.Second)
				}
				for _, w := range writers {
					w.check(t, c, before)
				}
				c.Close()
				v.kill() // and what was loaded is there again
			}
		})
	}
}

package server

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/medleydb/medley/commands"
)

// TestLoopingScript protects everybody from a script that never ends: while fifty clients wait
// for its keys, those with other keys are served, PING is answered, those who wait are told
// BUSY when the limit has passed, and SCRIPT KILL ends it; with one processor, too.
func TestLoopingScript(t *testing.T) {
	for _, processors := range []int{1, 2} {
		t.Run(fmt.Sprint(processors), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
			backends(t, commands.Options{}, func(t *testing.T, s testServer) {
				c := s.dial(t)
				c.do("OK", "CONFIG", "SET", "busy-reply-threshold", "50")
				c.do("OK", "SET", "other", "v")
				script := s.dial(t)
				script.send("EVAL", "while true do redis.call('GET', KEYS[1]) end", "1", "k")
				busy := s.eng.Services().Scripting
				until(t, busy.Strained)
				var waiting []*testClient
				for i := range 50 {
					w := s.dial(t)
					switch i % 5 {
					case 0:
						w.send("GET", "k")
					case 1:
						w.send("MSET", "k", "1", "other", "2")
					case 2:
						w.send("EVAL", "return redis.call('GET', KEYS[1])", "1", "k")
					case 3:
						w.send("EVAL", "return redis.call('GET', 'k')", "0")
					case 4:
						w.send("FLUSHALL")
					}
					waiting = append(waiting, w)
				}
				for range 20 {
					s.dial(t).do("PONG", "PING")
				}
				for _, w := range waiting {
					if v, err := w.r.Read(); err != nil || !strings.HasPrefix(v.Str, "BUSY ") {
						t.Fatalf("who waits is told %q, %v", v.Str, err)
					}
				}
				c.do("OK", "SET", s.keyOutside("k"), "v")
				c.send("GET", "k")
				if v, _ := c.r.Read(); !strings.HasPrefix(v.Str, "BUSY ") {
					t.Fatalf("GET of the script's key: %q", v.Str)
				}
				began := time.Now()
				c.do("OK", "SCRIPT", "KILL")
				if v, err := script.r.Read(); err != nil || !strings.Contains(v.Str, "Script killed by user with SCRIPT KILL") {
					t.Fatalf("the script ended with %q, %v", v.Str, err)
				}
				if d := time.Since(began); d > 5*time.Second {
					t.Errorf("the end took %v", d)
				}
				c.do("OK", "SET", "k", "v")
				for _, w := range waiting {
					w.do("v", "GET", "k")
				}
			})
		})
	}
}

// keyOutside returns a key that lies in another shard than the given one.
func (s testServer) keyOutside(key string) string {
	store := s.eng.Store()
	for i := range 1000 {
		if k := fmt.Sprint("key:", i); store.ShardOf([]byte(k)) != store.ShardOf([]byte(key)) {
			return k
		}
	}
	return ""
}

// TestLoopingScriptAmidTraffic protects clients that wait for a lock already when a script that
// never ends takes it: they, too, are told BUSY.
func TestLoopingScriptAmidTraffic(t *testing.T) {
	for _, processors := range []int{1, 2} {
		t.Run(fmt.Sprint(processors), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
			backends(t, commands.Options{}, func(t *testing.T, s testServer) {
				c := s.dial(t)
				c.do("OK", "CONFIG", "SET", "busy-reply-threshold", "20")
				long := strings.Repeat("x", 100_000)
				var told sync.WaitGroup
				for i := range 50 {
					w := s.dial(t)
					told.Go(func() {
						for {
							switch i % 3 {
							case 0:
								w.send("SETRANGE", "k", "0", long)
							case 1:
								w.send("COPY", "k", "{k}2", "REPLACE")
							case 2:
								w.send("MSET", "k", "1", "other", "2")
							}
							v, err := w.r.Read()
							if err != nil {
								t.Error(err)
							}
							if err != nil || strings.HasPrefix(v.Str, "BUSY ") {
								return
							}
						}
					})
				}
				until(t, func() bool { v, err := s.eng.Do(t.Context(), "EXISTS", "{k}2"); return err == nil && v.Int == 1 })
				script := s.dial(t)
				script.send("EVAL", "while true do redis.call('GET', KEYS[1]) end", "1", "k")
				told.Wait()
				s.dial(t).do("PONG", "PING")
				c.do("OK", "SCRIPT", "KILL")
				if v, err := script.r.Read(); err != nil || !strings.Contains(v.Str, "Script killed by user with SCRIPT KILL") {
					t.Fatalf("the script ended with %q, %v", v.Str, err)
				}
			})
		})
	}
}

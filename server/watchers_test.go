package server

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/medleydb/medley/commands"
)

// TestInvalidations protects a client's cache: however reads and writes of several
// connections meet, it is told of every change to what it has read, so that what it holds in
// the end is what the server holds.
func TestInvalidations(t *testing.T) {
	backends(t, commands.Options{}, func(t *testing.T, s testServer) {
		const keys, writes = 8, 400
		var writing sync.WaitGroup
		for w := range 2 {
			c := s.dial(t)
			writing.Go(func() {
				for i := range writes {
					c.send("SET", fmt.Sprint("k", i%keys), fmt.Sprintf("%d:%d", w, i))
					c.read()
				}
			})
		}
		c, done := s.dial(t), make(chan struct{})
		c.send("HELLO", "3")
		c.read()
		c.do("OK", "CLIENT", "TRACKING", "ON")
		go func() {
			writing.Wait()
			close(done)
		}()
		cache := map[string]string{}
		for round := 0; ; round++ {
			finished := false
			select {
			case <-done:
				finished = true
			default:
			}
			key := fmt.Sprint("k", round%keys)
			if _, have := cache[key]; have {
				key = "" // the cache answers; an invalidation may come with the PONG
				c.send("PING")
			} else {
				c.send("GET", key)
			}
			for {
				v, ok := c.read()
				if !ok {
					t.Fatal("no reply")
				}
				if len(v.Elems) == 2 && v.Elems[0].Str == "invalidate" {
					for _, k := range v.Elems[1].Elems {
						delete(cache, k.Str)
					}
					continue
				}
				if key != "" {
					cache[key] = v.Str
				}
				break
			}
			if finished && len(cache) == keys {
				break
			}
		}
		// Nothing writes any more, and the loop of the last PING has sent what there was.
		other := s.dial(t)
		for k, v := range cache {
			other.send("GET", k)
			if now, _ := other.read(); now.Str != v {
				t.Errorf("%s is %q, and the cache has %q", k, now.Str, v)
			}
		}
	})
}

// TestWatchersComeAndGo protects, under the race detector, that clients that track, monitor
// and redirect hang up while they are told things.
func TestWatchersComeAndGo(t *testing.T) {
	backends(t, commands.Options{}, func(t *testing.T, s testServer) {
		stop := make(chan struct{})
		var running sync.WaitGroup
		for w := range 2 {
			c := s.dial(t)
			running.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					c.send("SET", fmt.Sprint("k", i%4), fmt.Sprint(w))
					c.read()
				}
			})
		}
		end := time.Now().Add(400 * time.Millisecond)
		for _, first := range []string{"MONITOR", "CLIENT TRACKING ON", "CLIENT TRACKING ON BCAST NOLOOP", "PSUBSCRIBE *"} {
			running.Go(func() {
				for round := 0; time.Now().Before(end); round++ {
					c := s.dial(t)
					c.send("HELLO", "3")
					c.read()
					c.send(strings.Fields(first)...)
					for i := range 20 {
						c.send("GET", fmt.Sprint("k", i%4))
						if _, ok := c.read(); !ok {
							t.Error("hung up on")
							return
						}
					}
					if round%2 == 0 {
						c.send("RESET")
					}
					c.Close()
				}
			})
		}
		time.AfterFunc(time.Until(end), func() { close(stop) })
		running.Wait()
		svc := s.eng.Services()
		until(t, func() bool {
			_, keys, items, prefixes := svc.Tracking.Figures()
			return keys+items+prefixes == 0 && !svc.Feed.On() && svc.Hub.Idle()
		})
	})
}

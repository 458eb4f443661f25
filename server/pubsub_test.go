package server

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/server/resp"
)

// read returns the next reply or push.
func (c *testClient) read() (command.Value, bool) {
	v, err := c.r.Read()
	return v, err == nil
}

// follower checks what a subscriber gets: the messages of each publisher without a gap
// from the first one on, and none outside a subscription.
type follower struct {
	t          *testing.T
	subscribed bool
	last       map[string]int
	seen       []string
}

func (f *follower) take(v command.Value) {
	switch v.Elems[0].Str {
	case "subscribe":
		f.subscribed, f.last = true, map[string]int{}
	case "unsubscribe":
		f.subscribed = false
	case "message":
		publisher, text, _ := strings.Cut(v.Elems[2].Str, ":")
		n, _ := strconv.Atoi(text)
		if last, ok := f.last[publisher]; !f.subscribed || ok && n != last+1 {
			f.t.Errorf("message %s:%d after %d, subscribed %v", publisher, n, last, f.subscribed)
		}
		f.last[publisher] = n
		f.seen = append(f.seen, v.Elems[2].Str)
	}
}

// TestDelivery protects the order of messages while subscribers come, go and hang up: all
// see one order, nobody misses what lies between the confirmations or gets more.
func TestDelivery(t *testing.T) {
	const messages = 1500
	backends(t, commands.Options{}, func(t *testing.T, s testServer) {
		var publishing, following sync.WaitGroup
		stop := make(chan struct{})
		steady := make([]*follower, 2)
		for i := range steady {
			c := s.dial(t)
			steady[i] = &follower{t: t}
			c.send("SUBSCRIBE", "c")
			v, _ := c.read()
			steady[i].take(v)
			following.Go(func() {
				for len(steady[i].seen) < 2*messages {
					v, ok := c.read()
					if !ok {
						t.Error("a subscriber got no more messages")
						return
					}
					steady[i].take(v)
				}
			})
		}
		for range 4 {
			following.Go(func() { s.comeAndGo(t, stop) })
		}
		for p := range 2 {
			c := s.dial(t)
			publishing.Go(func() {
				var pipeline []byte
				for i := range messages {
					pipeline = resp.AppendCommand(pipeline, "PUBLISH", "c", fmt.Sprintf("%d:%d", p, i))
					if i%10 < 9 {
						continue
					}
					c.Write(pipeline)
					pipeline = pipeline[:0]
					for range 10 {
						if v, ok := c.read(); !ok || v.Int < 2 {
							t.Errorf("PUBLISH: %v", v)
							return
						}
					}
				}
			})
		}
		publishing.Wait()
		close(stop)
		following.Wait()
		for i := range steady[0].seen {
			if a, b := steady[0].seen[i], steady[1].seen[i]; a != b {
				t.Fatalf("one subscriber saw %s where another saw %s", a, b)
			}
		}
	})
}

// comeAndGo subscribes, unsubscribes and hangs up until stop is closed.
func (s testServer) comeAndGo(t *testing.T, stop chan struct{}) {
	for round := 0; ; round++ {
		select {
		case <-stop:
			return
		default:
		}
		c := s.dial(t)
		f := &follower{t: t}
		for range 5 {
			for _, word := range []string{"subscribe", "unsubscribe"} {
				c.send(word, "c")
				for v, ok := c.read(); ; v, ok = c.read() {
					if !ok {
						t.Error("no confirmation")
						return
					}
					f.take(v)
					if v.Elems[0].Str == word {
						break
					}
				}
			}
		}
		if round%2 == 0 {
			c.send("SUBSCRIBE", "c", "d")
		}
		c.Close()
	}
}

// TestManyMessagesInOneWrite protects that messages which come faster than a connection is
// served are all delivered, however many and long.
func TestManyMessagesInOneWrite(t *testing.T) {
	backends(t, commands.Options{}, func(t *testing.T, s testServer) {
		sub, pub := s.dial(t), s.dial(t)
		sub.send("SUBSCRIBE", "c")
		sub.read()
		text := strings.Repeat("x", 10_000)
		const n = 1000
		var pipeline []byte
		for i := range n {
			pipeline = resp.AppendCommand(pipeline, "PUBLISH", "c", strconv.Itoa(i)+text)
		}
		var reading sync.WaitGroup
		reading.Go(func() {
			for range n {
				pub.read()
			}
		})
		pub.Write(pipeline)
		reading.Wait()
		for i := range n {
			v, ok := sub.read()
			if !ok || v.Elems[2].Str != strconv.Itoa(i)+text {
				t.Fatalf("message %d is wrong or missing", i)
			}
		}
		sub.do("", "PING")
	})
}

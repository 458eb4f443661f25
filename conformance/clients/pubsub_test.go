package clients

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/push"
)

// go-redis subscribes to channels, patterns and shard channels, and gets everything in
// order.
func TestSubscribe(t *testing.T) {
	protocols(t, func(t *testing.T, _ way, c *redis.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		sub := c.Subscribe(ctx, "news", "other")
		defer sub.Close()
		if err := sub.PSubscribe(ctx, "n*s"); err != nil {
			t.Fatal(err)
		}
		if err := sub.SSubscribe(ctx, "shard"); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			v, err := sub.Receive(ctx)
			if _, ok := v.(*redis.Subscription); !ok || err != nil {
				t.Fatal(v, err)
			}
		}
		const n = 1000
		if n, err := c.PubSubNumSub(ctx, "news", "nobody").Result(); err != nil || n["news"] != 1 || n["nobody"] != 0 {
			t.Error(n, err)
		}
		var publishing sync.WaitGroup
		publishing.Go(func() {
			c.Pipelined(ctx, func(p redis.Pipeliner) error {
				for i := range n {
					p.Publish(ctx, "news", i)
				}
				return nil
			})
		})
		for i := range n {
			for _, pattern := range []string{"", "n*s"} {
				m, err := sub.ReceiveMessage(ctx)
				if err != nil || m.Channel != "news" || m.Pattern != pattern || m.Payload != strconv.Itoa(i) {
					t.Fatalf("message %d: %v %v", i, m, err)
				}
			}
		}
		publishing.Wait()
		if got, err := c.SPublish(ctx, "shard", "x").Result(); err != nil || got != 1 {
			t.Error(got, err)
		}
		if m, err := sub.ReceiveMessage(ctx); err != nil || m.Channel != "shard" || m.Payload != "x" {
			t.Error(m, err)
		}
		if err := sub.Ping(ctx, "hello"); err != nil {
			t.Error(err)
		}
		if v, err := sub.Receive(ctx); err != nil || fmt.Sprint(v) != "Pong<hello>" {
			t.Error(v, err)
		}
		if err := sub.Unsubscribe(ctx); err != nil {
			t.Error(err)
		}
	})
}

// A subscription outlives its connection.
func TestSubscribeAgain(t *testing.T) {
	protocols(t, func(t *testing.T, _ way, c *redis.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		until(t, func() bool { return c.PubSubNumSub(ctx, "c").Val()["c"] == 0 }) // that of the other protocol has gone
		sub := c.Subscribe(ctx, "c")
		defer sub.Close()
		messages := sub.Channel()
		until(t, func() bool { return c.Publish(ctx, "c", "first").Val() == 1 })
		if n, err := c.ClientKillByFilter(ctx, "TYPE", "pubsub").Result(); err != nil || n != 1 {
			t.Fatal(n, err)
		}
		until(t, func() bool {
			c.Publish(ctx, "c", "last")
			select {
			case m := <-messages:
				return m.Payload == "last"
			default:
				return false
			}
		})
	})
}

// Key events reach a subscriber of go-redis.
func TestKeyEvents(t *testing.T) {
	protocols(t, func(t *testing.T, _ way, c *redis.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		if err := c.ConfigSet(ctx, "notify-keyspace-events", "Ex").Err(); err != nil {
			t.Fatal(err)
		}
		sub := c.PSubscribe(ctx, "__keyevent@*__:expired")
		defer sub.Close()
		if _, err := sub.Receive(ctx); err != nil {
			t.Fatal(err)
		}
		c.Set(ctx, "k", "v", 10*time.Millisecond)
		if m, err := sub.ReceiveMessage(ctx); err != nil || m.Payload != "k" {
			t.Error(m, err)
		}
	})
}

type invalidations chan string

func (h invalidations) HandlePushNotification(_ context.Context, _ push.NotificationHandlerContext, n []any) error {
	h <- fmt.Sprint(n...)
	return nil
}

// go-redis tracks keys: by pushes in RESP3, by a subscriber in RESP2.
func TestTracking(t *testing.T) {
	protocols(t, func(t *testing.T, _ way, c *redis.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		reader := c.Conn()
		defer reader.Close()
		args := []any{"CLIENT", "TRACKING", "ON"}
		pushed := make(invalidations, 16)
		var sub *redis.PubSub
		resp3 := c.Options().Protocol == 3
		if resp3 {
			if err := reader.RegisterPushNotificationHandler("invalidate", pushed, false); err != nil {
				t.Fatal(err)
			}
		} else {
			sub = c.Subscribe(ctx, "__redis__:invalidate")
			defer sub.Close()
			if _, err := sub.Receive(ctx); err != nil {
				t.Fatal(err)
			}
			var id int
			list := c.Do(ctx, "CLIENT", "LIST", "TYPE", "pubsub").Val()
			if _, err := fmt.Sscanf(fmt.Sprint(list), "id=%d ", &id); err != nil {
				t.Fatal(list, err)
			}
			args = append(args, "REDIRECT", id)
		}
		if err := reader.Do(ctx, args...).Err(); err != nil {
			t.Fatal(err)
		}
		if err := reader.Get(ctx, "k").Err(); err != redis.Nil {
			t.Fatal(err)
		}
		c.Set(ctx, "unseen", "v", 0)
		c.Set(ctx, "k", "v", 0)
		if !resp3 {
			m, err := sub.ReceiveMessage(ctx)
			if err != nil || len(m.PayloadSlice) != 1 || m.PayloadSlice[0] != "k" {
				t.Fatal(m, err)
			}
			return
		}
		until(t, func() bool {
			reader.Ping(ctx) // go-redis looks for pushes when it reads
			return len(pushed) > 0
		})
		if got := <-pushed; got != "invalidate[k]" && got != "invalidate [k]" {
			t.Error(got)
		}
	})
}

// Clients that wait for a list cost no time and little memory. A short run has a tenth
// of ten thousand.
func TestBlockedClients(t *testing.T) {
	n := 10_000
	if testing.Short() || os.Getenv("MEDLEY_IDLE") == "" {
		n /= 10
	}
	port, p := program(t, build(t), "--maxclients", "20000")
	c := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + port})
	defer c.Close()
	for i := range n {
		nc := dialPlain(t, port)
		defer nc.Close()
		if _, err := fmt.Fprintf(nc, "BLPOP queue:%d queue:%d 0\r\n", i%100, i); err != nil {
			t.Fatal(err)
		}
	}
	until(t, func() bool { return infoField(t, c, "clients", "blocked_clients") == n })
	used, start := cpuOf(t, p), time.Now()
	for time.Since(start) < time.Second {
		time.Sleep(50 * time.Millisecond)
	}
	if busy := cpuOf(t, p) - used; busy > 50*time.Millisecond {
		t.Errorf("%d blocked clients cost %v of a second", n, busy)
	} else {
		t.Logf("%d blocked clients cost %v of a second", n, busy)
	}
	if got := c.RPush(t.Context(), "queue:7", "x").Val(); got != 1 {
		t.Error(got)
	}
	until(t, func() bool { return infoField(t, c, "clients", "blocked_clients") == n-1 })
}

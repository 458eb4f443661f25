package clients

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// A client with nothing but an address gets RESP3 and its name listed.
func TestDefaults(t *testing.T) {
	ways(t, func(t *testing.T, w way) {
		o := w.o
		c := redis.NewClient(&o)
		defer c.Close()
		ctx := t.Context()
		if v, err := c.Do(ctx, "HELLO").Result(); err != nil {
			t.Fatal(err)
		} else if m, ok := v.(map[any]any); !ok || m["proto"] != int64(3) {
			t.Fatalf("HELLO gave %v", v)
		}
		info, err := c.ClientInfo(ctx).Result()
		if err != nil {
			t.Fatal(err)
		}
		if info.LibName == "" || info.LibVer == "" || info.Resp != 3 {
			t.Errorf("CLIENT INFO has library %q, version %q, protocol %d", info.LibName, info.LibVer, info.Resp)
		}
		if err := c.Get(ctx, "none").Err(); err != redis.Nil {
			t.Errorf("a missing key gives %v", err)
		}
	})
}

// Keys and values are bytes of any kind and any length.
func TestBinary(t *testing.T) {
	protocols(t, func(t *testing.T, _ way, c *redis.Client) {
		ctx := t.Context()
		random := rand.NewChaCha8([32]byte{1})
		for _, size := range []int{0, 1, 1 << 10, 1 << 20} {
			key, value := make([]byte, size), make([]byte, size)
			random.Read(key)
			random.Read(value)
			if err := c.Set(ctx, string(key), value, 0).Err(); err != nil {
				t.Fatal(size, err)
			}
			if got, err := c.Get(ctx, string(key)).Bytes(); err != nil || !bytes.Equal(got, value) {
				t.Errorf("size %d: other bytes came back, error %v", size, err)
			}
			if n, err := c.StrLen(ctx, string(key)).Result(); err != nil || n != int64(size) {
				t.Errorf("size %d: STRLEN %d, %v", size, n, err)
			}
			if got, err := c.MGet(ctx, string(key), "none").Result(); err != nil || got[0] != string(value) || got[1] != nil {
				t.Errorf("size %d: MGET differs, error %v", size, err)
			}
		}
		crlf := "\r\n$-1\r\n\x00"
		c.Set(ctx, crlf, crlf, 0)
		if keys, err := c.Keys(ctx, "\r\n$-1*").Result(); err != nil || len(keys) != 1 || keys[0] != crlf {
			t.Errorf("KEYS gave %d keys, %v", len(keys), err)
		}
	})
}

func TestPipelines(t *testing.T) {
	protocols(t, func(t *testing.T, _ way, c *redis.Client) {
		ctx := t.Context()
		const n = 1000
		var gets [n]*redis.StringCmd
		if _, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i := range n {
				p.Set(ctx, fmt.Sprint("k", i), i, 0)
				gets[i] = p.Get(ctx, fmt.Sprint("k", i))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for i, g := range gets {
			if v, err := g.Int(); err != nil || v != i {
				t.Fatalf("reply %d is %d, %v", i, v, err)
			}
		}
		// An error in the middle is that command's alone.
		var bad *redis.IntCmd
		var after *redis.StringCmd
		c.Pipelined(ctx, func(p redis.Pipeliner) error {
			p.Set(ctx, "text", "x", 0)
			bad, after = p.Incr(ctx, "text"), p.Get(ctx, "text")
			return nil
		})
		if bad.Err() == nil || after.Val() != "x" {
			t.Errorf("got %v and %v", bad, after)
		}
	})
}

// go-redis writes a whole pipeline before it reads, however large the replies are.
func TestPipelineOfLargeReplies(t *testing.T) {
	protocols(t, func(t *testing.T, _ way, c *redis.Client) {
		ctx := t.Context()
		value := string(bytes.Repeat([]byte("v"), 1000))
		c.Set(ctx, "k", value, 0)
		replies, err := c.Pipelined(ctx, func(p redis.Pipeliner) error {
			for range 40_000 {
				p.Get(ctx, "k")
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range replies {
			if r.(*redis.StringCmd).Val() != value {
				t.Fatal("another value came back")
			}
		}
	})
}

func TestTransactions(t *testing.T) {
	protocols(t, func(t *testing.T, _ way, c *redis.Client) {
		ctx := t.Context()
		var sum *redis.IntCmd
		if _, err := c.TxPipelined(ctx, func(p redis.Pipeliner) error {
			p.Incr(ctx, "n")
			sum = p.IncrBy(ctx, "n", 41)
			return nil
		}); err != nil || sum.Val() != 42 {
			t.Fatalf("sum %v, %v", sum, err)
		}
		// A change between WATCH and EXEC makes the transaction fail.
		err := c.Watch(ctx, func(tx *redis.Tx) error {
			if err := c.Set(ctx, "n", "other", 0).Err(); err != nil {
				return err
			}
			_, err := tx.TxPipelined(ctx, func(p redis.Pipeliner) error { p.Set(ctx, "n", "lost", 0); return nil })
			return err
		}, "n")
		if !errors.Is(err, redis.TxFailedErr) || c.Get(ctx, "n").Val() != "other" {
			t.Errorf("got %v, n is %q", err, c.Get(ctx, "n").Val())
		}
	})
}

// Increments by optimistic locking lose none.
func TestWatchContention(t *testing.T) {
	protocols(t, func(t *testing.T, _ way, c *redis.Client) {
		const workers, each = 8, 10
		increment := func(ctx context.Context) error {
			for {
				err := c.Watch(ctx, func(tx *redis.Tx) error {
					n, err := tx.Get(ctx, "n").Int()
					if err != nil && err != redis.Nil {
						return err
					}
					_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error { p.Set(ctx, "n", n+1, 0); return nil })
					return err
				}, "n")
				if !errors.Is(err, redis.TxFailedErr) {
					return err
				}
			}
		}
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for range each {
					if err := increment(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if n, err := c.Get(t.Context(), "n").Int(); n != workers*each {
			t.Errorf("n is %d, %v", n, err)
		}
	})
}

func TestScanIterator(t *testing.T) {
	protocols(t, func(t *testing.T, _ way, c *redis.Client) {
		ctx := t.Context()
		const n = 3000
		c.Pipelined(ctx, func(p redis.Pipeliner) error {
			for i := range n {
				p.Set(ctx, fmt.Sprintf("in:%d", i), "", 0)
				p.Set(ctx, fmt.Sprintf("out:%d", i), "", 0)
			}
			return nil
		})
		seen := map[string]bool{}
		it := c.Scan(ctx, 0, "in:*", 50).Iterator()
		for it.Next(ctx) {
			seen[it.Val()] = true
		}
		if it.Err() != nil || len(seen) != n {
			t.Errorf("saw %d keys of %d, %v", len(seen), n, it.Err())
		}
	})
}

func TestPool(t *testing.T) {
	ways(t, func(t *testing.T, w way) {
		c := w.client(t, 3, func(o *redis.Options) { o.PoolSize, o.PoolTimeout = 100, patience })
		ctx := t.Context()
		const workers, each = 300, 20
		var wg sync.WaitGroup
		for i := range workers {
			wg.Go(func() {
				key := fmt.Sprint("own", i)
				for j := range each {
					value := fmt.Sprint(i, "-", j)
					c.Set(ctx, key, value, 0)
					if got := c.Get(ctx, key).Val(); got != value {
						t.Errorf("%s is %q, want %q", key, got, value)
					}
					if err := c.Incr(ctx, "shared").Err(); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if n := c.Get(ctx, "shared").Val(); n != fmt.Sprint(workers*each) {
			t.Errorf("shared is %s", n)
		}
	})
}

// A context that ends abandons a reply, and no later command gets it.
func TestContextTimeout(t *testing.T) {
	protocols(t, func(t *testing.T, w way, c *redis.Client) {
		short := w.client(t, c.Options().Protocol, func(o *redis.Options) { o.ContextTimeoutEnabled = true })
		if err := short.Ping(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		if err := c.Do(t.Context(), "CLIENT", "PAUSE", 60_000, "WRITE").Err(); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		defer cancel()
		err := short.Set(ctx, "k", "late", 0).Err()
		var timeout net.Error
		if !errors.Is(err, context.DeadlineExceeded) && !(errors.As(err, &timeout) && timeout.Timeout()) {
			t.Errorf("got %v, want a timeout", err)
		}
		if err := c.ClientUnpause(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		if v, err := short.Echo(t.Context(), "fresh").Result(); v != "fresh" {
			t.Errorf("after a timeout: %v, %v", v, err)
		}
	})
}

// A killed client's next command fails or reconnects, and those after it work.
func TestReconnectAfterKill(t *testing.T) {
	protocols(t, func(t *testing.T, w way, c *redis.Client) {
		ctx := t.Context()
		victim := w.client(t, c.Options().Protocol, func(o *redis.Options) { o.MaxRetries = 3; o.PoolSize = 1 })
		for range 20 {
			id, err := victim.ClientID(ctx).Result()
			if err != nil {
				t.Fatal(err)
			}
			if n, err := c.ClientKillByFilter(ctx, "ID", fmt.Sprint(id)).Result(); err != nil || n != 1 {
				t.Fatal(n, err)
			}
			again, err := victim.ClientID(ctx).Result()
			if errors.Is(err, io.ErrClosedPipe) {
				// go-redis sees that a socket was closed before it sends, and retries
				// after EOF; a pipe's failed write it passes on.
				again, err = victim.ClientID(ctx).Result()
			}
			if err != nil || again == id {
				t.Fatalf("client %d is %d after its end, %v", id, again, err)
			}
		}
	})
}

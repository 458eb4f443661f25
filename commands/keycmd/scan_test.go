package keycmd_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/medleydb/medley/commands"
)

// scanAll returns how often SCAN returned each key.
func scanAll(t *testing.T, c *commands.Client, options ...any) map[string]int {
	seen := map[string]int{}
	cursor := "0"
	for {
		v, err := c.Do(context.Background(), append([]any{"SCAN", cursor}, options...)...)
		if err != nil {
			t.Error(err)
			return nil
		}
		for _, k := range v.Elems[1].Elems {
			seen[k.Str]++
		}
		if cursor = v.Elems[0].Str; cursor == "0" {
			return seen
		}
	}
}

// TestScanUnderChange protects SCAN's promise: a key that is there from the first call
// to the last is returned, while others come and go on other cores, tables grow and shrink,
// and keys expire.
func TestScanUnderChange(t *testing.T) {
	e, err := commands.Open(commands.Options{Shards: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx := context.Background()
	const stay = 3000
	for i := range stay {
		if _, err := e.Do(ctx, "SET", fmt.Sprintf("stay:%d", i), i); err != nil {
			t.Fatal(err)
		}
	}
	stop := make(chan struct{})
	var writers sync.WaitGroup
	for w := range 2 {
		writers.Go(func() { churn(t, e, uint64(w), stop) })
	}
	for round := range 6 {
		c := e.NewClient()
		seen := scanAll(t, c, "COUNT", 1+round*37)
		c.Close()
		for i := range stay {
			if key := fmt.Sprintf("stay:%d", i); seen[key] == 0 {
				t.Errorf("round %d: SCAN misses %s", round, key)
				break
			}
		}
	}
	close(stop)
	writers.Wait()
	if err := e.Store().Check(); err != nil {
		t.Error(err)
	}
}

// churn makes keys come and go in waves, under names of its own.
func churn(t *testing.T, e *commands.Engine, seed uint64, stop chan struct{}) {
	r := rand.New(rand.NewPCG(seed, 5))
	ctx := context.Background()
	for i := 0; ; i++ {
		select {
		case <-stop:
			return
		default:
		}
		key, other := fmt.Sprintf("go:%d:%d", seed, i%4000), fmt.Sprintf("go:%d:%d", seed, r.IntN(4000))
		var err error
		switch {
		case i/4000%2 == 0:
			_, err = e.Do(ctx, "SET", key, "v", "PX", 1+r.IntN(200))
		case r.IntN(4) == 0 && key != other:
			_, err = e.Do(ctx, "COPY", key, other, "REPLACE")
		default:
			_, err = e.Do(ctx, "DEL", key, other)
		}
		if err != nil {
			t.Error(err)
			return
		}
	}
}

// TestMovesAtOnce protects commands on two keys and two databases from each other: on
// many goroutines a number is only ever moved, so none is lost and none appears twice.
func TestMovesAtOnce(t *testing.T) {
	e, err := commands.Open(commands.Options{Shards: 4})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx := context.Background()
	const keys, rounds = 50, 1500
	for i := range keys {
		if _, err := e.Do(ctx, "RPUSH", fmt.Sprintf("k%d", i), i); err != nil {
			t.Fatal(err)
		}
	}
	var movers sync.WaitGroup
	for g := range 4 {
		movers.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 9))
			c := e.NewClient()
			defer c.Close()
			for range rounds {
				c.Do(ctx, "SELECT", r.IntN(2))
				a, b := fmt.Sprintf("k%d", r.IntN(2*keys)), fmt.Sprintf("k%d", r.IntN(2*keys))
				switch r.IntN(5) {
				case 0:
					c.Do(ctx, "MOVE", a, r.IntN(2))
				case 1:
					c.Do(ctx, "SWAPDB", 0, 1)
				case 2:
					c.Do(ctx, "KEYS", "k1*")
				default:
					c.Do(ctx, "RENAMENX", a, b)
				}
			}
		})
	}
	movers.Wait()
	c := e.NewClient()
	defer c.Close()
	numbers := map[string]int{}
	for db := range 2 {
		c.Do(ctx, "SELECT", db)
		for key := range scanAll(t, c, "TYPE", "list") {
			v, err := c.Do(ctx, "LINDEX", key, 0)
			if err != nil {
				t.Fatal(err)
			}
			numbers[v.Str]++
		}
	}
	for n, times := range numbers {
		if times != 1 {
			t.Errorf("number %s is there %d times", n, times)
		}
	}
	if len(numbers) != keys {
		t.Errorf("%d numbers are left of %d", len(numbers), keys)
	}
	if err := e.Store().Check(); err != nil {
		t.Error(err)
	}
}

package commands

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkDo shows how calls of Do scale: with -cpu 1,2 each goroutine does GET and
// SET over two million keys.
func BenchmarkDo(b *testing.B) {
	e, err := Open(Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	const keys = 2_000_000
	ctx := context.Background()
	name := make([][]byte, keys)
	value := make([]byte, 64)
	for i := range name {
		name[i] = fmt.Appendf(nil, "key:%012d", i)
		if _, err := e.Do(ctx, "SET", name[i], value); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		r := rand.New(rand.NewPCG(rand.Uint64(), 1))
		for i := 0; pb.Next(); i++ {
			k := name[r.IntN(keys)]
			if i%2 == 0 {
				e.Do(ctx, "GET", k)
			} else {
				e.Do(ctx, "SET", k, value)
			}
		}
	})
}

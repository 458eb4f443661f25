package set

import (
	"math/rand/v2"
	"strconv"
	"testing"
)

// BenchmarkPop takes random members out of sets of a million integers, until one in twenty
// is left, for each way that integers lie.
func BenchmarkPop(b *testing.B) {
	const n = 1_000_000
	rng := rand.New(rand.NewPCG(1, 2))
	for _, d := range []struct {
		name string
		at   func(i int) int64
	}{
		{"dense", func(i int) int64 { return int64(i) }},
		{"by3", func(i int) int64 { return int64(i) * 3 }},
		{"by1000", func(i int) int64 { return int64(i) * 1000 }},
		{"by65536", func(i int) int64 { return int64(i) << 16 }},
		{"clusters", func(i int) int64 { return int64(i/32)<<20 + int64(i%32) }},
		{"random32", func(int) int64 { return int64(rng.Uint32()) }},
		{"random63", func(int) int64 { return int64(rng.Uint64() >> 1) }},
		{"snowflake", func(i int) int64 { return int64(i)<<22 | int64(rng.Uint32N(1<<12)) }},
	} {
		b.Run(d.name, func(b *testing.B) {
			var s Set
			scratch := make([]byte, Scratch)
			left := 0
			for b.Loop() {
				if left == 0 {
					b.StopTimer()
					s = New(env(1))
					for i := range n {
						s.Add(strconv.AppendInt(nil, d.at(i), 10))
					}
					left = s.Len() / 20 * 19
					b.StartTimer()
				}
				s.Pop(scratch[:0])
				left--
			}
		})
	}
}

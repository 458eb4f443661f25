package bench

import (
	"math/rand/v2"
	"strconv"
)

// collectionLoads work on one large collection of each type. What takes elements away
// comes mixed with as much that adds them, so that the size stays.
func collectionLoads() []load {
	const n = keySpace
	p16 := []int{16}
	field := func(i int) string { return number("field", i) }
	member := func(i int) string { return number("member", i) }
	fillHash := func(i int) []string { return []string{"HSET", "h", field(i), number("value", i)} }
	fillList := func(i int) []string { return []string{"RPUSH", "l", number("element", i)} }
	fillSet := func(i int) []string { return []string{"SADD", "s", member(i)} }
	fillZSet := func(i int) []string { return []string{"ZADD", "z", strconv.Itoa(i), member(i)} }
	return []load{
		{name: "HSET", pipelines: p16, fill: fillHash, fillN: n,
			next: func(r *rand.Rand) []string { return fillHash(r.IntN(n)) }},
		{name: "HGET", pipelines: p16, fill: fillHash, fillN: n,
			next: func(r *rand.Rand) []string { return []string{"HGET", "h", field(r.IntN(n))} }},
		{name: "LPUSH", pipelines: p16,
			next: func(r *rand.Rand) []string { return []string{"LPUSH", key(r.IntN(100)), number("element", r.IntN(n))} }},
		{name: "LPUSH LPOP", pipelines: p16, fill: fillList, fillN: n,
			next: func(r *rand.Rand) []string {
				if r.IntN(2) == 0 {
					return []string{"LPOP", "l"}
				}
				return []string{"LPUSH", "l", number("element", r.IntN(n))}
			}},
		{name: "LRANGE 100", pipelines: p16, fill: fillList, fillN: n,
			next: func(r *rand.Rand) []string {
				from := r.IntN(n - 100)
				return []string{"LRANGE", "l", strconv.Itoa(from), strconv.Itoa(from + 99)}
			}},
		{name: "SADD", pipelines: p16, fill: fillSet, fillN: n,
			next: func(r *rand.Rand) []string { return fillSet(r.IntN(2 * n)) }},
		{name: "SISMEMBER", pipelines: p16, fill: fillSet, fillN: n,
			next: func(r *rand.Rand) []string { return []string{"SISMEMBER", "s", member(r.IntN(2 * n))} }},
		{name: "SADD SPOP", pipelines: p16, fill: fillSet, fillN: n,
			next: func(r *rand.Rand) []string {
				if r.IntN(2) == 0 {
					return []string{"SPOP", "s"}
				}
				return fillSet(r.IntN(2 * n))
			}},
		{name: "ZADD", pipelines: p16, fill: fillZSet, fillN: n,
			next: func(r *rand.Rand) []string {
				return []string{"ZADD", "z", strconv.Itoa(r.IntN(n)), member(r.IntN(n))}
			}},
		{name: "ZINCRBY", pipelines: p16, fill: fillZSet, fillN: n,
			next: func(r *rand.Rand) []string { return []string{"ZINCRBY", "z", "1", member(r.IntN(n))} }},
		{name: "ZRANK", pipelines: p16, fill: fillZSet, fillN: n,
			next: func(r *rand.Rand) []string { return []string{"ZRANK", "z", member(r.IntN(n))} }},
		{name: "ZRANGE 100", pipelines: p16, fill: fillZSet, fillN: n,
			next: func(r *rand.Rand) []string {
				return []string{"ZRANGE", "z", strconv.Itoa(r.IntN(n)), "+inf", "BYSCORE", "LIMIT", "0", "100"}
			}},
		{name: "SINTERCARD", pipelines: []int{1}, fillN: 2_000_000,
			fill: func(i int) []string {
				return []string{"SADD", "by" + strconv.Itoa(3+i%2*2), strconv.Itoa(i / 2 * (3 + i%2*2))}
			},
			next: func(*rand.Rand) []string { return []string{"SINTERCARD", "2", "by3", "by5"} }},
	}
}

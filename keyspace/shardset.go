package keyspace

import "math/bits"

// A ShardSet is a set of shards, a bit each.
type ShardSet []uint64

// NewShardSet returns an empty set.
func (s *Store) NewShardSet() ShardSet { return make(ShardSet, (len(s.shards)+63)/64) }

// Add puts a shard into the set.
func (set ShardSet) Add(shard int) { set[shard>>6] |= 1 << (shard & 63) }

// AddAll puts every shard of the store into the set.
func (set ShardSet) AddAll(s *Store) {
	for i := range s.shards {
		set.Add(i)
	}
}

// Union puts the shards of another set into the set.
func (set ShardSet) Union(other ShardSet) {
	for w, m := range other {
		set[w] |= m
	}
}

// Contains reports whether every shard of other is in the set.
func (set ShardSet) Contains(other ShardSet) bool {
	for w, m := range other {
		if m&^set[w] != 0 {
			return false
		}
	}
	return true
}

// Clear empties the set.
func (set ShardSet) Clear() { clear(set) }

// each calls fn with the shards in ascending order.
func (set ShardSet) each(fn func(shard int)) {
	for w, m := range set {
		for ; m != 0; m &= m - 1 {
			fn(w<<6 + bits.TrailingZeros64(m))
		}
	}
}

// Has reports whether the shard is in the set.
func (set ShardSet) Has(shard int) bool { return set[shard>>6]&(1<<(shard&63)) != 0 }

// Meets reports whether the sets have a shard in common.
func (set ShardSet) Meets(other ShardSet) bool {
	for w, m := range other {
		if m&set[w] != 0 {
			return true
		}
	}
	return false
}

package zsetcmd

import (
	"bytes"
	"slices"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/zset"
	"github.com/medleydb/medley/keyspace"
)

// A result is what a command has put together, to be replied or stored. It holds copies
// of the members, one behind the other.
type result struct {
	items []item
	bytes []byte
}

type item struct {
	score    float64
	from, to int
}

func (r *result) member(i int) []byte { return r.bytes[r.items[i].from:r.items[i].to] }

func (r *result) add(member []byte, score float64) {
	from := len(r.bytes)
	r.bytes = append(r.bytes, member...)
	r.items = append(r.items, item{score, from, len(r.bytes)})
}

// sort brings the result in the order of a sorted set.
func (r *result) sort() {
	slices.SortFunc(r.items, func(a, b item) int {
		switch {
		case a.score < b.score:
			return -1
		case a.score > b.score:
			return 1
		}
		return bytes.Compare(r.bytes[a.from:a.to], r.bytes[b.from:b.to])
	})
}

// reply replies the members in their order, with their scores where wanted.
func (r *result) reply(c *command.Context, withScores bool) {
	if withScores {
		c.Reply.Pairs(len(r.items))
	} else {
		c.Reply.Array(len(r.items))
	}
	for i := range r.items {
		if withScores {
			c.Reply.Pair()
		}
		c.Reply.Bulk(r.member(i))
		if withScores {
			c.Reply.Double(r.items[i].score)
		}
	}
}

// store makes the result the value of the key, whatever that held, and replies the number
// of members. Without any the key goes.
func (r *result) store(c *command.Context, key []byte, ev keyspace.Event) {
	if len(r.items) == 0 {
		if c.Tx.Delete(key) {
			c.Changed(key, keyspace.EvDel)
		}
		c.Reply.Int(0)
		return
	}
	z := keyspace.Create[zset.ZSet](c.Tx, key, 0)
	z.Clear()
	if ev != keyspace.EvZRangeStore { // which adds one by one in servers of the field, too
		longest := 0
		for i := range r.items {
			longest = max(longest, len(r.member(i)))
		}
		z.Expect(len(r.items), longest)
	}
	for i := range r.items {
		z.Add(r.member(i), r.items[i].score, 0)
	}
	c.Changed(key, ev)
	c.Reply.Int(int64(len(r.items)))
}

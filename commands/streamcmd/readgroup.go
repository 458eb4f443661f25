package streamcmd

import (
	"bytes"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/stream"
	"github.com/medleydb/medley/keyspace"
)

// runXReadGroup makes the consumer if there is none, also when there is nothing to
// read: that much has changed when the command waits, and is settled before.
func runXReadGroup(c *command.Context) error {
	r := readOptions(c, true)
	if err := c.Args.Err(); err != nil {
		return err
	}

	var room [2]source
	list, err := r.open(c, room[:0])
	if err != nil {
		return err
	}
	served := 0
	for i := range list {
		again := r.skipEarlier(list[:i], &list[i])
		if r.prepare(c, &list[i], again) {
			served++
		}
	}
	if r.limited() {
		served = r.budget(c, list)
	}
	if served == 0 {
		r.tellCreated(c, list)
		c.Tx.Settle()
		return r.wait(c, list)
	}

	c.Reply.Rows(served)
	for i := range list {
		if x := &list[i]; x.serve {
			c.Reply.Row()
			c.Reply.Bulk(x.key)
			r.deliver(c, x)
		}
	}
	r.tellCreated(c, list)
	return nil
}

// skipEarlier moves the start behind what an earlier mention of the same stream will
// have brought, and reports whether there is one.
func (r *readArgs) skipEarlier(earlier []source, x *source) (again bool) {
	for i := range earlier {
		y := &earlier[i]
		if x.is != readNew || y.is != readNew || !y.serve || !bytes.Equal(x.key, y.key) {
			continue
		}
		again = true
		n := r.count - int64(len(y.claims))
		it := x.s.Range(y.from, stream.MaxID, false)
		for x.from = y.from; (r.count < 0 || n > 0) && it.Next(); n-- {
			x.behind(it.ID())
		}
	}
	return again
}

// prepare finds the consumer, and out whether there is something to read for it. What
// can be claimed goes to the first mention of a stream.
func (r *readArgs) prepare(c *command.Context, x *source, again bool) bool {
	now := c.Tx.NowMs()
	x.c, x.created = x.g.AddConsumer(r.consumer, now)
	x.c.Seen(now)
	if x.created {
		groupsChanged(c, x.key, keyspace.EvXGroupCreateConsumer)
	}
	if x.is == readHistory {
		x.serve = true
		return true
	}
	if r.claim && !again {
		r.findClaims(c, x)
	}
	top, ok := x.s.Top()
	x.serve = ok && !x.end && !top.Less(x.from) || len(x.claims) > 0
	return x.serve
}

// tellCreated names the effect of making consumers that no other effect brings.
func (r *readArgs) tellCreated(c *command.Context, list []source) {
	for i := range list {
		x := &list[i]
		if x.created && (r.noAck || x.c.Pending() == 0) && c.Tx.Recording() {
			effectConsumer(c, x.key, x.g, x.c)
		}
	}
}

func effectConsumer(c *command.Context, key []byte, g stream.Group, k stream.Consumer) {
	c.Effect("XGROUP", wordCreateConsumer, key, []byte(g.Name()), []byte(k.Name()))
}

// effectClaim names the effect of an entry's being pending as it is now.
func effectClaim(c *command.Context, key []byte, g stream.Group, p stream.Pending) {
	c.Effect("XCLAIM", key, []byte(g.Name()), []byte(p.Consumer), wordZero, idText(p.ID),
		wordTime, intText(p.TimeMs), wordRetryCount, intText(p.Count), wordForce, wordJustID, wordLastID, idText(g.Last()))
}

// effectRead names the effect of the group's having read as far as it has.
func effectRead(c *command.Context, key []byte, g stream.Group) {
	c.Effect("XGROUP", wordSetID, key, []byte(g.Name()), idText(g.Last()), wordEntriesRead, intText(g.Read()))
}

// deliver answers with the entries of a stream and makes them the consumer's.
func (r *readArgs) deliver(c *command.Context, x *source) {
	if x.is == readHistory {
		r.replyHistory(c, x)
		return
	}
	now, recording := c.Tx.NowMs(), c.Tx.Recording()
	mark, n := c.Reply.Open(), int64(0)
	for _, p := range x.claims {
		r.claimOne(c, x, p)
		n++
	}
	most := r.countOf(x)
	read := int64(0)
	for it := x.s.Range(x.from, stream.MaxID, false); !x.end && (most < 0 || n < most) && it.Next(); n++ {
		if r.claim {
			c.Reply.Array(4)
			replyID(c, it.ID())
			replyFields(c, &it)
			c.Reply.Int(0)
			c.Reply.Int(0)
		} else {
			replyEntry(c, &it)
		}
		x.g.Passed(it.ID())
		read++
		if r.noAck {
			continue
		}
		x.g.Deliver(it.ID(), x.c, now)
		if recording {
			p, _ := x.g.Find(it.ID())
			effectClaim(c, x.key, x.g, p)
		}
	}
	c.Reply.Close(mark, int(n))
	if !r.noAck || len(x.claims) > 0 {
		x.c.Active(now)
	}
	if read > 0 && recording {
		effectRead(c, x.key, x.g)
	}
	if n > 0 {
		c.Tx.Dirty()
	}
}

// replyHistory answers with what is pending for the consumer: of entries that are gone
// the ID alone. Each counts as delivered once more, which is no change to be told.
func (r *readArgs) replyHistory(c *command.Context, x *source) {
	now := c.Tx.NowMs()
	most := r.countOf(x)
	var list []stream.Pending
	x.g.EachPending(x.c, x.from, func(p stream.Pending) bool {
		if most >= 0 && int64(len(list)) >= most {
			return false
		}
		list = append(list, p)
		return true
	})
	c.Reply.Array(len(list))
	for _, p := range list {
		it := x.s.Range(p.ID, p.ID, false)
		if !it.Next() {
			c.Reply.Array(2)
			replyID(c, p.ID)
			c.Reply.NullArray()
			continue
		}
		replyEntry(c, &it)
		x.g.Give(p, x.c, now, p.Count+1)
	}
	if len(list) > 0 {
		x.c.Active(now)
	}
}

// findClaims finds the pending entries that CLAIM takes over: those that are idle for
// long enough, as many as COUNT allows. Those whose entry is gone are pending no more.
func (r *readArgs) findClaims(c *command.Context, x *source) {
	var gone []stream.Pending
	x.g.EachIdle(c.Tx.NowMs()-r.minIdle, func(p stream.Pending) bool {
		if r.count > 0 && int64(len(x.claims)) >= r.count {
			return false
		}
		if x.s.Has(p.ID) {
			x.claims = append(x.claims, p)
		} else {
			gone = append(gone, p)
		}
		return true
	})
	for _, p := range gone {
		x.g.Remove(p)
		c.Tx.Dirty()
		if c.Tx.Recording() {
			c.Effect("XACK", x.key, []byte(x.g.Name()), idText(p.ID))
		}
	}
}

// claimOne answers with an entry that is taken over: how long ago, and how often, it
// had been delivered stands behind its fields.
func (r *readArgs) claimOne(c *command.Context, x *source, p stream.Pending) {
	now := c.Tx.NowMs()
	it := x.s.Range(p.ID, p.ID, false)
	it.Next()
	c.Reply.Array(4)
	replyID(c, p.ID)
	replyFields(c, &it)
	since := now - p.TimeMs
	c.Reply.Int(max(since, 0))
	c.Reply.Int(p.Count)
	x.g.Give(p, x.c, now, oneMore(p.Count))
	if c.Tx.Recording() {
		p, _ = x.g.Find(p.ID)
		effectClaim(c, x.key, x.g, p)
	}
}

// nextClaim returns when the next pending entry of the stream can be taken over.
func (r *readArgs) nextClaim(x *source, now int64) (ms int64, ok bool) {
	if !r.claim || x.is != readNew {
		return 0, false
	}
	oldest, ok := x.g.Oldest()
	if !ok {
		oldest = now // what becomes pending from now on
	}
	return oldest + r.minIdle + 1, true
}

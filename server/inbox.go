package server

import (
	"sync"
	"sync/atomic"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/server/netio"
	"github.com/medleydb/medley/server/resp"
)

// An inbox holds the messages of a connection that any goroutine may send, until the
// connection's own loop writes them. They stay shared, one copy for all connections they
// go to, until the socket has taken what came before: a subscriber that reads slowly costs
// a pointer a message.
//
// Whoever puts the first message in wakes the loop; until that has looked, more
// messages cost the sender nothing but the lock of this inbox, and the receiver
// one write for all of them.
type inbox struct {
	some  atomic.Bool  // there may be messages
	bytes atomic.Int64 // that the messages will take on the wire

	mu    sync.Mutex
	list  []*command.Message
	woken bool // the loop has been told and has not looked yet
	shut  bool // messages are dropped: the connection is about to end

	// The loop's own: messages that it has taken out, from at on still to write.
	taken []*command.Message
	at    int
}

// put adds a message and reports whether the loop has to be woken.
func (b *inbox) put(m *command.Message) (wake bool) {
	b.mu.Lock()
	if b.shut {
		b.mu.Unlock()
		return false
	}
	b.list = append(b.list, m)
	wake, b.woken = !b.woken, true
	b.bytes.Add(int64(m.Size()))
	b.some.Store(true)
	b.mu.Unlock()
	return wake
}

// close drops the messages, and those that come; false when it was closed already.
func (b *inbox) close() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.shut
	b.list, b.shut = nil, true
	return !was
}

// keptMessages is how much room for messages is kept.
const keptMessages = 256

// next takes out a message, nil when there is none. The loop calls it.
func (b *inbox) next() *command.Message {
	if b.at == len(b.taken) {
		if cap(b.taken) > keptMessages {
			b.taken = nil
		}
		b.mu.Lock()
		b.list, b.taken, b.at = b.taken[:0], b.list, 0
		b.woken = false
		b.some.Store(len(b.taken) > 0)
		b.mu.Unlock()
		if len(b.taken) == 0 {
			return nil
		}
	}
	m := b.taken[b.at]
	b.taken[b.at] = nil
	b.at++
	b.bytes.Add(-int64(m.Size()))
	return m
}

// Send implements command.Peer.
func (k *conn) Send(m *command.Message) {
	wake := k.inbox.put(m)
	if _, out := k.c.Buffered(); k.exceeds(out) {
		k.drop()
	} else if wake {
		k.c.Wake()
	}
	k.srv.eng.Note(k.session)
}

// exceeds reports whether more waits to be sent than the session may leave unread: out
// bytes of output, and messages.
func (k *conn) exceeds(out int) bool {
	messages := k.inbox.bytes.Load()
	limit := k.session.OutputLimit(k.srv.cfg, messages > 0).HardBytes
	return limit > 0 && int64(out)+messages > limit
}

// drop ends the connection of a client that leaves too much unread.
func (k *conn) drop() {
	if k.inbox.close() {
		k.session.SetFlag(command.Killed, true) // it counts no more, though its loop has not looked yet
		k.srv.stats.OutputLimit.Add(1)
		k.srv.log.Warn("closing client that leaves more unread than its output limit", "addr", k.Addr(), "id", k.session.ID)
		k.c.Kick()
	}
}

// Refill implements netio.Handler.
func (h handler) Refill(c *netio.Conn) {
	k := c.State.(*conn)
	k.w.Buf, k.w.RESP3 = c.Out, k.session.Proto == 3
	k.deliver(netio.OutStep)
	c.Out, k.w.Buf = k.w.Buf, nil
}

// deliver writes messages until there are none or the output has limit bytes.
func (k *conn) deliver(limit int) {
	for len(k.w.Buf) < limit {
		m := k.inbox.next()
		if m == nil {
			k.c.More = false
			return
		}
		k.w.Buf = append(k.w.Buf, m.Coded(k.w.RESP3, encode)...)
	}
	k.c.More = true
}

func encode(v command.Value, resp3 bool) []byte {
	w := resp.Writer{RESP3: resp3}
	command.Replay(&w, v)
	return w.Buf
}

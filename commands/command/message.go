package command

import (
	"strconv"
	"sync/atomic"
)

// A Message is what a session is sent beside the replies to its commands: what was
// published, an invalidation, a line of MONITOR. One Message may go to any number of
// sessions and does not change.
type Message struct {
	Value Value // a Push, or the Status that is a line of MONITOR
	size  int
	coded [2]atomic.Pointer[[]byte] // in RESP2 and in RESP3
}

// NewMessage returns a message.
func NewMessage(v Value) *Message { return &Message{Value: v, size: wireSize(v)} }

// push returns a push of strings.
func push(words ...string) Value {
	v := Value{Kind: Push, Elems: make([]Value, len(words))}
	for i, w := range words {
		v.Elems[i] = Value{Kind: Bulk, Str: w}
	}
	return v
}

// Size returns how many bytes the message takes on its way to a client, about.
func (m *Message) Size() int { return m.size }

// Coded returns the message as encode writes it for the protocol version. All sessions
// share the bytes, which must not be changed.
func (m *Message) Coded(resp3 bool, encode func(v Value, resp3 bool) []byte) []byte {
	at := 0
	if resp3 {
		at = 1
	}
	if b := m.coded[at].Load(); b != nil {
		return *b
	}
	b := encode(m.Value, resp3)
	m.coded[at].Store(&b)
	return b
}

// wireSize is the length of the value on the wire, exact for what messages are made of:
// bulk strings, integers, statuses, and aggregates of them.
func wireSize(v Value) int {
	switch v.Kind {
	case Bulk:
		return len(strconv.Itoa(len(v.Str))) + len(v.Str) + 5
	case Int:
		return len(strconv.FormatInt(v.Int, 10)) + 3
	case Status:
		return len(v.Str) + 3
	}
	n := len(strconv.Itoa(len(v.Elems))) + 3
	for _, e := range v.Elems {
		n += wireSize(e)
	}
	return n
}

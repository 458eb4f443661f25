package bench

import (
	"bufio"
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/medleydb/medley/server/resp"
)

const channel = "news"

// listeners are connections that are subscribed to the channel, and count what they get.
type listeners struct {
	conns   []net.Conn
	bytes   atomic.Int64
	one     int64 // bytes of a message
	reading sync.WaitGroup
}

// listen subscribes n connections.
func (r *Running) listen(n int) (*listeners, error) {
	l := &listeners{one: int64(len(resp.AppendCommand(nil, "message", channel, string(make([]byte, valueBytes)))))}
	for range n {
		c, err := net.Dial("tcp", r.addr)
		if err != nil {
			l.close()
			return nil, err
		}
		l.conns = append(l.conns, c)
		if _, err := c.Write(resp.AppendCommand(nil, "SUBSCRIBE", channel)); err != nil {
			l.close()
			return nil, err
		}
		if err := skipReply(bufio.NewReaderSize(c, 256)); err != nil {
			l.close()
			return nil, err
		}
		l.reading.Go(func() {
			buf := make([]byte, 4<<10)
			for {
				n, err := c.Read(buf)
				l.bytes.Add(int64(n))
				if err != nil {
					return
				}
			}
		})
	}
	return l, nil
}

// wait waits until all have got so many messages.
func (l *listeners) wait(messages int) error {
	want := int64(messages) * int64(len(l.conns)) * l.one
	for end := time.Now().Add(20 * time.Second); l.bytes.Load() < want; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			return errors.New("messages are missing")
		}
	}
	return nil
}

func (l *listeners) close() {
	for _, c := range l.conns {
		c.Close()
	}
	l.reading.Wait()
}

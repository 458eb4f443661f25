package cases

import (
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/server/resp"
)

// A Wire is a target behind a socket.
type Wire struct {
	// Addr is host:port, or the path of a unix socket.
	Addr string
	// Timeout bounds each reply; 0 means 10 seconds.
	Timeout time.Duration
	// Username and Password, where set, are sent first.
	Username, Password string
}

// Dial connects and, for RESP3, says HELLO 3.
func (w Wire) Dial(proto int) (Client, error) {
	c, err := w.DialWire()
	if err != nil {
		return nil, err
	}
	if w.Password != "" {
		args := []string{"AUTH", w.Password}
		if w.Username != "" {
			args = []string{"AUTH", w.Username, w.Password}
		}
		if err := accepted(c.Do(args...)); err != nil {
			c.Close()
			return nil, fmt.Errorf("AUTH: %w", err)
		}
	}
	if proto == 3 {
		if err := accepted(c.Do("HELLO", "3")); err != nil {
			c.Close()
			return nil, fmt.Errorf("HELLO 3: %w", err)
		}
	}
	return c, nil
}

func accepted(v command.Value, err error) error {
	if err != nil {
		return err
	}
	return v.Err()
}

// DialWire connects and sends nothing.
func (w Wire) DialWire() (*WireClient, error) {
	network := "tcp"
	if strings.HasPrefix(w.Addr, "/") {
		network = "unix"
	}
	conn, err := net.DialTimeout(network, w.Addr, 5*time.Second)
	if err != nil {
		return nil, err
	}
	timeout := w.Timeout
	if timeout == 0 {
		timeout = 10 * time.Second
	}
	return &WireClient{conn: conn, r: resp.NewReader(conn), timeout: timeout}, nil
}

// A WireClient is one connection.
type WireClient struct {
	conn    net.Conn
	r       *resp.Reader
	timeout time.Duration
	buf     []byte
}

// Do sends a command and reads one reply.
func (c *WireClient) Do(args ...string) (command.Value, error) {
	if err := c.Send(args...); err != nil {
		return command.Value{}, err
	}
	return c.Receive()
}

// Send writes a command.
func (c *WireClient) Send(args ...string) error {
	c.buf = resp.AppendCommand(c.buf[:0], args...)
	return c.SendRaw(c.buf)
}

// SendRaw writes bytes.
func (c *WireClient) SendRaw(b []byte) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
		return err
	}
	_, err := c.conn.Write(b)
	return err
}

// Receive reads the next reply or push.
func (c *WireClient) Receive() (command.Value, error) {
	if err := c.conn.SetReadDeadline(time.Now().Add(c.timeout)); err != nil {
		return command.Value{}, err
	}
	return c.r.Read()
}

// Close closes the connection.
func (c *WireClient) Close() error { return c.conn.Close() }

package cli

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/server/resp"
)

// A conn is one connection to a server. A goroutine reads replies into a channel
// until the connection ends; its last word is the error. The goroutine stops when
// the conn is closed, whoever waits or not.
type conn struct {
	net.Conn
	replies chan reply
	done    chan struct{}
	buf     []byte // of the last command, kept for the next
}

type reply struct {
	command.Value
	err error
}

// Replies read ahead of their use: enough for a pipeline to flow.
const replyQueue = 256

func newConn(c net.Conn) *conn {
	n := &conn{Conn: c, replies: make(chan reply, replyQueue), done: make(chan struct{})}
	go n.readAll()
	return n
}

func (c *conn) readAll() {
	r := resp.NewReader(c.Conn)
	for {
		v, err := r.Read()
		select {
		case c.replies <- reply{v, err}:
		case <-c.done:
			return
		}
		if err != nil {
			close(c.replies)
			return
		}
	}
}

func (c *conn) close() {
	close(c.done)
	c.Conn.Close()
}

// errServerClosed is what a person is told of an end of file.
var errServerClosed = errors.New("Server closed the connection")

// next returns the next reply, a push message included.
func (c *conn) next() (command.Value, error) {
	r, ok := <-c.replies
	if !ok {
		return r.Value, errServerClosed
	}
	return r.Value, connError(r.err)
}

// send writes one command.
func (c *conn) send(args ...string) error {
	c.buf = resp.AppendCommand(c.buf[:0], args...)
	_, err := c.Write(c.buf)
	return connError(err)
}

// do sends one command and returns its reply, passing over push messages.
func (c *conn) do(args ...string) (command.Value, error) {
	if err := c.send(args...); err != nil {
		return command.Value{}, err
	}
	return c.answer()
}

// answer returns the next reply that is no push message.
func (c *conn) answer() (command.Value, error) {
	for {
		v, err := c.next()
		if err != nil || v.Kind != command.Push {
			return v, err
		}
	}
}

// connError words an error of the connection as C's strerror does, which is what
// scripts that read stderr know.
func connError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errServerClosed
	case errors.Is(err, resp.ErrSyntax):
		return fmt.Errorf("Protocol error: %w", err)
	}
	return errors.New(errorText(err))
}

func errorText(err error) string {
	var number syscall.Errno
	var dns *net.DNSError
	text := err.Error()
	switch {
	case errors.As(err, &dns):
		return "Name or service not known"
	case errors.As(err, &number):
		text = number.Error()
	case errors.Is(err, os.ErrDeadlineExceeded):
		text = "connection timed out"
	}
	if text != "" && text[0] >= 'a' && text[0] <= 'z' {
		text = string(text[0]-'a'+'A') + text[1:]
	}
	return text
}

// dial opens the connection that the options describe.
func (o *options) dial() (*conn, error) {
	// Keepalive finds a dead peer during a long wait for a message.
	d := net.Dialer{Timeout: o.connectTimeout, KeepAlive: 15 * time.Second}
	network, address := "tcp", net.JoinHostPort(o.host, strconv.Itoa(o.port))
	if o.socket != "" {
		network, address = "unix", o.socket
	}
	c, err := d.Dial(network, address)
	if err != nil {
		return nil, err
	}
	if !o.tls.on {
		return newConn(c), nil
	}
	config, err := o.tls.config(o.host)
	if err == nil {
		t := tls.Client(c, config)
		if err = t.Handshake(); err == nil {
			return newConn(t), nil
		}
	}
	c.Close()
	return nil, &tlsError{err}
}

// A tlsError is a failed handshake, or settings that allow none.
type tlsError struct{ err error }

func (e *tlsError) Error() string { return "Could not negotiate a TLS connection: " + e.err.Error() }

// address is the server's name in messages and in the prompt.
func (o *options) address() string {
	if o.socket != "" {
		return o.socket
	}
	return net.JoinHostPort(o.host, strconv.Itoa(o.port))
}

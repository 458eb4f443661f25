package server

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/server/resp"
)

func pipe(t *testing.T) (*commands.Engine, *testClient) {
	t.Helper()
	eng, err := commands.Open(commands.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c := Pipe(eng)
	t.Cleanup(func() {
		c.Close()
		until(t, func() bool { return eng.Services().Clients.Len() == 0 })
		eng.Close()
	})
	c.SetDeadline(time.Now().Add(patience))
	return eng, &testClient{t, c, resp.NewReader(c)}
}

// A client may write everything before it reads anything.
func TestPipeBuffersPipeline(t *testing.T) {
	_, c := pipe(t)
	value := strings.Repeat("v", 1000)
	c.do("OK", "SET", "k", value)
	get := resp.AppendCommand(nil, "GET", "k")
	const n = 50_000 // 1 MiB and more of commands, 50 MB of replies
	if _, err := c.Write(bytes.Repeat(get, n)); err != nil {
		t.Fatal(err)
	}
	for range n {
		c.want(value)
	}
}

// Deadlines wake who waits, and a later one gives the connection back its use.
func TestPipeDeadline(t *testing.T) {
	_, c := pipe(t)
	c.SetReadDeadline(time.Now().Add(time.Millisecond))
	_, err := c.Read(make([]byte, 1))
	var timeout net.Error
	if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Fatalf("got %v, want a timeout", err)
	}
	c.SetReadDeadline(time.Now().Add(patience))
	c.do("PONG", "PING")
}

// Another client's kill and the own QUIT end the pipe as they end a socket.
func TestPipeEnds(t *testing.T) {
	eng, c := pipe(t)
	other := Pipe(eng)
	defer other.Close()
	other.SetDeadline(time.Now().Add(patience))
	o := &testClient{t, other, resp.NewReader(other)}
	c.do("PONG", "PING")
	o.do("1", "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
	if _, err := c.r.Read(); err == nil {
		t.Fatal("a killed connection still reads")
	}
	until(t, func() bool { _, err := c.Write([]byte("PING\r\n")); return err != nil })
	o.do("OK", "QUIT")
	if _, err := o.r.Read(); !errors.Is(err, io.EOF) {
		t.Fatalf("got %v after QUIT, want EOF", err)
	}
}

package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A Style is how a server binary is invoked.
type Style string

const (
	// StyleMedley runs PATH server --port N ...
	StyleMedley Style = "medley"
	// StyleRedis runs PATH --port N ..., as redis-server and valkey-server want it.
	StyleRedis Style = "redis"
)

const (
	startAttempts = 3
	startLimit    = 20 * time.Second
	diedLogLines  = 12
)

// A server is a running server process under test.
type server struct {
	port    int
	logPath string
	cmd     *exec.Cmd
	exited  chan struct{} // closed once the process is gone
	state   error         // how it ended; read it after exited
}

// suiteSettings are the settings in whose defaults the two suites' own servers differ, as the
// suite expects them: since Valkey 8 all keys are freed lazily, which shows in what replicas
// are sent (UNLINK for DEL).
func suiteSettings(suite string) (args []string) {
	if suite == Valkey {
		for _, what := range []string{"eviction", "expire", "server-del", "user-del", "user-flush"} {
			args = append(args, "--lazyfree-lazy-"+what, "yes")
		}
	}
	return args
}

// startServer starts a fresh server in dir and waits until it answers. A port can be taken between
// its choice and its use, so a server that ends at once is tried again on another.
func startServer(ctx context.Context, path string, style Style, dir string, settings []string) (*server, error) {
	var err error
	for range startAttempts {
		var s *server
		if s, err = tryServer(ctx, path, style, dir, settings); err == nil {
			return s, nil
		}
		if !errors.Is(err, errEndedEarly) {
			return nil, err
		}
	}
	return nil, err
}

var errEndedEarly = errors.New("the server ended before it answered")

func tryServer(ctx context.Context, path string, style Style, dir string, settings []string) (*server, error) {
	port, err := freePort(1)
	if err != nil {
		return nil, err
	}
	var args []string
	if style == StyleMedley {
		args = append(args, "server")
	}
	args = append(args,
		"--port", strconv.Itoa(port),
		"--dir", dir,
		"--databases", "16",
		"--save", "",
		"--enable-debug-command", "yes",
		"--enable-protected-configs", "yes")
	args = append(args, settings...)

	s := &server{port: port, logPath: filepath.Join(dir, "server.log"), exited: make(chan struct{})}
	log, err := os.Create(s.logPath)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	s.cmd = exec.Command(path, args...)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = dir, log, log
	ownGroup(s.cmd)
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.state = s.cmd.Wait()
		close(s.exited)
	}()
	if err := s.waitReady(ctx); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

func (s *server) waitReady(ctx context.Context) error {
	deadline := time.NewTimer(startLimit)
	defer deadline.Stop()
	for {
		if s.answers() {
			return nil
		}
		select {
		case <-s.exited:
			return fmt.Errorf("%w: %s", errEndedEarly, s.epitaph())
		case <-deadline.C:
			return fmt.Errorf("the server did not answer PING within %v: %s", startLimit, s.logTail())
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// answers tells whether the server replies to PING, be it with an error.
func (s *server) answers() bool {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), time.Second)
	if err != nil {
		return false
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	if _, err := conn.Write([]byte("*1\r\n$4\r\nPING\r\n")); err != nil {
		return false
	}
	reply := make([]byte, 1)
	_, err = conn.Read(reply)
	return err == nil && (reply[0] == '+' || reply[0] == '-')
}

// epitaph tells how an exited server ended and what it said last.
func (s *server) epitaph() string {
	how := "exit status 0"
	if s.state != nil {
		how = s.state.Error()
	}
	if tail := s.logTail(); tail != "" {
		return how + "; its log ends:\n" + tail
	}
	return how + ", nothing logged"
}

func (s *server) logTail() string {
	data, err := os.ReadFile(s.logPath)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(string(bytes.TrimSpace(data)), "\n")
	// A Go panic says what happened on its first line, and the goroutines that follow can be long.
	for i, line := range lines {
		if strings.HasPrefix(line, "panic: ") || strings.HasPrefix(line, "fatal error: ") {
			return strings.Join(lines[i:min(i+diedLogLines, len(lines))], "\n")
		}
	}
	return strings.Join(lines[max(0, len(lines)-diedLogLines):], "\n")
}

// stop kills the server and its children. Nothing it holds is needed again.
func (s *server) stop() {
	killGroup(s.cmd)
	<-s.exited
}

// freePort finds a port such that it and the span-1 ports after it can be bound now. It stays below the range
// from which systems take ports for outgoing connections, where a port that is free now is soon not,
// and leaves room for the suites' own port+10000.
func freePort(span int) (int, error) {
	for range 200 {
		port := 20000 + rand.IntN(10000)
		if bindable(port, span) {
			return port, nil
		}
	}
	return 0, fmt.Errorf("no %d free ports in a row between 20000 and 30000", span)
}

func bindable(port, span int) bool {
	for p := port; p < port+span; p++ {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(p)))
		if err != nil {
			return false
		}
		l.Close()
	}
	return true
}

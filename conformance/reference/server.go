// Package reference runs other servers of the field, so that the case scripts and
// the differential tester can be checked against them, and watches what they
// hand to a replica and publish as key events.
package reference

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/medleydb/medley/conformance/cases"
)

// A Server is a running reference server, reached through a unix socket.
type Server struct {
	cases.Wire
	cmd    *exec.Cmd
	exited chan struct{}
	dir    string
	output *bytes.Buffer // complete once exited is closed
}

// Binaries returns the reference servers at hand: what MEDLEY_REFERENCE lists
// (separated as in PATH), else redis-server and valkey-server from PATH.
func Binaries() []string {
	if list := os.Getenv("MEDLEY_REFERENCE"); list != "" {
		return filepath.SplitList(list)
	}
	var found []string
	for _, name := range []string{"redis-server", "valkey-server"} {
		if p, err := exec.LookPath(name); err == nil {
			found = append(found, p)
		}
	}
	return found
}

// Start runs a server without persistence, with DEBUG allowed and a
// replication stream that begins at once. Stop ends it.
func Start(binary string) (*Server, error) {
	dir, err := os.MkdirTemp("", "reference")
	if err != nil {
		return nil, err
	}
	return StartIn(binary, dir)
}

// StartIn is Start for a server that keeps its files in a folder, which Stop removes, and has
// more options.
func StartIn(binary, dir string, options ...string) (*Server, error) {
	s := &Server{dir: dir, exited: make(chan struct{}), output: new(bytes.Buffer)}
	s.Addr = filepath.Join(dir, "socket")
	s.cmd = exec.Command(binary, append([]string{"--port", "0", "--unixsocket", s.Addr, "--dir", dir,
		"--save", "", "--appendonly", "no", "--enable-debug-command", "yes",
		"--repl-diskless-sync", "no", "--repl-ping-replica-period", "3600",
		"--notify-keyspace-events", "KEA", "--latency-tracking", "no"}, options...)...)
	s.cmd.Stdout, s.cmd.Stderr = s.output, s.output
	if err := s.cmd.Start(); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	go func() {
		s.cmd.Wait()
		close(s.exited)
	}()
	if err := s.waitReady(); err != nil {
		s.Stop()
		return nil, fmt.Errorf("%s: %w\n%s", binary, err, s.output)
	}
	return s, nil
}

func (s *Server) waitReady() error {
	for began := time.Now(); time.Since(began) < 10*time.Second; time.Sleep(5 * time.Millisecond) {
		select {
		case <-s.exited:
			return errors.New("exited at once")
		default:
		}
		c, err := s.Dial(2)
		if err != nil {
			continue
		}
		v, err := c.Do("PING")
		c.Close()
		if err == nil && v.Err() == nil {
			return nil
		}
	}
	return errors.New("does not answer")
}

// Dir returns the folder in which the server keeps its files.
func (s *Server) Dir() string { return s.dir }

// Stop kills the server and removes its directory.
func (s *Server) Stop() {
	s.cmd.Process.Kill()
	<-s.exited
	os.RemoveAll(s.dir)
}

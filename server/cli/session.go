package cli

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"

	"github.com/medleydb/medley/commands/command"
)

// A session is one run of the client: its connection, and what the commands sent
// so far have made of it.
type session struct {
	*program
	opt  *options
	conn *conn // nil: not connected
	help *help // of this server; nil until it was asked for

	db         int  // selected on the connection; opt.db is the one wanted
	inMulti    bool // between MULTI and EXEC
	dbAtMulti  int  // what a discarded transaction falls back to
	resp3      bool // the connection speaks RESP3
	subscribed bool
	// pushIsReply: the confirmations of SUBSCRIBE are push messages in RESP3, and
	// are waited for like replies.
	pushIsReply bool
	shutdown    bool // SHUTDOWN was sent: the end of the connection is no error

	interactive bool
	hints       bool
	interrupt   chan os.Signal // Ctrl-C, where it shall not end the process
	stopped     bool           // Ctrl-C ended a mode
	buf         []byte
}

func newSession(p *program, opt *options) *session {
	return &session{program: p, opt: opt, hints: true, interrupt: make(chan os.Signal, 1)}
}

func (s *session) close() {
	signal.Stop(s.interrupt)
	s.disconnect()
}

func (s *session) disconnect() {
	if s.conn != nil {
		s.conn.close()
		s.conn = nil
	}
	s.db, s.inMulti, s.resp3 = 0, false, false
	s.subscribed, s.pushIsReply = false, false
}

// connect opens a new connection: authenticated, with the wanted database and
// protocol. With quiet, a server that cannot be reached is not reported. When the
// server refuses one of the three the error is reported and the connection stays
// open, since it may still serve the command.
func (s *session) connect(quiet bool) error {
	s.disconnect()
	c, err := s.opt.dial()
	if err != nil {
		var secure *tlsError
		switch {
		case quiet:
		case errors.As(err, &secure):
			fmt.Fprintln(s.errOut, err)
		default:
			fmt.Fprintf(s.errOut, "Could not connect to Redis at %s: %s\n", s.shownAddress(), errorText(err))
		}
		return err
	}
	s.conn = c
	if err := s.authenticate(); err != nil {
		return err
	}
	if err := s.selectDB(); err != nil {
		return err
	}
	return s.switchProtocol()
}

// shownAddress leaves an IPv6 address without brackets where a message follows.
func (s *session) shownAddress() string {
	if s.opt.socket != "" {
		return s.opt.socket
	}
	return s.opt.host + ":" + strconv.Itoa(s.opt.port)
}

func (s *session) authenticate() error {
	if s.opt.auth == nil {
		return nil
	}
	args := []string{"AUTH", *s.opt.auth}
	if s.opt.user != "" {
		args = []string{"AUTH", s.opt.user, *s.opt.auth}
	}
	_, err := s.setUp("AUTH", args...)
	return err
}

func (s *session) selectDB() error {
	if s.opt.db == s.db {
		return nil
	}
	db := strconv.Itoa(s.opt.db)
	_, err := s.setUp("SELECT "+db, "SELECT", db)
	if err == nil {
		s.db = s.opt.db
	}
	return err
}

func (s *session) switchProtocol() error {
	if !s.opt.resp3 {
		return nil
	}
	v, err := s.setUp("HELLO 3", "HELLO", "3")
	switch {
	case err == nil:
		s.resp3 = v.Kind == command.Map
	case s.opt.resp3Implied && v.Kind == command.Error:
		return nil
	}
	return err
}

// setUp sends a command of the client's own and reports its failure.
func (s *session) setUp(name string, args ...string) (command.Value, error) {
	v, err := s.conn.do(args...)
	if err != nil {
		fmt.Fprint(s.errOut, "\nI/O error\n")
		s.disconnect()
		return v, err
	}
	if err := v.Err(); err != nil {
		fmt.Fprintf(s.errOut, "%s failed: %s\n", name, err)
		return v, err
	}
	return v, nil
}

// errInterrupted is the error of a wait that Ctrl-C ended.
var errInterrupted = errors.New("interrupted")

// next waits for a reply; Ctrl-C ends the wait.
func (s *session) next() (command.Value, error) {
	select {
	case r, ok := <-s.conn.replies:
		if !ok {
			return r.Value, errServerClosed
		}
		return r.Value, connError(r.err)
	case <-s.interrupt:
		return command.Value{}, errInterrupted
	}
}

// readReply waits for a reply and prints it, and the push messages before it.
func (s *session) readReply(rawText bool) (command.Value, error) {
	for {
		v, err := s.next()
		switch {
		case err != nil:
			return v, err
		case v.Kind == command.Push && !s.pushIsReply:
			s.printPush(v)
			continue
		case s.opt.cluster:
			if to, ok := parseRedirect(v); ok {
				return v, to
			}
		}
		if v.Kind == command.Error && s.opt.errorExit && !s.interactive {
			fmt.Fprintln(s.errOut, v.Str)
			return v, exitCode(1)
		}
		s.print(v, rawText)
		return v, nil
	}
}

func (s *session) print(v command.Value, rawText bool) {
	s.buf = s.opt.appendReply(s.buf[:0], v, rawText)
	s.out.Write(s.buf)
}

func (s *session) printPush(v command.Value) {
	if !s.opt.showPushes {
		return
	}
	if s.opt.format == formatStandard && isInvalidation(v) {
		s.buf = append(s.buf[:0], "-> invalidate: "...)
		for i, key := range v.Elems[1].Elems {
			if i > 0 {
				s.buf = append(s.buf, ", "...)
			}
			s.buf = append(append(append(s.buf, '\''), key.Str...), '\'')
		}
		s.out.Write(append(s.buf, '\n'))
		return
	}
	s.print(v, false)
}

func isInvalidation(v command.Value) bool {
	return len(v.Elems) == 2 && v.Elems[0].Str == "invalidate" && v.Elems[1].Kind == command.Array
}

package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/medleydb/medley/commands/command"
)

// runOnce runs the command of the command line.
func (s *session) runOnce(args []string) int {
	args, err := s.commandLine(args)
	if err == nil {
		err = s.issue(args, s.opt.repeat)
	}
	for err == nil && s.subscribed {
		_, err = s.readReply(false)
	}
	return s.report(s.exitError(err))
}

// exitError words the loss of the connection for a program that ends by it.
func (s *session) exitError(err error) error {
	var code exitCode
	if err == nil || errors.As(err, &code) {
		return err
	}
	return fmt.Errorf("Error: %w", err)
}

// commandLine applies --quoted-input, -x and -X.
func (s *session) commandLine(args []string) ([]string, error) {
	args = append([]string(nil), args...)
	if s.opt.quotedInput {
		for i, a := range args {
			words, ok := splitArgs(a)
			if !ok || len(words) != 1 {
				io.WriteString(s.out, "Invalid quoted string\n")
				return nil, exitCode(1)
			}
			args[i] = words[0]
		}
	}
	at := len(args)
	switch {
	case s.opt.lastArgFromStdin:
		args = append(args, "")
	case s.opt.hasStdinTag:
		at = 0
		for at < len(args) && args[at] != s.opt.stdinTag {
			at++
		}
		if at == len(args) {
			fmt.Fprintln(s.errOut, "Using -X option but stdin tag not match.")
			return nil, exitCode(1)
		}
	default:
		return args, nil
	}
	b, err := io.ReadAll(s.in)
	if err != nil {
		fmt.Fprintf(s.errOut, "Reading from standard input: %v\n", err)
		return nil, exitCode(1)
	}
	args[at] = string(b)
	return args, nil
}

// issue sends a command, repeat times (negative: for ever), connecting first if
// there is no connection.
func (s *session) issue(args []string, repeat int64) error {
	if name := strings.ToLower(args[0]); name == "help" || name == "?" {
		s.printHelp(args[1:])
		return nil
	}
	for ; repeat != 0; repeat-- {
		if s.conn == nil {
			if err := s.connect(false); err != nil {
				return exitCode(1) // it was reported
			}
		}
		err := s.sendFollowing(args)
		if err != nil && s.shutdown {
			s.disconnect()
			return nil
		}
		if err != nil {
			return err
		}
		if s.opt.interval > 0 && repeat != 1 {
			select {
			case <-time.After(s.opt.interval):
			case <-s.interrupt:
				return errInterrupted
			}
		}
	}
	return nil
}

// sendOne sends the command, prints what comes back, and keeps the state of the
// session in step.
func (s *session) sendOne(args []string) error {
	name := strings.ToLower(args[0])
	rawText := isRawText(args)
	s.shutdown = name == "shutdown"
	if err := s.conn.send(args...); err != nil {
		return err
	}
	switch name {
	case "monitor":
		return s.stream()
	case "subscribe", "psubscribe", "ssubscribe", "unsubscribe", "punsubscribe", "sunsubscribe":
		return s.awaitConfirmations(name, max(len(args)-1, 1))
	}
	for {
		v, err := s.readReply(rawText)
		if err != nil {
			return err
		}
		// While subscribed, messages may stand before the reply.
		if s.subscribed && (s.isMessage(v) || v.Kind == command.Push) {
			continue
		}
		s.follow(name, args, v)
		return nil
	}
}

// stream prints what MONITOR sends until an error.
func (s *session) stream() error {
	for {
		v, err := s.readReply(false)
		if err != nil || v.Kind == command.Error {
			return err
		}
	}
}

// awaitConfirmations waits for the n confirmations of a (un)subscription; each is
// a message in RESP2 and a push message in RESP3.
func (s *session) awaitConfirmations(name string, n int) error {
	s.pushIsReply = true
	for n > 0 {
		v, err := s.readReply(false)
		if err != nil {
			return err
		}
		switch {
		case s.isMessage(v) && strings.EqualFold(v.Elems[0].Str, name):
			if !strings.Contains(name, "unsub") {
				s.subscribed = true
			}
			n--
		case v.Kind == command.Push || s.isMessage(v):
		default:
			n = 0 // an error, or QUEUED
		}
	}
	s.pushIsReply = s.subscribed
	return nil
}

// isMessage reports whether v is a message of pub/sub or a confirmation.
func (s *session) isMessage(v command.Value) bool {
	kind := command.Array
	if s.resp3 {
		kind = command.Push
	}
	if v.Kind != kind || len(v.Elems) < 3 || v.Elems[0].Kind != command.Bulk {
		return false
	}
	return strings.HasSuffix(v.Elems[0].Str, "message") || strings.HasSuffix(v.Elems[0].Str, "subscribe")
}

// follow keeps the session's state in step with a command that was answered.
func (s *session) follow(name string, args []string, v command.Value) {
	failed := v.Kind == command.Error
	switch {
	case name == "auth" && (len(args) == 2 || len(args) == 3):
		s.selectDB() // it may have been refused before
		s.forgetHelp()
	case name == "hello":
		if !failed {
			s.resp3 = v.Kind == command.Map
			s.forgetHelp()
		}
	case name == "exec" && len(args) == 1 && s.inMulti:
		s.inMulti = false
		if failed || v.IsNull() {
			s.db, s.opt.db = s.dbAtMulti, s.dbAtMulti
		}
	case failed:
	case name == "select" && len(args) == 2:
		if db, err := strconv.Atoi(args[1]); err == nil {
			s.db, s.opt.db = db, db
		}
	case name == "multi" && len(args) == 1:
		s.inMulti, s.dbAtMulti = true, s.db
	case name == "discard" && len(args) == 1:
		s.inMulti = false
		s.db, s.opt.db = s.dbAtMulti, s.dbAtMulti
	case name == "reset" && len(args) == 1:
		s.db, s.opt.db = 0, 0
		s.inMulti, s.resp3, s.subscribed, s.pushIsReply = false, false, false, false
	}
}

// isRawText reports whether the reply is a text laid out for reading, which
// quotes and \n would spoil.
func isRawText(args []string) bool {
	name, sub := strings.ToLower(args[0]), ""
	if len(args) > 1 {
		sub = strings.ToLower(args[1])
	}
	switch name {
	case "info", "lolwut":
		return true
	case "debug":
		return sub == "htstats" || sub == "htstats-key" || sub == "client-eviction"
	case "memory":
		return sub == "malloc-stats" || sub == "doctor"
	case "cluster":
		return len(args) == 2 && (sub == "nodes" || sub == "info")
	case "client":
		return sub == "list" || sub == "info"
	case "latency":
		return len(args) == 3 && sub == "graph" || len(args) == 2 && sub == "doctor"
	}
	return false
}

// forgetHelp has the help read again if there was none: the server may tell more
// to another user.
func (s *session) forgetHelp() {
	if s.help != nil && len(s.help.commands) == 0 {
		s.help = nil
	}
}

// runEval runs the script in a file; a comma parts the keys from the arguments.
func (s *session) runEval(args []string) int {
	script, err := os.ReadFile(s.opt.eval)
	if err != nil {
		fmt.Fprintf(s.errOut, "Can't open file '%s': %s\n", s.opt.eval, errorText(err))
		return 1
	}
	keys := len(args)
	for i, a := range args {
		if a == "," {
			keys = i
			args = append(append([]string(nil), args[:i]...), args[i+1:]...)
			break
		}
	}
	argv := append([]string{"EVAL", string(script), strconv.Itoa(keys)}, args...)
	return s.report(s.exitError(s.issue(argv, s.opt.repeat)))
}

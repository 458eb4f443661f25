package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"
)

// errQuit ends the interactive mode.
var errQuit = errors.New("quit")

// repl reads commands, from a person or from a pipe, until the end.
func (s *session) repl() int {
	s.interactive = true
	in := s.openInput()
	defer in.close()
	if s.editable {
		signal.Notify(s.interrupt, os.Interrupt)
		for _, line := range readLines(s.dotFile("MEDLEYCLI_RCFILE", ".medleyclirc")) {
			if words, ok := splitArgs(line); ok && len(words) > 0 {
				s.setPreference(words, ".medleyclirc: ")
			}
		}
	}
	for {
		if s.editable {
			s.loadHelp()
		}
		line, err := in.read(s.prompt())
		if err != nil {
			if s.subscribed && s.connect(false) == nil {
				continue
			}
			return 0
		}
		if s.execute(in, line) != nil {
			return 0
		}
		if s.subscribed && s.awaitMessages(in) != nil {
			return 1
		}
	}
}

// prompt says where the next command goes, and in what state.
func (s *session) prompt() string {
	if s.conn == nil {
		return "not connected> "
	}
	p := s.opt.address()
	if s.opt.socket != "" {
		p = "redis " + p
	}
	if s.db != 0 {
		p += "[" + strconv.Itoa(s.db) + "]"
	}
	if s.inMulti {
		p += "(TX)"
	}
	if s.subscribed {
		p += "(subscribed mode)"
	}
	return p + "> "
}

// execute runs one line; errQuit ends the session.
func (s *session) execute(in input, line string) error {
	words, ok := splitArgs(line)
	if !ok {
		// What the line holds is not known, so it might be a secret.
		in.remember(line, true)
		io.WriteString(s.out, "Invalid argument(s)\n")
		return nil
	}
	if len(words) == 0 {
		return nil
	}
	words, repeat, err := repeatCount(words)
	if err != nil {
		fmt.Fprintln(s.out, err)
		return nil
	}
	in.remember(line, isSecret(words))
	switch name := strings.ToLower(words[0]); {
	case name == "quit" || name == "exit":
		return errQuit
	case name[:min(len(name), 1)] == ":":
		s.setPreference(words, "")
	case name == "clear" && len(words) == 1:
		io.WriteString(s.out, "\x1b[H\x1b[2J")
	case name == "connect" && len(words) == 3:
		s.goTo(words[1], words[2])
	default:
		start := time.Now()
		s.issueInteractive(words, repeat)
		if d := time.Since(start); d >= 500*time.Millisecond && s.opt.format == formatStandard {
			fmt.Fprintf(s.out, "(%.2fs)\n", d.Seconds())
		}
	}
	return nil
}

// repeatCount takes a leading count off a command: 5 PING.
func repeatCount(words []string) ([]string, int64, error) {
	n, err := strconv.ParseInt(words[0], 10, 64)
	if errors.Is(err, strconv.ErrSyntax) || len(words) == 1 {
		return words, 1, nil
	}
	if err != nil || n <= 0 {
		return nil, 0, errors.New("Invalid medley cli repeat command option value.")
	}
	return words[1:], n, nil
}

// issueInteractive runs a command and stays: a lost connection is reported, Ctrl-C
// gives up the wait by opening another connection.
func (s *session) issueInteractive(words []string, repeat int64) {
	select { // a Ctrl-C from before is not meant for this command
	case <-s.interrupt:
	default:
	}
	err := s.issue(words, repeat)
	var code exitCode
	switch {
	case err == nil || errors.As(err, &code):
	case errors.Is(err, errInterrupted):
		s.connect(false)
	default:
		fmt.Fprintf(s.errOut, "Error: %v\n", err)
		s.disconnect()
	}
}

func (s *session) goTo(host, port string) {
	n, err := parsePort(port)
	if err != nil {
		fmt.Fprintln(s.out, err)
		return
	}
	s.opt.host, s.opt.port, s.opt.socket = host, n, ""
	s.help = nil
	s.connect(false)
}

// setPreference runs a :command; from says where it stood.
func (s *session) setPreference(words []string, from string) {
	if !strings.EqualFold(words[0], ":set") || len(words) < 2 {
		fmt.Fprintf(s.out, "%sunknown medley cli internal command '%s'\n", from, words[0])
		return
	}
	switch strings.ToLower(words[1]) {
	case "hints":
		s.hints = true
	case "nohints":
		s.hints = false
	default:
		fmt.Fprintf(s.out, "%sunknown medley cli preference '%s'\n", from, words[1])
	}
}

const waitingText = "Reading messages... (press Ctrl-C to quit or any key to type command)\r"

// awaitMessages prints messages until a key is pressed (or a line comes through
// the pipe) or Ctrl-C ends the subscription. Its error ends the program.
func (s *session) awaitMessages(in input) error {
	key, stop := in.ready()
	defer stop()
	show := func(text string) {
		if s.outTTY && s.opt.format != formatRaw {
			io.WriteString(s.out, text)
		}
	}
	for {
		show(waitingText)
		select {
		case r, ok := <-s.conn.replies:
			show("\x1b[K")
			if err := connError(r.err); err != nil || !ok {
				fmt.Fprintf(s.errOut, "Error: %v\n", errServerClosed)
				return exitCode(1)
			}
			s.print(r.Value, false)
		case <-key:
			show("\x1b[K")
			return nil
		case <-s.interrupt:
			show("\x1b[K")
			return s.connect(false)
		}
	}
}

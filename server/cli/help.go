package cli

import (
	"fmt"
	"io"
	"strings"
)

// loadHelp reads the server's COMMAND DOCS once. It is not sent where it would be
// queued or refused; a server that does not know it leaves the help empty.
func (s *session) loadHelp() {
	if s.help != nil || s.conn == nil || s.inMulti || s.subscribed {
		return
	}
	s.help = &help{}
	v, err := s.conn.do("COMMAND", "DOCS")
	if err != nil {
		s.disconnect()
		return
	}
	s.help = parseHelp(v)
}

// printHelp prints the help on a command, on a group (@string), or on help.
func (s *session) printHelp(words []string) {
	if len(words) == 0 {
		fmt.Fprintf(s.out, `medley cli %s
Help on commands comes from the server:
      "help <command>" describes a command
      "help @<group>" lists the commands of a group
      "help <tab>" goes through the topics
      "<count> <command>" runs a command that many times
      "connect <host> <port>" goes to another server
      "clear" clears the screen, "quit" ends

Preferences, also as lines of ~/.medleyclirc:
      ":set hints" shows what may follow when <tab> is pressed
      ":set nohints" does not
`, version())
		return
	}
	if s.conn == nil {
		s.connect(true)
	}
	s.loadHelp()
	if s.help != nil {
		s.help.print(s.out, words)
	}
	io.WriteString(s.out, "\r\n")
}

func (h *help) print(w io.Writer, words []string) {
	group, isGroup := strings.CutPrefix(words[0], "@")
	for i := range h.commands {
		d := &h.commands[i]
		switch {
		case isGroup && strings.EqualFold(d.group, group):
			d.print(w, false)
		case !isGroup && len(words) <= len(d.words) && equalFold(words, d.words[:len(words)]):
			d.print(w, true)
		}
	}
}

func (d *commandDoc) print(w io.Writer, withGroup bool) {
	fmt.Fprintf(w, "\r\n  \x1b[1m%s\x1b[0m \x1b[90m%s\x1b[0m\r\n", d.name(), syntax(d.args))
	fmt.Fprintf(w, "  \x1b[33msummary:\x1b[0m %s\r\n", d.summary)
	if d.since != "" {
		fmt.Fprintf(w, "  \x1b[33msince:\x1b[0m %s\r\n", d.since)
	}
	if withGroup {
		fmt.Fprintf(w, "  \x1b[33mgroup:\x1b[0m %s\r\n", d.group)
	}
}

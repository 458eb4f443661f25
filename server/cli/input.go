package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/peterh/liner"
	"golang.org/x/term"
)

// An input gives the interactive mode its lines: a terminal with line editing, or
// a pipe.
type input interface {
	// read returns the next line; an error ends the session.
	read(prompt string) (string, error)
	// remember keeps the line in the history; a secret one in memory only.
	remember(line string, secret bool)
	// ready returns a channel that is closed when there is something to read, and
	// a function that stops watching for it.
	ready() (<-chan struct{}, func())
	close()
}

func (s *session) openInput() input {
	if !s.editable {
		return &pipeInput{r: bufio.NewReader(s.in), file: s.in}
	}
	t := &terminalInput{state: liner.NewLiner(), session: s}
	t.history = history{s.dotFile("MEDLEYCLI_HISTFILE", ".medleycli_history")}
	for _, line := range t.history.load() {
		t.state.AppendHistory(line)
	}
	t.state.SetCtrlCAborts(true)
	t.state.SetMultiLineMode(true)
	t.state.SetBeep(false)
	t.state.SetWordCompleter(t.complete)
	return t
}

// A pipeInput reads lines that nobody types: no prompt, no history.
type pipeInput struct {
	r    *bufio.Reader
	file *os.File
}

func (p *pipeInput) read(string) (string, error) {
	line, err := p.r.ReadString('\n')
	if err != nil && line == "" {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func (p *pipeInput) remember(string, bool) {}

func (p *pipeInput) ready() (<-chan struct{}, func()) {
	if p.r.Buffered() > 0 {
		c := make(chan struct{})
		close(c)
		return c, func() {}
	}
	return watch(p.file)
}

func (p *pipeInput) close() {}

// A terminalInput edits lines. Between two prompts the terminal is in the mode
// that liner sets: keys are not echoed and Ctrl-C raises the signal.
type terminalInput struct {
	state   *liner.State
	session *session
	history history
	asked   string // the prompt in use
}

func (t *terminalInput) read(prompt string) (string, error) {
	t.asked = prompt
	line, err := t.state.Prompt(prompt)
	if errors.Is(err, liner.ErrInvalidPrompt) { // a host name with bytes that do not print
		return t.state.Prompt("> ")
	}
	if err == io.EOF {
		fmt.Fprintln(t.session.out)
	}
	return line, err
}

func (t *terminalInput) remember(line string, secret bool) {
	t.state.AppendHistory(line)
	if !secret {
		t.history.add(line)
	}
}

func (t *terminalInput) ready() (<-chan struct{}, func()) { return watch(t.session.in) }

func (t *terminalInput) close() { t.state.Close() }

// complete is called for the Tab key. It completes the word before the cursor;
// where there is nothing to complete it shows, above the line, the syntax of what
// may follow.
func (t *terminalInput) complete(line string, pos int) (head string, list []string, tail string) {
	runes := []rune(line)
	text, tail := string(runes[:pos]), string(runes[pos:])
	h := t.session.help
	if h == nil {
		return text, nil, tail
	}
	list = h.complete(text)
	if len(list) > 1 || len(list) == 1 && list[0] != text {
		return "", list, tail
	}
	if hint := h.hintFor(text); hint != "" && t.session.hints && t.fits(line) {
		// The line above the hint may not be on the screen yet: keys can come fast.
		fmt.Fprintf(t.session.out, "\r\x1b[K%s%s\r\n\x1b[90m%s\x1b[0m\r\n", t.asked, line, hint)
		return text, []string{""}, tail // liner draws the line again
	}
	return text, nil, tail
}

// fits reports whether the edited line takes one row: liner, which does not know
// of the hint, finds the start of a longer one in the wrong place.
func (t *terminalInput) fits(line string) bool {
	columns, _, err := term.GetSize(int(t.session.in.Fd()))
	return err == nil && len(t.asked)+len(line) < columns
}

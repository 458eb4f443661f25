// Package frozen keeps what a server of the field answered to many commands, and holds
// another server to it: replies in RESP2 and RESP3, what went to the journal and
// the key events.
//
// Case scripts say what a command promises, in the words of its documentation.
// These tables say what a server did, in the corners that no documentation has; nobody
// writes an answer, they are recorded.
//
// # The format
//
//	# a comment
//	replies only          effects and events are not kept
//	=== a case            the data set is empty, and the connection new
//	SET k v EX 100        a command: words, or "text" with the escapes of a case script;
//	                      ${rep,x,100} is x a hundred times
//	~ 20                  wait 20 milliseconds
//
// Below its command stands, indented, what came of it:
//
//	2: +OK                the reply
//	3: ...                that in RESP3, where it differs
//	effect: SET k v PXAT now+100s
//	event: set k
//	why: ...              written by hand: Medley answers as the lines below it say
//	want: +OK             in place of all lines above
//
// A time within some days is written as its distance, in seconds.
package frozen

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/conformance/cases"
	"github.com/medleydb/medley/conformance/diff"
	"github.com/medleydb/medley/datatypes"
)

// A Target is a server whose effects and events can be seen.
type Target interface {
	cases.Target
	cases.Recorder
}

// A Table is a file of commands and answers.
type Table struct {
	lines       []*line
	repliesOnly bool
}

type line struct {
	text    string // as in the file, without the indented lines that follow
	command []string
	wait    time.Duration
	opens   bool // a case
	answer  answer
	own     []string // from "why:" on, as in the file
	want    answer   // what own says
}

// answer is what came of a command, line by line as in the file.
type answer []string

// Commands returns how many commands the table has.
func (t *Table) Commands() (n int) {
	for _, l := range t.lines {
		if l.command != nil {
			n++
		}
	}
	return n
}

// Load reads a table.
func Load(file string) (*Table, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	t := &Table{}
	var last *line
	for i, text := range strings.Split(strings.TrimRight(string(data), "\n"), "\n") {
		if rest, indented := strings.CutPrefix(text, "  "); indented && last != nil {
			last.add(rest)
			continue
		}
		l, err := parseLine(text)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
		}
		t.repliesOnly = t.repliesOnly || l.text == repliesOnly
		t.lines = append(t.lines, l)
		last = l
	}
	return t, nil
}

const repliesOnly = "replies only"

func (l *line) add(text string) {
	if l.own == nil && !strings.HasPrefix(text, "why: ") {
		l.answer = append(l.answer, text)
		return
	}
	l.own = append(l.own, text)
	if rest, ok := strings.CutPrefix(text, "want: "); ok {
		l.want = append(l.want, rest)
	}
}

func parseLine(text string) (*line, error) {
	l := &line{text: text}
	switch {
	case text == "" || text[0] == '#' || text == repliesOnly:
	case strings.HasPrefix(text, "=== "):
		l.opens = true
	case strings.HasPrefix(text, "~ "):
		ms, err := strconv.Atoi(text[2:])
		if err != nil {
			return nil, err
		}
		l.wait = time.Duration(ms) * time.Millisecond
	default:
		words, ok := datatypes.SplitWords(nil, []byte(text))
		if !ok {
			return nil, fmt.Errorf("quotes in %q", text)
		}
		for _, w := range words {
			l.command = append(l.command, repeated(string(w)))
		}
	}
	return l, nil
}

var repetition = regexp.MustCompile(`\$\{rep,([^,]+),(\d+)\}`)

// repeated replaces ${rep,x,100} in a word.
func repeated(word string) string {
	return repetition.ReplaceAllStringFunc(word, func(s string) string {
		m := repetition.FindStringSubmatch(s)
		n, _ := strconv.Atoi(m[2])
		return strings.Repeat(m[1], n)
	})
}

// Record plays the table on a server and keeps its answers.
func (t *Table) Record(target Target) error {
	got, err := t.play(target)
	if err != nil {
		return err
	}
	for i, l := range t.lines {
		l.answer = got[i]
	}
	return nil
}

// Compare plays the table on a server and returns a text for each command that was
// answered otherwise. The commands named are not compared.
func (t *Table) Compare(target Target, but ...string) (differences []string, err error) {
	got, err := t.play(target)
	if err != nil {
		return nil, err
	}
	name := ""
	for i, l := range t.lines {
		if l.opens {
			name = l.text
		}
		want := l.answer
		if l.own != nil {
			want = l.want
		}
		if l.command == nil || slices.ContainsFunc(but, func(s string) bool { return strings.EqualFold(s, l.command[0]) }) {
			continue
		}
		if !slices.Equal(got[i], want) {
			differences = append(differences, fmt.Sprintf("%s\n%s\n got   %s\n not   %s", name, l.text,
				strings.Join(got[i], "\n       "), strings.Join(want, "\n       ")))
		}
	}
	return differences, nil
}

// Write writes the table to the file.
func (t *Table) Write(file string) error {
	var b bytes.Buffer
	for _, l := range t.lines {
		b.WriteString(l.text + "\n")
		for _, a := range append(slices.Clone([]string(l.answer)), l.own...) {
			b.WriteString("  " + a + "\n")
		}
	}
	return os.WriteFile(file, b.Bytes(), 0o644)
}

// play runs the table in RESP2 and in RESP3 and joins the answers.
func (t *Table) play(target Target) ([]answer, error) {
	var replies [2][]string
	var seen []answer
	for p := range 2 {
		var err error
		if replies[p], seen, err = t.playProto(target, p+2); err != nil {
			return nil, err
		}
	}
	out := make([]answer, len(t.lines))
	for i, l := range t.lines {
		if l.command == nil {
			continue
		}
		out[i] = answer{"2: " + replies[0][i]}
		if replies[1][i] != replies[0][i] {
			out[i] = append(out[i], "3: "+replies[1][i])
		}
		if !t.repliesOnly {
			out[i] = append(out[i], seen[i]...)
		}
	}
	return out, nil
}

func (t *Table) playProto(target Target, proto int) (replies []string, seen []answer, err error) {
	var c cases.Client
	defer func() {
		if c != nil {
			c.Close()
		}
	}()
	replies, seen = make([]string, len(t.lines)), make([]answer, len(t.lines))
	for i, l := range t.lines {
		time.Sleep(l.wait)
		switch {
		case l.opens:
			if c != nil {
				c.Close()
			}
			if c, err = target.Dial(proto); err != nil {
				return nil, nil, err
			}
			if _, err = c.Do("FLUSHALL"); err == nil {
				_, err = record(target)
			}
		case l.command != nil:
			var v command.Value
			if v, err = c.Do(l.command...); err == nil {
				replies[i] = cases.FormatLine(diff.Settled(l.command, v))
				seen[i], err = record(target)
			}
		}
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", l.text, err)
		}
	}
	return replies, seen, nil
}

// record takes what the target has seen since the last call.
func record(target Target) (answer, error) {
	effects, err := target.TakeEffects()
	if err != nil {
		return nil, err
	}
	events, err := target.TakeEvents()
	if err != nil {
		return nil, err
	}
	var a answer
	now := time.Now().UnixMilli()
	for _, e := range effects {
		if e[0] == "MULTI" || e[0] == "EXEC" {
			continue // that frame what one command did
		}
		words := make([]string, len(e))
		for i, w := range e {
			words[i] = distance(shown(w), now)
		}
		words[0] = strings.ToUpper(words[0])
		if strings.HasPrefix(e[0], "@") {
			words[1] = strings.ToUpper(words[1])
		}
		a = append(a, "effect: "+strings.Join(words, " "))
	}
	for _, e := range events {
		a = append(a, "event: "+shownEvent(e))
	}
	return a, nil
}

// shownEvent writes "set key" or "@1 set key".
func shownEvent(e string) string {
	head := ""
	if strings.HasPrefix(e, "@") {
		db, rest, _ := strings.Cut(e, " ")
		head, e = db+" ", rest
	}
	name, key, _ := strings.Cut(e, " ")
	return head + name + " " + shown(key)
}

// shown writes a word so that it can be told from its neighbours.
func shown(word string) string {
	if len(word) > 100 {
		return fmt.Sprintf("%q+%d", word[:20], len(word)-20)
	}
	if word == "" || strings.ContainsFunc(word, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' }) {
		return strconv.Quote(word)
	}
	return word
}

const someDays = 1e9 // milliseconds

// distance writes a time in Unix milliseconds that is near now as its distance.
func distance(word string, nowMs int64) string {
	ms, err := strconv.ParseInt(word, 10, 64)
	if err != nil || ms < nowMs-someDays || ms > nowMs+someDays {
		return word
	}
	// Rounded to the second: what was asked for is whole seconds, and some
	// milliseconds have passed.
	return fmt.Sprintf("now%+ds", (ms-nowMs+500)/1000)
}

package cases

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// A File is the script of one command.
type File struct {
	Name    string // path
	Command string // upper case, subcommands as CLIENT|ID
	Group   string // string, generic, ...
	Cases   []*Case
}

// A Case is one test: steps on an empty server.
type Case struct {
	Name     string
	Line     int
	requires []term
	needs    []string
	proto    int // 2 or 3 if only one will do
	steps    []*step
	records  bool // has effects or events
}

type stepKind uint8

const (
	sendStep stepKind = iota
	receiveStep
	untilStep
	rawStep
	quietStep
	closeStep
	finallyStep
	effectStep
	eventStep
)

// A step is one thing to do or to check.
type step struct {
	kind    stepKind
	line    int
	conn    string
	args    []argument     // sends
	raw     template       // rawStep
	replies []replyChoice  // receiveStep, untilStep: the first whose condition holds
	records []recordChoice // effectStep, eventStep
}

type replyChoice struct {
	when   condition
	reply  pattern
	keep   string // variable that keeps the reply's text
	source string
}

type recordChoice struct {
	when  condition
	lines []recordLine // none: nothing may have been recorded
}

type recordLine struct {
	words  []argument
	source string
}

// Load reads every .case file below a directory.
func Load(fsys fs.FS, dir string) ([]*File, error) {
	var files []*File
	err := fs.WalkDir(fsys, dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".case" {
			return err
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		f, err := Parse(name, string(text))
		if err == nil {
			files = append(files, f)
		}
		return err
	})
	return files, err
}

// Parse reads a script; name is for messages.
func Parse(name, text string) (*File, error) {
	p := &parser{file: &File{Name: name}}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		p.line = i + 1
		line := strings.TrimSpace(lines[i])
		if line == "" || line[0] == '#' {
			continue
		}
		for isReply(line) && openBrackets(line) && i+1 < len(lines) {
			i++
			line += " " + strings.TrimSpace(lines[i])
		}
		if err := p.read(line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, p.line, err)
		}
	}
	if err := p.finishCase(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if p.file.Command == "" || p.file.Group == "" || len(p.file.Cases) == 0 {
		return nil, fmt.Errorf("%s: needs command:, group: and a case:", name)
	}
	return p.file, nil
}

type parser struct {
	file *File
	line int
	head Case  // tags for every case
	c    *Case // nil in the head
}

func (p *parser) read(line string) error {
	if mark := strings.IndexAny(line, "<>"); mark >= 0 {
		if conn, verb, ok := stepHead(line[:mark]); ok {
			return p.step(conn, verb, line[mark], line[mark+1:])
		}
	}
	key, value, ok := strings.Cut(line, ":")
	if !ok {
		return fmt.Errorf("not a step or a tag: %q", line)
	}
	return p.tag(key, strings.TrimSpace(value))
}

// stepHead reads what stands before > or <: [connection] [verb].
func stepHead(head string) (conn, verb string, ok bool) {
	conn = "a"
	words := strings.Fields(head)
	if len(words) > 2 {
		return "", "", false
	}
	for i, w := range words {
		switch {
		case w == "until" || w == "raw" || w == "quiet" || w == "close" || w == "finally":
			verb = w
		case i == 0 && len(w) == 1 && w[0] >= 'a' && w[0] <= 'z':
			conn = w
		default:
			return "", "", false
		}
	}
	return conn, verb, true
}

func (p *parser) step(conn, verb string, mark byte, rest string) error {
	if p.c == nil {
		return fmt.Errorf("a step before the first case:")
	}
	if mark == '<' {
		if verb != "" {
			return fmt.Errorf("%s does not go with <", verb)
		}
		return p.reply(conn, rest)
	}
	kinds := map[string]stepKind{"": sendStep, "until": untilStep, "raw": rawStep,
		"quiet": quietStep, "close": closeStep, "finally": finallyStep}
	st := &step{kind: kinds[verb], conn: conn, line: p.line}
	words, err := splitWords(rest)
	if err != nil {
		return err
	}
	switch {
	case st.kind == closeStep && len(words) > 0:
		return fmt.Errorf("close> takes no words")
	case st.kind == rawStep:
		if len(words) != 1 || words[0].each != nil {
			return fmt.Errorf("raw> takes one word")
		}
		st.raw = words[0].one
	case st.kind != closeStep && len(words) == 0:
		return fmt.Errorf("a command is missing")
	}
	st.args = words
	p.c.steps = append(p.c.steps, st)
	return nil
}

// reply adds a line to the reply that is being described, or begins one.
func (p *parser) reply(conn, rest string) error {
	choice := replyChoice{source: strings.TrimSpace(rest)}
	if strings.HasPrefix(rest, "[") {
		end := strings.IndexByte(rest, ']')
		if end < 0 {
			return fmt.Errorf("] is missing")
		}
		var err error
		if choice.when, err = parseCondition(rest[1:end]); err != nil {
			return err
		}
		choice.source = strings.TrimSpace(rest[end+1:])
	}
	var err error
	if choice.reply, choice.keep, err = parseReply(choice.source); err != nil {
		return err
	}
	st := p.openReply(conn)
	if st == nil {
		st = &step{kind: receiveStep, conn: conn, line: p.line}
		p.c.steps = append(p.c.steps, st)
	}
	st.replies = append(st.replies, choice)
	return nil
}

// openReply returns the last step if its reply still wants a line: an until>
// without any, or conditional lines without the one for everybody else.
func (p *parser) openReply(conn string) *step {
	if len(p.c.steps) == 0 {
		return nil
	}
	st := p.c.steps[len(p.c.steps)-1]
	if st.conn != conn || st.kind != untilStep && st.kind != receiveStep {
		return nil
	}
	if n := len(st.replies); n == 0 || st.replies[n-1].when != nil {
		return st
	}
	return nil
}

func (p *parser) tag(key, value string) error {
	if kind, cond, ok := recordTag(key); ok {
		return p.record(kind, cond, value)
	}
	tags := &p.head
	if p.c != nil {
		tags = p.c
	}
	switch key {
	case "command":
		p.file.Command = strings.ToUpper(value)
	case "group":
		p.file.Group = value
	case "case":
		if err := p.finishCase(); err != nil {
			return err
		}
		if value == "" {
			return fmt.Errorf("a case needs a name")
		}
		p.c = &Case{Name: value, Line: p.line, requires: p.head.requires, proto: p.head.proto}
		p.c.needs = append(p.c.needs, p.head.needs...)
	case "requires":
		var err error
		if tags.requires, err = parseRequires(value); err != nil {
			return err
		}
	case "needs":
		tags.needs = append(tags.needs, strings.Fields(value)...)
	case "protocol":
		if value != "2" && value != "3" {
			return fmt.Errorf("protocol is 2 or 3")
		}
		tags.proto = int(value[0] - '0')
	default:
		return fmt.Errorf("unknown tag %q", key)
	}
	return nil
}

// recordTag reads effect, event, effect[valkey], ...
func recordTag(key string) (kind stepKind, cond string, ok bool) {
	name, cond, found := strings.Cut(key, "[")
	if found && !strings.HasSuffix(cond, "]") {
		return 0, "", false
	}
	switch name {
	case "effect":
		return effectStep, strings.TrimSuffix(cond, "]"), true
	case "event":
		return eventStep, strings.TrimSuffix(cond, "]"), true
	}
	return 0, "", false
}

func (p *parser) record(kind stepKind, cond, value string) error {
	if p.c == nil {
		return fmt.Errorf("an effect or event before the first case:")
	}
	var when condition
	if cond != "" {
		var err error
		if when, err = parseCondition(cond); err != nil {
			return err
		}
	}
	words, err := splitWords(value)
	if err != nil {
		return err
	}
	if len(words) == 0 {
		return fmt.Errorf("an effect or event, or none, is missing")
	}
	p.c.records = true
	st := p.openRecord(kind)
	if n := len(st.records); n == 0 || fmt.Sprint(st.records[n-1].when) != fmt.Sprint(when) {
		st.records = append(st.records, recordChoice{when: when})
	}
	choice := &st.records[len(st.records)-1]
	if value != "none" {
		choice.lines = append(choice.lines, recordLine{words, value})
	}
	return nil
}

// openRecord returns the effect or event step that follows the last reply; both
// may be open, since their lines may be mixed.
func (p *parser) openRecord(kind stepKind) *step {
	for i := len(p.c.steps) - 1; i >= 0; i-- {
		st := p.c.steps[i]
		if st.kind != effectStep && st.kind != eventStep {
			break
		}
		if st.kind == kind {
			return st
		}
	}
	st := &step{kind: kind, line: p.line}
	p.c.steps = append(p.c.steps, st)
	return st
}

// finishCase checks the case that ends here and adds it to the file.
func (p *parser) finishCase() error {
	if p.c == nil {
		return nil
	}
	waiting := map[string]int{}
	for _, st := range p.c.steps {
		switch st.kind {
		case sendStep:
			waiting[st.conn]++
		case receiveStep:
			waiting[st.conn]--
		}
		if st.kind == untilStep && len(st.replies) == 0 {
			return fmt.Errorf("line %d: until> has no reply", st.line)
		}
		if n := len(st.replies); n > 0 && st.replies[n-1].when != nil {
			return fmt.Errorf("line %d: no reply for everybody else", st.line)
		}
	}
	for conn, n := range waiting {
		if n > 0 {
			return fmt.Errorf("case %q: %d replies on %s are not read", p.c.Name, n, conn)
		}
	}
	p.file.Cases = append(p.file.Cases, p.c)
	return nil
}

func isReply(line string) bool {
	i := strings.IndexByte(line, '<')
	if i < 0 {
		return false
	}
	_, verb, ok := stepHead(line[:i])
	return ok && verb == ""
}

// openBrackets reports whether a bracket is still open outside quotes and
// regular expressions. Whole-line texts have none that count.
func openBrackets(line string) bool {
	body := strings.TrimSpace(line[strings.IndexByte(line, '<')+1:])
	if strings.HasPrefix(body, "[") {
		if end := strings.IndexByte(body, ']'); end >= 0 {
			if _, err := parseCondition(body[1:end]); err == nil {
				body = strings.TrimSpace(body[end+1:])
			}
		}
	}
	if _, ok := wholeLine(body); ok {
		return false
	}
	depth := 0
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '"', '/':
			i = skipQuoted(body, i)
		case '[', '{', '(':
			depth++
		case ']', '}', ')':
			depth--
		}
	}
	return depth > 0
}

func skipQuoted(s string, start int) int {
	for i := start + 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case s[start]:
			return i
		}
	}
	return len(s)
}

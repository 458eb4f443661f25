package upstream

import (
	"regexp"
	"strings"
)

// Output is what one run of a unit printed, as sets of distinct test names. A name can be reported
// more than once (tests in loops): it is in Passed only if it never failed.
type Output struct {
	Passed  map[string]bool
	Failed  map[string]string // name to failure message
	Skipped map[string]string // name to reason
	Hung    string            // the test that was running when the suite's own clock ran out

	// Problems are what cannot be pinned on a test: exceptions that stop the suite, errors of a whole
	// block, timeouts.
	Problems []string

	// Done tells that the suite ran the unit to its end.
	Done bool
}

// A parser reads a suite's output line by line. Its grammar, as the suites print it:
//
//	[ok]: NAME (N ms)
//	[err]: NAME in tests/UNIT.tcl      and then any number of lines of message
//	[err]: MESSAGE                     an error between tests; lines of message follow
//	[skip]: NAME                       or NAME in tests/UNIT.tcl: REASON
//	[ignore]: NAME: REASON             or REASON alone, for a whole block
//	[exception]: MESSAGE               lines follow; the suite stops
//	[TIMEOUT]: ...                     then "CLIENT => (IN PROGRESS) NAME", or (OK), (ERR)
//	[1/1 done]: UNIT (N seconds)
//
// Any line that opens with a bracketed word of this list ends the message before it. After "The End"
// the suite repeats its failures, which must not be read again.
type parser struct {
	out      Output
	message  []string     // lines of the pending message
	deliver  func(string) // where the pending message goes
	timedOut bool
	ended    bool
}

// Status words are matched whole, so that a message line such as "[1] (nil)" stays a message line.
var (
	statusLine = regexp.MustCompile(`^\[(ok|err|skip|ignore|exception|TIMEOUT|ready|testing|\d+/\d+ done)\]: ?(.*)$`)
	okTail     = regexp.MustCompile(`^(.*) \(\d+ ms\)$`)
	errTail    = regexp.MustCompile(`^(.*) in tests/\S+\.tcl$`)
	skipTail   = regexp.MustCompile(`^(.*) in tests/\S+\.tcl(?:: ?(.*))?$`)
	lastReport = regexp.MustCompile(`^\S+ => (\((?:IN PROGRESS|OK|ERR)\)) (.*)$`)
	colour     = regexp.MustCompile("\x1b\\[[0-9;]*m")
)

// ParseOutput reads everything that a run of one unit printed.
func ParseOutput(text string) Output {
	p := newParser()
	for line := range strings.Lines(text) {
		p.line(strings.TrimSuffix(line, "\n"))
	}
	return p.finish()
}

func newParser() *parser {
	return &parser{out: Output{
		Passed:  make(map[string]bool),
		Failed:  make(map[string]string),
		Skipped: make(map[string]string),
	}}
}

func (p *parser) line(line string) {
	if p.ended {
		return
	}
	line = colour.ReplaceAllString(strings.TrimSuffix(line, "\r"), "")
	if m := statusLine.FindStringSubmatch(line); m != nil {
		p.flush()
		p.status(m[1], m[2])
		return
	}
	if m := lastReport.FindStringSubmatch(line); m != nil && p.timedOut {
		if m[1] == "(IN PROGRESS)" {
			p.out.Hung = m[2]
		} else {
			p.problem("it hung between tests, after " + m[2])
		}
		return
	}
	if strings.TrimSpace(line) == "The End" && strings.HasPrefix(line, "    ") {
		p.flush()
		p.ended = true
		return
	}
	if p.deliver != nil {
		p.message = append(p.message, line)
	}
}

func (p *parser) status(word, rest string) {
	switch word {
	case "ok":
		name := rest
		if m := okTail.FindStringSubmatch(rest); m != nil {
			name = m[1]
		}
		p.out.Passed[name] = true
	case "err":
		if m := errTail.FindStringSubmatch(rest); m != nil {
			p.collect("", func(message string) { p.fail(m[1], message) })
			return
		}
		p.collect(rest, func(message string) { p.problem("error between tests: " + betweenTests(message)) })
	case "skip", "ignore":
		p.skip(rest)
	case "exception":
		p.collect("the suite stopped: "+rest, p.problem)
	case "TIMEOUT":
		p.timedOut = true
		p.problem("the suite stopped: no progress")
	case "ready", "testing":
	default:
		p.out.Done = true
	}
}

// betweenTests mends the message of an error between tests. The suite takes it for a failed assertion and cuts
// that prefix's length off its first line, but the stack that follows opens with the whole of it.
func betweenTests(message string) string {
	if cut, whole, ok := strings.Cut(message, "\n"); ok && strings.HasSuffix(firstLine(whole), cut) {
		return whole
	}
	return message
}

// skip reads the forms of [skip] and [ignore]. "NAME: REASON" cannot be told from a name with a colon:
// the reason is what follows the last one, and both readings are kept, as this only explains why a
// test is missing.
func (p *parser) skip(rest string) {
	if m := skipTail.FindStringSubmatch(rest); m != nil {
		p.out.Skipped[m[1]] = m[2]
		return
	}
	p.out.Skipped[rest] = ""
	if i := strings.LastIndex(rest, ": "); i >= 0 {
		p.out.Skipped[rest[:i]] = rest[i+2:]
	}
	// A reason with a colon of its own: "NAME: Tag: slow denied".
	if i := strings.LastIndex(rest, ": Tag: "); i >= 0 {
		p.out.Skipped[rest[:i]] = rest[i+2:]
	}
}

func (p *parser) collect(first string, deliver func(string)) {
	p.message = p.message[:0]
	if first != "" {
		p.message = append(p.message, first)
	}
	p.deliver = deliver
}

func (p *parser) flush() {
	if p.deliver == nil {
		return
	}
	p.deliver(strings.TrimSpace(strings.Join(p.message, "\n")))
	p.deliver = nil
}

// fail keeps the first message of a name: later ones are mostly consequences.
func (p *parser) fail(name, message string) {
	if _, ok := p.out.Failed[name]; !ok {
		p.out.Failed[name] = message
	}
}

func (p *parser) problem(message string) { p.out.Problems = append(p.out.Problems, message) }

// finish closes the last message and settles names that were reported both ways.
func (p *parser) finish() Output {
	p.flush()
	if p.out.Hung != "" {
		p.fail(p.out.Hung, "hung")
	}
	for name := range p.out.Failed {
		delete(p.out.Passed, name)
	}
	return p.out
}

package upstream

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// An Exception is a test that the server does not mean to pass, or a whole unit when Test is "*".
type Exception struct {
	Suite, Unit, Test string
	Reason            string // needs:CAPABILITY or contradicts:SUITE, the other one
	Skipped           bool   // it is not run: what it leaves behind stops the unit
	Line              int    // where it stands, for error messages
}

// wholeUnit is the Test of an exception for every test of a unit. No test has this name.
const wholeUnit = "*"

// Exceptions is a checked list of exceptions. The zero value is the empty list.
type Exceptions struct {
	byTest map[testID]Exception
}

type testID struct{ suite, unit, test string }

var reasonForm = regexp.MustCompile(`^(needs:[a-z0-9]+(-[a-z0-9]+)*|contradicts:(redis|valkey))$`)

// LoadExceptions reads a list of exceptions from a file; its format stands in ParseExceptions.
func LoadExceptions(path string) (*Exceptions, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	list, err := ParseExceptions(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return list, nil
}

// ParseExceptions reads one exception a line:
//
//	SUITE UNIT REASON "TEST NAME"   # comment
//	SUITE UNIT REASON *             # comment
//
// A comment that begins with "skipped:" keeps the test from being run.
//
// The name is a Go string literal: some upstream names end in a space, which an editor would take away.
// Entries may not repeat, and a unit is excepted either whole or by name.
func ParseExceptions(r io.Reader) (*Exceptions, error) {
	list := &Exceptions{byTest: make(map[testID]Exception)}
	scanner := bufio.NewScanner(r)
	for n := 1; scanner.Scan(); n++ {
		line := strings.TrimSpace(scanner.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		e, err := parseException(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		e.Line, e.Skipped = n, strings.Contains(line, "# skipped:")
		id := testID{e.Suite, e.Unit, e.Test}
		if first, ok := list.byTest[id]; ok {
			return nil, fmt.Errorf("line %d: repeats line %d", n, first.Line)
		}
		list.byTest[id] = e
	}
	if err := scanner.Err(); err != nil {
		return nil, err
	}
	for id, e := range list.byTest {
		whole, ok := list.byTest[testID{id.suite, id.unit, wholeUnit}]
		if ok && id.test != wholeUnit {
			return nil, fmt.Errorf("line %d: line %d excepts the whole unit already", e.Line, whole.Line)
		}
	}
	return list, nil
}

// Skipped returns the names of the tests of a unit that are not run.
func (l *Exceptions) Skipped(suite, unit string) (names []string) {
	if l == nil {
		return nil
	}
	for id, e := range l.byTest {
		if e.Skipped && id.suite == suite && id.unit == unit {
			names = append(names, id.test)
		}
	}
	slices.Sort(names)
	return names
}

func parseException(line string) (Exception, error) {
	var e Exception
	rest := line
	for _, field := range []*string{&e.Suite, &e.Unit, &e.Reason} {
		word, tail, found := strings.Cut(rest, " ")
		if !found {
			return e, fmt.Errorf(`want: SUITE UNIT REASON "TEST NAME"`)
		}
		*field, rest = word, strings.TrimLeft(tail, " ")
	}
	if _, err := manifestFile(e.Suite); err != nil {
		return e, err
	}
	if !reasonForm.MatchString(e.Reason) || e.Reason == "contradicts:"+e.Suite {
		return e, fmt.Errorf("reason %q: want needs:CAPABILITY, or contradicts: and the other suite", e.Reason)
	}
	if tail, ok := strings.CutPrefix(rest, wholeUnit); ok {
		e.Test, rest = wholeUnit, tail
	} else {
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil {
			return e, fmt.Errorf("test name %s: want a string literal or *", rest)
		}
		if e.Test, err = strconv.Unquote(quoted); err != nil {
			return e, fmt.Errorf("test name %s: %w", quoted, err)
		}
		rest = rest[len(quoted):]
	}
	if rest = strings.TrimSpace(rest); rest != "" && rest[0] != '#' {
		return e, fmt.Errorf("after the test name: want a # comment or nothing, not %q", rest)
	}
	return e, nil
}

// Reason returns why a test is excepted; false when it is not.
func (l *Exceptions) Reason(suite, unit, test string) (string, bool) {
	if e, ok := l.byTest[testID{suite, unit, test}]; ok {
		return e.Reason, true
	}
	e, ok := l.byTest[testID{suite, unit, wholeUnit}]
	return e.Reason, ok
}

// Check reports the first entry for the manifest's suite that names nothing in it: a renamed test
// would otherwise leave its exception behind unseen.
func (l *Exceptions) Check(m *Manifest) error {
	listed := make(map[testID]bool)
	for _, unit := range m.Units() {
		listed[testID{m.Suite, unit, wholeUnit}] = true
		for _, test := range m.Tests(unit) {
			listed[testID{m.Suite, unit, test}] = true
		}
	}
	var stale *Exception
	for id, e := range l.byTest {
		if id.suite == m.Suite && !listed[id] && (stale == nil || e.Line < stale.Line) {
			stale = &e
		}
	}
	if stale != nil {
		return fmt.Errorf("exceptions line %d: the manifest of %s has no %s %q",
			stale.Line, stale.Suite, stale.Unit, stale.Test)
	}
	return nil
}

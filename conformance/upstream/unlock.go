package upstream

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Some units mark whole blocks of tests "external:skip", and the manifest lists tests of these blocks
// all the same: they pass against a fresh server at host:port, since they need no more than that. A
// block is unlocked, which means that the mark is taken out of its head, when the manifest lists a test in it. All
// other blocks stay locked: they bring configuration that only a start of the server can set, or a
// second server, and would stop the unit with an exception or a hang. So do marks on a single test.

const skipMark = "external:skip"

var (
	blockHead = regexp.MustCompile(`^(start_server|tags)\b`)
	testName  = regexp.MustCompile(`^\s*test (?:\{(.*?)\}|"(.*?)") `)
	tclSubst  = regexp.MustCompile(`\$\{?[\w:]+\}?|\\?\[[^\]]*\]|\\.`)
)

// unlockUnit unlocks blocks in the sandbox's copy of a unit.
func (b *sandbox) unlockUnit(unit string, listed []string) error {
	path := filepath.Join(b.suite, "tests", filepath.FromSlash(unit)+".tcl")
	source, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(unlock(string(source), listed)), 0o644)
}

// unlock takes the mark from the head of each top-level block that holds a listed test.
func unlock(source string, listed []string) string {
	lines := strings.SplitAfter(source, "\n")
	for start, line := range lines {
		if !blockHead.MatchString(line) || !strings.Contains(line, skipMark) {
			continue
		}
		if holdsListed(lines[start:blockEnd(lines, start)], listed) {
			lines[start] = strings.ReplaceAll(line, skipMark, "")
		}
	}
	return strings.Join(lines, "")
}

// blockEnd finds the line after a top-level block, whose closing brace stands at the start of a line. A
// "tags" block whose body is not indented is one that spans the file: there the braces tell nothing.
func blockEnd(lines []string, start int) int {
	body := lines[start+1:]
	spansFile := strings.HasPrefix(lines[start], "tags") && !indented(body)
	for i, line := range body {
		if !spansFile && strings.HasPrefix(line, "}") {
			return start + 1 + i + 1
		}
	}
	return len(lines)
}

// indented tells whether the first line with something on it is indented.
func indented(lines []string) bool {
	for _, line := range lines {
		if strings.TrimSpace(line) != "" {
			return line[0] == ' ' || line[0] == '\t'
		}
	}
	return false
}

func holdsListed(block, listed []string) bool {
	for _, line := range block {
		m := testName.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		name := namePattern(m[1] + m[2])
		for _, test := range listed {
			if name.MatchString(test) {
				return true
			}
		}
	}
	return false
}

// namePattern turns a test's name as the source writes it into a pattern for the names that it can
// have when it runs.
func namePattern(written string) *regexp.Regexp {
	pattern := "^"
	for {
		at := tclSubst.FindStringIndex(written)
		if at == nil {
			break
		}
		pattern += regexp.QuoteMeta(written[:at[0]]) + ".*"
		written = written[at[1]:]
	}
	return regexp.MustCompile(pattern + regexp.QuoteMeta(written) + "$")
}

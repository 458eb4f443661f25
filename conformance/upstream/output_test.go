package upstream

import (
	"slices"
	"strings"
	"testing"
)

// recorded is an output in the suites' grammar with the cases that are easy to read wrong: names that repeat,
// names that end in a space or hold " in ", messages of many lines that look like status lines, and
// failures repeated after the end.
const recorded = `Starting test server at port 21079
[ready]: 4711
Testing unit/sample
[ok]: plain (0 ms)
[ok]: ends in a space  (12 ms)
[ok]: looped (1 ms)
[err]: looped in tests/unit/sample.tcl
Expected '1' to equal or match '2'
[ok]: looped (1 ms)
` + "[\x1b[0;32;49mok\x1b[0m]: coloured (3 ms)" + `
[err]: found in the middle in tests/unit/sample.tcl
first line
[1] (nil)
    indented line
[ignore]: guarded: with a colon: Not supported on external server
[ignore]: tagged: Tag: slow denied
[ignore]: Not supported on external server
[skip]: left out in tests/unit/sample.tcl: too little memory
[err]: NOAUTH first
ERR NOAUTH first
    while executing
[1/1 done]: unit/sample (2 seconds)

                   The End

!!! WARNING The following tests failed:

*** [err]: looped in tests/unit/sample.tcl
[err]: not to be read again in tests/unit/sample.tcl
`

func TestParseOutputReadsEveryStatus(t *testing.T) {
	out := ParseOutput(recorded)

	var passed []string
	for name := range out.Passed {
		passed = append(passed, name)
	}
	slices.Sort(passed)
	if want := []string{"coloured", "ends in a space ", "plain"}; !slices.Equal(passed, want) {
		t.Errorf("passed %q, want %q: a name that failed once has not passed", passed, want)
	}
	if len(out.Failed) != 2 {
		t.Errorf("failed %q, want looped and found in the middle", out.Failed)
	}
	if got, want := out.Failed["looped"], "Expected '1' to equal or match '2'"; got != want {
		t.Errorf("message of looped: %q, want %q", got, want)
	}
	if got, want := out.Failed["found in the middle"], "first line\n[1] (nil)\n    indented line"; got != want {
		t.Errorf("message of found in the middle: %q, want %q", got, want)
	}
	for name, want := range map[string]string{
		"guarded: with a colon": "Not supported on external server",
		"tagged":                "Tag: slow denied",
		"left out":              "too little memory",
	} {
		if got, ok := out.Skipped[name]; !ok || got != want {
			t.Errorf("skipped %q: %q %v, want %q", name, got, ok, want)
		}
	}
	if !out.Done || out.Hung != "" {
		t.Errorf("done %v, hung %q, want a unit that ran to its end", out.Done, out.Hung)
	}
	if len(out.Problems) != 1 || !strings.HasPrefix(out.Problems[0], "error between tests: ") {
		t.Errorf("problems %q, want the one error between tests", out.Problems)
	}
}

// The suite cuts ten characters off an error between tests; the stack below it has all of them.
func TestParseOutputMendsErrorBetweenTests(t *testing.T) {
	out := ParseOutput("[err]: hentication required.\nNOAUTH Authentication required.\n    while executing\n")
	want := "error between tests: NOAUTH Authentication required.\n    while executing"
	if len(out.Problems) != 1 || out.Problems[0] != want {
		t.Errorf("problems %q, want %q", out.Problems, want)
	}
}

func TestParseOutputNamesTheHungTest(t *testing.T) {
	out := ParseOutput(`[ok]: before (0 ms)
[TIMEOUT]: clients state report follows.
sock55 => (IN PROGRESS) waits for ever
`)
	if out.Hung != "waits for ever" || out.Failed["waits for ever"] != "hung" || out.Done {
		t.Errorf("hung %q, failed %q, done %v, want the test in progress", out.Hung, out.Failed, out.Done)
	}

	out = ParseOutput("[TIMEOUT]: clients state report follows.\nsock55 => (OK) before\n")
	if out.Hung != "" || !slices.Contains(out.Problems, "it hung between tests, after before") {
		t.Errorf("hung %q, problems %q, want a hang between tests", out.Hung, out.Problems)
	}
}

func TestParseOutputKeepsTheException(t *testing.T) {
	out := ParseOutput("[ok]: before (0 ms)\n[exception]: Executing test client: broken.\nstack\n")
	if len(out.Problems) != 1 || out.Problems[0] != "the suite stopped: Executing test client: broken.\nstack" {
		t.Errorf("problems %q, want the exception with its stack", out.Problems)
	}
	if out.Done || !out.Passed["before"] {
		t.Errorf("done %v, passed %v: what ran before the exception counts", out.Done, out.Passed)
	}
}

// A run that is killed can end in the middle of a line.
func TestParseOutputSurvivesATornEnd(t *testing.T) {
	for cut := range len(recorded) {
		ParseOutput(recorded[:cut])
	}
}

package upstream

import "time"

// A UnitRun is what happened when one unit ran.
type UnitRun struct {
	Suite, Unit string
	Output      Output
	Elapsed     time.Duration

	// Stopped tells why the harness ended the run before the suite did; empty when it did not.
	Stopped string

	// ServerDied tells how the server ended by itself; empty when it lived to the end.
	ServerDied string
}

// A Failure is a listed test that failed, with the suite's message.
type Failure struct {
	Test    string `json:"test"`
	Message string `json:"message"`
}

// A Missing is a listed test that was never reported, with what is known of the reason.
type Missing struct {
	Test string `json:"test"`
	Why  string `json:"why,omitempty"`
}

// An Excepted is a test of the exceptions list.
type Excepted struct {
	Test   string `json:"test"`
	Reason string `json:"reason"`
}

// A UnitGrade sets one run against the manifest and the exceptions. Every listed test stands in
// exactly one of OK, Failed, Missing, Excepted and UnexpectedPasses.
type UnitGrade struct {
	Suite    string     `json:"suite"`
	Unit     string     `json:"unit"`
	Listed   int        `json:"listed"`
	OK       []string   `json:"ok"`
	Failed   []Failure  `json:"failed"`
	Missing  []Missing  `json:"missing"`
	Excepted []Excepted `json:"excepted"`

	// UnexpectedPasses are excepted tests that pass: their entry must go.
	UnexpectedPasses []Excepted `json:"unexpectedPasses"`

	// Problems are what stopped or disturbed the run: a dead server, a clock, an exception.
	Problems []string `json:"problems"`
	Seconds  float64  `json:"seconds"`
}

// Grade sets a run against what the manifest lists for its unit. Tests that the manifest does not list
// are not counted, whatever they did.
func Grade(run UnitRun, m *Manifest, exceptions *Exceptions) UnitGrade {
	tests := m.Tests(run.Unit)
	g := UnitGrade{
		Suite:            run.Suite,
		Unit:             run.Unit,
		Listed:           len(tests),
		OK:               []string{},
		Failed:           []Failure{},
		Missing:          []Missing{},
		Excepted:         []Excepted{},
		UnexpectedPasses: []Excepted{},
		Problems:         problems(run),
		Seconds:          run.Elapsed.Round(time.Millisecond).Seconds(),
	}
	for _, test := range tests {
		passed := run.Output.Passed[test]
		reason, excepted := exceptions.Reason(run.Suite, run.Unit, test)
		message, failed := run.Output.Failed[test]
		switch {
		case excepted && passed:
			g.UnexpectedPasses = append(g.UnexpectedPasses, Excepted{test, reason})
		case excepted:
			g.Excepted = append(g.Excepted, Excepted{test, reason})
		case passed:
			g.OK = append(g.OK, test)
		case failed:
			g.Failed = append(g.Failed, Failure{test, message})
		default:
			g.Missing = append(g.Missing, Missing{test, whyMissing(run, test)})
		}
	}
	return g
}

func problems(run UnitRun) []string {
	all := []string{}
	if run.ServerDied != "" {
		all = append(all, "the server died: "+run.ServerDied)
	}
	if run.Stopped != "" {
		all = append(all, run.Stopped)
	}
	return append(all, run.Output.Problems...)
}

func whyMissing(run UnitRun, test string) string {
	if reason, ok := run.Output.Skipped[test]; ok {
		if reason == "" {
			return "skipped"
		}
		return "skipped: " + reason
	}
	if !run.Output.Done {
		return "the unit did not run to its end"
	}
	return ""
}

// A Score sums grades up. Its percentage is over listed tests without the excepted ones.
type Score struct {
	Listed           int     `json:"listed"`
	OK               int     `json:"ok"`
	Failed           int     `json:"failed"`
	Missing          int     `json:"missing"`
	Excepted         int     `json:"excepted"`
	UnexpectedPasses int     `json:"unexpectedPasses"`
	Percent          float64 `json:"percent"`
}

// Sum adds up the grades of one suite, or of all when suite is empty.
func Sum(grades []UnitGrade, suite string) Score {
	var s Score
	for _, g := range grades {
		if suite != "" && g.Suite != suite {
			continue
		}
		s.Listed += g.Listed
		s.OK += len(g.OK)
		s.Failed += len(g.Failed)
		s.Missing += len(g.Missing)
		s.Excepted += len(g.Excepted)
		s.UnexpectedPasses += len(g.UnexpectedPasses)
	}
	s.Percent = percent(s.OK, s.OK+s.Failed+s.Missing)
	return s
}

// percent is 100 for an empty whole: a unit that is excepted as a whole has failed nothing.
func percent(part, whole int) float64 {
	if whole == 0 {
		return 100
	}
	return 100 * float64(part) / float64(whole)
}

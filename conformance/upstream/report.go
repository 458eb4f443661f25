package upstream

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
)

// A Report is the result of a whole selection of units.
type Report struct {
	Units  []UnitGrade      `json:"units"`
	Suites map[string]Score `json:"suites"`
	Total  Score            `json:"total"`
	Min    float64          `json:"min"` // the percentage that the selection must reach
	Red    bool             `json:"red"`
}

// NewReport sums the grades up and judges them: a report is red below min percent, or with an excepted
// test that passes.
func NewReport(grades []UnitGrade, min float64) Report {
	r := Report{Units: grades, Suites: make(map[string]Score), Total: Sum(grades, ""), Min: min}
	for _, g := range grades {
		if _, ok := r.Suites[g.Suite]; !ok {
			r.Suites[g.Suite] = Sum(grades, g.Suite)
		}
	}
	r.Red = r.Total.Percent < min || r.Total.UnexpectedPasses > 0
	return r
}

// WriteJSON writes the report for machines.
func (r Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", " ")
	enc.SetEscapeHTML(false)
	return enc.Encode(r)
}

// Detail is how much WriteText says about each test that is not OK.
type Detail int

const (
	// Numbers gives the counts only.
	Numbers Detail = iota
	// Names adds the name of each failed and missing test.
	Names
	// Messages adds the suite's message for each.
	Messages
)

// WriteText writes the report for people.
func (r Report) WriteText(w io.Writer, detail Detail) error {
	out := bufio.NewWriter(w)
	if detail > Numbers {
		for _, g := range r.Units {
			writeTests(out, g, detail)
		}
	}
	r.writeTable(out)
	writeUnexpected(out, r.Units)
	r.writeVerdict(out)
	return out.Flush()
}

func writeTests(out *bufio.Writer, g UnitGrade, detail Detail) {
	if len(g.Failed)+len(g.Missing)+len(g.Problems) == 0 {
		return
	}
	fmt.Fprintf(out, "%s %s\n", g.Suite, g.Unit)
	for _, problem := range g.Problems {
		fmt.Fprintf(out, "  ! %s\n", shorten(problem, detail, "    "))
	}
	for _, f := range g.Failed {
		fmt.Fprintf(out, "  failed   %s\n", f.Test)
		if detail == Messages && f.Message != "" {
			fmt.Fprintf(out, "           %s\n", indent(printable(f.Message), "           "))
		}
	}
	// Nothing is learnt from the names when nothing ran.
	if detail < Messages && len(g.Missing) > 3 && len(g.OK)+len(g.Failed) == 0 {
		fmt.Fprintf(out, "  missing  all %d\n", len(g.Missing))
	} else {
		for _, m := range g.Missing {
			fmt.Fprintf(out, "  missing  %s%s\n", m.Test, prefixed(" -- ", m.Why))
		}
	}
	out.WriteByte('\n')
}

func (r Report) writeTable(out *bufio.Writer) {
	const row = "%-34s %6v %6v %7v %8v %7v %8v\n"
	fmt.Fprintf(out, row, "", "ok", "failed", "missing", "excepted", "percent", "seconds")
	for _, g := range r.Units {
		s := Sum([]UnitGrade{g}, "")
		mark := ""
		if len(g.Problems) > 0 {
			mark = "  !"
		}
		fmt.Fprintf(out, strings.TrimSuffix(row, "\n")+"%s\n", g.Suite+" "+g.Unit, s.OK, s.Failed, s.Missing,
			s.Excepted+s.UnexpectedPasses, fmt.Sprintf("%.1f", s.Percent), fmt.Sprintf("%.1f", g.Seconds), mark)
	}
	for _, suite := range []string{Redis, Valkey} {
		if s, ok := r.Suites[suite]; ok {
			writeScore(out, row, "all of "+suite, s)
		}
	}
	if len(r.Suites) > 1 {
		writeScore(out, row, "all", r.Total)
	}
}

func writeScore(out *bufio.Writer, row, name string, s Score) {
	fmt.Fprintf(out, row, name, s.OK, s.Failed, s.Missing, s.Excepted+s.UnexpectedPasses,
		fmt.Sprintf("%.1f", s.Percent), "")
}

func writeUnexpected(out *bufio.Writer, grades []UnitGrade) {
	for _, g := range grades {
		for _, e := range g.UnexpectedPasses {
			fmt.Fprintf(out, "passes, but is excepted (%s): %s %s %s\n", e.Reason, g.Suite, g.Unit, strconv.Quote(e.Test))
		}
	}
}

func (r Report) writeVerdict(out *bufio.Writer) {
	verdict := "green"
	switch {
	case r.Total.UnexpectedPasses > 0 && r.Total.Percent < r.Min:
		verdict = "red: too few pass, and excepted tests pass"
	case r.Total.UnexpectedPasses > 0:
		verdict = "red: excepted tests pass; take them off the list"
	case r.Red:
		verdict = "red: too few pass"
	}
	counted := r.Total.Listed - r.Total.Excepted - r.Total.UnexpectedPasses
	fmt.Fprintf(out, "%d of %d tests pass, %.2f%% (wanted %g%%; %d listed, %d excepted): %s\n", r.Total.OK, counted,
		r.Total.Percent, r.Min, r.Total.Listed, r.Total.Excepted+r.Total.UnexpectedPasses, verdict)
}

// WriteSuggestions writes what failed or is missing as lines for the list of exceptions, the message
// beside each. The reason is left open in a form that the list refuses: it takes a person to give it.
func (r Report) WriteSuggestions(w io.Writer) error {
	out := bufio.NewWriter(w)
	for _, g := range r.Units {
		if len(g.Failed)+len(g.Missing) == 0 {
			continue
		}
		for _, problem := range g.Problems {
			fmt.Fprintf(out, "# %s %s: %s\n", g.Suite, g.Unit, firstLine(problem))
		}
		if len(g.Failed)+len(g.Missing) == g.Listed {
			fmt.Fprintf(out, "%s %s needs:? *  # none of %d pass\n", g.Suite, g.Unit, g.Listed)
		}
		for _, f := range g.Failed {
			writeSuggestion(out, g, f.Test, "failed: "+f.Message)
		}
		for _, m := range g.Missing {
			writeSuggestion(out, g, m.Test, "missing"+prefixed(": ", m.Why))
		}
	}
	return out.Flush()
}

func writeSuggestion(out *bufio.Writer, g UnitGrade, test, why string) {
	fmt.Fprintf(out, "%s %s needs:? %s  # %s\n", g.Suite, g.Unit, strconv.Quote(test), oneLine(why))
}

// shorten keeps the first line of a text unless messages were asked for.
func shorten(text string, detail Detail, margin string) string {
	if detail < Messages {
		return firstLine(text)
	}
	return indent(text, margin)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// printable escapes control bytes: messages quote values, and a zero byte makes tools take the whole
// report for binary.
func printable(text string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			fmt.Fprintf(&b, "\\x%02x", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// oneLine puts a message on one line of bounded length, for a comment.
func oneLine(text string) string {
	const limit = 200
	text = strings.Join(strings.Fields(printable(text)), " ")
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "..."
	}
	return text
}

func indent(text, margin string) string { return strings.ReplaceAll(text, "\n", "\n"+margin) }

func prefixed(prefix, text string) string {
	if text == "" {
		return ""
	}
	return prefix + text
}

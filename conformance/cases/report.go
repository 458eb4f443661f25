package cases

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A Status is how a case went.
type Status string

// Missing is a failure whose reason is that the server lacks the command.
const (
	Pass    Status = "pass"
	Fail    Status = "fail"
	Missing Status = "missing"
	Skip    Status = "skip"
)

// A Result is one case's.
type Result struct {
	Command string `json:"command"`
	Group   string `json:"group"`
	Case    string `json:"case"`
	File    string `json:"file"`
	Line    int    `json:"line"` // of the step that failed
	Status  Status `json:"status"`
	Detail  string `json:"detail,omitempty"` // why it failed or was skipped
	Micros  int64  `json:"micros"`           // microseconds
}

// A Report is all results of one run.
type Report struct {
	Peer    Peer     `json:"peer"`
	Proto   int      `json:"proto"`
	Results []Result `json:"results"`
}

// A Tally counts cases by status.
type Tally struct {
	Pass    int `json:"pass"`
	Fail    int `json:"fail"`
	Missing int `json:"missing"`
	Skip    int `json:"skip"`
}

func (t *Tally) add(s Status) {
	switch s {
	case Pass:
		t.Pass++
	case Fail:
		t.Fail++
	case Missing:
		t.Missing++
	case Skip:
		t.Skip++
	}
}

// Bad reports whether a case failed or a command was missing.
func (t Tally) Bad() bool { return t.Fail+t.Missing > 0 }

// Total counts the whole run.
func (r *Report) Total() Tally {
	var t Tally
	for _, res := range r.Results {
		t.add(res.Status)
	}
	return t
}

// A Line of a report is the tally of a command, or of a group where Command is empty.
type Line struct {
	Group   string `json:"group"`
	Command string `json:"command,omitempty"`
	Tally
}

// Lines returns a line for each group, followed by one for each of its commands.
func (r *Report) Lines() []Line {
	var lines []Line
	at := map[[2]string]int{}
	for _, res := range r.Results {
		for _, key := range [][2]string{{res.Group}, {res.Group, res.Command}} {
			i, ok := at[key]
			if !ok {
				i = len(lines)
				at[key] = i
				lines = append(lines, Line{Group: key[0], Command: key[1]})
			}
			lines[i].add(res.Status)
		}
	}
	slices.SortStableFunc(lines, func(a, b Line) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Command, b.Command))
	})
	return lines
}

// WriteText prints the report for people: groups, commands, and what went wrong.
func (r *Report) WriteText(w io.Writer) {
	fmt.Fprintf(w, "%s, RESP%d\n\n", r.Peer, r.Proto)
	fmt.Fprintf(w, "%-28s %6s %6s %8s %8s\n", "", "pass", "fail", "missing", "skipped")
	for _, l := range r.Lines() {
		name := "  " + l.Command
		if l.Command == "" {
			name = l.Group
		}
		fmt.Fprintf(w, "%-28s %6d %6s %8s %8s\n", name, l.Pass, orDot(l.Fail), orDot(l.Missing), orDot(l.Skip))
	}
	t := r.Total()
	fmt.Fprintf(w, "%-28s %6d %6s %8s %8s\n", "all", t.Pass, orDot(t.Fail), orDot(t.Missing), orDot(t.Skip))
	for _, res := range r.Results {
		if res.Status == Fail {
			fmt.Fprintf(w, "\n%s\n", res)
		}
	}
}

// String tells where and why a case failed.
func (r Result) String() string {
	return fmt.Sprintf("%s:%d: %s: %s", r.File, r.Line, r.Case, strings.TrimSpace(r.Detail))
}

func orDot(n int) string {
	if n == 0 {
		return "."
	}
	return fmt.Sprint(n)
}

// WriteJSON prints reports for programs: an array of peer, proto, lines and results.
func WriteJSON(w io.Writer, reports ...*Report) error {
	type out struct {
		*Report
		Total Tally  `json:"total"`
		Lines []Line `json:"lines"`
	}
	all := make([]out, len(reports))
	for i, r := range reports {
		all[i] = out{r, r.Total(), r.Lines()}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(all)
}

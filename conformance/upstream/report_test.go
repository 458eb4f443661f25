package upstream

import (
	"encoding/json"
	"strings"
	"testing"
)

func gradeSample(t *testing.T, exceptions, output string) UnitGrade {
	t.Helper()
	list, err := ParseExceptions(strings.NewReader(exceptions))
	if err != nil {
		t.Fatal(err)
	}
	return Grade(UnitRun{Suite: Redis, Unit: "unit/a", Output: ParseOutput(output)}, parseSample(t), list)
}

func TestGradePutsEachListedTestInOnePlace(t *testing.T) {
	g := gradeSample(t, "", "[ok]: one (0 ms)\n[ok]: not listed (0 ms)\n[err]: two  in tests/unit/a.tcl\nwhy\n")
	if len(g.OK) != 1 || len(g.Failed) != 1 || len(g.Missing) != 1 || g.Listed != 3 {
		t.Fatalf("grade %+v, want one ok, one failed, one missing", g)
	}
	if g.Failed[0] != (Failure{"two ", "why"}) {
		t.Errorf("failed %q", g.Failed)
	}
	if g.Missing[0] != (Missing{`say "three"`, "the unit did not run to its end"}) {
		t.Errorf("missing %q", g.Missing)
	}
}

func TestExceptedTestsLeaveTheDenominator(t *testing.T) {
	g := gradeSample(t, `redis unit/a needs:x "two "`, "[ok]: one (0 ms)\n[err]: two  in tests/unit/a.tcl\nwhy\n")
	r := NewReport([]UnitGrade{g}, 50)
	if r.Total.Percent != 50 || r.Total.Excepted != 1 || r.Red {
		t.Errorf("total %+v, red %v, want 1 of 2 and green at 50", r.Total, r.Red)
	}
	if r := NewReport([]UnitGrade{g}, 50.1); !r.Red {
		t.Error("below the wanted percentage must be red")
	}
}

func TestExceptedTestThatPassesMakesTheRunRed(t *testing.T) {
	for _, exceptions := range []string{`redis unit/a needs:x "one"`, `redis unit/a needs:x *`} {
		g := gradeSample(t, exceptions, "[ok]: one (0 ms)\n")
		r := NewReport([]UnitGrade{g}, 0)
		if !r.Red || r.Total.UnexpectedPasses != 1 {
			t.Errorf("%s: total %+v, red %v, want the pass reported", exceptions, r.Total, r.Red)
		}
		var text strings.Builder
		if err := r.WriteText(&text, Names); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(text.String(), `passes, but is excepted (needs:x): redis unit/a "one"`) {
			t.Errorf("%s: the report does not name the test:\n%s", exceptions, &text)
		}
	}
}

func TestReportSaysWhatStoppedAUnit(t *testing.T) {
	run := UnitRun{Suite: Redis, Unit: "unit/a", ServerDied: "exit status 2; its log ends:\nboom", Stopped: "stopped: no server any more"}
	r := NewReport([]UnitGrade{Grade(run, parseSample(t), &Exceptions{})}, 95)
	var text strings.Builder
	if err := r.WriteText(&text, Messages); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"the server died: exit status 2", "boom", "stopped: no server any more", "red: too few pass"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in the report:\n%s", want, &text)
		}
	}
}

// A suggestion must not become an exception without a person: the list refuses its open reason. With
// a reason filled in it must be one.
func TestSuggestionsNeedAReason(t *testing.T) {
	g := gradeSample(t, "", "[ok]: one (0 ms)\n[err]: two  in tests/unit/a.tcl\nwhy # so\nmore\n")
	var text strings.Builder
	if err := NewReport([]UnitGrade{g}, 95).WriteSuggestions(&text); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), `redis unit/a needs:? "two "  # failed: why # so more`+"\n") {
		t.Errorf("suggestions:\n%s", &text)
	}
	if _, err := ParseExceptions(strings.NewReader(text.String())); err == nil {
		t.Error("an open reason was accepted")
	}
	filled := strings.ReplaceAll(text.String(), "needs:?", "needs:x")
	list, err := ParseExceptions(strings.NewReader(filled))
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := list.Reason(Redis, "unit/a", "two "); !ok {
		t.Errorf("the suggestion does not except its test:\n%s", filled)
	}
}

func TestReportAsJSON(t *testing.T) {
	g := gradeSample(t, "", "[ok]: one (0 ms)\n")
	var text strings.Builder
	if err := NewReport([]UnitGrade{g}, 95).WriteJSON(&text); err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal([]byte(text.String()), &back); err != nil {
		t.Fatal(err)
	}
	if back.Suites[Redis].OK != 1 || back.Total.Missing != 2 || !back.Red || back.Units[0].OK[0] != "one" {
		t.Errorf("read back %+v", back)
	}
}

// A report with a zero byte in it is a binary file to grep and to editors.
func TestReportEscapesControlBytes(t *testing.T) {
	g := gradeSample(t, "", "[err]: one in tests/unit/a.tcl\n\x00\x1fvalue\n")
	r := NewReport([]UnitGrade{g}, 95)
	var text, suggestions strings.Builder
	if err := r.WriteText(&text, Messages); err != nil {
		t.Fatal(err)
	}
	if err := r.WriteSuggestions(&suggestions); err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{text.String(), suggestions.String()} {
		if !strings.Contains(out, `\x00\x1fvalue`) {
			t.Errorf("the bytes are not escaped:\n%q", out)
		}
	}
}

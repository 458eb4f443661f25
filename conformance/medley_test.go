package conformance

import (
	_ "embed"
	"fmt"
	"strings"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/conformance/cases"
	"github.com/medleydb/medley/conformance/inprocess"
)

//go:embed testdata/later_cases.txt
var laterCases string

// excused returns the cases that need a later capability, as "COMMAND: case".
func excused(t *testing.T) map[string]bool {
	names := map[string]bool{}
	for line := range strings.SplitSeq(strings.TrimSpace(laterCases), "\n") {
		if strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 3 {
			t.Fatalf("later_cases.txt: %q has not three columns", line)
		}
		names[f[1]+": "+f[2]] = true
	}
	return names
}

// TestScriptsHold protects every command as its script describes it: replies in
// RESP2 and RESP3, effects and key events, by calls of Do and over sockets of both
// back ends.
func TestScriptsHold(t *testing.T) {
	files, err := Scripts()
	if err != nil {
		t.Fatal(err)
	}
	for name, open := range map[string]func(t *testing.T) (*inprocess.Engine, error){
		"do": func(*testing.T) (*inprocess.Engine, error) { return inprocess.Open(commands.Options{}) },
		"loops": func(t *testing.T) (*inprocess.Engine, error) {
			return inprocess.Listen(commands.Options{}, t.TempDir(), false)
		},
		"goroutines": func(t *testing.T) (*inprocess.Engine, error) {
			return inprocess.Listen(commands.Options{}, t.TempDir(), true)
		},
	} {
		for proto := 2; proto <= 3; proto++ {
			t.Run(fmt.Sprintf("%s/resp%d", name, proto), func(t *testing.T) {
				e, err := open(t)
				if err != nil {
					t.Fatal(err)
				}
				defer func() {
					if err := e.Close(); err != nil {
						t.Error(err)
					}
				}()
				play(t, e, files, proto)
			})
		}
	}
}

func play(t *testing.T, target cases.Target, files []*cases.File, proto int) {
	later := excused(t)
	ran := map[string]bool{}
	for _, f := range files {
		report, err := cases.Run(target, []*cases.File{f}, cases.Options{Proto: proto, Peer: cases.Peer{Product: "medley"}})
		for _, r := range report.Results {
			name := r.Command + ": " + r.Case
			ran[name] = true
			bad := r.Status == cases.Fail || r.Status == cases.Missing
			switch {
			case bad && !later[name]:
				t.Errorf("%s", r)
			case !bad && later[name] && r.Status != cases.Skip:
				t.Errorf("%s passes, and is in the list of later cases", name)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range later {
		if !ran[name] {
			t.Errorf("the list of later cases names %q, which is no case", name)
		}
	}
}

package conformance

import (
	"fmt"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/conformance/cases"
	"github.com/medleydb/medley/conformance/inprocess"
)

// TestScriptsHold protects every command as its script describes it: replies in
// RESP2 and RESP3, effects and key events, by calls of Do and over sockets of both
// back ends.
func TestScriptsHold(t *testing.T) {
	files, err := Scripts()
	if err != nil {
		t.Fatal(err)
	}
	open := map[string]func(t *testing.T) (*inprocess.Engine, error){
		"do": func(*testing.T) (*inprocess.Engine, error) { return inprocess.Open(commands.Options{}) },
		"loops": func(t *testing.T) (*inprocess.Engine, error) {
			return inprocess.Listen(commands.Options{}, t.TempDir(), false)
		},
		"goroutines": func(t *testing.T) (*inprocess.Engine, error) {
			return inprocess.Listen(commands.Options{}, t.TempDir(), true)
		},
	}
	for name, open := range open {
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
				for _, f := range files {
					report, err := cases.Run(e, []*cases.File{f}, cases.Options{Proto: proto, Peer: cases.Peer{Product: "medley"}})
					for _, r := range report.Results {
						if r.Status == cases.Fail || r.Status == cases.Missing {
							t.Errorf("%s", r)
						}
					}
					if err != nil {
						t.Fatal(err)
					}
				}
			})
		}
	}
}

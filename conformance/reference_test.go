package conformance

import (
	"fmt"
	"os"
	"testing"

	"github.com/medleydb/medley/conformance/cases"
	"github.com/medleydb/medley/conformance/reference"
)

// references returns the reference servers to test with. Without any the test
// is skipped, or fails where the environment demands them.
func references(t *testing.T) []string {
	binaries := reference.Binaries()
	if len(binaries) == 0 {
		const why = "NO REFERENCE SERVER: install redis-server or valkey-server, or name binaries in MEDLEY_REFERENCE"
		if os.Getenv("MEDLEY_REQUIRE_REFERENCE") == "1" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	return binaries
}

// TestScriptsHoldForReferences protects the scripts from describing a Redis that
// does not exist: replies, effects and key events are compared with real servers.
func TestScriptsHoldForReferences(t *testing.T) {
	files, err := Scripts()
	if err != nil {
		t.Fatal(err)
	}
	for _, binary := range references(t) {
		server := startReference(t, binary)
		recorded, err := reference.Record(server.Target.(cases.Wire))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(recorded.Close)
		for _, f := range files {
			for proto := 2; proto <= 3; proto++ {
				t.Run(fmt.Sprintf("%s/%s/resp%d", server.Peer, f.Command, proto), func(t *testing.T) {
					report, err := cases.Run(recorded, []*cases.File{f}, cases.Options{Proto: proto, Peer: server.Peer})
					for _, r := range report.Results {
						if r.Status == cases.Fail || r.Status == cases.Missing {
							t.Errorf("%s", r)
						}
					}
					if err != nil {
						t.Fatal(err)
					}
				})
			}
		}
	}
}

// TestRecorderSeesMistakes: the effects and events of a real server make a wrong script fail;
// without that, the scripts' agreement with servers would mean little.
func TestRecorderSeesMistakes(t *testing.T) {
	server := startReference(t, references(t)[0])
	recorded, err := reference.Record(server.Target.(cases.Wire))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(recorded.Close)
	for text, want := range map[string]cases.Status{
		"> SET k v EX 100\n< +OK\neffect: SET k v PXAT now+100s\nevent: set k\nevent: expire k": cases.Pass,
		"> SET k v EX 100\n< +OK\neffect: SET k v PXAT now+10s":                                 cases.Fail,
		"> SET k v EX 100\n< +OK\neffect: SET k v EX 100":                                       cases.Fail,
		"> SET k v\n< +OK\neffect: none":                                                        cases.Fail,
		"> SET k v\n< +OK\nevent: none":                                                         cases.Fail,
		"> SET k v EX 100\n< +OK\nevent: expire k\nevent: set k":                                cases.Fail,
		"> SELECT 1\n< +OK\n> SET k v\n< +OK\neffect: @1 SET k v\nevent: @1 set k":              cases.Pass,
		"> SELECT 1\n< +OK\n> SET k v\n< +OK\neffect: SET k v":                                  cases.Fail,
		"> SELECT 1\n< +OK\n> SET k v\n< +OK\nevent: set k":                                     cases.Fail,
	} {
		f, err := cases.Parse("t", "command: SET\ngroup: string\ncase: c\n"+text)
		if err != nil {
			t.Fatal(err)
		}
		report, err := cases.Run(recorded, []*cases.File{f}, cases.Options{Proto: 2, Peer: server.Peer})
		if err != nil {
			t.Fatal(err)
		}
		if got := report.Results[0]; got.Status != want {
			t.Errorf("%q: %s, not %s: %s", text, got.Status, want, got.Detail)
		}
	}
}

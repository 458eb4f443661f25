package conformance

import (
	"fmt"
	"os"
	"testing"
	"time"

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
		server, err := reference.Start(binary)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.Stop)
		server.Timeout = 3 * time.Second
		peer, err := cases.Detect(server)
		if err != nil {
			t.Fatal(err)
		}
		recorded, err := reference.Record(server.Wire)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(recorded.Close)
		for _, f := range files {
			for proto := 2; proto <= 3; proto++ {
				t.Run(fmt.Sprintf("%s/%s/resp%d", peer, f.Command, proto), func(t *testing.T) {
					report, err := cases.Run(recorded, []*cases.File{f}, cases.Options{Proto: proto, Peer: peer})
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

package conformance

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/conformance/cases"
	"github.com/medleydb/medley/conformance/diff"
	"github.com/medleydb/medley/conformance/inprocess"
)

// differFamilies are those of values: the commands that streams compare long.
var differFamilies = []string{"string,generic", "hash", "list", "set", "zset", "sort", "scripting,string,generic,hash,list,set,zset,transactions",
	"bitmap", "hyperloglog", "geo", "stream"}

// TestMedleyDiffers protects replies in states that nobody thought of: random commands on
// values get the same ones from Medley and from a server of the field, the first of those
// at hand. MEDLEY_DIFFER_COMMANDS says how many commands each kind of values gets,
// MEDLEY_DIFFER_SEED where the streams begin.
func TestMedleyDiffers(t *testing.T) { differ(t, 1000, "") }

// TestEventsDiffer protects the names and the order of key events likewise.
func TestEventsDiffer(t *testing.T) { differ(t, 200, "KEAn") }

func differ(t *testing.T, total int, events string) {
	length, seed := min(total, 500), uint64(1)
	if n, err := strconv.Atoi(os.Getenv("MEDLEY_DIFFER_COMMANDS")); err == nil {
		length, total = 2000, n
	}
	if n, err := strconv.ParseUint(os.Getenv("MEDLEY_DIFFER_SEED"), 10, 64); err == nil {
		seed = n
	}
	reference := startReference(t, references(t)[0])
	modern, err := cases.Promises("redis>=8", reference.Peer)
	if err != nil {
		t.Fatal(err)
	}
	if events != "" && modern {
		events += "m" // Redis 7 checks some arguments before it looks for the key
	}
	e, err := inprocess.Listen(commands.Options{}, t.TempDir(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, families := range differFamilies {
		t.Run(families, func(t *testing.T) {
			if families == "stream" && !modern { // what groups tell of themselves has changed since Redis 7
				t.Skip("NOT compared: ", reference.Peer, " tells other things of groups; MEDLEY_REFERENCE may name a Redis 8")
			}
			start := time.Now()
			for n := 0; n < total; n += length {
				d, err := diff.Run(diff.Server{Target: e, Peer: cases.Peer{Product: "medley"}}, reference, diff.Options{
					Seed: seed + uint64(n/length), Length: length, Proto: 2 + n/length%2,
					Families: strings.Split(families, ","), Events: events, Ignore: knownDifference})
				if err != nil {
					t.Fatal(err)
				}
				if d != nil {
					t.Fatalf("Medley differs from %s:\n%s", reference.Peer, d.Script())
				}
				e.TakeEffects() // which would take memory
				e.TakeEvents()
			}
			t.Logf("%d commands as %s in %v", total, reference.Peer, time.Since(start).Round(time.Second))
		})
	}
}

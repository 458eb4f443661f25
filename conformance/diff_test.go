package conformance

import (
	"slices"
	"strings"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/conformance/cases"
	"github.com/medleydb/medley/conformance/diff"
	"github.com/medleydb/medley/conformance/inprocess"
	"github.com/medleydb/medley/conformance/reference"
	"github.com/medleydb/medley/datatypes"
)

func startReference(t *testing.T, binary string) diff.Server {
	t.Helper()
	s, err := reference.StartIn(binary, t.TempDir(), "--hz", "500") // so often it looks for clients that have waited enough
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	peer, err := cases.Detect(s)
	if err != nil {
		t.Fatal(err)
	}
	return diff.Server{Target: s.Wire, Peer: peer}
}

// TestStreamsAgreeOnReferences protects the differential tester from crying wolf:
// two servers of one kind must never differ, and servers of different kinds only where
// that is known.
func TestStreamsAgreeOnReferences(t *testing.T) {
	binaries := references(t)
	first := startReference(t, binaries[0])
	for _, binary := range binaries {
		other := startReference(t, binary)
		for proto := 2; proto <= 3; proto++ {
			d, err := diff.Run(other, first, diff.Options{Seed: 1, Streams: 3, Length: 2000, Proto: proto, Ignore: knownDifference})
			if err != nil {
				t.Fatal(err)
			}
			if d != nil {
				t.Errorf("%s differs from %s:\n%s", other.Peer, first.Peer, d.Script())
			}
		}
	}
}

// knownDifference excuses what servers are known to answer differently, where it has
// no consequences.
func knownDifference(args []string, tested, reference command.Value) bool {
	name := strings.ToUpper(args[0])
	if strings.HasPrefix(name, "EVAL") && len(tested.Elems) == 1 && len(reference.Elems) == 1 { // what a script has caught
		tested, reference = tested.Elems[0], reference.Elems[0]
	}
	both := tested.Kind == command.Error && reference.Kind == command.Error
	text := tested.Str + reference.Str
	switch {
	case name == "GETEX": // Valkey looks at the time before it looks for the key
		return tested.Kind == command.Error && (reference.IsNull() || reference.Kind == command.Error)
	case name == "SORT" || name == "SORT_RO": // what reads as a number depends on the version
		return tested.Kind == command.Error || reference.Kind == command.Error
	case both && (strings.Contains(text, "wrong number of arguments") || strings.Contains(text, "Wrong number of args calling")): // of later versions
		return true
	case strings.HasPrefix(name, "EVAL") && both && strings.Contains(tested.Str, "Error compiling script"): // the parser is another
		return strings.Contains(reference.Str, "Error compiling script")
	case strings.HasPrefix(name, "Z") || strings.HasPrefix(name, "BZ"): // so does the text of scores
		return diff.Alike(args, numbers(tested), numbers(reference))
	case strings.HasPrefix(name, "GEO"): // Valkey names the member that is missing
		return both
	case name == "BITCOUNT" || name == "BITPOS": // Redis 7.0 looks at the range only where there is a key
		return tested.Kind == command.Error || reference.Kind == command.Error
	}
	return false
}

// numbers gives numbers one form, and zero no sign.
func numbers(v command.Value) command.Value {
	if f, ok := datatypes.ParseFloat([]byte(v.Str)); ok && v.Kind == command.Bulk {
		v.Str = command.FormatDouble(f + 0)
	}
	if v.Kind == command.Double {
		v.Float, v.Str = v.Float+0, ""
	}
	v.Elems = slices.Clone(v.Elems)
	for i := range v.Elems {
		v.Elems[i] = numbers(v.Elems[i])
	}
	return v
}

// TestStreamsAgreeWithMedley protects bitmaps, HyperLogLogs and searches of points: random
// streams of them give what reference servers give, polygons where the server has them.
func TestStreamsAgreeWithMedley(t *testing.T) {
	for _, binary := range references(t) {
		reference := startReference(t, binary)
		families := []string{"bitmap", "hyperloglog", "geo"}
		if ok, err := cases.Promises("valkey>=9", reference.Peer); err != nil {
			t.Fatal(err)
		} else if ok && reference.Peer.Product == "valkey" {
			families = append(families, "polygon")
		}
		e, err := inprocess.Listen(commands.Options{}, t.TempDir(), false)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families { // by themselves: a bit set in a HyperLogLog spoils it
			d, err := diff.Run(diff.Server{Target: e, Peer: cases.Peer{Product: "medley"}}, reference,
				diff.Options{Seed: 11, Streams: 2, Length: 2000, Proto: 3, Families: []string{f}, Ignore: knownDifference})
			if err != nil {
				t.Error(err)
			}
			if d != nil {
				t.Errorf("Medley differs from %s:\n%s", reference.Peer, d.Script())
			}
		}
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	}
}

package upstream

import (
	"strings"
	"testing"
)

const sampleManifest = `{"unit/a": ["one", "two ", "say \"three\""], "unit/b": ["one"], "unit/type/c": ["x"]}`

func parseSample(t *testing.T) *Manifest {
	t.Helper()
	m, err := ParseManifest(Redis, []byte(sampleManifest))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestExceptionsFindTestsAndUnits(t *testing.T) {
	list, err := ParseExceptions(strings.NewReader(`
# a comment, and an empty line

redis unit/a needs:second-server "two "   # a name that ends in a space
redis unit/a   contradicts:valkey "say \"three\""
redis unit/b needs:modules *
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ suite, unit, test, want string }{
		{Redis, "unit/a", "two ", "needs:second-server"},
		{Redis, "unit/a", `say "three"`, "contradicts:valkey"},
		{Redis, "unit/b", "one", "needs:modules"},
		{Redis, "unit/a", "one", ""},
		{Redis, "unit/a", "two", ""},
		{Valkey, "unit/b", "one", ""},
	} {
		if reason, ok := list.Reason(c.suite, c.unit, c.test); reason != c.want || ok != (c.want != "") {
			t.Errorf("reason of %s %s %q: %q %v, want %q", c.suite, c.unit, c.test, reason, ok, c.want)
		}
	}
	if err := list.Check(parseSample(t)); err != nil {
		t.Errorf("check: %v, want nothing: every entry is in the manifest", err)
	}
}

func TestExceptionsRefuseWhatIsNotChecked(t *testing.T) {
	for entry, want := range map[string]string{
		`redis unit/a needs:x`:                                       "want: SUITE UNIT REASON",
		`keydb unit/a needs:x "one"`:                                 "no suite named",
		`redis unit/a needs:? "one"`:                                 "reason",
		`redis unit/a flaky "one"`:                                   "reason",
		`redis unit/a contradicts:redis "one"`:                       "reason",
		`redis unit/a contradicts:keydb "one"`:                       "reason",
		`redis unit/a needs:x one`:                                   "want a string literal or *",
		`redis unit/a needs:x "one" "two "`:                          "after the test name",
		`redis unit/a needs:x *one`:                                  "after the test name",
		"redis unit/a needs:x *\nredis unit/a needs:y *":             "repeats line 1",
		"redis unit/a needs:x \"one\"\nredis unit/a needs:y \"one\"": "repeats line 1",
		"redis unit/a needs:x \"one\"\nredis unit/a needs:y *":       "excepts the whole unit already",
	} {
		if _, err := ParseExceptions(strings.NewReader(entry)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", entry, err, want)
		}
	}
}

func TestExceptionsCheckFindsStaleEntries(t *testing.T) {
	for _, entry := range []string{`redis unit/a needs:x "renamed"`, `redis unit/gone needs:x *`} {
		list, err := ParseExceptions(strings.NewReader(entry))
		if err != nil {
			t.Fatal(err)
		}
		if err := list.Check(parseSample(t)); err == nil || !strings.Contains(err.Error(), "line 1") {
			t.Errorf("%s: check says %v, want an error with its line", entry, err)
		}
	}
	// The other suite's entries are checked against the other suite's manifest.
	list, err := ParseExceptions(strings.NewReader(`valkey unit/z needs:x "renamed"`))
	if err != nil {
		t.Fatal(err)
	}
	if err := list.Check(parseSample(t)); err != nil {
		t.Errorf("check of another suite's entry: %v, want nothing", err)
	}
}

func TestManifestRefusesRepeatedNames(t *testing.T) {
	if _, err := ParseManifest(Redis, []byte(`{"unit/a": ["one", "one"]}`)); err == nil {
		t.Error("a name listed twice would count twice")
	}
}

func TestManifestSelects(t *testing.T) {
	m := parseSample(t)
	for want, wanted := range map[string][]string{
		"unit/a unit/b unit/type/c": nil,
		"unit/a unit/type/c":        {"type/c", "unit/a"},
		"":                          {"c"},
	} {
		if got := strings.Join(m.Select(wanted), " "); got != want {
			t.Errorf("select %q: %q, want %q", wanted, got, want)
		}
	}
}

// The lists in the repository must be good at all times, also where nobody runs the suites.
func TestListsOfTheRepository(t *testing.T) {
	const dir = "../testdata/upstream"
	exceptions, err := LoadExceptions(dir + "/exceptions.txt")
	if err != nil {
		t.Fatal(err)
	}
	for suite, want := range map[string]int{Redis: 2170, Valkey: 2597} {
		m, err := LoadManifest(dir, suite)
		if err != nil {
			t.Fatal(err)
		}
		listed := 0
		for _, unit := range m.Units() {
			listed += len(m.Tests(unit))
		}
		if listed != want {
			t.Errorf("%s lists %d tests, want the %d that were measured", suite, listed, want)
		}
		if err := exceptions.Check(m); err != nil {
			t.Error(err)
		}
	}
}

package facts

import (
	"slices"
	"strings"
	"testing"
)

func load(t *testing.T) map[string]Command {
	t.Helper()
	all, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	byName := map[string]Command{}
	for _, c := range all {
		if _, twice := byName[c.Name]; twice {
			t.Errorf("%s stands there twice", c.Name)
		}
		byName[c.Name] = c
	}
	return byName
}

// TestFactsAreWhole holds what any reader of the table may rely on.
func TestFactsAreWhole(t *testing.T) {
	byName := load(t)
	if len(byName) < 480 {
		t.Errorf("only %d commands", len(byName))
	}
	for name, c := range byName {
		parent, _, isSub := strings.Cut(name, "|")
		if isSub && byName[parent].Group != c.Group {
			t.Errorf("%s: its parent is missing or of another group", name)
		}
		if name != strings.ToUpper(name) || c.Arity == 0 || c.Group == "" || !c.Has(c.Source) {
			t.Errorf("%s: %+v", name, c)
		}
		write, read := slices.Contains(c.Flags, "write"), slices.Contains(c.Flags, "readonly")
		if write && read || write != slices.Contains(c.Categories, "write") {
			t.Errorf("%s: flags %v, categories %v", name, c.Flags, c.Categories)
		}
		if len(c.KeySpecs) == 1 && c.KeySpecs[0].Range != nil && c.KeySpecs[0].Index != c.FirstKey {
			t.Errorf("%s: first key %d, key spec %+v", name, c.FirstKey, c.KeySpecs[0])
		}
	}
}

func TestFactsAreRead(t *testing.T) {
	byName := load(t)
	set := byName["SET"]
	if set.Arity != -3 || set.Group != "string" || set.FirstKey != 1 || len(set.KeySpecs) != 1 ||
		*set.KeySpecs[0].Range != (Range{0, 1, 0}) || !set.Has(Redis80) {
		t.Errorf("SET: %+v", set)
	}
	if n := byName["MSETEX"].KeySpecs[0].KeyNum; n == nil || *n != (KeyNum{0, 1, 2}) {
		t.Errorf("MSETEX: %+v", byName["MSETEX"])
	}
	if k := byName["XREAD"].KeySpecs[0]; k.Keyword != "STREAMS" || k.From != 1 || k.Range.Limit != 2 {
		t.Errorf("XREAD: %+v", k)
	}
	reply := byName["CLIENT|REPLY"]
	if !slices.Contains(reply.For(Valkey91).Flags, "no_multi") || slices.Contains(reply.For(Redis810).Flags, "no_multi") {
		t.Errorf("CLIENT REPLY: %+v", reply)
	}
	if got := applyFlags([]string{"a", "b"}, "-a+c"); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("flags %v", got)
	}
}

// TestParseRefuses: a damaged table is no silent gap.
func TestParseRefuses(t *testing.T) {
	good := "A\tg\t1\t2\tf\tc\t1 1 1\tRO:i1:r0,1,0\tredis8.0\tredis8.0\t-"
	header := strings.ReplaceAll(columns, " ", "\t") + "\n"
	if _, err := parse(header + good); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"", "x\n" + good, header + "A\tb", header + strings.Replace(good, "\t2\t", "\ttwo\t", 1),
		header + strings.Replace(good, "1 1 1", "1 1", 1), header + strings.Replace(good, "i1", "z1", 1),
		header + strings.Replace(good, "r0,1,0", "r0,1", 1), header + strings.Replace(good, "r0", "q0", 1),
		header + strings.Replace(good, "RO:", "", 1), header + strings.TrimSuffix(good, "-") + "nonsense"} {
		if _, err := parse(bad); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

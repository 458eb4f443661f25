package conformance

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/conformance/facts"
)

// later lists the commands of the field that Medley does not have yet, by the
// capability that brings them: "capability: NAME NAME ...".
//
//go:embed testdata/later.txt
var later string

// hiddenFlags are flags that COMMAND INFO does not show.
var hiddenFlags = []string{"sentinel", "only_sentinel", "may_replicate", "protected", "touches_arbitrary_keys", "all_dbs", "module"}

// TestSpecsEqualFacts protects clients that read COMMAND INFO, route by keys or grant
// by category: every command of the field is there, described as Redis describes it
// (where only Valkey has it, as Valkey does), or stands in the list of later work.
func TestSpecsEqualFacts(t *testing.T) {
	known, err := facts.Load()
	if err != nil {
		t.Fatal(err)
	}
	e, err := commands.Open(commands.Options{NoCron: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	table := e.Services().Table
	waiting := laterNames(t)
	seen := map[string]bool{}
	for _, f := range known {
		name := strings.ToLower(f.Name)
		seen[name] = true
		spec := table.Lookup(name)
		switch {
		case spec == nil && !waiting[name]:
			t.Errorf("%s is missing, and is not in the list of later work", f.Name)
		case spec != nil && waiting[name]:
			t.Errorf("%s is there, and in the list of later work", f.Name)
		case spec != nil:
			compareSpec(t, spec, asRedis(f))
		}
	}
	for name := range waiting {
		if !seen[name] {
			t.Errorf("the list of later work names %s, which nobody has", name)
		}
	}
}

func laterNames(t *testing.T) map[string]bool {
	names := map[string]bool{}
	for line := range strings.SplitSeq(strings.TrimSpace(later), "\n") {
		if strings.HasPrefix(line, "#") || line == "" {
			continue
		}
		_, list, ok := strings.Cut(line, ":")
		if !ok {
			t.Fatalf("later.txt: %q names no capability", line)
		}
		for _, n := range strings.Fields(list) {
			names[strings.ToLower(n)] = true
		}
	}
	return names
}

// asRedis returns what is known of the command from the point of view that Medley
// takes.
func asRedis(f facts.Command) facts.Command {
	for _, peer := range []string{facts.Redis80, facts.Redis810, facts.Valkey91} {
		if f.Has(peer) {
			return f.For(peer)
		}
	}
	return f
}

func compareSpec(t *testing.T, s *command.Spec, f facts.Command) {
	t.Helper()
	check := func(what string, got, want any) {
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %s is %v, want %v", f.Name, what, got, want)
		}
	}
	check("arity", s.Arity, f.Arity)
	check("group", string(s.Group), f.Group)
	check("flags", visible(s.Flags.Names()), visible(f.Flags))
	check("categories", sorted(s.AllCategories()), sorted(f.Categories))
	var got, want []string
	for _, k := range s.Keys {
		got = append(got, keyText(k))
	}
	for _, k := range f.KeySpecs {
		want = append(want, factText(k))
	}
	check("key specs", got, want)
}

func visible(flags []string) []string {
	var list []string
	for _, f := range flags {
		if !slices.Contains(hiddenFlags, f) {
			list = append(list, strings.Replace(f, "skip_commandlog", "skip_slowlog", 1))
		}
	}
	return sorted(list)
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

func keyText(k command.KeySpec) string {
	begin := fmt.Sprintf("i%d", k.Begin)
	if k.Keyword != "" {
		begin = fmt.Sprintf("k%q%d", k.Keyword, k.Begin)
	}
	find := fmt.Sprintf("r%d,%d,%d", k.Last, max(k.Step, 1), k.Limit)
	if k.NumKeys {
		find = fmt.Sprintf("n%d,%d,%d", k.NumIndex, k.First, max(k.Step, 1))
	}
	if k.Begin == 0 && k.Keyword == "" {
		begin, find = "?", "?"
	}
	return strings.Join(sorted(k.Flags.Names()), "+") + ":" + begin + ":" + find
}

func factText(k facts.KeySpec) string {
	begin, find := "?", "?"
	switch {
	case k.Keyword != "":
		begin = fmt.Sprintf("k%q%d", k.Keyword, k.From)
	case k.Index != 0:
		begin = fmt.Sprintf("i%d", k.Index)
	}
	switch {
	case k.Range != nil:
		find = fmt.Sprintf("r%d,%d,%d", k.Range.Last, k.Range.Step, k.Range.Limit)
	case k.KeyNum != nil:
		find = fmt.Sprintf("n%d,%d,%d", k.KeyNum.Index, k.KeyNum.First, k.KeyNum.Step)
	}
	return strings.Join(sorted(k.Flags), "+") + ":" + begin + ":" + find
}

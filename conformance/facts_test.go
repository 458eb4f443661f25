package conformance

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/conformance/cases"
	"github.com/medleydb/medley/conformance/facts"
)

// TestFactsHoldForReferences compares the table with COMMAND INFO of the servers that
// it is about.
func TestFactsHoldForReferences(t *testing.T) {
	all, err := facts.Load()
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, binary := range references(t) {
		server := startReference(t, binary)
		name := factsName(server.Peer)
		if name == "" {
			t.Logf("no facts about %s", server.Peer)
			continue
		}
		client, err := server.Target.Dial(2)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range all {
			if !c.Has(name) || slices.Contains(c.Flags, "only_sentinel") {
				continue
			}
			v, err := client.Do("COMMAND", "INFO", c.Name)
			if err != nil {
				t.Fatal(err)
			}
			if len(v.Elems) != 1 || len(v.Elems[0].Elems) < 7 {
				if !slices.Contains(c.Flags, "module") && !slices.Contains(c.Flags, "experimental") { // not built in
					t.Errorf("%s has no %s", server.Peer, c.Name)
				}
				continue
			}
			if slices.Contains(texts(v.Elems[0].Elems[2]), "module") { // modules show their own arity
				continue
			}
			compared++
			if problem := compareInfo(c.For(name), v.Elems[0]); problem != "" {
				t.Errorf("%s, %s: %s", server.Peer, c.Name, problem)
			}
		}
		client.Close()
	}
	t.Logf("%d descriptions compared", compared)
}

func factsName(p cases.Peer) string {
	for _, name := range []string{facts.Valkey91, facts.Redis80, facts.Redis810} {
		if strings.HasPrefix(p.Product+p.Version+".", name+".") {
			return name
		}
	}
	return ""
}

// compareInfo compares what COMMAND INFO shows: arity, flags, keys, categories.
func compareInfo(c facts.Command, info command.Value) string {
	e := info.Elems
	if got := [4]int64{e[1].Int, e[3].Int, e[4].Int, e[5].Int}; got != [4]int64{int64(c.Arity), int64(c.FirstKey), int64(c.LastKey), int64(c.KeyStep)} {
		return fmt.Sprintf("arity and keys %v, facts %d %d %d %d", got, c.Arity, c.FirstKey, c.LastKey, c.KeyStep)
	}
	hidden := []string{"may_replicate", "protected", "sentinel", "only_sentinel", "touches_arbitrary_keys", "all_dbs"}
	got := texts(e[2])
	visible := func(flags []string) []string {
		flags = slices.DeleteFunc(slices.Clone(flags), func(f string) bool { return slices.Contains(hidden, f) })
		slices.Sort(flags)
		return flags
	}
	if got, want := visible(got), visible(c.Flags); !slices.Equal(got, want) {
		return fmt.Sprintf("flags %v, facts %v", got, want)
	}
	categories := texts(e[6])
	for i := range categories {
		categories[i] = strings.TrimPrefix(categories[i], "@")
	}
	slices.Sort(categories)
	if !slices.Equal(categories, c.Categories) {
		return fmt.Sprintf("categories %v, facts %v", categories, c.Categories)
	}
	return ""
}

func texts(v command.Value) []string {
	var out []string
	for _, e := range v.Elems {
		out = append(out, e.Str)
	}
	return out
}

// TestEveryCommandHasAScript: a group is done when each of its commands has one, and no
// script is about a command that nobody has.
func TestEveryCommandHasAScript(t *testing.T) {
	all, err := facts.Load()
	if err != nil {
		t.Fatal(err)
	}
	files, err := Scripts()
	if err != nil {
		t.Fatal(err)
	}
	scripts := map[string]*cases.File{}
	for _, f := range files {
		scripts[f.Command] = f
	}
	done := []string{"string", "generic", "connection", "transactions", "hash", "list", "set", "sorted_set", "bitmap", "hyperloglog", "geo", "stream"}
	known := map[string]facts.Command{}
	own := ownCommands(t)
	for _, c := range all {
		if own[c.Name] != "" {
			t.Errorf("%s is not Medley's own", c.Name)
		}
		known[c.Name] = c
		if slices.Contains(done, c.Group) && scripts[c.Name] == nil {
			t.Errorf("%s (%s) has no script", c.Name, c.Group)
		}
	}
	for name, group := range own {
		if f := scripts[name]; f == nil || f.Group != group {
			t.Errorf("%s (%s) has no script", name, group)
		}
		delete(scripts, name)
	}
	for name, f := range scripts {
		if c, ok := known[name]; !ok || c.Group != f.Group {
			t.Errorf("%s: %s of group %s is in no server, or of group %q", f.Name, name, f.Group, c.Group)
		}
	}
}

// own lists the commands that no other server has: "group: NAME NAME ...".
//
//go:embed testdata/own.txt
var own string

func ownCommands(t *testing.T) map[string]string {
	groups := map[string]string{}
	for line := range strings.Lines(own) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		group, names, ok := strings.Cut(line, ":")
		if !ok {
			t.Fatalf("own.txt: %q names no group", line)
		}
		for _, name := range strings.Fields(names) {
			groups[name] = group
		}
	}
	return groups
}

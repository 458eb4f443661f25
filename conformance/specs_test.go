package conformance

import (
	"context"
	"strings"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/conformance/facts"
)

// TestSpecsAgreeWithFacts protects what clients read of commands before they use them:
// arity, flags, keys and categories are those of Redis 8.0, or of whichever server of
// the field has the command.
func TestSpecsAgreeWithFacts(t *testing.T) {
	all, err := facts.Load()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]facts.Command{}
	for _, c := range all {
		known[strings.ToLower(c.Name)] = c
	}
	eng, err := commands.Open(commands.Options{NoCron: true})
	if err != nil {
		t.Fatal(err)
	}
	defer eng.Close()
	compared := 0
	for _, parent := range eng.Services().Table.All() {
		for _, s := range append(parent.Subs, parent) {
			c, ok := known[s.FullName]
			if !ok {
				t.Errorf("%s is a command of no server", s.FullName)
				continue
			}
			for _, peer := range []string{facts.Redis80, facts.Redis810, facts.Valkey91} {
				if c.Has(peer) {
					c = c.For(peer)
					break
				}
			}
			v, err := eng.Do(context.Background(), "COMMAND", "INFO", s.FullName)
			if err != nil {
				t.Fatal(err)
			}
			if problem := compareInfo(c, v.Elems[0]); problem != "" {
				t.Errorf("%s: %s", s.FullName, problem)
			}
			compared++
		}
	}
	t.Logf("%d commands compared", compared)
}

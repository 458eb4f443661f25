package sortcmd

import (
	"bytes"
	"strings"
	"testing"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/keyspace"
)

func argv(line string) (args [][]byte) {
	for _, w := range strings.Fields(line) {
		args = append(args, []byte(w))
	}
	return args
}

// TestShards protects the locks: a command may look at no key whose shard it does not
// hold, and only one whose pattern leads to other keys holds all.
func TestShards(t *testing.T) {
	store, err := keyspace.Open(keyspace.Options{})
	if err != nil {
		t.Fatal(err)
	}
	table := command.NewTable(Specs())
	all := store.NewShardSet()
	all.AddAll(store)
	for line, want := range map[string]string{
		"SORT k":                             "k",
		"SORT k ALPHA DESC LIMIT 0 1":        "k",
		"SORT k BY nosort GET # GET plain":   "k",
		"SORT k STORE d":                     "k d",
		"SORT k GET STORE STORE e":           "k e",
		"SORT k LIMIT STORE x STORE d":       "k d",
		"SORT k STORE x STORE d":             "k d",
		"SORT k STORE":                       "k",
		"SORT_RO k STORE d":                  "k",
		"SORT k BY w*":                       "*",
		"sort k get h*->f":                   "*",
		"SORT_RO k BY nosort GET *":          "*",
		"SORT k STORE d BY w* nonsense":      "*",
		"SORT k nonsense GET":                "k",
		"SORT k LIMIT BY w* GET # STORE BY*": "k BY*",
	} {
		args := argv(line)
		spec := table.Find(args)
		got, exp := store.NewShardSet(), store.NewShardSet()
		spec.AddShards(&command.Services{Store: store}, args, got)
		if want == "*" {
			exp.AddAll(store)
		} else {
			for _, key := range argv(want) {
				exp.Add(store.ShardOf(key))
			}
		}
		if !got.Contains(exp) || !exp.Contains(got) {
			t.Errorf("%s: not the shards of %s", line, want)
		}
		if spec.SingleKey(args) != nil {
			t.Errorf("%s: counts as a command of one key", line)
		}
	}
}

// TestPattern protects the forms of patterns.
func TestPattern(t *testing.T) {
	for text, want := range map[string]pattern{
		"#":         {self: true},
		"plain":     {},
		"a*b":       {star: true, before: []byte("a"), after: []byte("b")},
		"*":         {star: true},
		"a*b->f":    {star: true, before: []byte("a"), after: []byte("b"), field: []byte("f")},
		"a*->":      {star: true, before: []byte("a"), after: []byte("->")},
		"a->b*":     {star: true, before: []byte("a->b")},
		"a*->f->g*": {star: true, before: []byte("a"), field: []byte("f->g*")},
	} {
		p := parsePattern([]byte(text))
		if !p.star {
			p.before, p.after = nil, nil
		}
		if p.self != want.self || p.star != want.star || !bytes.Equal(p.before, want.before) ||
			!bytes.Equal(p.after, want.after) || !bytes.Equal(p.field, want.field) {
			t.Errorf("%q: %+v, want %+v", text, p, want)
		}
	}
}

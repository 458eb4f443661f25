package servercmd

import (
	"math"
	"strings"

	"github.com/medleydb/medley/commands/command"
)

// replyInfo writes the entry of COMMAND INFO: name, arity, flags, the first and last
// key and their step, categories, tips, key specs, subcommands.
func replyInfo(r command.Reply, s *command.Spec) {
	r.Array(10)
	r.BulkString(s.FullName)
	r.Int(int64(s.Arity))
	replyStatuses(r, s.Flags.Names(), "")
	first, last, step := legacyKeys(s)
	r.Int(int64(first))
	r.Int(int64(last))
	r.Int(int64(step))
	replyStatuses(r, inServerOrder(s.AllCategories()), "@")
	r.Set(len(s.Tips))
	for _, t := range s.Tips {
		r.BulkString(t)
	}
	r.Set(len(s.Keys))
	for i := range s.Keys {
		replyKeySpec(r, &s.Keys[i])
	}
	r.Array(len(s.Subs))
	for _, sub := range s.Subs {
		replyInfo(r, sub)
	}
}

func replyStatuses(r command.Reply, words []string, prefix string) {
	r.Set(len(words))
	for _, w := range words {
		r.Status(prefix + w)
	}
}

// inServerOrder sorts categories as servers of the field list them.
func inServerOrder(cats []string) []string {
	order := [...]string{"keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog",
		"geo", "stream", "pubsub", "admin", "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting"}
	sorted := make([]string, 0, len(cats))
	for _, o := range order {
		for _, c := range cats {
			if c == o {
				sorted = append(sorted, c)
			}
		}
	}
	return sorted
}

// legacyKeys returns the range of keys that clients older than key specs go by: from
// the first to the last key that fixed positions find; zeros where there are none.
func legacyKeys(s *command.Spec) (first, last, step int) {
	if len(s.Keys) == 1 && s.Keys[0].IsRange() {
		k := &s.Keys[0]
		return k.Begin, lastOf(k), max(k.Step, 1)
	}
	first = math.MaxInt
	for i := range s.Keys {
		k := &s.Keys[i]
		if !k.IsRange() || k.Step > 1 {
			continue
		}
		first = min(first, k.Begin)
		if l := lastOf(k); l < 0 && (last >= 0 || l > last) || last >= 0 && l > last {
			last = l
		}
	}
	if first == math.MaxInt {
		return 0, 0, 0
	}
	return first, last, 1
}

func lastOf(k *command.KeySpec) int {
	if k.Last < 0 {
		return k.Last
	}
	return k.Begin + k.Last
}

func replyKeySpec(r command.Reply, k *command.KeySpec) {
	r.Map(3)
	r.BulkString("flags")
	replyStatuses(r, k.Flags.Names(), "")
	r.BulkString("begin_search")
	switch {
	case k.Keyword != "":
		replyTyped(r, "keyword", 2)
		r.BulkString("keyword")
		r.BulkString(k.Keyword)
		replyNumber(r, "startfrom", k.Begin)
	case k.Begin != 0:
		replyTyped(r, "index", 1)
		replyNumber(r, "index", k.Begin)
	default:
		replyTyped(r, "unknown", 0)
	}
	r.BulkString("find_keys")
	switch {
	case k.NumKeys:
		replyTyped(r, "keynum", 3)
		replyNumber(r, "keynumidx", k.NumIndex)
		replyNumber(r, "firstkey", k.First)
		replyNumber(r, "keystep", max(k.Step, 1))
	case k.Keyword != "" || k.Begin != 0:
		replyTyped(r, "range", 3)
		replyNumber(r, "lastkey", k.Last)
		replyNumber(r, "keystep", max(k.Step, 1))
		replyNumber(r, "limit", k.Limit)
	default:
		replyTyped(r, "unknown", 0)
	}
}

// replyTyped opens the two-part map of a search: its type and its parameters.
func replyTyped(r command.Reply, kind string, params int) {
	r.Map(2)
	r.BulkString("type")
	r.BulkString(kind)
	r.BulkString("spec")
	r.Map(params)
}

func replyNumber(r command.Reply, name string, n int) {
	r.BulkString(name)
	r.Int(int64(n))
}

// docsGroup returns the group's name as COMMAND DOCS spells it.
func docsGroup(g command.Group) string { return strings.ReplaceAll(string(g), "_", "-") }

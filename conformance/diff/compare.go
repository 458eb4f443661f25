package diff

import (
	"cmp"
	"slices"
	"strings"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/conformance/cases"
)

// slack is how far two times of a key's expiry may be apart, in milliseconds: the
// servers got the command one after the other.
const slack = 5000

// A comparer knows what a connection has queued, to compare EXEC's replies
// by the commands that they belong to.
type comparer struct {
	queued [][]string
	ignore func(args []string, tested, reference command.Value) bool
}

// same reports whether two replies to a command are as good as equal.
func (c *comparer) same(args []string, a, b command.Value) bool {
	name := strings.ToUpper(args[0])
	queuing := a.Kind == command.Status && a.Str == "QUEUED"
	switch {
	case queuing && b.Kind == command.Status && b.Str == "QUEUED":
		c.queued = append(c.queued, args)
		return true
	case name == "EXEC" && a.Kind == command.Array && b.Kind == command.Array && len(a.Elems) == len(b.Elems):
		queued := c.queued
		c.queued = nil
		for i := range a.Elems {
			if i < len(queued) && !c.sameReply(queued[i], a.Elems[i], b.Elems[i]) {
				return false
			}
		}
		return true
	case name == "EXEC" || name == "DISCARD" || name == "RESET":
		c.queued = nil
	}
	return c.sameReply(args, a, b)
}

func (c *comparer) sameReply(args []string, a, b command.Value) bool {
	return alike(args, a, b) || c.ignore != nil && c.ignore(args, a, b)
}

// alike compares two replies as the command demands.
func alike(args []string, a, b command.Value) bool {
	how := ordering(args)
	if how == undetermined {
		return true
	}
	if a.Kind != b.Kind || a.Kind == command.Error {
		return equal(a, b)
	}
	switch how {
	case idleRows:
		return equal(withoutIdle(a), withoutIdle(b))
	case streamInfo:
		return equal(withoutClocks(a), withoutClocks(b))
	case runDependent:
		return true
	case unorderedElems:
		return equal(sorted(a), sorted(b))
	case unorderedPairs:
		return equal(sortedPairs(a), sortedPairs(b))
	case unorderedPage:
		return len(a.Elems) == 2 && len(b.Elems) == 2 && equal(a.Elems[0], b.Elems[0]) &&
			equal(sorted(a.Elems[1]), sorted(b.Elems[1]))
	case seconds:
		return near(a, b, slack/1000)
	case milliseconds:
		return near(a, b, slack)
	}
	return equal(a, b)
}

// An order says how far a command's replies are determined.
type order uint8

const (
	exact        order = iota
	undetermined       // any two replies are alike
	runDependent       // the kind counts
	unorderedElems
	unorderedPairs
	unorderedPage // cursor and elements
	seconds
	milliseconds
	idleRows   // the third of each row is a time
	streamInfo // some values are times, or tell of the server's memory
)

func ordering(args []string) order {
	switch strings.ToUpper(args[0]) {
	case "RANDOMKEY", "HELLO", "INFO":
		return runDependent
	case "CLIENT":
		if len(args) > 1 && strings.EqualFold(args[1], "ID") {
			return runDependent
		}
	case "KEYS", "HKEYS", "HVALS", "SMEMBERS":
		return unorderedElems
	case "HGETALL":
		return unorderedPairs
	case "SCAN":
		if len(args) > 1 && args[1] != "0" {
			return undetermined // only the first cursor means the same to everybody
		}
		return unorderedPage
	case "TTL", "EXPIRETIME":
		return seconds
	case "PTTL", "PEXPIRETIME":
		return milliseconds
	case "XPENDING":
		if len(args) > 3 {
			return idleRows
		}
	case "XINFO":
		return streamInfo
	}
	return exact
}

// near compares integers that are negative as answers, else times.
func near(a, b command.Value, slack int64) bool {
	if a.Int < 0 || b.Int < 0 {
		return a.Int == b.Int
	}
	return max(a.Int-b.Int, b.Int-a.Int) <= slack
}

// withoutIdle blanks the third element of each row.
func withoutIdle(v command.Value) command.Value {
	v.Elems = slices.Clone(v.Elems)
	for i, row := range v.Elems {
		if len(row.Elems) > 2 {
			v.Elems[i].Elems = slices.Clone(row.Elems)
			v.Elems[i].Elems[2] = command.Value{Kind: row.Elems[2].Kind}
		}
	}
	return v
}

// withoutClocks blanks what XINFO tells of times, and of the server's tree.
func withoutClocks(v command.Value) command.Value {
	v.Elems = slices.Clone(v.Elems)
	for i := range v.Elems {
		e := &v.Elems[i]
		name := ""
		if i%2 == 1 && v.Elems[i-1].Kind == command.Bulk {
			name = v.Elems[i-1].Str
		}
		switch name {
		case "idle", "seen-time", "radix-tree-nodes":
			*e = command.Value{Kind: e.Kind}
		case "inactive", "active-time":
			*e = command.Value{Kind: e.Kind, Int: min(e.Int, 0)} // -1 is never
		case "pending":
			*e = withoutDeliveryTimes(*e)
		default:
			*e = withoutClocks(*e)
		}
	}
	return v
}

// withoutDeliveryTimes blanks the last but one element of each row.
func withoutDeliveryTimes(v command.Value) command.Value {
	v.Elems = slices.Clone(v.Elems)
	for i, row := range v.Elems {
		if n := len(row.Elems); n > 2 {
			v.Elems[i].Elems = slices.Clone(row.Elems)
			v.Elems[i].Elems[n-2] = command.Value{Kind: command.Int}
		}
	}
	return v
}

func equal(a, b command.Value) bool {
	// NaN is the only double whose text is equal while it is not.
	return a.Kind == b.Kind && a.Text() == b.Text() && a.Format == b.Format &&
		slices.EqualFunc(a.Elems, b.Elems, equal)
}

func sorted(v command.Value) command.Value {
	v.Elems = slices.Clone(v.Elems)
	slices.SortFunc(v.Elems, byNotation)
	return v
}

func byNotation(a, b command.Value) int { return cmp.Compare(cases.Format(a), cases.Format(b)) }

// sortedPairs sorts a map, or RESP2's flat form of it.
func sortedPairs(v command.Value) command.Value {
	var pairs []command.Value
	for i := 0; i+1 < len(v.Elems); i += 2 {
		pairs = append(pairs, command.Value{Kind: command.Array, Elems: v.Elems[i : i+2]})
	}
	slices.SortFunc(pairs, byNotation)
	return command.Value{Kind: v.Kind, Elems: pairs}
}

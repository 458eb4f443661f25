package diff

import (
	"cmp"
	"math"
	"slices"
	"strconv"
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
	if args[0] == "EVAL" && slices.Contains(wrappers, args[1]) && len(args) > 3 {
		// A script that runs one command is compared as that one is.
		if strings.Contains(args[1], "{") && len(a.Elems) == 1 && len(b.Elems) == 1 {
			a, b = a.Elems[0], b.Elems[0]
		}
		args = args[3:]
	}
	return Alike(args, a, b) || c.ignore != nil && c.ignore(args, a, b)
}

// Alike compares two replies as the command demands.
func Alike(args []string, a, b command.Value) bool {
	how := ordering(args)
	if how == undetermined || equal(a, b) {
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
		return equal(sorted(a, compare), sorted(b, compare))
	case unorderedPairs:
		return equal(sortedPairs(a, compare), sortedPairs(b, compare))
	case unorderedPage, unorderedPairsPage:
		sort := sorted
		if how == unorderedPairsPage {
			sort = sortedPairs
		}
		return len(a.Elems) == 2 && len(b.Elems) == 2 && equal(a.Elems[0], b.Elems[0]) &&
			equal(sort(a.Elems[1], compare), sort(b.Elems[1], compare))
	case seconds:
		return near(a, b, slack/1000)
	case milliseconds:
		return near(a, b, slack)
	case numbers:
		return equalNumbers(a, b)
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
	unorderedPairsPage
	seconds
	milliseconds
	numbers    // texts of equal numbers are equal
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
	case "KEYS", "HKEYS", "HVALS", "SMEMBERS", "SINTER", "SUNION", "SDIFF", "SPOP":
		return unorderedElems
	case "SRANDMEMBER", "HRANDFIELD", "ZRANDMEMBER":
		switch {
		case len(args) < 3 || args[2] != "10000":
			return undetermined // not all that there are
		case len(args) > 3:
			return unorderedPairs
		}
		return unorderedElems
	case "HGETALL":
		return unorderedPairs
	case "SCAN":
		return page(args, 1, unorderedPage)
	case "SSCAN":
		return page(args, 2, unorderedPage)
	case "HSCAN", "ZSCAN":
		if slices.ContainsFunc(args, func(a string) bool { return strings.EqualFold(a, "NOVALUES") }) {
			return page(args, 2, unorderedPage)
		}
		return page(args, 2, unorderedPairsPage)
	case "TTL", "EXPIRETIME", "HTTL", "HEXPIRETIME":
		return seconds
	case "PTTL", "PEXPIRETIME", "HPTTL", "HPEXPIRETIME":
		return milliseconds
	case "GEOPOS", "GEOSEARCH", "GEORADIUS", "GEORADIUS_RO", "GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER_RO":
		return numbers // Valkey gives coordinates with more digits than Redis 8
	case "XPENDING":
		if len(args) > 3 {
			return idleRows
		}
	case "XINFO":
		return streamInfo
	}
	return exact
}

// Settled gives a reply whose order is a server's own affair one order.
func Settled(args []string, v command.Value) command.Value {
	how := ordering(args)
	if name := strings.ToUpper(args[0]); how == undetermined && len(v.Elems) > 0 {
		switch {
		case name == "SCAN":
			how = ordering([]string{name, "0"})
		case strings.HasSuffix(name, "SCAN"):
			how = ordering(slices.Concat([]string{name, "", "0"}, args[3:]))
		case len(args) > 3:
			how = unorderedPairs
		default:
			how = unorderedElems
		}
	}
	switch how {
	case unorderedElems:
		return sorted(v, byNotation)
	case unorderedPairs:
		return settledPairs(v)
	case unorderedPage, unorderedPairsPage:
		if len(v.Elems) == 2 {
			v.Elems = slices.Clone(v.Elems)
			if how == unorderedPairsPage {
				v.Elems[1] = settledPairs(v.Elems[1])
			} else {
				v.Elems[1] = sorted(v.Elems[1], byNotation)
			}
		}
	}
	return v
}

// settledPairs is sortedPairs that leaves the reply's form.
func settledPairs(v command.Value) command.Value {
	s := sortedPairs(v, byNotation)
	if len(v.Elems) > 0 && v.Elems[0].Kind == command.Array {
		return s
	}
	flat := command.Value{Kind: v.Kind}
	for _, p := range s.Elems {
		flat.Elems = append(flat.Elems, p.Elems...)
	}
	return flat
}

// page is the order of a scan whose cursor is the argument number at: only the first cursor
// means the same to everybody.
func page(args []string, at int, o order) order {
	if len(args) > at && args[at] != "0" {
		return undetermined
	}
	return o
}

// near compares integers that are negative as answers, else times; of arrays each.
func near(a, b command.Value, slack int64) bool {
	if a.Kind == command.Array {
		return slices.EqualFunc(a.Elems, b.Elems, func(x, y command.Value) bool { return near(x, y, slack) })
	}
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

// digit is the last of a coordinate that Redis 7 tells: it rounds to 17 places.
const digit = 1e-17

func equalNumbers(a, b command.Value) bool {
	if len(a.Elems) > 0 {
		return a.Kind == b.Kind && slices.EqualFunc(a.Elems, b.Elems, equalNumbers)
	}
	if equal(a, b) {
		return true
	}
	x, errX := strconv.ParseFloat(a.Text(), 64)
	y, errY := strconv.ParseFloat(b.Text(), 64)
	return a.Kind == b.Kind && errX == nil && errY == nil && (x == y || math.Abs(x-y) <= digit)
}

func sorted(v command.Value, by func(a, b command.Value) int) command.Value {
	v.Elems = slices.Clone(v.Elems)
	slices.SortFunc(v.Elems, by)
	return v
}

// byNotation is the order of recorded replies. It takes much longer than compare.
func byNotation(a, b command.Value) int { return cmp.Compare(cases.Format(a), cases.Format(b)) }

// compare puts replies into an order in which those that are equal are neighbours.
func compare(a, b command.Value) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Text(), b.Text()), cmp.Compare(a.Format, b.Format),
		slices.CompareFunc(a.Elems, b.Elems, compare))
}

// sortedPairs sorts a map, RESP2's flat form of it, or an array of pairs.
func sortedPairs(v command.Value, by func(a, b command.Value) int) command.Value {
	if len(v.Elems) > 0 && v.Elems[0].Kind == command.Array {
		return sorted(v, by)
	}
	var pairs []command.Value
	for i := 0; i+1 < len(v.Elems); i += 2 {
		pairs = append(pairs, command.Value{Kind: command.Array, Elems: v.Elems[i : i+2]})
	}
	slices.SortFunc(pairs, by)
	return command.Value{Kind: v.Kind, Elems: pairs}
}

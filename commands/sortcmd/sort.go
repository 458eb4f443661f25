// Package sortcmd has SORT and SORT_RO: the elements of a list, set or sorted set in an
// order, by their own text or by what keys named after them hold.
//
// A pattern with a star names keys that are no arguments, so that a command with one runs
// under the locks of all shards (command.Spec.Search); without, under those of its keys.
//
// Where servers of the field leave the order to chance, it is fixed here, so that STORE
// repeats the same list: elements with equal weights stay in the order of their list or
// sorted set, those of a set in the order of their bytes.
package sortcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/list"
	"github.com/medleydb/medley/keyspace"
)

// Specs returns the commands of the family.
func Specs() []*command.Spec { return []*command.Spec{&sort, &sortRO} }

const syntax = "key [BY pattern] [LIMIT offset count] [GET pattern [GET pattern ...]] [ASC | DESC] [ALPHA]"

var categories = []string{command.NoGroup, "set", "sortedset", "list", "dangerous"}

var sort = command.Spec{
	Name: "sort", Group: command.GroupGeneric, Since: "1.0.0", Arity: -2,
	Summary: "Sorts the elements of a list, a set or a sorted set, and stores them if asked to.",
	Syntax:  syntax + " [STORE destination]", Complexity: "O(N log N) in the elements",
	Flags: command.Write | command.DenyOOM, Categories: categories,
	Keys: []command.KeySpec{command.Key(1, command.RO|command.Access),
		{Flags: command.RO | command.Access}, {Flags: command.OW | command.Update}},
	Search: func(argv [][]byte) (int, bool) { return search(argv, true) },
	Run:    func(c *command.Context) error { return run(c, true) },
}

var sortRO = command.Spec{
	Name: "sort_ro", Group: command.GroupGeneric, Since: "7.0.0", Arity: -2,
	Summary: "Returns the elements of a list, a set or a sorted set in an order.",
	Syntax:  syntax, Complexity: "O(N log N) in the elements",
	Flags: command.ReadOnly, Categories: categories,
	Keys:   []command.KeySpec{command.Key(1, command.RO|command.Access), {Flags: command.RO | command.Access}},
	Search: func(argv [][]byte) (int, bool) { return search(argv, false) },
	Run:    func(c *command.Context) error { return run(c, false) },
}

// search finds the destination, the last one 0 for none, and tells
// whether a pattern leads to other keys.
func search(argv [][]byte, store bool) (destination int, beyond bool) {
	for i := 2; i < len(argv); i++ {
		left := len(argv) - i - 1
		switch {
		case left >= 2 && command.EqualFold(argv[i], "LIMIT"):
			i += 2
		case left >= 1 && (command.EqualFold(argv[i], "BY") || command.EqualFold(argv[i], "GET")):
			i++
			beyond = beyond || hasStar(argv[i])
		case store && left >= 1 && command.EqualFold(argv[i], "STORE"):
			i++
			destination = i
		}
	}
	return destination, beyond
}

// A query is what the commands are asked for.
type query struct {
	desc, alpha bool
	by          *pattern // nil for the elements themselves
	unsorted    bool
	gets        []pattern
	skip, take  int64  // take is negative for all
	store       []byte // nil for none
}

func (q *query) parse(a *command.Args, store bool) {
	q.take = -1
	for a.More() {
		switch {
		case a.Word("ASC"):
			q.desc = false
		case a.Word("DESC"):
			q.desc = true
		case a.Word("ALPHA"):
			q.alpha = true
		case a.Option("LIMIT", 2):
			q.skip, q.take = a.Int(), a.Int()
		case store && a.Option("STORE", 1):
			q.store = a.Key()
		case a.Option("BY", 1):
			p := parsePattern(a.Bytes())
			q.by = &p
			// What does not depend on the element sorts nothing, whatever comes later.
			q.unsorted = q.unsorted || !p.star
		case a.Option("GET", 1):
			q.gets = append(q.gets, parsePattern(a.Bytes()))
		default:
			a.Fail(command.ErrSyntax)
		}
	}
}

// window returns the range of the n sorted elements that is asked for.
func (q *query) window(n int) (from, to int) {
	from = int(min(max(q.skip, 0), int64(n)))
	if q.take < 0 || q.take > int64(n-from) {
		return from, n
	}
	return from, from + int(q.take)
}

func run(c *command.Context, store bool) error {
	key := c.Args.Key()
	var q query
	q.parse(&c.Args, store)
	if err := c.Args.Err(); err != nil {
		return err
	}

	var v datatypes.Value
	ok := c.Tx.Lookup(key, &v)
	elems, err := q.sorted(c, &v, ok)
	if err != nil {
		return err
	}
	if q.store != nil {
		return q.keep(c, elems)
	}

	c.Reply.Array(len(elems) * max(len(q.gets), 1))
	q.each(c, elems, func(b []byte) {
		if b == nil {
			c.Reply.Null()
			return
		}
		c.Reply.Bulk(b)
	})
	return nil
}

// each passes what is to be shown of the elements to fn: nil for what there is not.
func (q *query) each(c *command.Context, elems []element, fn func([]byte)) {
	var l lookup
	for i := range elems {
		if len(q.gets) == 0 {
			fn(elems[i].text)
		}
		for j := range q.gets {
			b, _ := l.value(c.Tx, &q.gets[j], elems[i].text)
			fn(b)
		}
	}
}

// keep makes what is to be shown the list at the destination and replies its length;
// without any the key goes.
func (q *query) keep(c *command.Context, elems []element) error {
	var t texts
	out := make([][]byte, 0, len(elems)*max(len(q.gets), 1))
	q.each(c, elems, func(b []byte) { out = append(out, t.keep(b)) })
	switch {
	case len(out) > 0:
		keyspace.Create[list.List](c.Tx, q.store, 0).Fill(out)
		c.Changed(q.store, keyspace.EvSortStore)
	case c.Tx.Delete(q.store):
		c.Changed(q.store, keyspace.EvDel)
	}
	c.Reply.Int(int64(len(out)))
	return nil
}

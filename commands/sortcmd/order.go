package sortcmd

import (
	"bytes"
	"cmp"
	"errors"
	"math"
	"slices"
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/list"
	"github.com/medleydb/medley/datatypes/set"
	"github.com/medleydb/medley/datatypes/zset"
	"github.com/medleydb/medley/keyspace"
)

const errNoDouble = command.ReplyError("ERR One or more scores can't be converted into double")

// An element is one of the collection, with what it is sorted by.
type element struct {
	text   []byte
	weight []byte // with ALPHA and a pattern; nil for none
	score  float64
}

// sorted returns the elements that are asked for, in their order.
func (q *query) sorted(c *command.Context, v *datatypes.Value, ok bool) ([]element, error) {
	if !ok {
		return nil, nil
	}
	unsorted, alpha, by := q.unsorted, q.alpha, q.by
	if v.Kind == datatypes.Set && unsorted && (q.store != nil || c.Nested) {
		// What is stored, or goes on in a script, must not depend on chance.
		unsorted, alpha, by = false, true, nil
	}
	if unsorted {
		return q.inOwnOrder(v)
	}
	elems, err := load(v, 0, -1, false)
	if err != nil {
		return nil, err
	}
	if err := weigh(c, elems, alpha, by); err != nil {
		return nil, err
	}
	order(elems, q.desc, alpha, by != nil, v.Kind == datatypes.Set)
	from, to := q.window(len(elems))
	return elems[from:to], nil
}

// inOwnOrder returns elements as they stand in the collection, or backwards; of a list or
// sorted set it reads those only that are asked for.
func (q *query) inOwnOrder(v *datatypes.Value) ([]element, error) {
	n := 0
	switch v.Kind {
	case datatypes.List:
		n = list.List{}.Of(v).Len()
	case datatypes.ZSet:
		n = zset.ZSet{}.Of(v).Len()
	default:
		elems, err := load(v, 0, -1, false)
		from, to := q.window(len(elems))
		return elems[from:to], err
	}
	from, to := q.window(n)
	return load(v, from, to-from, q.desc)
}

// load copies the texts of n elements, all when it is negative, from the given one on,
// backwards where wanted; of a set always all.
func load(v *datatypes.Value, from, n int, backwards bool) (elems []element, err error) {
	var t texts
	var scratch [32]byte
	add := func(b []byte) { elems = append(elems, element{text: t.keep(b)}) }
	switch v.Kind {
	case datatypes.List:
		l := list.List{}.Of(v)
		if n < 0 {
			n = l.Len()
		}
		elems = make([]element, 0, n)
		start := from
		if backwards {
			start = l.Len() - 1 - from
		}
		for it := l.Iter(start, backwards); n > 0 && it.Next(); n-- {
			add(it.Bytes(scratch[:0]))
		}
	case datatypes.Set:
		s := set.Set{}.Of(v)
		elems = make([]element, 0, s.Len())
		s.Each(func(m *set.Member) bool {
			add(m.Bytes(scratch[:0]))
			return true
		})
	case datatypes.ZSet:
		z := zset.ZSet{}.Of(v)
		span := z.All()
		if n >= 0 {
			span = span.Limit(int64(from), int64(n), backwards)
		}
		elems = make([]element, 0, span.Len())
		z.Each(span, backwards, func(m []byte, _ float64) bool {
			add(m)
			return true
		})
	default:
		return nil, keyspace.ErrWrongType
	}
	return elems, nil
}

// weigh looks up what the elements are sorted by.
func weigh(c *command.Context, elems []element, alpha bool, by *pattern) error {
	if alpha && by == nil {
		return nil
	}
	var l lookup
	var t texts
	failed := false
	for i := range elems {
		e := &elems[i]
		b := e.text
		if by != nil {
			var ok bool
			if b, ok = l.value(c.Tx, by, e.text); !ok {
				continue
			}
		}
		if alpha {
			e.weight = t.keep(b)
			continue
		}
		ok := false
		if e.score, ok = parseScore(b); !ok {
			failed = true
		}
	}
	if failed {
		return errNoDouble
	}
	return nil
}

// parseScore reads a number as Redis does here: in decimal, infinite where it is too
// large; a zero byte ends the text, and nothing at all is 0.
func parseScore(b []byte) (float64, bool) {
	if i := bytes.IndexByte(b, 0); i >= 0 {
		b = b[:i]
	}
	if len(b) == 0 {
		return 0, true
	}
	if bytes.ContainsAny(b, "xX") {
		return 0, false // hexadecimal
	}
	if f, ok := datatypes.ParseFloat(b); ok {
		return f, true
	}
	f, err := strconv.ParseFloat(string(b), 64)
	return f, !math.IsNaN(f) && (err == nil || errors.Is(err, strconv.ErrRange))
}

// order sorts the elements. chance is true where they come in no order of their own.
func order(elems []element, desc, alpha, by, chance bool) {
	sign := 1
	if desc {
		sign = -1
	}
	byText := func(a, b element) int { return sign * bytes.Compare(a.text, b.text) }
	switch {
	case !alpha:
		slices.SortFunc(elems, func(a, b element) int {
			if n := cmp.Compare(a.score, b.score); n != 0 {
				return sign * n
			}
			return byText(a, b)
		})
	case !by:
		slices.SortFunc(elems, byText)
	default:
		slices.SortStableFunc(elems, func(a, b element) int {
			n := compareWeights(a.weight, b.weight)
			if n == 0 && chance {
				return byText(a, b)
			}
			return sign * n
		})
	}
}

// compareWeights compares texts; none comes before all.
func compareWeights(a, b []byte) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return -1
	case b == nil:
		return 1
	}
	return bytes.Compare(a, b)
}

// texts keeps copies of byte slices, never nil, in chunks: the collector has few objects to
// look at.
type texts struct{ chunk []byte }

const chunkSize = 4 << 10

func (t *texts) keep(b []byte) []byte {
	if t.chunk == nil || len(b) > cap(t.chunk)-len(t.chunk) {
		t.chunk = make([]byte, 0, max(len(b), min(2*cap(t.chunk), 1<<20), chunkSize))
	}
	from := len(t.chunk)
	t.chunk = append(t.chunk, b...)
	return t.chunk[from:len(t.chunk):len(t.chunk)]
}

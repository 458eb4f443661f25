package cases

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/medleydb/medley/commands/command"
)

// A pattern is what a reply is expected to be.
type pattern interface {
	match(m moment, v command.Value) bool
}

// A moment is the circumstances of a comparison.
type moment struct {
	env
	proto int
}

// clockSlack is how far a time in a reply may be from the expected one: the case
// took a while to get there.
const clockSlack = 5 * time.Second

type anyPattern struct{}

func (anyPattern) match(moment, command.Value) bool { return true }

// A kindPattern accepts every value of some kinds.
type kindPattern []command.Kind

func (p kindPattern) match(_ moment, v command.Value) bool { return slices.Contains(p, v.Kind) }

// A nullPattern is one of RESP2's nulls; RESP3 has only one.
type nullPattern command.Kind

func (p nullPattern) match(m moment, v command.Value) bool {
	if m.proto == 3 {
		return v.Kind == command.Null
	}
	return v.Kind == command.Kind(p)
}

// An eitherPattern accepts what one of its patterns accepts.
type eitherPattern []pattern

func (p eitherPattern) match(m moment, v command.Value) bool {
	return slices.ContainsFunc(p, func(q pattern) bool { return q.match(m, v) })
}

// A rangePattern is an integer between two bounds, or its text where the kind is Bulk.
type rangePattern struct {
	kind     command.Kind
	from, to int64
}

func (p rangePattern) match(_ moment, v command.Value) bool {
	n, err := strconv.ParseInt(v.Text(), 10, 64)
	return v.Kind == p.kind && err == nil && p.from <= n && n <= p.to
}

// A clockPattern is a time near now+offset, as an integer or as text.
type clockPattern struct {
	unit   time.Duration
	offset time.Duration
}

func (p clockPattern) match(m moment, v command.Value) bool {
	return (v.Kind == command.Int || v.Kind == command.Bulk) && p.matchText(m, v.Text())
}

func (p clockPattern) matchText(m moment, text string) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return false
	}
	want := m.now.Add(p.offset)
	got := time.UnixMilli(n)
	if p.unit == time.Second {
		got = time.Unix(n, 0)
	}
	return got.Sub(want).Abs() <= clockSlack
}

// A textPattern is a string of some kind, exact or by regular expression.
type textPattern struct {
	kind command.Kind
	text template
	re   *regexp.Regexp // instead of text
}

func (p textPattern) match(m moment, v command.Value) bool {
	return v.Kind == p.kind && p.matchText(m, v.Text())
}

func (p textPattern) matchText(m moment, s string) bool {
	if p.re != nil {
		return p.re.MatchString(s)
	}
	want, err := p.text.expand(m.env)
	return err == nil && s == want
}

// A verbatimPattern is RESP3's verbatim text; RESP2 has a bulk string in its place.
type verbatimPattern struct{ textPattern }

func (p verbatimPattern) match(m moment, v command.Value) bool {
	if m.proto == 3 {
		return v.Kind == command.Verbatim && v.Format == "txt" && p.matchText(m, v.Str)
	}
	return v.Kind == command.Bulk && p.matchText(m, v.Str)
}

// A doublePattern is RESP3's double between two bounds; RESP2 has its text in a
// bulk string, compared digit by digit where text is set.
type doublePattern struct {
	from, to float64
	text     string
}

func (p doublePattern) match(m moment, v command.Value) bool {
	f := v.Float
	switch {
	case m.proto == 3 && v.Kind == command.Double:
	case m.proto == 2 && v.Kind == command.Bulk:
		if p.text != "" {
			return v.Str == p.text
		}
		var err error
		if f, err = strconv.ParseFloat(v.Str, 64); err != nil {
			return false
		}
	default:
		return false
	}
	if math.IsNaN(p.from) {
		return math.IsNaN(f)
	}
	return p.from <= f && f <= p.to
}

// A boolPattern is RESP3's boolean; RESP2 has 1 or 0.
type boolPattern bool

func (p boolPattern) match(m moment, v command.Value) bool {
	want := int64(0)
	if p {
		want = 1
	}
	kind := command.Bool
	if m.proto == 2 {
		kind = command.Int
	}
	return v.Kind == kind && v.Int == want
}

// A bigPattern is RESP3's big number; RESP2 has its digits.
type bigPattern string

func (p bigPattern) match(m moment, v command.Value) bool {
	kind := command.BigNumber
	if m.proto == 2 {
		kind = command.Bulk
	}
	return v.Kind == kind && v.Str == string(p)
}

// A listPattern is an array, a set or a push; RESP2 has arrays for all.
type listPattern struct {
	kind      command.Kind
	elems     []pattern
	unordered bool
	open      bool // more elements may follow
}

func (p listPattern) match(m moment, v command.Value) bool {
	kind := p.kind
	if m.proto == 2 {
		kind = command.Array
	}
	if v.Kind != kind || len(v.Elems) < len(p.elems) || !p.open && len(v.Elems) > len(p.elems) {
		return false
	}
	if p.unordered {
		return matchUnordered(len(p.elems), len(v.Elems), func(i, j int) bool {
			return p.elems[i].match(m, v.Elems[j])
		})
	}
	for i, q := range p.elems {
		if !q.match(m, v.Elems[i]) {
			return false
		}
	}
	return true
}

// A mapPattern is a map; RESP2 has a flat array.
type mapPattern struct {
	pairs []pattern // key, value, key, value
	open  bool
}

func (p mapPattern) match(m moment, v command.Value) bool {
	kind := command.Map
	if m.proto == 2 {
		kind = command.Array
	}
	if v.Kind != kind || len(v.Elems)%2 != 0 {
		return false
	}
	want, got := len(p.pairs)/2, len(v.Elems)/2
	if got < want || !p.open && got > want {
		return false
	}
	return matchUnordered(want, got, func(i, j int) bool {
		return p.pairs[2*i].match(m, v.Elems[2*j]) && p.pairs[2*i+1].match(m, v.Elems[2*j+1])
	})
}

// matchUnordered reports whether each of the wanted ones can have a got one of its
// own: augmenting paths, since a loose pattern must not take a strict one's only match.
func matchUnordered(want, got int, fits func(i, j int) bool) bool {
	owner := make([]int, got)
	for j := range owner {
		owner[j] = -1
	}
	var place func(i int, tried []bool) bool
	place = func(i int, tried []bool) bool {
		for j := range got {
			if tried[j] || !fits(i, j) {
				continue
			}
			tried[j] = true
			if owner[j] < 0 || place(owner[j], tried) {
				owner[j] = i
				return true
			}
		}
		return false
	}
	for i := range want {
		if !place(i, make([]bool, got)) {
			return false
		}
	}
	return true
}

// Format writes a value in the notation of the scripts.
func Format(v command.Value) string {
	switch v.Kind {
	case command.Null:
		return "nil"
	case command.NullArray:
		return "nil-array"
	case command.Status:
		return "+" + formatWord(v.Str)
	case command.Error:
		return "-" + formatWord(v.Str)
	case command.Bulk:
		return quoteText(v.Str)
	case command.Double:
		return "double(" + v.Text() + ")"
	case command.BigNumber:
		return "big(" + v.Str + ")"
	case command.Verbatim:
		return "text(" + quoteText(v.Str) + ")"
	case command.Array:
		return "[" + formatElems(v.Elems) + "]"
	case command.Set:
		return "set[" + formatElems(v.Elems) + "]"
	case command.Push:
		return "push[" + formatElems(v.Elems) + "]"
	case command.Map:
		var pairs []string
		for i := 0; i+1 < len(v.Elems); i += 2 {
			pairs = append(pairs, Format(v.Elems[i])+": "+Format(v.Elems[i+1]))
		}
		return "{" + strings.Join(pairs, ", ") + "}"
	}
	return v.Text()
}

// FormatLine writes a whole reply: statuses and errors need no quotes then.
func FormatLine(v command.Value) string {
	if plain := !strings.ContainsAny(v.Str, "\r\n"); plain {
		switch v.Kind {
		case command.Status:
			return "+" + v.Str
		case command.Error:
			return "-" + v.Str
		}
	}
	return Format(v)
}

func formatWord(s string) string {
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !isWordRune(r) }) < 0 {
		return s
	}
	return quoteText(s)
}

func isWordRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}

func formatElems(elems []command.Value) string {
	const most = 64
	var out []string
	for i, e := range elems {
		if i == most {
			out = append(out, fmt.Sprintf("... %d more", len(elems)-most))
			break
		}
		out = append(out, Format(e))
	}
	return strings.Join(out, ", ")
}

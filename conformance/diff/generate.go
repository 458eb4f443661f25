package diff

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/medleydb/medley/conformance/cases"
)

// A Step is one command of a stream.
type Step struct {
	Conn int // which connection sends it
	Args []string
	// Piped means that the next step is sent before this one's reply is read.
	Piped bool
}

const (
	connections = 3
	databases   = 3 // streams use the first ones
)

// A generator makes streams.
type generator struct {
	rand     *rand.Rand
	families []weighted
	times    map[int64]bool // relative times already used, in tens of seconds
	ms, seq  int            // of the last ID made for a stream's entry
}

type weighted struct {
	name  string
	calls []node // each as often as it weighs
}

func newGenerator(names []string, peers ...cases.Peer) (*generator, error) {
	g := &generator{}
	for _, f := range Families() {
		if len(names) > 0 && !slices.Contains(names, f.Name) {
			continue
		}
		w := weighted{name: f.Name}
		for _, c := range f.Commands {
			n, err := parseSyntax(c.Syntax)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f.Name, err)
			}
			both := true
			for _, p := range peers {
				ok, err := cases.Promises(c.Requires, p)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", c.Syntax, err)
				}
				both = both && ok
			}
			for range max(1, c.Weight) {
				if both {
					w.calls = append(w.calls, n)
				}
			}
		}
		g.families = append(g.families, w)
	}
	if len(g.families) == 0 {
		return nil, fmt.Errorf("no such family: %s", strings.Join(names, ", "))
	}
	return g, nil
}

// stream makes the stream of a seed.
func (g *generator) stream(seed uint64, length int) []Step {
	g.rand = rand.New(rand.NewPCG(seed, 1))
	g.times = map[int64]bool{}
	g.ms, g.seq = 1, 0
	var steps []Step
	for len(steps) < length {
		conn := 0
		if g.chance(20) {
			conn = g.below(connections)
		}
		switch {
		case g.has("transactions") && g.chance(3):
			steps = g.block(steps, conn)
		case g.chance(4):
			for range 2 + g.below(6) {
				steps = append(steps, Step{Conn: conn, Args: g.call(), Piped: true})
			}
			steps[len(steps)-1].Piped = false
		default:
			steps = append(steps, Step{Conn: conn, Args: g.call()})
		}
	}
	return steps
}

func (g *generator) has(family string) bool {
	return slices.ContainsFunc(g.families, func(w weighted) bool { return w.name == family })
}

// block makes a transaction, with commands of other connections in between.
func (g *generator) block(steps []Step, conn int) []Step {
	if g.chance(50) {
		steps = append(steps, Step{Conn: conn, Args: []string{"WATCH", g.placeholder("key"), g.placeholder("key")}})
	}
	steps = append(steps, Step{Conn: conn, Args: []string{"MULTI"}})
	for range g.below(6) {
		if g.chance(15) {
			steps = append(steps, Step{Conn: (conn + 1) % connections, Args: g.call()})
		}
		steps = append(steps, Step{Conn: conn, Args: g.call()})
	}
	end := "EXEC"
	if g.chance(10) {
		end = "DISCARD"
	}
	return append(steps, Step{Conn: conn, Args: []string{end}})
}

// call makes one command, now and then a spoiled one. What lasts, such as the
// keys, is chosen more often than what only concerns the connection.
func (g *generator) call() []string {
	f := g.families[g.below(len(g.families))]
	if (f.name == "connection" || f.name == "transactions") && g.chance(70) {
		f = g.families[g.below(len(g.families))]
	}
	args := f.calls[g.below(len(f.calls))].appendTo(nil, g)
	if g.chance(3) && !waits(args[0]) {
		args = g.spoil(args)
	}
	return args
}

// waits reports whether the command may wait: spoiled, it might wait for ever.
func waits(name string) bool {
	return slices.Contains([]string{"BLPOP", "BRPOP", "BLMPOP", "BLMOVE", "BRPOPLPUSH", "XREAD", "XREADGROUP"}, name)
}

func (g *generator) spoil(args []string) []string {
	i := g.below(len(args))
	switch g.below(4) {
	case 0:
		if len(args) > 1 {
			return slices.Delete(args, max(1, i), max(1, i)+1)
		}
	case 1:
		return slices.Insert(args, i+1, g.pick("NX", "XX", "GET", "COUNT", "nonsense", "0", ""))
	case 2:
		return append(args, args[i])
	case 3:
		if i > 0 {
			args[i] = g.pick("", "x", "-1", "9223372036854775808", "1.5", "nan", " 1")
		}
	}
	return args
}

func (g *generator) below(n int) int            { return g.rand.IntN(n) }
func (g *generator) chance(percent int) bool    { return g.rand.IntN(100) < percent }
func (g *generator) pick(from ...string) string { return from[g.rand.IntN(len(from))] }

// placeholder makes an argument of a kind. A kind that is not known is a mistake
// in the family; TestFamilies finds it.
func (g *generator) placeholder(kind string) string {
	switch kind {
	case "key":
		return "k" + strconv.Itoa(g.below(8))
	case "field":
		return "f" + strconv.Itoa(g.below(6))
	case "value":
		return g.value()
	case "db":
		if g.chance(3) {
			return g.pick("-1", "x", "99999")
		}
		return strconv.Itoa(g.below(databases))
	case "int":
		return g.pick("0", "1", "-1", "2", "7", "100", "-100", "9223372036854775807", "-9223372036854775808", "9223372036854775806", "x")
	case "float":
		return g.pick("0", "1", "-1", "0.5", "-0.25", "3.0e3", "1e-3", "100000000", "10.75", "inf", "x")
	case "index":
		return g.pick("0", "1", "2", "3", "5", "-1", "-2", "-3", "-5", "100", "-100", "x")
	case "position": // in a collection of many
		return strconv.Itoa(g.below(1000) - 500)
	case "long":
		return strings.Repeat(g.pick("p", "q", "ab"), []int{100, 124, 250, 1023, 1500, 3000}[g.below(6)])
	case "timeout":
		return g.pick("0.001", "0.002", "1e-3", "x", "-1")
	case "newid":
		return g.newID()
	case "streamid":
		return g.streamID()
	case "edge":
		if g.chance(60) {
			return g.pick("-", "+")
		}
		return g.pick("(", "") + g.streamID()
	case "name":
		return g.pick("a", "b", "a", "field", "7", "") // the first ones again and again: entries share names
	case "group":
		return g.pick("g1", "g1", "g2")
	case "consumer":
		return g.pick("ann", "bob", "cy")
	case "offset":
		return g.pick("0", "1", "2", "3", "10", "50", "-1", "x")
	case "pattern":
		return g.pick("*", "k*", "k[0-3]", "k?", "k[^12]", "k1", "*1", "nothing*", "[", "k\\1", "")
	case "seconds":
		return g.relative(1)
	case "millis":
		return g.relative(1000)
	case "unix":
		return g.absolute(1)
	case "unixms":
		return g.absolute(1000)
	case "later":
		return g.future(1)
	case "laterms":
		return g.future(1000)
	}
	panic("unknown placeholder " + kind)
}

// newID makes an ID that is mostly greater than all before it.
func (g *generator) newID() string {
	if g.chance(60) {
		g.ms, g.seq = g.ms+g.below(3), g.seq+1
	} else {
		g.ms, g.seq = g.ms+1, 0
	}
	if g.chance(5) {
		return strconv.Itoa(g.ms) + "-*"
	}
	return strconv.Itoa(g.ms) + "-" + strconv.Itoa(g.seq)
}

// streamID makes an ID that an entry may have.
func (g *generator) streamID() string {
	if g.chance(4) {
		return g.pick("x", "-", "+", "18446744073709551615-18446744073709551615", "0-0", "1-", "5-x", "")
	}
	ms := max(0, g.ms-g.below(40))
	if g.chance(20) {
		return strconv.Itoa(ms)
	}
	return strconv.Itoa(ms) + "-" + strconv.Itoa(max(0, g.seq-g.below(25)))
}

func (g *generator) value() string {
	switch g.below(12) {
	case 0:
		return strings.Repeat(g.pick("a", "xyz", "0"), 1+g.below(80))
	case 1:
		return strconv.Itoa(g.below(1000) - 500)
	case 2:
		return g.pick("9223372036854775807", "-9223372036854775808", "9223372036854775808", "1e3", "0x10", "3.14", "-0", "007", "+1", " 1")
	case 3:
		return g.pick("\x00", "\xff\xfe", "a\r\nb", "\"quoted\"", "")
	}
	return g.pick("a", "b", "abc", "hello", "0", "1", "2", "10", "-5", "1.5")
}

// relative is a time from now on that this stream has not used yet, or one that
// deletes or is refused.
func (g *generator) relative(unit int64) string {
	if g.chance(8) {
		return g.pick("0", "-1", "x", "9223372036854775807", "1.5")
	}
	for {
		tens := 100 + int64(g.below(1_000_000))
		if !g.times[tens] {
			g.times[tens] = true
			return strconv.FormatInt(tens*10*unit, 10)
		}
	}
}

// absolute is a time in the far future, in the past, or refused.
func (g *generator) absolute(unit int64) string {
	if g.chance(8) {
		return g.pick("1", "0", "-1")
	}
	return g.future(unit)
}

// future is a time in the far future, or refused.
func (g *generator) future(unit int64) string {
	if g.chance(6) {
		return g.pick("x", "9223372036854775808", "1.5", "")
	}
	return strconv.FormatInt((33_000_000_000+int64(g.below(1_000_000))*10)*unit, 10)
}

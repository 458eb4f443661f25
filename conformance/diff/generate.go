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
		if len(w.calls) > 0 {
			g.families = append(g.families, w)
		}
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
	if f.name == "scripting" && len(g.families) > 1 && g.chance(60) {
		return g.wrapped()
	}
	if (f.name == "connection" || f.name == "transactions") && g.chance(70) {
		f = g.families[g.below(len(g.families))]
	}
	args := f.calls[g.below(len(f.calls))].appendTo(nil, g)
	sorted := f.name == "sort" && !strings.HasPrefix(args[0], "SORT") // which is to be numbers
	if g.chance(3) && !unspoiled[args[0]] && args[1%len(args)] != lexKey && !sorted && !grown[args[0]] {
		args = g.spoil(args)
	}
	return args
}

// scripts are what <script> stands for.
var scripts = []string{
	"return redis.call('GET', KEYS[1])",
	"return redis.pcall('GET', KEYS[1])",
	"redis.call('SET', KEYS[1], ARGV[1]) return redis.call('INCR', KEYS[2])",
	"local a, b = KEYS[1], KEYS[2] redis.call('SET', a, ARGV[1]) return {redis.pcall('RENAME', a, b), redis.call('EXISTS', a, b)}",
	"local n = 0 for i, k in ipairs(KEYS) do n = n + redis.call('EXISTS', k) end return n",
	"for i = 1, 3 do redis.call('RPUSH', KEYS[1], i, ARGV[1]) end return redis.call('LRANGE', KEYS[1], 0, -1)",
	"redis.pcall('HSET', KEYS[1], 'f', ARGV[1]) return redis.pcall('HGET', KEYS[1], 'f')",
	"redis.setresp(3) return type(redis.pcall('HGETALL', KEYS[1]).map)",
	"redis.setresp(3) return {redis.pcall('ZSCORE', KEYS[1], 'm'), redis.pcall('GET', KEYS[2]), true, false}",
	"return {redis.call('TYPE', KEYS[1]).ok, type(redis.call('GET', KEYS[2])), #ARGV}",
	"local t = redis.call('DEL', unpack(KEYS)) return tostring(t) .. ' of ' .. #KEYS",
	"local r = redis.pcall('INCRBY', KEYS[1], ARGV[2]) return type(r) == 'table' and r.err or r",
	"redis.call('APPEND', KEYS[1], ARGV[1]) error('after')",
	"redis.call('SELECT', 1) return redis.call('INCR', KEYS[1])",
	"return {1.9, -1.9, 'x', false, {true, {}}, nil, 2}",
	"return cjson.encode({redis.call('STRLEN', KEYS[1]), ARGV})",
	"return redis.call('SET', KEYS[1] .. 'x', ARGV[1])",
	"return nothing.there",
	"not a script",
}

// wrapped makes a script of a command of another family. Within one, nothing blocks for Redis
// 7.0 either, since it refuses such commands.
func (g *generator) wrapped() []string {
	for {
		f := g.families[g.below(len(g.families))]
		args := f.calls[g.below(len(f.calls))].appendTo(nil, g)
		if f.name == "scripting" || f.name == "connection" || f.name == "transactions" || args[0] == "LCS" || unspoiled[args[0]] { // LCS replies a map, which has no order in Lua
			continue
		}
		if g.chance(3) && !grown[args[0]] {
			args = g.spoil(args)
		}
		return append([]string{"EVAL", g.pick(wrappers...), "0"}, args...)
	}
}

// wrappers run the command that their arguments are.
var wrappers = []string{
	"return redis.call(unpack(ARGV))",
	"return redis.pcall(unpack(ARGV))",
	"redis.setresp(3) return redis.call(unpack(ARGV))",
	"redis.setresp(3) return {redis.pcall(unpack(ARGV))}",
}

// lexKey is the sorted set whose members all have the same score: with others what ranges of
// members give is not defined.
const lexKey = "lex"

// unspoiled are the commands that must stay as they are: those that might wait for ever,
// SPOP, which must take all or none, and HSETEX, to which Valkey knows more words.
var unspoiled = map[string]bool{"BLPOP": true, "BRPOP": true, "BLMPOP": true, "BLMOVE": true, "BRPOPLPUSH": true,
	"BZPOPMIN": true, "BZPOPMAX": true, "BZMPOP": true, "XREAD": true, "XREADGROUP": true, "SPOP": true, "HSETEX": true}

// grown are the commands of which later versions take other numbers of arguments: the end of
// BITCOUNT's range may be left out in Valkey, and Redis 7.2 has WITHSCORE for the others.
var grown = map[string]bool{"BITCOUNT": true, "ZRANK": true, "ZREVRANK": true}

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
			args[i] = g.pick("", "x", "-1", "9223372036854775808", "1.5", "nan")
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
	case "script":
		return g.pick(scripts...)
	case "field":
		return "f" + strconv.Itoa(g.below(6))
	case "value":
		return g.value()
	case "listkey":
		return "q" + strconv.Itoa(g.below(6))
	case "intkey":
		return "i" + strconv.Itoa(g.below(5))
	case "member":
		return g.member()
	case "intmember":
		if g.chance(25) {
			return strconv.Itoa(g.below(200) << 30)
		}
		return strconv.Itoa(g.below(900)*3 - 300)
	case "score":
		return g.score()
	case "bound":
		return g.pick("(", "") + g.pick("-inf", "+inf", g.score(), g.score())
	case "lex":
		return g.pick("-", "+", "["+g.member(), "("+g.member(), "["+g.member(), "m")
	case "db":
		if g.chance(3) {
			return g.pick("-1", "x", "99999")
		}
		return strconv.Itoa(g.below(databases))
	case "int":
		return g.pick("0", "1", "-1", "2", "7", "100", "-100", "9223372036854775807", "-9223372036854775808", "9223372036854775806", "x")
	case "number":
		return strconv.Itoa(g.below(12))
	case "weightkey":
		return g.pick("w", "x") + strconv.Itoa(g.below(12))
	case "hashkey":
		return "h" + strconv.Itoa(g.below(12))
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
	case "bit":
		if g.chance(10) { // far enough for a compressed bitmap
			return strconv.Itoa(2_000_000 + g.below(4_000_000))
		}
		if g.chance(3) {
			return g.pick("-1", "x", "4294967296", "1.5")
		}
		return strconv.Itoa(g.below([]int{16, 100, 100_000}[g.below(3)]))
	case "element":
		return strconv.Itoa(g.below([]int{20, 5000, 1_000_000}[g.below(3)]))
	case "hlloffset": // of the header
		return g.pick("0", "4", "5", "8", "15")
	case "lon":
		return g.coordinate(120, 4)
	case "lat":
		return g.coordinate(55, 48)
	case "vlon":
		return strconv.FormatFloat(20*g.rand.Float64(), 'f', 4, 64)
	case "vlat":
		return strconv.FormatFloat(40+20*g.rand.Float64(), 'f', 4, 64)
	case "place":
		return "p" + strconv.Itoa(g.below(40))
	case "unit":
		return g.pick("m", "km", "KM", "ft", "mi")
	case "radius":
		if g.chance(3) {
			return g.pick("-1", "x", "0")
		}
		return g.pick("1", "10", "200", "3000", "500", "0.5", "100000", "1500.5")
	case "fieldtype":
		return g.pick("u8", "i8", "u1", "i1", "u4", "i5", "u16", "i16", "u31", "i32", "u63", "i64", "i63", "u64", "i65", "u0")
	case "fieldoffset":
		return g.pick("0", "1", "3", "7", "8", "13", "100", "#0", "#1", "#2", "#7", "3000001", "-1", "#x")
	case "fieldvalue":
		return g.pick("0", "1", "-1", "5", "100", "-100", "255", "256", "32767", "-32769", "9223372036854775807", "-9223372036854775808", "x")
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

// many is a placeholder of several arguments: what to make n times, behind some words; nil
// where it is none.
func (g *generator) many(kind string) (one func() []string, n int, before []string) {
	each := func(kinds ...string) func() []string {
		return func() (args []string) {
			for _, k := range kinds {
				args = append(args, g.placeholder(k))
			}
			return args
		}
	}
	switch kind {
	case "values":
		return each("value"), 50 + g.below(300), nil
	case "members":
		return each("member"), 50 + g.below(300), nil
	case "intmembers":
		return each("intmember"), 50 + g.below(700), nil
	case "scored":
		return each("score", "member"), 50 + g.below(200), nil
	case "pairs":
		return func() []string { return []string{"g" + strconv.Itoa(g.below(800)), g.value()} }, 50 + g.below(600), nil
	case "fields":
		return func() []string { return []string{"g" + strconv.Itoa(g.below(800))} }, 50 + g.below(600), nil
	case "counted", "countedpairs":
		n, count := 1+g.below(3), ""
		if count = strconv.Itoa(n); g.chance(2) {
			count = g.pick("0", "9", "x", "-1")
		}
		if one = each("field"); kind == "countedpairs" {
			one = each("field", "value")
		}
		return one, n, []string{"FIELDS", count}
	}
	return nil, 0, nil
}

func (g *generator) member() string {
	switch g.below(60) {
	case 0:
		return strings.Repeat("x", 60+g.below(8))
	case 1:
		return g.pick("", "-0", "01", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1.5")
	case 2, 3, 4, 5, 6, 7, 8, 9:
		return strconv.Itoa(g.below(40))
	}
	if g.chance(50) {
		return "m" + strconv.Itoa(g.below(15))
	}
	return "m" + strconv.Itoa(g.below(400))
}

func (g *generator) score() string {
	switch g.below(12) {
	case 0:
		return g.pick("inf", "-inf", "1e300", "-0", "0.1", "nan", "x", "1e17", "+3", "-1.5e-7")
	case 1, 2:
		return strconv.FormatFloat(float64(g.below(1000)-500)/8, 'f', -1, 64)
	}
	return strconv.Itoa(g.below(20))
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

// coordinate is a number of degrees up to a limit, or near to a place where many points are.
func (g *generator) coordinate(limit, near float64) string {
	if g.chance(2) {
		return g.pick("x", "181", "-90", "nan")
	}
	if g.chance(50) {
		return strconv.FormatFloat(near+g.rand.Float64()/10, 'f', 6, 64)
	}
	return strconv.FormatFloat((2*g.rand.Float64()-1)*limit, 'f', 4, 64)
}

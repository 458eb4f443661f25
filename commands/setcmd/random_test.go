package setcmd_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/medleydb/medley/commands"
)

// generator draws commands whose replies do not depend on chance.
type generator struct{ r *rand.Rand }

func (g *generator) key() string {
	if g.r.IntN(60) == 0 {
		return "string"
	}
	return "s" + strconv.Itoa(g.r.IntN(7))
}

// member draws members that keep keys with even numbers to integers mostly.
func (g *generator) member(key string) string {
	n := int(key[len(key)-1])
	switch {
	case g.r.IntN(400) == 0:
		return strings.Repeat("x", 60+g.r.IntN(8))
	case g.r.IntN(200) == 0:
		return pick(g.r, "", "-0", "01", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1.5")
	case n%2 == 0:
		return strconv.Itoa(g.r.IntN(900)*3 - 300)
	case n%3 == 0:
		return strconv.FormatInt(int64(g.r.Uint64N(200))<<30, 10)
	}
	return "m" + strconv.Itoa(g.r.IntN(160))
}

func (g *generator) members(key string) (list []string) {
	n := 1 + g.r.IntN(6)
	if g.r.IntN(30) == 0 {
		n = g.r.IntN(700) + 1
	}
	for range n {
		list = append(list, g.member(key))
	}
	return list
}

func (g *generator) keys() (list []string) {
	for range 1 + g.r.IntN(3) {
		list = append(list, g.key())
	}
	return list
}

func pick(r *rand.Rand, words ...string) string { return words[r.IntN(len(words))] }

func (g *generator) next() []string {
	k := g.key()
	switch g.r.IntN(24) {
	case 0, 1, 2, 3, 4:
		return append([]string{"SADD", k}, g.members(k)...)
	case 5, 6:
		return append([]string{"SREM", k}, g.members(k)...)
	case 7:
		return []string{"SCARD", k}
	case 8:
		return []string{"SISMEMBER", k, g.member(k)}
	case 9:
		return append([]string{"SMISMEMBER", k}, g.members(k)...)
	case 10:
		return []string{"SMEMBERS", k}
	case 11, 12:
		return []string{"SMOVE", k, g.key(), g.member(k)}
	case 13:
		return append([]string{pick(g.r, "SINTER", "SUNION", "SDIFF")}, g.keys()...)
	case 14, 15:
		return append([]string{pick(g.r, "SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"), "s" + strconv.Itoa(g.r.IntN(7))}, g.keys()...)
	case 16, 17:
		list := g.keys()
		args := append([]string{"SINTERCARD", strconv.Itoa(len(list))}, list...)
		if g.r.IntN(2) == 0 {
			args = append(args, "LIMIT", pick(g.r, "0", "1", "5", "100", "-1"))
		}
		return args
	case 18:
		return []string{"SSCAN", k, "0", "COUNT", "10000"}
	case 19:
		return []string{"SSCAN", k, "0", "COUNT", "10000", "MATCH", pick(g.r, "m*", "*1*", "-[0-9]*", "*", "9?")}
	case 20:
		return []string{"SRANDMEMBER", k, "10000"}
	case 21:
		if g.r.IntN(8) == 0 {
			return []string{"SPOP", k, "10000"}
		}
		return []string{"SPOP", k, "0"}
	case 22:
		if g.r.IntN(8) == 0 {
			return []string{"DEL", k}
		}
		return []string{"TYPE", k}
	}
	return []string{"OBJECT", "ENCODING", k}
}

// TestRandom protects replies in states that nobody thought of: a server of the field
// answers the same to random commands. MEDLEY_PEER_COMMANDS says how many,
// MEDLEY_PEER_SEED from which seed on.
func TestRandom(t *testing.T) {
	steps, seed := 4000, uint64(1)
	if n, err := strconv.Atoi(os.Getenv("MEDLEY_PEER_COMMANDS")); err == nil {
		steps = n
	}
	if n, err := strconv.ParseUint(os.Getenv("MEDLEY_PEER_SEED"), 10, 64); err == nil {
		seed = n
	}
	p := dial(t, startPeer(t))
	modern := modernEncodings(p)
	for proto := 2; proto <= 3; proto++ {
		if proto == 3 {
			p.do("HELLO", "3")
		}
		p.do("FLUSHALL")
		p.do("SET", "string", "x")
		e := open(t, commands.Options{Seed: seed})
		c := e.NewClient()
		c.Session().SetProto(proto)
		do(t, c, []string{"SET", "string", "x"})
		g := generator{rand.New(rand.NewPCG(seed, uint64(proto)))}
		var log []string
		for i := 0; i < steps; i += 50 {
			batch := make([][]string, 50)
			for k := range batch {
				batch[k] = g.next()
			}
			for k, want := range p.pipeline(batch) {
				args := batch[k]
				log = append(log, strings.Join(args, " "))
				got := text(settle(args, do(t, c, args)))
				if args[0] == "OBJECT" && !modern {
					continue
				}
				if want := text(settle(args, want)); got != want {
					t.Fatalf("RESP%d, command %d: %.200s\n  gives %.600s\n  not   %.600s\n%s", proto, i+k, strings.Join(args, " "), got, want, tail(log))
				}
			}
		}
		c.Close()
	}
}

// modernEncodings reports whether the peer names encodings as Redis 8 does.
func modernEncodings(p *peer) bool {
	p.do("SADD", "probe", "a")
	return text(p.do("OBJECT", "ENCODING", "probe")) == strconv.Quote("listpack")
}

func tail(log []string) string {
	var b strings.Builder
	for _, line := range log[max(0, len(log)-20):] {
		fmt.Fprintf(&b, "    %.150s\n", line)
	}
	return b.String()
}

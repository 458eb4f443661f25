package hashcmd_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
)

// generator draws commands whose replies do not depend on the time.
type generator struct {
	r      *rand.Rand
	modern bool // the peer knows times of fields
}

func (g *generator) key() string {
	if g.r.IntN(40) == 0 {
		return "string"
	}
	return "h" + strconv.Itoa(g.r.IntN(6))
}

func (g *generator) field() string {
	switch g.r.IntN(10) {
	case 0:
		return strconv.Itoa(g.r.IntN(300) - 100)
	case 1:
		return "F" + strings.Repeat("x", 60+g.r.IntN(8))
	}
	return "f" + strconv.Itoa(g.r.IntN(30))
}

func (g *generator) value() string {
	switch g.r.IntN(8) {
	case 0:
		return strconv.FormatInt(int64(g.r.Uint64())>>g.r.IntN(64), 10)
	case 1, 2:
		return strconv.Itoa(g.r.IntN(2000) - 1000)
	case 3:
		return strconv.FormatFloat(g.r.NormFloat64(), 'f', g.r.IntN(6), 64)
	case 4:
		if g.r.IntN(30) == 0 {
			return strings.Repeat("v", 60+g.r.IntN(8))
		}
	case 5:
		if g.r.IntN(100) == 0 {
			return strings.Repeat("w", g.r.IntN(6000))
		}
	}
	return "v" + strconv.Itoa(g.r.IntN(1000))
}

func (g *generator) fields() []string {
	n := 1 + g.r.IntN(3)
	list := []string{"FIELDS", strconv.Itoa(n)}
	if g.r.IntN(60) == 0 {
		list[1] = pick(g.r, "0", "9", "x", "-1")
	}
	for range n {
		list = append(list, g.field())
	}
	return list
}

func (g *generator) pairs() (list []string) {
	for range 1 + g.r.IntN(3) {
		list = append(list, g.field(), g.value())
	}
	return list
}

func pick(r *rand.Rand, words ...string) string { return words[r.IntN(len(words))] }

// ms draws a time that has passed or is far away.
func (g *generator) ms() string {
	if g.r.IntN(12) == 0 {
		return pick(g.r, "1", "0", "-5", "x", "1000", "70368744177664")
	}
	return strconv.Itoa(4000000000000 + g.r.IntN(5))
}

func (g *generator) next() []string {
	if g.modern && g.r.IntN(3) == 0 {
		return g.timed()
	}
	k := g.key()
	switch g.r.IntN(28) {
	case 0, 1, 2, 3:
		return append([]string{"HSET", k}, g.pairs()...)
	case 4:
		return append([]string{"HMSET", k}, g.pairs()...)
	case 5:
		return []string{"HSETNX", k, g.field(), g.value()}
	case 6, 7:
		return []string{"HGET", k, g.field()}
	case 8:
		return []string{"HMGET", k, g.field(), g.field(), g.field()}
	case 9:
		return []string{pick(g.r, "HGETALL", "HKEYS", "HVALS"), k}
	case 10:
		return []string{"HLEN", k}
	case 11:
		return []string{"HSTRLEN", k, g.field()}
	case 12:
		return []string{"HEXISTS", k, g.field()}
	case 13, 14, 15, 16:
		return []string{"HDEL", k, g.field(), g.field(), g.field()}
	case 17, 18:
		return []string{"HINCRBY", k, g.field(), g.value()}
	case 19, 20:
		return []string{"HINCRBYFLOAT", k, g.field(), g.value()}
	case 21:
		return []string{"HRANDFIELD", k, "1000"}
	case 22:
		return []string{"HRANDFIELD", k, "1000", "WITHVALUES"}
	case 23:
		return []string{"HSCAN", k, "0", "COUNT", "10000"}
	case 24:
		return []string{"HSCAN", k, "0", "COUNT", "10000", "MATCH", pick(g.r, "f*", "*1*", "[a-f]?", "*", "9*")}
	}
	if g.r.IntN(4) == 0 {
		return []string{"DEL", "h" + strconv.Itoa(g.r.IntN(6))}
	}
	return []string{"OBJECT", "ENCODING", k}
}

func (g *generator) timed() []string {
	k := g.key()
	switch g.r.IntN(14) {
	case 0, 1, 2:
		args := []string{"HPEXPIREAT", k, g.ms()}
		if g.r.IntN(2) == 0 {
			args = append(args, pick(g.r, "NX", "XX", "GT", "LT", "lt", "YY"))
		}
		return append(args, g.fields()...)
	case 3:
		return append([]string{"HEXPIREAT", k, strconv.Itoa(4000000000 + g.r.IntN(3))}, g.fields()...)
	case 4:
		return append([]string{pick(g.r, "HEXPIRE", "HPEXPIRE"), k, "0"}, g.fields()...)
	case 5, 6:
		return append([]string{pick(g.r, "HEXPIRETIME", "HPEXPIRETIME"), k}, g.fields()...)
	case 7:
		return append([]string{"HPERSIST", k}, g.fields()...)
	case 8:
		return append([]string{"HGETDEL", k}, g.fields()...)
	case 9, 10:
		args := []string{"HGETEX", k}
		switch g.r.IntN(4) {
		case 0:
			args = append(args, "PERSIST")
		case 1, 2:
			args = append(args, "PXAT", g.ms())
		}
		return append(args, g.fields()...)
	case 11:
		return []string{"HSCAN", k, "0", "COUNT", "10000", "NOVALUES"}
	}
	args := []string{"HSETEX", k}
	if g.r.IntN(3) == 0 {
		args = append(args, pick(g.r, "FNX", "FXX"))
	}
	switch g.r.IntN(4) {
	case 0:
		args = append(args, "KEEPTTL")
	case 1, 2:
		args = append(args, "PXAT", g.ms())
	}
	pairs := g.pairs()
	return append(append(args, "FIELDS", strconv.Itoa(len(pairs)/2)), pairs...)
}

// TestRandomAgainstPeer gives random commands to a server of the field and to this
// engine and compares all replies. MEDLEY_RANDOM_COMMANDS makes it longer.
func TestRandomAgainstPeer(t *testing.T) {
	total, seed := 6000, uint64(1)
	if s := os.Getenv("MEDLEY_RANDOM_COMMANDS"); s != "" {
		total, _ = strconv.Atoi(s)
		seed = rand.Uint64()
		t.Log("seed", seed)
	}
	addr := startPeer(t)
	for proto := 2; proto <= 3; proto++ {
		p := dial(t, addr)
		p.do("FLUSHALL")
		p.do("CONFIG", "SET", "hash-max-listpack-entries", "20")
		modern := p.do("HTTL", "nokey", "FIELDS", "1", "a").Kind == command.Array
		if p.do("HELLO", strconv.Itoa(proto)).Kind == command.Error {
			t.Skip("the server does not speak RESP3")
		}
		e := open(t, commands.Options{Seed: seed})
		l := e.Store().Limits()
		l.HashMaxPackedEntries = 20
		e.Store().SetLimits(l)
		c := e.NewClient()
		c.Session().SetProto(proto)
		compareRandom(t, p, c, &generator{rand.New(rand.NewPCG(seed, uint64(proto))), modern}, total/2)
		c.Close()
	}
}

func compareRandom(t *testing.T, p *peer, c *commands.Client, g *generator, total int) {
	const batch = 500
	history := map[string][]string{} // of each key, since it was deleted
	list := [][]string{{"SET", "string", "x"}}
	for n := 0; n < total; n += batch {
		for len(list) < batch {
			list = append(list, g.next())
		}
		for i, want := range p.pipeline(list) {
			args := list[i]
			got := text(settle(args, do(t, c, args)))
			key := args[1]
			if args[0] == "OBJECT" {
				key = args[2]
			}
			if args[0] == "DEL" {
				history[key] = nil
			}
			history[key] = append(history[key], fmt.Sprintf("%.200q", args))
			if w := text(settle(args, want)); got != w {
				t.Fatalf("%q\n  gives %.300s\n  not   %.300s\nafter\n%s", args, got, w,
					strings.Join(history[key], "\n"))
			}
		}
		list = list[:0]
	}
}

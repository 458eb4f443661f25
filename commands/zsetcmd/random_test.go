package zsetcmd_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/conformance/reference"
	"github.com/medleydb/medley/datatypes"
)

// A stream draws commands on a few keys, small and large, of few members and scores, so
// that they meet.
type stream struct {
	*rand.Rand
	members int
}

func (s stream) of(list ...string) string { return list[s.IntN(len(list))] }
func (s stream) key() string              { return s.of("a", "b", "c", "d") }
func (s stream) member() string           { return fmt.Sprint("m", s.IntN(s.members)) }
func (s stream) rank() string             { return fmt.Sprint(s.IntN(2*s.members) - s.members) }
func (s stream) maybe(words ...string) []string {
	if s.IntN(2) == 0 {
		return nil
	}
	return words
}

func (s stream) score() string {
	switch s.IntN(12) {
	case 0:
		return s.of("inf", "-inf", "1e300", "-0", "0.1", "5e-320", "nan", "x", "1e17", "+3")
	case 1, 2:
		return fmt.Sprint(s.NormFloat64())
	}
	return fmt.Sprint(s.IntN(20))
}

func (s stream) scoreBound() string {
	return s.of("", "", "(") + s.of(s.score(), s.score(), "-inf", "+inf")
}
func (s stream) lexBound() string {
	return s.of("-", "+", "["+s.member(), "("+s.member(), "["+s.member(), "m")
}
func (s stream) limit() []string {
	return s.maybe("LIMIT", fmt.Sprint(s.IntN(6)), fmt.Sprint(s.IntN(8)-2))
}

func join(parts ...any) (args []string) {
	for _, p := range parts {
		switch v := p.(type) {
		case string:
			args = append(args, v)
		case []string:
			args = append(args, v...)
		}
	}
	return args
}

func (s stream) pairs() (args []string) {
	for range 1 + s.IntN(6) {
		args = append(args, s.score(), s.member())
	}
	return args
}

func (s stream) next() []string {
	switch s.IntN(30) {
	case 0, 1, 2, 3, 4, 5:
		return join("ZADD", s.key(), s.maybe(s.of("NX", "XX", "GT", "LT", "CH")), s.maybe(s.of("CH", "XX", "GT")), s.pairs())
	case 6:
		return join("ZADD", s.key(), s.of("NX", "XX", "GT", "LT", "CH"), "INCR", s.score(), s.member())
	case 7, 8:
		return join("ZINCRBY", s.key(), s.score(), s.member())
	case 9:
		return join("ZREM", s.key(), s.member(), s.member())
	case 10:
		return join(s.of("ZRANK", "ZREVRANK"), s.key(), s.member(), s.maybe("WITHSCORE"))
	case 11, 12:
		return join(s.of("ZRANGE", "ZREVRANGE"), s.key(), s.rank(), s.rank(), s.maybe("WITHSCORES"))
	case 13, 14:
		return join(s.of("ZRANGEBYSCORE", "ZREVRANGEBYSCORE"), s.key(), s.scoreBound(), s.scoreBound(), s.maybe("WITHSCORES"), s.limit())
	case 15:
		return join("ZRANGE", s.key(), s.scoreBound(), s.scoreBound(), "BYSCORE", s.maybe("REV"), s.limit())
	case 16:
		return join("ZRANGESTORE", s.key(), s.key(), s.scoreBound(), s.scoreBound(), "BYSCORE", s.maybe("REV"), s.limit())
	case 17:
		return join("ZRANGESTORE", s.key(), s.key(), s.rank(), s.rank(), s.maybe("REV"))
	case 18:
		return join("ZREMRANGEBYSCORE", s.key(), s.scoreBound(), s.scoreBound())
	case 19:
		return join("ZREMRANGEBYRANK", s.key(), s.rank(), fmt.Sprint(s.IntN(10)))
	case 20:
		return join(s.of("ZPOPMIN", "ZPOPMAX"), s.key(), s.maybe(fmt.Sprint(s.IntN(5))))
	case 21:
		return join("ZMPOP", "2", s.key(), s.key(), s.of("MIN", "MAX"), s.maybe("COUNT", "3"))
	case 22:
		return join(s.of("ZUNION", "ZINTER"), "2", s.key(), s.key(), s.maybe("WEIGHTS", s.score(), s.of("1", "2", "-1")),
			s.maybe("AGGREGATE", s.of("SUM", "MIN", "MAX")), s.maybe("WITHSCORES"))
	case 23:
		return join("ZDIFF", "2", s.key(), s.key(), s.maybe("WITHSCORES"))
	case 24:
		return join(s.of("ZUNIONSTORE", "ZINTERSTORE"), s.key(), "2", s.key(), s.key(), s.maybe("AGGREGATE", s.of("SUM", "MIN", "MAX")))
	case 25:
		return join("ZDIFFSTORE", s.key(), "2", s.key(), s.key())
	case 26:
		return join("ZINTERCARD", "2", s.key(), s.key(), s.maybe("LIMIT", "3"))
	case 27:
		return join("ZMSCORE", s.key(), s.member(), s.member())
	case 28:
		return join("ZSCAN", s.key(), "0", "COUNT", "10000", s.maybe("MATCH", "m1*"))
	}
	return join(s.of("ZCOUNT", "ZCOUNT"), s.key(), s.scoreBound(), s.scoreBound())
}

// lex draws a command on keys whose members have the same score.
func (s stream) lex() []string {
	switch s.IntN(7) {
	case 0, 1, 2:
		return join("ZADD", "l", "0", s.member(), "0", s.member())
	case 3:
		return join(s.of("ZRANGEBYLEX", "ZREVRANGEBYLEX"), "l", s.lexBound(), s.lexBound(), s.limit())
	case 4:
		return join("ZLEXCOUNT", "l", s.lexBound(), s.lexBound())
	case 5:
		return join("ZRANGE", "l", s.lexBound(), s.lexBound(), "BYLEX", s.maybe("REV"), s.limit())
	}
	m := s.member()
	return join("ZREMRANGEBYLEX", "l", s.of("[", "(")+m, s.of("[", "(")+m+"1")
}

// peerBinary returns the server to compare with: MEDLEY_PEER_SERVER or redis-server.
func peerBinary(t *testing.T) string {
	name := os.Getenv("MEDLEY_PEER_SERVER")
	if name == "" {
		name = "redis-server"
	}
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skip("no server to compare with")
	}
	return path
}

// TestAgainstPeer protects from what nobody thought of: random commands get the replies
// of a real server, whatever the encodings.
func TestAgainstPeer(t *testing.T) {
	server, err := reference.Start(peerBinary(t))
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	for seed := range uint64(6) {
		proto := 2 + int(seed%2)
		peer, err := server.Dial(proto)
		if err != nil {
			t.Fatal(err)
		}
		peer.Do("FLUSHALL")
		mine := open(t).NewClient()
		mine.Session().SetProto(proto)
		s := stream{rand.New(rand.NewPCG(seed, 11)), []int{12, 60, 600}[seed/2]}
		for step := range 2500 {
			args := s.next()
			if step%5 == 0 {
				args = s.lex()
			}
			if step%50 == 0 {
				args = join("OBJECT", "ENCODING", s.key())
			}
			theirs, err := peer.Do(args...)
			if err != nil {
				t.Fatal(err)
			}
			got, want := text(numbers(settle(args, do(t, mine, args)))), text(numbers(settle(args, theirs)))
			if got != want && !excused(args, theirs) {
				t.Fatalf("seed %d, step %d: %s\n  gives %s\n  not   %s", seed, step, strings.Join(args, " "), got, want)
			}
		}
		peer.Close()
		mine.Close()
	}
}

// numbers gives the text of numbers one form, which versions of servers differ in.
func numbers(v command.Value) command.Value {
	if f, ok := datatypes.ParseFloat([]byte(v.Str)); ok && v.Kind == command.Bulk {
		v.Str = command.FormatDouble(f)
	}
	for i := range v.Elems {
		v.Elems[i] = numbers(v.Elems[i])
	}
	return v
}

// excused are the replies that servers' versions differ in: the text of the error for a
// wrong number of arguments or a bad score.
func excused(_ []string, theirs command.Value) bool {
	return theirs.Kind == command.Error && strings.Contains(theirs.Str, "wrong number")
}

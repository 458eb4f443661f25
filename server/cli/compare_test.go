package cli

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Protects the promise of the package comment: in place of redis-cli, scripts see
// the same bytes. It needs redis-server and redis-cli 7 or newer on the machine.
func TestSameAsRedisCLI(t *testing.T) {
	peer, err := exec.LookPath("redis-cli")
	server, err2 := exec.LookPath("redis-server")
	if err := errors.Join(err, err2); err != nil {
		t.Skipf("SKIPPED, output is NOT compared with redis-cli: %v", err)
	}
	socket := startRedis(t, server)
	formats := [][]string{{"--raw"}, {"--no-raw"}, {"--csv"}, {"--json"}, {"--quoted-json"},
		{"-3", "--no-raw"}, {"-3", "--raw"}, {"-2", "--json"}}
	n := 0
	for _, c := range comparedCommands {
		for _, f := range formats {
			compare(t, peer, socket, "", append(append([]string(nil), f...), c...))
			n++
		}
	}
	for _, c := range comparedRuns {
		compare(t, peer, socket, c.stdin, c.args)
		n++
	}
	t.Logf("%d runs, %d commands", n, len(comparedCommands)+len(comparedRuns))
}

// compare runs both on the same data and compares what they print and return.
func compare(t *testing.T, peer, socket, stdin string, args []string) {
	t.Helper()
	args = append([]string{"-s", socket}, args...)
	seed(t, socket)
	cmd := exec.Command(peer, args...)
	var out, errOut bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errOut
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	want := result{out.String(), errOut.String(), cmd.ProcessState.ExitCode()}
	seed(t, socket)
	got := run(t, stdin, args...)
	got.out, want.out = clientID.ReplaceAllString(got.out, "id"), clientID.ReplaceAllString(want.out, "id")
	if got != want {
		t.Errorf("%q %q\ngot       %+v\nredis-cli %+v", args[2:], stdin, got, want)
	}
}

// clientID is what differs between two connections.
var clientID = regexp.MustCompile(`"id" => \(integer\) \d+`)

func startRedis(t *testing.T, server string) (socket string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "cli") // t.TempDir is too long a path for a socket
	if err != nil {
		t.Fatal(err)
	}
	socket = filepath.Join(dir, "s")
	cmd := exec.Command(server, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", dir,
		"--enable-debug-command", "yes", "--lua-time-limit", "0")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
		os.RemoveAll(dir)
	})
	for range 500 {
		if c, err := net.Dial("unix", socket); err == nil {
			c.Close()
			return socket
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("redis-server did not start")
	return ""
}

func seed(t *testing.T, socket string) {
	t.Helper()
	c, err := (&options{socket: socket}).dial()
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	for _, args := range seedCommands {
		v, err := c.do(args...)
		if err != nil || v.Err() != nil {
			t.Fatalf("%q: %v %v", args, err, v.Err())
		}
	}
}

var seedCommands = [][]string{
	{"FLUSHALL"},
	{"SET", "str", "hello world"},
	{"SET", "bin", "\x00\x01\xff\r\n\t\a\b\"'\\ \x7fé€"},
	{"SET", "empty", ""},
	{"SET", "n", "41"},
	{"RPUSH", "list", "a", "b\n", "", "d e", "5", "6", "7", "8", "9", "10", "11"},
	{"RPUSH", "one", "x"},
	{"HSET", "hash", "f1", "v1", "f\x00", "v 2", "n", "3"},
	{"SADD", "ints", "1", "2", "3"},
	{"ZADD", "zset", "1", "a", "1.5", "b", "-inf", "low", "3.25e20", "c"},
	{"XADD", "stream", "1-1", "k", "v", "k2", "v2"},
	{"XADD", "stream", "2-1", "k", "v"},
	{"GEOADD", "geo", "13.361389", "38.115556", "Palermo", "15.087269", "37.502669", "Catania"},
	{"PFADD", "hll", "a", "b", "c"},
	{"XGROUP", "CREATE", "stream", "g", "0"},
	{"CONFIG", "RESETSTAT"},
}

const nested = "return {1, {2, {3, 'x'}, {}}, 'y', false, {ok='FINE'}, {{{'deep'}}}}"

var comparedCommands = [][]string{
	{"PING"}, {"PING", "a\tb"}, {"ECHO", "\x01\xfe"}, {"GET", "str"}, {"GET", "bin"}, {"GET", "empty"}, {"GET", "none"},
	{"GET", "list"}, {"NOSUCH", "command"}, {"GET"}, {"SET", "k", "v"}, {"SET", "str", "v", "NX"},
	{"SET", "str", "v", "GET"}, {"INCR", "n"}, {"INCRBYFLOAT", "n", "0.5"}, {"STRLEN", "str"}, {"MGET", "str", "none", "n"},
	{"LCS", "str", "n", "IDX"}, {"EXISTS", "str", "none"}, {"TYPE", "zset"}, {"TTL", "str"}, {"OBJECT", "ENCODING", "ints"},
	{"LRANGE", "list", "0", "-1"}, {"LRANGE", "one", "0", "-1"}, {"LRANGE", "none", "0", "-1"}, {"LPOP", "none", "2"},
	{"LPOP", "list", "2"}, {"LPOS", "list", "a", "COUNT", "0"}, {"BLPOP", "none", "0.01"}, {"BLMPOP", "0.01", "2", "none", "list", "LEFT"},
	{"HGETALL", "hash"}, {"HGETALL", "none"}, {"HMGET", "hash", "f1", "nope"}, {"HRANDFIELD", "none", "2", "WITHVALUES"},
	{"HKEYS", "hash"}, {"SMEMBERS", "ints"}, {"SMEMBERS", "none"}, {"SMISMEMBER", "ints", "1", "9"}, {"SINTERCARD", "2", "ints", "ints"},
	{"ZRANGE", "zset", "0", "-1", "WITHSCORES"}, {"ZSCORE", "zset", "b"}, {"ZSCORE", "zset", "low"}, {"ZMSCORE", "zset", "a", "q"},
	{"ZRANK", "zset", "c", "WITHSCORE"}, {"ZPOPMIN", "zset", "2"}, {"ZADD", "zset", "INCR", "2", "a"}, {"ZINCRBY", "zset", "0.1", "b"},
	{"XRANGE", "stream", "-", "+"}, {"XINFO", "STREAM", "stream"}, {"XINFO", "GROUPS", "stream"},
	{"XREAD", "COUNT", "1", "STREAMS", "stream", "none", "0", "0"}, {"XREADGROUP", "GROUP", "g", "me", "STREAMS", "stream", ">"},
	{"XPENDING", "stream", "g"}, {"XADD", "stream", "3-1", "a", "b"},
	{"GEOPOS", "geo", "Palermo", "none"}, {"GEOSEARCH", "geo", "FROMMEMBER", "Palermo", "BYRADIUS", "200", "km", "ASC", "WITHCOORD", "WITHDIST"},
	{"PFCOUNT", "hll"}, {"BITFIELD", "n", "GET", "u4", "0", "INCRBY", "u4", "0", "1"},
	{"SCAN", "0", "TYPE", "geo"}, {"CONFIG", "GET", "maxmemory*"}, {"CONFIG", "SET", "nosuch", "1"},
	{"COMMAND", "DOCS", "set"}, {"COMMAND", "INFO", "get", "nosuch"}, {"COMMAND", "COUNT"}, {"ACL", "WHOAMI"}, {"ACL", "GETUSER", "default"},
	{"FUNCTION", "STATS"}, {"MEMORY", "DOCTOR"}, {"LATENCY", "DOCTOR"}, {"LATENCY", "LATEST"}, {"SLOWLOG", "GET", "x"}, {"CLUSTER", "INFO"},
	{"INFO", "cluster"}, {"EVAL", nested, "0"}, {"EVAL", "return redis.error_reply('MY error')", "0"}, {"EXEC"}, {"MULTI"}, {"RESET"},
	{"HELLO", "9"}, {"SELECT", "99"}, {"SELECT", "2"}, {"AUTH", "x"}, {"DEBUG", "PROTOCOL", "string"}, {"DEBUG", "PROTOCOL", "integer"},
	{"DEBUG", "PROTOCOL", "double"}, {"DEBUG", "PROTOCOL", "null"}, {"DEBUG", "PROTOCOL", "array"}, {"DEBUG", "PROTOCOL", "set"},
	{"DEBUG", "PROTOCOL", "map"}, {"DEBUG", "PROTOCOL", "push"}, {"DEBUG", "PROTOCOL", "verbatim"}, {"DEBUG", "PROTOCOL", "true"},
	{"DEBUG", "PROTOCOL", "false"},
}

var comparedRuns = []struct {
	stdin string
	args  []string
}{
	{"SET a \"b\\x00c\"\nGET a\nGET \"x\n\n  \n3 INCR n\nLRANGE list 0 1\nquit\nPING\n", []string{"--no-raw"}},
	{"SET a 'it\\'s'\nGET a\nGET 'a'b\n", nil},
	{"MULTI\nSET a b\nGET a\nNOSUCH\nEXEC\nMULTI\nGET a\nEXEC\nDISCARD\n", []string{"--no-raw"}},
	{"HELLO 3\r\nHGETALL hash\r\nRESET\r\nHGETALL hash", []string{"--no-raw"}},
	{"value\n", []string{"-x", "SET", "k"}},
	{"value", []string{"-X", "TAG", "SET", "k", "TAG"}},
	{"value", []string{"-X", "TAG", "SET", "k"}},
	{"", []string{"--quoted-input", "SET", `"\x00"`, `'a b'`}},
	{"", []string{"--quoted-input", "SET", `"a`, "b"}},
	{"", []string{"-d", ", ", "-D", "END", "LRANGE", "list", "0", "-1"}},
	{"", []string{"-r", "3", "INCR", "n"}},
	{"", []string{"-n", "1", "DBSIZE"}},
	{"", []string{"-n", "99", "DBSIZE"}},
	{"", []string{"-a", "wrong", "PING"}},
	{"", []string{"--no-auth-warning", "--user", "nobody", "-a", "wrong", "PING"}},
	{"", []string{"-e", "NOSUCH"}},
	{"", []string{"--nosuchoption"}},
	{"", []string{"-2", "-3", "PING"}},
	{"", []string{"-x", "-X", "t", "PING"}},
	{"", []string{"-u", "http://x", "PING"}},
	{"", []string{"--eval", "/nonexistent.lua"}},
	{"", []string{"--scan", "--pattern", "h*"}},
	{"", []string{"--no-raw", "--scan", "--quoted-pattern", `"s\x74r"`}},
	{"*1\r\n$4\r\nPING\r\n*2\r\n$3\r\nGET\r\n$3\r\nstr\r\n", []string{"--pipe"}},
	{"PING\r\nNOSUCH\r\nSET a b\r\n", []string{"--pipe"}},
	{"", []string{"--pipe"}},
	{"", []string{"MONITOR", "x"}},
	{"", []string{"-3", "--show-pushes", "yes", "--no-raw", "DEBUG", "PROTOCOL", "push"}},
	{"", []string{""}},
}

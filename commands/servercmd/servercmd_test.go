package servercmd_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/keyspace"
)

func open(t *testing.T, o commands.Options) *commands.Engine {
	t.Helper()
	cfg := config.New()
	if err := cfg.Override(config.Pair{Name: "enable-debug-command", Value: "yes"}); err != nil {
		t.Fatal(err)
	}
	if o.Config == nil {
		o.Config = cfg
	}
	o.NoCron = true
	e, err := commands.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Store().Check(); err != nil {
			t.Error(err)
		}
		e.Close()
	})
	return e
}

// client runs lines of commands, split at blanks.
type client struct {
	*commands.Client
	eng *commands.Engine
	t   *testing.T
}

func newClient(t *testing.T, e *commands.Engine) client { return client{e.NewClient(), e, t} }

func (c client) do(line string) command.Value {
	c.t.Helper()
	var argv [][]byte
	for _, w := range strings.Fields(line) {
		argv = append(argv, []byte(w))
	}
	x := c.eng.Acquire()
	defer x.Release()
	var reply command.Capture
	x.Execute(c.Session(), argv, &reply)
	// One value, with as many elements as its header says, or clients lose step.
	if reply.Len() != 1 && !c.Session().Closing {
		c.t.Fatalf("%s: the reply is not one whole value", line)
	}
	return reply.Value()
}

// want runs a line whose reply, or error, must be the text.
func (c client) want(line, text string) {
	c.t.Helper()
	if v := c.do(line); v.Text() != text {
		c.t.Errorf("%s: %s %q, want %q", line, v.Kind, v.Text(), text)
	}
}

// fields returns the lines of INFO as a map.
func (c client) fields(sections string) map[string]string {
	c.t.Helper()
	m := map[string]string{}
	for _, l := range strings.Split(c.do("INFO "+sections).Str, "\r\n") {
		if name, value, ok := strings.Cut(l, ":"); ok {
			m[name] = value
		}
	}
	return m
}

// TestSyntaxesAreWhole protects the documentation of every command from slips: brackets
// in pairs, bars in brackets only.
func TestSyntaxesAreWhole(t *testing.T) {
	for _, parent := range open(t, commands.Options{}).Services().Table.All() {
		for _, s := range append(parent.Subs, parent) {
			depth := 0
			for _, c := range s.Syntax {
				switch c {
				case '[', '<':
					depth++
				case ']', '>':
					depth--
				case '|':
					if depth == 0 {
						t.Errorf("%s: a bar outside brackets in %q", s.FullName, s.Syntax)
					}
				}
				if depth < 0 {
					break
				}
			}
			if depth != 0 {
				t.Errorf("%s: brackets of %q do not match", s.FullName, s.Syntax)
			}
			if s.Summary == "" || s.Complexity == "" || s.Since == "" {
				t.Errorf("%s lacks documentation", s.FullName)
			}
		}
	}
}

// TestCommandShapes protects what clients take COMMAND's replies apart by.
func TestCommandShapes(t *testing.T) {
	c := newClient(t, open(t, commands.Options{}))
	get := c.do("COMMAND INFO get").Elems[0].Elems
	if len(get) != 10 || get[0].Str != "get" || get[1].Int != 2 || get[2].Kind != command.Set || get[6].Kind != command.Set ||
		get[8].Elems[0].Kind != command.Map {
		t.Errorf("COMMAND INFO get: %v", get)
	}
	if v := c.do("COMMAND INFO nope get"); len(v.Elems) != 2 || !v.Elems[0].IsNull() {
		t.Errorf("COMMAND INFO of nothing: %v", v)
	}
	docs := c.do("COMMAND DOCS get nope config|get")
	if docs.Kind != command.Map || len(docs.Elems) != 4 || docs.Elems[2].Str != "config|get" || docs.Elems[1].Kind != command.Map {
		t.Errorf("COMMAND DOCS: %v", docs)
	}
	if all := c.do("COMMAND"); int64(len(all.Elems)) != c.do("COMMAND COUNT").Int {
		t.Error("COMMAND COUNT counts something else than COMMAND lists")
	}
	if v := c.do("COMMAND LIST FILTERBY PATTERN CONFIG|*et"); len(v.Elems) != 2 {
		t.Errorf("COMMAND LIST FILTERBY PATTERN: %v", v)
	}
	if v := c.do("COMMAND LIST FILTERBY ACLCAT nope"); len(v.Elems) != 0 {
		t.Errorf("COMMAND LIST FILTERBY ACLCAT: %v", v)
	}
	c.want("COMMAND LIST FILTERBY x", "ERR syntax error")
}

// TestGetKeys protects routing by proxies and cluster clients.
func TestGetKeys(t *testing.T) {
	c := newClient(t, open(t, commands.Options{}))
	if v := c.do("COMMAND GETKEYS set k v"); len(v.Elems) != 1 || v.Elems[0].Str != "k" {
		t.Error(v)
	}
	flags := func(line, want string) {
		t.Helper()
		var got []string
		for _, f := range c.do("COMMAND GETKEYSANDFLAGS " + line).Elems[0].Elems[1].Elems {
			got = append(got, f.Str)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: flags %v, want %s", line, got, want)
		}
	}
	flags("set k v", "OW update")
	flags("set k v get", "RW access update")
	flags("get k", "RO access")
	c.want("COMMAND GETKEYS nope", "ERR Invalid command specified")
	c.want("COMMAND GETKEYS ping", "ERR The command has no key arguments")
	c.want("COMMAND GETKEYS get", "ERR Invalid number of arguments specified for command")
}

// TestInfoSections protects the choice of sections, and INFO within a transaction, where
// the locks that its figures need are held.
func TestInfoSections(t *testing.T) {
	c := newClient(t, open(t, commands.Options{}))
	c.do("SET k v EX 100")
	titles := func(args string) (list []string) {
		for _, l := range strings.Split(c.do("INFO "+args).Str, "\r\n") {
			if strings.HasPrefix(l, "# ") {
				list = append(list, l[2:])
			}
		}
		return list
	}
	for args, want := range map[string]string{
		"keyspace SERVER": "Server Keyspace",
		"nope":            "",
		"commandstats":    "Commandstats",
	} {
		if got := strings.Join(titles(args), " "); got != want {
			t.Errorf("INFO %s: %s, want %s", args, got, want)
		}
	}
	standard, all, everything := titles(""), titles("all"), titles("everything")
	if strings.Contains(strings.Join(standard, " "), "Commandstats") || len(all) != len(everything)-1 || len(standard) >= len(all) {
		t.Error(standard, all, everything)
	}
	f := c.fields("")
	if !strings.HasPrefix(f["db0"], "keys=1,expires=1,avg_ttl=") || f["redis_version"] != command.CompatVersion || f["medley_version"] == "" {
		t.Error(f)
	}
	c.do("MULTI")
	c.do("SET k2 v")
	c.do("INFO memory keyspace")
	c.do("DBSIZE")
	v := c.do("EXEC")
	if len(v.Elems) != 3 || !strings.Contains(v.Elems[1].Str, "db0:keys=2") || v.Elems[2].Int != 2 {
		t.Error(v)
	}
}

// TestStatsCount protects commandstats, errorstats and CONFIG RESETSTAT.
func TestStatsCount(t *testing.T) {
	c := newClient(t, open(t, commands.Options{}))
	c.do("SET k v")
	c.do("INCR k")
	c.do("GET")
	c.do("PFADD h 342 850800")
	c.do("SETRANGE h 15 9223372036854775808")
	c.do("PFADD h 1657 560432") // fails after it has changed something
	f := c.fields("everything")
	for name, want := range map[string]string{
		"cmdstat_set": "calls=1,", "cmdstat_incr": "failed_calls=1", "cmdstat_get": "calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0",
		"cmdstat_pfadd": "failed_calls=1", "errorstat_INVALIDOBJ": "count=1",
		"errorstat_ERR": "count=2", "total_error_replies": "3", "latency_percentiles_usec_set": "p50=",
	} {
		if !strings.Contains(f[name], want) {
			t.Errorf("%s is %q, want %q in it", name, f[name], want)
		}
	}
	if v := c.do("LATENCY HISTOGRAM set nope"); len(v.Elems) != 2 || v.Elems[1].Elems[1].Int != 1 {
		t.Error(v)
	}
	c.want("CONFIG RESETSTAT", "OK")
	if f = c.fields("everything"); f["cmdstat_set"] != "" || f["total_error_replies"] != "0" {
		t.Error("CONFIG RESETSTAT left counters:", f["cmdstat_set"], f["total_error_replies"])
	}
}

// TestConfigReaches protects the way of a setting into the engine.
func TestConfigReaches(t *testing.T) {
	e := open(t, commands.Options{})
	c := newClient(t, e)
	c.want("CONFIG SET proto-max-bulk-len 1mb hash-max-listpack-entries 7 maxmemory-policy allkeys-lfu", "OK")
	if l := e.Store().Limits(); l.MaxString != 1<<20 || l.HashMaxPackedEntries != 7 {
		t.Error(l)
	}
	c.want("CONFIG SET maxmemory 1", "OK")
	c.want("CONFIG SET maxmemory-policy noeviction", "OK")
	c.do("SET k v")
	c.want("SET k2 v", "OOM command not allowed when used memory > 'maxmemory'.")
	c.want("CONFIG SET maxmemory 0 latency-tracking no", "OK")
	c.want("SET k2 v", "OK")
	if got := c.fields("latencystats"); len(got) != 0 {
		t.Error("latency is tracked though it is turned off:", got)
	}
	c.want("CONFIG SET databases 3", "ERR CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config")
	c.want("CONFIG SET a b c", "ERR syntax error")
	if v := c.do("CONFIG GET maxmemory nope"); v.Kind != command.Map || len(v.Elems) != 2 || v.Elems[1].Str != "0" {
		t.Error(v)
	}
}

type journal struct{ effects []string }

func (j *journal) Append(batch []keyspace.Effect) int64 {
	for _, e := range batch {
		var words []string
		for _, a := range e.Args {
			words = append(words, string(a))
		}
		j.effects = append(j.effects, strings.Join(words, " "))
	}
	return 0
}

// TestDatabases protects flushing and swapping: what is left, whom it tells, and what it
// writes to the journal.
func TestDatabases(t *testing.T) {
	j := &journal{}
	e := open(t, commands.Options{Journal: j})
	c, other := newClient(t, e), newClient(t, e)
	c.do("SET a 0")
	c.do("SELECT 1")
	c.do("SET a 1")
	other.do("WATCH a")
	c.want("SWAPDB 0 1", "OK")
	c.want("GET a", "0")
	other.do("MULTI")
	if v := other.do("EXEC"); !v.IsNull() {
		t.Error("EXEC ran though SWAPDB changed the watched key:", v)
	}
	c.want("FLUSHDB SYNC", "OK")
	c.want("DBSIZE", "0")
	other.want("DBSIZE", "1")
	c.want("FLUSHALL", "OK")
	other.want("DBSIZE", "0")
	c.want("FLUSHDB", "OK")
	want := "SET a 0|SET a 1|SWAPDB 0 1|FLUSHDB SYNC|FLUSHALL|FLUSHDB"
	if got := strings.Join(j.effects, "|"); got != want {
		t.Errorf("journal %s, want %s", got, want)
	}
	c.want("FLUSHALL nope", "ERR syntax error")
	c.want("SWAPDB a 1", "ERR invalid first DB index")
	c.want("SWAPDB 0 16", "ERR DB index is out of range")
}

// TestSlowLog protects the logs' limits: what is kept, how much of it, and that no
// password is.
func TestSlowLog(t *testing.T) {
	c := newClient(t, open(t, commands.Options{}))
	c.want("SLOWLOG LEN", "0")
	c.do("CONFIG SET slowlog-log-slower-than 0 slowlog-max-len 3 slowlog-entry-max-argc 4 slowlog-entry-max-string-len 5")
	c.do("SLOWLOG RESET")
	c.do("COMMAND INFO a b c d e")
	c.do("SET key 123456789")
	c.do("CONFIG SET requirepass secret")
	c.do("CONFIG SET slowlog-log-slower-than -1")
	entries := c.do("SLOWLOG GET").Elems
	if len(entries) != 3 {
		t.Fatalf("%d entries, want the 3 last", len(entries))
	}
	args := func(i int) string {
		var words []string
		for _, a := range entries[i].Elems[3].Elems {
			words = append(words, a.Str)
		}
		return strings.Join(words, " ")
	}
	for i, want := range []string{"CONFI... (1 more bytes) SET requi... (6 more bytes) (redacted)", "SET key 12345... (4 more bytes)",
		"COMMA... (2 more bytes) INFO a ... (4 more arguments)"} {
		if got := args(i); got != want {
			t.Errorf("entry %d: %s, want %s", i, got, want)
		}
	}
	if a, b := entries[0].Elems[0].Int, entries[2].Elems[0].Int; a-b != 2 {
		t.Errorf("entries are numbered %d to %d", b, a)
	}
	c.want("SLOWLOG GET -2", "ERR count should be greater than or equal to -1")
	c.want("COMMANDLOG LEN nope", "ERR type should be one of the following: slow, large-request, large-reply")
	c.do("CONFIG SET commandlog-request-larger-than 10")
	c.do("COMMANDLOG RESET large-request")
	c.do("SET key 1234567890")
	c.want("COMMANDLOG LEN large-request", "2") // of the RESET too
	c.want("COMMANDLOG RESET large-request", "OK")
}

// TestSlowLogOfWaiters protects the log from commands that have only begun to wait: they
// are logged once, when they have run.
func TestSlowLogOfWaiters(t *testing.T) {
	e := open(t, commands.Options{})
	c, waiter := newClient(t, e), e.NewClient()
	c.do("CONFIG SET slowlog-log-slower-than 0")
	c.do("SLOWLOG RESET")
	served := make(chan error)
	go func() {
		_, err := waiter.Do(context.Background(), "BLPOP", "l", 0)
		served <- err
	}()
	for e.Store().Waiters() == 0 {
		time.Sleep(time.Millisecond)
	}
	logged := func() (n int) {
		for _, entry := range c.do("SLOWLOG GET -1").Elems {
			if entry.Elems[3].Elems[0].Str == "BLPOP" {
				n++
			}
		}
		return n
	}
	if n := logged(); n != 0 {
		t.Errorf("logged %d times while it waits", n)
	}
	c.do("RPUSH l a")
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	if n := logged(); n != 1 {
		t.Errorf("logged %d times after it was served", n)
	}
}

// TestLatencyEvents protects the latency monitor.
func TestLatencyEvents(t *testing.T) {
	c := newClient(t, open(t, commands.Options{}))
	c.do("DEBUG SLEEP 0.01")
	if v := c.do("LATENCY LATEST"); len(v.Elems) != 0 {
		t.Error("an event though nothing is watched:", v)
	}
	c.do("CONFIG SET latency-monitor-threshold 5")
	c.do("DEBUG SLEEP 0.02")
	v := c.do("LATENCY LATEST")
	if len(v.Elems) != 1 || v.Elems[0].Elems[0].Str != "command" || v.Elems[0].Elems[3].Int < 20 {
		t.Fatal(v)
	}
	if v := c.do("LATENCY HISTORY command"); len(v.Elems) != 1 {
		t.Error(v)
	}
	if v := c.do("LATENCY GRAPH command"); !strings.Contains(v.Str, "#") {
		t.Error(v)
	}
	if v := c.do("LATENCY DOCTOR"); !strings.Contains(v.Str, "command") {
		t.Error(v)
	}
	c.want("LATENCY RESET nope command", "1")
	c.want("LATENCY GRAPH command", "ERR No samples available for event 'command'")
}

// TestDigest protects the digests by which data of two servers are compared; the values
// are what redis-server 8.0.6 tells of the same keys.
func TestDigest(t *testing.T) {
	c := newClient(t, open(t, commands.Options{}))
	c.want("DEBUG DIGEST", "0000000000000000000000000000000000000000")
	c.do("SET foo bar")
	c.want("DEBUG DIGEST", "d2ab4820c1be0580ea28efbfe8bfa1dc05bb802a")
	v := c.do("DEBUG DIGEST-VALUE foo nokey")
	if len(v.Elems) != 2 || v.Elems[0].Str != "68467c70ae30376e7ce005bcc8827f5ba7fd67dc" || strings.Trim(v.Elems[1].Str, "0") != "" {
		t.Error(v)
	}
	for score, want := range map[string]string{
		"0.1": "6605f56364a85f2c14bc54c5b4318ac4616eb60a", "3e100": "d286b3c895b5c6a4ad16fdaa16f4afd28781424a",
		"1e-7": "d0be7a6da9a95431e5b2f67e169255d8458af401", "1e16": "f7d871fd751323de0ff0d513c1c091e3dd1447e6",
	} {
		for _, entries := range []string{"0", "128"} { // in either encoding
			c.do("CONFIG SET zset-max-listpack-entries " + entries)
			c.do("DEL z")
			c.do("ZADD z " + score + " a")
			if v := c.do("DEBUG DIGEST-VALUE z"); v.Elems[0].Str != want {
				t.Errorf("score %s: digest %s, want %s", score, v.Elems[0].Str, want)
			}
		}
	}
}

// TestDebug protects the gate before DEBUG and what tests of clients use of it.
func TestDebug(t *testing.T) {
	closed := newClient(t, open(t, commands.Options{Config: config.New()}))
	if v := closed.do("DEBUG SLEEP 0"); v.Kind != command.Error || !strings.HasPrefix(v.Str, "ERR DEBUG command not allowed.") {
		t.Error(v)
	}
	e := open(t, commands.Options{})
	c := newClient(t, e)
	c.want("DEBUG POPULATE 1000 p 10", "OK")
	c.want("DBSIZE", "1000")
	c.want("GET p:999", "value:999\x00")
	c.want("DEBUG SET-ACTIVE-EXPIRE 0", "OK")
	if e.Services().ActiveExpire.Load() {
		t.Error("active expiry is still on")
	}
	if v := c.do("DEBUG PROTOCOL attrib"); len(v.Attrs) != 2 || v.Attrs[1].Elems[1].Int != 90 || v.Str == "" {
		t.Errorf("%+v", v)
	}
	if v := c.do("DEBUG OBJECT p:1"); !strings.Contains(v.Str, " encoding:embstr serializedlength:11 ") {
		t.Error(v)
	}
	c.want("DEBUG OBJECT nokey", "ERR no such key")
	c.want("DEBUG NOPE", "ERR unknown subcommand or wrong number of arguments for 'NOPE'. Try DEBUG HELP.")
	c.want("DEBUG ERROR BOO", "BOO")
}

// TestMemory protects MEMORY, and that its figures follow the data.
func TestMemory(t *testing.T) {
	c := newClient(t, open(t, commands.Options{}))
	if v := c.do("MEMORY USAGE k"); !v.IsNull() {
		t.Error(v)
	}
	c.do("SET k v")
	small := c.do("MEMORY USAGE k").Int
	c.do("SET k " + strings.Repeat("x", 100000))
	if large := c.do("MEMORY USAGE k SAMPLES 0").Int; small <= 0 || large-small < 99000 {
		t.Errorf("%d bytes for a short value, %d for a long one", small, large)
	}
	c.want("MEMORY USAGE k SAMPLES -1", "ERR syntax error")
	v := c.do("MEMORY STATS")
	if v.Kind != command.Map || len(v.Elems)%2 != 0 {
		t.Fatal(v)
	}
	for i := 0; i < len(v.Elems); i += 2 {
		if v.Elems[i].Str == "keys.count" && v.Elems[i+1].Int != 1 {
			t.Error("keys.count", v.Elems[i+1].Int)
		}
	}
}

// TestShutdown protects the options of SHUTDOWN and that its client is closed.
func TestShutdown(t *testing.T) {
	e := open(t, commands.Options{})
	c := newClient(t, e)
	if v := c.do("SHUTDOWN"); v.Kind != command.Error {
		t.Error("an embedded engine was ended:", v)
	}
	var got *command.ShutdownOptions
	e.Services().Shutdown = func(o command.ShutdownOptions) error {
		got = &o
		return nil
	}
	for _, line := range []string{"SHUTDOWN SAVE NOSAVE", "SHUTDOWN NOW ABORT", "SHUTDOWN x"} {
		c.want(line, "ERR syntax error")
	}
	c.want("SHUTDOWN ABORT", "ERR No shutdown in progress.")
	if got != nil {
		t.Fatal("a refused SHUTDOWN ended the server")
	}
	c.do("SHUTDOWN NOSAVE NOW")
	if got == nil || !got.NoSave || !got.Now || got.Save || !c.Session().Closing {
		t.Error(got)
	}
}

// TestSmallAnswers protects what clients ask of a server that stands alone.
func TestSmallAnswers(t *testing.T) {
	c := newClient(t, open(t, commands.Options{}))
	c.want("ACL WHOAMI", "default")
	c.want("CLUSTER INFO", "ERR This instance has cluster support disabled")
	c.want("READONLY", "ERR This instance has cluster support disabled")
	c.want("REPLICAOF NO ONE", "OK")
	c.want("REPLICAOF host x", "ERR Invalid master port")
	if v := c.do("ROLE"); len(v.Elems) != 3 || v.Elems[0].Str != "master" {
		t.Error(v)
	}
	if v := c.do("TIME"); len(v.Elems) != 2 || v.Elems[0].Kind != command.Bulk {
		t.Error(v)
	}
	if v := c.do("LOLWUT VERSION 5"); v.Kind != command.Verbatim || !strings.Contains(v.Str, "Medley ver. ") {
		t.Error(v)
	}
	for _, container := range []string{"ACL", "COMMAND", "COMMANDLOG", "CONFIG", "DEBUG", "LATENCY", "MEMORY", "MODULE", "SLOWLOG"} {
		if v := c.do(container + " HELP"); v.Kind != command.Array || len(v.Elems) < 3 || v.Elems[0].Kind != command.Status {
			t.Errorf("%s HELP: %v", container, v)
		}
	}
}

// TestLazily protects what INFO calls freed lazily, and the name by which removals go to the
// journal: UNLINK where the directive of that removal says so.
func TestLazily(t *testing.T) {
	j := &journal{}
	c := newClient(t, open(t, commands.Options{Journal: j}))
	freed := func(want string) {
		t.Helper()
		if got := c.fields("memory")["lazyfreed_objects"]; got != want {
			t.Errorf("%s objects were freed lazily, want %s", got, want)
		}
	}
	c.do("SET small v")
	c.do("UNLINK small")
	freed("0")
	for i := range 500 {
		c.do("RPUSH large element-of-the-list-" + strconv.Itoa(i))
	}
	c.do("UNLINK large")
	freed("1")
	c.do("SET a 1")
	c.do("SET b 2")
	c.do("MULTI")
	c.do("FLUSHALL")
	c.do("EXEC")
	freed("1")
	c.do("SET a 1")
	c.do("SET b 2")
	c.do("FLUSHALL")
	freed("3")

	for _, lazily := range []string{"no", "yes"} {
		c.want("CONFIG SET lazyfree-lazy-expire "+lazily+" lazyfree-lazy-server-del "+lazily, "OK")
		j.effects = nil
		c.do("SADD s a")
		c.do("SPOP s 1")
		c.do("SET k v")
		c.do("EXPIRE k -1")
		name := map[string]string{"no": "DEL", "yes": "UNLINK"}[lazily]
		want := "SADD s a|" + name + " s|SET k v|" + name + " k"
		if got := strings.Join(j.effects, "|"); got != want {
			t.Errorf("lazily %s: journal %s, want %s", lazily, got, want)
		}
	}
}

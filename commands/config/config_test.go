package config

import (
	"bufio"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
)

func mustSet(t *testing.T, c *Config, pairs ...string) {
	t.Helper()
	if err := set(c, pairs...); err != nil {
		t.Fatalf("set %q: %v", pairs, err)
	}
}

func set(c *Config, pairs ...string) error {
	var p []Pair
	for i := 0; i < len(pairs); i += 2 {
		p = append(p, Pair{pairs[i], pairs[i+1]})
	}
	return c.Set(Caller{}, p...)
}

func wantValue(t *testing.T, c *Config, name, want string) {
	t.Helper()
	if got, ok := c.Value(name); !ok || got != want {
		t.Errorf("%s = %q, %v; want %q", name, got, ok, want)
	}
}

// What protects users who move: every directive of the peers is known, with the peer's default or a
// reason why not.
func TestPeersDirectives(t *testing.T) {
	differ := map[string]string{ // why the default is not the peer's
		"dir": "the working directory", "bind": "loopback", "syslog-ident": "own name", "io-threads": "one per processor",
	}
	valkeyOnly := map[string]string{}
	for _, n := range []string{"hide-user-data-from-log", "lazyfree-lazy-eviction", "lazyfree-lazy-expire",
		"lazyfree-lazy-server-del", "lazyfree-lazy-user-del", "lazyfree-lazy-user-flush", "replica-lazy-flush",
		"slave-lazy-flush", "repl-backlog-size", "loading-process-events-interval-bytes"} {
		valkeyOnly[n] = "as Redis 8"
	}
	c := New()
	for _, file := range []string{"redis-8.0.txt", "redis-8.10-new.txt", "valkey-9.1.txt"} {
		for name, want := range readPeer(t, file) {
			got, ok := c.Value(name)
			switch {
			case !ok:
				t.Errorf("%s: %s is not known", file, name)
			case differ[name] != "" || file == "valkey-9.1.txt" && valkeyOnly[name] != "":
			case got != want:
				t.Errorf("%s: default of %s is %q, want %q", file, name, got, want)
			}
		}
	}
}

func readPeer(t *testing.T, file string) map[string]string {
	t.Helper()
	f, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := make(map[string]string)
	for s := bufio.NewScanner(f); s.Scan(); {
		if name, value, _ := strings.Cut(s.Text(), " "); name != "#" {
			out[name] = value
		}
	}
	return out
}

// Every default must be a value that a file could hold: the rewriter relies on it.
func TestDefaultsParse(t *testing.T) {
	for _, d := range New().rows {
		for _, line := range d.kind.lines(d.kind.load()) {
			c := New()
			args, err := splitArgs(d.name + " " + line)
			if err == nil {
				err = c.apply(args, 0)
			}
			if err != nil {
				t.Errorf("%s %s: %v", d.name, line, err)
			}
		}
	}
}

func TestSetValues(t *testing.T) {
	for _, tc := range []struct{ name, in, out string }{
		{"appendonly", "YES", "yes"},
		{"maxmemory", "1k", "1000"}, {"maxmemory", "1kb", "1024"}, {"maxmemory", "1M", "1000000"},
		{"maxmemory", "1mB", "1048576"}, {"maxmemory", "1g", "1000000000"}, {"maxmemory", "2GB", "2147483648"},
		{"maxmemory", "5B", "5"}, {"maxmemory", "", "0"}, {"maxmemory", "kb", "0"},
		{"maxmemory", "9223372036854775807", "9223372036854775807"},
		{"maxmemory-clients", "5%", "5%"}, {"maxmemory-clients", "0%", "0"}, {"maxmemory-clients", "1gb", "1073741824"},
		{"maxmemory-policy", "ALLKEYS-LRU", "allkeys-lru"}, {"maxmemory-policy", "allkeys-lrm", "allkeys-lrm"},
		{"hz", "0", "1"}, {"repl-backlog-size", "1", "16384"}, {"hz", "1000", "500"},
		{"list-max-ziplist-size", "-5", "-5"},
		{"slot-migration-max-failover-repl-bytes", "-1", "-1"}, {"slot-migration-max-failover-repl-bytes", "1mb", "1048576"},
		{"save", "10 20", "10 20"}, {"save", "900 1 300 10", "900 1 300 10"}, {"save", "", ""}, {"save", "010 5", "10 5"},
		{"client-output-buffer-limit", "slave 1k 2K 3 pubsub 1gb 1 1", "normal 0 0 0 slave 1000 2000 3 pubsub 1073741824 1 1"},
		{"client-output-buffer-limit", "normal 1mb 2mb 60 normal 5mb 1 1", "normal 5242880 1 1 slave 268435456 67108864 60 pubsub 33554432 8388608 60"},
		{"client-output-buffer-limit", "", "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"},
		{"notify-keyspace-events", "KEA", "AKE"}, {"notify-keyspace-events", "mn", "nm"},
		{"notify-keyspace-events", "g$lshzxetd", "A"}, {"notify-keyspace-events", "KEtdAmn", "AnKEm"},
		{"notify-keyspace-events", "Exn", "xnE"}, {"notify-keyspace-events", "KEgxe", "gxeKE"}, {"notify-keyspace-events", "", ""},
		{"latency-tracking-info-percentiles", "50 99.99 99.9999999", "50 99.99 100"},
		{"latency-tracking-info-percentiles", "0.0000001", "0"}, {"latency-tracking-info-percentiles", "1e1", "10"},
		{"latency-tracking-info-percentiles", "", ""},
		{"oom-score-adj-values", "-5 0 5", "-5 0 5"},
		{"shutdown-on-sigterm", "now force SAVE", "save now force"}, {"shutdown-on-sigint", "default save", "save"},
		{"bind", "", ""}, {"bind", "127.0.0.1 -::1 *", "127.0.0.1 -::1 *"},
		{"proc-title-template", "x {title}", "x {title}"},
		{"requirepass", "a b\x00c", "a b\x00c"},
	} {
		c := New()
		if err := set(c, tc.name, tc.in); err != nil {
			t.Errorf("%s %q: %v", tc.name, tc.in, err)
			continue
		}
		wantValue(t, c, tc.name, tc.out)
	}
}

// The texts are what redis-server 8.0.6 answers to the same command.
func TestSetErrors(t *testing.T) {
	const failed = "CONFIG SET failed (possibly related to argument '"
	oneOf := "') - argument(s) must be one of the following: "
	for _, tc := range []struct{ name, in, want string }{
		{"appendonly", "maybe", failed + "appendonly') - argument must be 'yes' or 'no'"},
		{"activedefrag", "1", failed + "activedefrag') - argument must be 'yes' or 'no'"},
		{"maxmemory", "1.5mb", failed + "maxmemory') - argument must be a memory value"},
		{"maxmemory", " 1", failed + "maxmemory') - argument must be a memory value"},
		{"maxmemory", "-1", failed + "maxmemory') - argument must be a memory value"},
		{"maxmemory-clients", "101%", failed + "maxmemory-clients') - percentage argument must be less or equal to 100"},
		{"maxmemory-clients", "-5", failed + "maxmemory-clients') - argument must be a memory or percent value"},
		{"maxmemory-clients", "%", failed + "maxmemory-clients') - argument must be a memory or percent value"},
		{"timeout", "", failed + "timeout') - argument couldn't be parsed into an integer"},
		{"timeout", "05", failed + "timeout') - argument couldn't be parsed into an integer"},
		{"timeout", "+5", failed + "timeout') - argument couldn't be parsed into an integer"},
		{"timeout", "-0", failed + "timeout') - argument couldn't be parsed into an integer"},
		{"port", "65536", failed + "port') - argument must be between 0 and 65535 inclusive"},
		{"maxclients", "0", failed + "maxclients') - argument must be between 1 and 4294967295 inclusive"},
		{"proto-max-bulk-len", "1kb", failed + "proto-max-bulk-len') - argument must be between 1048576 and 9223372036854775807 inclusive"},
		{"LIST-MAX-ZIPLIST-SIZE", "x", failed + "list-max-ziplist-size') - argument couldn't be parsed into an integer"},
		{"appendfsync", "x", failed + "appendfsync" + oneOf + "everysec, always, no"},
		{"loglevel", "x", failed + "loglevel" + oneOf + "debug, verbose, notice, warning, nothing"},
		{"oom-score-adj", "x", failed + "oom-score-adj" + oneOf + "no, yes, relative, absolute"},
		{"shutdown-on-sigterm", "", failed + "shutdown-on-sigterm" + oneOf + "default, save, nosave, now, force, safe, failover"},
		{"shutdown-on-sigterm", "save nosave", failed + "shutdown-on-sigterm') - shutdown options SAVE and NOSAVE can't be used simultaneously"},
		{"save", "10", failed + "save') - Invalid save parameters"},
		{"save", "0 1", failed + "save') - Invalid save parameters"},
		{"save", "10  20", failed + "save') - Invalid save parameters"},
		{"client-output-buffer-limit", "normal 0 0", failed + "client-output-buffer-limit') - Wrong number of arguments in buffer limit configuration."},
		{"client-output-buffer-limit", "master 0 0 0", failed + "client-output-buffer-limit') - Invalid client class specified in buffer limit configuration."},
		{"client-output-buffer-limit", "normal 0 0 -1", failed + "client-output-buffer-limit') - Error in hard, soft or soft_seconds setting in buffer limit configuration."},
		{"latency-tracking-info-percentiles", "50 101", failed + "latency-tracking-info-percentiles') - latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"},
		{"latency-tracking-info-percentiles", "nan", failed + "latency-tracking-info-percentiles') - Invalid latency-tracking-info-percentiles parameters"},
		{"oom-score-adj-values", "1 2", failed + "oom-score-adj-values') - wrong number of arguments"},
		{"oom-score-adj-values", "3000 1 1", failed + "oom-score-adj-values') - Invalid oom-score-adj-values, elements must be between -2000 and 2000."},
		{"bind", strings.Repeat("a ", 16) + "a", failed + "bind') - Too many bind addresses specified."},
		{"proc-title-template", "{bad}", failed + "proc-title-template') - template format is invalid or contains unknown variables"},
		{"locale-collate", "@@ @", failed + "locale-collate') - Invalid locale name"},
		{"cluster-announce-hostname", "a_b", failed + "cluster-announce-hostname') - Hostnames may only contain alphanumeric characters, hyphens or dots"},
		{"cluster-announce-hostname", strings.Repeat("a", 256), failed + "cluster-announce-hostname') - Hostnames must be less than 256 characters"},
		{"cluster-announce-human-nodename", "a:b", failed + "cluster-announce-human-nodename') - Announced human node name contained invalid character"},
		{"cluster-announce-client-ipv4", "::1", failed + "cluster-announce-client-ipv4') - Invalid IPv4 address"},
		{"dir", "/", failed + "dir') - can't set protected config"},
		{"dbfilename", "x", failed + "dbfilename') - can't set protected config"},
		{"DATABASES", "16", failed + "DATABASES') - can't set immutable config"},
		{"daemonize", "yes", failed + "daemonize') - can't set immutable config"},
		{"NoSuch", "1", "Unknown option or number of arguments for CONFIG SET - 'NoSuch'"},
	} {
		if err := set(New(), tc.name, tc.in); err == nil || err.Error() != tc.want {
			t.Errorf("%s %q: %v\nwant %s", tc.name, tc.in, err, tc.want)
		}
	}
}

func TestSetSeveralErrors(t *testing.T) {
	for _, tc := range []struct {
		in   []string
		want string
	}{
		{[]string{"timeout", "5", "TIMEOUT", "6"}, "CONFIG SET failed (possibly related to argument 'TIMEOUT') - duplicate parameter"},
		{[]string{"timeout", "1", "nosuch", "2", "databases", "5"}, "Unknown option or number of arguments for CONFIG SET - 'nosuch'"},
		{[]string{"timeout", "1", "databases", "5", "nosuch", "1"}, "CONFIG SET failed (possibly related to argument 'databases') - can't set immutable config"},
	} {
		c := New()
		if err := set(c, tc.in...); err == nil || err.Error() != tc.want {
			t.Errorf("%q: %v\nwant %s", tc.in, err, tc.want)
		}
		wantValue(t, c, "timeout", "0")
	}
	c := New()
	mustSet(t, c, "list-max-ziplist-size", "5", "list-max-listpack-size", "6") // as Redis: two names, no duplicate
	wantValue(t, c, "list-max-ziplist-size", "6")
}

func TestSetPermissions(t *testing.T) {
	c := New()
	dir := t.TempDir()
	if err := c.Override(Pair{"enable-protected-configs", "local"}); err != nil {
		t.Fatal(err)
	}
	if err := c.Set(Caller{}, Pair{"dir", dir}); !errors.Is(err, ErrProtected) {
		t.Errorf("remote: %v", err)
	}
	if err := c.Set(Caller{Local: true, Loading: true}, Pair{"dir", dir}); err != ErrLoading {
		t.Errorf("loading: %v", err)
	}
	if err := c.Set(Caller{Local: true}, Pair{"dir", dir}); err != nil {
		t.Errorf("local: %v", err)
	}
	wantValue(t, c, "dir", dir)
	for in, want := range map[string]string{
		dir + "/none": "No such file or directory", "": "No such file or directory", os.Args[0]: "Not a directory",
	} {
		err := c.Set(Caller{Local: true}, Pair{"dir", in})
		if err == nil || !strings.HasSuffix(err.Error(), "'dir') - "+want) {
			t.Errorf("dir %q: %v", in, err)
		}
	}
	if err := c.Set(Caller{Local: true}, Pair{"dbfilename", "a/b"}); err == nil || !strings.HasSuffix(err.Error(), "dbfilename can't be a path, just a filename") {
		t.Errorf("dbfilename: %v", err)
	}
	if !c.Sensitive("RequirePass") || !c.Sensitive("primaryauth") || c.Sensitive("port") || c.Sensitive("nosuch") {
		t.Error("Sensitive is wrong")
	}
}

func TestSetIsAtomic(t *testing.T) {
	c := New()
	if err := set(c, "timeout", "7", "maxmemory", "1mb", "hz", "x"); err == nil {
		t.Fatal("accepted")
	}
	wantValue(t, c, "timeout", "0")
	wantValue(t, c, "maxmemory", "0")

	var applied []int64
	refuse := errors.New("no such port free")
	c.OnChange(func() error { applied = append(applied, c.Maxmemory.Load()); return nil }, "maxmemory")
	c.OnChange(func() error {
		if c.Port.Load() == 1 {
			return refuse
		}
		return nil
	}, "port", "tls-port")
	err := set(c, "maxmemory", "1mb", "port", "1", "timeout", "7")
	if want := "CONFIG SET failed (possibly related to argument 'port') - no such port free"; err == nil || err.Error() != want || !errors.Is(err, refuse) {
		t.Errorf("vetoed: %v", err)
	}
	wantValue(t, c, "maxmemory", "0")
	wantValue(t, c, "port", "6379")
	wantValue(t, c, "timeout", "0")
	if len(applied) != 2 || applied[0] != 1<<20 || applied[1] != 0 {
		t.Errorf("the first hook saw %v", applied)
	}
}

func TestHooksRunOncePerSet(t *testing.T) {
	c := New()
	runs := 0
	c.OnChange(func() error { runs++; return nil }, "tls-cert-file", "tls-key-file", "timeout", "slave-read-only")
	mustSet(t, c, "tls-cert-file", "a", "tls-key-file", "b", "timeout", "5")
	mustSet(t, c, "timeout", "5")       // no change
	mustSet(t, c, "hz", "20")           // not asked for
	mustSet(t, c, "tls-cert-file", "a") // files are read again
	mustSet(t, c, "replica-read-only", "no")
	if runs != 3 {
		t.Errorf("%d runs, want 3", runs)
	}
}

func TestGet(t *testing.T) {
	names := func(pairs []Pair) (out []string) {
		for _, p := range pairs {
			out = append(out, p.Name)
		}
		return out
	}
	c := New()
	for _, tc := range []struct{ patterns, want string }{
		{"list-* LIST-max-* nosuch", "list-compress-depth list-max-listpack-size list-max-ziplist-size"},
		{"slave-read-only", "slave-read-only"},
		{"SLAVE-READ-ONLY", "SLAVE-READ-ONLY"},
		{"watchdog*", ""},
		{"watchdog-period", "watchdog-period"},
		{"save sav?", "save"},
		{"sav[e] maxmemor[x-z]", "save maxmemory"},
	} {
		if got := strings.Join(names(c.Get(strings.Fields(tc.patterns)...)), " "); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.patterns, got, tc.want)
		}
	}
}

// Load must be free of races with Set and see old or new values only.
func TestLoadDuringSet(t *testing.T) {
	c := New()
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				if m := c.Maxmemory.Load(); m != 0 && m != 1<<20 {
					t.Errorf("maxmemory %d", m)
				}
				if s := c.Save.Load(); len(s) != 3 && len(s) != 1 {
					t.Errorf("save %v", s)
				}
				_ = c.MaxmemoryPolicy.Load()
				_ = c.ClientOutputBufferLimit.Load()
				c.Get("*")
			}
		})
	}
	for range 500 {
		mustSet(t, c, "maxmemory", "1mb", "save", "1 1", "maxmemory-policy", "allkeys-lru")
		mustSet(t, c, "maxmemory", "0", "save", "3600 1 300 100 60 10000", "client-output-buffer-limit", "normal 1 1 1")
	}
	close(done)
	readers.Wait()
}

func BenchmarkLoad(b *testing.B) {
	c := New()
	b.ReportAllocs()
	for b.Loop() {
		_ = c.Maxmemory.Load()
	}
}

package conformance

import (
	"fmt"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/conformance/reference"
)

// freePort returns a port that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// openOnPort opens a Medley that listens on a port of its own.
func openOnPort(t *testing.T, name string) (s *speaker, port string) {
	t.Helper()
	port = freePort(t)
	e := openWithFiles(t, t.TempDir(), config.Pair{Name: "bind", Value: "127.0.0.1"})
	if err := e.Engine.Services().Config.Set(config.Caller{Local: true}, config.Pair{Name: "port", Value: port}); err != nil {
		t.Fatal(err)
	}
	return speakTo(t, e, name), port
}

// TestMigrate protects keys on their way to other servers and from them: every value arrives, and
// what did not arrive stays.
func TestMigrate(t *testing.T) {
	for i, binary := range references(t) {
		t.Run(fmt.Sprint(i, " ", filepath.Base(binary)), func(t *testing.T) {
			own, ownPort := openOnPort(t, "medley")
			port := freePort(t)
			server, err := reference.StartIn(binary, t.TempDir(), "--port", port)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(server.Stop)
			other := speakTo(t, server, filepath.Base(binary))
			other.do("CONFIG", "SET", "requirepass", "pw")
			migrateBetween(t, own, other, ownPort, port)
		})
	}
}

// TestMigrateToMedley is TestMigrate for what needs no other server.
func TestMigrateToMedley(t *testing.T) {
	own, ownPort := openOnPort(t, "medley")
	other, port := openOnPort(t, "another medley")
	other.do("CONFIG", "SET", "requirepass", "pw")
	migrateBetween(t, own, other, ownPort, port)
}

func migrateBetween(t *testing.T, own, other *speaker, ownPort, port string) {
	fails := func(want string, args ...string) {
		t.Helper()
		if err := own.try(args...).Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, not %q", args, err, want)
		}
	}
	to := func(more ...string) []string { return append([]string{"MIGRATE", "127.0.0.1", port}, more...) }
	own.do("SET", "k", "v")
	fails("IOERR error or timeout writing to target instance", "MIGRATE", "127.0.0.1", freePort(t), "k", "0", "2000")
	fails("IOERR error or timeout connecting to the client", "MIGRATE", "nothing.invalid", "1", "k", "0", "2000")
	fails("Target instance replied with error: NOAUTH", to("k", "0", "2000")...)
	fails("Target instance replied with error: WRONGPASS", to("k", "0", "2000", "AUTH2", "default", "bad")...)
	fails("Target instance replied with error: ERR", to("k", "99", "2000", "AUTH", "pw")...)
	own.do(to("k", "0", "2000", "COPY", "AUTH", "pw")...)
	fails("Target instance replied with error: BUSYKEY", to("k", "0", "2000", "AUTH2", "default", "pw")...)
	own.do("SET", "k", "w", "PX", "100000")
	own.do(to("k", "0", "2000", "REPLACE", "AUTH", "pw")...)
	if own.do("EXISTS", "k").Int != 0 || other.do("GET", "k").Str != "w" || other.do("PTTL", "k").Int < 90000 {
		t.Error("the key is not where it should be")
	}
	if !containsField(own.do("INFO", "stats").Str, "migrate_cached_sockets", "1") {
		t.Error("no connection is kept")
	}

	// One of several is in the way: the others go.
	other.do("SET", "b", "there")
	own.do("MSET", "a", "1", "b", "2", "c", "3")
	fails("BUSYKEY", to("", "0", "2000", "AUTH", "pw", "KEYS", "a", "b", "none", "c")...)
	if n := own.do("EXISTS", "a", "b", "c").Int; n != 1 || own.do("GET", "b").Str != "2" || other.do("GET", "c").Str != "3" {
		t.Error("of three keys these are left: ", n)
	}
	own.do("MULTI")
	own.do(to("b", "5", "2000", "AUTH", "pw")...)
	own.do("EXEC")
	other.do("SELECT", "5")
	if other.do("GET", "b").Str != "2" || own.do("EXISTS", "b").Int != 0 {
		t.Error("in a transaction it did not move")
	}
	other.do("SELECT", "0")

	// Every kind of value, there and back.
	other.do("FLUSHALL")
	own.do("FLUSHALL")
	own.seedPlain()
	want := map[string]string{}
	keys := own.keys()
	for _, key := range keys {
		if strings.HasSuffix(key, ":expires") { // what is left of a time takes time to travel
			own.do("PERSIST", key)
		}
		want[key] = own.picture(key)
	}
	own.do(to(append([]string{"", "0", "5000", "AUTH", "pw", "KEYS"}, keys...)...)...)
	if n := own.do("DBSIZE").Int; n != 0 {
		t.Errorf("%d keys stay", n)
	}
	for _, key := range keys {
		if got := other.picture(key); got != want[key] {
			t.Errorf("%s arrives as %.200s and not %.200s", key, got, want[key])
		}
	}
	other.do(append([]string{"MIGRATE", "127.0.0.1", ownPort, "", "0", "5000", "KEYS"}, keys...)...)
	for _, key := range keys {
		if got := own.picture(key); got != want[key] {
			t.Errorf("%s comes back as %.200s and not %.200s", key, got, want[key])
		}
	}
}

// TestMigrateUnderWrites protects changes to keys that are on their way: each is on one server.
func TestMigrateUnderWrites(t *testing.T) {
	own, _ := openOnPort(t, "medley")
	other, port := openOnPort(t, "another medley")
	const keys, writers = 42, 3
	var last [keys]string // that was acknowledged; each writer has keys of its own
	var running sync.WaitGroup
	for k := range keys {
		own.do("SET", fmt.Sprint("n", k), "0")
	}
	stop := make(chan struct{})
	for w := range writers {
		c, err := own.target.Dial(3)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		running.Go(func() {
			for i := w; ; i += writers {
				select {
				case <-stop:
					return
				default:
				}
				k := i % keys
				// Only a key that is still here is changed.
				v, err := c.Do("SET", fmt.Sprint("n", k), fmt.Sprint("x", i), "XX")
				if err == nil && v.Str == "OK" {
					last[k] = fmt.Sprint("x", i)
				}
			}
		})
	}
	for k := range keys {
		key := fmt.Sprint("n", k)
		own.do("MIGRATE", "127.0.0.1", port, key, "0", "2000")
		if own.do("EXISTS", key).Int != 0 || other.do("EXISTS", key).Int != 1 {
			t.Fatal(key, " is on both servers, or on none")
		}
	}
	close(stop)
	running.Wait()
	for k, want := range last {
		if got := other.do("GET", fmt.Sprint("n", k)).Str; got != want && want != "" {
			t.Errorf("n%d is %s, and %s was acknowledged", k, got, want)
		}
	}
	if last[keys-1] == "" {
		t.Error("nobody has written meanwhile")
	}
}

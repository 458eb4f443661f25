package conformance

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/conformance/reference"
)

// TestReplicas protects the stream of changes: other servers that run as replicas of Medley have
// the same data in the end, after mixed writes and a lost connection. MEDLEY_REPLICA_SECONDS says how
// long each is written to, and loses its connection again and again.
func TestReplicas(t *testing.T) {
	seconds, _ := strconv.Atoi(os.Getenv("MEDLEY_REPLICA_SECONDS"))
	lasts := time.Duration(seconds) * time.Second
	for i, binary := range references(t) {
		t.Run(fmt.Sprint(i, " ", filepath.Base(binary)), func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
			l.Close()
			e := openWithFiles(t, t.TempDir(), config.Pair{Name: "bind", Value: "127.0.0.1"})
			if err := e.Engine.Services().Config.Set(config.Caller{Local: true}, config.Pair{Name: "port", Value: port}); err != nil {
				t.Fatal(err)
			}
			own := speakTo(t, e, "medley")
			own.seedPlain()

			server, err := reference.StartIn(binary, t.TempDir(), "--replicaof", "127.0.0.1 "+port)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(server.Stop)

			other := speakTo(t, server, filepath.Base(binary))
			own.do("CONFIG", "SET", "min-replicas-to-write", "1")
			own.untilIn("replication", "state=online")
			own.untilIn("replication", "min_slaves_good_slaves:1")
			own.do("CONFIG", "SET", "min-replicas-to-write", "0")
			if list := own.do("CLIENT", "LIST", "TYPE", "replica").Str; !strings.Contains(list, " flags=S ") {
				t.Errorf("the replica is not among the clients: %q", list)
			}
			r := rand.New(rand.NewPCG(3, uint64(i)))
			for round, end := 0, time.Now().Add(lasts); round < 3 || time.Now().Before(end); round++ {
				for range 500 {
					n := fmt.Sprint(r.IntN(50))
					own.put([][]string{
						{"SET", "s" + n, n, "EX", "5000"}, {"INCRBY", "n" + n, n}, {"RPUSH", "l" + n, n, "x"}, {"LPOP", "l" + n}, {"SADD", "m" + n, n, "y" + n}, {"SPOP", "m" + n},
						{"ZADD", "z" + n, "1.5", n}, {"ZINCRBY", "z" + n, "0.1", n}, {"HSET", "h" + n, n, n}, {"HINCRBYFLOAT", "h" + n, n, "1.25"}, {"XADD", "x" + n, "*", "f", n},
						{"DEL", "s" + n}, {"SETBIT", "b" + n, n, "1"}, {"PFADD", "p" + n, n}, {"MULTI"}, {"SELECT", "3"}, {"EXPIRE", "l" + n, "1000"}, {"SELECT", "0"},
					}[r.IntN(14)]...)
				}
				own.put("MULTI")
				own.put("SET", "t", fmt.Sprint(round))
				own.put("SELECT", "3")
				own.put("INCR", "t")
				own.put("SELECT", "0")
				own.put("EXEC")
				own.settle()
				if round%100 != 1 {
					continue
				}
				if (i+round/100)%2 == 0 {
					other.do("CLIENT", "KILL", "TYPE", "master")
				} else if own.do("CLIENT", "KILL", "TYPE", "replica").Int != 1 && round == 1 {
					t.Error("the replica's connection was not killed")
				}
			}
			if n := own.do("WAIT", "1", "9000").Int; n != 1 {
				t.Fatalf("%d replicas have everything", n)
			}
			alike(t, own, other)
			// Valkey forgets the stream of a primary whose connection was killed there.
			if again := own.do("INFO", "stats").Str; lasts == 0 && !strings.Contains(binary, "valkey") && !(containsField(again, "sync_full", "1") && containsField(again, "sync_partial_ok", "1")) {
				t.Error("the replica did not go on where it was")
			}
		})
	}
}

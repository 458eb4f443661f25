package conformance

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/medleydb/medley/commands"
)

// TestHyperLogLogBytes protects the stored form of HyperLogLogs, which clients, dumps and
// journals carry from server to server: the same random commands leave the same bytes
// here and on a reference server, whatever form they are in.
func TestHyperLogLogBytes(t *testing.T) {
	for _, binary := range references(t) {
		server := startReference(t, binary)
		theirs, err := server.Target.Dial(2)
		if err != nil {
			t.Fatal(err)
		}
		defer theirs.Close()
		e, err := commands.Open(commands.Options{NoCron: true})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		both := func(args ...string) string {
			t.Helper()
			v, err := theirs.Do(args...)
			if err != nil {
				t.Fatal(err)
			}
			list := make([]any, len(args))
			for i, a := range args {
				list[i] = a
			}
			w, _ := e.Do(context.Background(), list...)
			if v.Kind != w.Kind || v.Str != w.Str || v.Int != w.Int {
				t.Fatalf("%s, %.60q: the replies differ: %.60q %d and %.60q %d", server.Peer, args, w.Str, w.Int, v.Str, v.Int)
			}
			return v.Str
		}
		r := rand.New(rand.NewPCG(1, 2))
		for _, limit := range []string{"3000", "0", "300", "12000"} {
			both("CONFIG", "SET", "hll-sparse-max-bytes", limit)
			both("FLUSHALL")
			for i := range 1500 {
				k := "h" + strconv.Itoa(r.IntN(5))
				switch r.IntN(12) {
				case 0:
					both("PFCOUNT", k)
				case 1:
					both("PFMERGE", k, "h"+strconv.Itoa(r.IntN(5)), "h"+strconv.Itoa(r.IntN(5)))
				case 2:
					both("PFCOUNT", k, "h"+strconv.Itoa(r.IntN(5)))
				case 3:
					if i%4 == 0 {
						both("DEL", k)
					}
				default:
					args := []string{"PFADD", k}
					for range r.IntN(4) {
						args = append(args, fmt.Sprint(r.IntN(100000)))
					}
					both(args...)
				}
				both("GET", k)
			}
		}
		both("CONFIG", "SET", "hll-sparse-max-bytes", "3000")
		both("FLUSHALL")
		sum := sha1.New()
		for i := range 3000 {
			both("PFADD", "h", "element:"+strconv.Itoa(i))
			if i%50 == 0 || i < 50 {
				both("PFCOUNT", "h")
				sum.Write([]byte(both("GET", "h")))
			}
		}
		// datatypes/hll keeps this hash for machines without a reference server.
		if got := hex.EncodeToString(sum.Sum(nil)); got != "33ea526cba57f9e93e65442e10fbfcb37d943ea1" {
			t.Errorf("%s: the bytes have the hash %s", server.Peer, got)
		}
	}
}

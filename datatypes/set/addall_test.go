package set

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/medleydb/medley/datatypes/due"
)

// TestAddAll protects that members added at once make the same set as one by one, to the
// byte where it is small.
func TestAddAll(t *testing.T) {
	for name, draw := range shapes {
		for seed := range uint64(40) {
			r := rand.New(rand.NewPCG(seed, 8))
			x, y := New(env(seed)), New(env(seed))
			for range 12 {
				var list [][]byte
				for range 1 + r.IntN(1+r.IntN(60)) {
					list = append(list, []byte(draw(r)))
				}
				want := 0
				for _, m := range list {
					if y.Add(m) {
						want++
					}
				}
				if got := x.AddAll(list); got != want {
					t.Fatalf("%s, seed %d: added %d, not %d", name, seed, got, want)
				}
				if r.IntN(3) == 0 {
					x.Remove(list[0])
					y.Remove(list[0])
				} else if r.IntN(3) == 0 {
					x.Expire(list[0], 5, due.Always)
					y.Expire(list[0], 5, due.Always)
				}
				if x.EncodingName() != y.EncodingName() || x.Exists() != y.Exists() || x.v.DueMs != y.v.DueMs ||
					x.v.Encoding != Ints && !bytes.Equal(x.v.Bytes, y.v.Bytes) || x.Len() != y.Len() {
					t.Fatalf("%s, seed %d: %s of %d, not %s of %d", name, seed, x.EncodingName(), x.Len(), y.EncodingName(), y.Len())
				}
				if err := x.Check(); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// BenchmarkAddAll adds ten members at once to a new set: one record, and nothing else.
func BenchmarkAddAll(b *testing.B) {
	for name, list := range map[string][][]byte{
		"texts": {[]byte("ann"), []byte("bob"), []byte("carl"), []byte("dora"), []byte("eve"), []byte("fred"), []byte("gina"), []byte("hal"), []byte("ida"), []byte("jim")},
		"ints":  {[]byte("10"), []byte("7"), []byte("300"), []byte("4"), []byte("5"), []byte("6"), []byte("70"), []byte("8"), []byte("900"), []byte("1")},
	} {
		b.Run(name, func(b *testing.B) {
			e := env(1)
			b.ReportAllocs()
			for b.Loop() {
				New(e).AddAll(list)
			}
		})
	}
}

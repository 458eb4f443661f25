package setcmd_test

import (
	"context"
	"strconv"
	"testing"

	"github.com/medleydb/medley/conformance/stage"
)

// BenchmarkSAdd guards the path of the commonest command.
func BenchmarkSAdd(b *testing.B) {
	c := stage.New(b).Client
	members := make([]string, 1<<12)
	for i := range members {
		members[i] = "member:" + strconv.Itoa(i)
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := c.Do(context.Background(), "SADD", "s", members[i&(1<<12-1)]); err != nil {
			b.Fatal(err)
		}
	}
}

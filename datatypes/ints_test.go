package datatypes

import (
	"math"
	"testing"
)

// TestInts protects the form of integers at the edges of every width.
func TestInts(t *testing.T) {
	for w := 1; w <= 8; w++ {
		high := int64(math.MaxInt64) >> (64 - 8*w)
		for _, n := range []int64{high, high - 1, -high - 1, -high, high/256 + 1, -high/256 - 2} {
			if got := IntWidth(n); got != w {
				t.Errorf("%d takes %d bytes, not %d", n, got, w)
			}
			for size := w; size <= 8; size++ {
				b := make([]byte, size)
				PutInt(b, n)
				if got := GetInt(b); got != n {
					t.Errorf("%d in %d bytes reads as %d", n, size, got)
				}
			}
		}
	}
	if IntWidth(0) != 1 || IntWidth(-1) != 1 {
		t.Error("0 and -1 take more than a byte")
	}
}

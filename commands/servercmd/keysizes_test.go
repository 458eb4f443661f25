package servercmd

import "testing"

// TestSizeHistogram protects the bins' bounds and names: powers of two, with a unit from 1024 on.
func TestSizeHistogram(t *testing.T) {
	var h sizeHistogram
	for _, n := range []int{0, 1, 2, 3, 4, 1023, 1024, 2047, 1 << 20, 3 << 30} {
		h.add(n)
	}
	const want = "0=1,1=1,2=2,4=1,512=1,1K=2,1M=1,2G=1"
	if got := string(h.text()); got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

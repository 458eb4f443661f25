package keyspace

import (
	"math/rand/v2"
	"testing"
)

// TestSlotOf protects the mapping that clients and other servers compute too.
func TestSlotOf(t *testing.T) {
	for key, want := range map[string]int{
		"": 0, "123456789": 12739, "foo": 12182, "bar": 5061, "{foo}bar": 12182, "x{foo}{bar}": 12182,
		"{}foo": 9500, "foo{": 7673, "foo{}": 5542, "{{a}}b": 10276, "{user1000}.following": 3443, "{user1000}.followers": 3443,
	} {
		if got := SlotOf([]byte(key)); got != want {
			t.Errorf("SlotOf(%q) is %d, want %d", key, got, want)
		}
	}
	// The sliced form equals the plain one at every length.
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 70 {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		c := uint16(0)
		for _, x := range b {
			c = c<<8 ^ crcTable[0][byte(c>>8)^x]
		}
		if got := crc16(b); got != c {
			t.Errorf("crc16 of %d bytes is %#x, want %#x", n, got, c)
		}
	}
}

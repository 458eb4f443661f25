package server

import "testing"

func TestCollectorGoal(t *testing.T) {
	for _, c := range []struct {
		live uint64
		want int
	}{{0, 100}, {1 << 20, 100}, {8 << 20, 50}, {20 << 20, 20}, {40 << 20, 10}, {1 << 40, 10}} {
		if got := gcGoal(c.live); got != c.want {
			t.Errorf("%d bytes: %d percent, want %d", c.live, got, c.want)
		}
	}
}

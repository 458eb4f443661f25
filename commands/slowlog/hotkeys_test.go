package slowlog

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// TestHotKeys protects that the keys which cost most are found among many more than there are
// counters, and that counting ends in time.
func TestHotKeys(t *testing.T) {
	var h HotKeys
	now := time.UnixMilli(1000)
	o := HotOptions{Time: true, Bytes: true, Top: 5, Sample: 1, Limit: time.Second, CPU: func() (d [2]time.Duration) { return d }}
	if _, ok := h.Report(now); ok || h.Stop(now) || !h.Reset(now) {
		t.Error("there is something before the start")
	}
	if !h.Start(o, now) || h.Start(o, now) || h.Reset(now) {
		t.Error("it starts once")
	}
	random := rand.New(rand.NewPCG(1, 2))
	const n = 200_000
	for i := range n {
		key := fmt.Sprint("cold", random.IntN(50_000))
		if i%4 == 0 {
			key = fmt.Sprint("hot", random.IntN(5))
		}
		h.Note(HotCost{Ns: 1000, Bytes: 10}, now, func(yield func([]byte)) { yield([]byte(key)) })
	}
	r, ok := h.Report(now)
	if !ok || !r.On || r.All != (HotCost{n * 1000, n * 10}) || len(r.ByTime) != 5 || len(r.ByBytes) != 5 {
		t.Fatalf("%+v", r)
	}
	for _, k := range append(r.ByTime, r.ByBytes...) {
		if k.Key[:3] != "hot" {
			t.Errorf("%s is not hot", k.Key)
		}
	}
	for _, k := range r.ByTime {
		if k.Cost < n/4/5*9/10 || k.Cost > n/4/5*11/10+n/maxCounters {
			t.Errorf("%s has cost %d us", k.Key, k.Cost)
		}
	}
	later := now.Add(2 * time.Second)
	h.Note(HotCost{Ns: 1e9}, later, func(yield func([]byte)) { yield([]byte("late")) })
	if r, _ := h.Report(later); r.On || r.Took != time.Second || r.All.Ns != n*1000 {
		t.Errorf("it goes on: %v after %v", r.On, r.Took)
	}
	if h.Stop(later) || !h.Reset(later) {
		t.Error("it has not ended")
	}
}

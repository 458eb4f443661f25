package server

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// gcPercent is the collector's goal for a large heap: it is nearly free of pointers, so a low
	// one costs about 1% CPU and keeps resident memory near the live data.
	gcPercent = 10
	// gcFloor is how many bytes of garbage may gather at least before the collector runs. With
	// gcPercent alone it would run after each megabyte of garbage on a heap of ten.
	gcFloor = 4 << 20
	// maxGCPercent is the goal for the smallest heap.
	maxGCPercent = 100
)

// gcGoal returns the collector's goal in percent for a heap with so many live bytes.
func gcGoal(live uint64) int {
	if live == 0 {
		return maxGCPercent
	}
	return int(min(max(gcFloor*100/live, gcPercent), maxGCPercent))
}

// paceCollector keeps the collector's goal in line with the heap from now on. It looks at the heap
// after each collection: a heap that is being loaded grows to a multiple within a second.
func paceCollector() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	debug.SetGCPercent(gcGoal(live[0].Value.Uint64()))
	// What nothing refers to is finalized behind the next collection.
	runtime.SetFinalizer(&collected{}, func(*collected) { paceCollector() })
}

// collected is an object of its own, not part of a block of tiny ones.
type collected struct{ _ [32]byte }

package command

import "sync/atomic"

// Rates are how fast counters grow, sampled by the engine's cron, and the peak of
// the memory that it sees.
type Rates struct {
	Ops, BytesIn, BytesOut Rate // per second

	peakMemory atomic.Int64
}

// PeakMemory returns the largest figure of bytes in use that was noted, now included.
func (r *Rates) PeakMemory(now int64) int64 {
	for {
		was := r.peakMemory.Load()
		if now <= was {
			return was
		}
		if r.peakMemory.CompareAndSwap(was, now) {
			return now
		}
	}
}

// ResetPeak forgets the peak of memory.
func (r *Rates) ResetPeak() { r.peakMemory.Store(0) }

// rateSamples is over how many samples a rate is the mean.
const rateSamples = 16

// A Rate is the mean growth of a counter. One goroutine samples; any may read.
type Rate struct {
	samples [rateSamples]int64
	at      int
	value   int64 // of the counter
	atMs    int64
	mean    atomic.Int64
}

// Sample takes the counter's value at the time.
func (r *Rate) Sample(value, nowMs int64) {
	if passed := nowMs - r.atMs; r.atMs > 0 && passed > 0 {
		r.samples[r.at] = max(value-r.value, 0) * 1000 / passed
		r.at = (r.at + 1) % rateSamples
		sum := int64(0)
		for _, s := range r.samples {
			sum += s
		}
		r.mean.Store(sum / rateSamples)
	}
	r.value, r.atMs = value, nowMs
}

// PerSecond returns the rate.
func (r *Rate) PerSecond() int64 { return r.mean.Load() }

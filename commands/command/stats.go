package command

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// Stats are the engine's counters. Those that every command touches are kept in
// several blocks, so that cores do not share cache lines; a reader adds them up.
type Stats struct {
	Connections   atomic.Int64 // accepted since start
	Rejected      atomic.Int64 // connections refused at maxclients
	BytesIn       atomic.Int64
	BytesOut      atomic.Int64
	ExpireCycleNs atomic.Int64
	UnblockedKeys atomic.Int64
	OutputLimit   atomic.Int64 // clients that have left too much unread
	Evicted       atomic.Int64 // clients that took too much memory

	blocks [statBlocks]StatBlock
	next   atomic.Uint32
	specs  int

	// Lazyfreed counts values whose memory the collector takes back after their keys have
	// gone, as far as clients know of it: large ones of UNLINK, and those of FLUSHALL.
	Lazyfreed atomic.Int64

	mu     sync.Mutex
	errors map[string]int64 // by code
	total  int64            // error replies
}

const statBlocks = 16

// A StatBlock holds the counters of a part of the executors.
type StatBlock struct {
	commands []CommandStat
	LockHold Histogram // how long a command holds its locks
	LoopTurn Histogram // how long a loop serves one connection at a time
	_        [64]byte
}

// A CommandStat counts one command.
type CommandStat struct {
	Calls, Nanos, Rejected, Failed atomic.Int64
	latency                        atomic.Pointer[Histogram]
}

// NewStats returns counters for a table of so many commands.
func NewStats(specs int) *Stats {
	s := &Stats{specs: specs, errors: map[string]int64{}}
	for i := range s.blocks {
		s.blocks[i].commands = make([]CommandStat, specs)
	}
	return s
}

// Block returns a block for an executor to count in.
func (s *Stats) Block() *StatBlock { return &s.blocks[s.next.Add(1)%statBlocks] }

// A Run is a row of calls of one command that took about as long, counted at once:
// in a pipeline the counters, which cost more than many a command, are touched once
// for several commands.
type Run struct {
	spec          *Spec
	bucket        int
	calls, failed int64
	nanos         int64
}

// Ran counts n calls that took ns nanoseconds in all, of which so many failed. What b
// itself shows is complete after Flush.
func (b *StatBlock) Ran(r *Run, spec *Spec, n, ns, failed int64, histogram bool) {
	bucket := bucketOf(ns / n)
	if spec != r.spec || bucket != r.bucket {
		b.Flush(r, histogram)
		r.spec, r.bucket = spec, bucket
	}
	r.calls += n
	r.nanos += ns
	r.failed += failed
}

// Flush counts what the run holds.
func (b *StatBlock) Flush(r *Run, histogram bool) {
	if r.calls == 0 {
		return
	}
	c := &b.commands[r.spec.ID]
	c.Calls.Add(r.calls)
	c.Nanos.Add(r.nanos)
	if r.failed > 0 {
		c.Failed.Add(r.failed)
	}
	b.LockHold.n[r.bucket].Add(uint32(r.calls))
	if histogram {
		c.histogram().n[r.bucket].Add(uint32(r.calls))
	}
	*r = Run{}
}

func (c *CommandStat) histogram() *Histogram {
	h := c.latency.Load()
	if h == nil {
		h = new(Histogram)
		if !c.latency.CompareAndSwap(nil, h) {
			h = c.latency.Load()
		}
	}
	return h
}

// Refused counts a call that was rejected before it ran.
func (b *StatBlock) Refused(spec *Spec) { b.commands[spec.ID].Rejected.Add(1) }

// Failed counts the failure of a call that is counted as one that succeeds: when it began to wait,
// or since it has changed something.
func (s *Stats) Failed(spec *Spec) { s.blocks[0].commands[spec.ID].Failed.Add(1) }

// Refused counts a call within another command that may not be made.
func (s *Stats) Refused(spec *Spec) { s.blocks[0].commands[spec.ID].Rejected.Add(1) }

// CommandTotals are the sums for one command.
type CommandTotals struct{ Calls, Nanos, Rejected, Failed int64 }

// Command returns the sums for the command.
func (s *Stats) Command(spec *Spec) (t CommandTotals) {
	for i := range s.blocks {
		c := &s.blocks[i].commands[spec.ID]
		t.Calls += c.Calls.Load()
		t.Nanos += c.Nanos.Load()
		t.Rejected += c.Rejected.Load()
		t.Failed += c.Failed.Load()
	}
	return t
}

// Latency returns the command's histogram of durations.
func (s *Stats) Latency(spec *Spec) (sum Counts) {
	for i := range s.blocks {
		if h := s.blocks[i].commands[spec.ID].latency.Load(); h != nil {
			h.addTo(&sum)
		}
	}
	return sum
}

// LockHold and LoopTurn return the histograms of all blocks.
func (s *Stats) LockHold() (sum Counts) {
	for i := range s.blocks {
		s.blocks[i].LockHold.addTo(&sum)
	}
	return sum
}

// LoopTurn returns the histogram of how long loops serve one connection.
func (s *Stats) LoopTurn() (sum Counts) {
	for i := range s.blocks {
		s.blocks[i].LoopTurn.addTo(&sum)
	}
	return sum
}

// Calls returns how many commands have run.
func (s *Stats) Calls() (n int64) {
	for i := range s.blocks {
		for j := range s.blocks[i].commands {
			n += s.blocks[i].commands[j].Calls.Load()
		}
	}
	return n
}

// maxErrorCodes is how many codes are told apart; scripts can make up any.
const maxErrorCodes = 128

// CountError counts an error reply.
func (s *Stats) CountError(code string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total++
	if _, ok := s.errors[code]; ok || len(s.errors) < maxErrorCodes {
		s.errors[code]++
	}
}

// Errors returns the number of error replies, in all and by code.
func (s *Stats) Errors() (total int64, byCode map[string]int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	byCode = make(map[string]int64, len(s.errors))
	for k, v := range s.errors {
		byCode[k] = v
	}
	return s.total, byCode
}

// Reset clears all counters, as CONFIG RESETSTAT does.
func (s *Stats) Reset() {
	for _, c := range []*atomic.Int64{&s.Connections, &s.Rejected, &s.BytesIn, &s.BytesOut, &s.ExpireCycleNs, &s.UnblockedKeys, &s.OutputLimit, &s.Evicted, &s.Lazyfreed} {
		c.Store(0)
	}
	for i := range s.blocks {
		b := &s.blocks[i]
		for j := range b.commands {
			c := &b.commands[j]
			c.Calls.Store(0)
			c.Nanos.Store(0)
			c.Rejected.Store(0)
			c.Failed.Store(0)
			c.latency.Store(nil)
		}
		b.LockHold.reset()
		b.LoopTurn.reset()
	}
	s.mu.Lock()
	clear(s.errors)
	s.total = 0
	s.mu.Unlock()
}

// A Histogram counts durations in buckets of a quarter of a power of two.
type Histogram struct{ n [histBuckets]atomic.Uint32 }

const histBuckets = 4 * 40

// Counts are the buckets of histograms added up.
type Counts [histBuckets]uint64

func bucketOf(ns int64) int {
	if ns < 4 {
		return int(max(ns, 0))
	}
	log := bits.Len64(uint64(ns)) - 1
	return min(4*(log-1)+int(ns>>(log-2)&3), histBuckets-1)
}

// bucketTop returns the largest duration in nanoseconds that the bucket counts.
func bucketTop(b int) int64 {
	if b < 4 {
		return int64(b)
	}
	log := b/4 + 1
	return int64(b%4+5)<<(log-2) - 1
}

// Add counts a duration in nanoseconds.
func (h *Histogram) Add(ns int64) { h.n[bucketOf(ns)].Add(1) }

func (h *Histogram) addTo(sum *Counts) {
	for i := range h.n {
		sum[i] += uint64(h.n[i].Load())
	}
}

func (h *Histogram) reset() {
	for i := range h.n {
		h.n[i].Store(0)
	}
}

// Total returns how many durations were counted.
func (c *Counts) Total() (n uint64) {
	for _, x := range c {
		n += x
	}
	return n
}

// Quantile returns an upper bound in nanoseconds of the fraction q (0 to 1) of the
// durations.
func (c *Counts) Quantile(q float64) int64 {
	total := c.Total()
	if total == 0 {
		return 0
	}
	want, seen := uint64(q*float64(total)), uint64(0)
	for b, n := range c {
		seen += n
		if n > 0 && (seen > want || seen == total) {
			return bucketTop(b)
		}
	}
	return 0
}

// Each calls fn with each bucket that counted something: its largest duration in
// nanoseconds and its count.
func (c *Counts) Each(fn func(topNs int64, n uint64)) {
	for b, n := range c {
		if n > 0 {
			fn(bucketTop(b), n)
		}
	}
}

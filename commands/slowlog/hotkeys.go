package slowlog

import (
	"cmp"
	"container/heap"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// HotKeys finds the keys that cost most, while it is on: by the time of commands, and by the
// bytes of their arguments and replies. For each it keeps some counters only: a key that
// has none takes that of the key with the least, and its count (the space-saving
// sketch of Metwally, Agrawal and El Abbadi), so that a key which costs more than its share of one
// counter is never missed.
type HotKeys struct {
	on atomic.Bool

	mu      sync.Mutex
	o       HotOptions
	started time.Time
	took    time.Duration // of what has ended
	cpu     [2]time.Duration
	known   bool // there is something to report
	all     HotCost
	byTime  sketch
	byBytes sketch
}

// HotOptions say what is counted.
type HotOptions struct {
	Time, Bytes bool
	Top         int                     // keys that are reported
	Sample      int                     // one command of so many is looked at
	Limit       time.Duration           // it ends by itself then; 0 for never
	CPU         func() [2]time.Duration // of the process, for users and the system
}

// HotCost is what commands have cost.
type HotCost struct{ Ns, Bytes int64 }

// A HotKey is a key with its cost, in microseconds or bytes.
type HotKey struct {
	Key  string
	Cost int64
}

// A HotReport is what HotKeys has found.
type HotReport struct {
	HotOptions
	On      bool
	Started time.Time
	Took    time.Duration
	Used    [2]time.Duration // of CPU
	All     HotCost
	ByTime  []HotKey
	ByBytes []HotKey
}

// Start begins, and forgets what there was; false while it is on.
func (h *HotKeys) Start(o HotOptions, now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.expire(now); h.on.Load() {
		return false
	}
	h.o, h.started, h.took, h.cpu, h.known, h.all = o, now, 0, o.CPU(), true, HotCost{}
	h.byTime, h.byBytes = newSketch(), newSketch()
	h.on.Store(true)
	return true
}

// Stop ends; false where it is not on.
func (h *HotKeys) Stop(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.expire(now); !h.on.Load() {
		return false
	}
	h.end(now.Sub(h.started))
	return true
}

// Reset forgets what there is; false while it is on.
func (h *HotKeys) Reset(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.expire(now); h.on.Load() {
		return false
	}
	h.known, h.byTime, h.byBytes = false, sketch{}, sketch{}
	return true
}

func (h *HotKeys) expire(now time.Time) {
	if h.on.Load() && h.o.Limit > 0 && now.Sub(h.started) >= h.o.Limit {
		h.end(h.o.Limit)
	}
}

func (h *HotKeys) end(took time.Duration) {
	h.took, h.cpu = took, h.used()
	h.on.Store(false)
}

func (h *HotKeys) used() (d [2]time.Duration) {
	for i, t := range h.o.CPU() {
		d[i] = t - h.cpu[i]
	}
	return d
}

// Note counts a command. keys calls its argument with each of its keys.
func (h *HotKeys) Note(c HotCost, now time.Time, keys func(yield func(key []byte))) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.expire(now); !h.on.Load() {
		return
	}
	h.all.Ns += c.Ns
	h.all.Bytes += c.Bytes
	if h.o.Sample > 1 && rand.IntN(h.o.Sample) != 0 {
		return
	}
	keys(func(key []byte) {
		if h.o.Time {
			h.byTime.add(key, c.Ns)
		}
		if h.o.Bytes {
			h.byBytes.add(key, c.Bytes)
		}
	})
}

// Report returns what was found; ok is false where nothing was looked for.
func (h *HotKeys) Report(now time.Time) (r HotReport, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.expire(now); !h.known {
		return r, false
	}
	r = HotReport{HotOptions: h.o, On: h.on.Load(), Started: h.started, Took: h.took, Used: h.cpu, All: h.all}
	if r.On {
		r.Took, r.Used = now.Sub(h.started), h.used()
	}
	r.ByTime, r.ByBytes = h.byTime.top(h.o.Top, 1000), h.byBytes.top(h.o.Top, 1)
	return r, true
}

// maxCounters is how many counters a sketch has: many times the keys that can be reported.
const maxCounters = 1024

// A sketch counts for the keys with the highest counts. Its counters are a heap, the least first.
type sketch struct {
	counters []*counter
	of       map[string]*counter
}

type counter struct {
	key string
	n   int64
	at  int
}

func newSketch() sketch { return sketch{of: map[string]*counter{}} }

func (s *sketch) add(key []byte, n int64) {
	c := s.of[string(key)]
	switch {
	case c != nil:
		c.n += n
		heap.Fix(s, c.at)
		return
	case len(s.counters) < maxCounters:
		c = &counter{key: string(key), n: n}
		heap.Push(s, c)
	default:
		c = s.counters[0]
		delete(s.of, c.key)
		c.key = string(key)
		c.n += n
		heap.Fix(s, 0)
	}
	s.of[c.key] = c
}

// top returns the first k keys, their counts divided.
func (s *sketch) top(k int, by int64) []HotKey {
	list := slices.SortedFunc(slices.Values(s.counters), func(a, b *counter) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.key, b.key))
	})
	keys := make([]HotKey, 0, min(k, len(list)))
	for _, c := range list[:min(k, len(list))] {
		keys = append(keys, HotKey{c.key, c.n / by})
	}
	return keys
}

func (s *sketch) Len() int           { return len(s.counters) }
func (s *sketch) Less(i, j int) bool { return s.counters[i].n < s.counters[j].n }
func (s *sketch) Swap(i, j int) {
	c := s.counters
	c[i], c[j] = c[j], c[i]
	c[i].at, c[j].at = i, j
}

func (s *sketch) Push(v any) {
	c := v.(*counter)
	c.at = len(s.counters)
	s.counters = append(s.counters, c)
}

func (s *sketch) Pop() any {
	c := s.counters[len(s.counters)-1]
	s.counters = s.counters[:len(s.counters)-1]
	return c
}

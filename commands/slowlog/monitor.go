package slowlog

import (
	"math"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// A Monitor decides which commands are logged. A command asks Remarkable with what it
// knows anyway; nothing else costs it anything.
type Monitor struct {
	Slow          Log
	LargeRequests Log
	LargeReplies  Log
	Latency       Latency

	hot      HotKeys
	mu       sync.Mutex   // of who changes what follows
	noticeNs atomic.Int64 // the smaller of the two limits of durations
	noticeB  atomic.Int64 // likewise of sizes
	limits   atomic.Pointer[Limits]
}

// Limits say what is logged. Negative thresholds mean never.
type Limits struct {
	SlowUs, RequestBytes, ReplyBytes int64
	LatencyMs                        int64 // 0: never
	MaxSlow, MaxRequests, MaxReplies int
	MaxArgs, MaxArgBytes             int
}

// NewMonitor returns a monitor that logs nothing.
func NewMonitor() *Monitor {
	m := &Monitor{}
	m.SetLimits(Limits{SlowUs: -1, RequestBytes: -1, ReplyBytes: -1})
	return m
}

// SetLimits changes what is logged.
func (m *Monitor) SetLimits(l Limits) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.limits.Store(&l)
	m.notice()
	m.Slow.Limit(l.MaxSlow)
	m.LargeRequests.Limit(l.MaxRequests)
	m.LargeReplies.Limit(l.MaxReplies)
}

// notice sets what is remarkable.
func (m *Monitor) notice() {
	l := m.limits.Load()
	ns := int64(math.MaxInt64)
	if l.SlowUs >= 0 && l.SlowUs < math.MaxInt64/1000 {
		ns = l.SlowUs * 1000
	}
	if l.LatencyMs > 0 && l.LatencyMs < ns/1e6 {
		ns = l.LatencyMs * 1e6
	}
	if m.hot.on.Load() {
		ns = 0
	}
	m.noticeNs.Store(ns)
	size := int64(math.MaxInt64)
	for _, b := range [...]int64{l.RequestBytes, l.ReplyBytes} {
		if b >= 0 {
			size = min(size, b)
		}
	}
	m.noticeB.Store(size)
}

// HotKeys returns what counts the costs of keys.
func (m *Monitor) HotKeys() *HotKeys { return &m.hot }

// StartHotKeys makes every command remarkable, and starts HotKeys; false where it is on.
func (m *Monitor) StartHotKeys(o HotOptions, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.notice()
	return m.hot.Start(o, now)
}

// StopHotKeys undoes StartHotKeys; false where it is off.
func (m *Monitor) StopHotKeys(now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.notice()
	return m.hot.Stop(now)
}

// NoteKeys gives a command to HotKeys, if that is on.
func (m *Monitor) NoteKeys(c HotCost, now time.Time, keys func(yield func(key []byte))) {
	if !m.hot.on.Load() {
		return
	}
	if m.hot.Note(c, now, keys); !m.hot.on.Load() { // its time is over
		m.mu.Lock()
		m.notice()
		m.mu.Unlock()
	}
}

// Remarkable reports whether a command that took so long, with so many bytes in its
// request or reply, may have to be logged.
func (m *Monitor) Remarkable(ns, bytes int64) bool {
	return ns >= m.noticeNs.Load() || bytes >= m.noticeB.Load()
}

// A Command is what is known of a command that may be logged.
type Command struct {
	Argv         [][]byte // borrowed
	Ns           int64
	Request      int64 // bytes
	Reply        int64 // bytes
	Now          time.Time
	Fast         bool // for the name of its latency event
	SkipLog      bool // it is kept out of the logs
	Addr, Client string
	Redacted     func(i int) bool // which arguments are secret; may be nil
}

// Log logs the command where it is over a limit.
func (m *Monitor) Log(c *Command) {
	l := m.limits.Load()
	if ms := c.Ns / 1e6; l.LatencyMs > 0 && ms >= l.LatencyMs {
		event := "command"
		if c.Fast {
			event = "fast-command"
		}
		m.Latency.Add(event, c.Now.Unix(), ms)
	}
	if c.SkipLog {
		return
	}
	if us := c.Ns / 1000; l.SlowUs >= 0 && us >= l.SlowUs && l.MaxSlow > 0 {
		m.Slow.Add(c.entry(l, us), l.MaxSlow)
	}
	if l.RequestBytes >= 0 && c.Request >= l.RequestBytes && l.MaxRequests > 0 {
		m.LargeRequests.Add(c.entry(l, c.Request), l.MaxRequests)
	}
	if l.ReplyBytes >= 0 && c.Reply >= l.ReplyBytes && l.MaxReplies > 0 {
		m.LargeReplies.Add(c.entry(l, c.Reply), l.MaxReplies)
	}
}

// Event notes the duration of work that is no command's.
func (m *Monitor) Event(name string, now time.Time, took time.Duration) {
	if l := m.limits.Load(); l.LatencyMs > 0 && took.Milliseconds() >= l.LatencyMs {
		m.Latency.Add(name, now.Unix(), took.Milliseconds())
	}
}

// entry copies the command as the log shows it: not too many arguments, none too
// long, none secret.
func (c *Command) entry(l *Limits, value int64) Entry {
	e := Entry{Unix: c.Now.Unix(), Value: value, Addr: c.Addr, Name: c.Client}
	for i, a := range c.Argv {
		if i == l.MaxArgs-1 && len(c.Argv) > l.MaxArgs {
			e.Args = append(e.Args, "... ("+strconv.Itoa(len(c.Argv)-i)+" more arguments)")
			break
		}
		switch {
		case c.Redacted != nil && c.Redacted(i):
			e.Args = append(e.Args, "(redacted)")
		case len(a) > l.MaxArgBytes:
			e.Args = append(e.Args, string(a[:l.MaxArgBytes])+"... ("+strconv.Itoa(len(a)-l.MaxArgBytes)+" more bytes)")
		default:
			e.Args = append(e.Args, string(a))
		}
	}
	return e
}

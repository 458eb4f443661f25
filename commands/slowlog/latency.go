package slowlog

import (
	"slices"
	"sync"
)

// A Sample is the worst latency of one second.
type Sample struct {
	Unix int64 // seconds
	Ms   int64
}

// samplesKept is how many samples an event keeps.
const samplesKept = 160

// A Latency keeps, by event, the seconds in which it took too long.
type Latency struct {
	mu     sync.Mutex
	events map[string]*series
}

type series struct {
	samples []Sample // oldest first
	max     int64
}

// Add notes that the event took so long at the time.
func (l *Latency) Add(event string, unix, ms int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.events[event]
	if s == nil {
		if l.events == nil {
			l.events = map[string]*series{}
		}
		s = &series{}
		l.events[event] = s
	}
	s.max = max(s.max, ms)
	if n := len(s.samples); n > 0 && s.samples[n-1].Unix == unix {
		s.samples[n-1].Ms = max(s.samples[n-1].Ms, ms)
		return
	}
	if len(s.samples) == samplesKept {
		s.samples = slices.Delete(s.samples, 0, 1)
	}
	s.samples = append(s.samples, Sample{unix, ms})
}

// A Latest is the last sample of an event and the worst since it was reset.
type Latest struct {
	Event string
	Last  Sample
	MaxMs int64
}

// Latest returns the events in alphabetical order.
func (l *Latency) Latest() []Latest {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := make([]Latest, 0, len(l.events))
	for name, s := range l.events {
		list = append(list, Latest{name, s.samples[len(s.samples)-1], s.max})
	}
	slices.SortFunc(list, func(a, b Latest) int {
		if a.Event < b.Event {
			return -1
		}
		return 1
	})
	return list
}

// History returns the samples of an event, oldest first.
func (l *Latency) History(event string) []Sample {
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.events[event]; s != nil {
		return slices.Clone(s.samples)
	}
	return nil
}

// Reset forgets the events named, or all, and returns how many there were.
func (l *Latency) Reset(events ...string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(events) == 0 {
		n = len(l.events)
		clear(l.events)
		return n
	}
	for _, e := range events {
		if l.events[e] != nil {
			delete(l.events, e)
			n++
		}
	}
	return n
}

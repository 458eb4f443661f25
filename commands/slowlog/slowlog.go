// Package slowlog keeps the commands that stood out: those that took long, those
// whose request or reply was large, and the worst latencies by event.
package slowlog

import (
	"slices"
	"sync"
)

// An Entry is a command that was logged.
type Entry struct {
	ID    int64
	Unix  int64 // seconds
	Value int64 // microseconds, or bytes
	Args  []string
	Addr  string // of the client
	Name  string
}

// A Log keeps the last entries. IDs go on counting when it is cleared.
type Log struct {
	mu      sync.Mutex
	entries []Entry // oldest first
	nextID  int64
}

// Add logs a command and forgets the oldest ones beyond max.
func (l *Log) Add(e Entry, max int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.ID = l.nextID
	l.nextID++
	l.entries = append(l.entries, e)
	l.trim(max)
}

func (l *Log) trim(max int) {
	if n := len(l.entries) - max; n > 0 {
		l.entries = slices.Delete(l.entries, 0, n)
	}
}

// Limit forgets the oldest entries beyond max.
func (l *Log) Limit(max int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.trim(max)
}

// Last returns up to n entries, newest first; all when n is negative.
func (l *Log) Last(n int) []Entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n < 0 || n > len(l.entries) {
		n = len(l.entries)
	}
	list := slices.Clone(l.entries[len(l.entries)-n:])
	slices.Reverse(list)
	return list
}

// Len returns the number of entries.
func (l *Log) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}

// Reset forgets the entries.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}

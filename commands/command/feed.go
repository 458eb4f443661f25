package command

import (
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
)

// A Feed sends every command that runs to the sessions that have given MONITOR. A line is
// queued while the command holds its locks, so lines about a key come in the order of
// its changes.
type Feed struct {
	on   atomic.Bool
	mu   sync.Mutex
	list []*Session
}

// On reports whether anybody watches.
func (f *Feed) On() bool { return f.on.Load() }

// Start sends the session all commands from now on.
func (f *Feed) Start(s *Session) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !s.Flag(Monitors) {
		s.SetFlag(Monitors, true)
		f.list = append(f.list, s)
		f.on.Store(true)
	}
}

// Stop ends that.
func (f *Feed) Stop(s *Session) {
	if !s.Flag(Monitors) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	s.SetFlag(Monitors, false)
	f.list = slices.DeleteFunc(f.list, func(x *Session) bool { return x == s })
	f.on.Store(len(f.list) > 0)
}

// Line sends a line about a command: when it ran, in which database, who gave it (an
// address, or lua), and its arguments, secret ones left out.
func (f *Feed) Line(unixUs int64, db int, from string, argv [][]byte, redacted func(i int) bool) {
	b := strconv.AppendInt(nil, unixUs/1e6, 10)
	b = append(b, '.')
	us := strconv.Itoa(int(unixUs % 1e6))
	b = append(append(b, "000000"[len(us):]...), us...)
	b = strconv.AppendInt(append(b, " ["...), int64(db), 10)
	b = append(append(append(b, ' '), from...), ']')
	for i, a := range argv {
		b = append(b, ' ')
		if redacted != nil && redacted(i) {
			b = append(b, `"(redacted)"`...)
			continue
		}
		b = appendQuoted(b, a)
	}
	m := NewMessage(Value{Kind: Status, Str: string(b)})
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.list {
		s.Peer.Send(m)
	}
}

// appendQuoted appends bytes as MONITOR shows them.
func appendQuoted(b, text []byte) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, c := range text {
		switch c {
		case '\\', '"':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		case '\a':
			b = append(b, `\a`...)
		case '\b':
			b = append(b, `\b`...)
		default:
			if c < ' ' || c > '~' {
				b = append(b, '\\', 'x', hex[c>>4], hex[c&15])
			} else {
				b = append(b, c)
			}
		}
	}
	return append(b, '"')
}

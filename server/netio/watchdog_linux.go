package netio

// This file finds drivers that are stuck in a call and replaces them (Epoll).

import (
	"time"

	"golang.org/x/sys/unix"
)

// watchdog replaces drivers that are stuck. It sleeps while all loops do.
func (s *Epoll) watchdog() {
	tick := time.NewTicker(stuckAfter)
	defer tick.Stop()
	seen := make([]uint64, len(s.loops))
	for still := 0; ; {
		select {
		case <-s.stop:
			return
		case <-tick.C:
		}
		s.balancer.look(now())
		if still++; s.look(seen) {
			still = 0
		}
		if still < quietAfter {
			continue
		}
		s.quiet.Store(true)
		if s.look(seen) && s.quiet.CompareAndSwap(true, false) {
			continue
		}
		tick.Stop()
		s.balancer.rest()
		select {
		case <-s.stop:
			return
		case <-s.watch:
		}
		tick.Reset(stuckAfter)
		still = 0
	}
}

// quietAfter is after how many looks at idle loops the watchdog sleeps.
const quietAfter = 20

// look replaces the drivers whose call was under way at the last look already, and
// reports whether any loop was active since.
func (s *Epoll) look(seen []uint64) (active bool) {
	for i, l := range s.loops {
		d := l.driver.Load()
		state := d.state.Load()
		running := state&3 == stateRunning
		active = active || running || state != seen[i]
		if running && state == seen[i] && d.state.CompareAndSwap(state, state&^3|stateReplaced) {
			l.replace(d)
		}
		seen[i] = state
	}
	return active
}

// replace starts a driver in the place of one that is stuck in a call.
func (l *loop) replace(d *driver) {
	if c := d.c; c != nil {
		c.busy = true
		unix.EpollCtl(l.epfd, unix.EPOLL_CTL_DEL, c.FD, nil)
	}
	l.drive()
}

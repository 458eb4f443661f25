package netio

// This file decides over how many loops the connections are spread, and hands them from one loop
// to another.

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// A balancer finds how many loops the load needs. One that is busy serves the connections of many
// clients at each wait; the same load on two loops makes each of them wait twice as often, for half
// as many, and has them fetch the same memory from each other's caches: measured with 50 clients
// and pipelines of 16, 10 to 17% more CPU per GET and SET. So the load is spread where a loop has
// no time left and other programs leave it a processor, and put together again where fewer loops could
// bear it, or others want the processor.
type balancer struct {
	srv    *Epoll // nil where the number of loops stays
	at     int64
	waited []int64 // by the loops, as of then
	left   float64 // processor time that others did not use, in seconds, as of then
	calm   int     // looks in a row that found fewer loops enough
}

const (
	// balanceEvery is how often the load is looked at, in nanoseconds.
	balanceEvery = int64(100 * time.Millisecond)
	// fullLoad is the share of time for which loops are busy that have none to spare.
	fullLoad = 0.9
	// goodLoad is the share of time for which fewer loops would be busy when the load is put
	// together.
	goodLoad = 0.75
	// otherShare is how much of a loop's processor others may use.
	otherShare = 0.25
	// calmLooks is for how many looks in a row fewer loops must be enough.
	calmLooks = 5
)

func (b *balancer) start(s *Epoll) {
	b.srv, b.waited = s, make([]int64, len(s.loops))
	b.mark(now())
}

// mark begins a new measurement and returns the loops' load since the last one, in loops, and how
// many processors other programs have left.
func (b *balancer) mark(now int64) (load, left float64) {
	elapsed := float64(now - b.at)
	active := int(b.srv.active.Load())
	for i, l := range b.srv.loops {
		waited := l.waited.Load()
		if began := l.waiting.Load(); began != 0 {
			waited += max(now-began, 0)
		}
		if i < active {
			load += min(1, max(0, 1-float64(waited-b.waited[i])/elapsed))
		}
		b.waited[i] = waited
	}
	total := leftSeconds()
	left = (total - b.left) / (elapsed / 1e9)
	b.at, b.left = now, total
	return load, left
}

// look changes the number of active loops where the load since the last time asks for it.
func (b *balancer) look(now int64) {
	if b.srv == nil || now-b.at < balanceEvery {
		return
	}
	fresh := now-b.at > 3*balanceEvery // the watchdog has slept
	load, left := b.mark(now)
	if !fresh {
		b.decide(load, left)
	}
}

// rest puts the connections together while nobody says anything.
func (b *balancer) rest() {
	if b.srv != nil {
		b.calm = 0
		b.srv.spreadOver(1)
	}
}

// decide changes the number of active loops where so much load, in loops, asks for it while others
// leave so many processors.
func (b *balancer) decide(load, left float64) {
	active := int(b.srv.active.Load())
	most := min(max(int(left+otherShare), 1), len(b.srv.loops))
	enough := min(max(int(load/goodLoad+0.999), 1), most)
	switch {
	case load > fullLoad*float64(active) && active < most:
		b.calm = 0
		b.srv.spreadOver(min(2*active, most))
	case enough < active:
		if b.calm++; b.calm >= calmLooks {
			b.calm = 0
			b.srv.spreadOver(enough)
		}
	default:
		b.calm = 0
	}
}

// leftSeconds returns how much processor time other programs have left so far, in seconds, growing fast
// where that is not known: what this one used, interrupts, which are nobody's, and idle time.
func leftSeconds() float64 {
	const hz = 100 // of the file, on every architecture that Go knows
	b, err := os.ReadFile("/proc/stat")
	line, _, _ := bytes.Cut(b, []byte{'\n'})
	f := bytes.Fields(line) // cpu user nice system idle iowait irq softirq ...
	var own unix.Rusage
	if err != nil || len(f) < 8 || unix.Getrusage(unix.RUSAGE_SELF, &own) != nil {
		return float64(now())
	}
	left := float64(own.Utime.Nano()+own.Stime.Nano()) / 1e9
	for _, n := range f[4:8] {
		v, _ := strconv.ParseFloat(string(n), 64)
		left += v / hz
	}
	return left
}

var start = time.Now()

// now returns a time in nanoseconds, never 0.
func now() int64 { return int64(time.Since(start)) + 1 }

// spreadOver has the first n loops serve all connections.
func (s *Epoll) spreadOver(n int) {
	if int(s.active.Swap(int32(n))) == n {
		return
	}
	for _, l := range s.loops {
		l.post(mail{k: mailSpread})
	}
}

// loopOf returns the loop that is to serve the connection.
func (s *Epoll) loopOf(c *epollConn) *loop { return s.loops[c.number%uint32(s.active.Load())] }

// check has the connection handed over if it is another loop's.
func (l *loop) check(c *epollConn) {
	if l.srv.loopOf(c) != l {
		l.uneven, l.spreadAt = true, 0
	}
}

// spreadStep is how many connections a loop hands over between two waits.
const spreadStep = 64

// spread hands connections over to the loops that are to serve them. It is called when nothing is
// left to be delivered or written.
func (l *loop) spread() {
	for moved := 0; l.spreadAt < len(l.conns); l.spreadAt++ {
		c := l.conns[l.spreadAt]
		if c == nil || c.busy {
			continue
		}
		to := l.srv.loopOf(c)
		if to == l {
			continue
		}
		if moved++; moved > spreadStep || !l.handOver(c, to) {
			return
		}
	}
	l.uneven = false
}

// handOver gives the connection to another loop; false where there is mail, which may be for it.
// Mail keeps its order: what was posted before is delivered here already, what comes behind goes to
// the other loop, behind the connection itself.
func (l *loop) handOver(c *epollConn, to *loop) bool {
	first, second := l, to
	if second.number < first.number {
		first, second = second, first
	}
	first.mu.Lock()
	second.mu.Lock()
	ok := len(l.mail) == 0 && !to.ended
	if ok {
		l.detach(c)
		to.mail = append(to.mail, mail{c: c, k: mailMove})
		c.l.Store(to)
	}
	second.mu.Unlock()
	first.mu.Unlock()
	if ok {
		to.rouse()
	}
	return ok
}

// takeOver goes on with another loop's connection; false when the driver was replaced meanwhile.
func (d *driver) takeOver(c *epollConn) bool {
	if err := d.l.attach(c); err != nil {
		c.gone = true
		return d.close(c)
	}
	d.l.check(c)
	return true
}

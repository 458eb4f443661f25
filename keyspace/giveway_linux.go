package keyspace

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// niceness is that of the thread that makes and writes the bytes of a snapshot, in the system's
// unit: where more wants to run than there are processors, such a thread gets a thirtieth of what
// one that serves clients gets, and what these leave. Measured on two processors that clients keep
// busy, that makes the 99th percentile of what they wait during a snapshot less than twice what it
// is without one; between equals it was nine times, and with a niceness of 10 2.2 times. With 19 it
// is the same, and a machine that other programs keep busy would take twice as long.
const niceness = 15

// slice is how long such a thread runs before another one's turn comes, where the system (Linux
// 6.12) lets it be told.
const slice = 100 * time.Microsecond

// giveWay makes the calling goroutine, until it ends, one that leaves processors to others.
func giveWay() {
	runtime.LockOSThread() // for good: the thread ends with the goroutine
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Nice: niceness, Runtime: uint64(slice)}
	if unix.SchedSetAttr(0, &attr, 0) != nil {
		_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), niceness)
	}
}

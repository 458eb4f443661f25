package bench

import (
	"context"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/medleydb/medley/commands"
)

// longestCPU fills the value in an engine of this process, one element at a time, and returns the most processor time, in
// microseconds, that one of the commands has used: unlike the time on a clock it does not
// count what else the machine does.
func longestCPU(l holdLoad, elements int) (us float64, err error) {
	e, err := commands.Open(commands.Options{})
	if err != nil {
		return 0, err
	}
	defer e.Close()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c := e.NewClient()
	defer c.Close()
	ctx := context.Background()
	var args []any
	l.per = 1
	for i := range elements {
		args = args[:0]
		for _, a := range l.args(i) {
			args = append(args, a)
		}
		before := threadCPU()
		if _, err := c.Do(ctx, args...); err != nil {
			return us, err
		}
		us = max(us, float64(threadCPU()-before)/1e3)
	}
	return us, nil
}

// threadCPU returns the processor time in nanoseconds that the calling thread has used.
func threadCPU() int64 {
	var t unix.Timespec
	unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t)
	return t.Nano()
}

package bench

import (
	"context"
	"runtime"
	"slices"

	"golang.org/x/sys/unix"

	"github.com/medleydb/medley/commands"
)

// holdBase is how many elements a value has that the rounds of longestCPU begin with.
const holdBase = 1000

// longestCPU fills the value in an engine of this process, one element at a time, and returns the
// most processor time, in microseconds, that a command needs: the least that it has used in so many
// rounds. The value of each round is a copy of one, with its hash seed, so that the same
// command makes it grow; what the machine and the collector take comes at another command each time.
func longestCPU(l holdLoad, elements, rounds int) (us float64, err error) {
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
	l.per = 1
	var args []any
	add := func(i int) (ns int64, err error) {
		args = args[:0]
		for _, a := range l.args(i) {
			args = append(args, a)
		}
		before := threadCPU()
		_, err = c.Do(ctx, args...)
		return threadCPU() - before, err
	}
	for i := range min(holdBase, elements) {
		if _, err := add(i); err != nil {
			return 0, err
		}
	}
	if _, err := c.Do(ctx, "COPY", "large", "base"); err != nil {
		return 0, err
	}
	least := make([]int64, elements)
	for round := range rounds {
		if _, err := c.Do(ctx, "COPY", "base", "large", "REPLACE"); err != nil {
			return 0, err
		}
		for i := holdBase; i < elements; i++ {
			ns, err := add(i)
			if err != nil {
				return 0, err
			}
			if round == 0 || ns < least[i] {
				least[i] = ns
			}
		}
	}
	return float64(slices.Max(least)) / 1e3, nil
}

// threadCPU returns the processor time in nanoseconds that the calling thread has used.
func threadCPU() int64 {
	var t unix.Timespec
	unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t)
	return t.Nano()
}

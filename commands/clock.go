package commands

import (
	"sync/atomic"
	"time"
)

// A clock tells nanoseconds since the engine's start, cheaply, and the Unix
// milliseconds that belong to them.
type clock struct {
	base   time.Time
	custom func() time.Time // of tests
	offset atomic.Int64     // Unix nanoseconds of base, as the system's clock has it now
}

func (c *clock) ns() int64 { return int64(time.Since(c.base)) }

func (c *clock) ms(ns int64) int64 {
	if c.custom != nil {
		return c.custom().UnixMilli()
	}
	return (c.offset.Load() + ns) / 1e6
}

// us is ms in microseconds.
func (c *clock) us(ns int64) int64 {
	if c.custom != nil {
		return c.custom().UnixMicro()
	}
	return (c.offset.Load() + ns) / 1e3
}

// resync follows changes of the system's clock.
func (c *clock) resync() {
	now := time.Now()
	c.offset.Store(now.UnixNano() - int64(now.Sub(c.base)))
}

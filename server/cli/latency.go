package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"
)

const (
	latencyPause           = 10 * time.Millisecond // between two PINGs
	latencyHistoryInterval = 15 * time.Second
)

// A latencySum sums up samples, in milliseconds.
type latencySum struct {
	min, max, total, count int64
}

func (l *latencySum) add(ms int64) {
	if l.count == 0 || ms < l.min {
		l.min = ms
	}
	l.max = max(l.max, ms)
	l.total += ms
	l.count++
}

func (l *latencySum) text(f format) string {
	average := ratio(l.total, l.count)
	switch f {
	case formatStandard:
		return fmt.Sprintf("min: %d, max: %d, avg: %.2f (%d samples)", l.min, l.max, average, l.count)
	case formatCSV:
		return fmt.Sprintf("%d,%d,%.2f,%d\n", l.min, l.max, average, l.count)
	case formatRaw:
		return fmt.Sprintf("%d %d %.2f %d\n", l.min, l.max, average, l.count)
	}
	return fmt.Sprintf("{\"min\": %d, \"max\": %d, \"avg\": %.2f, \"count\": %d}\n", l.min, l.max, average, l.count)
}

// runLatency times PINGs. For people it shows the figures all the time; otherwise
// it prints them once, after a second or -i. With a history, every 15 seconds or
// -i are summed up for themselves.
func (s *session) runLatency() error {
	signal.Notify(s.interrupt, os.Interrupt)
	interval := s.opt.interval
	switch {
	case interval > 0:
	case s.opt.latencyHistory:
		interval = latencyHistoryInterval
	default:
		interval = time.Second
	}
	live := s.opt.format == formatStandard
	var sum latencySum
	start := time.Now()
	for !s.interrupted() {
		sent := time.Now()
		_, err := s.doReconnecting("PING")
		if errors.Is(err, errInterrupted) {
			break
		}
		if err != nil {
			return err
		}
		sum.add(time.Since(sent).Milliseconds())
		if live {
			io.WriteString(s.out, "\x1b[0G\x1b[2K"+sum.text(s.opt.format))
		}
		if elapsed := time.Since(start); elapsed > interval && (s.opt.latencyHistory || !live) {
			if !live {
				io.WriteString(s.out, sum.text(s.opt.format))
			}
			if !s.opt.latencyHistory {
				return nil
			}
			if live {
				fmt.Fprintf(s.out, " -- %.2f seconds range\n", elapsed.Seconds())
			}
			sum, start = latencySum{}, time.Now()
		}
		s.pause(latencyPause)
	}
	if live {
		io.WriteString(s.out, "\n")
	}
	return nil
}

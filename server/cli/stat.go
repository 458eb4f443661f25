package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"time"

	"github.com/medleydb/medley/commands/command"
)

const statHeader = "------- data ------ --------------------- load -------------------- - child -\n" +
	"keys       mem      clients blocked requests            connections          \n"

// runStat prints a line about the server every second, or every -i seconds, until
// Ctrl-C.
func (s *session) runStat() error {
	signal.Notify(s.interrupt, os.Interrupt)
	interval := s.opt.interval
	if interval == 0 {
		interval = time.Second
	}
	requests := int64(0)
	for i := 0; !s.interrupted(); i++ {
		v, err := s.doReconnecting("INFO")
		switch {
		case errors.Is(err, errInterrupted):
			return nil
		case err != nil:
			return err
		case v.Kind == command.Error:
			return fmt.Errorf("ERROR: %s", v.Str)
		}
		if i%20 == 0 {
			io.WriteString(s.out, statHeader)
		}
		info := parseInfo(v.Str)
		io.WriteString(s.out, statLine(info, requests))
		requests = info["total_commands_processed"]
		s.pause(interval)
	}
	return nil
}

// parseInfo returns the fields of INFO that are numbers; the numbers of keys of
// all databases are summed up as "keys".
func parseInfo(text string) map[string]int64 {
	fields := make(map[string]int64)
	for line := range strings.Lines(text) {
		name, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), ":")
		if !ok {
			continue
		}
		if keys, ok := strings.CutPrefix(value, "keys="); ok && strings.HasPrefix(name, "db") {
			keys, _, _ = strings.Cut(keys, ",")
			n, _ := strconv.ParseInt(keys, 10, 64)
			fields["keys"] += n
		} else if n, err := strconv.ParseInt(value, 10, 64); err == nil {
			fields[name] = n
		}
	}
	return fields
}

// statLine is the line for info; before is the number of requests in the last one.
func statLine(info map[string]int64, before int64) string {
	requests := info["total_commands_processed"]
	added := requests - before
	if before == 0 {
		added = 0
	}
	line := fmt.Sprintf("%-11d%-8s %-8d%-8d%-19s %-12d", info["keys"], shownBytes(info["used_memory"]),
		info["connected_clients"], info["blocked_clients"],
		fmt.Sprintf("%d (+%d)", requests, added), info["total_connections_received"])
	var tasks []string
	if info["bgsave_in_progress"]+info["rdb_bgsave_in_progress"] > 0 {
		tasks = append(tasks, "SAVE")
	}
	if info["aof_rewrite_in_progress"] > 0 {
		tasks = append(tasks, "AOF")
	}
	if info["loading"] > 0 {
		tasks = append(tasks, "LOAD")
	}
	return line + strings.Join(tasks, "+") + "\n"
}

// shownBytes is a number of bytes for people: 1003B, 4.03K, 100.00M.
func shownBytes(n int64) string {
	if n < 1024 && n > -1024 {
		return strconv.FormatInt(n, 10) + "B"
	}
	f, unit := float64(n)/1024, 0
	for (f >= 1024 || f <= -1024) && unit < len(byteUnits)-1 {
		f, unit = f/1024, unit+1
	}
	return strconv.FormatFloat(f, 'f', 2, 64) + byteUnits[unit:unit+1]
}

const byteUnits = "KMGTP"

// doReconnecting runs a command for a mode that is left running: while the server
// is away it tries again every second.
func (s *session) doReconnecting(args ...string) (command.Value, error) {
	tries := 0
	for {
		if s.conn != nil {
			v, err := s.conn.do(args...)
			if err == nil {
				return v, nil
			}
		}
		tries++
		fmt.Fprintf(s.out, "\r\x1b[0KReconnecting... %d\r", tries)
		s.pause(time.Second)
		if s.interrupted() {
			return command.Value{}, errInterrupted
		}
		if s.connect(true) == nil {
			io.WriteString(s.out, "\r\x1b[0K")
		}
	}
}

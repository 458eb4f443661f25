package cli

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"time"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
)

// runScan lists keys: in quotes for people, as they are otherwise. Ctrl-C ends it
// after the step at hand.
func (s *session) runScan() error {
	signal.Notify(s.interrupt, os.Interrupt)
	return s.scan(s.opt.keyType, func(keys []command.Value) error {
		s.buf = s.buf[:0]
		for _, k := range keys {
			if s.opt.format == formatStandard {
				s.buf = datatypes.AppendQuoted(s.buf, k.Str)
			} else {
				s.buf = append(s.buf, k.Str...)
			}
			s.buf = append(s.buf, '\n')
		}
		_, err := s.out.Write(s.buf)
		s.pause(s.opt.interval)
		return err
	})
}

// scan calls each with the keys of every step of a SCAN, until it has seen all or
// is interrupted.
func (s *session) scan(keyType string, each func(keys []command.Value) error) error {
	cursor := "0"
	for {
		args := []string{"SCAN", cursor}
		if s.opt.pattern != "" {
			args = append(args, "MATCH", s.opt.pattern)
		}
		args = append(args, "COUNT", strconv.Itoa(s.opt.count))
		if keyType != "" {
			args = append(args, "TYPE", keyType)
		}
		v, err := s.conn.do(args...)
		switch {
		case err != nil:
			return errors.New("\nI/O error")
		case v.Kind == command.Error:
			return fmt.Errorf("SCAN error: %s", v.Str)
		case v.Kind != command.Array || len(v.Elems) != 2:
			return errors.New("Invalid reply from SCAN!")
		}
		if err := each(v.Elems[1].Elems); err != nil {
			return err
		}
		cursor = v.Elems[0].Text()
		if cursor == "0" || s.interrupted() {
			return nil
		}
	}
}

// interrupted reports whether Ctrl-C was pressed; it keeps saying so.
func (s *session) interrupted() bool {
	select {
	case <-s.interrupt:
		s.stopped = true
	default:
	}
	return s.stopped
}

// pause waits for d, or for Ctrl-C.
func (s *session) pause(d time.Duration) {
	if d == 0 {
		return
	}
	select {
	case <-time.After(d):
	case <-s.interrupt:
		s.stopped = true
	}
}

package cli

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/server/resp"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// runPipe sends stdin to the server as it is and counts the replies. How many
// commands it holds is not known, so an ECHO of random bytes at the end tells the
// last reply.
func (s *session) runPipe() error {
	last := rand.Text()[:20]
	bar := s.pipeBar()
	// Unbuffered: the ECHO is sent after the end of the data was noted here.
	transferred, failed := make(chan struct{}), make(chan error, 1)
	conn := s.conn // the session drops it when the server closes the connection
	go func() { failed <- s.sendAll(conn, last, transferred, bar) }()

	var errorCount, replies int64
	var timeout <-chan time.Time
	ended := false
	for {
		select {
		case <-transferred:
			bar.Finish()
			io.WriteString(s.out, "All data transferred. Waiting for the last reply...\n")
			ended = true
			timeout = s.pipeTimer()
		case err := <-failed:
			if err != nil {
				fmt.Fprintln(s.errOut, err)
				return exitCode(1)
			}
		case r, ok := <-s.conn.replies:
			switch {
			case !ok || r.err != nil:
				fmt.Fprintln(s.errOut, "Error reading replies from server")
				return exitCode(1)
			case r.Kind == command.Error:
				fmt.Fprintln(s.errOut, r.Str)
				errorCount++
			case ended && r.Kind == command.Bulk && r.Str == last:
				io.WriteString(s.out, "Last reply received from server.\n")
				return s.pipeResult(errorCount, replies)
			}
			replies++
			if ended {
				timeout = s.pipeTimer()
			}
		case <-timeout:
			fmt.Fprintf(s.errOut, "No replies for %d seconds: exiting.\n", int(s.opt.pipeTimeout.Seconds()))
			return s.pipeResult(errorCount+1, replies)
		}
	}
}

func (s *session) pipeTimer() <-chan time.Time {
	if s.opt.pipeTimeout == 0 {
		return nil
	}
	return time.After(s.opt.pipeTimeout)
}

func (s *session) pipeResult(errorCount, replies int64) error {
	fmt.Fprintf(s.out, "errors: %d, replies: %d\n", errorCount, replies)
	if errorCount > 0 {
		return exitCode(1)
	}
	return nil
}

func (s *session) sendAll(conn *conn, last string, transferred chan<- struct{}, bar io.Writer) error {
	buf := make([]byte, 64<<10)
	for {
		n, readErr := s.in.Read(buf)
		if _, err := conn.Write(buf[:n]); err != nil {
			return fmt.Errorf("Error writing to the server: %s", errorText(err))
		}
		bar.Write(buf[:n])
		if errors.Is(readErr, io.EOF) {
			break
		}
		if readErr != nil {
			return fmt.Errorf("Error reading from stdin: %s", errorText(readErr))
		}
	}
	transferred <- struct{}{}
	// The empty line before it ends a command that the data left unfinished.
	_, err := conn.Write(resp.AppendCommand([]byte("\r\n"), "ECHO", last))
	if err != nil {
		return fmt.Errorf("Error writing to the server: %s", errorText(err))
	}
	return nil
}

// pipeBar shows on a terminal how much was sent, of what there is if stdin is a file.
func (s *session) pipeBar() *progressbar.ProgressBar {
	f, ok := s.errOut.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return progressbar.NewOptions64(-1, progressbar.OptionSetVisibility(false))
	}
	size := int64(-1)
	if info, err := s.in.Stat(); err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	return progressbar.NewOptions64(size,
		progressbar.OptionSetWriter(f),
		progressbar.OptionShowBytes(true),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish())
}

package bench

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A Program is a server to start.
type Program struct {
	Name string
	Path string
	Args []string // before the options that all of them understand
}

// A Running is a server that was started.
type Running struct {
	Program
	cmd  *exec.Cmd
	dir  string
	addr string
}

// startTimeout is how long a server may take until it has loaded its data.
const startTimeout = 5 * time.Minute

// Start starts the program on a free port, with persistence off unless the options say
// otherwise.
func (p Program) Start(options ...string) (*Running, error) {
	dir, err := os.MkdirTemp("", "medley-bench-")
	if err != nil {
		return nil, err
	}
	r := &Running{Program: p, dir: dir}
	if err := r.start(options...); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	return r, nil
}

// start starts the program with the data that is in its folder.
func (r *Running) start(options ...string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	r.addr = fmt.Sprintf("127.0.0.1:%d", port)
	args := append(append([]string{}, r.Args...), "--port", strconv.Itoa(port), "--save", "", "--dir", r.dir)
	r.cmd = exec.Command(r.Path, append(args, options...)...)
	if err := r.cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", r.Name, err)
	}
	for end := time.Now().Add(startTimeout); ; time.Sleep(poll) {
		if _, err := r.ask("PING"); err == nil {
			return nil
		}
		if time.Now().After(end) {
			r.end()
			return fmt.Errorf("%s does not answer on %s", r.Name, r.addr)
		}
	}
}

// end ends the server at once and leaves its folder.
func (r *Running) end() {
	r.cmd.Process.Kill()
	r.cmd.Wait()
}

// stopTimeout is how long a server may take to end in order.
const stopTimeout = 20 * time.Second

// Stop ends the server.
func (r *Running) Stop() {
	r.cmd.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(stopTimeout, func() { r.cmd.Process.Kill() })
	r.cmd.Wait()
	late.Stop()
	os.RemoveAll(r.dir)
}

func startAll(programs []Program) (list []*Running, err error) {
	for _, p := range programs {
		r, err := p.Start()
		if err != nil {
			return list, err
		}
		list = append(list, r)
	}
	return list, nil
}

func stopAll(list []*Running) {
	for _, r := range list {
		r.Stop()
	}
}

// clockTick is the unit of the system's accounting.
const clockTick = 10 * time.Millisecond

// cpu returns the processor time that the server has used so far, with its children that
// have ended.
func (r *Running) cpu() (sum time.Duration, err error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", r.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	// The name, in parentheses, may hold spaces; user and system time are the 12th
	// and 13th field behind it, and those of children follow.
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(fields) < 15 {
		return 0, errors.New("bench: unknown form of /proc/PID/stat")
	}
	for _, f := range fields[11:15] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, err
		}
		sum += time.Duration(n) * clockTick
	}
	return sum, nil
}

// rss returns the resident memory in bytes.
func (r *Running) rss() (int64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n << 10, err
		}
	}
	return 0, errors.New("bench: no VmRSS")
}

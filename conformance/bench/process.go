package bench

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/medleydb/medley/server/resp"
)

// ask sends a command through a connection of its own and returns the reply, a string or number.
func (r *Running) ask(args ...string) (string, error) {
	c, err := net.Dial("tcp", r.addr)
	if err != nil {
		return "", err
	}
	defer c.Close()
	if _, err := c.Write(resp.AppendCommand(nil, args...)); err != nil {
		return "", err
	}
	in := bufio.NewReader(c)
	line, err := in.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimSpace(line)
	switch line[0] {
	case '-':
		return "", errors.New(line[1:])
	case '$':
		n, err := strconv.Atoi(line[1:])
		if err != nil || n < 0 {
			return "", err
		}
		b := make([]byte, n)
		_, err = io.ReadFull(in, b)
		return string(b), err
	}
	return line[1:], nil
}

// info returns a field of a section of INFO.
func (r *Running) info(section, name string) (string, error) {
	text, err := r.ask("INFO", section)
	if err != nil {
		return "", err
	}
	_, rest, found := strings.Cut(text, name+":")
	if !found {
		return "", fmt.Errorf("INFO has no %s", name)
	}
	value, _, _ := strings.Cut(rest, "\r")
	return value, nil
}

const (
	poll = 5 * time.Millisecond
	// savePoll is how long lies between two looks whether a save is over: to ask takes memory,
	// which is what is measured meanwhile.
	savePoll = 50 * time.Millisecond
)

// save writes a snapshot in the background and returns how long that took.
func (r *Running) save() (took time.Duration, err error) {
	start := time.Now()
	if _, err := r.ask("BGSAVE"); err != nil {
		return 0, err
	}
	for {
		busy, err := r.info("persistence", "rdb_bgsave_in_progress")
		if err != nil {
			return 0, err
		}
		if busy == "0" {
			break
		}
		time.Sleep(savePoll)
	}
	took = time.Since(start)
	if status, err := r.info("persistence", "rdb_last_bgsave_status"); err != nil || status != "ok" {
		return took, errors.Join(err, errors.New("the data could not be saved"))
	}
	return took, nil
}

// restart ends the server and returns how long it takes until a new one has loaded so many keys
// from the files, and its processor time until then.
func (r *Running) restart(keys int) (took, cpu time.Duration, err error) {
	r.end()
	start := time.Now()
	if err := r.start(); err != nil {
		return 0, 0, err
	}
	took = time.Since(start)
	size, err := r.ask("DBSIZE")
	if err == nil && size != strconv.Itoa(keys) {
		err = fmt.Errorf("%s keys are loaded of %d", size, keys)
	}
	if err != nil {
		return 0, 0, err
	}
	cpu, err = r.cpu()
	return took, cpu, err
}

// memory returns the resident memory in bytes of the server with its children, in which a page
// that they share counts once.
func (r *Running) memory() (sum int64, err error) {
	pid := r.cmd.Process.Pid
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pid, pid))
	if err != nil {
		return 0, err
	}
	children := strings.Fields(string(b))
	if len(children) == 0 {
		return r.rss()
	}
	for _, id := range append(children, strconv.Itoa(pid)) {
		n, err := share("/proc/" + id + "/smaps_rollup")
		if err != nil && id == strconv.Itoa(pid) {
			return 0, err
		}
		sum += n // 0 for a child that has just ended
	}
	return sum, nil
}

// share returns what a process has of memory, of shared pages its part.
func share(path string) (int64, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	for line := range strings.SplitSeq(string(b), "\n") {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n << 10, err
		}
	}
	return 0, errors.New("bench: no Pss")
}

// A peak watches the memory of a server until it is stopped.
type peak struct {
	before, most int64
	err          error
	stop         chan struct{}
	done         sync.WaitGroup
}

// watch begins to watch the memory.
func (r *Running) watch() (*peak, error) {
	before, err := r.memory()
	p := &peak{before: before, most: before, stop: make(chan struct{})}
	if err != nil {
		return nil, err
	}
	p.done.Go(func() {
		for p.err == nil {
			select {
			case <-p.stop:
				return
			case <-time.After(poll):
			}
			var n int64
			n, p.err = r.memory()
			p.most = max(p.most, n)
		}
	})
	return p, nil
}

// end returns by which part the memory has grown at most.
func (p *peak) end() (float64, error) {
	close(p.stop)
	p.done.Wait()
	return float64(p.most-p.before) / float64(p.before), p.err
}

package upstream

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Options say what runs and how. The zero value of a limit means its default.
type Options struct {
	Server    string            // path of the server binary
	Style     Style             // how to invoke it
	SuiteDirs map[string]string // suite to the folder with its tests/ and utils/
	Tclsh     string            // path of the Tcl interpreter
	Jobs      int               // units that run at the same time

	NoProgress time.Duration // how long a unit may report nothing; whole seconds
	UnitLimit  time.Duration // how long a unit may take

	// Skip returns the names of the tests of a unit that are not run; nil for none of any.
	Skip func(suite, unit string) []string

	// LogDir keeps each unit's output and server log when it is not empty.
	LogDir string
}

// The defaults of the two limits. Where no listed test takes 30 seconds, that is enough, and a hang
// costs less. But fuzzing in unit/hyperloglog, 10 seconds of work, sends a thousand large commands: where each
// waits 40 ms for a delayed TCP acknowledgement, it was seen to take from 46 to more than 60.
const (
	DefaultNoProgress = 120 * time.Second
	DefaultUnitLimit  = 10 * time.Minute
)

// silenceMargin is what our own clock for progress gives beyond the suite's, which sees more steps
// than are printed.
const silenceMargin = 30 * time.Second

// Tests with these tags are outside the manifests.
const deniedTags = "-slow -large-memory -cluster"

// suitePorts is how many ports the suite probes for the one that its two processes talk over.
const suitePorts = 32

// deadServerGrace is how long the suite may go on after its server has died: long enough to report
// the test that killed it.
const deadServerGrace = 3 * time.Second

// RunUnit runs one unit of the manifest against a fresh server. An error means that it could not run at
// all.
func RunUnit(ctx context.Context, o Options, m *Manifest, unit string) (UnitRun, error) {
	suite := m.Suite
	run := UnitRun{Suite: suite, Unit: unit}
	box, err := newSandbox(suite, o.SuiteDirs[suite])
	if err != nil {
		return run, err
	}
	defer box.remove()
	if err := box.unlockUnit(unit, m.Tests(unit)); err != nil {
		return run, err
	}

	srv, err := startServer(ctx, o.Server, o.Style, box.server, suiteSettings(suite))
	if err != nil {
		return run, err
	}
	defer srv.stop()

	var skip []string
	if o.Skip != nil {
		skip = o.Skip(suite, unit)
	}
	begin := time.Now()
	text, stopped, err := runSuite(ctx, o, box, srv, unit, skip)
	if err != nil {
		return run, err
	}
	run.Elapsed = time.Since(begin)
	run.Stopped = stopped
	run.Output = ParseOutput(text)
	select {
	case <-srv.exited:
		run.ServerDied = srv.epitaph()
	default:
	}
	return run, keepLogs(o.LogDir, suite, unit, text, srv.logPath)
}

// runSuite runs the suite's process under the clocks and returns what it printed, and why it was
// stopped if it was.
func runSuite(ctx context.Context, o Options, box *sandbox, srv *server, unit string, skip []string) (text, stopped string, err error) {
	basePort, err := freePort(suitePorts)
	if err != nil {
		return "", "", err
	}
	args := []string{box.script,
		"--host", "127.0.0.1", "--port", strconv.Itoa(srv.port),
		"--single", unit,
		"--tags", deniedTags,
		"--durable",
		"--dont-pre-clean", "--dont-clean",
		"--timeout", strconv.Itoa(int(o.NoProgress / time.Second)),
		// The suite's two processes talk over a port of the range that ends below its base port.
		"--baseport", strconv.Itoa(basePort + suitePorts)}
	for _, name := range skip {
		args = append(args, "--skiptest", name)
	}
	cmd := exec.Command(o.Tclsh, args...)
	cmd.Dir = box.suite
	// The encoding of test names follows the locale, and colours follow the terminal.
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "TERM=dumb")
	out := &monitored{wrote: make(chan struct{}, 1)}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.WaitDelay = 2 * time.Second // for a helper left behind that holds the pipe
	ownGroup(cmd)
	if err := cmd.Start(); err != nil {
		return "", "", err
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // a suite with a failed test exits with 1: the output tells all
		close(ended)
	}()
	stopped = watch(ctx, o, srv, out.wrote, ended)
	killGroup(cmd)
	<-ended
	return out.text.String(), stopped, ctx.Err()
}

// watch waits for the suite to end and returns why it must be stopped before that, if it must. The
// suite has a clock for progress of its own, which knows the test that hangs; ours, set later, is for a
// suite that hangs itself.
func watch(ctx context.Context, o Options, srv *server, wrote, ended <-chan struct{}) string {
	whole := time.NewTimer(o.UnitLimit)
	defer whole.Stop()
	maxSilence := o.NoProgress + silenceMargin
	silence := time.NewTimer(maxSilence)
	defer silence.Stop()
	died := srv.exited
	var grace <-chan time.Time
	for {
		select {
		case <-ended:
			return ""
		case <-wrote:
			silence.Reset(maxSilence)
		case <-silence.C:
			return fmt.Sprintf("stopped: nothing reported for %v", maxSilence)
		case <-whole.C:
			return fmt.Sprintf("stopped: the unit ran for %v", o.UnitLimit)
		case <-died:
			died, grace = nil, time.After(deadServerGrace)
		case <-grace:
			return "stopped: no server any more"
		case <-ctx.Done():
			return "stopped: interrupted"
		}
	}
}

// monitored is a buffer that tells when something was written. Only the process's copier writes to
// it, and it is read after that one has ended. The buffer is not embedded: its ReadFrom would pass
// Write by.
type monitored struct {
	text  bytes.Buffer
	wrote chan struct{}
}

func (m *monitored) Write(p []byte) (int, error) {
	select {
	case m.wrote <- struct{}{}:
	default:
	}
	return m.text.Write(p)
}

func keepLogs(dir, suite, unit, text, serverLog string) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	base := filepath.Join(dir, suite+"-"+strings.ReplaceAll(unit, "/", "-"))
	if err := os.WriteFile(base+".out", []byte(text), 0o644); err != nil {
		return err
	}
	log, err := os.ReadFile(serverLog)
	if err != nil {
		return err
	}
	return os.WriteFile(base+".server.log", log, 0o644)
}

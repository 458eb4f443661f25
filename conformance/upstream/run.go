package upstream

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// A Job is one unit of a suite's manifest to run.
type Job struct {
	Manifest *Manifest
	Unit     string
}

// Run runs the jobs, Options.Jobs of them at a time, and calls done for each as it ends, one call at a
// time, with the job's place in the list. A unit that could not run comes as a run whose Stopped says
// why. Run returns early, with the context's error, only when it is interrupted.
func Run(ctx context.Context, o Options, jobs []Job, done func(place int, run UnitRun)) error {
	places := make(chan int)
	var report sync.Mutex
	var workers sync.WaitGroup
	for range max(1, o.Jobs) {
		workers.Go(func() {
			for place := range places {
				job := jobs[place]
				run, err := RunUnit(ctx, o, job.Manifest, job.Unit)
				if err != nil {
					run.Stopped = fmt.Sprintf("could not run: %v", err)
				}
				report.Lock()
				done(place, run)
				report.Unlock()
			}
		})
	}
	for place := range jobs {
		if ctx.Err() != nil {
			break
		}
		places <- place
	}
	close(places)
	workers.Wait()
	return ctx.Err()
}

// WithDefaults fills what is unset and checks what the run needs, so that something that is not
// there is said once and before the first unit.
func (o Options) WithDefaults() (Options, error) {
	if o.Style != StyleMedley && o.Style != StyleRedis {
		return o, fmt.Errorf("style %q: want %s or %s", o.Style, StyleMedley, StyleRedis)
	}
	if o.NoProgress == 0 {
		o.NoProgress = DefaultNoProgress
	}
	if o.UnitLimit == 0 {
		o.UnitLimit = DefaultUnitLimit
	}
	var err error
	if o.Tclsh == "" {
		if o.Tclsh, err = findTclsh(); err != nil {
			return o, err
		}
	}
	// The server runs in another directory, so a relative path would not find it.
	if o.Server, err = filepath.Abs(o.Server); err != nil {
		return o, err
	}
	if _, err := os.Stat(o.Server); err != nil {
		return o, fmt.Errorf("server binary: %w", err)
	}
	for suite, dir := range o.SuiteDirs {
		if _, err := os.Stat(filepath.Join(dir, "tests", "test_helper.tcl")); err != nil {
			return o, fmt.Errorf("the suite of %s is not in %s: conformance/upstream/fetch.sh brings it (%w)", suite, dir, err)
		}
	}
	return o, nil
}

func findTclsh() (string, error) {
	for _, name := range []string{"tclsh8.6", "tclsh"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no tclsh: the suites need Tcl 8.6 (apt-get install tcl8.6)")
}

package upstream

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
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
	for _, place := range longestFirst(jobs) {
		if ctx.Err() != nil {
			break
		}
		places <- place
	}
	close(places)
	workers.Wait()
	return ctx.Err()
}

// unitSeconds are about how long the units take that take longer than most, for the order only.
var unitSeconds = map[string]int{
	"unit/hyperloglog": 60, "unit/maxmemory": 30, "unit/type/list-3": 25, "unit/client-eviction": 20, "unit/scripting": 20,
	"unit/geo": 17, "unit/introspection": 17, "unit/type/list": 15, "unit/obuf-limits": 15, "unit/multi": 14, "unit/hashexpire": 13,
	"unit/expire": 12, "unit/dump": 10, "unit/introspection-2": 10, "unit/functions": 8, "unit/type/string": 8, "unit/scan": 7,
	"unit/type/stream": 7, "unit/type/zset": 6,
}

// longestFirst returns the places of the jobs in the order in which they had better begin, so that
// none that is long is left for the end.
func longestFirst(jobs []Job) []int {
	places := make([]int, len(jobs))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int {
		return cmp.Compare(unitSeconds[jobs[b].Unit], unitSeconds[jobs[a].Unit])
	})
	return places
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

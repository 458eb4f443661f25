// Command cmd runs the Redis and Valkey suites against a server binary and grades the result; see
// package upstream. It exits with 0 when the selection is green, 1 when it is red and 2 when it could
// not run.
//
//	go run ./conformance/upstream/cmd -suites .cache/upstream -suite redis -units type/string,expire -v
//	go run ./conformance/upstream/cmd -suites DIR -suite redis -style redis -server /usr/bin/redis-server
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/medleydb/medley/conformance/upstream"
)

type flags struct {
	server, style, suites, suite, units string
	manifests, exceptions, json, logs   string
	options                             upstream.Options
	min                                 float64
	verbose, quiet, suggest             bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	red, err := run(ctx, parseFlags())
	stop()
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "upstream:", err)
		os.Exit(2)
	case red:
		os.Exit(1)
	}
}

func parseFlags() flags {
	var f flags
	flag.StringVar(&f.server, "server", "bin/medley", "server binary")
	flag.StringVar(&f.style, "style", string(upstream.StyleMedley),
		`how to start it: medley for "PATH server --port N", redis for "PATH --port N"`)
	flag.StringVar(&f.suites, "suites", ".cache/upstream", "folder with redis/ and valkey/, each with tests/ and utils/")
	flag.StringVar(&f.suite, "suite", "both", "redis, valkey or both")
	flag.StringVar(&f.units, "units", "", "units by comma, with or without unit/ (default all)")
	flag.StringVar(&f.manifests, "manifests", "conformance/testdata/upstream", "folder of the manifests")
	flag.StringVar(&f.exceptions, "exceptions", "conformance/testdata/upstream/exceptions.txt", "list of exceptions; empty for none")
	flag.StringVar(&f.json, "json", "", "write the report as JSON to this file")
	flag.StringVar(&f.logs, "logs", "", "keep each unit's output and server log in this folder")
	flag.IntVar(&f.options.Jobs, "jobs", 2, "units that run at the same time")
	flag.DurationVar(&f.options.NoProgress, "no-progress", upstream.DefaultNoProgress, "how long one test may take")
	flag.DurationVar(&f.options.UnitLimit, "unit-limit", upstream.DefaultUnitLimit, "how long one unit may take")
	flag.Float64Var(&f.min, "min", 97, "percentage of the selection that must pass")
	flag.BoolVar(&f.verbose, "v", false, "print the messages of failed tests too")
	flag.BoolVar(&f.quiet, "q", false, "print numbers only")
	flag.BoolVar(&f.suggest, "suggest", false, "print what fails as lines for the list of exceptions instead of the report")
	flag.Parse()
	return f
}

func run(ctx context.Context, f flags) (red bool, err error) {
	if flag.NArg() > 0 {
		return false, fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	manifests, err := loadManifests(f)
	if err != nil {
		return false, err
	}
	exceptions, err := loadExceptions(f, manifests)
	if err != nil {
		return false, err
	}
	jobs, err := selectJobs(f.units, manifests)
	if err != nil {
		return false, err
	}
	options, err := completeOptions(f, manifests)
	if err != nil {
		return false, err
	}

	options.Skip = exceptions.Skipped

	grades := make([]upstream.UnitGrade, len(jobs))
	ended := 0
	err = upstream.Run(ctx, options, jobs, func(place int, unit upstream.UnitRun) {
		g := upstream.Grade(unit, jobs[place].Manifest, exceptions)
		grades[place] = g
		ended++
		fmt.Fprintf(os.Stderr, "%3d/%d %s %s: %d of %d ok, %.1f s%s\n", ended, len(jobs), g.Suite, g.Unit,
			len(g.OK), g.Listed, g.Seconds, problemMark(g))
	})
	if err != nil {
		return false, err
	}
	return publish(f, upstream.NewReport(grades, f.min))
}

func problemMark(g upstream.UnitGrade) string {
	if len(g.Problems) == 0 {
		return ""
	}
	first, _, _ := strings.Cut(g.Problems[0], "\n")
	return "  ! " + first
}

// loadManifests reads the manifests of the wanted suites.
func loadManifests(f flags) (map[string]*upstream.Manifest, error) {
	suites := []string{f.suite}
	if f.suite == "both" {
		suites = []string{upstream.Redis, upstream.Valkey}
	}
	manifests := make(map[string]*upstream.Manifest)
	for _, suite := range suites {
		m, err := upstream.LoadManifest(f.manifests, suite)
		if err != nil {
			return nil, err
		}
		manifests[suite] = m
	}
	return manifests, nil
}

func loadExceptions(f flags, manifests map[string]*upstream.Manifest) (*upstream.Exceptions, error) {
	if f.exceptions == "" {
		return &upstream.Exceptions{}, nil
	}
	exceptions, err := upstream.LoadExceptions(f.exceptions)
	if err != nil {
		return nil, err
	}
	for _, m := range manifests {
		if err := exceptions.Check(m); err != nil {
			return nil, err
		}
	}
	return exceptions, nil
}

// selectJobs turns the wanted units into jobs. A name that no wanted suite has is a typing error.
func selectJobs(units string, manifests map[string]*upstream.Manifest) ([]upstream.Job, error) {
	var wanted []string
	if units != "" {
		wanted = strings.Split(units, ",")
	}
	for _, name := range wanted {
		found := false
		for _, m := range manifests {
			found = found || len(m.Select([]string{name})) > 0
		}
		if !found {
			return nil, fmt.Errorf("no unit %q in the manifests", name)
		}
	}
	var jobs []upstream.Job
	for _, suite := range []string{upstream.Redis, upstream.Valkey} {
		if m, ok := manifests[suite]; ok {
			for _, unit := range m.Select(wanted) {
				jobs = append(jobs, upstream.Job{Manifest: m, Unit: unit})
			}
		}
	}
	return jobs, nil
}

func completeOptions(f flags, manifests map[string]*upstream.Manifest) (upstream.Options, error) {
	o := f.options
	o.Server, o.Style, o.LogDir = f.server, upstream.Style(f.style), f.logs
	o.SuiteDirs = make(map[string]string)
	for suite := range manifests {
		o.SuiteDirs[suite] = filepath.Join(f.suites, suite)
	}
	return o.WithDefaults()
}

// publish writes the report in the wanted forms and returns its verdict.
func publish(f flags, r upstream.Report) (red bool, err error) {
	if f.json != "" {
		if err := writeJSON(f.json, r); err != nil {
			return false, err
		}
	}
	if f.suggest {
		return r.Red, r.WriteSuggestions(os.Stdout)
	}
	detail := upstream.Names
	switch {
	case f.verbose:
		detail = upstream.Messages
	case f.quiet:
		detail = upstream.Numbers
	}
	return r.Red, r.WriteText(os.Stdout, detail)
}

func writeJSON(path string, r upstream.Report) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := r.WriteJSON(file); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

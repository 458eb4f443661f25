// Package bench compares Medley with other servers of the field on one machine: it
// starts each, gives all the same loads, and prints ratios.
//
// What holds on a noisy machine is the server's CPU time per operation, read from
// the system's accounting of its process, beside the peer's in the same run: the
// servers take turns, several rounds long, and the figure is the median round's. Requests
// per second and latencies are printed for orientation; the load generator shares
// the machine.
package bench

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Options say what is compared.
type Options struct {
	Medley string // Medley's binary
	Peers  string // folder that has valkey-server or redis-server in bin/ or itself
	Out    io.Writer
	Rounds int           // of each CPU load; default 5
	Time   time.Duration // of one run of a load, about; default 1.5 s
	Only   []string      // names of loads; default all
	Keys   int           // that snapshots are written of; default 5 million
	Memory bool          // memory loads
	CPU    bool          // CPU loads
}

// binaries returns the servers to compare: Medley first.
func binaries(o Options) []Program {
	list := []Program{{Name: "medley", Path: o.Medley, Args: []string{"server"}}}
	for _, name := range []string{"valkey", "redis"} {
		for _, dir := range []string{filepath.Join(o.Peers, "bin"), o.Peers} {
			path := filepath.Join(dir, name+"-server")
			if _, err := os.Stat(path); err == nil && o.Peers != "" {
				list = append(list, Program{Name: name, Path: path})
				break
			}
		}
	}
	return list
}

func (o *Options) defaults() {
	if o.Rounds == 0 {
		o.Rounds = 5
	}
	if o.Time == 0 {
		o.Time = 1500 * time.Millisecond
	}
}

// Run makes the comparison.
func Run(o Options) error {
	o.defaults()
	programs := binaries(o)
	if len(programs) == 1 {
		fmt.Fprintln(o.Out, "no peers found: Medley alone")
	}
	if o.CPU {
		if err := compareCPU(o, programs); err != nil {
			return err
		}
	}
	if o.Memory {
		return compareMemory(o, programs)
	}
	return nil
}

// A sample is one run of a load on one server.
type sample struct {
	cpu      time.Duration // of the server, per operation
	rate     float64       // operations per second
	p50, p99 time.Duration
}

func median[T any](list []T, key func(T) float64) float64 {
	values := make([]float64, len(list))
	for i, s := range list {
		values[i] = key(s)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

func compareCPU(o Options, programs []Program) error {
	servers, err := startAll(programs)
	defer stopAll(servers)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.Out, "%-12s %4s", "load", "pipe")
	for _, s := range servers {
		fmt.Fprintf(o.Out, " | %-6s us/op     op/s   p50us   p99us", s.Name)
	}
	for _, s := range servers[1:] {
		fmt.Fprintf(o.Out, " | CPU/%s", s.Name)
	}
	fmt.Fprintln(o.Out)
	for _, l := range cpuLoads() {
		if len(o.Only) > 0 && !slices.Contains(o.Only, l.name) {
			continue
		}
		for _, pipeline := range l.pipelines {
			if err := compareLoad(o, servers, l, pipeline); err != nil {
				return err
			}
		}
	}
	if len(o.Only) == 0 || slices.Contains(o.Only, "SPOP") {
		return comparePops(o, servers)
	}
	return nil
}

func compareLoad(o Options, servers []*Running, l load, pipeline int) error {
	samples := make([][]sample, len(servers))
	for _, s := range servers {
		if err := s.prepare(l); err != nil {
			return fmt.Errorf("%s, %s: %w", l.name, s.Name, err)
		}
	}
	for range o.Rounds {
		for i, s := range servers {
			x, err := s.measure(l, pipeline, o.Time)
			if err != nil {
				return fmt.Errorf("%s, %s: %w", l.name, s.Name, err)
			}
			samples[i] = append(samples[i], x)
		}
	}
	fmt.Fprintf(o.Out, "%-12s %4d", l.name, pipeline)
	for _, list := range samples {
		fmt.Fprintf(o.Out, " | %12.3f %8.0f %7.0f %7.0f",
			median(list, func(x sample) float64 { return float64(x.cpu) / 1e3 }), median(list, func(x sample) float64 { return x.rate }),
			median(list, func(x sample) float64 { return float64(x.p50) / 1e3 }), median(list, func(x sample) float64 { return float64(x.p99) / 1e3 }))
	}
	for i := range servers[1:] {
		ratios := make([]float64, o.Rounds)
		for r := range ratios {
			ratios[r] = float64(samples[0][r].cpu) / float64(samples[i+1][r].cpu)
		}
		fmt.Fprintf(o.Out, " | %10.2f", median(ratios, func(x float64) float64 { return x }))
	}
	fmt.Fprintln(o.Out)
	return nil
}

package bench

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// A spread is a way in which the integers of a set lie.
type spread struct {
	name string
	at   func(i int) int64
}

func spreads() []spread {
	return []spread{
		{"one by one", func(i int) int64 { return int64(i) }},
		{"multiples of 3", func(i int) int64 { return int64(i) * 3 }},
		{"multiples of 1000", func(i int) int64 { return int64(i) * 1000 }},
		{"multiples of 65536", func(i int) int64 { return int64(i) << 16 }},
		{"32 in a row", func(i int) int64 { return int64(i/32)<<20 + int64(i%32) }},
		{"random 32 bits", func(i int) int64 { return int64(mix(i) >> 32) }},
		{"random 63 bits", func(i int) int64 { return int64(mix(i) >> 1) }},
		{"snowflakes", func(i int) int64 { return int64(i)<<22 | int64(mix(i)>>52) }},
	}
}

const (
	popsOf       = 1_000_000
	popPipeline  = 64
	popsOfRounds = 3
)

// comparePops prints the processor time of SPOP on sets of a million integers, of which
// 95% are taken, for each way that they lie.
func comparePops(o Options, servers []*Running) error {
	fmt.Fprintf(o.Out, "\n%-20s", "SPOP of integers")
	for _, s := range servers {
		fmt.Fprintf(o.Out, " | %-6s us/op", s.Name)
	}
	fmt.Fprintln(o.Out)
	for _, l := range spreads() {
		fmt.Fprintf(o.Out, "%-20s", l.name)
		for _, s := range servers {
			rounds := make([]float64, min(o.Rounds, popsOfRounds))
			for i := range rounds {
				cpu, err := s.pops(l)
				if err != nil {
					return fmt.Errorf("SPOP, %s, %s: %w", l.name, s.Name, err)
				}
				rounds[i] = float64(cpu) / float64(time.Microsecond)
			}
			slices.Sort(rounds)
			fmt.Fprintf(o.Out, " | %12.2f", rounds[len(rounds)/2])
		}
		fmt.Fprintln(o.Out)
	}
	return nil
}

// pops returns the processor time of one SPOP.
func (r *Running) pops(l spread) (time.Duration, error) {
	err := r.prepare(load{fillN: popsOf, fill: func(i int) []string {
		return []string{"SADD", "s", strconv.FormatInt(l.at(i), 10)}
	}})
	if err != nil {
		return 0, err
	}
	before, err := r.cpu()
	if err != nil {
		return 0, err
	}
	const n = popsOf / 20 * 19
	if err := r.pipeIn(popPipeline, n, func(int) []string { return []string{"SPOP", "s"} }); err != nil {
		return 0, err
	}
	after, err := r.cpu()
	return (after - before) / n, err
}

package bench

import (
	"fmt"
	"strconv"
	"strings"
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

// comparePops prints what SPOP takes on sets of a million integers, of which 95% are popped
// one by one, for each way that they lie: processor time of the server for each, and beside
// it the time that the server itself counts for the command, both in microseconds.
func comparePops(o Options, servers []*Running) error {
	fmt.Fprintf(o.Out, "\n%-20s", "SPOP of integers")
	for _, s := range servers {
		fmt.Fprintf(o.Out, " | %-6s us/op in command", s.Name)
	}
	fmt.Fprintln(o.Out)
	for _, l := range spreads() {
		fmt.Fprintf(o.Out, "%-20s", l.name)
		for _, s := range servers {
			list := make([]popped, min(o.Rounds, popsOfRounds))
			for i := range list {
				var err error
				if list[i], err = s.pops(l); err != nil {
					return fmt.Errorf("SPOP, %s, %s: %w", l.name, s.Name, err)
				}
			}
			fmt.Fprintf(o.Out, " | %12.2f %10.2f", median(list, func(p popped) float64 { return p.cpu }),
				median(list, func(p popped) float64 { return p.inside }))
		}
		fmt.Fprintln(o.Out)
	}
	return nil
}

// popped says what one SPOP took, in microseconds.
type popped struct{ cpu, inside float64 }

func (r *Running) pops(l spread) (p popped, err error) {
	err = r.prepare(load{fillN: popsOf, fill: func(i int) []string {
		return []string{"SADD", "s", strconv.FormatInt(l.at(i), 10)}
	}})
	if err != nil {
		return p, err
	}
	if _, err := r.ask("CONFIG", "RESETSTAT"); err != nil {
		return p, err
	}
	before, err := r.cpu()
	if err != nil {
		return p, err
	}
	const n = popsOf / 20 * 19
	if err := r.pipeIn(popPipeline, n, func(int) []string { return []string{"SPOP", "s"} }); err != nil {
		return p, err
	}
	after, err := r.cpu()
	if err != nil {
		return p, err
	}
	p.cpu = float64(after-before) / n / float64(time.Microsecond)
	stat, err := r.info("commandstats", "cmdstat_spop")
	if err != nil {
		return p, err
	}
	_, stat, _ = strings.Cut(stat, "usec_per_call=")
	stat, _, _ = strings.Cut(stat, ",")
	p.inside, err = strconv.ParseFloat(stat, 64)
	return p, err
}

// Command cmd runs the comparison of package bench.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/medleydb/medley/conformance/bench"
)

func main() {
	if status, ok := bench.ServeSlow(os.Args[1:], os.Stderr); ok {
		os.Exit(status)
	}
	o := bench.Options{Out: os.Stdout}
	flag.StringVar(&o.Medley, "medley", "bin/medley", "Medley's binary")
	flag.StringVar(&o.Peers, "peers", "", "folder with the peers' binaries (valkey-server, redis-server, or a bin folder of them)")
	flag.IntVar(&o.Rounds, "rounds", 0, "rounds of each CPU load; 0 for as many as suit")
	flag.BoolVar(&o.CPU, "cpu", true, "measure CPU per operation")
	flag.BoolVar(&o.Memory, "memory", true, "measure memory per element")
	churn := flag.Bool("churn", false, "measure nothing but what changes leave behind in memory")
	holds := flag.Int("holds", 0, "measure nothing but how long locks are held while Medley's values of so many elements are filled and go")
	durability := flag.Bool("durability", false, "measure nothing but what it costs to keep data on disk")
	flag.IntVar(&o.Keys, "keys", 5_000_000, "keys that snapshots are written of")
	only := flag.String("only", "", "names of loads, comma separated")
	flag.Parse()
	if *only != "" {
		o.Only = strings.Split(*only, ",")
	}
	run := bench.Run
	switch {
	case *churn:
		run = bench.Churn
	case *holds > 0:
		run = func(o bench.Options) error { return bench.Holds(o, *holds) }
	case *durability:
		run = bench.Durability
	}
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

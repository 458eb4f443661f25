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
	o := bench.Options{Out: os.Stdout}
	flag.StringVar(&o.Medley, "medley", "bin/medley", "Medley's binary")
	flag.StringVar(&o.Peers, "peers", "", "folder with the peers' binaries (valkey-server, redis-server, or a bin folder of them)")
	flag.IntVar(&o.Rounds, "rounds", 5, "rounds of each CPU load")
	flag.BoolVar(&o.CPU, "cpu", true, "measure CPU per operation")
	flag.BoolVar(&o.Memory, "memory", true, "measure memory per element")
	churn := flag.Bool("churn", false, "measure nothing but what changes leave behind in memory")
	only := flag.String("only", "", "names of loads, comma separated")
	flag.Parse()
	if *only != "" {
		o.Only = strings.Split(*only, ",")
	}
	run := bench.Run
	if *churn {
		run = bench.Churn
	}
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

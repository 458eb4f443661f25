// Package conformance tells what a server that speaks the Redis protocol really
// supports. It holds the case scripts, their runner, the differential tester,
// the upstream suites' runner and the benchmarks against peers.
package conformance

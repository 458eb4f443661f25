// Package upstream runs the Tcl test suites of Redis and Valkey against a server and tells how many
// of their tests it passes.
//
// The suites can test any server that listens somewhere ("external server" mode: runtest --host
// --port). What they can then say about a server that is not their own needs care, and that care is
// this package:
//
//   - The denominator is a manifest (conformance/testdata/upstream): the tests that pass on the suite's
//     own server in this mode. A listed test that fails, hangs or never reports is not passed, so a
//     unit that stops half-way costs what it did not run.
//   - The manifest has tests that the suite itself would skip in this mode although they need nothing
//     but a fresh server; see unlock.go.
//   - Every unit runs in a process of its own, in a copy of the suite of its own, against a fresh
//     server with its own port and folder. A test that hangs or a server that dies costs one unit.
//   - Two clocks watch a unit: one for progress, one for its whole length.
//   - The suite runs with --durable: an error reply that a test did not expect fails that test and
//     not the rest of its unit.
//   - A list of exceptions names the tests that the server does not mean to pass, with a reason each.
//     It is checked both ways: an excepted test that passes makes the run red.
//
// The way through the package: LoadManifest and LoadExceptions read the two lists, Run drives units
// through RunUnit, ParseOutput reads what a suite printed, Grade sets it against the lists, and Report
// prints the result as text, JSON or suggested exceptions.
//
// The suites themselves are not part of this repository: fetch.sh obtains them through apt.
package upstream

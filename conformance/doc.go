// Package conformance tells what a server that speaks the Redis protocol really
// supports. Main is its tool.
//
//   - cases: the case scripts' format, runner and report. The scripts are in
//     testdata/cases, one for each command.
//   - diff: the differential tester, random commands to two servers.
//   - facts: what Valkey and Redis say of each command, arity to ACL categories.
//   - reference: real servers for tests, and what they replicate and publish.
//
// Tests that need a real server use redis-server and valkey-server from PATH, or the
// binaries that MEDLEY_REFERENCE lists (separated as in PATH). Without any they are
// skipped; MEDLEY_REQUIRE_REFERENCE=1 makes that a failure.
package conformance

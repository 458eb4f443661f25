// Package config holds the settings of one engine: what CONFIG GET, SET and REWRITE work on, what
// a redis.conf or valkey.conf sets and what `medley server --option value` appends to it.
//
// # One row per directive
//
// Everything about a directive stands in one row of the tables (table_*.go): its name, where its
// value lives, its default, its bounds and whether CONFIG SET may change it; aliases hang on the
// row. Get, Set, the file parser and the rewriter all walk the rows and know no directive by name.
// The tables cover Redis 8.0 to 8.10 and Valkey 9.1, so that a file written for either starts
// Medley. A directive that both spell differently is one row with aliases; where the two differ in
// a default, Redis 8 wins; where one accepts more values than the other, the wider range does.
//
// # Reading a value
//
// A value that Medley uses is a field of Config, an atomic behind a small handle:
// cfg.Maxmemory.Load() is one machine load and may be called from any goroutine, during a Set too.
// A row without a field is accepted, shown and rewritten, but nothing reads it: that is how the
// table says that a directive has no effect, and setting one in a file to something else than
// its default yields a warning. The alternative, an immutable snapshot of all values swapped as a
// whole, would make several values consistent with each other; nothing needs that, and every
// reader would pay a second dependent load.
//
// # Changing values
//
// Set is all or nothing: every argument is checked before the first value is stored, then the
// values are stored, then the hooks registered with OnChange run. A hook that fails puts all
// values back and runs the hooks that had succeeded once more, so that they see the old values
// again. A reader may therefore see, for the moment until a hook refuses it, a value that Set then
// takes back. One mutex serialises Set, Override, the loaders and Rewrite; hooks run under it and must
// not call them.
//
// # Where Medley's defaults differ from Redis
//
//   - bind is "127.0.0.1 -::1" instead of "* -::*": a server without a password is reachable from
//     its own machine only, whatever protected-mode says.
//   - syslog-ident is "medley".
package config

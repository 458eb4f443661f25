// Package cli is the command line client, `medley cli`: one-shot commands, an
// interactive prompt, and the modes that look at a whole server (--pipe, --scan,
// --bigkeys, --memkeys, --stat, --latency).
//
// Its options and its output are those of redis-cli, byte for byte where a script
// could depend on them, so that it takes redis-cli's place in scripts and in
// fingers; messages that only a person reads name medley. It talks to any server
// that speaks RESP and knows nothing of the engine.
//
// A session (session.go) owns the one connection and the state that follows the
// commands sent on it: database, MULTI, subscriptions, protocol. One goroutine per
// connection reads replies into a channel (conn.go), so that waiting for a reply
// can be interrupted by Ctrl-C or a key without tearing a reply apart.
package cli

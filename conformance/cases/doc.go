// Package cases is the conformance suite's case scripts: their text format,
// the runner that plays them against a server, and the report.
//
// # The format
//
// One file per command. Its head names the command and what every case needs;
// each "case:" line then opens one case with a data set and connections of its own:
//
//	command: SET
//	group: string
//
//	case: NX leaves an existing key alone
//	> SET k old
//	< +OK
//	> SET k new NX
//	< nil
//	effect: none
//	event: none
//
// Lines that start with # are comments; blank lines mean nothing.
//
// # Steps
//
//	> SET k v           send on the first connection, which is called a
//	b> BLPOP l 0        send on another connection, opened when first named
//	< +OK               the next reply on a;  b< reads from b
//	until> TTL k        send again and again until the reply that follows matches
//	raw> "PING\r\n"     send these bytes as they are
//	quiet> GET k        send, and no reply is to come
//	close>              close the connection; b close> closes b
//	finally> CONFIG ..  send at the end of the case, even when it has failed
//
// A send does not wait: several > lines are a pipeline, and a > line whose < line
// comes later is a client that is parked. Every > needs its <.
//
// # Arguments
//
// Bare words, 'literal text', or "text" with \n \r \t \\ \" \xHH. In bare words and
// in "text":
//
//	${rep x 1000}       x a thousand times
//	${unix+100}         now in seconds, plus 100; ${ms+100} in milliseconds
//	${name}             what an earlier "as name" kept; ${proto} is 2 or 3
//	@{1..3 k# v}        (a bare word) several arguments: k1 v k2 v k3 v
//
// # Replies
//
//	+OK  -ERR syntax error  12  "bulk"  nil  nil-array  true  double(1.5)  big(12)
//	["a", 1, nil]       array                 [1, ...]  an array that begins so
//	unordered["a","b"]  array in any order    set["a"]  a set (RESP2: array), any order
//	{"k": 1, ...}       a map (RESP2: flat array), pairs in any order; ... allows more
//	push["message", .]  push (RESP2: array)   text("x") verbatim (RESP2: bulk)
//	1..9  5..  ..5      integer ranges        str(1..9) the same as text
//	/re/  -/re/  +/re/  regular expressions   any int string status error array map double
//	now+10s  unix+10s   a time in milliseconds or seconds, 5 seconds more or less
//	1 | nil             either                closed    the server hung up
//
// At the end of a line + and - take the rest of it; inside brackets they take
// "quoted text" or one word. A reply may go on over several lines while a bracket is open. RESP2
// and RESP3 forms follow from the notation: only where they really differ is a
// condition needed. "as name" after a reply keeps its text for ${name}.
//
// # Conditions
//
// Lines with conditions stand before the line for everybody else; the first that
// holds counts:
//
//	<[resp3] {"a": 1}
//	<[redis<8|valkey] -ERR other text
//	< ["a", 1]
//
// A condition names a protocol or a product with a version; "," is and, "|" is or.
//
// # Effects and events
//
// Where the target can tell (see Recorder), "effect:" lines are all that the journal
// got from the last send on, "event:" lines the key events in their order. "*" and
// the time patterns stand for arguments; "none" says that there were none; "@1" as
// first word is database 1. MULTI and EXEC around effects count only where a line
// names MULTI. Both take conditions: effect[valkey]: UNLINK k.
//
// # Tags
//
//	requires: redis>=8.4 valkey>=9    peers that promise this; Medley promises all,
//	                                  requires: medley means nobody else does
//	needs: zset debug                 types or commands that the server must have
//	protocol: 3                       only for RESP3 (or 2)
//
// In the head of the file they hold for every case.
package cases

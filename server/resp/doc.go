// Package resp is the wire protocol, RESP2 and RESP3: Parse for the commands that
// clients send, Writer for replies, and Reader with AppendCommand for the client's
// side.
package resp

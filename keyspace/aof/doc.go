// Package aof reads and writes the files of a journal as Redis has had them since version 7, in
// a folder of their own:
//
//	appendonly.aof.1.base.rdb   the data at some moment: a snapshot, or commands (.aof)
//	appendonly.aof.1.incr.aof   the commands since then, in one file or several
//	appendonly.aof.manifest     which files there are, and in which order
//
// A command is the frame in which a client would send it:
//
//	*3 CRLF $3 CRLF SET CRLF $1 CRLF k CRLF $1 CRLF v CRLF
//
// A file begins in database 0, and SELECT chooses another. Several effects of one transaction
// stand between MULTI and EXEC; where EXEC is missing at the end of the last file, none of them
// happened. A line that begins with # tells something about the file, such as #TS: and the
// time in Unix seconds.
//
// The package knows frames and files. What a command does is known to who replays it, and
// what a snapshot holds to package rdb.
package aof

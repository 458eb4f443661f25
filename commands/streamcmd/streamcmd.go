// Package streamcmd has the commands of streams.
package streamcmd

import (
	"fmt"
	"math"
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/stream"
	"github.com/medleydb/medley/keyspace"
)

// Specs returns the commands of the family.
func Specs() []*command.Spec {
	return []*command.Spec{
		&xadd, &xtrim, &xdel, &xdelex, &xsetid, &xcfgset, &xidmprecord,
		&xlen, &xrange, &xrevrange, &xread,
		&xgroup, &xreadgroup, &xack, &xackdel, &xnack, &xpending, &xclaim, &xautoclaim,
		&xinfo,
	}
}

// Errors of these commands alone, in the words that clients know.
var (
	errID           = command.Errorf("Invalid stream ID specified as stream command argument")
	errStartID      = command.Errorf("invalid start ID for the interval")
	errEndID        = command.Errorf("invalid end ID for the interval")
	errNeedsKey     = command.Errorf("The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.")
	errEntriesRead  = command.Errorf("value for ENTRIESREAD must be positive or -1")
	errMaxLen       = command.Errorf("The MAXLEN argument must be >= 0.")
	errLimit        = command.Errorf("The LIMIT argument must be >= 0.")
	errBothBounds   = command.Errorf("syntax error, MAXLEN and MINID options at the same time are not compatible")
	errLimitNoBound = command.Errorf("syntax error, LIMIT cannot be used without specifying a trimming strategy")
	errLimitExact   = command.Errorf("syntax error, LIMIT cannot be used without the special ~ option")
	errNoBound      = command.Errorf("syntax error, XTRIM must be called with a trimming strategy")
	errNumIDs       = command.Errorf("Number of IDs must be a positive integer")
	errNumIDsMatch  = command.Errorf("The `numids` parameter must match the number of arguments")
	errClaimCount   = command.Errorf("COUNT must be > 0")
)

// errNoGroup is the error of a group that is not there, or its key.
func errNoGroup(key, group []byte) error {
	return command.ReplyError(fmt.Sprintf("NOGROUP No such key '%s' or consumer group '%s'", key, group))
}

// errNoGroupAt is that of commands which have found the key.
func errNoGroupAt(key, group []byte) error {
	return command.ReplyError(fmt.Sprintf("NOGROUP No such consumer group '%s' for key name '%s'", group, key))
}

// idArg takes an ID; without its second half it is ms-0.
func idArg(a *command.Args) stream.ID { return parseID(a, a.Bytes()) }

func parseID(a *command.Args, b []byte) stream.ID {
	id, _, ok := stream.ParseID(b, 0)
	if !ok {
		a.Fail(errID)
	}
	return id
}

// idArgs takes n IDs.
func idArgs(a *command.Args, n int) []stream.ID {
	words := a.Take(n)
	ids := make([]stream.ID, 0, len(words))
	for _, b := range words {
		ids = append(ids, parseID(a, b))
	}
	return ids
}

// numberedIDs takes IDS, a number, and as many IDs.
func numberedIDs(a *command.Args) []stream.ID {
	if !a.Word("IDS") {
		a.Fail(command.ErrSyntax)
		return nil
	}
	n := a.IntIn(1, math.MaxInt64, errNumIDs)
	if a.Err() == nil && n > int64(a.Len()) {
		a.Fail(errNumIDsMatch)
	}
	if a.Err() != nil {
		return nil
	}
	return idArgs(a, int(n))
}

// startArg and endArg take the ends of an interval: an ID, of which half may be missing,
// - or + for the first and last possible one, or ( and an ID that is left out.
func startArg(a *command.Args) stream.ID { return startOf(a, a.Bytes()) }

func endArg(a *command.Args) stream.ID { return endOf(a, a.Bytes()) }

func startOf(a *command.Args, b []byte) stream.ID {
	if len(b) > 1 && b[0] == '(' {
		id, ok := parseID(a, b[1:]).Next()
		if !ok {
			a.Fail(errStartID)
		}
		return id
	}
	return edge(a, b, 0)
}

func endOf(a *command.Args, b []byte) stream.ID {
	if len(b) > 1 && b[0] == '(' {
		id, _, ok := stream.ParseID(b[1:], math.MaxUint64)
		if !ok {
			a.Fail(errID)
		}
		if id, ok = id.Prev(); !ok {
			a.Fail(errEndID)
		}
		return id
	}
	return edge(a, b, math.MaxUint64)
}

func edge(a *command.Args, b []byte, seq uint64) stream.ID {
	switch string(b) {
	case "-":
		return stream.ID{}
	case "+":
		return stream.MaxID
	}
	id, _, ok := stream.ParseID(b, seq)
	if !ok {
		a.Fail(errID)
	}
	return id
}

// groupsChanged says that what the stream knows of its readers has changed. Its entries
// have not: those who watch the key are not concerned, as servers of the field have it.
func groupsChanged(c *command.Context, key []byte, ev keyspace.Event) {
	c.Tx.Dirty()
	c.Tx.Notify(key, ev)
}

// replyID answers with an ID.
func replyID(c *command.Context, id stream.ID) { c.Reply.Bulk(id.Append(c.Scratch)) }

// replyEntry answers with the iterator's entry: its ID and its fields.
func replyEntry(c *command.Context, it *stream.Iter) {
	c.Reply.Array(2)
	replyID(c, it.ID())
	replyFields(c, it)
}

func replyFields(c *command.Context, it *stream.Iter) {
	c.Reply.Array(2 * it.Fields())
	for it.NextField() {
		c.Reply.Bulk(it.Field(c.Scratch))
		c.Reply.Bulk(it.Value(c.Scratch))
	}
}

// replyEntries answers with the entries of a range, at most count of them unless that
// is negative, and returns how many there were.
func replyEntries(c *command.Context, it *stream.Iter, count int64) (n int) {
	mark := c.Reply.Open()
	for ; int64(n) != count && it.Next(); n++ {
		replyEntry(c, it)
	}
	c.Reply.Close(mark, n)
	return n
}

// Words of effects.
var (
	wordGroup          = []byte("GROUP")
	wordSetID          = []byte("SETID")
	wordCreateConsumer = []byte("CREATECONSUMER")
	wordEntriesRead    = []byte("ENTRIESREAD")
	wordTime           = []byte("TIME")
	wordRetryCount     = []byte("RETRYCOUNT")
	wordForce          = []byte("FORCE")
	wordJustID         = []byte("JUSTID")
	wordLastID         = []byte("LASTID")
	wordDelRef         = []byte("DELREF")
	wordAcked          = []byte("ACKED")
	wordMinID          = []byte("MINID")
	wordZero           = []byte("0")
	wordExactly        = []byte("=")
)

func idText(id stream.ID) []byte { return id.Append(nil) }

func intText(n int64) []byte { return appendInt(nil, n) }

func appendInt(dst []byte, n int64) []byte { return strconv.AppendInt(dst, n, 10) }

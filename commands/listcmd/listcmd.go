// Package listcmd has the commands of lists.
package listcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/list"
	"github.com/medleydb/medley/keyspace"
)

// Specs returns the commands of the family.
func Specs() []*command.Spec {
	return []*command.Spec{
		&lpush, &rpush, &lpushx, &rpushx,
		&lpop, &rpop, &lmpop,
		&llen, &lindex, &lrange, &lpos,
		&lset, &linsert, &lrem, &ltrim,
		&lmove, &rpoplpush, &lmovem,
		&blpop, &brpop, &blmpop,
		&blmove, &brpoplpush, &blmovem,
	}
}

// pushEvent and popEvent return the events of the commands at an end.
func pushEvent(end list.End) keyspace.Event {
	if end == list.Head {
		return keyspace.EvLPush
	}
	return keyspace.EvRPush
}

func popEvent(end list.End) keyspace.Event {
	if end == list.Head {
		return keyspace.EvLPop
	}
	return keyspace.EvRPop
}

// endArg takes LEFT or RIGHT.
func endArg(a *command.Args) list.End {
	switch {
	case a.Word("LEFT"):
		return list.Head
	case a.Word("RIGHT"):
	default:
		a.Fail(command.ErrSyntax)
	}
	return list.Tail
}

// index resolves an index that counts from the tail when it is negative; what lies
// before the head stays negative.
func index(i int64, n int) int64 {
	if i < 0 {
		return i + int64(n)
	}
	return i
}

// bounds resolves the first and last index of a range to its start and the index
// behind its end; an empty range has start >= end.
func bounds(first, last int64, n int) (start, end int) {
	first, last = max(index(first, n), 0), min(index(last, n), int64(n)-1)
	if first > last {
		return 0, 0
	}
	return int(first), int(last) + 1
}

// Names of commands and options in effects.
var (
	lpopName      = []byte("LPOP")
	rpopName      = []byte("RPOP")
	lmoveName     = []byte("LMOVE")
	rpoplpushName = []byte("RPOPLPUSH")
	lmovemName    = []byte("LMOVEM")
	exactlyName   = []byte("EXACTLY")
	oboName       = []byte("OBO")
	bulkName      = []byte("BULK")
)

func popName(end list.End) []byte {
	if end == list.Head {
		return lpopName
	}
	return rpopName
}

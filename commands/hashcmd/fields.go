package hashcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/memberttl"
	"github.com/medleydb/medley/datatypes"
)

// timeOption takes one of EX, PX, EXAT and PXAT, but not the time behind it; false
// when the next argument is none.
func timeOption(a *command.Args) (u memberttl.Unit, ok bool) {
	switch {
	case a.Word("EX"):
		return memberttl.InSeconds, true
	case a.Word("PX"):
		return memberttl.InMillis, true
	case a.Word("EXAT"):
		return memberttl.AtSeconds, true
	case a.Word("PXAT"):
		return memberttl.AtMillis, true
	}
	return u, false
}

// parseCursor reads a cursor as C's strtoull does, which servers of the field use.
func parseCursor(b []byte) (uint64, bool) {
	if n, ok := datatypes.ParseUint(b); ok {
		return n, true
	}
	for len(b) > 0 && (b[0] == ' ' || '\t' <= b[0] && b[0] <= '\r') {
		b = b[1:]
	}
	if len(b) > 0 && b[0] == '+' {
		b = b[1:]
	}
	for len(b) > 1 && b[0] == '0' {
		b = b[1:]
	}
	return datatypes.ParseUint(b)
}

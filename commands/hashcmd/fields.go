package hashcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/memberttl"
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

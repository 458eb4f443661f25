package stringcmd

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes/str"
)

// A condition says when a string may be set or deleted.
type condition struct {
	kind conditionKind
	arg  []byte // the value or digest to compare with
}

type conditionKind uint8

const (
	always conditionKind = iota
	ifMissing
	ifExists
	ifEqual
	ifNotEqual
	ifDigest
	ifNotDigest
)

// option takes NX, XX or one of the IF options; false when the next argument is
// none.
func (d *condition) option(a *command.Args) bool {
	was := d.kind
	switch {
	case a.Word("NX"):
		d.kind = ifMissing
	case a.Word("XX"):
		d.kind = ifExists
	case a.Option("IFEQ", 1):
		d.kind, d.arg = ifEqual, a.Bytes()
	case a.Option("IFNE", 1):
		d.kind, d.arg = ifNotEqual, a.Bytes()
	case a.Option("IFDEQ", 1):
		d.kind, d.arg = ifDigest, digestArg(a)
	case a.Option("IFDNE", 1):
		d.kind, d.arg = ifNotDigest, digestArg(a)
	default:
		return false
	}
	if was != always {
		a.Fail(command.ErrSyntax)
	}
	return true
}

// digestArg takes a digest: 16 hex digits.
func digestArg(a *command.Args) []byte {
	d := a.Bytes()
	ok := len(d) == 16
	for _, c := range d {
		ok = ok && ('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f')
	}
	if !ok {
		a.Fail(command.Errorf("The digest must be exactly 16 hexadecimal characters"))
	}
	return d
}

// needsValue reports whether the condition looks at the string.
func (d *condition) needsValue() bool { return d.kind >= ifEqual }

// holds reports whether the condition is true of the string; ok is false when
// there is none.
func (d *condition) holds(s str.String, ok bool) bool {
	switch d.kind {
	case ifMissing:
		return !ok
	case ifExists:
		return ok
	case ifEqual:
		return ok && s.Equal(d.arg)
	case ifNotEqual:
		return !ok || !s.Equal(d.arg)
	case ifDigest, ifNotDigest:
		if !ok {
			return d.kind == ifNotDigest
		}
		want, _ := str.ParseDigest(d.arg)
		return (s.Digest() == want) == (d.kind == ifDigest)
	}
	return true
}

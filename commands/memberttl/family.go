// Package memberttl has what is common to the commands that make members of collections go
// by themselves: fields of hashes, members of sets and of sorted sets. The family of a type
// says in a Family how its values are opened and what things are called, and gets the nine
// commands (commands.go), the arguments that name members, and the removal of those whose
// time has passed.
package memberttl

import (
	"bytes"
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/due"
	"github.com/medleydb/medley/keyspace"
)

// A Collection is a value whose members can have times, in Unix milliseconds.
type Collection interface {
	// Expire gives the member a time if the condition holds, and returns due.NoMember,
	// Unchanged, Changed or Deleted.
	Expire(member []byte, ms int64, c due.Condition) int
	// Persist takes the member's time away and returns due.NoMember, NoTime or Changed.
	Persist(member []byte) int
	// Time returns the member's time, 0 for none; ok is false when it is not there.
	Time(member []byte) (ms int64, ok bool)
	// Reap takes out members whose time has passed, at most limit of them, passes each to
	// fn and returns how many.
	Reap(limit int, fn func(member []byte)) int
}

// A Family is a type of collections, and what its commands and members are called.
type Family struct {
	Group  command.Group
	Since  string
	Prefix string // of the commands' names, lower case: h
	Noun   string // field
	Word   string // that begins the list of members: FIELDS

	Read, Update func(tx *keyspace.Tx, key []byte) (v Collection, ok bool, err error)

	// Events.
	Expire, Persist, Expired, Removed keyspace.Event
	// The commands of effects: HPEXPIREAT, and HDEL.
	ExpireAt, Remove []byte
}

// maxTimeMs is the last time in Unix milliseconds at which a member may go: servers of the
// field keep 46 bits of it.
const maxTimeMs = 1<<46 - 1

var errNegative = command.Errorf("invalid expire time, must be >= 0")

// notPositive and zero are the errors of a count of members that is none: the commands
// differ in which they give.
func (f *Family) notPositive() error {
	return command.Errorf("Number of %ss must be a positive integer", f.Noun)
}

func (f *Family) zero() error {
	return command.Errorf("Parameter `num%c%ss` should be greater than 0", f.Noun[0]&^0x20, f.Noun[1:])
}

// Take takes WORD n member ..., which ends the arguments.
func (f *Family) Take(a *command.Args) [][]byte { return f.take(a, f.notPositive) }

func (f *Family) take(a *command.Args, wrong func() error) [][]byte {
	if a.Err() == nil && !a.Word(f.Word) {
		a.Fail(command.Errorf("Mandatory argument %s is missing or not at the right position", f.Word))
	}
	if a.Err() != nil {
		return nil
	}
	n, ok := datatypes.ParseInt(a.Bytes())
	switch {
	case a.Err() != nil:
	case !ok || n < 1:
		a.Fail(wrong())
	case n != int64(a.Len()):
		a.Fail(command.Errorf("The `num%ss` parameter must match the number of arguments", f.Noun))
	}
	return a.Rest()
}

// A Unit is how a time is given.
type Unit struct {
	Ms       int64 // milliseconds of one
	Absolute bool  // a Unix time, not one from now
}

// The units.
var (
	InSeconds = Unit{1000, false}
	InMillis  = Unit{1, false}
	AtSeconds = Unit{1000, true}
	AtMillis  = Unit{1, true}
)

// TakeTime takes a time in the unit and returns it in Unix milliseconds.
func TakeTime(c *command.Context, u Unit) int64 {
	n := c.Args.Int()
	if c.Args.Err() != nil {
		return 0
	}
	base := int64(0)
	if !u.Absolute {
		base = c.Tx.NowMs()
	}
	switch {
	case n < 0:
		c.Args.Fail(errNegative)
	case n > maxTimeMs/u.Ms || n*u.Ms > maxTimeMs-base:
		c.Args.Fail(command.Errorf("invalid expire time in '%s' command", c.Spec.FullName))
	}
	return base + n*u.Ms
}

// Reap takes members whose time has passed out of the value of the key, at most limit of
// them: the keyspace's Reaper for the type.
func (f *Family) Reap(tx *keyspace.Tx, key []byte, limit int) (int, error) {
	v, ok, err := f.Update(tx, key)
	if err != nil || !ok {
		return 0, err
	}
	var gone [][]byte
	n := v.Reap(limit, func(m []byte) { gone = append(gone, bytes.Clone(m)) })
	if n > 0 {
		f.Tell(tx, key, gone, n)
	}
	return n, nil
}

// Tell reports that members, n of them, have expired.
func (f *Family) Tell(tx *keyspace.Tx, key []byte, gone [][]byte, n int) {
	if tx.Recording() {
		tx.Effect(Named(f.Remove, key, gone)...)
	} else {
		tx.NoEffect()
	}
	tx.Reaped(key, n)
	tx.Changed(key, f.Expired)
	tx.Subkeys(key, f.Expired, gone, 1)
}

// Named is the effect NAME key member ...
func Named(name, key []byte, members [][]byte) [][]byte {
	args := make([][]byte, 0, 2+len(members))
	return append(append(args, name, key), members...)
}

// Counted is the effect NAME key [before ...] WORD n member ...
func (f *Family) Counted(name, key []byte, members [][]byte, before ...[]byte) [][]byte {
	args := make([][]byte, 0, 4+len(before)+len(members))
	args = append(append(args, name, key), before...)
	args = append(args, []byte(f.Word), Number(int64(len(members))))
	return append(args, members...)
}

// Number returns the decimal form of n.
func Number(n int64) []byte { return strconv.AppendInt(nil, n, 10) }

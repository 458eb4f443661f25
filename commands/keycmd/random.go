package keycmd

import (
	"math"

	"github.com/medleydb/medley/commands/command"
)

// maxRepeats is the largest number of members that are drawn with repetition: beyond it
// the reply would take all memory.
const maxRepeats = 1 << 28

var errCountRange = command.Errorf("value is out of range, value must between %d and %d", -math.MaxInt64, math.MaxInt64)

// RandomArgs takes the arguments of HRANDFIELD and ZRANDMEMBER, key [count [WORD]]. count is
// nil where there is none; a negative one is of members drawn with repetition.
func RandomArgs(a *command.Args, word string) (key []byte, count *int64, with bool, err error) {
	key = a.Key()
	if a.Len() == 0 {
		return key, nil, false, a.Err()
	}
	n := a.Int()
	if a.Err() == nil && n == math.MinInt64 {
		a.Fail(errCountRange)
	}
	if a.More() {
		if with = a.Word(word); !with || a.More() {
			a.Fail(command.ErrSyntax)
		}
	}
	if a.Err() == nil && (with && (n > math.MaxInt64/2 || n < -math.MaxInt64/2) || n < -maxRepeats) {
		a.Fail(command.ErrOutOfRange)
	}
	return key, &n, with, a.Err()
}

package zsetcmd

import (
	"errors"
	"math"
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/zset"
)

// A rangeType says what the ends of a range are.
type rangeType uint8

const (
	byRank rangeType = iota
	byScore
	byLex
	anyType // the arguments say it
)

const (
	errScoreRange = command.ReplyError("ERR min or max is not a float")
	errLexRange   = command.ReplyError("ERR min or max not valid string range item")
)

// bounds are the ends of a range of some type.
type bounds struct {
	by          rangeType
	start, stop int64
	score       zset.ScoreRange
	lex         zset.LexRange
}

// parseBounds parses the ends of a range. It borrows the arguments.
func parseBounds(by rangeType, lo, hi []byte) (b bounds, err error) {
	b.by = by
	var ok, ok2 bool
	switch by {
	case byRank:
		b.start, ok = datatypes.ParseInt(lo)
		b.stop, ok2 = datatypes.ParseInt(hi)
		err = datatypes.ErrNotInteger
	case byScore:
		b.score.Min, b.score.MinExclusive, ok = parseScoreBound(lo)
		b.score.Max, b.score.MaxExclusive, ok2 = parseScoreBound(hi)
		err = errScoreRange
	default:
		b.lex.Min, ok = parseLexBound(lo)
		b.lex.Max, ok2 = parseLexBound(hi)
		err = errLexRange
	}
	if ok && ok2 {
		err = nil
	}
	return b, err
}

// span returns the span of the range; rev counts ranks from the other end.
func (b *bounds) span(z zset.ZSet, rev bool) zset.Span {
	switch b.by {
	case byRank:
		return z.RankSpan(b.start, b.stop, rev)
	case byScore:
		return z.ScoreSpan(b.score)
	}
	return z.LexSpan(b.lex)
}

// parseScoreBound parses an end of a range of scores. It is more liberal than for scores,
// as servers of the field are: nothing is 0, and what is too large is infinite.
func parseScoreBound(arg []byte) (f float64, exclusive, ok bool) {
	if len(arg) > 0 && arg[0] == '(' {
		exclusive, arg = true, arg[1:]
	}
	if len(arg) == 0 {
		return 0, exclusive, true
	}
	if f, ok = datatypes.ParseFloat(arg); ok {
		return f, exclusive, !math.IsNaN(f)
	}
	f, err := strconv.ParseFloat(string(arg), 64)
	return f, exclusive, errors.Is(err, strconv.ErrRange)
}

func parseLexBound(arg []byte) (b zset.LexBound, ok bool) {
	if len(arg) == 0 {
		return b, false
	}
	switch arg[0] {
	case '-':
		b.Infinite = -1
		return b, len(arg) == 1
	case '+':
		b.Infinite = 1
		return b, len(arg) == 1
	case '(':
		b.Exclusive = true
	case '[':
	default:
		return b, false
	}
	b.Member = arg[1:]
	return b, true
}

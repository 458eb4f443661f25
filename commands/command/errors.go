package command

import (
	"errors"
	"fmt"

	"github.com/medleydb/medley/commands/migrate"
	"github.com/medleydb/medley/commands/persistence"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/hash"
	"github.com/medleydb/medley/datatypes/hll"
	"github.com/medleydb/medley/datatypes/str"
	"github.com/medleydb/medley/datatypes/stream"
	"github.com/medleydb/medley/keyspace"
	"github.com/medleydb/medley/keyspace/rdb"
)

// Errors of the dispatch and of arguments, for errors.Is.
var (
	ErrSyntax          = errors.New("syntax error")
	ErrArity           = errors.New("wrong number of arguments")
	ErrNoSuchKey       = errors.New("no such key")
	ErrIndexRange      = errors.New("index out of range")
	ErrNotPositive     = errors.New("value is out of range, must be positive")
	ErrOutOfRange      = errors.New("value is out of range")
	ErrSameObject      = errors.New("source and destination objects are the same")
	ErrDBIndex         = errors.New("DB index is out of range")
	ErrInvalidDB       = errors.New("invalid DB index")
	ErrTimeoutNegative = errors.New("timeout is negative")
	ErrTimeoutNotFloat = errors.New("timeout is not a float or out of range")
	ErrTimeoutRange    = errors.New("timeout is out of range")
	ErrTimeoutNotInt   = errors.New("timeout is not an integer or out of range")
	ErrExecAbort       = errors.New("transaction discarded because of previous errors")
	ErrExecNoMulti     = errors.New("EXEC without MULTI")
	ErrDiscardNoMulti  = errors.New("DISCARD without MULTI")
	ErrNestedMulti     = errors.New("MULTI calls can not be nested")
	ErrNotInMulti      = errors.New("command not allowed inside a transaction")
	ErrOOM             = errors.New("command not allowed when used memory > 'maxmemory'")
	ErrIntRange        = errors.New("value is out of the range of a 32-bit integer")
	ErrNoAuth          = errors.New("authentication required")
	ErrHelloNoAuth     = errors.New("authentication required for HELLO")
	ErrNoPassword      = errors.New("AUTH without a password set")
	ErrClientName      = errors.New("client name has special characters")
	ErrWrongPass       = errors.New("invalid username-password pair or user is disabled")
	ErrNoProto         = errors.New("unsupported protocol version")
	ErrLoading         = errors.New("the dataset is being loaded")
	ErrNoReplicas      = errors.New("too few replicas follow")
	ErrInternal        = errors.New("internal error")
	ErrBusyKey         = errors.New("target key name already exists")
)

// wireTexts is the one table from errors to the text on the wire.
var wireTexts = map[error]string{
	ErrSyntax:          "ERR syntax error",
	ErrNoSuchKey:       "ERR no such key",
	ErrIndexRange:      "ERR index out of range",
	ErrNotPositive:     "ERR value is out of range, must be positive",
	ErrOutOfRange:      "ERR value is out of range",
	ErrSameObject:      "ERR source and destination objects are the same",
	ErrDBIndex:         "ERR DB index is out of range",
	ErrInvalidDB:       "ERR invalid DB index",
	ErrTimeoutNegative: "ERR timeout is negative",
	ErrTimeoutNotFloat: "ERR timeout is not a float or out of range",
	ErrTimeoutRange:    "ERR timeout is out of range",
	ErrTimeoutNotInt:   "ERR timeout is not an integer or out of range",
	ErrExecAbort:       "EXECABORT Transaction discarded because of previous errors.",
	ErrExecNoMulti:     "ERR EXEC without MULTI",
	ErrDiscardNoMulti:  "ERR DISCARD without MULTI",
	ErrNestedMulti:     "ERR MULTI calls can not be nested",
	ErrNotInMulti:      "ERR Command not allowed inside a transaction",
	ErrOOM:             "OOM command not allowed when used memory > 'maxmemory'.",
	ErrIntRange:        "ERR value is out of range, value must between -2147483648 and 2147483647",
	ErrNoAuth:          "NOAUTH Authentication required.",
	ErrHelloNoAuth: "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> " +
		"option can be used to authenticate the client and select the RESP protocol version at the same time",
	ErrNoPassword: "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
	ErrClientName: "ERR Client names cannot contain spaces, newlines or special characters.",
	ErrWrongPass:  "WRONGPASS invalid username-password pair or user is disabled.",
	ErrNoProto:    "NOPROTO unsupported protocol version",
	ErrNoReplicas: "NOREPLICAS Not enough good replicas to write.",
	ErrLoading:    "LOADING Medley is loading the dataset in memory",
	ErrInternal:   "ERR internal error",
	ErrBusyKey:    "BUSYKEY Target key name already exists.",

	keyspace.ErrWrongType:      "WRONGTYPE Operation against a key holding the wrong kind of value",
	datatypes.ErrNotInteger:    "ERR value is not an integer or out of range",
	datatypes.ErrNotFloat:      "ERR value is not a valid float",
	datatypes.ErrOverflow:      "ERR increment or decrement would overflow",
	datatypes.ErrNaNOrInfinity: "ERR increment would produce NaN or Infinity",
	str.ErrAppliedOverflow:     "ERR applied increment would overflow",
	str.ErrLCSTooLarge:         "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
	hash.ErrNotInteger:         "ERR hash value is not an integer",
	hash.ErrNotFloat:           "ERR hash value is not a float",
	hll.ErrNotHLL:              "WRONGTYPE Key is not a valid HyperLogLog string value.",
	migrate.ErrConnect:         "IOERR error or timeout connecting to the client",
	migrate.ErrWrite:           "IOERR error or timeout writing to target instance",
	migrate.ErrRead:            "IOERR error or timeout reading to target instance",
	persistence.ErrSaving:      "ERR Background save already in progress",
	persistence.ErrRewriting:   "ERR Background append only file rewriting already in progress",
	persistence.ErrBusy:        "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.",
	persistence.ErrIdle:        "ERR Background saving is currently not in progress or scheduled",
	persistence.ErrNoFiles:     "ERR this engine keeps no files",
	persistence.ErrNoJournal:   "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.",
	persistence.ErrJournal:     "MISCONF Errors writing to the AOF file. Changes are refused until it can be written again. The log tells what is wrong.",
	persistence.ErrSnapshots:   "MISCONF Medley is configured to save snapshots, but the last one could not be written. Changes are refused (stop-writes-on-bgsave-error). The log tells what was wrong.",
	hll.ErrCorrupted:           "INVALIDOBJ Corrupted HLL object detected",
	stream.ErrSmallID:          "ERR The ID specified in XADD is equal or smaller than the target stream top item",
	stream.ErrZeroID:           "ERR The ID specified in XADD must be greater than 0-0",
	stream.ErrExhausted:        "ERR The stream has exhausted the last possible ID, unable to add more items",
	stream.ErrTooLarge:         "ERR Elements are too large to be stored",
	stream.ErrGroupExists:      "BUSYGROUP Consumer Group name already exists",
	rdb.ErrVersion:             "ERR DUMP payload version or checksum are wrong",
	rdb.ErrChecksum:            "ERR DUMP payload version or checksum are wrong",
	rdb.ErrCorrupt:             "ERR Bad data format",
	rdb.ErrType:                "ERR Bad data format",
	datatypes.ErrStringTooLong: "ERR string exceeds maximum allowed size (proto-max-bulk-len)",
}

// Counted is an error that the statistics of errors have had already: one that a command
// within the present one has met.
type Counted struct{ Err error }

func (e Counted) Error() string { return e.Err.Error() }

func (e Counted) Unwrap() error { return e.Err }

// ErrorCode returns the first word of an error's wire text.
func ErrorCode(text string) string { return ReplyError(text).Code() }

// Errorf returns an error of code ERR with a text of its own, for what only one
// command says.
func Errorf(format string, args ...any) error {
	return ReplyError("ERR " + fmt.Sprintf(format, args...))
}

// WireText returns the error as clients see it: CODE message. spec is the command
// that gave it.
func WireText(err error, spec *Spec) string {
	if err == ErrArity && spec != nil {
		return "ERR wrong number of arguments for '" + spec.FullName + "' command"
	}
	if t, ok := wireTexts[err]; ok {
		return t
	}
	var own ReplyError
	if errors.As(err, &own) {
		return string(own)
	}
	for known, t := range wireTexts {
		if errors.Is(err, known) {
			return t
		}
	}
	return "ERR " + err.Error()
}

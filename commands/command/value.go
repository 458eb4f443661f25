package command

import (
	"strconv"

	"github.com/medleydb/medley/datatypes"
)

// A Kind is the type of a reply value.
type Kind uint8

// The kinds of reply values. Null and NullArray differ on the wire in RESP2 only.
const (
	Null Kind = iota
	NullArray
	Status
	Error
	Int
	Bulk
	Double
	Bool
	BigNumber
	Verbatim
	Array
	Map
	Set
	Push
)

var kindNames = [...]string{"null", "null array", "status", "error", "integer", "bulk",
	"double", "boolean", "big number", "verbatim", "array", "map", "set", "push"}

// String returns the kind's name.
func (k Kind) String() string { return kindNames[k] }

// A Value is one reply as a tree: what Engine.Do returns, and what a client
// reads from a server.
type Value struct {
	Kind   Kind
	Str    string  // Status, Error ("CODE message"), Bulk, BigNumber, Verbatim (the text); a Double that was read: as the server wrote it
	Format string  // Verbatim: three letters, such as txt
	Int    int64   // Int; Bool: 0 or 1
	Float  float64 // Double
	// Elems are the elements of an aggregate; a Map has key, value, key, value.
	Elems []Value
	// Attrs are the attributes (key, value, ...) that preceded a RESP3 value.
	Attrs []Value
}

// IsNull reports whether the value is one of the nulls.
func (v Value) IsNull() bool { return v.Kind == Null || v.Kind == NullArray }

// Err returns the value as an error when it is one, else nil.
func (v Value) Err() error {
	if v.Kind == Error {
		return ReplyError(v.Str)
	}
	return nil
}

// A ReplyError is an error reply: "CODE message".
type ReplyError string

func (e ReplyError) Error() string { return string(e) }

// Is makes errors.Is find the typed error behind the reply, such as
// keyspace.ErrWrongType.
func (e ReplyError) Is(target error) bool {
	for known, text := range wireTexts {
		if text == string(e) && known == target {
			return true
		}
	}
	return false
}

// Code returns the error's first word, such as ERR or WRONGTYPE.
func (e ReplyError) Code() string {
	for i := range len(e) {
		if e[i] == ' ' {
			return string(e[:i])
		}
	}
	return string(e)
}

// Text returns a scalar as text: the bytes of a string, the decimal form of a
// number. Aggregates and nulls give "".
func (v Value) Text() string {
	switch v.Kind {
	case Int:
		return strconv.FormatInt(v.Int, 10)
	case Double:
		return FormatDouble(v.Float)
	case Bool:
		return strconv.FormatBool(v.Int != 0)
	}
	return v.Str
}

// FormatDouble returns a double as RESP3 writes it: the shortest decimal form,
// inf, -inf or nan.
func FormatDouble(f float64) string { return string(datatypes.FormatFloat(nil, f)) }

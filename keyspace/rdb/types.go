package rdb

import "github.com/medleydb/medley/datatypes"

// A Type is how a value is written.
type Type byte

// The types.
const (
	typeString         Type = 0
	typeList           Type = 1
	typeSet            Type = 2
	typeZSet           Type = 3 // scores as text
	typeHash           Type = 4
	typeZSet2          Type = 5 // scores as doubles
	typeModule         Type = 6
	typeModule2        Type = 7
	typeHashZipmap     Type = 9
	typeListZiplist    Type = 10
	typeSetIntset      Type = 11
	typeZSetZiplist    Type = 12
	typeHashZiplist    Type = 13
	typeListQuicklist  Type = 14 // ziplists
	typeStream1        Type = 15
	typeHashListpack   Type = 16
	typeZSetListpack   Type = 17
	typeListQuicklist2 Type = 18 // listpacks and single elements
	typeStream2        Type = 19 // with what XINFO tells since Redis 7
	typeSetListpack    Type = 20
	typeStream3        Type = 21 // with the times of consumers
	typeHashTimed0     Type = 22 // of the candidates of Redis 7.4; Valkey 9: typeHashValkey
	typeHashListpack0  Type = 23 // likewise
	typeHashTimed      Type = 24 // fields with times, from the earliest on
	typeHashListpackEx Type = 25

	// typeHashValkey is what type 22 is from version 80 on: fields with times.
	typeHashValkey Type = 22

	// Medley's own.
	typeSetTimed   Type = 192 // members with times
	typeZSetTimed  Type = 193
	typeSparse     Type = 194 // a string in which few bits are set
	typeStreamMore Type = 195 // a typeStream3 with names of entries, and pending ones of nobody
)

// Operations of a file.
const (
	opSlotImport = 243 // Valkey 9
	opSlotInfo   = 244
	opFunction   = 245
	opFunction0  = 246 // of the candidates of Redis 7.0
	opModuleAux  = 247
	opIdle       = 248
	opFreq       = 249
	opAux        = 250
	opResize     = 251
	opExpiryMs   = 252
	opExpiry     = 253
	opSelect     = 254
	opEnd        = 255
)

// Versions.
const (
	minVersion = 1
	maxVersion = 13
	// valkeyVersion is the first of Valkey's own; those between are nobody's.
	valkeyVersion    = 80
	maxValkeyVersion = 80
)

// knownVersion reports whether the version can be read.
func knownVersion(v int) bool {
	return v >= minVersion && v <= maxVersion || v >= valkeyVersion && v <= maxValkeyVersion
}

// kindOf returns the kind of values that the type is for, datatypes.None for none.
func kindOf(t Type) datatypes.Kind {
	switch t {
	case typeString, typeSparse:
		return datatypes.String
	case typeList, typeListZiplist, typeListQuicklist, typeListQuicklist2:
		return datatypes.List
	case typeSet, typeSetIntset, typeSetListpack, typeSetTimed:
		return datatypes.Set
	case typeZSet, typeZSet2, typeZSetZiplist, typeZSetListpack, typeZSetTimed:
		return datatypes.ZSet
	case typeHash, typeHashZipmap, typeHashZiplist, typeHashListpack, typeHashTimed0, typeHashListpack0, typeHashTimed, typeHashListpackEx:
		return datatypes.Hash
	case typeStream1, typeStream2, typeStream3, typeStreamMore:
		return datatypes.Stream
	}
	return datatypes.None
}

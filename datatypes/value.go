// Package datatypes holds what the value types share: the kinds, the Value that
// a typed handle wraps, limits, errors, number parsing and glob matching. The
// packages below it implement one type each: bytes in, values out. They know
// nothing of keys, replies, clocks or goroutines.
package datatypes

import "math/rand/v2"

// A Kind is the type of a value, as the TYPE command names it.
type Kind uint8

// The kinds of values.
const (
	None Kind = iota
	String
	List
	Set
	ZSet
	Hash
	Stream
	kindCount
)

var kindNames = [...]string{"none", "string", "list", "set", "zset", "hash", "stream"}

// String returns the kind's name in the TYPE command's words.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "unknown"
}

// ParseKind returns the kind with the given name.
func ParseKind(name string) (Kind, bool) {
	for k := String; k < kindCount; k++ {
		if kindNames[k] == name {
			return k, true
		}
	}
	return None, false
}

// KeepsEmpty reports whether an empty value of the kind is a value: an empty
// string and an empty stream stay, an empty collection is no key at all.
func (k Kind) KeepsEmpty() bool { return k == String || k == Stream }

// An Encoding is one of at most 16 representations of a kind; each type's
// package numbers its own.
type Encoding uint8

// An Object is a representation too large for a record: a Go object of its
// own, dropped whole.
type Object interface {
	// Size returns the bytes of memory that the object holds.
	Size() int
	// Clone returns a copy that shares nothing that changes.
	Clone() Object
}

// A Foreseer is an Object whose elements are found by name. LookAhead brings what
// lookups of the elements will read into the processor's cache; what it returns
// means nothing.
type Foreseer interface {
	LookAhead(names [][]byte) uint64
}

// MaxAhead is for how many names LookAhead is called at most.
const MaxAhead = 16

// Storage is where a Value keeps its bytes: a keyspace's arena, or the Go heap
// for a value that stands alone.
type Storage interface {
	// Fresh returns n bytes for a new inline representation. With reuse the
	// bytes may be those of the present one.
	Fresh(v *Value, n int, reuse bool) []byte
	// MaxInline returns the largest inline representation in bytes.
	MaxInline() int
}

// Env is what an operation may know of its surroundings.
type Env struct {
	Limits Limits
	Rand   *rand.Rand
	NowMs  int64 // time of the operation, Unix milliseconds
}

// A Value is the value of one key while a transaction has it open, or a value
// that stands alone (NewValue). Typed handles read and change it.
//
// Bytes borrows the storage: it is valid until the transaction ends, also after
// Replace has given the value other bytes, and must not be kept.
type Value struct {
	Kind     Kind
	Encoding Encoding
	Empty    bool   // a collection without elements: the key goes at commit
	Dirty    bool   // changed since it was opened
	Bytes    []byte // inline representation
	Object   Object // large representation; Bytes is then nil
	// DueMs is the earliest time in Unix milliseconds at which one of the
	// members goes by itself, 0 for none. Handles of kinds whose members can
	// expire keep it right whenever they change the value.
	DueMs   int64
	Env     *Env
	Storage Storage
}

// Replace gives the value a fresh inline representation of n bytes (at most
// MaxInline) and returns it to be filled. The old bytes stay readable.
func (v *Value) Replace(enc Encoding, n int) []byte { return v.fresh(enc, n, false) }

// Overwrite is Replace for a caller that does not look at the old bytes any
// more: they may be handed back to be written over.
func (v *Value) Overwrite(enc Encoding, n int) []byte { return v.fresh(enc, n, true) }

func (v *Value) fresh(enc Encoding, n int, reuse bool) []byte {
	b := v.Storage.Fresh(v, n, reuse)
	v.Encoding, v.Bytes, v.Object, v.Dirty = enc, b, nil, true
	return b
}

// SetObject gives the value a large representation.
func (v *Value) SetObject(enc Encoding, o Object) {
	v.Encoding, v.Bytes, v.Object, v.Dirty = enc, nil, o, true
}

// Exists reports whether there is a value at all.
func (v *Value) Exists() bool { return v.Bytes != nil || v.Object != nil }

// NewValue returns an empty value that lives on the Go heap.
func NewValue(kind Kind, env *Env) *Value {
	return NewValueWithin(kind, env, heapInline)
}

// NewValueWithin is NewValue for a value that will go to a storage of another MaxInline.
func NewValueWithin(kind Kind, env *Env, maxInline int) *Value {
	return &Value{Kind: kind, Env: env, Storage: heap(maxInline)}
}

// Detach makes the value a copy that lives on the Go heap and that may be changed without
// anybody seeing it.
func (v *Value) Detach() {
	if v.Object != nil {
		v.Object = v.Object.Clone()
	} else {
		v.Bytes = append([]byte(nil), v.Bytes...)
	}
	v.Storage = heap(heapInline)
}

// heap is the Go heap, and MaxInline.
type heap int

const heapInline = 16 << 10

func (heap) Fresh(_ *Value, n int, _ bool) []byte { return make([]byte, n) }
func (h heap) MaxInline() int                     { return int(h) }

// Limits are the sizes at which values change their representation, and the
// sizes that they may not exceed.
type Limits struct {
	MaxString int   // bytes of the longest string
	MaxBits   int64 // bits of the longest bitmap

	HashMaxPackedEntries int
	HashMaxPackedValue   int // bytes
	ListMaxPackedSize    int // elements when positive, -1 to -5 for 4 to 64 KiB
	SetMaxIntset         int
	SetMaxPackedEntries  int
	SetMaxPackedValue    int
	ZSetMaxPackedEntries int
	ZSetMaxPackedValue   int
	StreamNodeMaxBytes   int
	StreamNodeMaxEntries int
	HLLSparseMaxBytes    int
}

// DefaultLimits returns the limits that servers of the field start with.
func DefaultLimits() Limits {
	return Limits{
		MaxString:            512 << 20,
		MaxBits:              512 << 23,
		HashMaxPackedEntries: 512,
		HashMaxPackedValue:   64,
		ListMaxPackedSize:    -2,
		SetMaxIntset:         512,
		SetMaxPackedEntries:  128,
		SetMaxPackedValue:    64,
		ZSetMaxPackedEntries: 128,
		ZSetMaxPackedValue:   64,
		StreamNodeMaxBytes:   4096,
		StreamNodeMaxEntries: 100,
		HLLSparseMaxBytes:    3000,
	}
}

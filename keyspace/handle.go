package keyspace

import "github.com/medleydb/medley/datatypes"

// A Handle is the typed view of a value that each type's package defines, such
// as str.String: a small struct over a Value.
type Handle[T any] interface {
	// Kind returns the kind of values that the handle is for.
	Kind() datatypes.Kind
	// Of returns the handle over the value.
	Of(*datatypes.Value) T
}

// Read opens a value for reading. A missing key gives a handle over an empty
// value (ok false), a key of another kind ErrWrongType.
func Read[T Handle[T]](tx *Tx, key []byte) (h T, ok bool, err error) {
	v := tx.read(key)
	if v == nil {
		tx.empty = datatypes.Value{Kind: h.Kind(), Env: &tx.env}
		return h.Of(&tx.empty), false, nil
	}
	if v.Kind != h.Kind() {
		return h, false, ErrWrongType
	}
	return h.Of(v), true, nil
}

// Update opens an existing value for writing; ok is false, and the handle is
// over an empty value, when there is no such key.
func Update[T Handle[T]](tx *Tx, key []byte) (h T, ok bool, err error) {
	o := tx.open(key)
	if !o.exists() {
		tx.empty = datatypes.Value{Kind: h.Kind(), Env: &tx.env}
		return h.Of(&tx.empty), false, nil
	}
	if o.value.Kind != h.Kind() {
		return h, false, ErrWrongType
	}
	return h.Of(&o.value), true, nil
}

// Upsert opens a value for writing; a missing key is created at commit if the
// handle changed it.
func Upsert[T Handle[T]](tx *Tx, key []byte) (h T, err error) {
	o := tx.open(key)
	if !o.exists() {
		o.value.Kind, o.value.Empty = h.Kind(), false
	} else if o.value.Kind != h.Kind() {
		return h, ErrWrongType
	}
	return h.Of(&o.value), nil
}

// Create opens the key for a value that takes the place of whatever is there, with
// the given expiry (Unix milliseconds, 0 for none). What the key held can be read
// until the new value is written.
func Create[T Handle[T]](tx *Tx, key []byte, expiryMs int64) (h T) {
	o := tx.openFor(key, true)
	o.created = o.exists()
	o.value.Kind, o.expiry, o.value.Empty = h.Kind(), expiryMs, false
	o.value.Object, o.value.DueMs = nil, 0
	return h.Of(&o.value)
}

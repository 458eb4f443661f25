package config

import "sync/atomic"

// Bool is a yes/no setting.
type Bool struct{ v atomic.Bool }

// Load returns the current value.
func (b *Bool) Load() bool { return b.v.Load() }

// Int is a numeric setting; the field that holds it documents the unit.
type Int struct{ v atomic.Int64 }

// Load returns the current value.
func (i *Int) Load() int64 { return i.v.Load() }

// Enum is a setting with named values. T's constants count from 0 in the order of the names.
type Enum[T ~int32] struct{ v atomic.Int32 }

// Load returns the current value.
func (e *Enum[T]) Load() T { return T(e.v.Load()) }

func (e *Enum[T]) raw() int32     { return e.v.Load() }
func (e *Enum[T]) setRaw(v int32) { e.v.Store(v) }

// rawEnum is an Enum without its type, so that one kind serves all of them.
type rawEnum interface {
	raw() int32
	setRaw(int32)
}

// Ref is a setting whose value does not fit a machine word. Values are replaced, never modified:
// what Load returns must not be changed.
type Ref[T any] struct{ p atomic.Pointer[T] }

// Load returns the current value.
func (r *Ref[T]) Load() T {
	if p := r.p.Load(); p != nil {
		return *p
	}
	var zero T
	return zero
}

func (r *Ref[T]) store(v T) { r.p.Store(&v) }

// String is a textual setting.
type String = Ref[string]

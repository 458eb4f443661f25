package keyspace

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/medleydb/medley/datatypes"
)

// ErrNotNamed is the error of a key that a View or an Edit was not begun with.
var ErrNotNamed = errors.New("keyspace: the key is not among those that the transaction was begun with")

// A Viewer is a View or an Edit.
type Viewer interface {
	look(key string) (*datatypes.Value, error)
}

// A View is a look at keys of one database at one moment, for embedding programs. It is good,
// with all that was got from it, until the function that was given it returns.
type View struct {
	tx    *Tx
	store *Store
}

// Get returns the value of the key for reading: nothing of it may be changed. A missing key gives
// an empty value (ok false). Errors: ErrWrongType, ErrNotNamed.
func Get[T Handle[T]](v Viewer, key string) (h T, ok bool, err error) {
	value, err := v.look(key)
	if err != nil {
		return h, false, err
	}
	if value.Kind == datatypes.None {
		value.Kind = h.Kind()
		return h.Of(value), false, nil
	}
	if value.Kind != h.Kind() {
		return h, false, ErrWrongType
	}
	return h.Of(value), true, nil
}

func (v *View) look(key string) (*datatypes.Value, error) {
	k := []byte(key)
	if !v.tx.Held(v.store.ShardOf(k)) {
		return nil, fmt.Errorf("%w: %q", ErrNotNamed, key)
	}
	value := &datatypes.Value{Env: &v.tx.env}
	v.tx.Lookup(k, value)
	return value, nil
}

// View calls fn with a view of the database under the locks that the transaction has.
func (tx *Tx) View(fn func(*View) error) error {
	v := &View{tx, tx.store}
	defer func() { v.tx = &Tx{single: -1} }() // holds nothing, so that a later use is an error
	return fn(v)
}

// An Edit changes keys of one database at one moment, all or none, for embedding programs. It
// works on copies of the values, which take the place of those when the function that was given
// the Edit returns no error. So a large value is copied whole, however little of it changes. It is
// good, with all that was got from it, until that function returns.
type Edit struct {
	View
	drafts map[string]*draft
	order  []*draft
}

// A draft is a key as an Edit leaves it.
type draft struct {
	key     []byte
	value   *datatypes.Value // nil for none
	expiry  int64
	changed bool // beside what value.Dirty says
	existed bool
}

// Alter returns the value of the key to be changed. A missing key comes into being if the value
// is changed; a collection that is emptied goes. Errors: ErrWrongType, ErrNotNamed.
func Alter[T Handle[T]](e *Edit, key string) (h T, err error) {
	d, err := e.draft(key)
	if err != nil {
		return h, err
	}
	if d.value == nil {
		d.value, d.expiry = e.tx.Draft(d.key, h.Kind()), 0
	}
	if d.value.Kind != h.Kind() {
		return h, ErrWrongType
	}
	return h.Of(d.value), nil
}

// Delete takes the key away and reports whether there was one. Error: ErrNotNamed.
func (e *Edit) Delete(key string) (bool, error) {
	d, err := e.draft(key)
	if err != nil || !d.exists() {
		return false, err
	}
	d.value, d.expiry, d.changed = nil, 0, true
	return true, nil
}

// Expire sets when the key goes, in Unix milliseconds, 0 for never, and reports whether there is
// one. Error: ErrNotNamed.
func (e *Edit) Expire(key string, ms int64) (bool, error) {
	d, err := e.draft(key)
	if err != nil || !d.exists() {
		return false, err
	}
	d.expiry, d.changed = ms, true
	return true, nil
}

func (d *draft) exists() bool { return d.value != nil && d.value.Exists() && !d.gone() }

// gone reports whether the value is a collection without elements.
func (d *draft) gone() bool { return d.value.Empty && !d.value.Kind.KeepsEmpty() }

func (e *Edit) look(key string) (*datatypes.Value, error) {
	d := e.drafts[key]
	if d == nil {
		return e.View.look(key)
	}
	if !d.exists() {
		return &datatypes.Value{Env: &e.tx.env}, nil
	}
	return d.value, nil
}

// draft returns the key's draft, a copy of what is there.
func (e *Edit) draft(key string) (*draft, error) {
	if d := e.drafts[key]; d != nil {
		return d, nil
	}
	v, err := e.View.look(key)
	if err != nil {
		return nil, err
	}
	d := &draft{key: []byte(key)}
	if v.Kind != datatypes.None {
		d.existed = true
		d.expiry, _ = e.tx.Expiry(d.key)
		d.value = e.tx.Draft(d.key, v.Kind)
		d.value.Encoding, d.value.DueMs = v.Encoding, v.DueMs
		if v.Object != nil {
			d.value.Object = v.Object.Clone()
		} else {
			d.value.Bytes = append([]byte{}, v.Bytes...)
		}
	}
	e.drafts[key] = d
	e.order = append(e.order, d)
	return d, nil
}

// Edit calls fn with an edit of the database under the locks that the transaction has, and
// stores what it has changed unless it returns an error. dump makes the payload of RESTORE,
// which is the effect that repeats a change.
func (tx *Tx) Edit(dump func(*datatypes.Value) []byte, fn func(*Edit) error) error {
	e := &Edit{View: View{tx, tx.store}, drafts: map[string]*draft{}}
	defer func() { e.tx, e.drafts = &Tx{single: -1}, nil }()
	if err := fn(e); err != nil {
		return err
	}
	for _, d := range e.order {
		tx.take(d, dump)
		tx.Settle()
	}
	tx.Commit(nil)
	return nil
}

// take stores a draft.
func (tx *Tx) take(d *draft, dump func(*datatypes.Value) []byte) {
	switch {
	case !d.exists():
		if d.existed && tx.Delete(d.key) {
			tx.Changed(d.key, EvDel)
			tx.Effect([]byte("DEL"), d.key)
		}
	case d.value.Dirty || d.changed:
		if tx.Recording() {
			tx.Effect([]byte("RESTORE"), d.key, strconv.AppendInt(nil, d.expiry, 10), dump(d.value), []byte("REPLACE"), []byte("ABSTTL"))
		} else {
			tx.NoEffect()
		}
		tx.Put(d.key, d.value, d.expiry)
		tx.Changed(d.key, EvRestore)
	}
}

package rdb

import (
	"fmt"
	"math"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/hash"
	"github.com/medleydb/medley/datatypes/list"
	"github.com/medleydb/medley/datatypes/set"
	"github.com/medleydb/medley/datatypes/str"
	"github.com/medleydb/medley/datatypes/zset"
)

// A loader reads values.
type loader struct {
	in      *input
	version int
	field   []byte // the field, member or name that is held while another string is read
}

// load reads a value of the type into v, which is new and of the type's kind.
func (d *loader) load(t Type, v *datatypes.Value) error {
	var err error
	switch v.Kind {
	case datatypes.String:
		return d.loadString(t, v)
	case datatypes.List:
		err = d.loadList(t, list.List{}.Of(v))
	case datatypes.Set:
		err = d.loadSet(t, set.Set{}.Of(v))
	case datatypes.ZSet:
		err = d.loadZSet(t, zset.ZSet{}.Of(v))
	case datatypes.Hash:
		err = d.loadHash(t, hash.Hash{}.Of(v))
	case datatypes.Stream:
		return d.loadStream(t, v)
	default:
		return fmt.Errorf("%w %d", ErrType, t)
	}
	if err == nil && (v.Empty || !v.Exists()) {
		return ErrEmpty
	}
	return err
}

func (d *loader) loadString(t Type, v *datatypes.Value) error {
	if t == typeSparse {
		return d.loadSparse(v)
	}
	b, err := d.in.string()
	if err != nil {
		return err
	}
	if len(b) > v.Env.Limits.MaxString {
		return datatypes.ErrStringTooLong
	}
	s := str.String{}.Of(v)
	if d.in.fresh {
		s.Adopt(b)
		return nil
	}
	s.Set(b)
	return nil
}

// each passes the strings of a collection of which there are so many times its length.
func (d *loader) each(times uint64, fn func(i uint64, b []byte) error) error {
	n, err := d.in.length()
	if err != nil {
		return err
	}
	for i := range n {
		for j := range times {
			b, err := d.in.string()
			if err == nil {
				err = fn(i*times+j, b)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// walk passes the elements of a small form, which must come in groups of so many.
func (d *loader) walk(open func([]byte) *walk, group int, fn func(i int, w *walk) error) error {
	b, err := d.in.string()
	if err != nil {
		return err
	}
	w, i := open(b), 0
	for ; w.more(); i++ {
		if err := fn(i, w); err != nil {
			return err
		}
	}
	if w.bad || i%group != 0 {
		return d.in.fail("a small form that is broken")
	}
	return nil
}

func (d *loader) loadList(t Type, l list.List) error {
	l.Reset()
	push := func(_ int, w *walk) error {
		l.Push(list.Tail, w.text)
		return nil
	}
	var err error
	switch t {
	case typeList:
		err = d.each(1, func(_ uint64, b []byte) error {
			l.Push(list.Tail, b)
			return nil
		})
	case typeListZiplist:
		err = d.walk(openZiplist, 1, push)
	default:
		err = d.loadNodes(t, l, push)
	}
	if err == nil && l.Len() > 0 {
		l.Filled()
	}
	return err
}

// Kinds of a node of a quicklist.
const (
	nodePlain  = 1
	nodePacked = 2
)

func (d *loader) loadNodes(t Type, l list.List, push func(int, *walk) error) error {
	n, err := d.in.length()
	if err != nil {
		return err
	}
	for range n {
		open, kind := openZiplist, uint64(nodePacked)
		if t == typeListQuicklist2 {
			open = openListpack
			if kind, err = d.in.length(); err != nil {
				return err
			}
		}
		switch kind {
		case nodePacked:
			err = d.walk(open, 1, push)
		case nodePlain:
			var b []byte
			if b, err = d.in.string(); err == nil {
				l.Push(list.Tail, b)
			}
		default:
			err = d.in.fail("a list's node of an unknown kind")
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (d *loader) twice() error { return d.in.fail("a member that occurs twice") }

func (d *loader) loadSet(t Type, s set.Set) error {
	add := func(b []byte) error {
		if !s.Add(b) {
			return d.twice()
		}
		return nil
	}
	switch t {
	case typeSetIntset:
		return d.walk(openIntset, 1, func(_ int, w *walk) error { return add(w.text) })
	case typeSetListpack:
		return d.walk(openListpack, 1, func(_ int, w *walk) error { return add(w.text) })
	case typeSet:
		n, err := d.in.length()
		if err != nil {
			return err
		}
		for i := range n {
			b, err := d.in.string()
			if err != nil {
				return err
			}
			if i == 0 {
				s.Expect(b, int(min(n, 1<<20)))
			}
			if err := add(b); err != nil {
				return err
			}
		}
		return nil
	}
	n, err := d.in.length()
	if err != nil {
		return err
	}
	for range n {
		ms, err := d.time()
		if err != nil {
			return err
		}
		b, err := d.in.string()
		if err != nil {
			return err
		}
		if err := add(b); err != nil {
			return err
		}
		if ms != 0 {
			s.Restore(b, ms)
		}
	}
	return nil
}

// time reads a time in Unix milliseconds, 0 for none.
func (d *loader) time() (int64, error) {
	n, err := d.in.length()
	if err == nil && n > math.MaxInt64 {
		err = d.in.fail("a time that is none")
	}
	return int64(n), err
}

func (d *loader) loadZSet(t Type, z zset.ZSet) error {
	add := func(b []byte, score float64) error {
		if math.IsNaN(score) {
			return d.in.fail("a score that is no number")
		}
		if _, did := z.Add(b, score, 0); did != zset.Added {
			return d.twice()
		}
		return nil
	}
	switch t {
	case typeZSetListpack, typeZSetZiplist:
		open := openListpack
		if t == typeZSetZiplist {
			open = openZiplist
		}
		return d.walk(open, 2, func(i int, w *walk) error {
			if i%2 == 0 {
				d.field = append(d.field[:0], w.text...)
				return nil
			}
			score, ok := datatypes.ParseFloat(w.text)
			if !ok {
				return d.in.fail("a score that is no number")
			}
			return add(d.field, score)
		})
	}
	n, err := d.in.length()
	if err != nil {
		return err
	}
	for i := range n {
		ms := int64(0)
		if t == typeZSetTimed {
			if ms, err = d.time(); err != nil {
				return err
			}
		}
		b, err := d.in.string()
		if err != nil {
			return err
		}
		d.field = append(d.field[:0], b...)
		var score float64
		if t == typeZSet {
			score, err = d.scoreText()
		} else {
			var bits uint64
			bits, err = d.in.uint64()
			score = math.Float64frombits(bits)
		}
		if err != nil {
			return err
		}
		if i == 0 {
			z.Expect(int(min(n, 1<<20)), len(d.field))
		}
		if err := add(d.field, score); err != nil {
			return err
		}
		if ms != 0 {
			z.Restore(d.field, ms)
		}
	}
	return nil
}

// scoreText reads a score as text, before which its length or one of three marks stands.
func (d *loader) scoreText() (float64, error) {
	n, err := d.in.byte()
	if err != nil {
		return 0, err
	}
	switch n {
	case 253:
		return math.NaN(), nil
	case 254:
		return math.Inf(1), nil
	case 255:
		return math.Inf(-1), nil
	}
	b, err := d.in.take(int(n))
	if err != nil {
		return 0, err
	}
	f, ok := datatypes.ParseFloat(b)
	if !ok {
		return 0, d.in.fail("a score that is no number")
	}
	return f, nil
}

func (d *loader) loadHash(t Type, h hash.Hash) error {
	put := func(field, value []byte, ms int64) error {
		if ms < 0 || ms > maxTime {
			return d.in.fail("a time that is none")
		}
		if created := ms == 0 && h.Set(field, value) || ms != 0 && h.SetUntil(field, value, ms); !created {
			return d.twice()
		}
		return nil
	}
	pair := func(i int, w *walk) error {
		if i%2 == 0 {
			d.field = append(d.field[:0], w.text...)
			return nil
		}
		return put(d.field, w.text, 0)
	}
	switch t {
	case typeHashZipmap:
		return d.walk(openZipmap, 2, pair)
	case typeHashZiplist:
		return d.walk(openZiplist, 2, pair)
	case typeHashListpack:
		return d.walk(openListpack, 2, pair)
	case typeHashListpackEx, typeHashListpack0:
		return d.loadHashTriples(t, h, put)
	case typeHash:
		return d.each(2, func(i uint64, b []byte) error {
			if i%2 == 0 {
				d.field = append(d.field[:0], b...)
				return nil
			}
			return put(d.field, b, 0)
		})
	}
	err := d.loadHashTimed(t, put)
	if err == nil {
		h.ExpectTimes()
	}
	return err
}

// maxTime is the latest time in Unix milliseconds that a member can have: what other servers
// write for none lies above.
const maxTime = 1<<62 - 1

func (d *loader) loadHashTriples(t Type, h hash.Hash, put func(field, value []byte, ms int64) error) error {
	if t == typeHashListpackEx {
		if _, err := d.in.uint64(); err != nil { // the earliest time
			return err
		}
	}
	var value []byte
	err := d.walk(openListpack, 3, func(i int, w *walk) error {
		switch i % 3 {
		case 0:
			d.field = append(d.field[:0], w.text...)
		case 1:
			value = append(value[:0], w.text...)
		default:
			if !w.isInt {
				return d.in.fail("a time that is none")
			}
			return put(d.field, value, w.value)
		}
		return nil
	})
	if err == nil {
		h.ExpectTimes()
	}
	return err
}

// loadHashTimed reads a hash element by element whose fields may have times: as a difference
// from the earliest, plus one, or in the candidates' form as it is; in Valkey's
// behind the value, all bits set for none.
func (d *loader) loadHashTimed(t Type, put func(field, value []byte, ms int64) error) error {
	valkey := t == typeHashValkey && d.version >= valkeyVersion
	first := uint64(0)
	var err error
	if t == typeHashTimed {
		if first, err = d.in.uint64(); err != nil {
			return err
		}
	}
	n, err := d.in.length()
	if err != nil {
		return err
	}
	var value []byte
	for range n {
		ms := uint64(0)
		if !valkey {
			if ms, err = d.in.length(); err != nil {
				return err
			}
			if ms != 0 && t == typeHashTimed {
				ms += first - 1
			}
		}
		b, err := d.in.string()
		if err != nil {
			return err
		}
		d.field = append(d.field[:0], b...)
		if b, err = d.in.string(); err != nil {
			return err
		}
		if valkey {
			value = append(value[:0], b...)
			b = value
			if ms, err = d.in.uint64(); err != nil {
				return err
			}
			if ms == math.MaxUint64 {
				ms = 0
			}
		}
		if err := put(d.field, b, int64(ms)); err != nil {
			return err
		}
	}
	return nil
}

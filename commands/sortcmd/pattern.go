package sortcmd

import (
	"bytes"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/hash"
	"github.com/medleydb/medley/datatypes/str"
	"github.com/medleydb/medley/keyspace"
)

// A pattern names a key, or with -> a field of a hash, after an element, which takes the
// place of its star; # is the element itself.
type pattern struct {
	self, star    bool
	before, after []byte
	field         []byte // nil for none
}

func hasStar(text []byte) bool { return bytes.IndexByte(text, '*') >= 0 }

// parsePattern borrows the text.
func parsePattern(text []byte) pattern {
	before, after, star := bytes.Cut(text, []byte("*"))
	p := pattern{self: string(text) == "#", star: star, before: before, after: after}
	if key, field, ok := bytes.Cut(after, []byte("->")); ok && len(field) > 0 {
		p.after, p.field = key, field
	}
	return p
}

// A lookup looks up what patterns name.
type lookup struct {
	key     []byte
	scratch [32]byte
	found   datatypes.Value
}

// value returns what the pattern names for the element, nil and false when that is nothing
// or of another kind. It is good until the next call.
func (l *lookup) value(tx *keyspace.Tx, p *pattern, elem []byte) ([]byte, bool) {
	if p.self {
		return elem, true
	}
	if !p.star {
		return nil, false
	}
	l.key = append(append(append(l.key[:0], p.before...), elem...), p.after...)
	if !tx.Lookup(l.key, &l.found) {
		return nil, false
	}
	var b []byte
	if p.field != nil {
		if l.found.Kind != datatypes.Hash {
			return nil, false
		}
		v, st := hash.Hash{}.Of(&l.found).Get(p.field, l.scratch[:0])
		if st != hash.Live {
			return nil, false
		}
		b = v
	} else {
		if l.found.Kind != datatypes.String {
			return nil, false
		}
		b = str.String{}.Of(&l.found).Bytes(l.scratch[:0])
	}
	if b == nil {
		b = []byte{}
	}
	return b, true
}

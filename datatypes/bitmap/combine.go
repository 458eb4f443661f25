package bitmap

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/str"
)

// An Op joins bitmaps bit by bit. Shorter ones count as if zero bytes followed.
type Op uint8

// The operations. X is the first bitmap, Y are the others.
const (
	And Op = iota
	Or
	Xor
	Not   // of X alone
	Diff  // in X and in none of Y
	Diff1 // in one of Y or more, and not in X
	AndOr // in X and in one of Y or more
	One   // in exactly one of all
)

// A Result is a bitmap that Combine has made: a string in one of the two forms.
type Result struct {
	sparse *sparse
	bytes  []byte
}

// Len returns the length in bytes.
func (r Result) Len() int64 {
	if r.sparse != nil {
		return r.sparse.length
	}
	return int64(len(r.bytes))
}

// Adopt makes the string the result.
func (b Bitmap) Adopt(r Result) {
	if r.sparse != nil {
		b.v.SetObject(str.Sparse, r.sparse)
		return
	}
	b.str().Adopt(r.bytes)
}

// Combine joins bitmaps; the result is as long as the longest.
//
// Compressed bitmaps are joined as such. Where bytes are among them, what is
// certainly no more than one compressed bitmap is that bitmap less the bits that
// the bytes rule out; and bytes much shorter than the result are compressed first.
// All others are joined as bytes, a piece of each at a time that the cache holds.
func Combine(env *datatypes.Env, op Op, list []Bitmap) Result {
	length, plain, compressed := int64(0), int64(0), -1
	for i, b := range list {
		n := b.Len()
		length = max(length, n)
		if b.sparse() == nil {
			plain += n
		} else if compressed < 0 {
			compressed = i
		}
	}
	if op == And && compressed > 0 { // any of them may stand first
		list = slices.Clone(list)
		list[0], list[compressed] = list[compressed], list[0]
		compressed = 0
	}
	narrowing := (op == And || op == Diff) && compressed == 0
	fits := length <= int64(env.Limits.MaxString)
	if fits && (compressed < 0 || !narrowing && plain > length/4) {
		return Result{bytes: combineBytes(op, list, length)}
	}
	s := combineSparse(op, list, length)
	if fits && !s.pays() {
		return Result{bytes: s.AppendRange(make([]byte, 0, length), 0, int(length))}
	}
	return Result{sparse: s}
}

// combineSparse joins bitmaps compressed, the bits of 2^32 offsets at a time.
func combineSparse(op Op, list []Bitmap, length int64) *sparse {
	out := &sparse{length: length}
	sources := make([]source, len(list))
	for i, b := range list {
		if sources[i].bits = b.sparse(); sources[i].bits != nil {
			continue
		}
		var scratch [numberText]byte
		p := b.bytes(&scratch)
		if i > 0 && (op == And || op == Diff) {
			sources[i].bytes = p
		} else {
			sources[i].bits = compress(p, int64(len(p)))
		}
	}
	for base := int64(0); base < length*8; base += 1 << 32 {
		high := uint32(base >> 32)
		if b := joinBits(op, sources, high, uint64(min(length*8-base, 1<<32))); b != nil && !b.IsEmpty() {
			out.put(high, b)
		}
	}
	out.recount()
	return out
}

// A source is a compressed bitmap, or bytes that bits are looked up in.
type source struct {
	bits  *sparse
	bytes []byte
}

// joinBits joins the bits with the upper 32 bits; nbits is how many of them the
// result has. It returns nil where none is set, and nothing of a source.
func joinBits(op Op, list []source, high uint32, nbits uint64) *roaring.Bitmap {
	get := func(i int) *roaring.Bitmap {
		if b := list[i].bits.at(high); b != nil {
			return b
		}
		return roaring.New()
	}
	x := get(0)
	switch op {
	case Not:
		out := roaring.Flip(x, 0, nbits)
		out.RunOptimize()
		return out
	case And, Diff:
		return narrow(x, op, list[1:], high)
	case Or, Xor:
		out := x.Clone()
		for i := 1; i < len(list); i++ {
			if op == Or {
				out.Or(get(i))
			} else {
				out = roaring.Xor(out, get(i)) // in place, the library spoils the other one
			}
		}
		return out
	case One:
		once, many := x.Clone(), roaring.New()
		for i := 1; i < len(list); i++ {
			y := get(i)
			many.Or(roaring.And(once, y))
			once.Or(y)
		}
		once.AndNot(many)
		return once
	}
	some := roaring.New()
	for i := 1; i < len(list); i++ {
		some.Or(get(i))
	}
	if op == Diff1 {
		some.AndNot(x)
		return some
	}
	some.And(x)
	return some
}

// narrow returns x less what the other bitmaps rule out: with And the bits that are not
// in each of them, else (Diff) those that are in one.
func narrow(x *roaring.Bitmap, op Op, others []source, high uint32) *roaring.Bitmap {
	var out *roaring.Bitmap
	for _, o := range others {
		if o.bits == nil {
			continue
		}
		y := o.bits.at(high)
		if y == nil {
			y = roaring.New()
		}
		switch {
		case out == nil && op == And:
			out = roaring.And(x, y)
		case out == nil:
			out = roaring.AndNot(x, y)
		case op == And:
			out.And(y)
		default:
			out.AndNot(y)
		}
	}
	if out == nil {
		out = x
	}
	for _, o := range others {
		if o.bits == nil {
			out = filter(out, o.bytes, high, op == And)
		}
	}
	if out == x {
		out = x.Clone()
	}
	return out
}

// filter returns the bits of x that are set in p, or clear.
func filter(x *roaring.Bitmap, p []byte, high uint32, set bool) *roaring.Bitmap {
	out := roaring.New()
	if start := int64(high) << 29; start < int64(len(p)) {
		p = p[start:]
	} else {
		p = nil
	}
	var in, keep [1024]uint32
	it := x.ManyIterator()
	for n := it.NextMany(in[:]); n > 0; n = it.NextMany(in[:]) {
		k := 0
		for _, v := range in[:n] {
			is := uint64(v>>3) < uint64(len(p)) && p[v>>3]&(0x80>>(v&7)) != 0
			if is == set {
				keep[k] = v
				k++
			}
		}
		out.AddMany(keep[:k])
	}
	return out
}

// piece is how many bytes of each bitmap are joined at a time.
const piece = 8 << 10

// combineBytes joins bitmaps as bytes.
func combineBytes(op Op, list []Bitmap, length int64) []byte {
	out := make([]byte, length)
	texts := make([][numberText]byte, len(list))
	sources := make([]reader, len(list))
	for i, b := range list {
		if s := b.sparse(); s != nil {
			sources[i].sparse = s
		} else {
			sources[i].bytes = b.bytes(&texts[i])
		}
	}
	var many []byte
	if op == One {
		many = make([]byte, piece)
	}
	for at := 0; at < len(out); at += piece {
		dst := out[at:min(at+piece, len(out))]
		joinPiece(op, sources, dst, many, at)
	}
	return out
}

// joinPiece joins the bytes from at on to dst, which is zero bytes.
func joinPiece(op Op, list []reader, dst, many []byte, at int) {
	first := list[0].piece(at, len(dst))
	if op == Diff1 || op == AndOr {
		for i := 1; i < len(list); i++ {
			p := list[i].piece(at, len(dst))
			orWords(dst[:len(p)], p)
		}
		if op == Diff1 {
			andNotWords(dst[:len(first)], first)
		} else {
			andWords(dst[:len(first)], first)
			clear(dst[len(first):])
		}
		return
	}
	copy(dst, first)
	switch op {
	case Not:
		notWords(dst)
		return
	case One:
		clear(many)
	}
	for i := 1; i < len(list); i++ {
		p := list[i].piece(at, len(dst))
		switch op {
		case And:
			andWords(dst[:len(p)], p)
			clear(dst[len(p):])
		case Or:
			orWords(dst[:len(p)], p)
		case Xor:
			xorWords(dst[:len(p)], p)
		case Diff:
			andNotWords(dst[:len(p)], p)
		case One:
			oneWords(dst[:len(p)], many, p)
		}
	}
	if op == One {
		andNotWords(dst, many[:len(dst)])
	}
}

// A reader gives out the bytes of a bitmap in pieces.
type reader struct {
	bytes  []byte
	sparse *sparse
	buf    []byte
}

// piece returns up to n bytes from at on, fewer where the bitmap ends.
func (r *reader) piece(at, n int) []byte {
	if r.sparse == nil {
		if at >= len(r.bytes) {
			return nil
		}
		return r.bytes[at:min(at+n, len(r.bytes))]
	}
	if at >= r.sparse.Len() {
		return nil
	}
	r.buf = r.sparse.AppendRange(r.buf[:0], at, min(at+n, r.sparse.Len()))
	return r.buf
}

package command

// Reply takes a command's reply, front to back: scalars, and aggregates as a
// header that the elements follow. The RESP writer and Capture implement it; a
// handler never asks which, nor which protocol version is spoken.
type Reply interface {
	OK()
	Status(text string)
	Error(text string) // CODE message
	Int(n int64)
	Bulk(b []byte)
	BulkString(s string)
	Null()      // RESP2: null bulk string
	NullArray() // RESP2: null array
	Double(f float64)
	// DoubleText is Double for a number of more precision, by its decimal text.
	DoubleText(text []byte)
	Bool(b bool)               // RESP2: 1 or 0
	BigNumber(s string)        // RESP2: bulk string
	Verbatim(fmt, text string) // RESP2: bulk string

	Array(n int)
	Map(pairs int) // RESP2: array of twice as many
	Set(n int)     // RESP2: array
	Push(n int)    // RESP2: array
	// Pairs opens an array of n pairs, each opened by Pair: nested arrays in
	// RESP3, flat in RESP2.
	Pairs(n int)
	Pair()
	// Rows opens n rows, each opened by Row, of a key and its value: a map in RESP3, an
	// array of pairs in RESP2.
	Rows(n int)
	Row()
	// Attr opens attributes, pairs of a name and a value, of the value that
	// follows them. RESP2 has none: there it must not be called.
	Attr(pairs int)
	// Open opens an array whose length is known when Close is called with the
	// mark that Open returned.
	Open() (mark int)
	Close(mark, n int)

	// SetProto makes what follows RESP2 or RESP3.
	SetProto(version int)

	// Len returns a mark of how much has been written, and Truncate takes back
	// all behind a mark.
	Len() int
	Truncate(mark int)
}

// Replay writes a captured value to r.
func Replay(r Reply, v Value) {
	if len(v.Attrs) > 0 {
		r.Attr(len(v.Attrs) / 2)
		replayAll(r, v.Attrs)
	}
	switch v.Kind {
	case Null:
		r.Null()
	case NullArray:
		r.NullArray()
	case Status:
		r.Status(v.Str)
	case Error:
		r.Error(v.Str)
	case Int:
		r.Int(v.Int)
	case Bulk:
		r.BulkString(v.Str)
	case Double:
		r.Double(v.Float)
	case Bool:
		r.Bool(v.Int != 0)
	case BigNumber:
		r.BigNumber(v.Str)
	case Verbatim:
		r.Verbatim(v.Format, v.Str)
	case Array:
		r.Array(len(v.Elems))
	case Map:
		r.Map(len(v.Elems) / 2)
	case Set:
		r.Set(len(v.Elems))
	case Push:
		r.Push(len(v.Elems))
	}
	replayAll(r, v.Elems)
}

func replayAll(r Reply, list []Value) {
	for _, v := range list {
		Replay(r, v)
	}
}

package command

import "github.com/medleydb/medley/datatypes"

// A Capture keeps replies as values, for Do, scripts and commands that are served
// while their client waits. The zero Capture captures RESP3.
type Capture struct {
	// RESP2 makes aggregates and scalars those of RESP2: no maps, sets, doubles.
	RESP2 bool

	done  []Value
	stack []frame
	attrs []Value // of the value that comes next
}

type frame struct {
	v    Value
	want int // elements; -1 in an open array
	attr bool
}

// Values returns the complete values.
func (c *Capture) Values() []Value { return c.done }

// Value returns the first complete value.
func (c *Capture) Value() Value {
	if len(c.done) == 0 {
		return Value{}
	}
	return c.done[0]
}

// Reset forgets everything.
func (c *Capture) Reset() { c.done, c.stack, c.attrs = nil, nil, nil }

func (c *Capture) put(v Value) {
	if c.attrs != nil {
		v.Attrs, c.attrs = c.attrs, nil
	}
	for {
		if len(c.stack) == 0 {
			c.done = append(c.done, v)
			return
		}
		f := &c.stack[len(c.stack)-1]
		f.v.Elems = append(f.v.Elems, v)
		if f.want < 0 || len(f.v.Elems) < f.want {
			return
		}
		v = f.v
		attr := f.attr
		c.stack = c.stack[:len(c.stack)-1]
		if attr {
			c.attrs = v.Elems
			return
		}
	}
}

func (c *Capture) open(k Kind, n int) {
	if n == 0 {
		c.put(Value{Kind: k, Elems: []Value{}})
		return
	}
	c.stack = append(c.stack, frame{v: Value{Kind: k, Elems: make([]Value, 0, max(n, 0)), Attrs: c.attrs}, want: n})
	c.attrs = nil
}

func (c *Capture) OK()                 { c.put(Value{Kind: Status, Str: "OK"}) }
func (c *Capture) Status(text string)  { c.put(Value{Kind: Status, Str: text}) }
func (c *Capture) Error(text string)   { c.put(Value{Kind: Error, Str: text}) }
func (c *Capture) Int(n int64)         { c.put(Value{Kind: Int, Int: n}) }
func (c *Capture) Bulk(b []byte)       { c.put(Value{Kind: Bulk, Str: string(b)}) }
func (c *Capture) BulkString(s string) { c.put(Value{Kind: Bulk, Str: s}) }
func (c *Capture) Null()               { c.put(Value{Kind: Null}) }

func (c *Capture) NullArray() {
	if c.RESP2 {
		c.put(Value{Kind: NullArray})
		return
	}
	c.put(Value{Kind: Null})
}

func (c *Capture) Double(f float64) {
	if c.RESP2 {
		c.BulkString(FormatDouble(f))
		return
	}
	c.put(Value{Kind: Double, Float: f})
}

func (c *Capture) DoubleText(text []byte) {
	if c.RESP2 {
		c.Bulk(text)
		return
	}
	f, _ := datatypes.ParseFloat(text)
	c.put(Value{Kind: Double, Float: f, Str: string(text)})
}

func (c *Capture) Bool(b bool) {
	v := Value{Kind: Bool}
	if c.RESP2 {
		v.Kind = Int
	}
	if b {
		v.Int = 1
	}
	c.put(v)
}

func (c *Capture) BigNumber(s string) { c.text(BigNumber, "", s) }

func (c *Capture) Verbatim(format, text string) { c.text(Verbatim, format, text) }

func (c *Capture) text(k Kind, format, s string) {
	if c.RESP2 {
		c.BulkString(s)
		return
	}
	c.put(Value{Kind: k, Format: format, Str: s})
}

func (c *Capture) Array(n int) { c.open(Array, n) }

func (c *Capture) Map(pairs int) {
	if c.RESP2 {
		c.open(Array, 2*pairs)
		return
	}
	c.open(Map, 2*pairs)
}

func (c *Capture) Set(n int) { c.aggregate(Set, n) }

func (c *Capture) Push(n int) { c.aggregate(Push, n) }

func (c *Capture) aggregate(k Kind, n int) {
	if c.RESP2 {
		k = Array
	}
	c.open(k, n)
}

func (c *Capture) Attr(pairs int) {
	c.stack = append(c.stack, frame{v: Value{Elems: make([]Value, 0, 2*pairs)}, want: 2 * pairs, attr: true})
}

func (c *Capture) Pairs(n int) {
	if c.RESP2 {
		n *= 2
	}
	c.open(Array, n)
}

func (c *Capture) Pair() {
	if !c.RESP2 {
		c.open(Array, 2)
	}
}

func (c *Capture) Rows(n int) {
	if c.RESP2 {
		c.open(Array, n)
		return
	}
	c.open(Map, 2*n)
}

func (c *Capture) Row() {
	if c.RESP2 {
		c.open(Array, 2)
	}
}

func (c *Capture) Open() int {
	c.stack = append(c.stack, frame{v: Value{Kind: Array, Elems: []Value{}}, want: -1})
	return len(c.stack)
}

func (c *Capture) Close(mark, _ int) {
	v := c.stack[mark-1].v
	c.stack = c.stack[:mark-1]
	c.put(v)
}

func (c *Capture) SetProto(version int) { c.RESP2 = version == 2 }

// Len counts values of the outermost open aggregate; a command's reply starts
// with none open, or inside the array of an EXEC.
func (c *Capture) Len() int {
	if n := len(c.stack); n > 0 {
		return n<<32 | len(c.stack[n-1].v.Elems)
	}
	return len(c.done)
}

func (c *Capture) Truncate(mark int) {
	depth, n := mark>>32, mark&(1<<32-1)
	c.stack = c.stack[:depth]
	if depth > 0 {
		f := &c.stack[depth-1]
		f.v.Elems = f.v.Elems[:n]
		return
	}
	c.done = c.done[:n]
}

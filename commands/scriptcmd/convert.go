package scriptcmd

import (
	"math"
	"strings"

	glua "github.com/yuin/gopher-lua"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
)

// A luaReply makes values of Lua of a command's reply. It implements command.Reply.
type luaReply struct {
	L     *glua.LState
	resp3 bool
	drop  bool        // nobody looks at it, but at errors
	value glua.LValue // once it is complete
	done  int
	stack []luaFrame
}

var _ command.Reply = (*luaReply)(nil)

// A luaFrame is an aggregate that is not complete.
type luaFrame struct {
	to    *glua.LTable // what the elements go into
	whole *glua.LTable // what the parent is given
	kind  luaKind
	want  int // elements; -1 where Close tells
	n     int
	key   glua.LValue
}

type luaKind uint8

const (
	luaArray luaKind = iota
	luaMap
	luaSet
	luaAttrs // whose elements nobody sees
)

func (r *luaReply) reset() { r.value, r.done, r.stack = nil, 0, r.stack[:0] }

func (r *luaReply) put(v glua.LValue) {
	for {
		if len(r.stack) == 0 {
			r.value = v
			r.done++
			return
		}
		f := &r.stack[len(r.stack)-1]
		f.add(v)
		if f.want < 0 || f.n < f.want {
			return
		}
		v = r.pop()
		if v == nil {
			return
		}
	}
}

// pop closes the innermost aggregate; nil for attributes.
func (r *luaReply) pop() glua.LValue {
	f := r.stack[len(r.stack)-1]
	r.stack = r.stack[:len(r.stack)-1]
	if f.kind == luaAttrs {
		return nil
	}
	return f.whole
}

func (f *luaFrame) add(v glua.LValue) {
	f.n++
	switch f.kind {
	case luaArray:
		f.to.RawSetInt(f.n, v)
	case luaSet:
		f.to.RawSet(v, glua.LTrue)
	case luaMap:
		if f.n%2 == 1 {
			f.key = v
		} else if f.key != glua.LNil {
			f.to.RawSet(f.key, v)
		}
	}
}

// maxPrepared is for how many elements a table is made at once: the number is only a promise.
const maxPrepared = 1024

func (r *luaReply) open(kind luaKind, n int) {
	t := r.L.CreateTable(min(max(n, 0), maxPrepared), 0)
	whole := t
	if kind != luaArray {
		t, whole = r.L.CreateTable(0, min(n, maxPrepared)), r.L.CreateTable(0, 1)
		name := "map"
		if kind == luaSet {
			name = "set"
		}
		whole.RawSetString(name, t)
	}
	if n == 0 {
		if kind != luaAttrs {
			r.put(whole)
		}
		return
	}
	r.stack = append(r.stack, luaFrame{to: t, whole: whole, kind: kind, want: n})
}

func (r *luaReply) table(key string, v glua.LValue) *glua.LTable {
	t := r.L.CreateTable(0, 1)
	t.RawSetString(key, v)
	return t
}

func (r *luaReply) null() glua.LValue {
	if r.resp3 {
		return glua.LNil
	}
	return glua.LFalse
}

func (r *luaReply) OK()         { r.Status("OK") }
func (r *luaReply) Int(n int64) { r.put(glua.LNumber(n)) }
func (r *luaReply) Null()       { r.put(r.null()) }

func (r *luaReply) Status(text string) {
	if r.drop {
		r.put(glua.LTrue)
		return
	}
	r.put(r.table("ok", glua.LString(text)))
}

func (r *luaReply) Bulk(b []byte) {
	if r.drop {
		r.put(glua.LTrue)
		return
	}
	r.put(glua.LString(b))
}

func (r *luaReply) BulkString(s string) {
	if r.drop {
		r.put(glua.LTrue)
		return
	}
	r.put(glua.LString(s))
}
func (r *luaReply) NullArray() { r.put(r.null()) }

func (r *luaReply) Error(text string) { r.put(errorTable(r.L, text)) }

// errorTable is an error as scripts see it, which has been counted.
func errorTable(L *glua.LState, text string) *glua.LTable {
	t := L.CreateTable(0, 2)
	t.RawSetString("err", glua.LString(text))
	t.RawSetString("ignore_error_stats_update", glua.LTrue)
	return t
}

func (r *luaReply) Double(f float64) {
	if !r.resp3 {
		r.BulkString(command.FormatDouble(f))
		return
	}
	r.put(r.table("double", glua.LNumber(f)))
}

func (r *luaReply) DoubleText(text []byte) {
	if !r.resp3 {
		r.Bulk(text)
		return
	}
	f, _ := datatypes.ParseFloat(text)
	r.put(r.table("double", glua.LNumber(f)))
}

func (r *luaReply) Bool(b bool) {
	switch {
	case r.resp3:
		r.put(glua.LBool(b))
	case b:
		r.Int(1)
	default:
		r.Int(0)
	}
}

func (r *luaReply) BigNumber(s string) {
	if !r.resp3 {
		r.BulkString(s)
		return
	}
	r.put(r.table("big_number", glua.LString(s)))
}

func (r *luaReply) Verbatim(format, text string) {
	if !r.resp3 {
		r.BulkString(text)
		return
	}
	t := r.L.CreateTable(0, 2)
	t.RawSetString("string", glua.LString(text))
	t.RawSetString("format", glua.LString(format))
	r.put(r.table("verbatim_string", t))
}

func (r *luaReply) Array(n int) { r.open(luaArray, n) }

func (r *luaReply) Map(pairs int) {
	if r.resp3 {
		r.open(luaMap, 2*pairs)
		return
	}
	r.open(luaArray, 2*pairs)
}

func (r *luaReply) Set(n int) {
	if r.resp3 {
		r.open(luaSet, n)
		return
	}
	r.open(luaArray, n)
}

func (r *luaReply) Push(n int) { r.open(luaArray, n) }

func (r *luaReply) Attr(pairs int) { r.open(luaAttrs, 2*pairs) }

func (r *luaReply) Pairs(n int) {
	if !r.resp3 {
		n *= 2
	}
	r.open(luaArray, n)
}

func (r *luaReply) Pair() {
	if r.resp3 {
		r.open(luaArray, 2)
	}
}

func (r *luaReply) Rows(n int) {
	if r.resp3 {
		r.open(luaMap, 2*n)
		return
	}
	r.open(luaArray, n)
}

func (r *luaReply) Row() {
	if !r.resp3 {
		r.open(luaArray, 2)
	}
}

func (r *luaReply) Open() int {
	t := r.L.CreateTable(8, 0)
	r.stack = append(r.stack, luaFrame{to: t, whole: t, kind: luaArray, want: -1})
	return len(r.stack)
}

func (r *luaReply) Close(mark, _ int) {
	v := r.stack[mark-1].whole
	r.stack = r.stack[:mark-1]
	r.put(v)
}

func (r *luaReply) SetProto(version int) { r.resp3 = version == 3 }

// Len and Truncate know whole replies only: a script keeps one reply at a time.
func (r *luaReply) Len() int { return r.done }

func (r *luaReply) Truncate(mark int) {
	r.stack = r.stack[:0]
	if mark < r.done {
		r.value, r.done = nil, mark
	}
}

// A passing reply is that of a script which returns what a command replies, in RESP2: it is what
// would have come of the values of Lua between the two. An error it keeps, since that is
// the script's to raise.
type passing struct {
	command.Reply
	failed string
	on     bool // for the next command
	wrote  bool
}

func (r *passing) Error(text string)       { r.failed = text }
func (r *passing) Status(text string)      { r.Reply.Status(oneLine(text)) }
func (r *passing) Int(n int64)             { r.Reply.Int(truncated(float64(n))) }
func (r *passing) NullArray()              { r.Null() }
func (r *passing) Double(f float64)        { r.BulkString(command.FormatDouble(f)) }
func (r *passing) DoubleText(text []byte)  { r.Bulk(text) }
func (r *passing) BigNumber(s string)      { r.BulkString(s) }
func (r *passing) Verbatim(_, text string) { r.BulkString(text) }
func (r *passing) Map(pairs int)           { r.Array(2 * pairs) }
func (r *passing) Set(n int)               { r.Array(n) }
func (r *passing) Push(n int)              { r.Array(n) }
func (r *passing) Pairs(n int)             { r.Array(2 * n) }
func (r *passing) Pair()                   {}
func (r *passing) Rows(n int)              { r.Array(n) }
func (r *passing) Row()                    { r.Array(2) }
func (r *passing) SetProto(int)            {}
func (r *passing) Bool(b bool) {
	if b {
		r.Int(1)
	} else {
		r.Int(0)
	}
}

// maxReplyDepth is how deep a table may be that becomes a reply.
const maxReplyDepth = 1000

// A replier writes what a script has returned. Whether there is RESP3 is for the reply to know;
// but a false of RESP2 is a null.
type replier struct {
	r     command.Reply
	stats *command.Stats
	resp3 bool // the script has chosen it
}

func (w *replier) write(v glua.LValue, depth int) {
	switch v := v.(type) {
	case glua.LString:
		w.r.BulkString(string(v))
	case glua.LNumber:
		w.r.Int(truncated(float64(v)))
	case glua.LBool:
		switch {
		case w.resp3:
			w.r.Bool(bool(v))
		case bool(v):
			w.r.Int(1)
		default:
			w.r.Null()
		}
	case *glua.LTable:
		if depth > maxReplyDepth {
			w.r.Error("ERR reached lua stack limit")
			return
		}
		w.table(v, depth)
	default:
		w.r.Null()
	}
}

// truncated is what C makes of a double that is to be an integer.
func truncated(f float64) int64 {
	if f != f || f >= 1<<63 || f < -1<<63 {
		return math.MinInt64
	}
	return int64(f)
}

// table writes a table as what it says it is: the first of these fields that has the right
// type decides; an array else, up to its first nil.
func (w *replier) table(t *glua.LTable, depth int) {
	if s, ok := field(t, "err").(glua.LString); ok {
		text := oneLine(string(s))
		if field(t, "ignore_error_stats_update") == glua.LNil {
			w.stats.CountError(command.ErrorCode(text))
		}
		w.r.Error(text)
		return
	}
	if s, ok := field(t, "ok").(glua.LString); ok {
		w.r.Status(oneLine(string(s)))
		return
	}
	if f, ok := field(t, "double").(glua.LNumber); ok {
		w.r.Double(float64(f))
		return
	}
	if m, ok := field(t, "map").(*glua.LTable); ok {
		w.pairs(m, depth)
		return
	}
	if m, ok := field(t, "set").(*glua.LTable); ok {
		w.r.Set(countOf(m))
		for k, _ := m.Next(glua.LNil); k != glua.LNil; k, _ = m.Next(k) {
			w.write(k, depth+1)
		}
		return
	}
	if s, ok := field(t, "big_number").(glua.LString); ok {
		w.r.BigNumber(oneLine(string(s)))
		return
	}
	if x, ok := field(t, "verbatim_string").(*glua.LTable); ok {
		text, ok1 := field(x, "string").(glua.LString)
		format, ok2 := field(x, "format").(glua.LString)
		if ok1 && ok2 {
			w.r.Verbatim((string(format) + "   ")[:3], string(text))
			return
		}
	}
	n := 0
	for w.element(t, n+1) != glua.LNil {
		n++
	}
	w.r.Array(n)
	for i := 1; i <= n; i++ {
		w.write(w.element(t, i), depth+1)
	}
}

func (w *replier) pairs(m *glua.LTable, depth int) {
	w.r.Map(countOf(m))
	for k, v := m.Next(glua.LNil); k != glua.LNil; k, v = m.Next(k) {
		w.write(k, depth+1)
		w.write(v, depth+1)
	}
}

func (w *replier) element(t *glua.LTable, i int) glua.LValue { return t.RawGet(glua.LNumber(i)) }

func field(t *glua.LTable, name string) glua.LValue { return t.RawGetString(name) }

func countOf(t *glua.LTable) (n int) {
	for k, _ := t.Next(glua.LNil); k != glua.LNil; k, _ = t.Next(k) {
		n++
	}
	return n
}

// oneLine keeps an error or status a line.
func oneLine(s string) string {
	if !strings.ContainsAny(s, "\r\n") {
		return s
	}
	return strings.NewReplacer("\r", " ", "\n", " ").Replace(s)
}

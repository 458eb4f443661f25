package resp

import (
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
)

// A Writer appends replies to Buf. It implements command.Reply.
type Writer struct {
	Buf   []byte
	RESP3 bool
}

var _ command.Reply = (*Writer)(nil)

func (w *Writer) header(kind byte, n int64) {
	if uint64(n) < 10 {
		w.Buf = append(w.Buf, kind, '0'+byte(n), '\r', '\n')
		return
	}
	w.Buf = append(w.Buf, kind)
	w.Buf = strconv.AppendInt(w.Buf, n, 10)
	w.Buf = append(w.Buf, '\r', '\n')
}

func (w *Writer) line(kind byte, text string) {
	w.Buf = append(w.Buf, kind)
	at := len(w.Buf)
	w.Buf = append(w.Buf, text...)
	for i, c := range w.Buf[at:] {
		if c == '\r' || c == '\n' {
			w.Buf[at+i] = ' ' // a line must stay one
		}
	}
	w.Buf = append(w.Buf, '\r', '\n')
}

// OK implements command.Reply.
func (w *Writer) OK() { w.Buf = append(w.Buf, "+OK\r\n"...) }

// Status implements command.Reply.
func (w *Writer) Status(text string) { w.line('+', text) }

// Error implements command.Reply.
func (w *Writer) Error(text string) { w.line('-', text) }

// Int implements command.Reply.
func (w *Writer) Int(n int64) { w.header(':', n) }

// Bulk implements command.Reply.
func (w *Writer) Bulk(b []byte) {
	w.header('$', int64(len(b)))
	w.Buf = append(w.Buf, b...)
	w.Buf = append(w.Buf, '\r', '\n')
}

// BulkString implements command.Reply.
func (w *Writer) BulkString(s string) {
	w.header('$', int64(len(s)))
	w.Buf = append(w.Buf, s...)
	w.Buf = append(w.Buf, '\r', '\n')
}

// Null implements command.Reply.
func (w *Writer) Null() {
	if w.RESP3 {
		w.Buf = append(w.Buf, "_\r\n"...)
		return
	}
	w.Buf = append(w.Buf, "$-1\r\n"...)
}

// NullArray implements command.Reply.
func (w *Writer) NullArray() {
	if w.RESP3 {
		w.Buf = append(w.Buf, "_\r\n"...)
		return
	}
	w.Buf = append(w.Buf, "*-1\r\n"...)
}

// Double implements command.Reply.
func (w *Writer) Double(f float64) {
	var room [32]byte
	w.DoubleText(datatypes.FormatFloat(room[:0], f))
}

// DoubleText implements command.Reply.
func (w *Writer) DoubleText(text []byte) {
	if w.RESP3 {
		w.Buf = append(append(append(w.Buf, ','), text...), '\r', '\n')
		return
	}
	w.Bulk(text)
}

// Bool implements command.Reply.
func (w *Writer) Bool(b bool) {
	switch {
	case !w.RESP3 && b:
		w.Int(1)
	case !w.RESP3:
		w.Int(0)
	case b:
		w.Buf = append(w.Buf, "#t\r\n"...)
	default:
		w.Buf = append(w.Buf, "#f\r\n"...)
	}
}

// BigNumber implements command.Reply.
func (w *Writer) BigNumber(s string) {
	if w.RESP3 {
		w.line('(', s)
		return
	}
	w.BulkString(s)
}

// Verbatim implements command.Reply; format has three letters.
func (w *Writer) Verbatim(format, text string) {
	if !w.RESP3 {
		w.BulkString(text)
		return
	}
	w.header('=', int64(len(text)+4))
	w.Buf = append(w.Buf, format...)
	w.Buf = append(w.Buf, ':')
	w.Buf = append(w.Buf, text...)
	w.Buf = append(w.Buf, '\r', '\n')
}

// Array implements command.Reply.
func (w *Writer) Array(n int) { w.header('*', int64(n)) }

// Map implements command.Reply.
func (w *Writer) Map(pairs int) {
	if w.RESP3 {
		w.header('%', int64(pairs))
		return
	}
	w.header('*', int64(2*pairs))
}

// Set implements command.Reply.
func (w *Writer) Set(n int) { w.aggregate('~', n) }

// Push implements command.Reply.
func (w *Writer) Push(n int) { w.aggregate('>', n) }

func (w *Writer) aggregate(kind byte, n int) {
	if !w.RESP3 {
		kind = '*'
	}
	w.header(kind, int64(n))
}

// Attr implements command.Reply.
func (w *Writer) Attr(pairs int) { w.header('|', int64(pairs)) }

// Pairs implements command.Reply.
func (w *Writer) Pairs(n int) {
	if !w.RESP3 {
		n *= 2
	}
	w.header('*', int64(n))
}

// Pair implements command.Reply.
func (w *Writer) Pair() {
	if w.RESP3 {
		w.header('*', 2)
	}
}

// Rows implements command.Reply.
func (w *Writer) Rows(n int) { w.aggregate('%', n) }

// Row implements command.Reply.
func (w *Writer) Row() {
	if !w.RESP3 {
		w.header('*', 2)
	}
}

// Open implements command.Reply.
func (w *Writer) Open() int { return len(w.Buf) }

// Close implements command.Reply: the header is put in front of what was
// written since Open.
func (w *Writer) Close(mark, n int) {
	var buf [24]byte
	h := append(strconv.AppendInt(append(buf[:0], '*'), int64(n), 10), '\r', '\n')
	end := len(w.Buf)
	w.Buf = append(w.Buf, h...)
	copy(w.Buf[mark+len(h):], w.Buf[mark:end])
	copy(w.Buf[mark:], h)
}

// SetProto implements command.Reply.
func (w *Writer) SetProto(version int) { w.RESP3 = version == 3 }

// Len implements command.Reply.
func (w *Writer) Len() int { return len(w.Buf) }

// Truncate implements command.Reply.
func (w *Writer) Truncate(mark int) { w.Buf = w.Buf[:mark] }

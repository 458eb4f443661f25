package resp

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/medleydb/medley/commands/command"
)

// ErrSyntax is the error of a reply that is no RESP.
var ErrSyntax = errors.New("resp: malformed reply")

const (
	maxReplyDepth = 128
	// Lengths are believed in steps, so that a hostile length costs nothing.
	lengthStep = 1 << 20
)

// A Reader reads replies, RESP2 and RESP3: the client's side of the protocol.
type Reader struct{ r *bufio.Reader }

// NewReader returns a reader of the replies in r.
func NewReader(r io.Reader) *Reader { return &Reader{bufio.NewReaderSize(r, 16<<10)} }

// Buffered reports whether a part of a reply has been read already.
func (r *Reader) Buffered() bool { return r.r.Buffered() > 0 }

// Read returns the next reply; push messages come as values of kind Push.
func (r *Reader) Read() (command.Value, error) { return r.read(0) }

func (r *Reader) read(depth int) (v command.Value, err error) {
	line, err := r.line()
	if err != nil {
		return v, err
	}
	if len(line) == 0 || depth > maxReplyDepth {
		return v, ErrSyntax
	}
	text := string(line[1:])
	switch line[0] {
	case '+':
		v.Kind, v.Str = command.Status, text
	case '-':
		v.Kind, v.Str = command.Error, text
	case ':':
		v.Kind = command.Int
		v.Int, err = strconv.ParseInt(text, 10, 64)
	case ',':
		v.Kind, v.Str = command.Double, text
		v.Float, err = parseDouble(text)
	case '#':
		v.Kind = command.Bool
		if text == "t" {
			v.Int = 1
		} else if text != "f" {
			err = ErrSyntax
		}
	case '(':
		v.Kind, v.Str = command.BigNumber, text
	case '_':
		v.Kind = command.Null
	case '$', '!', '=':
		return r.blob(line[0], text)
	case '*', '%', '~', '>', '|':
		return r.aggregate(line[0], text, depth)
	default:
		return v, fmt.Errorf("%w: type byte %q", ErrSyntax, line[0])
	}
	if err != nil {
		return v, fmt.Errorf("%w: %q", ErrSyntax, line)
	}
	return v, nil
}

func parseDouble(s string) (float64, error) {
	if s == "nan" || s == "-nan" {
		return math.NaN(), nil
	}
	return strconv.ParseFloat(s, 64)
}

func (r *Reader) line() ([]byte, error) {
	line, err := r.r.ReadSlice('\n')
	if err == bufio.ErrBufferFull {
		line = append([]byte(nil), line...)
		var rest []byte
		rest, err = r.r.ReadBytes('\n')
		line = append(line, rest...)
	}
	if err != nil {
		return nil, err
	}
	if len(line) < 2 || line[len(line)-2] != '\r' {
		return nil, ErrSyntax
	}
	return line[:len(line)-2], nil
}

func (r *Reader) blob(kind byte, text string) (v command.Value, err error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < -1 {
		return v, ErrSyntax
	}
	if n == -1 {
		return command.Value{Kind: command.Null}, nil
	}
	b := make([]byte, 0, min(n+2, lengthStep))
	for len(b) < n+2 {
		step := min(n+2-len(b), max(len(b), lengthStep))
		at := len(b)
		b = append(b, make([]byte, step)...)
		if _, err := io.ReadFull(r.r, b[at:]); err != nil {
			return v, err
		}
	}
	if b[n] != '\r' || b[n+1] != '\n' {
		return v, ErrSyntax
	}
	v.Str = string(b[:n])
	switch kind {
	case '$':
		v.Kind = command.Bulk
	case '!':
		v.Kind = command.Error
	case '=':
		if n < 4 || b[3] != ':' {
			return v, ErrSyntax
		}
		v.Kind, v.Format, v.Str = command.Verbatim, v.Str[:3], v.Str[4:]
	}
	return v, nil
}

func (r *Reader) aggregate(kind byte, text string, depth int) (v command.Value, err error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < -1 {
		return v, ErrSyntax
	}
	if n == -1 {
		return command.Value{Kind: command.NullArray}, nil
	}
	if kind == '%' || kind == '|' {
		n *= 2
	}
	elems := make([]command.Value, 0, min(n, 1024))
	for range n {
		e, err := r.read(depth + 1)
		if err != nil {
			return v, err
		}
		elems = append(elems, e)
	}
	switch kind {
	case '*':
		v.Kind = command.Array
	case '%':
		v.Kind = command.Map
	case '~':
		v.Kind = command.Set
	case '>':
		v.Kind = command.Push
	case '|':
		v, err = r.read(depth)
		v.Attrs = elems
		return v, err
	}
	v.Elems = elems
	return v, nil
}

// AppendCommand appends a command as clients send it: an array of bulk strings.
func AppendCommand(dst []byte, args ...string) []byte {
	dst = appendLength(dst, '*', len(args))
	for _, a := range args {
		dst = appendLength(dst, '$', len(a))
		dst = append(dst, a...)
		dst = append(dst, '\r', '\n')
	}
	return dst
}

func appendLength(dst []byte, kind byte, n int) []byte {
	dst = append(dst, kind)
	dst = strconv.AppendInt(dst, int64(n), 10)
	return append(dst, '\r', '\n')
}

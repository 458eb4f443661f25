package resp

import (
	"bytes"

	"github.com/medleydb/medley/datatypes"
)

// A ProtocolError is input that is no RESP; the connection ends after it has been
// answered.
type ProtocolError string

func (e ProtocolError) Error() string { return "Protocol error: " + string(e) }

const (
	maxInline     = 64 << 10 // bytes of an inline command, and of a length line
	maxArgs       = 1<<31 - 1
	maxArgsNoAuth = 10
	maxBulkNoAuth = 16 << 10
)

// A Parser cuts commands out of a connection's input. It remembers how far it got in
// a command that is not complete, so that input that comes in small pieces is
// looked at once.
type Parser struct {
	// MaxBulk is the longest argument in bytes.
	MaxBulk int
	// Guest restricts sizes until the client has authenticated.
	Guest bool

	pos   int // bytes of the present command that have been looked at
	left  int // arguments still to come, when inside one
	spans []span
	bulk  int // length of the argument that is awaited, -1 for none
	multi bool
}

type span struct{ from, to int }

// Pending returns the length of the input at which the command under way can
// go on: what is worth reading before the next call.
func (p *Parser) Pending() int {
	if p.multi && p.bulk >= 0 {
		return p.pos + p.bulk + 2
	}
	return p.pos + 1
}

// Cut returns how many bytes of the command under way have been cut into arguments and
// lengths.
func (p *Parser) Cut() int {
	if p.multi {
		return p.pos
	}
	return 0
}

// Forget drops what is known of a command that is not complete: the next call of Next
// may be given other input.
func (p *Parser) Forget() { p.multi, p.pos = false, 0 }

// Next cuts the next command out of in, which must start where the last command
// ended. It appends the arguments, which borrow in, to argv and returns the bytes
// that the command takes; 0 when it is not complete. A command may be empty.
func (p *Parser) Next(in []byte, argv [][]byte) (args [][]byte, n int, err error) {
	if !p.multi {
		if len(in) == 0 {
			return argv, 0, nil
		}
		if in[0] != '*' {
			return p.inline(in, argv)
		}
		if !p.Guest {
			if args, n := p.whole(in, argv); n > 0 {
				return args, n, nil
			}
		}
		count, at, err := number(in, 1, "multibulk length", "mbulk count")
		if err != nil || at == 0 {
			return argv, 0, err
		}
		if count > maxArgs {
			return argv, 0, ProtocolError("invalid multibulk length")
		}
		if p.Guest && count > maxArgsNoAuth {
			return argv, 0, ProtocolError("unauthenticated multibulk length")
		}
		if count <= 0 {
			return argv, at, nil
		}
		p.multi, p.left, p.bulk, p.pos = true, int(count), -1, at
		p.spans = p.spans[:0]
	}
	for p.left > 0 {
		more, err := p.bulkString(in)
		if err != nil || !more {
			return argv, 0, err
		}
	}
	for _, s := range p.spans {
		argv = append(argv, in[s.from:s.to:s.to])
	}
	p.multi = false
	if cap(p.spans) > 1024 {
		p.spans = nil
	}
	n, p.pos = p.pos, 0
	return argv, n, nil
}

// whole cuts a command that is complete and of the usual form, which has few arguments, none of
// them long; n is 0 for all others. In a pipeline it takes half of the time that Next takes
// to be ready for what may come in pieces.
func (p *Parser) whole(in []byte, argv [][]byte) (args [][]byte, n int) {
	count, at := shortLength(in, 1)
	for range count {
		if at >= len(in) || in[at] != '$' {
			return argv, 0
		}
		size, from := shortLength(in, at+1)
		end := from + size
		if from == 0 || size > p.MaxBulk || end+2 > len(in) || in[end] != '\r' || in[end+1] != '\n' {
			return argv, 0
		}
		argv = append(argv, in[from:end:end])
		at = end + 2
	}
	return argv, at
}

// shortLength reads a number of one to three digits, and the end of its line, and returns the
// position behind that, 0 where there is something else.
func shortLength(in []byte, pos int) (n, next int) {
	if pos+5 > len(in) {
		return 0, 0
	}
	s := in[pos : pos+5]
	n = int(s[0] - '0')
	if n > 9 {
		return 0, 0
	}
	k := 1
	for n > 0 && k < 3 && s[k]-'0' <= 9 {
		n = n*10 + int(s[k]-'0')
		k++
	}
	if s[k] != '\r' || s[k+1] != '\n' {
		return 0, 0
	}
	return n, pos + k + 2
}

// bulkString takes the next argument; false when it is not complete.
func (p *Parser) bulkString(in []byte) (bool, error) {
	if p.bulk < 0 {
		if p.pos >= len(in) {
			return false, nil
		}
		if in[p.pos] != '$' {
			return false, ProtocolError("expected '$', got '" + string(in[p.pos:p.pos+1]) + "'")
		}
		n, at, err := number(in, p.pos+1, "bulk length", "bulk count")
		if err != nil || at == 0 {
			return false, err
		}
		if n < 0 || n > int64(p.MaxBulk) {
			return false, ProtocolError("invalid bulk length")
		}
		if p.Guest && n > maxBulkNoAuth {
			return false, ProtocolError("unauthenticated bulk length")
		}
		p.bulk, p.pos = int(n), at
	}
	if len(in)-p.pos < p.bulk+2 {
		return false, nil
	}
	end := p.pos + p.bulk
	if in[end] != '\r' || in[end+1] != '\n' {
		return false, ProtocolError("invalid CRLF in request")
	}
	p.spans = append(p.spans, span{p.pos, end})
	p.pos = end + 2
	p.bulk = -1
	p.left--
	return true, nil
}

// number reads the integer at pos up to the end of its line and returns the position
// behind it, 0 when the line is not complete.
func number(in []byte, pos int, what, line string) (n int64, next int, err error) {
	// Nearly every length has one to three digits.
	for i := pos; i < len(in) && i < pos+10; i++ {
		c := in[i] - '0'
		if c > 9 {
			if in[i] == '\r' && i > pos && (in[pos] != '0' || i == pos+1) {
				if i+1 >= len(in) {
					return 0, 0, nil
				}
				if in[i+1] != '\n' {
					return 0, 0, ProtocolError("invalid CRLF in request")
				}
				return n, i + 2, nil
			}
			break
		}
		n = n*10 + int64(c)
	}
	return slowNumber(in, pos, what, line)
}

func slowNumber(in []byte, pos int, what, line string) (n int64, next int, err error) {
	end := bytes.IndexByte(in[pos:], '\r')
	if end < 0 {
		if len(in)-pos > maxInline {
			return 0, 0, ProtocolError("too big " + line + " string")
		}
		return 0, 0, nil
	}
	if pos+end+1 >= len(in) {
		return 0, 0, nil
	}
	if in[pos+end+1] != '\n' {
		return 0, 0, ProtocolError("invalid CRLF in request")
	}
	n, ok := datatypes.ParseInt(in[pos : pos+end])
	if !ok {
		return 0, 0, ProtocolError("invalid " + what)
	}
	return n, pos + end + 2, nil
}

// inline takes a command that is a line of words, as a person types it.
func (p *Parser) inline(in []byte, argv [][]byte) ([][]byte, int, error) {
	end := bytes.IndexByte(in, '\n')
	if end < 0 {
		if len(in) > maxInline {
			return argv, 0, ProtocolError("too big inline request")
		}
		return argv, 0, nil
	}
	line := bytes.TrimSuffix(in[:end], []byte{'\r'})
	argv, ok := datatypes.SplitWords(argv, line)
	if !ok {
		return argv, 0, ProtocolError("unbalanced quotes in request")
	}
	return argv, end + 1, nil
}

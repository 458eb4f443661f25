package aof

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/medleydb/medley/datatypes"
)

// Errors of reading, for errors.Is.
var (
	// ErrTruncated: the file ends within a command, or within a transaction.
	ErrTruncated = errors.New("aof: it ends within a command")
	// ErrFormat: the file holds something that is no command.
	ErrFormat = errors.New("aof: no command")
)

// A Command is one effect. Its bytes are good until the next call of Next.
type Command struct {
	DB   int
	Argv [][]byte
}

// A Reader reads the commands of a file. Those of a transaction it hands out only when the
// transaction is complete.
type Reader struct {
	r      *bufio.Reader
	offset int64 // of what is read next
	good   int64 // behind the last command that was handed out
	db     int

	frame  []byte // of the present command
	ends   []int  // of its words in frame
	argv   [][]byte
	queue  []Command // of a transaction that is complete
	queued int
}

// NewReader returns a Reader of what r holds, which stands at an offset of its file.
func NewReader(r io.Reader, offset int64) *Reader {
	return &Reader{r: bufio.NewReaderSize(r, 64<<10), offset: offset, good: offset}
}

// Good returns the offset behind the last command that was whole: what follows it may be cut off.
func (r *Reader) Good() int64 { return r.good }

// Next returns the next command; io.EOF behind the last. Errors: ErrTruncated, ErrFormat.
func (r *Reader) Next() (Command, error) {
	for {
		if r.queued < len(r.queue) {
			r.queued++
			return r.queue[r.queued-1], nil
		}
		argv, err := r.command()
		if err != nil {
			return Command{}, err
		}
		switch {
		case isWord(argv[0], "SELECT") && len(argv) == 2:
			if err := r.choose(argv[1]); err != nil {
				return Command{}, err
			}
		case isWord(argv[0], "MULTI") && len(argv) == 1:
			if err := r.transaction(); err != nil {
				return Command{}, err
			}
		case isWord(argv[0], "EXEC") && len(argv) == 1:
			return Command{}, r.fail("EXEC without MULTI")
		default:
			r.good = r.offset
			return Command{r.db, argv}, nil
		}
		r.good = r.offset
	}
}

// transaction reads the commands of a transaction up to EXEC.
func (r *Reader) transaction() error {
	r.queue, r.queued = r.queue[:0], 0
	db := r.db
	for {
		argv, err := r.command()
		if err != nil {
			r.queue, r.db = nil, db
			if err == io.EOF {
				err = fmt.Errorf("%w: a transaction has no end", ErrTruncated)
			}
			return err
		}
		switch {
		case isWord(argv[0], "EXEC") && len(argv) == 1:
			return nil
		case isWord(argv[0], "SELECT") && len(argv) == 2:
			if err := r.choose(argv[1]); err != nil {
				return err
			}
		default:
			c := Command{DB: r.db, Argv: make([][]byte, len(argv))}
			for i, a := range argv {
				c.Argv[i] = bytes.Clone(a)
			}
			r.queue = append(r.queue, c)
		}
	}
}

func (r *Reader) choose(arg []byte) error {
	n, ok := datatypes.ParseInt(arg)
	if !ok || n < 0 || n > 1<<31-1 {
		return r.fail("SELECT of no database")
	}
	r.db = int(n)
	return nil
}

func isWord(b []byte, word string) bool {
	return len(b) == len(word) && bytes.EqualFold(b, []byte(word))
}

func (r *Reader) fail(reason string) error {
	return fmt.Errorf("%w: %s (at byte %d)", ErrFormat, reason, r.offset)
}

// maxLine is the longest line in bytes in which a number stands.
const maxLine = 32

// command reads one frame; io.EOF where the file ends before it.
func (r *Reader) command() ([][]byte, error) {
	for {
		first, err := r.r.ReadByte()
		if err == io.EOF {
			return nil, io.EOF
		}
		if err != nil {
			return nil, err
		}
		switch first {
		case '#':
			line, err := r.r.ReadSlice('\n')
			if err == bufio.ErrBufferFull {
				return nil, r.fail("a line that is too long")
			}
			if err != nil {
				return nil, r.short(err)
			}
			r.offset += int64(len(line)) + 1
			continue
		case '*':
		default:
			return nil, r.fail("a command begins with *")
		}
		if err := r.r.UnreadByte(); err != nil {
			return nil, err
		}
		return r.words()
	}
}

func (r *Reader) words() ([][]byte, error) {
	read := int64(0)
	n, err := r.number('*', &read)
	if err != nil {
		return nil, err
	}
	if n < 1 {
		return nil, r.fail("a command without words")
	}
	if cap(r.frame) > 1<<20 {
		r.frame = nil // a large value need not stay
	}
	r.frame, r.ends = r.frame[:0], r.ends[:0]
	for range n {
		size, err := r.number('$', &read)
		if err != nil {
			return nil, err
		}
		// Memory grows with what has come, whatever the number says.
		for size > 0 {
			step := int(min(size, 64<<10))
			at := len(r.frame)
			r.frame = append(r.frame, make([]byte, step)...)
			if _, err := io.ReadFull(r.r, r.frame[at:]); err != nil {
				return nil, r.short(err)
			}
			read += int64(step)
			size -= int64(step)
		}
		r.ends = append(r.ends, len(r.frame))
		var end [2]byte
		if _, err := io.ReadFull(r.r, end[:]); err != nil {
			return nil, r.short(err)
		}
		if end != [2]byte{'\r', '\n'} {
			return nil, r.fail("a word is longer than it says")
		}
		read += 2
	}
	r.offset += read
	r.argv = r.argv[:0]
	from := 0
	for _, to := range r.ends {
		r.argv = append(r.argv, r.frame[from:to:to])
		from = to
	}
	return r.argv, nil
}

// number reads a line that is a mark and a number.
func (r *Reader) number(mark byte, read *int64) (int64, error) {
	line, err := r.r.ReadSlice('\n')
	if err != nil {
		if err == io.EOF && len(line) > 0 && line[0] != mark {
			return 0, r.fail("a number is missing")
		}
		if err == bufio.ErrBufferFull {
			return 0, r.fail("a number is missing")
		}
		return 0, r.short(err)
	}
	*read += int64(len(line))
	if len(line) < 4 || len(line) > maxLine || line[0] != mark || line[len(line)-2] != '\r' {
		return 0, r.fail("a number is missing")
	}
	n, ok := datatypes.ParseInt(line[1 : len(line)-2])
	if !ok || n < 0 || n > 1<<32 {
		return 0, r.fail("a number that is none")
	}
	return n, nil
}

// short returns the error of a file that ends here.
func (r *Reader) short(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w (at byte %d)", ErrTruncated, r.offset)
	}
	return err
}

// AppendCommand appends the frame of a command.
func AppendCommand(dst []byte, argv [][]byte) []byte {
	dst = appendHead(dst, '*', len(argv))
	for _, a := range argv {
		dst = appendHead(dst, '$', len(a))
		dst = append(dst, a...)
		dst = append(dst, '\r', '\n')
	}
	return dst
}

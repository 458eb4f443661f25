package rdb

import (
	"fmt"
	"io"

	"github.com/medleydb/medley/datatypes"
)

// Options say how a file is written.
type Options struct {
	// Version is that of the format: 10 for Redis 7.0, 11 for Redis 7.2 and Valkey 7.2 and
	// 8, 12 for Redis 7.4 and later, 80 for Valkey 9. 0 stands for 11.
	Version    int
	Compress   bool // long strings with LZF
	NoChecksum bool
}

// A Writer writes a file. Its methods keep the first error for Close.
type Writer struct {
	out     output
	version int
	db      int
}

// NewWriter returns a Writer to w. It keeps one buffer, and w need not have another.
func NewWriter(w io.Writer, o Options) (*Writer, error) {
	if o.Version == 0 {
		o.Version = 11
	}
	word := "REDIS%04d"
	if o.Version >= valkeyVersion {
		word = "VALKEY%03d"
	}
	if o.Version < 10 || !knownVersion(o.Version) {
		return nil, fmt.Errorf("%w %d", ErrVersion, o.Version)
	}
	x := &Writer{version: o.Version, db: -1}
	x.out = output{w: w, buf: make([]byte, 0, window+window/4), sum: !o.NoChecksum}
	if o.Compress {
		x.out.packer = new(packer)
	}
	x.out.buf = fmt.Appendf(x.out.buf, word, o.Version)
	return x, nil
}

// Aux writes a field about the file.
func (w *Writer) Aux(name, value string) {
	w.out.byte(opAux)
	w.out.string([]byte(name))
	w.out.string([]byte(value))
}

// Function writes the code of a library of functions.
func (w *Writer) Function(code []byte) {
	w.out.byte(opFunction)
	w.out.string(code)
}

// Database says that the keys that follow are in the database, and how many there are, with
// an expiry too, as a hint.
func (w *Writer) Database(db, keys, expires int) {
	w.choose(db)
	w.out.byte(opResize)
	w.out.numbers(uint64(keys), uint64(expires))
}

func (w *Writer) choose(db int) {
	if w.db != db {
		w.db = db
		w.out.byte(opSelect)
		w.out.length(uint64(db))
	}
}

// Meta is what there is to tell about a key beside its value.
type Meta struct {
	ExpiryMs int64 // Unix milliseconds, 0 for none
	IdleSec  int64 // since the last access; 0 is not written
	Freq     int   // counter of accesses, 0 to 255; 0 is not written
}

// Key writes a key and its value, which it reads without an Env.
func (w *Writer) Key(db int, key []byte, v *datatypes.Value, m Meta) error {
	o := &w.out
	w.choose(db)
	if m.ExpiryMs != 0 {
		o.byte(opExpiryMs)
		o.uint64(uint64(m.ExpiryMs))
	}
	if m.IdleSec > 0 {
		o.byte(opIdle)
		o.length(uint64(m.IdleSec))
	}
	if m.Freq > 0 {
		o.byte(opFreq)
		o.byte(byte(m.Freq))
	}
	bare := *v
	bare.Env = nil
	t, _ := typeOf(&bare, w.version)
	o.byte(byte(t))
	o.string(key)
	o.value(t, &bare)
	o.room()
	return o.err
}

// Close writes the end, and returns the first error. It closes nothing.
func (w *Writer) Close() error {
	o := &w.out
	o.byte(opEnd)
	o.flush()
	o.sum = o.sum && o.err == nil
	crc := o.crc
	if !o.sum {
		crc = 0
	}
	o.sum = false
	o.uint64(crc)
	o.flush()
	return o.err
}

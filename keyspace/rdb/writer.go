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

func (o *Options) version() int {
	if o.Version == 0 {
		return 11
	}
	return o.Version
}

// A Writer writes a file. Its methods keep the first error for Close.
type Writer struct {
	out     output
	version int
	db      int
}

// NewWriter returns a Writer to w. It keeps one buffer, and w need not have another.
func NewWriter(w io.Writer, o Options) (*Writer, error) {
	o.Version = o.version()
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
	w.choose(db)
	w.out.key(key, v, m, w.version)
	w.out.room()
	return w.out.err
}

func (o *output) key(key []byte, v *datatypes.Value, m Meta, version int) {
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
	t, _ := typeOf(&bare, version)
	o.byte(byte(t))
	o.string(key)
	o.value(t, &bare)
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

// An Encoder appends keys as they stand in a file to memory, for Writer.Encoded: where who
// encodes must not wait for the file.
type Encoder struct {
	out     output
	version int
	db      int
}

// NewEncoder returns an Encoder for files that are written with the options.
func NewEncoder(o Options) *Encoder {
	e := &Encoder{version: o.version()}
	if o.Compress {
		e.out.packer = new(packer)
	}
	return e
}

// Key appends a key and its value, which it reads without an Env, to dst, in which are other
// keys of the Encoder or nothing.
func (e *Encoder) Key(dst []byte, db int, key []byte, v *datatypes.Value, m Meta) []byte {
	o := &e.out
	if o.buf = dst; len(dst) == 0 || e.db != db {
		e.db = db
		o.byte(opSelect)
		o.length(uint64(db))
	}
	o.key(key, v, m, e.version)
	dst, o.buf = o.buf, nil
	return dst
}

// Encoded writes what an Encoder has appended.
func (w *Writer) Encoded(keys []byte) error {
	w.db = -1
	w.out.raw(keys)
	return w.out.err
}

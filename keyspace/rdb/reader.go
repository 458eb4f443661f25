package rdb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/medleydb/medley/datatypes"
)

// An Op says what an Item is.
type Op uint8

// The items of a file.
const (
	OpKey      Op = iota // a key, whose value Reader.Load reads
	OpAux                // a field about the file: Name, Value
	OpResize             // how many keys the database has: Keys, Expires
	OpFunction           // the code of a library of functions: Value
	OpModule             // something of a module, which has been passed over: Name
)

// An Item is a part of a file. Its bytes are good until the next call.
type Item struct {
	Op            Op
	DB            int
	Key           []byte
	Kind          datatypes.Kind // of the key's value; None for one that has to be passed over
	Meta          Meta
	Name, Value   string
	Keys, Expires uint64
}

// A Reader reads a file.
type Reader struct {
	in      input
	load    loader
	key     []byte
	t       Type
	db      int
	pending bool // a value that has not been read
	lenient Lenient
}

// NewReader returns a Reader of the file that r begins with, which may read more of r than
// belongs to the file (Rest). Error: ErrVersion, ErrCorrupt.
func NewReader(r io.Reader, may Lenient) (*Reader, error) {
	x := &Reader{in: input{r: r, buf: make([]byte, 0, window)}}
	x.load.in = &x.in
	b, err := x.in.take(9)
	if err != nil {
		return nil, err
	}
	digits := 0
	switch {
	case string(b[:5]) == "REDIS":
		digits = 5
	case string(b[:6]) == "VALKEY":
		digits = 6
	default:
		return nil, fmt.Errorf("%w: it begins with another word than REDIS", ErrCorrupt)
	}
	version, err := strconv.Atoi(string(b[digits:]))
	if err != nil || !knownVersion(version) && !(may.Version && version > maxValkeyVersion) {
		return nil, fmt.Errorf("%w %q", ErrVersion, b[digits:])
	}
	x.load.version, x.lenient = version, may
	return x, nil
}

// Rest returns what follows the file in what it was read from, once Next has answered io.EOF.
func (r *Reader) Rest() io.Reader {
	return io.MultiReader(bytes.NewReader(r.in.buf[r.in.pos:]), r.in.r)
}

// Version returns the file's version.
func (r *Reader) Version() int { return r.load.version }

// Offset returns how many bytes have been read.
func (r *Reader) Offset() int64 { return r.in.offset + int64(r.in.pos) }

// Next returns the next item; io.EOF behind the last, when the checksum has been found
// right. A value that was not loaded is passed over.
func (r *Reader) Next() (item Item, err error) {
	if r.pending {
		if err := r.skip(); err != nil {
			return item, err
		}
	}
	for {
		op, err := r.in.byte()
		if err != nil {
			return item, err
		}
		done := false
		switch op {
		case opExpiryMs, opExpiry, opIdle, opFreq:
			err = r.meta(op, &item.Meta)
		case opSelect:
			var n uint64
			if n, err = r.in.length(); err == nil && n > 1<<31-1 {
				err = r.in.fail("a database with too large a number")
			}
			r.db = int(n)
		case opSlotInfo:
			var n uint64
			err = r.load.numbers(&n, &n, &n)
		case opSlotImport:
			err = r.slotImport()
		case opAux, opResize, opFunction, opModuleAux:
			item, err = r.other(op)
			done = true
		case opFunction0:
			err = fmt.Errorf("%w: functions of a release candidate of Redis 7.0", ErrType)
		case opEnd:
			return item, r.end()
		default:
			err = r.begin(Type(op), &item)
			done = true
		}
		if err != nil || done {
			return item, err
		}
	}
}

func (r *Reader) meta(op byte, m *Meta) error {
	switch op {
	case opExpiryMs:
		n, err := r.in.uint64()
		m.ExpiryMs = int64(n)
		return err
	case opExpiry:
		n, err := r.in.uint32()
		m.ExpiryMs = int64(int32(n)) * 1000
		return err
	case opIdle:
		n, err := r.in.length()
		m.IdleSec = int64(n)
		return err
	}
	b, err := r.in.byte()
	m.Freq = int(b)
	return err
}

// slotImport passes over what Valkey notes about slots that it was receiving: a name, and
// ranges of slots.
func (r *Reader) slotImport() error {
	if r.load.version < valkeyVersion {
		return fmt.Errorf("%w: metadata of modules at a key", ErrModule)
	}
	if _, err := r.in.string(); err != nil {
		return err
	}
	n, err := r.in.length()
	for ; n > 0 && err == nil; n-- {
		var slot uint64
		err = r.load.numbers(&slot, &slot)
	}
	return err
}

func (r *Reader) other(op byte) (item Item, err error) {
	switch op {
	case opResize:
		item.Op, item.DB = OpResize, r.db
		return item, r.load.numbers(&item.Keys, &item.Expires)
	case opModuleAux:
		item.Op = OpModule
		item.Name, err = r.module(true)
		return item, err
	}
	b, err := r.in.string()
	if err != nil {
		return item, err
	}
	if op == opFunction {
		item.Op, item.Value = OpFunction, string(b)
		return item, nil
	}
	item.Op, item.Name = OpAux, string(b)
	b, err = r.in.string()
	item.Value = string(b)
	return item, err
}

// begin reads the key before a value.
func (r *Reader) begin(t Type, item *Item) error {
	kind := kindOf(t)
	if kind == datatypes.None && t != typeModule2 {
		if t == typeModule {
			return fmt.Errorf("%w: of a release candidate of Redis 4.0", ErrModule)
		}
		return fmt.Errorf("%w %d (at byte %d)", ErrType, t, r.Offset()-1)
	}
	b, err := r.in.string()
	if err != nil {
		return err
	}
	r.key = append(r.key[:0], b...)
	item.DB, item.Key, item.Kind = r.db, r.key, kind
	r.t, r.pending = t, true
	if t == typeModule2 {
		r.pending = false
		item.Op = OpModule
		item.Name, err = r.module(false)
	}
	return err
}

// Load reads the value of the present key into v, a new one of the item's kind. Error:
// ErrEmpty, after which Next goes on, and those of broken files.
func (r *Reader) Load(v *datatypes.Value) error {
	r.pending = false
	return r.load.load(r.t, v)
}

// skip passes over a value by reading it.
func (r *Reader) skip() error {
	env := datatypes.Env{Limits: datatypes.DefaultLimits()}
	env.Limits.MaxString, env.Limits.MaxBits = 1<<40, 1<<40
	if err := r.Load(datatypes.NewValue(kindOf(r.t), &env)); !errors.Is(err, ErrEmpty) {
		return err
	}
	return nil
}

// Codes of what a module writes.
const (
	moduleEnd = iota
	moduleSigned
	moduleUnsigned
	moduleFloat
	moduleDouble
	moduleString
)

// module passes over what a module has written and returns the module's name.
func (r *Reader) module(aux bool) (string, error) {
	var id, when uint64
	if err := r.load.numbers(&id); err != nil {
		return "", err
	}
	if aux { // when to load it
		if err := r.load.numbers(&when, &when); err != nil {
			return "", err
		}
	}
	for {
		code, err := r.in.length()
		if err != nil {
			return "", err
		}
		switch code {
		case moduleEnd:
			return moduleName(id), nil
		case moduleSigned, moduleUnsigned:
			_, err = r.in.length()
		case moduleFloat:
			_, err = r.in.uint32()
		case moduleDouble:
			_, err = r.in.uint64()
		case moduleString:
			_, err = r.in.string()
		default:
			err = r.in.fail("a module's value of an unknown form")
		}
		if err != nil {
			return "", err
		}
	}
}

// moduleName returns the name in a module's ID: nine characters of six bits, and a version.
func moduleName(id uint64) string {
	const chars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	var name [9]byte
	id >>= 10
	for i := len(name) - 1; i >= 0; i-- {
		name[i] = chars[id&63]
		id >>= 6
	}
	return string(name[:])
}

// end checks the checksum, which there is from version 5 on; zero stands for none.
func (r *Reader) end() error {
	if r.load.version < 5 {
		return io.EOF
	}
	r.in.sum()
	crc := r.in.crc
	b, err := r.in.take(8)
	if err != nil {
		return err
	}
	if sum := binary.LittleEndian.Uint64(b); sum != 0 && sum != crc && !r.lenient.Checksum {
		return ErrChecksum
	}
	return io.EOF
}

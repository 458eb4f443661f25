package rdb

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/medleydb/medley/datatypes"
)

// footer is what ends a payload: the version and the checksum.
const footer = 2 + 8

// AppendDump appends the payload of DUMP for the value, which it reads without an Env.
func AppendDump(dst []byte, v *datatypes.Value) []byte { return AppendDumpFor(dst, v, 11) }

// ValkeyVersion is the version of the format from which on Valkey counts for itself.
const ValkeyVersion = valkeyVersion

// AppendDumpFor is AppendDump for a loader that knows versions of the format up to the given one,
// where the value can be told in it.
func AppendDumpFor(dst []byte, v *datatypes.Value, version int) []byte {
	bare := *v
	bare.Env = nil
	start := len(dst)
	t, version := typeOf(&bare, version)
	o := output{buf: dst}
	if t != typeSparse {
		o.packer = new(packer)
	}
	o.byte(byte(t))
	o.value(t, &bare)
	o.buf = binary.LittleEndian.AppendUint16(o.buf, uint16(version))
	return binary.LittleEndian.AppendUint64(o.buf, checksum(0, o.buf[start:]))
}

// A Dump is a payload of RESTORE.
type Dump struct {
	payload []byte // without the footer
	version int
}

// Lenient says what OpenDump lets pass that it would refuse.
type Lenient struct {
	Checksum bool // a wrong checksum
	Version  bool // a version later than any that is known
}

// OpenDump checks the payload's version and checksum. It borrows the payload. Errors:
// ErrVersion, ErrChecksum.
func OpenDump(payload []byte, may Lenient) (Dump, error) {
	n := len(payload) - footer
	if n < 1 {
		return Dump{}, ErrChecksum
	}
	d := Dump{payload[:n], int(binary.LittleEndian.Uint16(payload[n:]))}
	if !knownVersion(d.version) && !(may.Version && d.version > maxValkeyVersion) {
		return d, fmt.Errorf("%w %d", ErrVersion, d.version)
	}
	if !may.Checksum && binary.LittleEndian.Uint64(payload[n+2:]) != checksum(0, payload[:n+2]) {
		return d, ErrChecksum
	}
	return d, nil
}

// Kind returns the kind of the value, datatypes.None where it is of an unknown type.
func (d Dump) Kind() datatypes.Kind { return kindOf(Type(d.payload[0])) }

// Load reads the value into v, a new one of the dump's kind.
func (d Dump) Load(v *datatypes.Value) error {
	in := &input{buf: d.payload, pos: 1}
	l := loader{in: in, version: d.version}
	err := l.load(Type(d.payload[0]), v)
	if err == nil && in.pos != len(in.buf) {
		err = in.fail("bytes behind the value")
	}
	if errors.Is(err, ErrEmpty) {
		err = fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}

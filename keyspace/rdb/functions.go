package rdb

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// functionsVersion is that of Redis 7.0, in which libraries are what they are now.
const functionsVersion = 10

// ErrNotFunction is the error of a payload of FUNCTION RESTORE with something else in it.
var ErrNotFunction = errors.New("rdb: the payload holds something that is no library of functions")

// AppendFunctions appends the payload of FUNCTION DUMP for libraries of that code: each as a file
// has it, and the footer of DUMP.
func AppendFunctions(dst []byte, code []string) []byte {
	start := len(dst)
	o := output{buf: dst, packer: new(packer)}
	for _, c := range code {
		o.byte(opFunction)
		o.string([]byte(c))
	}
	o.buf = binary.LittleEndian.AppendUint16(o.buf, functionsVersion)
	return binary.LittleEndian.AppendUint64(o.buf, checksum(0, o.buf[start:]))
}

// Functions returns the code of the libraries in a payload. Errors: ErrVersion, ErrChecksum,
// ErrNotFunction, ErrCorrupt.
func Functions(payload []byte) (code []string, err error) {
	n := len(payload) - footer
	if n < 0 {
		return nil, ErrChecksum
	}
	if v := int(binary.LittleEndian.Uint16(payload[n:])); !knownVersion(v) {
		return nil, fmt.Errorf("%w %d", ErrVersion, v)
	}
	if binary.LittleEndian.Uint64(payload[n+2:]) != checksum(0, payload[:n+2]) {
		return nil, ErrChecksum
	}
	for in := (&input{buf: payload[:n]}); in.pos < n; {
		op, err := in.byte()
		if err != nil {
			return nil, err
		}
		if op != opFunction {
			return nil, ErrNotFunction
		}
		b, err := in.string()
		if err != nil {
			return nil, err
		}
		code = append(code, string(b))
	}
	return code, nil
}

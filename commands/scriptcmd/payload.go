package scriptcmd

import (
	"encoding/binary"
	"hash/crc64"
	"math/bits"

	"github.com/medleydb/medley/commands/command"
)

// The payload of FUNCTION DUMP, as the RDB format has functions: for each library the opcode
// 245 and its code as a string; then the version of the format in two bytes, and the
// CRC-64 of all before it in eight, little-endian.
const (
	opFunction = 245
	// dumpVersion is that of the format which Redis 8.0 writes; newer payloads are refused.
	dumpVersion = 12
	// newestVersion is what Valkey 9 writes, in which functions are the same.
	newestVersion = 80
	footer        = 10
)

const errPayload = command.ReplyError("ERR DUMP payload version or checksum are wrong")

// Sources implements persistence.Libraries.
func (s *Scripts) Sources() (sources []string) {
	for _, lib := range s.libraries.sorted() {
		sources = append(sources, lib.code)
	}
	return sources
}

// LoadSource implements persistence.Libraries.
func (s *Scripts) LoadSource(source string, replace bool) error {
	lib, err := s.loadLibrary(source, func(name string) error {
		if !replace && s.libraries.library(name) != nil {
			return command.Errorf("Library %s already exists", name)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.libraries.change(false, lib)
}

// Clear implements persistence.Libraries.
func (s *Scripts) Clear() { s.libraries.change(true) }

// Dump returns all libraries as a payload.
func (s *Scripts) Dump() []byte {
	var b []byte
	for _, lib := range s.libraries.sorted() {
		b = append(b, opFunction)
		b = appendLength(b, len(lib.code))
		b = append(b, lib.code...)
	}
	b = binary.LittleEndian.AppendUint16(b, dumpVersion)
	return binary.LittleEndian.AppendUint64(b, crcOf(b))
}

// Restore loads the libraries of a payload: all or none. Those that there are stay, unless
// flush is set; replace lets new ones take their place.
func (s *Scripts) Restore(payload []byte, flush, replace bool) error {
	n := len(payload) - footer
	if n < 0 || binary.LittleEndian.Uint16(payload[n:]) > newestVersion {
		return errPayload
	}
	if sum := binary.LittleEndian.Uint64(payload[n+2:]); sum != 0 && sum != crcOf(payload[:n+2]) {
		return errPayload
	}
	var list []*library
	fresh := map[string]bool{}
	for rest := payload[:n]; len(rest) > 0; {
		if rest[0] != opFunction {
			return command.Errorf("given type is not a function")
		}
		code, after, ok := takeString(rest[1:])
		if !ok {
			return command.Errorf("Failed loading functions payload")
		}
		rest = after
		lib, err := s.loadLibrary(string(code), func(name string) error {
			if fresh[name] || !flush && !replace && s.libraries.library(name) != nil {
				return command.Errorf("Library %s already exists", name)
			}
			return nil
		})
		if err != nil {
			return err
		}
		fresh[lib.name] = true
		list = append(list, lib)
	}
	return s.libraries.change(flush, list...)
}

// appendLength appends a length as the RDB format has it: in 6, 14 or 32 bits.
func appendLength(b []byte, n int) []byte {
	switch {
	case n < 1<<6:
		return append(b, byte(n))
	case n < 1<<14:
		return append(b, 0x40|byte(n>>8), byte(n))
	}
	return binary.BigEndian.AppendUint32(append(b, 0x80), uint32(n))
}

// takeString takes a string that has a length before it; one that is compressed, too.
func takeString(b []byte) (s, rest []byte, ok bool) {
	if len(b) > 0 && b[0] == 0xc3 {
		return takeCompressed(b[1:])
	}
	n, b, ok := takeLength(b)
	if !ok || n > len(b) {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}

func takeLength(b []byte) (n int, rest []byte, ok bool) {
	switch {
	case len(b) == 0:
	case b[0]>>6 == 0:
		return int(b[0]), b[1:], true
	case b[0]>>6 == 1 && len(b) > 1:
		return int(b[0]&0x3f)<<8 | int(b[1]), b[2:], true
	case b[0] == 0x80 && len(b) > 4:
		return int(binary.BigEndian.Uint32(b[1:])), b[5:], true
	}
	return 0, nil, false
}

// takeCompressed takes a string that LZF has compressed: its length there and its own before
// it.
func takeCompressed(b []byte) (s, rest []byte, ok bool) {
	packed, b, ok := takeLength(b)
	if !ok {
		return nil, nil, false
	}
	n, b, ok := takeLength(b)
	if !ok || packed > len(b) {
		return nil, nil, false
	}
	s, ok = expand(b[:packed], n)
	return s, b[packed:], ok
}

// expand undoes LZF: runs of up to 32 literal bytes, and copies of what stands before.
func expand(in []byte, n int) ([]byte, bool) {
	var out []byte
	for len(in) > 0 {
		c := int(in[0])
		in = in[1:]
		if c < 32 {
			if c+1 > len(in) {
				return nil, false
			}
			out, in = append(out, in[:c+1]...), in[c+1:]
			continue
		}
		size := c >> 5
		if size == 7 {
			if len(in) == 0 {
				return nil, false
			}
			size += int(in[0])
			in = in[1:]
		}
		if len(in) == 0 {
			return nil, false
		}
		from := len(out) - (c&31)<<8 - int(in[0]) - 1
		in = in[1:]
		if from < 0 {
			return nil, false
		}
		for range size + 2 {
			out = append(out, out[from])
			from++
		}
		if len(out) > n {
			return nil, false
		}
	}
	return out, len(out) == n
}

// crcTable is for the Jones polynomial, reflected.
var crcTable = crc64.MakeTable(bits.Reverse64(0xad93d23594c935a9))

// crcOf is that CRC without the inversions at both ends that package crc64 makes.
func crcOf(b []byte) uint64 { return ^crc64.Update(^uint64(0), crcTable, b) }

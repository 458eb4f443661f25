package rdb

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
)

// TestFunctions protects payloads of FUNCTION DUMP, and that no other bytes pass for one.
func TestFunctions(t *testing.T) {
	for _, code := range [][]string{nil, {"#!lua name=a"}, {"short", strings.Repeat("long ", 100_000), "\x00\xff", "123"}} {
		payload := AppendFunctions([]byte("before"), code)[len("before"):]
		got, err := Functions(payload)
		if err != nil || !slices.Equal(got, code) {
			t.Errorf("%d libraries came back as %d, %v", len(code), len(got), err)
		}
		for i := range min(len(payload), 100) {
			bad := slices.Clone(payload)
			bad[i] ^= 1
			if _, err := Functions(bad); err == nil {
				t.Errorf("a payload with byte %d changed is taken", i)
			}
		}
		for i := range min(len(payload), 100) {
			if _, err := Functions(payload[:i]); err == nil {
				t.Errorf("%d bytes of a payload are taken", i)
			}
		}
	}
	sealed := func(body ...byte) []byte {
		b := binary.LittleEndian.AppendUint16(body, functionsVersion)
		return binary.LittleEndian.AppendUint64(b, checksum(0, b))
	}
	if _, err := Functions(sealed(0, 1, 'x')); !errors.Is(err, ErrNotFunction) {
		t.Error(err)
	}
	if _, err := Functions(sealed(opFunction, 5, 'x')); !errors.Is(err, ErrCorrupt) {
		t.Error(err)
	}
}

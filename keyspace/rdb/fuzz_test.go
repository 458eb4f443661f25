package rdb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/set"
	"github.com/medleydb/medley/datatypes/zset"
)

// seal gives a payload without its footer one that is right.
func seal(p []byte, version int) []byte {
	p = binary.LittleEndian.AppendUint16(bytes.Clone(p), uint16(version))
	return binary.LittleEndian.AppendUint64(p, checksum(0, p))
}

// FuzzDump protects that no payload makes the reader fail otherwise than with an error, and
// that what it accepts is whole and can be written again.
func FuzzDump(f *testing.F) {
	for _, v := range samples() {
		if p := AppendDump(nil, v); len(p) < 4096 {
			f.Add(p[:len(p)-footer], uint8(p[len(p)-footer]))
		}
	}
	for _, p := range oldForms() {
		f.Add(p, uint8(11))
	}
	f.Fuzz(func(t *testing.T, p []byte, version uint8) {
		d, err := OpenDump(seal(p, int(version)), Lenient{})
		if err != nil || d.Kind() == datatypes.None {
			return
		}
		env := testEnv()
		env.Limits.MaxBits = 1 << 26
		v := datatypes.NewValue(d.Kind(), env)
		if d.Load(v) != nil {
			return
		}
		switch v.Kind {
		case datatypes.Set:
			err = set.Set{}.Of(v).Check()
		case datatypes.ZSet:
			err = zset.ZSet{}.Of(v).Check()
		}
		if err != nil {
			t.Fatal(err)
		}
		again, err := OpenDump(AppendDump(nil, v), Lenient{})
		if err != nil {
			t.Fatal(err)
		}
		w := datatypes.NewValue(again.Kind(), env)
		if err := again.Load(w); err != nil {
			t.Fatal(err)
		}
		if a, b := describe(v), describe(w); a != b {
			t.Fatalf("%s\nbecame\n%s", a, b)
		}
	})
}

// FuzzFile protects that no file makes the reader fail otherwise than with an error.
func FuzzFile(f *testing.F) {
	var file bytes.Buffer
	w, err := NewWriter(&file, Options{Compress: true})
	if err != nil {
		f.Fatal(err)
	}
	w.Aux("a", "b")
	w.Database(1, 2, 3)
	for _, v := range samples()[:12] {
		w.Key(1, []byte("key"), v, Meta{ExpiryMs: 5, Freq: 2})
	}
	w.Close()
	f.Add(file.Bytes())
	f.Add([]byte("REDIS0012\xf7\x81\x00\x00\x00\x00\x00\x00\x00\x01\x02\x02\x05\x01a\x03\x00\x00\x00\x00\x00\xf4\x01\x02\x03\xff"))
	f.Add([]byte("VALKEY080\xf3\x01a\x01\x02\x03\xff"))
	f.Fuzz(func(t *testing.T, p []byte) {
		r, err := NewReader(bytes.NewReader(p), Lenient{})
		for i := 0; err == nil; i++ {
			var item Item
			item, err = r.Next()
			if err == nil && item.Op == OpKey && item.Kind != datatypes.None && i%2 == 0 {
				env := testEnv()
				env.Limits.MaxBits = 1 << 26
				err = r.Load(datatypes.NewValue(item.Kind, env))
				if errors.Is(err, ErrEmpty) {
					err = nil
				}
			}
		}
		if err == io.EOF && len(p) < 10 {
			t.Fatal("an end without one")
		}
	})
}

// FuzzLZF protects that what does not unfold is an error, and that packing loses nothing.
func FuzzLZF(f *testing.F) {
	f.Add([]byte("\x00a\xe0\x50\x00"))
	f.Add([]byte("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"))
	f.Fuzz(func(t *testing.T, p []byte) {
		if n, ok := unpackedSize(p); ok && len(unpack(nil, p)) != n {
			t.Fatalf("%d bytes for %d", len(unpack(nil, p)), n)
		}
		packed := new(packer).pack(p)
		if packed == nil {
			return
		}
		if n, ok := unpackedSize(packed); !ok || n != len(p) || !bytes.Equal(unpack(nil, packed), p) {
			t.Fatal("it does not unfold")
		}
	})
}

// oldForms returns values in forms that are not written any more, without their footers.
func oldForms() [][]byte {
	text := func(t Type, b []byte) []byte { return append([]byte{byte(t), byte(len(b))}, b...) }
	zipmap := []byte("\x02\x01a\x02\x00bc\x01d\x01\x02e__\xff")
	ziplist := []byte("\x00\x00\x00\x00\x00\x00\x00\x00\x06\x00\x00\x01a\x03\xf2\x02\x01b\x03\xc0\x00\x01\x04\x02cd\x04\xfe\xff\xff")
	ziplist[0] = byte(len(ziplist))
	intset := []byte("\x02\x00\x00\x00\x03\x00\x00\x00\xff\xff\x01\x00\x02\x01")
	return [][]byte{
		text(typeHashZipmap, zipmap), text(typeHashZiplist, ziplist), text(typeZSetZiplist, ziplist), text(typeListZiplist, ziplist),
		text(typeSetIntset, intset),
		append([]byte{byte(typeListQuicklist), 1}, text(0, ziplist)[1:]...),
		[]byte("\x03\x02\x01a\x031.5\x01b\xff"),
	}
}

// TestOldForms protects the reading of forms that present servers do not write, which
// these were taken down from their documentation.
func TestOldForms(t *testing.T) {
	want := []string{
		"hash due 0\n2 ",
		"hash due 0\n3 ",
		"zset due 0\nlistpack\n\"cd\" -0x1p+00 0\n\"a\" 0x1p+00 0\n\"b\" 0x1p+08 0\n",
		"list due 0\nlistpack\n\"a\"\n\"1\"\n\"b\"\n\"256\"\n\"cd\"\n\"-1\"\n",
		"set due 0\nintset 3 ",
		"list due 0\nlistpack\n\"a\"\n\"1\"\n\"b\"\n\"256\"\n\"cd\"\n\"-1\"\n",
		"zset due 0\nlistpack\n\"b\" -Inf 0\n\"a\" 0x1.8p+00 0\n",
	}
	for i, p := range oldForms() {
		d, err := OpenDump(seal(p, 6), Lenient{})
		if err != nil {
			t.Fatal(err)
		}
		v := datatypes.NewValue(d.Kind(), testEnv())
		if err := d.Load(v); err != nil {
			t.Errorf("form %d: %v", i, err)
		} else if got := describe(v); len(got) < len(want[i]) || got[:len(want[i])] != want[i] {
			t.Errorf("form %d: %q, not %q", i, got, want[i])
		}
	}
}

package rdb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/bitmap"
	"github.com/medleydb/medley/datatypes/hash"
	"github.com/medleydb/medley/datatypes/list"
	"github.com/medleydb/medley/datatypes/set"
	"github.com/medleydb/medley/datatypes/str"
	"github.com/medleydb/medley/datatypes/stream"
	"github.com/medleydb/medley/datatypes/zset"
)

const now = 1_700_000_000_000

func testEnv() *datatypes.Env {
	return &datatypes.Env{Limits: datatypes.DefaultLimits(), Rand: rand.New(rand.NewPCG(1, 2)), NowMs: now}
}

// describe returns all that can be seen of a value.
func describe(v *datatypes.Value) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%v due %d\n", v.Kind, v.DueMs)
	switch v.Kind {
	case datatypes.String:
		s := str.String{}.Of(v)
		if v.Encoding == str.Sparse {
			fmt.Fprintf(&b, "sparse %d", s.Len())
			bitmap.Bitmap{}.Of(v).EachPart(func(n uint64, p []byte) bool {
				fmt.Fprintf(&b, " %d:%x", n, p)
				return true
			})
			break
		}
		fmt.Fprintf(&b, "%q", s.Bytes(nil))
	case datatypes.List:
		l := list.List{}.Of(v)
		fmt.Fprintln(&b, l.EncodingName())
		for c := l.Iter(0, false); c.Next(); {
			fmt.Fprintf(&b, "%q\n", c.Bytes(nil))
		}
	case datatypes.Set:
		s := set.Set{}.Of(v)
		sum := uint64(0) // members have no order
		s.EachWithTime(func(m *set.Member, ms int64) bool {
			sum += checksum(uint64(ms), m.Bytes(nil))
			return true
		})
		fmt.Fprintln(&b, s.EncodingName(), s.Len(), sum)
	case datatypes.ZSet:
		z := zset.ZSet{}.Of(v)
		fmt.Fprintln(&b, z.EncodingName())
		z.EachWithTime(func(m []byte, score float64, ms int64) bool {
			fmt.Fprintf(&b, "%q %x %d\n", m, score, ms)
			return true
		})
	case datatypes.Hash:
		bare := *v
		bare.Env = nil
		h, sum := hash.Hash{}.Of(&bare), uint64(0)
		h.Each(nil, func(it hash.Item) bool {
			sum += checksum(checksum(uint64(it.ExpiryMs), it.Field), it.Value)
			return true
		})
		fmt.Fprintln(&b, h.Stored(), sum)
	case datatypes.Stream:
		describeStream(&b, stream.Stream{}.Of(v))
	}
	return b.String()
}

func describeStream(b *bytes.Buffer, s stream.Stream) {
	i := s.Info()
	i.Blocks = 0
	fmt.Fprintf(b, "%+v\n", i)
	for it := s.Range(stream.ID{}, stream.MaxID, false); it.Next(); {
		fmt.Fprint(b, it.ID())
		for it.NextField() {
			fmt.Fprintf(b, " %q %q", it.Field(nil), it.Value(nil))
		}
		fmt.Fprintln(b)
	}
	for i := range s.Groups() {
		g := s.GroupAt(i)
		fmt.Fprintln(b, "group", g.Name(), g.Last(), g.Read(), g.Pending(), g.Released())
		show := func(p stream.Pending) bool {
			fmt.Fprintln(b, p.ID, p.Consumer, p.TimeMs, p.Count)
			return true
		}
		g.EachPending(stream.Consumer{}, stream.ID{}, show)
		g.EachIdle(math.MaxInt64, show)
		for j := range g.Consumers() {
			c := g.ConsumerAt(j)
			seen, active := c.Times()
			fmt.Fprintln(b, "consumer", c.Name(), seen, active, c.Pending())
			g.EachPending(c, stream.ID{}, show)
		}
	}
	own, added, doubles, ok := s.OwnIdempotence()
	fmt.Fprintln(b, own, added, doubles, ok)
	s.EachName(func(producer, name string, id stream.ID, ms int64) bool {
		fmt.Fprintln(b, producer, name, id, ms)
		return true
	})
}

// samples returns values of every kind in every encoding.
func samples() []*datatypes.Value {
	env := testEnv()
	var list []*datatypes.Value
	add := func(v *datatypes.Value) { list = append(list, v) }
	for _, text := range []string{"", "0", "-1", "127", "-129", "65536", "2147483648", "9223372036854775807", "007", "+1", "hello",
		string(bytes.Repeat([]byte("ab"), 5000)), string(noise(70000))} {
		v := datatypes.NewValue(datatypes.String, env)
		str.String{}.Of(v).Set([]byte(text))
		add(v)
	}
	v := datatypes.NewValue(datatypes.String, env)
	str.String{}.Of(v).Set([]byte("modified"))
	str.String{}.Of(v).Append([]byte(" since"))
	add(v)
	for _, offsets := range [][]int64{{1 << 31}, {0, 5, 1 << 22, 1<<32 - 1}, {1 << 25}} {
		b := bitmap.New(env)
		for _, at := range offsets {
			b.Set(at, true)
		}
		for i := range int64(30000) {
			b.Set(offsets[0]+i, i > 20000 || i%7 == 0)
		}
		add(b.Value())
	}
	for _, n := range []int{1, 100, 3000} {
		for _, long := range []int{0, 100, 70000} {
			if n > 100 && long > 100 {
				continue
			}
			list = append(list, collections(env, n, long)...)
		}
	}
	return append(list, streams(env)...)
}

func noise(n int) []byte {
	rng := rand.New(rand.NewPCG(7, uint64(n)))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

func collections(env *datatypes.Env, n, long int) (all []*datatypes.Value) {
	name := func(i int) []byte {
		b := strconv.AppendInt([]byte("member:"), int64(i), 10)
		if i == 0 {
			b = append(b, noise(long)...)
		}
		if i%3 == 1 {
			b = strconv.AppendInt(nil, int64(i)*int64(i)*(int64(i)-50)*1e9, 10)
		}
		return b
	}
	l, s, ints, z := list.List{}.Of(datatypes.NewValue(datatypes.List, env)), set.New(env), set.New(env), zset.New(env)
	h := hash.New(env)
	timedSet, timedZSet, timedHash := set.New(env), zset.New(env), hash.New(env)
	l.Reset()
	for i := range n {
		m := name(i)
		l.Push(list.Tail, m)
		s.Add(m)
		ints.Add([]byte(strconv.Itoa(i * 3)))
		z.Add(m, float64(i%10)*1.1-3, 0)
		h.Set(m, append(m, 'v'))
		timedSet.Add(m)
		timedZSet.Add(m, float64(i), 0)
		if i%2 == 0 {
			timedSet.Restore(m, now+int64(i)-10)
			timedZSet.Restore(m, now+int64(i)-10)
			timedHash.SetUntil(m, m, now+int64(i)-10)
		} else {
			timedHash.Set(m, m)
		}
	}
	l.Filled()
	z.Add([]byte("top"), math.Inf(1), 0)
	z.Add([]byte("bottom"), math.Inf(-1), 0)
	return append(all, l.Value(), s.Value(), ints.Value(), z.Value(), h.Value(), timedSet.Value(), timedZSet.Value(), timedHash.Value())
}

func streams(env *datatypes.Env) (all []*datatypes.Value) {
	all = append(all, stream.New(env).Value())
	server := stream.Idempotence{DurationSec: 100, MaxSize: 100}
	for kind := range 3 {
		s := stream.New(env)
		for i := range 1000 {
			fields := [][]byte{[]byte("name"), []byte(strconv.Itoa(i * 1000003)), []byte("12"), noise(i % 70)}
			if i%5 == 0 {
				fields[2] = []byte("other")
			}
			if i%11 == 0 {
				fields = fields[:2]
			}
			if err := s.Append(stream.ID{Ms: uint64(now + i/3), Seq: uint64(i%3 + 1)}, fields); err != nil {
				panic(err)
			}
		}
		s.Delete(stream.ID{Ms: now + 3, Seq: 2})
		for g := range 3 {
			name := []byte{'g', byte('0' + g)}
			s.CreateGroup(name, stream.ID{Ms: now}, int64(g)-1)
			group, _ := s.Group(name)
			for i := range 50 {
				c, _ := group.AddConsumer([]byte{'c', byte('0' + i%3)}, now)
				c.Active(now + int64(i))
				group.Deliver(stream.ID{Ms: uint64(now + i), Seq: 1}, c, now+int64(i*7%50))
			}
			group.AddConsumer([]byte("idle"), now)
			if kind > 0 {
				x, _ := group.Find(stream.ID{Ms: now + 7, Seq: 1})
				group.Release(x, 3)
			}
		}
		if kind == 2 {
			s.SetIdempotence(stream.Idempotence{DurationSec: 77}, server)
			for i := range 20 {
				s.Remember([]byte{'p', byte('0' + i%2)}, []byte(strconv.Itoa(i)), stream.ID{Ms: uint64(now + i)}, server)
			}
			s.Double()
		}
		all = append(all, s.Value())
	}
	return all
}

// TestDumpRoundTrip protects that a payload brings back all that can be seen of a value.
func TestDumpRoundTrip(t *testing.T) {
	for i, v := range samples() {
		want := describe(v)
		d, err := OpenDump(AppendDump(nil, v), Lenient{})
		if err != nil {
			t.Fatalf("sample %d, %v: %v", i, v.Kind, err)
		}
		got := datatypes.NewValue(d.Kind(), testEnv())
		if err := d.Load(got); err != nil {
			t.Fatalf("sample %d, %v: %v", i, v.Kind, err)
		}
		if s := describe(got); s != want {
			t.Fatalf("sample %d:\n%.600s\nbecame\n%.600s", i, want, s)
		}
	}
}

// TestFileRoundTrip protects that a file of any version that is written, compressed or not,
// brings back what was written, also when the reader gets it byte by byte.
func TestFileRoundTrip(t *testing.T) {
	all := samples()
	for _, version := range []int{10, 11, 12, 80} {
		var file bytes.Buffer
		w, err := NewWriter(&file, Options{Version: version, Compress: version != 11, NoChecksum: version == 12})
		if err != nil {
			t.Fatal(err)
		}
		w.Aux("maker", "test")
		w.Function([]byte("#!lua name=x"))
		w.Database(0, len(all), 1)
		for i, v := range all {
			w.Key(i%3, fmt.Appendf(nil, "key:%d", i), v, Meta{ExpiryMs: int64(i), IdleSec: int64(i % 5), Freq: i % 256})
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := NewReader(io.MultiReader(&dribble{file.Bytes()}), Lenient{})
		if err != nil {
			t.Fatal(err)
		}
		next, others := 0, 0
		for {
			item, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("version %d: %v", version, err)
			}
			if item.Op != OpKey {
				others++
				continue
			}
			want := Meta{ExpiryMs: int64(next), IdleSec: int64(next % 5), Freq: next % 256}
			if item.DB != next%3 || string(item.Key) != fmt.Sprintf("key:%d", next) || item.Meta != want {
				t.Fatalf("version %d: key %d came as %+v", version, next, item)
			}
			if next%4 != 3 { // else it is passed over
				v := datatypes.NewValue(item.Kind, testEnv())
				if err := r.Load(v); err != nil {
					t.Fatalf("version %d, key %d: %v", version, next, err)
				}
				was, is := describe(all[next]), describe(v)
				if version == 10 && item.Kind == datatypes.Stream { // which does not tell when a consumer was active
					was, is = "", ""
				}
				if was != is {
					t.Fatalf("version %d, key %d:\n%.600s\nbecame\n%.600s", version, next, was, is)
				}
			}
			next++
		}
		if next != len(all) || others != 3 {
			t.Fatalf("version %d: %d keys of %d, %d other items", version, next, len(all), others)
		}
	}
}

// A dribble gives few bytes at a time.
type dribble struct{ b []byte }

func (d *dribble) Read(p []byte) (int, error) {
	if len(d.b) == 0 {
		return 0, io.EOF
	}
	n := copy(p[:min(len(p), 1+len(d.b)%100)], d.b)
	d.b = d.b[n:]
	return n, nil
}

// TestChecksum protects the polynomial: the check value of CRC-64/Jones.
func TestChecksum(t *testing.T) {
	if got := checksum(0, []byte("123456789")); got != 0xe9c6d914c4b8d9ca {
		t.Fatalf("%x", got)
	}
	b := noise(1000)
	if checksum(checksum(0, b[:333]), b[333:]) != checksum(0, b) {
		t.Fatal("the checksum of the parts is another than that of the whole")
	}
}

// TestLZF protects that what is packed unfolds, also with the table of other strings.
func TestLZF(t *testing.T) {
	p := new(packer)
	rng := rand.New(rand.NewPCG(3, 4))
	for range 3000 {
		b := make([]byte, rng.IntN(20000))
		kinds := 1 + rng.IntN(20)
		for i := range b {
			if rng.IntN(30) > 0 && i > 100 {
				b[i] = b[i-1-rng.IntN(3)*40]
			} else {
				b[i] = byte(rng.IntN(kinds))
			}
		}
		packed := p.pack(b)
		if packed == nil {
			continue
		}
		if n, ok := unpackedSize(packed); !ok || n != len(b) || !bytes.Equal(unpack(nil, packed), b) {
			t.Fatalf("%d bytes do not unfold", len(b))
		}
	}
	zeros := make([]byte, 1<<20)
	if packed := p.pack(zeros); len(packed) > len(zeros)/80 {
		t.Fatalf("a megabyte of zeros takes %d bytes", len(packed))
	}
	p.base = 1<<32 - 10
	if n, ok := unpackedSize(p.pack(zeros[:100])); !ok || n != 100 {
		t.Fatal("places do not begin again")
	}
}

// TestRefusals protects the errors of what is broken, cut off or changed.
func TestRefusals(t *testing.T) {
	v := samples()[10]
	p := AppendDump(nil, v)
	for i := range p {
		if _, err := OpenDump(p[:i], Lenient{}); err == nil {
			t.Fatalf("a payload of %d bytes of %d is accepted", i, len(p))
		}
	}
	q := bytes.Clone(p)
	q[1] ^= 1
	if _, err := OpenDump(q, Lenient{}); !errors.Is(err, ErrChecksum) {
		t.Fatal(err)
	}
	q = bytes.Clone(p)
	q[len(q)-10] = 40
	if _, err := OpenDump(q, Lenient{}); !errors.Is(err, ErrVersion) {
		t.Fatal(err)
	}
	for _, file := range []string{"", "REDI", "MEDLEY010", "REDIS0099", "REDIS0050", "VALKEY011", "REDIS0011\xfe", "REDIS0011\x08\x01k", "REDIS0011\x00\x01k"} {
		r, err := NewReader(bytes.NewReader([]byte(file)), Lenient{})
		for err == nil {
			_, err = r.Next()
		}
		if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrVersion) && !errors.Is(err, ErrType) {
			t.Errorf("%q: %v", file, err)
		}
	}
	// A string that says that it has exabytes.
	r, err := NewReader(bytes.NewReader([]byte("REDIS0011\x00\x01k\x81\x7f\xff\xff\xff\xff\xff\xff\xff0123456789")), Lenient{})
	for err == nil {
		_, err = r.Next()
	}
	if !errors.Is(err, ErrCorrupt) {
		t.Error(err)
	}
}

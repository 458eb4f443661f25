package servercmd

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/hash"
	"github.com/medleydb/medley/datatypes/list"
	"github.com/medleydb/medley/datatypes/set"
	"github.com/medleydb/medley/datatypes/str"
	"github.com/medleydb/medley/datatypes/stream"
	"github.com/medleydb/medley/datatypes/zset"
	"github.com/medleydb/medley/keyspace"
)

// A digest sums up data so that equal data give equal digests on every server of the
// field. Two operations make it: what has an order is mixed in (the digest is
// hashed again), what has none is added (hashes are joined by exclusive or, so that
// any order gives the same).
type digest [sha1.Size]byte

func (d *digest) add(b []byte) {
	sum := sha1.Sum(b)
	for i := range d {
		d[i] ^= sum[i]
	}
}

func (d *digest) mix(b []byte) {
	d.add(b)
	*d = sha1.Sum(d[:])
}

func (d *digest) mixNumber(n uint32) {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	d.mix(b[:])
}

// value mixes in a value and whether it expires.
func (d *digest) value(v *datatypes.Value, expires bool) error {
	// The numbers of the types, as dump files have them.
	switch v.Kind {
	case datatypes.String:
		d.mixNumber(0)
		s := str.String{}.Of(v)
		if err := s.Whole(); err != nil {
			return err
		}
		d.mix(s.Bytes(nil))
	case datatypes.List:
		d.mixNumber(1)
		var scratch [32]byte
		for it := (list.List{}).Of(v).Iter(0, false); it.Next(); {
			d.mix(it.Bytes(scratch[:0]))
		}
	case datatypes.Set:
		d.mixNumber(2)
		members := set.Set{}.Of(v)
		members.Each(func(m *set.Member) bool {
			text := m.Bytes(nil)
			d.add(text)
			if ms, _ := members.Time(text); ms != 0 {
				d.add(append([]byte("!!sexpire!!"), text...))
			}
			return true
		})
	case datatypes.ZSet:
		d.mixNumber(3)
		d.zset(zset.ZSet{}.Of(v))
	case datatypes.Hash:
		d.mixNumber(4)
		d.hash(hash.Hash{}.Of(v))
	case datatypes.Stream:
		d.mixNumber(6)
		d.stream(stream.Stream{}.Of(v))
	default:
		return command.Errorf("DEBUG DIGEST knows no values of type %s", v.Kind.String())
	}
	if expires {
		d.add([]byte("!!expire!!"))
	}
	return nil
}

func (d *digest) hash(h hash.Hash) {
	h.Each(nil, func(it hash.Item) bool {
		var one digest
		one.mix(it.Field)
		one.mix(it.Value)
		if it.ExpiryMs != 0 {
			one.add([]byte("!!hexpire!!"))
		}
		d.add(one[:])
		return true
	})
}

// stream mixes in the entries; groups do not count.
func (d *digest) stream(s stream.Stream) {
	var scratch [48]byte
	for it := s.Range(stream.ID{}, stream.MaxID, false); it.Next(); {
		id := it.ID()
		text := append(strconv.AppendUint(scratch[:0], id.Ms, 10), '.')
		d.mix(strconv.AppendUint(text, id.Seq, 10))
		for it.NextField() {
			d.mix(it.Field(scratch[:0]))
			d.mix(it.Value(scratch[:0]))
		}
	}
}

func (d *digest) zset(z zset.ZSet) {
	var scratch [32]byte
	z.Walk(func(member []byte, score float64) bool {
		var one digest
		one.mix(member)
		one.mix(datatypes.FormatDigits(scratch[:0], score)) // as Redis since 7.2, in either encoding
		if ms, _ := z.Time(member); ms != 0 {
			one.add([]byte("!!zexpire!!"))
		}
		d.add(one[:])
		return true
	})
}

func (d *digest) String() string { return hex.EncodeToString(d[:]) }

func debugDigest(c *command.Context) error {
	var all digest
	here := c.Tx.DB
	defer func() { c.Tx.DB = here }()
	for db := range c.Services.Store.Databases() {
		c.Tx.DB = db
		if c.Tx.Size() == 0 {
			continue
		}
		all.mixNumber(uint32(db))
		var failed error
		c.Tx.ForEach(func(e keyspace.Entry) bool {
			var one digest
			one.mix(e.Key)
			var v datatypes.Value
			if !peek(c, bytes.Clone(e.Key), &v) {
				return true
			}
			if failed = one.value(&v, e.ExpiryMs != 0); failed != nil {
				return false
			}
			all.add(one[:])
			return true
		})
		if failed != nil {
			return failed
		}
	}
	c.Reply.Status(all.String())
	return nil
}

func debugDigestValue(c *command.Context) error {
	keys := c.Args.Rest()
	list := make([]digest, len(keys))
	for i, key := range keys {
		var v datatypes.Value
		if peek(c, key, &v) {
			ms, _ := c.Tx.Expiry(key)
			if err := list[i].value(&v, ms != 0); err != nil {
				return err
			}
		}
	}
	c.Reply.Array(len(list))
	for i := range list {
		c.Reply.Status(list[i].String())
	}
	return nil
}

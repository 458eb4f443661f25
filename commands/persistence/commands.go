package persistence

import (
	"io"
	"strconv"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/hash"
	"github.com/medleydb/medley/datatypes/list"
	"github.com/medleydb/medley/datatypes/pack"
	"github.com/medleydb/medley/datatypes/set"
	"github.com/medleydb/medley/datatypes/str"
	"github.com/medleydb/medley/datatypes/stream"
	"github.com/medleydb/medley/datatypes/zset"
	"github.com/medleydb/medley/keyspace"
	"github.com/medleydb/medley/keyspace/aof"
	"github.com/medleydb/medley/keyspace/rdb"
)

// writeCommands writes a snapshot as commands: for people who want to read it, or to edit it, and
// for servers that know other versions of the RDB format.
func (s *Service) writeCommands(w io.Writer, v *save, cut func()) error {
	var libraries []string
	head := func() error {
		var b []byte
		for _, source := range libraries {
			b = aof.AppendCommand(b, [][]byte{[]byte("FUNCTION"), []byte("LOAD"), []byte(source)})
		}
		libraries = nil
		_, err := w.Write(b)
		return err
	}
	err := s.store.Snapshot(keyspace.SnapshotOptions{
		Cut: func(keyspace.SnapshotFigures) {
			libraries = s.libraries.Sources()
			if cut != nil {
				cut()
			}
		},
		Encode: appendItem,
		Write: func(chunk []byte, keys int) error {
			v.written.Add(int64(keys))
			if err := head(); err != nil {
				return err
			}
			_, err := w.Write(chunk)
			return err
		},
		Object: func(it keyspace.Item) error {
			v.written.Add(1)
			if err := head(); err != nil {
				return err
			}
			_, err := w.Write(appendItem(nil, it))
			return err
		},
		Stop: v.stop,
	})
	if err != nil {
		return err
	}
	return head()
}

// commandElements is how many elements one command has at most.
const commandElements = 64

// A commandMaker makes the commands that make one key.
type commandMaker struct {
	b    []byte
	key  []byte
	name string
	argv [][]byte
	n    int // elements in argv
}

// add adds an element, of one word or two, which it copies, to a command of the name.
func (m *commandMaker) add(name string, words ...[]byte) {
	if m.n == commandElements || m.name != name {
		m.end()
		m.name = name
	}
	if m.n == 0 {
		m.argv = append(m.argv[:0], []byte(name), m.key)
	}
	for _, w := range words {
		m.argv = append(m.argv, append([]byte{}, w...))
	}
	m.n++
}

// end ends the command.
func (m *commandMaker) end() {
	if m.n > 0 {
		m.b = aof.AppendCommand(m.b, m.argv)
		m.n = 0
	}
}

// appendItem appends the commands that make a key; RESTORE, where ordinary ones do not.
func appendItem(b []byte, it keyspace.Item) []byte {
	b = aof.AppendCommand(b, [][]byte{[]byte("SELECT"), strconv.AppendInt(nil, int64(it.DB), 10)})
	ms := strconv.AppendInt(nil, it.ExpiryMs, 10)
	bare := *it.Value
	bare.Env = nil // what has expired is written too: it goes when its commands have run
	m := commandMaker{b: b, key: it.Key}
	if !m.value(&bare) {
		return aof.AppendCommand(b, [][]byte{[]byte("RESTORE"), it.Key, ms, rdb.AppendDump(nil, it.Value), []byte("ABSTTL")})
	}
	m.end()
	if it.ExpiryMs != 0 {
		m.b = aof.AppendCommand(m.b, [][]byte{[]byte("PEXPIREAT"), it.Key, ms})
	}
	return m.b
}

// value makes the commands for the value; false where it cannot be told by ordinary ones.
func (m *commandMaker) value(v *datatypes.Value) bool {
	var scratch [pack.IntText]byte
	switch v.Kind {
	case datatypes.String:
		if v.Encoding == str.Sparse {
			return false
		}
		m.add("SET", str.String{}.Of(v).AppendTo(nil))
	case datatypes.List:
		for c := (list.List{}).Of(v).Iter(0, false); c.Next(); {
			m.add("RPUSH", c.Bytes(scratch[:0]))
		}
	case datatypes.Set:
		s := set.Set{}.Of(v)
		s.Each(func(t *set.Member) bool {
			m.add("SADD", t.Bytes(scratch[:0]))
			return true
		})
		m.end()
		s.EachWithTime(func(t *set.Member, ms int64) bool {
			m.expire("SPEXPIREAT", "MEMBERS", t.Bytes(scratch[:0]), ms)
			return true
		})
	case datatypes.ZSet:
		z := zset.ZSet{}.Of(v)
		z.EachWithTime(func(member []byte, score float64, _ int64) bool {
			m.add("ZADD", strconv.AppendFloat(nil, score, 'g', -1, 64), member)
			return true
		})
		m.end()
		z.EachWithTime(func(member []byte, _ float64, ms int64) bool {
			m.expire("ZPEXPIREAT", "MEMBERS", member, ms)
			return true
		})
	case datatypes.Hash:
		m.hash(hash.Hash{}.Of(v))
	case datatypes.Stream:
		return m.stream(stream.Stream{}.Of(v))
	default:
		return false
	}
	return true
}

// hash makes the fields, and then gives a time to those that have one.
func (m *commandMaker) hash(h hash.Hash) {
	h.Each(nil, func(it hash.Item) bool {
		m.add("HSET", it.Field, it.Value)
		return true
	})
	m.end()
	h.Each(nil, func(it hash.Item) bool {
		m.expire("HPEXPIREAT", "FIELDS", it.Field, it.ExpiryMs)
		return true
	})
}

// expire gives a member a time in Unix milliseconds, if that is one.
func (m *commandMaker) expire(name, word string, member []byte, ms int64) {
	if ms != 0 {
		m.command(name, m.key, strconv.AppendInt(nil, ms, 10), []byte(word), []byte("1"), member)
	}
}

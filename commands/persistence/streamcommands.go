package persistence

import (
	"strconv"

	"github.com/medleydb/medley/datatypes/stream"
	"github.com/medleydb/medley/keyspace/aof"
)

// stream makes the entries, what the stream knows of those that are gone, and the groups with their
// consumers and pending entries. When a consumer was last seen is lost, as it is with the commands
// of other servers. false where ordinary commands cannot tell it: there are names of entries, or
// pending entries that nobody has, or that are gone from the stream.
func (m *commandMaker) stream(s stream.Stream) bool {
	if _, _, _, named := s.OwnIdempotence(); named {
		return false
	}
	for i := range s.Groups() {
		if g := s.GroupAt(i); g.Released() > 0 || lost(s, g) {
			return false
		}
	}
	info := s.Info()
	for it := s.Range(stream.ID{}, stream.MaxID, false); it.Next(); {
		argv := [][]byte{[]byte("XADD"), m.key, it.ID().Append(nil)}
		for it.NextField() {
			argv = append(argv, it.Field(nil), it.Value(nil))
		}
		m.b = aof.AppendCommand(m.b, argv)
	}
	if info.Length == 0 { // an entry makes the stream and goes at once
		m.command("XADD", m.key, []byte("MAXLEN"), []byte("0"), []byte("0-1"), []byte("f"), []byte("v"))
	}
	m.command("XSETID", m.key, info.Last.Append(nil), []byte("ENTRIESADDED"), strconv.AppendUint(nil, info.Added, 10), []byte("MAXDELETEDID"), info.MaxDeleted.Append(nil))
	for i := range s.Groups() {
		m.group(s.GroupAt(i))
	}
	return true
}

// lost reports whether a pending entry of the group is gone from the stream.
func lost(s stream.Stream, g stream.Group) (yes bool) {
	g.EachPending(stream.Consumer{}, stream.ID{}, func(p stream.Pending) bool {
		yes = !s.Has(p.ID)
		return !yes
	})
	return yes
}

func (m *commandMaker) group(g stream.Group) {
	name := []byte(g.Name())
	m.command("XGROUP", []byte("CREATE"), m.key, name, g.Last().Append(nil), []byte("ENTRIESREAD"), strconv.AppendInt(nil, g.Read(), 10))
	for i := range g.Consumers() {
		c := g.ConsumerAt(i)
		consumer := []byte(c.Name())
		m.command("XGROUP", []byte("CREATECONSUMER"), m.key, name, consumer)
		g.EachPending(c, stream.ID{}, func(p stream.Pending) bool {
			m.command("XCLAIM", m.key, name, consumer, []byte("0"), p.ID.Append(nil), []byte("TIME"), strconv.AppendInt(nil, p.TimeMs, 10),
				[]byte("RETRYCOUNT"), strconv.AppendInt(nil, p.Count, 10), []byte("FORCE"), []byte("JUSTID"))
			return true
		})
	}
}

// command appends a whole command.
func (m *commandMaker) command(name string, args ...[]byte) {
	m.b = aof.AppendCommand(m.b, append([][]byte{[]byte(name)}, args...))
}

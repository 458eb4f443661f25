package commands

import (
	"bytes"
	"strconv"
	"sync/atomic"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/keyspace"
)

// A notifier publishes key events as notify-keyspace-events says, and passes them on to
// the observer that the program has given. It runs under the lock of the key's shard, so
// that events come in the order of the changes; a subscriber that looks at the key
// waits for that lock and sees the change.
type notifier struct {
	hub     *command.Hub
	wanted  atomic.Uint32 // keyspace.EventClass
	to      atomic.Uint32 // config.KeyEvents
	own     keyspace.Observer
	classes keyspace.EventClass // of own
}

// applyEvents follows notify-keyspace-events.
func (e *Engine) applyEvents(c *config.Config) {
	n := e.notifier
	want := c.NotifyKeyspaceEvents.Load()
	wanted := keyspace.EventClass(0)
	if want&(config.ToKeyspace|config.ToKeyevent|toSubkeys) != 0 {
		wanted = eventClasses(want)
	}
	n.wanted.Store(uint32(wanted))
	n.to.Store(uint32(want))
	e.svc.Store.Observe(wanted | n.classes)
	e.svc.Store.TellSubkeys(want&toSubkeys != 0)
}

const toSubkeys = config.ToSubkeyspace | config.ToSubkeyevent | config.ToSubkeyspaceItem | config.ToSubkeyspaceEvent

func eventClasses(want config.KeyEvents) (classes keyspace.EventClass) {
	for _, m := range [...]struct {
		from config.KeyEvents
		to   keyspace.EventClass
	}{
		{config.EventGeneric, keyspace.ClassGeneric}, {config.EventString, keyspace.ClassString},
		{config.EventList, keyspace.ClassList}, {config.EventSet, keyspace.ClassSet},
		{config.EventHash, keyspace.ClassHash}, {config.EventZset, keyspace.ClassZSet},
		{config.EventExpired, keyspace.ClassExpired}, {config.EventEvicted, keyspace.ClassEvicted},
		{config.EventStream, keyspace.ClassStream}, {config.EventKeyMiss, keyspace.ClassKeyMiss},
		{config.EventNew, keyspace.ClassNew}, {config.EventOverwritten, keyspace.ClassOverwritten},
		{config.EventTypeChanged, keyspace.ClassTypeChanged},
	} {
		if want&m.from != 0 {
			classes |= m.to
		}
	}
	return classes
}

// KeyEvent implements keyspace.Observer.
func (n *notifier) KeyEvent(db int, key []byte, ev keyspace.Event) {
	if n.classes&ev.Class() != 0 {
		n.own.KeyEvent(db, key, ev)
	}
	if keyspace.EventClass(n.wanted.Load())&ev.Class() == 0 || n.hub.Idle() {
		return
	}
	var room [128]byte
	to := config.KeyEvents(n.to.Load())
	if to&config.ToKeyspace != 0 {
		n.hub.Publish(append(eventChannel(room[:0], "__keyspace@", db), key...), []byte(ev.String()))
	}
	if to&config.ToKeyevent != 0 {
		n.hub.Publish(append(eventChannel(room[:0], "__keyevent@", db), ev.String()...), key)
	}
}

// subkeyEvent publishes which subkeys an event is about. Where lengths do not tell the parts of
// a channel's name, what has the separator in it is left out.
func (n *notifier) subkeyEvent(db int, key []byte, ev keyspace.Event, subkeys [][]byte) {
	if keyspace.EventClass(n.wanted.Load())&ev.Class() == 0 || n.hub.Idle() {
		return
	}
	to, name := config.KeyEvents(n.to.Load()), ev.String()
	var list []byte
	for i, s := range subkeys {
		if i > 0 {
			list = append(list, ',')
		}
		list = appendSized(list, s)
	}
	if to&config.ToSubkeyspace != 0 {
		n.hub.Publish(append(eventChannel(nil, "__subkeyspace@", db), key...), append(append([]byte(name), '|'), list...))
	}
	if to&config.ToSubkeyevent != 0 {
		n.hub.Publish(append(eventChannel(nil, "__subkeyevent@", db), name...), append(append(appendSized(nil, key), '|'), list...))
	}
	if to&config.ToSubkeyspaceItem != 0 && bytes.IndexByte(key, '\n') < 0 {
		channel := append(append(eventChannel(nil, "__subkeyspaceitem@", db), key...), '\n')
		for _, s := range subkeys {
			n.hub.Publish(append(channel, s...), []byte(name))
		}
	}
	if to&config.ToSubkeyspaceEvent != 0 {
		channel := append(append(eventChannel(nil, "__subkeyspaceevent@", db), name...), '|')
		n.hub.Publish(append(channel, key...), list)
	}
}

// appendSized appends text behind its length.
func appendSized(b, text []byte) []byte {
	return append(append(strconv.AppendInt(b, int64(len(text)), 10), ':'), text...)
}

func eventChannel(b []byte, prefix string, db int) []byte {
	return append(strconv.AppendInt(append(b, prefix...), int64(db), 10), "__:"...)
}

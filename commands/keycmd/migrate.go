package keycmd

import (
	"bytes"
	"errors"
	"strings"
	"time"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/commands/migrate"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/keyspace"
	"github.com/medleydb/medley/keyspace/rdb"
)

var migrateSpec = command.Spec{
	Name: "migrate", Group: command.GroupGeneric, Since: "2.6.0", Arity: -6,
	Summary:    "Moves keys to another server.",
	Syntax:     `host port <key | ""> destination-db timeout [COPY] [REPLACE] [AUTH password | AUTH2 username password] [KEYS key [key ...]]`,
	Complexity: "O(N) in the size of the values",
	Flags:      command.Write, Categories: []string{"dangerous"},
	Keys: []command.KeySpec{command.Key(3, command.RW|command.Access|command.Delete),
		{Flags: command.RW | command.Access | command.Delete | command.Incomplete, Begin: -2, Keyword: "KEYS", Last: -1, Step: 1}},
	Tips: []string{"nondeterministic_output"},
	Run:  runMigrate,
}

const (
	migrateTimeout = 1000 // milliseconds, where none is given
	// firstVersion is of the payloads that every server since Redis 7.0 takes.
	firstVersion = 10
	// freeRounds is how often keys are sent while others may change them.
	freeRounds = 3
)

// A mover is one MIGRATE.
//
// The keys are not locked while the network is waited for. They are dumped under their locks and
// watched, sent, and then deleted under their locks, those that have not changed meanwhile;
// what has changed is sent again. So there is no moment at which a key is on neither server, and
// no change is lost. A key that keeps changing is held, and its shard with it, in the last round:
// only then does anybody wait for the target, for the timeout at most. Holding always, as a
// server with one thread must, would stop all that lives in the shard for as long as the target
// takes; giving up on a busy key would leave it on both servers.
type mover struct {
	svc     *command.Services
	db      int
	origin  uint64
	target  migrate.Target
	keys    [][]byte
	copied  bool
	replace bool
	version int
	sent    map[string]bool // what the target may have of these keys is ours
}

func runMigrate(c *command.Context) error {
	m := mover{svc: c.Services, db: c.Tx.DB, origin: c.Session.ID, version: firstVersion, sent: map[string]bool{}}
	m.target.Host, m.target.Port = string(c.Args.Bytes()), string(c.Args.Bytes())
	key, db, timeout := c.Args.Bytes(), c.Args.Bytes(), c.Args.Bytes()
	if err := m.parse(c, key, db, timeout); err != nil {
		return err
	}
	items := m.collect(c.Tx)
	if len(items) == 0 {
		c.Reply.Status("NOKEY")
		return nil
	}

	if c.Nested {
		err := m.round(c.Tx, items, func(gone [][]byte) { c.Effect("DEL", gone...) })
		if err != nil && c.Tx.Changes() == 0 {
			return m.wire(err)
		}
		if err != nil { // what has moved is gone, all the same
			c.FailChanged(m.wire(err))
			return nil
		}
		c.Reply.OK()
		return nil
	}
	return c.Park(command.Wait{
		TimedOut: command.Value{Kind: command.Error, Str: "ERR migrate cannot wait here"},
		Begin: func(answer func(command.Value)) {
			spec := c.Spec
			go m.run(func(err error) {
				if err != nil {
					answer(command.Value{Kind: command.Error, Str: command.WireText(m.wire(err), spec)})
					return
				}
				answer(command.Value{Kind: command.Status, Str: "OK"})
			})
		},
	})
}

// parse reads the options. What it keeps it copies.
func (m *mover) parse(c *command.Context, key, db, timeout []byte) error {
	listed := false
	for c.Args.More() && !listed {
		switch {
		case c.Args.Word("COPY"):
			m.copied = true
		case c.Args.Word("REPLACE"):
			m.replace = true
		case c.Args.Option("AUTH", 1):
			m.target.Auth = [][]byte{bytes.Clone(c.Args.Bytes())}
		case c.Args.Option("AUTH2", 2):
			m.target.Auth = [][]byte{bytes.Clone(c.Args.Bytes()), bytes.Clone(c.Args.Bytes())}
		case c.Args.Word("KEYS"):
			if listed = true; len(key) > 0 {
				return command.Errorf("When using MIGRATE KEYS option, the key argument must be set to the empty string")
			}
			for c.Args.More() {
				m.keys = append(m.keys, bytes.Clone(c.Args.Bytes()))
			}
		default:
			return command.ErrSyntax
		}
	}
	if !listed {
		m.keys = [][]byte{bytes.Clone(key)}
	}
	n, ok := datatypes.ParseInt(db)
	ms, ok2 := datatypes.ParseInt(timeout)
	if !ok || !ok2 {
		return datatypes.ErrNotInteger
	}
	if ms <= 0 {
		ms = migrateTimeout
	}
	m.target.DB, m.target.Timeout = int(n), time.Duration(min(ms, 1<<40))*time.Millisecond
	return c.Args.Err()
}

// wire returns the error that the client gets.
func (m *mover) wire(err error) error {
	if t := migrate.TargetError(""); errors.As(err, &t) {
		return command.Errorf("Target instance replied with error: %s", string(t))
	}
	return err
}

// collect dumps the keys that there are. A key that has gone since it was sent is deleted there.
func (m *mover) collect(tx *keyspace.Tx) (items []migrate.Item) {
	for _, key := range m.keys {
		var v datatypes.Value
		if !tx.Lookup(key, &v) {
			if m.sent[string(key)] {
				items = append(items, migrate.Item{Key: key})
			}
			continue
		}
		it := migrate.Item{Key: key, Payload: rdb.AppendDumpFor(nil, &v, m.version), Replace: m.replace || m.sent[string(key)]}
		if ms, _ := tx.Expiry(key); ms != 0 {
			it.TTLMs = max(ms-tx.NowMs(), 1)
		}
		items = append(items, it)
	}
	return items
}

// send sends the items, again in the form of another family of servers where the first one is
// refused.
func (m *mover) send(items []migrate.Item) (taken []bool, refused bool, err error) {
	taken, err = m.svc.Targets.Send(&m.target, items)
	t := migrate.TargetError("")
	refused = errors.As(err, &t) && strings.Contains(string(t), "payload version") && m.version == firstVersion
	return taken, refused, err
}

// round sends items while tx holds the keys, and deletes what has arrived.
func (m *mover) round(tx *keyspace.Tx, items []migrate.Item, effect func([][]byte)) error {
	taken, refused, err := m.send(items)
	m.drop(tx, items, taken, effect)
	if !refused {
		return err
	}
	m.version = rdb.ValkeyVersion
	if items = m.missing(tx, items, taken); len(items) == 0 {
		return nil
	}
	taken, _, err = m.send(items)
	m.drop(tx, items, taken, effect)
	return err
}

// missing dumps those that were not taken again.
func (m *mover) missing(tx *keyspace.Tx, items []migrate.Item, taken []bool) []migrate.Item {
	m.keys = m.keys[:0:0]
	for i, it := range items {
		if !taken[i] {
			m.keys = append(m.keys, it.Key)
		}
	}
	return m.collect(tx)
}

// drop deletes what the target has taken.
func (m *mover) drop(tx *keyspace.Tx, items []migrate.Item, taken []bool, effect func([][]byte)) {
	var gone [][]byte
	for i, it := range items {
		if taken[i] && !m.copied && it.Payload != nil && tx.Delete(it.Key) {
			tx.Changed(it.Key, keyspace.EvDel)
			gone = append(gone, it.Key)
		}
	}
	if len(gone) > 0 && tx.Recording() {
		effect(gone)
	}
}

// lock begins a transaction that holds the keys.
func (m *mover) lock(tx *keyspace.Tx) {
	tx.Begin(m.svc.Store.NowMs())
	tx.DB, tx.Origin = m.db, m.origin
	set := m.svc.Store.NewShardSet()
	for _, key := range m.keys {
		set.Add(m.svc.Store.ShardOf(key))
	}
	tx.LockSet(set)
}

// run moves the keys and tells the outcome once what was deleted is as durable as a reply demands.
func (m *mover) run(done func(error)) {
	tx := m.svc.Store.NewTx()
	effect := func(gone [][]byte) { tx.Effect(append([][]byte{[]byte("DEL")}, gone...)...) }
	var offset int64
	var failed error
	for n := 0; len(m.keys) > 0; n++ {
		m.lock(tx)
		items := m.collect(tx)
		if n >= freeRounds {
			failed = m.round(tx, items, effect)
			tx.Commit(nil)
			offset = max(offset, tx.End())
			break
		}
		watches := make([]keyspace.Watch, len(items))
		for i := range items {
			tx.Watch(&watches[i], items[i].Key)
		}
		tx.End()
		taken, refused, err := m.send(items)

		m.lock(tx)
		var again [][]byte
		for i, it := range items {
			changed := tx.Unwatch(&watches[i])
			switch {
			case taken[i] && changed && !m.copied:
				m.sent[string(it.Key)] = true
				taken[i] = false
				again = append(again, it.Key)
			case !taken[i] && refused:
				again = append(again, it.Key)
			}
		}
		m.drop(tx, items, taken, effect)
		tx.Commit(nil)
		offset = max(offset, tx.End())
		if refused {
			m.version, err = rdb.ValkeyVersion, nil
		}
		if failed == nil {
			failed = err
		}
		if m.keys = again; err != nil && !errors.As(err, new(migrate.TargetError)) {
			break
		}
	}
	if m.svc.Files.JournalOn() && m.svc.Config.Appendfsync.Load() == config.FsyncAlways && offset > 0 {
		m.svc.Files.WhenSynced(offset, func() { go done(failed) })
		return
	}
	done(failed)
}

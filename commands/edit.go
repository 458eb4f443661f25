package commands

import (
	"context"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/keyspace"
	"github.com/medleydb/medley/keyspace/rdb"
)

// View calls fn with a view of some keys of a database, which all stand still meanwhile; with no
// keys named, of all keys. fn must not use the engine. It gets typed values:
//
//	err := eng.View(0, []string{"board"}, func(v *keyspace.View) error {
//		board, ok, err := keyspace.Get[zset.ZSet](v, "board")
//		...
//	})
//
// Errors: those of fn, and command.ErrLoading.
func (e *Engine) View(db int, keys []string, fn func(*keyspace.View) error) error {
	_, err := e.within(db, keys, false, func(tx *keyspace.Tx) error { return tx.View(fn) })
	return err
}

// Update calls fn with an edit of some keys of a database; with no keys named, of all keys. What
// fn changes takes effect when it returns no error, all at once, and else nothing does.
// fn must not use the engine.
//
//	err := eng.Update(ctx, 0, []string{"board", "log"}, func(e *keyspace.Edit) error {
//		board, err := keyspace.Alter[zset.ZSet](e, "board")
//		if err != nil {
//			return err
//		}
//		_, err = board.Add([]byte("ann"), 42, 0)
//		return err
//	})
//
// It returns when the change is as durable as the setting appendfsync says, or ctx ends.
// Values that are changed are copied first, see keyspace.Edit. Watchers, blocked commands,
// caching clients and the journal see a key as changed by RESTORE or DEL.
//
// Errors: those of fn, command.ErrLoading, command.ErrOOM, command.ErrNoReplicas, and those of
// files that cannot be written.
func (e *Engine) Update(ctx context.Context, db int, keys []string, fn func(*keyspace.Edit) error) error {
	offset, err := e.within(db, keys, true, func(tx *keyspace.Tx) error { return tx.Edit(dump, fn) })
	if err != nil {
		return err
	}
	return e.await(ctx, offset)
}

// within calls fn with a transaction under the locks of the keys.
func (e *Engine) within(db int, keys []string, writes bool, fn func(*keyspace.Tx) error) (offset int64, err error) {
	x := e.Acquire()
	defer func() { offset = x.Release() }()
	if e.svc.Files.Loading() {
		return 0, command.ErrLoading
	}
	if writes {
		if err := e.svc.Files.Refusal(); err != nil {
			return 0, err
		}
		if e.svc.Files != nil {
			if e.svc.Primary.TooFew() {
				return 0, command.ErrNoReplicas
			}
			e.svc.Files.Room()
		}
		if e.maxMemory.Load() > 0 && !e.makeRoom(x) {
			return 0, command.ErrOOM
		}
	}
	if db < 0 || db >= e.svc.Store.Databases() {
		return 0, command.ErrDBIndex
	}
	names := make([][]byte, len(keys))
	x.set.Clear()
	for i, k := range keys {
		names[i] = []byte(k)
		x.set.Add(e.svc.Store.ShardOf(names[i]))
	}
	if len(keys) == 0 {
		x.set.AddAll(e.svc.Store)
	}
	tx := x.tx
	tx.Begin(e.clock.ms(x.ns))
	tx.DB, tx.NoTouch, tx.Expired = db, false, keyspace.RemoveExpired
	tx.LockSet(x.set)
	defer func() {
		tx.Abort() // of a function that failed or panicked; else there is nothing
		if o := tx.End(); o != 0 {
			x.offset = o
		}
	}()
	if e.svc.Store.Waiters() > 0 {
		tx.Close(x.set, func(yield func([]byte)) {
			for _, k := range names {
				yield(k)
			}
		})
	}
	return 0, fn(tx)
}

func dump(v *datatypes.Value) []byte { return rdb.AppendDump(nil, v) }

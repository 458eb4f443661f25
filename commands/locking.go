package commands

import (
	"runtime"

	"github.com/medleydb/medley/commands/command"
)

// lockPatiently takes the locks that the command needs. Where a script keeps one for longer than
// its limit, it replies that and returns false.
func (x *Executor) lockPatiently(s *command.Session, it *batched, r command.Reply) bool {
	if x.long = x.takesLong(s, it); x.long {
		x.svc.Scripting.Expect()
	}
	x.tx.MayGiveUp = s.Watch.Len() == 0 // else the keys must be released, under their locks
	x.lock(s, it)
	for x.long && x.tx.Awaited() { // by somebody who could not be told that a script is busy
		x.tx.Release()
		runtime.Gosched()
		x.lock(s, it)
	}
	x.tx.MayGiveUp = false
	if !x.tx.Lost() {
		return true
	}
	err := x.svc.Scripting.AnyBusy()
	if err == nil { // it has ended meanwhile
		x.lock(s, it)
		return true
	}
	x.ended()
	x.refuse(s, it.spec, command.WireText(err, it.spec), r)
	return false
}

// takesLong reports whether the command, or one in the block that it runs, may keep its locks
// for long.
func (x *Executor) takesLong(s *command.Session, it *batched) bool {
	if it.spec.Locking() == command.LockSession {
		for _, q := range s.Queue {
			if q.Spec.Long != nil && q.Spec.Long(x.svc, q.Argv) {
				return true
			}
		}
	}
	return it.spec.Long != nil && it.spec.Long(x.svc, it.argv)
}

func (x *Executor) ended() {
	if x.long {
		x.long = false
		x.svc.Scripting.Ended()
	}
}

// lock takes the locks that the command needs: all, where functions have changed before it had
// those that it seemed to need.
func (x *Executor) lock(s *command.Session, it *batched) {
	if it.spec.Beyond == nil && it.spec.Locking() != command.LockSession {
		x.lockNeeded(s, it)
		return
	}
	version := x.svc.Scripting.Version()
	x.lockNeeded(s, it)
	if x.svc.Scripting.Version() != version && x.tx.Holding() {
		x.tx.Release()
		x.tx.LockAll()
	}
}

func (x *Executor) lockNeeded(s *command.Session, it *batched) {
	spec, argv, store := it.spec, it.argv, x.svc.Store
	if key := spec.SingleKey(argv); key != nil {
		if it.key == nil {
			it.key, it.place = key, store.Place(key)
		}
		if it.ahead > 0 {
			x.tx.LockAhead(&x.batch.ahead, it.ahead-1)
		} else {
			x.tx.LockPlace(key, it.place)
		}
		if x.tx.Lost() {
			return
		}
		if len(x.ahead) > 1 {
			x.glanced += x.tx.LookInside(key, it.place, x.ahead)
		}
		if spec.Flags&command.Write != 0 && store.Waiters() > 0 {
			x.set.Clear()
			x.set.Add(it.place.Shard)
			x.tx.Close(x.set, func(yield func([]byte)) { yield(key) })
		}
		return
	}
	x.set.Clear()
	keys := func(yield func([]byte)) {
		spec.EachKey(argv, func(k []byte, _ command.KeyFlags) { yield(k) })
	}
	switch spec.Locking() {
	case command.LockNone:
		return
	case command.LockAll:
		x.tx.LockAll()
		return
	case command.LockSession:
		if len(s.Queue) == 0 && s.Watch.Len() == 0 {
			return
		}
		x.lockQueued(s)
		keys = func(yield func([]byte)) {
			for _, q := range s.Queue {
				q.Spec.EachKey(q.Argv, func(k []byte, _ command.KeyFlags) { yield(k) })
			}
		}
	default:
		if spec.Beyond != nil && spec.Beyond(x.svc, argv) {
			x.tx.LockAll()
			return
		}
		if spec.Search == nil {
			x.lockKeys(s, it)
			return
		}
		spec.AddShards(x.svc, argv, x.set)
		x.tx.LockSet(x.set)
	}
	if store.Waiters() > 0 && !x.tx.Lost() {
		x.tx.Close(x.set, keys)
	}
}

// lockQueued takes the locks of the queued commands and of the watched keys.
func (x *Executor) lockQueued(s *command.Session) {
	store := x.svc.Store
	s.Watch.AddShards(store, x.set)
	x.keys.Reset()
	for _, q := range s.Queue {
		key := q.Spec.SingleKey(q.Argv)
		if key == nil {
			q.Spec.AddShards(x.svc, q.Argv, x.set)
			continue
		}
		p := store.Place(key)
		x.set.Add(p.Shard)
		x.keys.Add(key, p)
	}
	if x.keys.Len() > 1 {
		x.glanced += store.LookAhead(s.DB(), &x.keys)
	}
	x.tx.LockPlaces(x.set, &x.keys)
}

// lockKeys takes the locks of a command with several keys.
func (x *Executor) lockKeys(s *command.Session, it *batched) {
	store := x.svc.Store
	x.keys.Reset()
	it.spec.EachKey(it.argv, func(key []byte, _ command.KeyFlags) {
		p := store.Place(key)
		x.set.Add(p.Shard)
		x.keys.Add(key, p)
	})
	if x.keys.Len() > 1 {
		x.glanced += store.LookAhead(s.DB(), &x.keys)
	}
	x.tx.LockPlaces(x.set, &x.keys)
	if store.Waiters() > 0 && !x.tx.Lost() {
		x.tx.Close(x.set, func(yield func([]byte)) {
			it.spec.EachKey(it.argv, func(k []byte, _ command.KeyFlags) { yield(k) })
		})
	}
}

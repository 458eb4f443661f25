package commands

import (
	"bytes"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/keyspace"
)

// A Batch is some commands of one session that have arrived together. They run one by
// one, each as if it were alone. They gain twice: the memory of all their keys is fetched
// at once (keyspace.Store.LookAhead), and short ones in a row that need the lock of the same shard
// run under one hold of it, which is worth most where connections work on one large
// collection. Of those on one key the memory of the elements is fetched at once too.
type Batch struct {
	argv  [][]byte // arguments of all commands
	items [batchSize]batched
	n     int
	ahead keyspace.Ahead
	names [batchSize][]byte
	seen  int // commands whose elements have been looked ahead for
}

const (
	batchSize = datatypes.MaxAhead
	// keepNs is how long a command takes at most that leaves its lock to the next one, in
	// nanoseconds.
	keepNs = 5e3
	// keptArgs is how much room for arguments is kept.
	keptArgs = 1024
)

type batched struct {
	argv  [][]byte
	size  int // bytes of input
	spec  *command.Spec
	key   []byte // the only key, or nil
	place keyspace.Place
	ahead int // the key's number in Batch.ahead, from 1 on; 0 where it is not there
}

// Batch returns the executor's batch, emptied.
func (x *Executor) Batch() *Batch {
	x.tx.Release()
	x.batch.drop()
	return &x.batch
}

// drop empties the batch, and forgets the arguments that it borrowed.
func (b *Batch) drop() {
	clear(b.items[:b.n])
	clear(b.names[:b.n])
	b.n, b.seen = 0, 0
	b.ahead.Reset()
	if cap(b.argv) > keptArgs {
		b.argv = nil
	}
	clear(b.argv)
	b.argv = b.argv[:0]
}

// Room returns where the next command's arguments go, and whether there is room for
// one.
func (b *Batch) Room() ([][]byte, bool) { return b.argv, b.n < batchSize }

// Add adds the command whose arguments were appended to what Room returned; size is
// the caller's own. Without arguments it counts as a command that does nothing.
func (b *Batch) Add(argv [][]byte, size int) {
	from := len(b.argv)
	b.argv = argv
	b.items[b.n] = batched{argv: argv[from:len(argv):len(argv)], size: size}
	b.n++
}

// Len returns the number of commands.
func (b *Batch) Len() int { return b.n }

// Command returns the arguments and the size of a command.
func (b *Batch) Command(i int) (argv [][]byte, size int) { return b.items[i].argv, b.items[i].size }

// Prepare finds the commands and looks ahead for the keys of those that have one, and that run
// now: EXEC looks ahead for those in its block.
func (x *Executor) Prepare(s *command.Session) {
	b, store, queued := &x.batch, x.svc.Store, s.InMulti
	for i := range b.items[:b.n] {
		it := &b.items[i]
		if len(it.argv) == 0 {
			continue
		}
		switch {
		case i > 0 && it.sameName(&b.items[i-1]):
			it.spec = b.items[i-1].spec
		case i > 1 && it.sameName(&b.items[i-2]): // as where two take turns
			it.spec = b.items[i-2].spec
		default:
			if it.spec = x.svc.Table.Find(it.argv); it.spec == nil {
				continue
			}
		}
		switch it.spec.FullName {
		case "multi":
			queued = true
		case "exec", "discard":
			queued = false
		}
		if queued {
			continue
		}
		if it.key = it.spec.SingleKey(it.argv); it.key != nil {
			it.place = store.Place(it.key)
			b.ahead.Add(it.key, it.place)
			it.ahead = b.ahead.Len()
		}
	}
	if b.ahead.Len() > 1 {
		x.glanced += store.LookAhead(s.DB(), &b.ahead)
	}
}

// Run runs a command of the batch; for the outcome see Execute. The lock that it and the
// next one need may stay with the executor until that has run, or until Batch or Release.
func (x *Executor) Run(i int, s *command.Session, r command.Reply) Outcome {
	b := &x.batch
	it := &b.items[i]
	x.keep = i+1 < b.n && it.sharesLock(&b.items[i+1]) && !s.InMulti
	if x.keep && i >= b.seen {
		x.ahead = b.elements(i)
	}
	out := x.answer(s, it, r)
	if x.keep {
		x.keep, x.ahead = false, nil
	} else {
		x.tx.Release()
	}
	return out
}

// sameName reports whether the command is another one that came before, by a name that says all.
func (it *batched) sameName(last *batched) bool {
	return last.spec != nil && len(last.spec.Subs) == 0 && last.spec.Parent() == nil && string(it.argv[0]) == string(last.argv[0])
}

// sharesLock reports whether the command and the next one can run under one hold of a
// lock.
func (it *batched) sharesLock(next *batched) bool {
	return it.key != nil && next.key != nil && it.place.Shard == next.place.Shard &&
		!it.spec.Has(command.Blocking) && !next.spec.Has(command.Blocking)
}

// elements returns the names of the elements that command i and its successors look for, as long as
// they have the same key.
func (b *Batch) elements(i int) [][]byte {
	names := b.names[:0]
	it := &b.items[i]
	for b.seen = i; b.seen < b.n; b.seen++ {
		o := &b.items[b.seen]
		if o.spec == nil || o.place != it.place || !bytes.Equal(o.key, it.key) {
			break
		}
		if name := o.spec.ElementOf(o.argv); name != nil {
			names = append(names, name)
		}
	}
	return names
}

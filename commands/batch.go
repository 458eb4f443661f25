package commands

import (
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/keyspace"
)

// A Batch is some commands of one session that have arrived together. They run one by
// one, each as if it were alone; what they gain is that the memory of all their keys is
// fetched at once (keyspace.Store.LookAhead).
type Batch struct {
	argv  [][]byte // arguments of all commands
	items [batchSize]batched
	n     int
	ahead keyspace.Ahead
}

const (
	batchSize = 16
	// keptArgs is how much room for arguments is kept.
	keptArgs = 1024
)

type batched struct {
	argv  [][]byte
	size  int // bytes of input
	spec  *command.Spec
	key   []byte // the only key, or nil
	place keyspace.Place
}

// Batch returns the executor's batch, emptied.
func (x *Executor) Batch() *Batch {
	x.batch.drop()
	return &x.batch
}

// drop empties the batch, and forgets the arguments that it borrowed.
func (b *Batch) drop() {
	clear(b.items[:b.n])
	b.n = 0
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

// Prepare finds the commands and looks ahead for the keys of those that have one.
func (x *Executor) Prepare(s *command.Session) {
	b, store := &x.batch, x.svc.Store
	for i := range b.items[:b.n] {
		it := &b.items[i]
		if len(it.argv) == 0 {
			continue
		}
		if it.spec = x.svc.Table.Find(it.argv); it.spec == nil {
			continue
		}
		if it.key = it.spec.SingleKey(it.argv); it.key != nil {
			it.place = store.Place(it.key)
			b.ahead.Add(it.key, it.place)
		}
	}
	if b.ahead.Len() > 1 {
		x.glanced += store.LookAhead(s.DB(), &b.ahead)
	}
}

// Run runs a command of the batch; for the outcome see Execute.
func (x *Executor) Run(i int, s *command.Session, r command.Reply) Outcome {
	it := &x.batch.items[i]
	return x.answer(s, it, r)
}

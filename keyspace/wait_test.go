package keyspace

import (
	"fmt"
	"testing"

	"github.com/medleydb/medley/datatypes"
	"github.com/medleydb/medley/datatypes/str"
)

// lossTest is a store with a waiter for strings at two keys of different shards.
type lossTest struct {
	s      *Store
	tx     *Tx
	a, b   []byte
	w      *Waiter
	served []string // the ready key, and whether it is there
	later  int
}

func newLossTest(t *testing.T, loss bool) *lossTest {
	s, err := Open(Options{Shards: 4})
	if err != nil {
		t.Fatal(err)
	}
	x := &lossTest{s: s, tx: s.NewTx(), a: []byte("a")}
	for i := 0; x.b == nil; i++ {
		if key := fmt.Appendf(nil, "b%d", i); s.ShardOf(key) != s.ShardOf(x.a) {
			x.b = key
		}
	}
	x.begin(1)
	for _, key := range [][]byte{x.a, x.b} {
		Create[str.String](x.tx, key, 100).Set([]byte("x"))
		x.tx.Changed(key, EvSet)
		x.tx.Commit(nil)
	}
	x.w = &Waiter{Keys: [][]byte{x.a, x.b}, Kind: datatypes.String, Loss: loss, Later: func() { x.later++ }, Done: func(int64) {}}
	x.w.Serve = func(tx *Tx, key []byte) bool {
		_, there := tx.Expiry(x.b) // needs the other shard too
		x.served = append(x.served, fmt.Sprintf("%c %v", key[0], there))
		return !there
	}
	x.tx.Park(x.w)
	x.tx.End()
	return x
}

func (x *lossTest) begin(now int64) {
	x.tx.Begin(now)
	x.tx.DB = 0
	x.tx.LockAll()
}

// TestLoss protects commands that fail when a key goes: they are run then, whatever
// takes the key away, and others are not.
func TestLoss(t *testing.T) {
	for name, take := range map[string]func(x *lossTest){
		"delete": func(x *lossTest) {
			x.tx.Delete(x.b)
			x.tx.Changed(x.b, EvDel)
			x.tx.Commit(nil)
		},
		"flush": func(x *lossTest) { x.tx.Flush() },
		"swap":  func(x *lossTest) { x.tx.Swap(0, 1) },
		"expiry": func(x *lossTest) {
			x.tx.Begin(200)
			_, _, _ = Read[str.String](x.tx, x.b)
			x.tx.Commit(nil)
		},
		"rename": func(x *lossTest) {
			x.tx.Rename(x.b, 0, []byte("other"))
			x.tx.Changed(x.b, EvRenameFrom)
			x.tx.Commit(nil)
		},
	} {
		for _, loss := range []bool{true, false} {
			x := newLossTest(t, loss)
			x.begin(2)
			take(x)
			x.tx.End()
			if got := len(x.served) > 0; got != loss {
				t.Errorf("%s, loss %v: served %q", name, loss, x.served)
			}
			if waits := x.s.Waiters() == 1; waits == loss {
				t.Errorf("%s, loss %v: waits %v", name, loss, waits)
			}
			if x.later != 0 {
				t.Errorf("%s: left for later, with all locks held", name)
			}
		}
	}
}

// TestLossLater protects the lock order: a transaction that holds one shard and meets an
// expired key there does not serve what needs another; Retry does.
func TestLossLater(t *testing.T) {
	x := newLossTest(t, true)
	x.tx.Begin(200)
	x.tx.DB = 0
	x.tx.LockKey(x.s.ShardOf(x.b))
	_, _, _ = Read[str.String](x.tx, x.b)
	x.tx.Commit(nil)
	x.tx.End()
	if len(x.served) != 0 || x.later != 1 {
		t.Fatalf("served %q, %d times left for later", x.served, x.later)
	}
	x.tx.Begin(200)
	if x.tx.Retry(x.w) || len(x.served) != 1 || x.s.Waiters() != 0 {
		t.Errorf("served %q, %d wait", x.served, x.s.Waiters())
	}
	x.tx.Begin(200)
	if x.tx.Retry(x.w) || len(x.served) != 1 {
		t.Errorf("served again: %q", x.served)
	}
}

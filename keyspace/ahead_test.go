package keyspace

import (
	"fmt"
	"sync"
	"testing"

	"github.com/medleydb/medley/datatypes/str"
)

// TestLookAheadWhileKeysChange protects those who look ahead without a lock: whatever
// becomes of the index and the records meanwhile, nothing is read out of bounds, and the
// keys are whole.
func TestLookAheadWhileKeysChange(t *testing.T) {
	s, err := Open(Options{Shards: 1, Databases: 2})
	if err != nil {
		t.Fatal(err)
	}
	key := func(i int) []byte { return fmt.Appendf(nil, "key:%d", i) }
	const keys, rounds = 3000, 20
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		var a Ahead
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			a.Reset()
			for i := range 64 {
				k := key((n*64 + i) % keys)
				a.Add(k, s.Place(k))
			}
			s.LookAhead(n%2, &a)
		}
	})
	tx := s.NewTx()
	write := func(fn func()) {
		tx.Begin(1)
		tx.LockAll()
		fn()
		tx.Commit(nil)
		tx.End()
	}
	for range rounds {
		for i := range keys {
			write(func() {
				k := key(i)
				Create[str.String](tx, k, 0).Set(make([]byte, i%700))
				tx.Changed(k, EvSet)
			})
		}
		write(func() { tx.Swap(0, 1) })
		for i := range keys {
			if i%7 != 0 {
				write(func() { tx.Delete(key(i)) })
			}
		}
		for s.Compact(0, 100) {
		}
		tx.DB = 1
		write(func() { tx.Flush() })
		tx.DB = 0
	}
	close(stop)
	wg.Wait()
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
}

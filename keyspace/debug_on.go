//go:build invariants

package keyspace

import "fmt"

const debug = true

func (tx *Tx) checkUnlocked() {
	if tx.held {
		panic("keyspace: a transaction that holds locks takes more")
	}
}

func (tx *Tx) checkHeld(shard int, key []byte) {
	if !tx.Held(shard) {
		panic(fmt.Sprintf("keyspace: key %q is used without the lock of its shard %d", key, shard))
	}
}

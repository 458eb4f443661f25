//go:build !invariants

package keyspace

const debug = false

func (tx *Tx) checkUnlocked()        {}
func (tx *Tx) checkHeld(int, []byte) {}

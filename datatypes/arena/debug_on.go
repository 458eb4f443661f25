//go:build invariants

package arena

import "fmt"

const debug = true

// poison overwrites freed memory, so that a reader of a stale slice notices.
func poison(b []byte) {
	for i := range b {
		b[i] = 0xDB
	}
}

func checkLive(h uint16, ref Ref) {
	if h&liveBit == 0 {
		panic(fmt.Sprintf("arena: record %#x is freed twice", uint32(ref)))
	}
}

package stringcmd_test

import (
	"testing"

	"github.com/medleydb/medley/conformance/frozen/frozentest"
)

// TestFrozen protects replies, error texts, effects and key events in RESP2 and
// RESP3: they are those of a server of the field, or as documented where none could be
// asked.
func TestFrozen(t *testing.T) {
	frozentest.Run(t,
		frozentest.Table{Name: "redis", Least: 400},
		frozentest.Table{Name: "valkey", Least: 90},
		frozentest.Table{Name: "documented", Least: 120, ByHand: true},
	)
}

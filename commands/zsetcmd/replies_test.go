package zsetcmd_test

import (
	"testing"

	"github.com/medleydb/medley/conformance/frozen/frozentest"
)

// TestFrozen protects replies and error texts in RESP2 and RESP3: they are those of Redis,
// whatever the values' representation,
// or as documented where no server at hand could be asked.
func TestFrozen(t *testing.T) {
	frozentest.Run(t,
		frozentest.Table{Name: "redis", Least: 300},
		frozentest.Table{Name: "documented", Least: 10, ByHand: true},
	)
}

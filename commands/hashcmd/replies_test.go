package hashcmd_test

import (
	"testing"

	"github.com/medleydb/medley/conformance/frozen/frozentest"
	"github.com/medleydb/medley/datatypes"
)

// TestFrozen protects replies and error texts in RESP2 and RESP3: they are those of Redis,
// whatever the values' representation.
func TestFrozen(t *testing.T) {
	frozentest.Run(t,
		frozentest.Table{Name: "redis", Least: 250, Limits: func(l *datatypes.Limits) { l.HashMaxPackedEntries = 0 }},
	)
}

package streamcmd_test

import (
	"testing"

	"github.com/medleydb/medley/conformance/frozen/frozentest"
)

// TestFrozen protects replies, error texts, effects and key events in RESP2 and
// RESP3: they are those of a server of the field.
func TestFrozen(t *testing.T) {
	frozentest.Run(t, frozentest.Table{Name: "redis", Least: 250})
}

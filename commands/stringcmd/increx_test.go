package stringcmd_test

import (
	"context"
	"testing"

	"github.com/medleydb/medley/commands"
)

// TestSaturatedAtInfinity protects counters from an infinite bound: they stop at the
// greatest number, with which one can go on.
func TestSaturatedAtInfinity(t *testing.T) {
	e, err := commands.Open(commands.Options{NoCron: true})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx := context.Background()
	for key, bound := range map[string][]any{"up": {"LBOUND", "inf"}, "down": {"UBOUND", "-inf"}} {
		args := append([]any{"INCREX", key, "BYFLOAT", "1", "SATURATE"}, bound...)
		if _, err := e.Do(ctx, args...); err != nil {
			t.Errorf("%v: %v", args, err)
		}
		if _, err := e.Do(ctx, "INCREX", key, "BYFLOAT", "0"); err != nil {
			t.Errorf("%s afterwards: %v", key, err)
		}
	}
}

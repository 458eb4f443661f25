package commands

import (
	"context"
	"testing"
)

// TestSlice protects the way of a command through every wall.
func TestSlice(t *testing.T) {
	e, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	c := e.NewClient()
	defer c.Close()
	ctx := context.Background()
	for _, step := range []struct {
		args []any
		want string
	}{
		{[]any{"SET", "a", "1"}, "OK"},
		{[]any{"GET", "a"}, "1"},
		{[]any{"INCR", "a"}, "2"},
		{[]any{"MULTI"}, "OK"},
		{[]any{"INCR", "a"}, "QUEUED"},
		{[]any{"GET", "a"}, "QUEUED"},
	} {
		v, err := c.Do(ctx, step.args...)
		if err != nil || v.Text() != step.want {
			t.Fatalf("%v: %v %v, want %v", step.args, v, err, step.want)
		}
	}
	v, err := c.Do(ctx, "EXEC")
	if err != nil || len(v.Elems) != 2 || v.Elems[1].Str != "3" {
		t.Fatal(v, err)
	}
}

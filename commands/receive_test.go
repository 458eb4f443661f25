package commands

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

// TestReceive protects an embedding program's way to subscribe.
func TestReceive(t *testing.T) {
	e, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c := e.NewClient()
	defer c.Close()
	if v, err := c.Do(ctx, "SUBSCRIBE", "a", "b"); err != nil || !v.IsNull() {
		t.Fatal(v, err)
	}
	got := make(chan string)
	go func() {
		defer close(got)
		for {
			v, err := c.Receive(ctx)
			if errors.Is(err, ErrClosed) {
				return
			}
			text := fmt.Sprint(err)
			for i, elem := range v.Elems {
				if i == 0 {
					text = elem.Text()
				} else {
					text += " " + elem.Text()
				}
			}
			got <- text
		}
	}()
	want := func(text string) {
		t.Helper()
		if g := <-got; g != text {
			t.Fatalf("got %q, want %q", g, text)
		}
	}
	want("subscribe a 1")
	want("subscribe b 2")
	if v, err := e.Do(ctx, "PUBLISH", "b", "hello"); err != nil || v.Int != 1 {
		t.Fatal(v, err)
	}
	want("message b hello")
	if v, err := c.Do(ctx, "PUBLISH", "a", "myself"); err != nil || v.Int != 1 {
		t.Fatal(v, err)
	}
	want("message a myself")
	if v, err := e.Do(ctx, "CLIENT", "KILL", "ID", c.Session().ID); err != nil || v.Int != 1 {
		t.Fatal(v, err)
	}
	if text, more := <-got; more {
		t.Fatal(text)
	}
	// A call of Engine.Do that subscribes leaves nothing behind.
	if _, err := e.Do(ctx, "SUBSCRIBE", "c"); err != nil {
		t.Fatal(err)
	}
	if v, err := e.Do(ctx, "PUBLISH", "c", "x"); err != nil || v.Int != 0 {
		t.Fatal(v, err)
	}
}

package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/datatypes/hash"
	"github.com/medleydb/medley/datatypes/list"
	"github.com/medleydb/medley/datatypes/zset"
	"github.com/medleydb/medley/keyspace"
)

func openFor(t *testing.T, o Options) *Engine {
	t.Helper()
	e, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

func text(t *testing.T, e *Engine, args ...any) string {
	t.Helper()
	v, err := e.Do(context.Background(), args...)
	if err != nil {
		return err.Error()
	}
	if v.Elems != nil {
		return fmt.Sprint(len(v.Elems), " elements")
	}
	return v.Text()
}

// TestUpdate protects that an update changes all of its keys or none, packed and large values
// alike.
func TestUpdate(t *testing.T) {
	for _, n := range []int{3, 1000} {
		cfg := config.New()
		if err := cfg.Override(config.Pair{Name: "enable-debug-command", Value: "yes"}); err != nil {
			t.Fatal(err)
		}
		e := openFor(t, Options{Config: cfg})
		ctx := context.Background()
		for i := range n {
			e.Do(ctx, "ZADD", "board", i, fmt.Sprint("player ", i))
			e.Do(ctx, "RPUSH", "log", i)
		}
		e.Do(ctx, "SET", "gone", "x")
		before := text(t, e, "DEBUG", "DIGEST")
		if len(before) != 40 {
			t.Fatal(before)
		}
		failed := errors.New("no")
		change := func(ed *keyspace.Edit, err error) error {
			board, _ := keyspace.Alter[zset.ZSet](ed, "board")
			board.Add([]byte("ann"), 42, 0)
			board.Remove([]byte("player 1"))
			l, _ := keyspace.Alter[list.List](ed, "log")
			l.Push(list.Tail, []byte("ann"))
			h, _ := keyspace.Alter[hash.Hash](ed, "fresh")
			h.Set([]byte("f"), []byte("v"))
			ed.Delete("gone")
			ed.Expire("log", time.Now().Add(time.Hour).UnixMilli())
			if got, _, _ := keyspace.Get[zset.ZSet](ed, "board"); got.Len() != n {
				t.Errorf("the edit sees %d members of its own, want %d", got.Len(), n)
			}
			return err
		}
		names := []string{"board", "log", "fresh", "gone"}
		if err := e.Update(ctx, 0, names, func(ed *keyspace.Edit) error { return change(ed, failed) }); err != failed {
			t.Fatal(err)
		}
		func() {
			defer func() { recover() }()
			e.Update(ctx, 0, nil, func(ed *keyspace.Edit) error {
				change(ed, nil)
				panic("a bug of the program")
			})
		}()
		if after := text(t, e, "DEBUG", "DIGEST"); after != before {
			t.Error("an update that failed has changed something")
		}
		if err := e.Update(ctx, 0, names, func(ed *keyspace.Edit) error { return change(ed, nil) }); err != nil {
			t.Fatal(err)
		}
		for want, args := range map[string][]any{
			"42": {"ZSCORE", "board", "ann"}, fmt.Sprint(n): {"ZCARD", "board"}, "ann": {"LINDEX", "log", -1},
			"v": {"HGET", "fresh", "f"}, "0": {"EXISTS", "gone"},
		} {
			if got := text(t, e, args...); got != want {
				t.Errorf("%v: %s, want %s", args, got, want)
			}
		}
		if got := text(t, e, "TTL", "log"); got != "3600" && got != "3599" {
			t.Error("TTL log:", got)
		}
		if err := e.Services().Store.Check(); err != nil {
			t.Error(err)
		}
	}
}

// TestUpdateOfOthers protects the errors of keys that were not named, or are of another type.
func TestUpdateOfOthers(t *testing.T) {
	e := openFor(t, Options{})
	text(t, e, "SET", "s", "x")
	err := e.Update(context.Background(), 0, []string{"s"}, func(ed *keyspace.Edit) error {
		if _, err := keyspace.Alter[hash.Hash](ed, "s"); !errors.Is(err, keyspace.ErrWrongType) {
			t.Error(err)
		}
		if _, err := keyspace.Alter[hash.Hash](ed, "other"); !errors.Is(err, keyspace.ErrNotNamed) {
			t.Error(err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	var kept *keyspace.View
	e.View(0, nil, func(v *keyspace.View) error {
		kept = v
		_, ok, err := keyspace.Get[hash.Hash](v, "nothing")
		if ok || err != nil {
			t.Error(ok, err)
		}
		return nil
	})
	if _, _, err := keyspace.Get[hash.Hash](kept, "s"); !errors.Is(err, keyspace.ErrNotNamed) {
		t.Error("a view is good after its function has returned:", err)
	}
}

// TestUpdateWakes protects that updates wake who waits for a key, and break the watches of it.
func TestUpdateWakes(t *testing.T) {
	e := openFor(t, Options{})
	ctx := context.Background()
	c := e.NewClient()
	defer c.Close()
	c.Do(ctx, "WATCH", "l")
	c.Do(ctx, "MULTI")
	c.Do(ctx, "PING")
	got := make(chan string)
	go func() { got <- text(t, e, "BLPOP", "l", 0) }()
	for e.Services().Store.Waiters() == 0 {
		time.Sleep(time.Millisecond)
	}
	err := e.Update(ctx, 0, []string{"l"}, func(ed *keyspace.Edit) error {
		l, err := keyspace.Alter[list.List](ed, "l")
		l.Push(list.Tail, []byte("a"), []byte("b"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if s := <-got; s != "2 elements" {
		t.Error("BLPOP:", s)
	}
	if s := text(t, e, "LLEN", "l"); s != "1" {
		t.Error("LLEN:", s)
	}
	if v, err := c.Do(ctx, "EXEC"); err != nil || v.Elems != nil {
		t.Error("EXEC ran though a watched key was changed:", v, err)
	}
}

// TestUpdateIsKept protects that updates are in the journal when they return, and that many at
// once leave a sum that is right.
func TestUpdateIsKept(t *testing.T) {
	dir := t.TempDir()
	open := func() *Engine {
		cfg := config.New()
		for _, p := range []config.Pair{{Name: "dir", Value: dir}, {Name: "appendonly", Value: "yes"}, {Name: "appendfsync", Value: "always"}} {
			if err := cfg.Override(p); err != nil {
				t.Fatal(err)
			}
		}
		return openFor(t, Options{Config: cfg, Files: true})
	}
	e := open()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range 25 {
				err := e.Update(context.Background(), 0, []string{"sum", "each"}, func(ed *keyspace.Edit) error {
					z, err := keyspace.Alter[zset.ZSet](ed, "sum")
					if err != nil {
						return err
					}
					s, _ := z.Score([]byte("n"))
					z.Add([]byte("n"), s+1, 0)
					h, err := keyspace.Alter[hash.Hash](ed, "each")
					h.Set(fmt.Append(nil, s), fmt.Append(nil, i))
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if err := e.CloseWith(false); err != nil {
		t.Fatal(err)
	}
	e = open()
	text(t, e, "CONFIG", "SET", "min-replicas-to-write", "1")
	if got := text(t, e, "INFO", "replication"); !strings.Contains(got, "\r\nmin_slaves_good_slaves:0\r\n") {
		t.Errorf("INFO replication: %q", got)
	}
	err := e.Update(context.Background(), 0, []string{"sum"}, func(*keyspace.Edit) error {
		t.Error("an update runs though too few replicas follow")
		return nil
	})
	if !errors.Is(err, command.ErrNoReplicas) {
		t.Error(err)
	}
	if s := text(t, e, "ZSCORE", "sum", "n"); s != "100" {
		t.Error("the sum is", s)
	}
	if s := text(t, e, "HLEN", "each"); s != "100" {
		t.Error("fields:", s)
	}
}

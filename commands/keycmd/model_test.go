package keycmd_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/keyspace"
)

// A modelValue is a value of any type as a naive list: the bytes of a string, or its
// elements in an order of their own.
type modelValue struct {
	kind   string
	elems  []string
	expiry int64 // Unix milliseconds, 0 for none
}

func (v *modelValue) copy() *modelValue {
	w := *v
	w.elems = slices.Clone(v.elems)
	return &w
}

type modelKey struct {
	db  int
	key string
}

// world is an engine with a naive map beside it.
type world struct {
	t     *testing.T
	r     *rand.Rand
	e     *commands.Engine
	c     *commands.Client
	now   *atomic.Int64 // Unix milliseconds: the engine's timers look too
	want  map[modelKey]*modelValue
	multi []string // replies that the block is to give; nil outside of one
	db    int
	next  int

	journal []entry
}

// An entry is an effect and when it happened.
type entry struct {
	now  int64
	db   int
	args []string
}

// Append implements keyspace.Journal, in memory.
func (w *world) Append(batch []keyspace.Effect) int64 {
	for _, e := range batch {
		args := make([]string, len(e.Args))
		for i, a := range e.Args {
			args[i] = string(a)
		}
		w.journal = append(w.journal, entry{w.now.Load(), e.DB, args})
	}
	return 0
}

const worldDBs = 3

func newWorld(t *testing.T, seed uint64) *world {
	w := &world{t: t, r: rand.New(rand.NewPCG(seed, 3)), now: new(atomic.Int64), want: map[modelKey]*modelValue{}}
	w.now.Store(1e12)
	now := func() time.Time { return time.UnixMilli(w.now.Load()) }
	e, err := commands.Open(commands.Options{NoCron: true, Shards: 4, Databases: worldDBs, Seed: seed + 1, Now: now, Journal: w})
	if err != nil {
		t.Fatal(err)
	}
	w.e, w.c = e, e.NewClient()
	return w
}

// do runs a command that the model says the reply of.
func (w *world) do(want string, args ...any) {
	v, err := w.c.Do(context.Background(), args...)
	if err != nil && v.Kind != command.Error {
		w.t.Fatal(args, err)
	}
	got := v.Text()
	if w.multi != nil {
		if got != "QUEUED" {
			w.t.Fatalf("%.60v is not queued: %q", args, got)
		}
		w.multi = append(w.multi, fmt.Sprintf("%s\x00%.60v", want, args))
		return
	}
	if got != want {
		w.t.Fatalf("%.60v gives %q, not %q", args, got, want)
	}
}

func (w *world) exec() {
	v, err := w.c.Do(context.Background(), "EXEC")
	if err != nil || len(v.Elems) != len(w.multi) {
		w.t.Fatalf("EXEC gives %v, %v", v, err)
	}
	for i, elem := range v.Elems {
		want, args, _ := strings.Cut(w.multi[i], "\x00")
		if elem.Text() != want {
			w.t.Fatalf("in EXEC %s gives %q, not %q", args, elem.Text(), want)
		}
	}
	w.multi = nil
}

func (w *world) key() string { return fmt.Sprintf("key:%d", w.r.IntN(12)) }

// live returns the model's value; what has expired is forgotten.
func (w *world) live(db int, key string) *modelValue {
	k := modelKey{db, key}
	v := w.want[k]
	if v != nil && v.expiry != 0 && v.expiry <= w.now.Load() {
		delete(w.want, k)
		return nil
	}
	return v
}

func truth(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// step does one random command.
func (w *world) step() {
	key, other, db := w.key(), w.key(), w.r.IntN(worldDBs)
	v := w.live(w.db, key)
	here, there := modelKey{w.db, key}, modelKey{w.db, other}
	switch w.r.IntN(13) {
	case 0, 1, 2:
		w.grow(key, v)
	case 3:
		if key == other || v == nil {
			return
		}
		w.do("OK", "RENAME", key, other)
		w.want[there] = v
		delete(w.want, here)
	case 4:
		if v == nil {
			return
		}
		free := key != other && w.live(w.db, other) == nil
		w.do(truth(free), "RENAMENX", key, other)
		if free {
			w.want[there] = v
			delete(w.want, here)
		}
	case 5, 6:
		replace := w.r.IntN(2) == 0
		if db == w.db && key == other {
			return
		}
		args := []any{"COPY", key, other, "DB", db}
		if replace {
			args = append(args, "REPLACE")
		}
		done := v != nil && (replace || w.live(db, other) == nil)
		w.do(truth(done), args...)
		if done {
			w.want[modelKey{db, other}] = v.copy()
		}
	case 7:
		if db == w.db {
			return
		}
		done := v != nil && w.live(db, key) == nil
		w.do(truth(done), "MOVE", key, db)
		if done {
			w.want[modelKey{db, key}] = v
			delete(w.want, here)
		}
	case 8:
		w.expire(key, v)
	case 9:
		w.do(truth(v != nil), []string{"DEL", "UNLINK"}[w.r.IntN(2)], key)
		delete(w.want, here)
	case 10:
		w.do(truth(v != nil && v.expiry != 0), "PERSIST", key)
		if v != nil {
			v.expiry = 0
		}
	default:
		w.rest(db)
	}
}

func (w *world) expire(key string, v *modelValue) {
	ms := w.now.Load() + int64(w.r.IntN(60)) - 10
	w.do(truth(v != nil), "PEXPIREAT", key, ms)
	switch {
	case v == nil:
	case ms <= w.now.Load():
		delete(w.want, modelKey{w.db, key})
	default:
		v.expiry = ms
	}
}

// rest are the rarer commands.
func (w *world) rest(db int) {
	switch w.r.IntN(20) {
	case 0:
		w.do("OK", "FLUSHDB")
		for k := range w.want {
			if k.db == w.db {
				delete(w.want, k)
			}
		}
	case 1:
		w.do("OK", "SWAPDB", w.db, db)
		swapped := map[modelKey]*modelValue{}
		for k, v := range w.want {
			switch k.db {
			case w.db:
				k.db = db
			case db:
				k.db = w.db
			}
			swapped[k] = v
		}
		w.want = swapped
	case 2, 3, 4, 5:
		w.do("OK", "SELECT", db)
		w.db = db
	}
}

// grow adds to the value, which is made where there is none.
func (w *world) grow(key string, v *modelValue) {
	if v == nil {
		v = &modelValue{kind: []string{"string", "list", "hash", "set", "zset"}[w.r.IntN(5)]}
		w.want[modelKey{w.db, key}] = v
	}
	n := 1 + w.r.IntN(3)
	if w.r.IntN(8) == 0 {
		n = 700 // beyond every packed form
	}
	args := []any{map[string]string{"string": "APPEND", "list": "RPUSH", "hash": "HSET", "set": "SADD", "zset": "ZADD"}[v.kind], key}
	for range n {
		w.next++
		e := fmt.Sprintf("element-%d", w.next)
		switch v.kind {
		case "string":
			args = append(args[:2], e) // one at a time
			n = 1
			if w.r.IntN(4) == 0 {
				e += strings.Repeat("x", 30000)
				args[2] = e
			}
		case "hash":
			args = append(args, e, e)
		case "zset":
			args = append(args, w.next, e)
		default:
			args = append(args, e)
		}
		v.elems = append(v.elems, e)
		if v.kind == "string" {
			break
		}
	}
	total := n
	switch v.kind {
	case "string":
		total = len(strings.Join(v.elems, ""))
	case "list":
		total = len(v.elems)
	}
	w.do(fmt.Sprint(total), args...)
}

// check reads everything.
func (w *world) check() {
	total := 0
	for db := range worldDBs {
		w.do("OK", "SELECT", db)
		n := 0
		for i := range 12 {
			key := fmt.Sprintf("key:%d", i)
			v := w.live(db, key)
			if v == nil {
				w.do("none", "TYPE", key)
				continue
			}
			n++
			w.do(v.kind, "TYPE", key)
			expiry := int64(-1)
			if v.expiry != 0 {
				expiry = v.expiry
			}
			w.do(fmt.Sprint(expiry), "PEXPIRETIME", key)
			if got, want := w.read(key, v.kind), w.sorted(v); !slices.Equal(got, want) {
				w.t.Fatalf("%s in %d (%s) has %d elements and is not as the model's of %d", key, db, v.kind, len(got), len(want))
			}
		}
		total += n
		w.do(fmt.Sprint(n), "DBSIZE") // all that had expired were met
	}
	w.do("OK", "SELECT", w.db)
	if err := w.e.Store().Check(); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) sorted(v *modelValue) []string {
	list := slices.Clone(v.elems)
	switch v.kind {
	case "string":
		return []string{strings.Join(list, "")}
	case "hash", "set":
		slices.Sort(list)
	}
	return list
}

func (w *world) read(key, kind string) []string {
	args := map[string][]any{
		"string": {"MGET", key}, "list": {"LRANGE", key, 0, -1}, "hash": {"HKEYS", key},
		"set": {"SMEMBERS", key}, "zset": {"ZRANGE", key, 0, -1},
	}[kind]
	v, err := w.c.Do(context.Background(), args...)
	if err != nil {
		w.t.Fatal(args, err)
	}
	var list []string
	for _, e := range v.Elems {
		list = append(list, e.Text())
	}
	if kind == "hash" || kind == "set" {
		slices.Sort(list)
	}
	return list
}

// TestKeysAgainstModel protects the ways of a value from key to key: RENAME, COPY, MOVE,
// SWAPDB, FLUSHDB, expiry and deletion of values of every type, packed and large, alone and
// several in one transaction, while records are moved and expired ones swept; and that
// the journal repeats all of it.
func TestKeysAgainstModel(t *testing.T) {
	seeds, steps := uint64(12), 1500
	if testing.Short() {
		seeds, steps = 4, 600
	}
	for seed := range seeds {
		w := newWorld(t, seed)
		for i := range steps {
			if w.multi == nil && w.r.IntN(6) == 0 {
				w.do("OK", "MULTI")
				w.multi = []string{}
			}
			w.step()
			if w.multi != nil && w.r.IntN(4) == 0 {
				w.exec()
			}
			if w.multi == nil {
				w.now.Add(int64(w.r.IntN(4)))
				if w.r.IntN(10) == 0 {
					w.background()
				}
				if i%100 == 0 {
					w.check()
				}
			}
		}
		if w.multi != nil {
			w.exec()
		}
		w.check()
		w.replay()
		w.do("OK", "FLUSHALL")
		clear(w.want)
		w.check()
		w.c.Close()
		w.e.Close()
	}
}

// replay repeats the journal at the times of its entries in another world, which must
// come to the same.
func (w *world) replay() {
	copied := newWorld(w.t, 99)
	defer copied.e.Close()
	defer copied.c.Close()
	for _, e := range w.journal {
		copied.now.Store(e.now)
		for _, args := range [][]string{{"SELECT", fmt.Sprint(e.db)}, e.args} {
			list := make([]any, len(args))
			for i, a := range args {
				list[i] = a
			}
			if _, err := copied.c.Do(context.Background(), list...); err != nil {
				w.t.Fatalf("the effect %.80v: %v", args, err)
			}
		}
	}
	copied.now.Store(w.now.Load())
	copied.want = w.want
	copied.check()
}

// background does what the engine's cron would.
func (w *world) background() {
	store := w.e.Store()
	tx := store.NewTx()
	shard := w.r.IntN(store.Shards())
	tx.Begin(w.now.Load())
	tx.Sweep(shard, 1+w.r.IntN(10))
	store.Compact(shard, 1+w.r.IntN(100))
}

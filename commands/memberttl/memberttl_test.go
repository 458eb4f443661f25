package memberttl_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/conformance/stage"
)

// effectSteps are commands with the effects and events that they must have.
var effectSteps = []stage.Step{
	{"SADD s a b c d", "4", "SADD s a b c d", "sadd:s"},
	{"SPEXPIRE s 500 MEMBERS 2 a b", "[1, 1]", "SPEXPIREAT s 1000500 MEMBERS 2 a b", "sexpire:s"},
	{"wait 1000", "", "", ""},
	{"SCARD s", "2", "SREM s a b", "sexpired:s"},
	{"SPEXPIRE s 500 MEMBERS 1 c", "[1]", "SPEXPIREAT s 1001500 MEMBERS 1 c", "sexpire:s"},
	{"wait 1000", "", "", ""},
	{"SREM s c", "0", "SREM s c", "sexpired:s"},
	{"SPEXPIRE s 500 MEMBERS 1 d", "[1]", "SPEXPIREAT s 1002500 MEMBERS 1 d", "sexpire:s"},
	{"wait 1000", "", "", ""},
	{"SADD s d", "1", "SREM s d | SADD s d", "sexpired:s del:s sadd:s"},
	{"SPEXPIRE s 500 MEMBERS 1 d", "[1]", "SPEXPIREAT s 1003500 MEMBERS 1 d", "sexpire:s"},
	{"wait 1000", "", "", ""},
	{"sweep", "", "SREM s d", "sexpired:s del:s"},
	{"SADD s a b", "2", "SADD s a b", "sadd:s"},
	{"SET string x", "+OK", "SET string x", "set:string"},
	{"SPEXPIRE s 500 MEMBERS 1 a", "[1]", "SPEXPIREAT s 1004500 MEMBERS 1 a", "sexpire:s"},
	{"wait 1000", "", "", ""},
	{"SINTERSTORE d s string", "-WRONGTYPE Operation against a key holding the wrong kind of value", "SREM s a", "sexpired:s"},
	{"SMEMBERS s", `set["b"]`, "", ""},
	{"SPEXPIRE s 500 MEMBERS 1 b", "[1]", "SPEXPIREAT s 1005500 MEMBERS 1 b", "sexpire:s"},
	{"wait 1000", "", "", ""},
	{"EXISTS s", "0", "SREM s b", "sexpired:s del:s"},

	{"ZADD z 1 a 2 b 3 c", "3", "ZADD z 1 a 2 b 3 c", "zadd:z"},
	{"ZPEXPIRE z 500 MEMBERS 1 a", "[1]", "ZPEXPIREAT z 1006500 MEMBERS 1 a", "zexpire:z"},
	{"wait 1000", "", "", ""},
	{"ZRANGE z 0 -1", `["b", "c"]`, "ZREM z a", "zexpired:z"},
	{"ZPEXPIRE z 500 MEMBERS 1 b", "[1]", "ZPEXPIREAT z 1007500 MEMBERS 1 b", "zexpire:z"},
	{"wait 1000", "", "", ""},
	{"ZPOPMIN z", `["c", double(3)]`, "ZREM z b | ZPOPMIN z", "zexpired:z zpopmin:z del:z"},
	{"ZADD z 1 a 2 b", "2", "ZADD z 1 a 2 b", "zadd:z"},
	{"ZPEXPIRE z 500 MEMBERS 1 a", "[1]", "ZPEXPIREAT z 1008500 MEMBERS 1 a", "zexpire:z"},
	{"MULTI", "+OK", "", ""},
	{"ZPERSIST z MEMBERS 1 a", "+QUEUED", "", ""},
	{"ZCARD z", "+QUEUED", "", ""},
	{"wait 1000", "", "", ""},
	{"EXEC", "[[-2], 1]", "ZREM z a", "zexpired:z"},
	{"COPY z y", "1", "COPY z y", "copy_to:y"},
	{"ZPEXPIRE y 500 MEMBERS 1 b", "[1]", "ZPEXPIREAT y 1009500 MEMBERS 1 b", "zexpire:y"},
	{"wait 1000", "", "", ""},
	{"RENAME y z", "-ERR no such key", "ZREM y b", "zexpired:y del:y"},
}

// TestEffects protects what the journal and subscribers get of members that go by
// themselves, whatever command meets them.
func TestEffects(t *testing.T) { stage.New(t).Check(effectSteps) }

// text writes a reply without types.
func text(v command.Value) string {
	if v.Kind == command.Array || v.Kind == command.Set {
		var list []string
		for _, e := range v.Elems {
			list = append(list, text(e))
		}
		return "[" + strings.Join(list, " ") + "]"
	}
	if v.IsNull() {
		return "nil"
	}
	return v.Text()
}

// TestPaused protects keys while clients are paused: members whose time has passed are not
// shown, and nothing is removed.
func TestPaused(t *testing.T) {
	b := stage.New(t)
	b.Do("SADD", "s", "a", "b")
	b.Do("ZADD", "z", "1", "a", "2", "b")
	b.Do("SPEXPIRE", "s", "10", "MEMBERS", "1", "a")
	b.Do("ZPEXPIRE", "z", "10", "MEMBERS", "2", "a", "b")
	b.Do("CLIENT", "PAUSE", "100000", "WRITE")
	b.Advance(1000)
	b.Effects = nil
	for line, want := range map[string]string{
		"SMEMBERS s": "[b]", "SCARD s": "1", "SISMEMBER s a": "0", "SUNION s s": "[b]", "STTL s MEMBERS 2 a b": "[-2 -1]",
		"ZCARD z": "0", "ZRANGE z 0 -1": "[]", "ZSCORE z a": "nil", "SORT_RO s ALPHA": "[b]",
	} {
		if got := text(b.Do(strings.Fields(line)...)); got != want {
			t.Errorf("%s: %s, not %s", line, got, want)
		}
	}
	if len(b.Effects) > 0 {
		t.Errorf("paused, and %v", b.Effects)
	}
	b.Do("CLIENT", "UNPAUSE")
	if got := text(b.Do("EXISTS", "s", "z")); got != "1" || len(b.Effects) != 2 {
		t.Errorf("%s keys are left, %v", got, b.Effects)
	}
}

// world is a model of sets and sorted sets whose members have times.
type world struct {
	*stage.Stage
	t    testing.TB
	r    *rand.Rand
	keys map[string]map[string]*member // sets s0.. and sorted sets z0..
}

type member struct {
	score float64
	ms    int64
}

// pass drops what is due.
func (w *world) pass(ms int64) {
	w.Advance(ms)
	for _, m := range w.keys {
		for k, x := range m {
			if x.ms != 0 && x.ms <= w.NowMs() {
				delete(m, k)
			}
		}
	}
}

func (w *world) members(key string) (list []string) {
	for k := range w.keys[key] {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

// ordered returns the members of a sorted set in order.
func (w *world) ordered(key string) []string {
	list := w.members(key)
	m := w.keys[key]
	slices.SortStableFunc(list, func(a, b string) int {
		switch {
		case m[a].score < m[b].score:
			return -1
		case m[a].score > m[b].score:
			return 1
		}
		return 0
	})
	return list
}

func (w *world) want(args []string, want string) {
	w.t.Helper()
	if got := text(w.Do(args...)); got != want {
		w.t.Fatalf("%v: %s, not %s", args, got, want)
	}
}

func (w *world) wantSet(args []string, want []string) {
	w.t.Helper()
	var got []string
	for _, e := range w.Do(args...).Elems {
		got = append(got, e.Text())
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		w.t.Fatalf("%v: %v, not %v", args, got, want)
	}
}

func (w *world) name() string {
	n := w.r.IntN(400)
	if w.r.IntN(4) > 0 {
		n %= 20
	}
	if n%3 == 0 {
		return strconv.Itoa(n)
	}
	return "m" + strconv.Itoa(n)
}

func (w *world) step() {
	kind := []string{"s", "z"}[w.r.IntN(2)]
	key, other := kind+strconv.Itoa(w.r.IntN(3)), kind+strconv.Itoa(w.r.IntN(3))
	m, name := w.keys[key], w.name()
	x, there := m[name]
	upper := strings.ToUpper(kind)
	switch w.r.IntN(16) {
	case 0, 1, 2:
		n := 0
		args := []string{upper + "ADD", key}
		for range 1 + w.r.IntN(4)*w.r.IntN(20) {
			name := w.name()
			score := float64(w.r.IntN(9))
			if kind == "z" {
				args = append(args, strconv.Itoa(int(score)))
			}
			args = append(args, name)
			switch x := m[name]; {
			case x == nil:
				m[name] = &member{score: score}
				n++
			case kind == "z" && x.score != score:
				*x = member{score: score}
			}
		}
		w.want(args, strconv.Itoa(n))
	case 3:
		w.want([]string{upper + "REM", key, name}, map[bool]string{true: "1", false: "0"}[there])
		delete(m, name)
	case 4, 5, 6, 7:
		ms := w.NowMs() + int64(w.r.IntN(60))
		want := "[1]"
		switch {
		case !there:
			want = "[-2]"
		case ms <= w.NowMs():
			want = "[2]"
			delete(m, name)
		default:
			x.ms = ms
		}
		w.want([]string{upper + "PEXPIREAT", key, strconv.FormatInt(ms, 10), "MEMBERS", "1", name}, want)
	case 8:
		want := "[1]"
		switch {
		case !there:
			want = "[-2]"
		case x.ms == 0:
			want = "[-1]"
		default:
			x.ms = 0
		}
		w.want([]string{upper + "PERSIST", key, "MEMBERS", "1", name}, want)
	case 9:
		w.want([]string{upper + "CARD", key}, strconv.Itoa(len(m)))
	case 10:
		if kind == "z" {
			w.want([]string{"ZRANGE", key, "0", "-1"}, "["+strings.Join(w.ordered(key), " ")+"]")
			w.want([]string{"ZCOUNT", key, "-inf", "+inf"}, strconv.Itoa(len(m)))
			return
		}
		w.wantSet([]string{"SMEMBERS", key}, w.members(key))
		w.wantSet([]string{"SRANDMEMBER", key, "1000"}, w.members(key))
	case 11:
		ms := "-2"
		if there && x.ms == 0 {
			ms = "-1"
		} else if there {
			ms = strconv.FormatInt(x.ms, 10)
		}
		w.want([]string{upper + "PEXPIRETIME", key, "MEMBERS", "1", name}, "["+ms+"]")
	case 12:
		w.combine(kind, key, other)
	case 13:
		w.copy(key, other)
	case 14:
		if kind == "z" {
			by := w.r.IntN(3)
			if !there {
				x = &member{}
				m[name] = x
			}
			x.score += float64(by)
			w.want([]string{"ZINCRBY", key, strconv.Itoa(by), name}, strconv.Itoa(int(x.score)))
		} else if w.r.IntN(4) == 0 {
			w.Do("DEL", key)
			clear(m)
		}
	case 15:
		w.pass(int64(w.r.IntN(30)))
		if w.r.IntN(3) == 0 {
			w.Sweep()
		}
	}
}

// combine compares an operation on two collections.
func (w *world) combine(kind, a, b string) {
	var both []string
	for _, k := range w.members(a) {
		if w.keys[b][k] != nil {
			both = append(both, k)
		}
	}
	if kind == "z" {
		w.wantSet([]string{"ZINTER", "2", a, b}, both)
		w.want([]string{"ZINTERCARD", "2", a, b}, strconv.Itoa(len(both)))
		return
	}
	w.wantSet([]string{"SINTER", a, b}, both)
	w.want([]string{"SINTERCARD", "2", a, b}, strconv.Itoa(len(both)))
	w.want([]string{"SINTERSTORE", "s9", a, b}, strconv.Itoa(len(both)))
	w.wantSet([]string{"SMEMBERS", "s9"}, both)
}

func (w *world) copy(a, b string) {
	if a == b {
		return
	}
	want := map[bool]string{true: "1", false: "0"}[len(w.keys[a]) > 0]
	w.want([]string{"COPY", a, b, "REPLACE"}, want)
	if want == "1" {
		clear(w.keys[b])
		for k, x := range w.keys[a] {
			c := *x
			w.keys[b][k] = &c
		}
	}
}

// TestModel protects that no command shows a member whose time has passed, that none goes
// early, and that the journal repeats all of it.
func TestModel(t *testing.T) {
	seeds, steps := 8, 3000
	if testing.Short() {
		seeds, steps = 3, 1500
	}
	for seed := range uint64(seeds) {
		w := &world{Stage: stage.New(t), t: t, r: rand.New(rand.NewPCG(seed, 1)), keys: map[string]map[string]*member{}}
		for i := range 3 {
			w.keys[fmt.Sprint("s", i)], w.keys[fmt.Sprint("z", i)] = map[string]*member{}, map[string]*member{}
		}
		for range steps {
			w.step()
		}
		if err := w.Engine.Store().Check(); err != nil {
			t.Fatal(err)
		}
		w.Sweep()
		replayed := stage.New(t)
		for _, e := range w.Effects {
			replayed.SetNow(e.Ms)
			if v := replayed.Do(e.Args...); v.Kind == command.Error {
				t.Fatalf("the effect %v: %s", e.Args, v.Str)
			}
		}
		replayed.SetNow(w.NowMs())
		if a, b := text(w.Do("DEBUG", "DIGEST")), text(replayed.Do("DEBUG", "DIGEST")); a != b || len(w.Effects) == 0 {
			t.Fatalf("seed %d: after %d effects the copy differs", seed, len(w.Effects))
		}
	}
}

package hashcmd_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/conformance/stage"
	"github.com/medleydb/medley/datatypes"
)

// effectSteps are commands with the effects and events that they must have: those
// of Redis 8.0.6, but that several fields which go share one HDEL. The clock stands
// at 1000000 but for wait; sweep is what background work does.
var effectSteps = []stage.Step{
	{"HSET h a 1 b 2", "2", "HSET h a 1 b 2", "hset:h"},
	{"HMSET h a 1", "+OK", "HMSET h a 1", "hset:h"},
	{"HSETNX h a 1", "0", "", ""},
	{"HSETNX h c 1", "1", "HSETNX h c 1", "hset:h"},
	{"HDEL h x", "0", "", ""},
	{"HDEL h c x", "1", "HDEL h c x", "hdel:h"},
	{"HINCRBY h a 1", "2", "HINCRBY h a 1", "hincrby:h"},
	{"HINCRBY h a x", "-ERR value is not an integer or out of range", "", ""},
	{"HINCRBYFLOAT h a 0.5", `"2.5"`, "HSET h a 2.5", "hincrbyfloat:h"},
	{"HPEXPIRE h 5000 FIELDS 3 a b x", "[1, 1, -2]", "HPEXPIREAT h 1005000 FIELDS 2 a b", "hexpire:h"},
	{"HINCRBYFLOAT h a 0.5", `"3"`, "HSETEX h KEEPTTL FIELDS 1 a 3", "hincrbyfloat:h"},
	{"HEXPIRE h 100 NX FIELDS 1 a", "[0]", "", ""},
	{"HEXPIRE h 100 GT FIELDS 2 a b", "[1, 1]", "HPEXPIREAT h 1100000 GT FIELDS 2 a b", "hexpire:h"},
	{"HEXPIREAT h 1200 FIELDS 1 a", "[1]", "HPEXPIREAT h 1200000 FIELDS 1 a", "hexpire:h"},
	{"HPEXPIREAT h 1200001 XX FIELDS 1 a", "[1]", "HPEXPIREAT h 1200001 XX FIELDS 1 a", "hexpire:h"},
	{"HTTL h FIELDS 2 a b", "[201, 100]", "", ""},
	{"HPERSIST h FIELDS 2 a x", "[1, -2]", "HPERSIST h FIELDS 2 a x", "hpersist:h"},
	{"HPERSIST h FIELDS 1 a", "[-1]", "", ""},
	{"HGETEX h FIELDS 1 a", `["3"]`, "", ""},
	{"HGETEX h PX 1000 FIELDS 2 a x", `["3", nil]`, "HPEXPIREAT h 1001000 FIELDS 1 a", "hexpire:h"},
	{"HGETEX h PERSIST FIELDS 2 a x", `["3", nil]`, "HPERSIST h FIELDS 1 a", "hpersist:h"},
	{"HGETEX h PERSIST FIELDS 1 a", `["3"]`, "", ""},
	{"HGETEX h PX 0 FIELDS 2 a x", `["3", nil]`, "HDEL h a", "hdel:h"},
	{"HGETEX h EX 0 FIELDS 1 b", `["2"]`, "HDEL h b", "hdel:h del:h"},
	{"HSETEX h FIELDS 1 a 1", "1", "HSETEX h FIELDS 1 a 1", "hset:h"},
	{"HSETEX h FXX EX 10 FIELDS 1 a 1", "1", "HSETEX h FXX PXAT 1010000 FIELDS 1 a 1", "hset:h hexpire:h"},
	{"HSETEX h FNX FIELDS 1 a 1", "0", "", ""},
	{"HSETEX h KEEPTTL FIELDS 1 a 1", "1", "HSETEX h KEEPTTL FIELDS 1 a 1", "hset:h"},
	{"HSETEX h PX 0 FIELDS 2 a 1 z 1", "1", "HDEL h a z", "hset:h hdel:h del:h"},
	{"HSETEX h PX 0 FIELDS 1 a 1", "1", "HDEL h a", "hset:h hdel:h del:h"},
	{"HLEN h", "0", "", ""},
	{"HSET h a 1 b 2 c 3", "3", "HSET h a 1 b 2 c 3", "hset:h"},
	{"HGETDEL h FIELDS 3 a a x", `["1", nil, nil]`, "HDEL h a a x", "hdel:h"},
	{"HEXPIRE h 0 FIELDS 3 b c x", "[2, 2, -2]", "HDEL h b c", "hdel:h del:h"},

	// Fields whose time has passed, met by commands.
	{"HSETEX e PX 10 FIELDS 7 a 1 b 2 c 3 d 4 e 5 f 6 g 7", "1", "HSETEX e PXAT 1000010 FIELDS 7 a 1 b 2 c 3 d 4 e 5 f 6 g 7", "hset:e hexpire:e"},
	{"HSET e stay 1", "1", "HSET e stay 1", "hset:e"},
	{"wait 9", "", "", ""},
	{"HPTTL e FIELDS 1 a", "[1]", "", ""},
	{"HGET e a", `"1"`, "", ""},
	{"wait 1", "", "", ""},
	{"HLEN e", "8", "", ""},
	{"HGETALL e", `{"stay": "1"}`, "", ""},
	{"HKEYS e", `["stay"]`, "", ""},
	{"HSCAN e 0", `["0", ["stay", "1"]]`, "", ""},
	{"HTTL e FIELDS 2 a stay", "[-2, -1]", "", ""},
	{"HEXPIRE e 10 FIELDS 1 a", "[-2]", "", ""},
	{"HPERSIST e FIELDS 1 a", "[-2]", "", ""},
	{"HGET e a", "nil", "HDEL e a", "hexpired:e"},
	{"HLEN e", "7", "", ""},
	{"HEXISTS e b", "0", "HDEL e b", "hexpired:e"},
	{"HMGET e c stay d", `[nil, "1", nil]`, "HDEL e c d", "hexpired:e"},
	{"HSETNX e e 8", "1", "HDEL e e | HSETNX e e 8", "hexpired:e hset:e"},
	{"HINCRBY e f 8", "8", "HDEL e f | HINCRBY e f 8", "hexpired:e hincrby:e"},
	{"HTTL e FIELDS 2 e f", "[-1, -1]", "", ""},
	{"HDEL e g", "1", "HDEL e g", "hdel:e"},
	{"HSETEX e PX 1 FIELDS 4 a 1 b 2 c 3 d 4", "1", "HSETEX e PXAT 1000011 FIELDS 4 a 1 b 2 c 3 d 4", "hset:e hexpire:e"},
	{"wait 1", "", "", ""},
	{"HSET e a 5", "0", "HSET e a 5", "hset:e"},
	{"HGET e a", `"5"`, "", ""},
	{"HGETDEL e FIELDS 2 a b", `["5", nil]`, "HDEL e b | HDEL e a b", "hexpired:e hdel:e"},
	{"HGETEX e EX 10 FIELDS 2 c e", `[nil, "8"]`, "HDEL e c | HPEXPIREAT e 1010011 FIELDS 1 e", "hexpired:e hexpire:e"},
	{"HSETEX e FXX FIELDS 1 d 1", "0", "HDEL e d", "hexpired:e"},
	{"HGETALL e", `{"e": "8", "f": "8", "stay": "1"}`, "", ""},
	{"HDEL e e f stay", "3", "HDEL e e f stay", "hdel:e del:e"},
	{"HSETEX e PX 1 FIELDS 2 a 1 b 2", "1", "HSETEX e PXAT 1000012 FIELDS 2 a 1 b 2", "hset:e hexpire:e"},
	{"wait 1", "", "", ""},
	{"HINCRBYFLOAT e a 1.5", `"1.5"`, "HDEL e a | HSET e a 1.5", "hexpired:e hincrbyfloat:e"},
	{"HSETEX e FNX FIELDS 1 b 1", "1", "HDEL e b | HSETEX e FNX FIELDS 1 b 1", "hexpired:e hset:e"},
	{"HSETEX e PX 1 FIELDS 2 a 1 b 2", "1", "HSETEX e PXAT 1000013 FIELDS 2 a 1 b 2", "hset:e hexpire:e"},
	{"wait 1", "", "", ""},
	{"HSTRLEN e b", "0", "HDEL e b", "hexpired:e"},
	{"HGET e a", "nil", "HDEL e a", "hexpired:e del:e"},
	{"HLEN e", "0", "", ""},
	{"HSETEX e PX 1 FIELDS 1 a 1", "1", "HSETEX e PXAT 1000014 FIELDS 1 a 1", "hset:e hexpire:e"},
	{"wait 1", "", "", ""},
	{"HRANDFIELD e", "nil", "HDEL e a", "hexpired:e del:e"},

	// And by nobody.
	{"HSETEX e PX 1 FIELDS 2 a 1 b 2", "1", "HSETEX e PXAT 1000015 FIELDS 2 a 1 b 2", "hset:e hexpire:e"},
	{"HSET e stay 1", "1", "HSET e stay 1", "hset:e"},
	{"sweep", "", "", ""},
	{"wait 1", "", "", ""},
	{"sweep", "", "HDEL e a b", "hexpired:e"},
	{"HLEN e", "1", "", ""},
	{"HPEXPIRE e 1 FIELDS 1 stay", "[1]", "HPEXPIREAT e 1000016 FIELDS 1 stay", "hexpire:e"},
	{"wait 1", "", "", ""},
	{"sweep", "", "HDEL e stay", "hexpired:e del:e"},
	{"sweep", "", "", ""},
	{"HSET e a 1", "1", "HSET e a 1", "hset:e"},
	{"HPEXPIRE e 1 FIELDS 1 a", "[1]", "HPEXPIREAT e 1000017 FIELDS 1 a", "hexpire:e"},
	{"SET e x", "+OK", "SET e x", "overwritten:e type_changed:e set:e"},
	{"wait 1", "", "", ""},
	{"sweep", "", "", ""},
}

// onStage returns a stage whose hashes are packed, or large.
func onStage(t *testing.T, large bool) *stage.Stage {
	s := stage.New(t)
	if large {
		s.SetLimits(func(l *datatypes.Limits) { l.HashMaxPackedEntries = 0 })
	}
	return s
}

// TestEffects protects what goes to the journal and to observers, in order.
func TestEffects(t *testing.T) {
	for _, large := range []bool{false, true} {
		b := onStage(t, large)
		for _, s := range effectSteps {
			reply, effects, events := b.Play(s[0])
			if effects == "HDEL e b a" { // a large hash reaps in the order of time alone
				effects = "HDEL e a b"
			}
			if got := (stage.Step{s[0], reply, effects, events}); got != s {
				t.Errorf("large %v: %s\n  gives %q\n  not   %q", large, s[0], got[1:], s[1:])
			}
		}
		if n := b.Engine.Store().Counters().ExpiredMembers; n != 17 {
			t.Errorf("%d fields are counted as expired", n)
		}
	}
}

// TestTransactionMeetsExpired protects EXEC: what expires is removed once, and each
// command names its own effect.
func TestTransactionMeetsExpired(t *testing.T) {
	b := onStage(t, false)
	for _, line := range []string{"HSETEX h PX 1 FIELDS 2 a 1 b 2", "wait 1", "MULTI", "HINCRBY h a 1", "HGET h b", "HINCRBY h a 1"} {
		b.Play(line)
	}
	reply, effects, events := b.Play("EXEC")
	if reply != "[1, nil, 2]" || effects != "HDEL h a | HINCRBY h a 1 | HDEL h b | HINCRBY h a 1" ||
		events != "hexpired:h hincrby:h hexpired:h hincrby:h" {
		t.Errorf("%s; %s; %s", reply, effects, events)
	}
}

// TestReplay protects effects: given to another engine they make the same hashes.
func TestReplay(t *testing.T) {
	a, b := onStage(t, false), onStage(t, true)
	for _, s := range effectSteps {
		_, effects, _ := a.Play(s[0])
		if strings.HasPrefix(s[0], "wait") {
			b.Play(s[0])
		}
		if effects != "" {
			for _, e := range strings.Split(effects, " | ") {
				b.Play(e)
			}
		}
		for _, key := range []string{"h", "e"} {
			x, _, _ := a.Play("HGETALL " + key)
			y, _, _ := b.Play("HGETALL " + key)
			if x != y {
				t.Fatalf("after %s: %s and, replayed, %s", s[0], x, y)
			}
		}
	}
}

// TestWatchSeesExpiry protects WATCH: a field that goes is a change of its key.
func TestWatchSeesExpiry(t *testing.T) {
	b := onStage(t, false)
	b.Play("HSETEX h PX 1 FIELDS 1 a 1")
	for _, line := range []string{"WATCH h", "wait 1", "sweep", "MULTI", "HLEN h"} {
		b.Play(line)
	}
	if reply, _, _ := b.Play("EXEC"); reply != "nil" {
		t.Error(reply)
	}
}

// TestScanGuarantee protects HSCAN over a hash that grows from small to large.
func TestScanGuarantee(t *testing.T) {
	b := stage.New(t)
	for i := range 2000 {
		b.Do("HSET", "h", fmt.Sprint("stay", i), "v")
	}
	seen := map[string]bool{}
	cursor := "0"
	for i := 0; ; i++ {
		v := b.Do("HSCAN", "h", cursor, "COUNT", "20", "NOVALUES", "MATCH", "stay*")
		for _, f := range v.Elems[1].Elems {
			seen[f.Str] = true
		}
		if cursor = v.Elems[0].Str; cursor == "0" {
			break
		}
		if i < 100 {
			for k := range 50 {
				b.Do("HSET", "h", fmt.Sprint("new", i, k), "v")
			}
		}
	}
	if len(seen) != 2000 {
		t.Errorf("%d of 2000 fields", len(seen))
	}
}

// TestRandField protects what the table of replies cannot: random replies.
func TestRandField(t *testing.T) {
	b := stage.New(t)
	for _, n := range []int{20, 1000} {
		for i := range n {
			b.Do("HSET", "h", fmt.Sprint("f", i), fmt.Sprint("f", i))
		}
		distinct := func(v command.Value, want int) {
			t.Helper()
			seen := map[string]bool{}
			for _, x := range v.Elems {
				seen[x.Str] = true
			}
			if len(v.Elems) != want || len(seen) != want {
				t.Errorf("%d fields, %d different, want %d", len(v.Elems), len(seen), want)
			}
		}
		for _, k := range []int{1, 7, n / 2, n - 1, n} {
			distinct(b.Do("HRANDFIELD", "h", fmt.Sprint(k)), k)
		}
		if v := b.Do("HRANDFIELD", "h", fmt.Sprint(-3*n)); len(v.Elems) != 3*n {
			t.Errorf("%d fields", len(v.Elems))
		}
		for _, x := range b.Do("HRANDFIELD", "h", "-50", "WITHVALUES").Elems {
			if len(x.Elems) != 2 || x.Elems[0].Str != x.Elems[1].Str {
				t.Errorf("pair %v", x)
			}
		}
	}
	if v := b.Do("HRANDFIELD", "h", "-9223372036854775807"); v.Kind != command.Error {
		t.Error("a reply as large as memory is made")
	}
}

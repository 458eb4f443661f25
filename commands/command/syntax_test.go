package command

import (
	"fmt"
	"strings"
	"testing"
)

// sketch writes a tree in short: type=TOKEN, ? for optional, * for repeatable, t with
// its token, #n for a key of spec n, parts in parentheses.
func sketch(args []Arg) string {
	var words []string
	for _, a := range args {
		w := string(a.Type)
		if a.Token != "" {
			w += "=" + a.Token
		}
		for _, f := range [...]struct {
			on   bool
			mark string
		}{{a.Optional, "?"}, {a.Multiple, "*"}, {a.MultipleToken, "t"}} {
			if f.on {
				w += f.mark
			}
		}
		if a.KeySpec >= 0 {
			w += fmt.Sprint("#", a.KeySpec)
		}
		if len(a.Args) > 0 {
			w += "(" + sketch(a.Args) + ")"
		}
		words = append(words, w)
	}
	return strings.Join(words, " ")
}

// TestArguments protects the trees that clients show hints from: they are what servers
// of the field answer for the same commands.
func TestArguments(t *testing.T) {
	key, keys := []KeySpec{Key(1, RO)}, []KeySpec{KeyRange(1, -1, 1, RO)}
	for _, c := range []struct {
		spec Spec
		want string
	}{
		{Spec{Name: "get", Syntax: "key", Keys: key}, "key#0"},
		{Spec{Name: "ping", Syntax: "[message]"}, "string?"},
		{Spec{Name: "del", Syntax: "key [key ...]", Keys: keys}, "key*#0"},
		{Spec{Name: "mset", Syntax: "key value [key value ...]", Keys: []KeySpec{KeyRange(1, -1, 2, OW)}}, "block*(key#0 string)"},
		{Spec{Name: "set", Syntax: "key value [NX | XX] [GET] [EX seconds | PXAT unix-time-milliseconds | KEEPTTL]", Keys: key},
			"key#0 string oneof?(pure-token=NX pure-token=XX) pure-token=GET? oneof?(integer=EX unix-time=PXAT pure-token=KEEPTTL)"},
		{Spec{Name: "zadd", Group: GroupSortedSet, Syntax: "key [NX | XX] [GT | LT] [CH] score member [score member ...]", Keys: key},
			"key#0 oneof?(pure-token=NX pure-token=XX) oneof?(pure-token=GT pure-token=LT) pure-token=CH? block*(double string)"},
		{Spec{Name: "zunionstore", Syntax: "destination numkeys key [key ...] [WEIGHTS weight [weight ...]] [AGGREGATE <SUM | MIN | MAX>]",
			Keys: []KeySpec{Key(1, OW), KeyNum(2, 1, 1, RO)}},
			"key#0 integer key*#1 integer=WEIGHTS?* oneof=AGGREGATE?(pure-token=SUM pure-token=MIN pure-token=MAX)"},
		{Spec{Name: "zrangebyscore", Group: GroupSortedSet, Syntax: "key min max [WITHSCORES] [LIMIT offset count]", Keys: key},
			"key#0 double double pure-token=WITHSCORES? block=LIMIT?(integer integer)"},
		{Spec{Name: "xread", Group: GroupStream, Syntax: "[COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...]",
			Keys: []KeySpec{{Flags: RO, Begin: 1, Keyword: "STREAMS", Last: -1, Step: 1, Limit: 2}}},
			"integer=COUNT? integer=BLOCK? block=STREAMS(key*#0 string*)"},
		{Spec{Name: "xadd", Group: GroupStream, Syntax: "key [NOMKSTREAM] [<MAXLEN | MINID> [= | ~] threshold [LIMIT count]] <* | id> field value [field value ...]", Keys: key},
			"key#0 pure-token=NOMKSTREAM? block?(oneof(pure-token=MAXLEN pure-token=MINID) oneof?(pure-token== pure-token=~) string integer=LIMIT?) " +
				"oneof(pure-token=* string) block*(string string)"},
		{Spec{Name: "sort", Syntax: "key [BY pattern] [GET pattern [GET pattern ...]] [ASC | DESC] [STORE destination]",
			Keys: []KeySpec{Key(1, RO), {Flags: OW, Begin: 2, Keyword: "STORE", Step: 1}}},
			"key#0 pattern=BY? pattern=GET?*t oneof?(pure-token=ASC pure-token=DESC) key=STORE?#1"},
		{Spec{Name: "hexpire", Syntax: "key seconds [NX | XX] FIELDS numfields field [field ...]", Keys: key},
			"key#0 integer oneof?(pure-token=NX pure-token=XX) block=FIELDS(integer string*)"},
		{Spec{Name: "hsetex", Syntax: "key [FNX | FXX] FIELDS numfields field value [field value ...]", Keys: key},
			"key#0 oneof?(pure-token=FNX pure-token=FXX) block=FIELDS(integer block*(string string))"},
		{Spec{Name: "eval", Syntax: "script numkeys [key [key ...]] [arg [arg ...]]", Keys: []KeySpec{KeyNum(2, 1, 1, RW)}},
			"string integer key?*#0 string?*"},
		{Spec{Name: "msetex", Syntax: "numkeys key value [key value ...] [NX | XX]", Keys: []KeySpec{KeyNum(1, 1, 2, OW)}},
			"integer block*(key#0 string) oneof?(pure-token=NX pure-token=XX)"},
		{Spec{Name: "bitop", Syntax: "<AND | OR | NOT> destkey key [key ...]", Keys: []KeySpec{Key(2, OW), KeyRange(3, -1, 1, RO)}},
			"oneof(pure-token=AND pure-token=OR pure-token=NOT) key#0 key*#1"},
		{Spec{Name: "bitfield", Group: GroupBitmap, Keys: key,
			Syntax: "key [GET encoding offset | [OVERFLOW <WRAP | SAT>] <SET encoding offset value> " +
				"[GET encoding offset | [OVERFLOW <WRAP | SAT>] <SET encoding offset value> ...]]"},
			"key#0 oneof?*(block=GET(string integer) block(oneof=OVERFLOW?(pure-token=WRAP pure-token=SAT) block=SET(string integer integer)))"},
		{Spec{Name: "migrate", Syntax: `host port <key | ""> destination-db timeout [COPY] [AUTH password | AUTH2 username password] [KEYS key [key ...]]`,
			Keys: []KeySpec{Key(3, RW), {Flags: RW, Begin: -2, Keyword: "KEYS", Last: -1, Step: 1}}},
			`string integer oneof(key#0 pure-token="") integer integer pure-token=COPY? oneof?(string=AUTH block=AUTH2(string string)) key=KEYS?*#1`},
		{Spec{Name: "lcs", Syntax: "key1 key2 [LEN]", Keys: []KeySpec{KeyRange(1, 1, 1, RO)}}, "key#0 key#0 pure-token=LEN?"},
		{Spec{Name: "blpop", Flags: Blocking, Group: GroupList, Syntax: "key [key ...] timeout", Keys: []KeySpec{KeyRange(1, -2, 1, RW)}}, "key*#0 double"},
		{Spec{Name: "spublish", Syntax: "shardchannel message", Keys: []KeySpec{Key(1, NotKey)}}, "string string"},
		{Spec{Name: "replicaof", Syntax: "<host port | NO ONE>"}, "oneof(block(string integer) block(pure-token=NO pure-token=ONE))"},
		{Spec{Name: "list", Syntax: "[FILTERBY <MODULE module-name | PATTERN pattern>]"}, "oneof=FILTERBY?(string=MODULE pattern=PATTERN)"},
		{Spec{Name: "config", Syntax: "parameter value [parameter value ...]"}, "block*(string string)"},
	} {
		if got := sketch(c.spec.Arguments()); got != c.want {
			t.Errorf("%s %s\n got %s\nwant %s", c.spec.Name, c.spec.Syntax, got, c.want)
		}
	}
}

// TestArgumentsOfAnyText protects servers against a syntax with a slip in it: whatever
// the text, there is a tree.
func TestArgumentsOfAnyText(t *testing.T) {
	words := []string{"key", "KEY", "[", "]", "<", ">", "|", "...", "numkeys", "*", `""`}
	n := 1
	for range 5 {
		n *= len(words)
	}
	for i := range n {
		var text []string
		for k := i; k > 0; k /= len(words) {
			text = append(text, words[k%len(words)])
		}
		s := Spec{Name: "x", Syntax: strings.Join(text, " "), Keys: []KeySpec{KeyNum(1, 1, 1, RO)}}
		s.Arguments()
	}
}

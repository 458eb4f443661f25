package commands

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestKeyEvents protects which events are published where, and their order.
func TestKeyEvents(t *testing.T) {
	e, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	sub, c := e.NewClient(), e.NewClient()
	defer sub.Close()
	defer c.Close()
	do := func(line string) {
		t.Helper()
		args := []any{}
		for _, w := range strings.Fields(line) {
			args = append(args, strings.ReplaceAll(strings.Trim(w, `"`), `\n`, "\n"))
		}
		if v, err := c.Do(ctx, args...); err != nil {
			t.Fatal(line, v, err)
		}
	}
	if _, err := sub.Do(ctx, "PSUBSCRIBE", "__*key*"); err != nil {
		t.Fatal(err)
	}
	sub.Receive(ctx)
	for _, step := range []struct {
		classes, commands, want string
	}{
		{"KEA", "SET a 1", "keyspace@0:a set, keyevent@0:set a"},
		{"K$", "SET a 1; LPUSH l x", "keyspace@0:a set"},
		{"El", "SET a 1; LPUSH l x", "keyevent@0:lpush l"},
		{"A", "SET a 1", ""},
		{"EA", "MULTI; SET a 1; DEL a; EXEC; SELECT 2; SET b 1; SELECT 0", "keyevent@0:set a, keyevent@0:del a, keyevent@2:set b"},
		{"EAm", "GET no; EXISTS no", "keyevent@0:keymiss no, keyevent@0:keymiss no"},
		{"EAm", "COPY no a; SMOVE no s x; XACK no g 1-1", "keyevent@0:keymiss no, keyevent@0:keymiss no"},
		{"EASTIVm", "GET no", "keyevent@0:keymiss no"},
		{"EAm", "UNLINK no; GET no; DEL no", "keyevent@0:keymiss no"},
		{"EAm", "XREAD STREAMS no 0", "keyevent@0:keymiss no, keyevent@0:keymiss no"},
		{"EAm", "XREAD BLOCK 1 STREAMS no no2 0 $", "keyevent@0:keymiss no, keyevent@0:keymiss no2, keyevent@0:keymiss no, keyevent@0:keymiss no2"},
		{"ST", "HSET h f v", ""},
		{"S$", "HSET h f v", ""},
		{"EKA", "HSET h f v", "keyspace@0:h hset, keyevent@0:hset h"},
		{"Sh", "HSET h f v gg w; HSETNX h f x; HSETNX h new x; HDEL h no; HDEL h new gg no",
			"subkeyspace@0:h hset|1:f,2:gg, subkeyspace@0:h hset|3:new, subkeyspace@0:h hdel|3:new,2:gg"},
		{"TEh", "HINCRBY h n 1; HINCRBYFLOAT h n 1.5", "keyevent@0:hincrby h, subkeyevent@0:hincrby 1:h|1:n, keyevent@0:hincrbyfloat h, subkeyevent@0:hincrbyfloat 1:h|1:n"},
		{"Ih", "HEXPIRE h 100 FIELDS 3 f n no; HPERSIST h FIELDS 2 f n", "subkeyspaceitem@0:h\nf hexpire, subkeyspaceitem@0:h\nn hexpire, subkeyspaceitem@0:h\nf hpersist, subkeyspaceitem@0:h\nn hpersist"},
		{"IVh", `HSET "a\nb" f v; HSET "a|b" f v`, "subkeyspaceevent@0:hset|a\nb 1:f, subkeyspaceitem@0:a|b\nf hset, subkeyspaceevent@0:hset|a|b 1:f"},
		{"VhE", "HSETEX h EX 100 FIELDS 1 x y; HGETEX h PERSIST FIELDS 1 x; HGETDEL h FIELDS 2 x no",
			"keyevent@0:hset h, subkeyspaceevent@0:hset|h 1:x, keyevent@0:hexpire h, subkeyspaceevent@0:hexpire|h 1:x, keyevent@0:hpersist h, subkeyspaceevent@0:hpersist|h 1:x, keyevent@0:hdel h, subkeyspaceevent@0:hdel|h 1:x"},
		{"VhnE", "HSET fresh f v", "keyevent@0:new fresh, keyevent@0:hset fresh, subkeyspaceevent@0:hset|fresh 1:f"},
		{"Sh", "HPEXPIRE h 1 FIELDS 2 f n", "subkeyspace@0:h hexpire|1:f,1:n, subkeyspace@0:h hexpired|1:f,1:n"},
		{"EAnoc", "SET n 1; SET n 2", "keyevent@0:new n, keyevent@0:set n, keyevent@0:overwritten n, keyevent@0:set n"},
		{"EAnoc", "SADD s x; SET s 1", "keyevent@0:new s, keyevent@0:sadd s, keyevent@0:overwritten s, keyevent@0:type_changed s, keyevent@0:set s"},
		{"EAn", "SET n2 1; RENAME n2 n", "keyevent@0:new n2, keyevent@0:set n2, keyevent@0:new n, keyevent@0:rename_from n2, keyevent@0:rename_to n"},
		{"Ex", "SET x 1 PX 1", "keyevent@0:expired x"},
		{"Ee", "FLUSHALL; SET e 1; CONFIG SET maxmemory-policy allkeys-lru; CONFIG SET maxmemory 1", "keyevent@0:evicted e"},
	} {
		do("CONFIG SET maxmemory 0")
		do("CONFIG SET notify-keyspace-events " + step.classes)
		for _, line := range strings.Split(step.commands, ";") {
			do(line)
		}
		var got []string
		for range strings.Split(step.want, ", ") {
			if step.want == "" {
				break
			}
			v, err := sub.Receive(ctx)
			if err != nil {
				t.Fatalf("%s %s: got only %v", step.classes, step.commands, got)
			}
			got = append(got, strings.ReplaceAll(v.Elems[2].Str, "__", "")+" "+v.Elems[3].Str)
		}
		if text := strings.Join(got, ", "); text != step.want {
			t.Errorf("%s %s\n got %s\nwant %s", step.classes, step.commands, text, step.want)
		}
	}
	select {
	case <-sub.Arrived():
		done, cancel := context.WithCancel(ctx)
		cancel()
		if v, err := sub.Receive(done); err == nil {
			t.Error("one too many:", v)
		}
	default:
	}
}

package cli

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// echo answers ECHO, and other commands from the script.
func echo(replies map[string]string) func([]string) string {
	rest := scripted(replies)
	return func(args []string) string {
		if args[0] == "ECHO" && len(args) == 2 {
			return bulk(args[1])
		}
		return rest(args)
	}
}

func TestPipe(t *testing.T) {
	f := fake(t, echo(map[string]string{"BAD": "-ERR bad\r\n"}))
	good := "*1\r\n$4\r\nPING\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n"
	end := "All data transferred. Waiting for the last reply...\nLast reply received from server.\n"
	expect(t, run(t, good, append(f.at(), "--pipe")...), result{end + "errors: 0, replies: 2\n", "", 0})
	expect(t, run(t, "", append(f.at(), "--pipe")...), result{end + "errors: 0, replies: 0\n", "", 0})
	expect(t, run(t, good+"*1\r\n$3\r\nBAD\r\n", append(f.at(), "--pipe")...),
		result{end + "errors: 1, replies: 3\n", "ERR bad\n", 1})
}

// Protects the progress of a large transfer: replies are taken while data is sent,
// or both sides would wait for each other with full buffers.
func TestPipeLarge(t *testing.T) {
	f := fake(t, echo(nil))
	const n = 20000
	got := run(t, strings.Repeat("*2\r\n$4\r\nPING\r\n$100\r\n"+strings.Repeat("x", 100)+"\r\n", n), append(f.at(), "--pipe")...)
	if !strings.HasSuffix(got.out, "errors: 0, replies: 20000\n") || got.code != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestPipeTimeout(t *testing.T) {
	f := fake(t, always(""))
	got := run(t, "*1\r\n$4\r\nPING\r\n", append(f.at(), "--pipe", "--pipe-timeout", "0.05")...)
	expect(t, got, result{"All data transferred. Waiting for the last reply...\nerrors: 1, replies: 0\n",
		"No replies for 0 seconds: exiting.\n", 1})
}

func TestPipeServerGone(t *testing.T) {
	f := fake(t, always("close"))
	got := run(t, "*1\r\n$4\r\nPING\r\n", append(f.at(), "--pipe")...)
	if got.code != 1 || got.errOut == "" {
		t.Errorf("got %+v", got)
	}
}

func scanReply(cursor string, keys ...string) string {
	var items []string
	for _, k := range keys {
		items = append(items, bulk(k))
	}
	return list(bulk(cursor), list(items...))
}

func TestScan(t *testing.T) {
	f := fake(t, scripted(map[string]string{
		"SCAN 0 COUNT 10":                        scanReply("7", "a", "b\n"),
		"SCAN 7 COUNT 10":                        scanReply("0", "c"),
		"SCAN 0 MATCH x* COUNT 100 TYPE hash":    scanReply("0", "x1"),
		"SCAN 0 MATCH \x01 COUNT 10":             scanReply("0"),
		"SCAN 0 MATCH refused COUNT 10":          "-ERR refused\r\n",
		"SCAN 0 MATCH strange COUNT 10":          ":1\r\n",
		"SCAN 0 MATCH gone COUNT 10 TYPE string": "close",
	}))
	at := append(f.at(), "--scan")
	expect(t, run(t, "", at...), result{"a\nb\n\nc\n", "", 0})
	expect(t, run(t, "", append(at, "--no-raw")...), result{"\"a\"\n\"b\\n\"\n\"c\"\n", "", 0})
	expect(t, run(t, "", append(at, "--pattern", "x*", "--count", "100", "--type", "hash")...), result{"x1\n", "", 0})
	expect(t, run(t, "", append(at, "--quoted-pattern", `"\x01"`)...), result{"", "", 0})
	expect(t, run(t, "", append(at, "--pattern", "refused")...), result{"", "SCAN error: ERR refused\n", 1})
	expect(t, run(t, "", append(at, "--pattern", "strange")...), result{"", "Invalid reply from SCAN!\n", 1})
	expect(t, run(t, "", append(at, "--pattern", "gone", "--type", "string")...), result{"", "\nI/O error\n", 1})
}

var sizeScript = map[string]string{
	"DBSIZE":          ":4\r\n",
	"READONLY":        "-ERR This instance has cluster support disabled\r\n",
	"SCAN 0 COUNT 10": scanReply("9", "s", "gone"),
	"SCAN 9 COUNT 10": scanReply("0", "big\x00", "mod"),
	"TYPE s":          "+string\r\n", "TYPE gone": "+none\r\n", "TYPE big\x00": "+string\r\n", "TYPE mod": "+tree\r\n",
	"STRLEN s": ":3\r\n", "STRLEN big\x00": ":10\r\n",
	"MEMORY USAGE s SAMPLES 5": ":64\r\n", "MEMORY USAGE big\x00 SAMPLES 5": "_\r\n",
	"MEMORY USAGE mod SAMPLES 5": ":100\r\n",
}

func TestBigKeys(t *testing.T) {
	f := fake(t, scripted(sizeScript))
	got := run(t, "", append(f.at(), "--bigkeys")...)
	want := `
# Scanning the entire keyspace to find biggest keys as well as
# average sizes per key type.  You can use -i 0.1 to sleep 0.1 sec
# per 100 SCAN commands (not usually needed).

[00.00%] Biggest string found so far "s" with 3 bytes
[25.00%] Biggest string found so far "big\x00" with 10 bytes

-------- summary -------

Sampled 3 keys in the keyspace!
Total key length in bytes is 8 (avg len 2.67)

Biggest string found "big\x00" has 10 bytes

2 strings with 13 bytes (66.67% of keys, avg size 6.50)
0 lists with 0 items (00.00% of keys, avg size 0.00)
0 sets with 0 members (00.00% of keys, avg size 0.00)
0 hashs with 0 fields (00.00% of keys, avg size 0.00)
0 zsets with 0 members (00.00% of keys, avg size 0.00)
0 streams with 0 entries (00.00% of keys, avg size 0.00)
1 trees with 0 ? (33.33% of keys, avg size 0.00)
`
	expect(t, got, result{want, "", 0})
}

func TestMemKeys(t *testing.T) {
	f := fake(t, scripted(sizeScript))
	got := run(t, "", append(f.at(), "--memkeys-samples", "5")...)
	for _, line := range []string{
		"[25.00%] Biggest tree   found so far \"mod\" with 100 bytes\n",
		"Biggest string found \"s\" has 64 bytes\n",
		"2 strings with 64 bytes (66.67% of keys, avg size 32.00)\n",
	} {
		if !strings.Contains(got.out, line) {
			t.Errorf("%q is not in\n%s", line, got.out)
		}
	}
	if want := "Warning:  MEMORY USAGE on 'big\x00' failed (may have changed type)\n"; got.errOut != want {
		t.Errorf("stderr %q, want %q", got.errOut, want)
	}
}

func TestStatLine(t *testing.T) {
	info := parseInfo("# Clients\r\nconnected_clients:2\r\nblocked_clients:1\r\nused_memory:1048576\r\n" +
		"total_commands_processed:120\r\ntotal_connections_received:7\r\nrdb_bgsave_in_progress:1\r\n" +
		"aof_rewrite_in_progress:1\r\nloading:0\r\ndb0:keys=3,expires=0,avg_ttl=0\r\ndb12:keys=4,expires=1\r\nredis_mode:x\r\n")
	got := statLine(info, 100)
	want := "7          1.00M    2       1       120 (+20)           7           SAVE+AOF\n"
	if got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	if strings.Index(strings.Split(statHeader, "\n")[1], "connections") != strings.Index(want, "7           SAVE") {
		t.Error("the columns do not stand under their titles")
	}
}

func TestShownBytes(t *testing.T) {
	for n, want := range map[int64]string{0: "0B", 1023: "1023B", 1024: "1.00K", -2048: "-2.00K",
		1536 << 20: "1.50G", 3 << 40: "3.00T"} {
		if got := shownBytes(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}

func TestLatencyOnce(t *testing.T) {
	f := fake(t, always("+PONG\r\n"))
	start := time.Now()
	got := run(t, "", append(f.at(), "--csv", "--latency", "-i", "0.05")...)
	if fields := strings.Split(strings.TrimSpace(got.out), ","); len(fields) != 4 || got.code != 0 {
		t.Errorf("got %+v", got)
	}
	if time.Since(start) > 5*time.Second {
		t.Error("took longer than the interval by far")
	}
	if c := f.commands(); len(c) < 2 || slices.ContainsFunc(c, func(s string) bool { return s != "PING" }) {
		t.Errorf("sent %q", c)
	}
}

func TestLatencyText(t *testing.T) {
	var sum latencySum
	for _, ms := range []int64{4, 1, 2} {
		sum.add(ms)
	}
	for f, want := range map[format]string{
		formatStandard: "min: 1, max: 4, avg: 2.33 (3 samples)",
		formatRaw:      "1 4 2.33 3\n",
		formatCSV:      "1,4,2.33,3\n",
		formatJSON:     "{\"min\": 1, \"max\": 4, \"avg\": 2.33, \"count\": 3}\n",
	} {
		if got := sum.text(f); got != want {
			t.Errorf("format %d: got %q, want %q", f, got, want)
		}
	}
}

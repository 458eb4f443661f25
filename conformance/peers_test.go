package conformance

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/medleydb/medley/commands"
	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/commands/config"
	"github.com/medleydb/medley/conformance/cases"
	"github.com/medleydb/medley/conformance/inprocess"
	"github.com/medleydb/medley/conformance/reference"
)

// A seeding makes keys of every type in every encoding: settings first, since an encoding
// follows from them, then the commands.
type seeding struct {
	settings map[string]string
	prefix   string
}

var seedings = []seeding{
	{map[string]string{"list-max-listpack-size": "-2", "list-compress-depth": "0", "hash-max-listpack-entries": "128", "hash-max-listpack-value": "64",
		"set-max-intset-entries": "512", "zset-max-listpack-entries": "128", "zset-max-listpack-value": "64", "stream-node-max-entries": "100"}, "default:"},
	{map[string]string{"list-max-listpack-size": "4", "list-compress-depth": "1", "hash-max-listpack-entries": "0",
		"set-max-intset-entries": "0", "zset-max-listpack-entries": "0", "stream-node-max-entries": "3"}, "small:"},
	{map[string]string{"list-max-listpack-size": "-1", "list-compress-depth": "0", "hash-max-listpack-entries": "100000", "hash-max-listpack-value": "100000",
		"set-max-intset-entries": "100000", "zset-max-listpack-entries": "100000", "zset-max-listpack-value": "100000"}, "wide:"},
}

// A speaker sends commands to a server under test.
type speaker struct {
	t      *testing.T
	c      cases.Client
	n      string   // whose errors are told with
	sent   []string // names of commands whose replies are to come
	target cases.Target
}

func speakTo(t *testing.T, target cases.Target, name string) *speaker {
	c, err := target.Dial(3)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &speaker{t: t, c: c, n: name, target: target}
}

func (s *speaker) try(args ...string) command.Value {
	s.t.Helper()
	v, err := s.c.Do(args...)
	if err != nil {
		s.t.Fatalf("%s: %.80q: %v", s.n, args, err)
	}
	return v
}

func (s *speaker) do(args ...string) command.Value {
	s.t.Helper()
	v := s.try(args...)
	if err := v.Err(); err != nil {
		s.t.Fatalf("%s: %.80q: %v", s.n, args, err)
	}
	return v
}

// put is do for a command whose reply is looked at later: at settle, if not before.
func (s *speaker) put(args ...string) {
	s.t.Helper()
	if err := s.c.Send(args...); err != nil {
		s.t.Fatal(err)
	}
	if s.sent = append(s.sent, args[0]); len(s.sent) == 100 {
		s.settle()
	}
}

func (s *speaker) settle() {
	s.t.Helper()
	for _, name := range s.sent {
		v, err := s.c.Receive()
		if err == nil {
			err = v.Err()
		}
		if err != nil {
			s.t.Fatalf("%s: %s: %v", s.n, name, err)
		}
	}
	s.sent = s.sent[:0]
}

// seed fills the server; what it does not know, such as times of fields, is left out.
func (s *speaker) seed() {
	long := strings.Repeat("compressible ", 500)
	noisy := func(n int) string {
		b, x := make([]byte, n), uint32(n)+1
		for i := range b {
			x = x*1664525 + 1013904223
			b[i] = byte(x >> 24)
		}
		return string(b)
	}
	for _, sd := range seedings {
		for name, value := range sd.settings {
			s.put("CONFIG", "SET", name, value)
		}
		p := sd.prefix
		for i, text := range []string{"", "0", "-1", "127", "-129", "32768", "-8388609", "2147483647", "2147483648", "9223372036854775807", "007", "+1", "3.5", long, noisy(70000)} {
			s.put("SET", fmt.Sprintf("%sstring:%d", p, i), text)
		}
		s.put("SET", p+"expires", "v", "PXAT", "9999999999999")
		s.put("SETBIT", p+"bits", "100000", "1")
		s.put("PFADD", p+"hll", "a", "b", "c")
		s.put("GEOADD", p+"geo", "13.361389", "38.115556", "Palermo", "15.087269", "37.502669", "Catania")
		for _, n := range []int{1, 5, 600} {
			k := func(kind string) string { return fmt.Sprintf("%s%s:%d", p, kind, n) }
			for i := range n {
				m := fmt.Sprintf("m%d", i)
				switch i % 4 {
				case 1:
					m = fmt.Sprint((i - 250) * i * i * 1000003)
				case 2:
					m = noisy(i)
				case 3:
					m = fmt.Sprint(i)
				}
				s.put("RPUSH", k("list"), m)
				s.put("SADD", k("set"), m)
				s.put("SADD", k("ints"), fmt.Sprint(i*i*i*i-70000))
				s.put("ZADD", k("zset"), fmt.Sprint(float64(i%7)*1.1-2), m)
				s.put("HSET", k("hash"), m, noisy(i%90))
			}
			s.put("ZADD", k("zset"), "inf", "top", "-inf", "bottom")
			if n == 5 {
				for _, kind := range []string{"list", "set", "zset", "hash"} {
					args := map[string][]string{"list": {"RPUSH", k("longlist"), long, noisy(9000), "x"}, "set": {"SADD", k("longset"), long, noisy(9000), "12"},
						"zset": {"ZADD", k("longzset"), "1", long, "2", noisy(9000)}, "hash": {"HSET", k("longhash"), "f", long, noisy(9000), "12"}}[kind]
					s.put(args...)
				}
			}
			s.put("HSET", k("timed"), "a", "1", "b", "2", "c", "3")
			s.settle()
			if v := s.try("HPEXPIREAT", k("timed"), "9999999999999", "FIELDS", "1", "a"); v.Err() != nil {
				s.put("DEL", k("timed"))
			} else {
				s.put("HPEXPIREAT", k("timed"), "9999999999000", "FIELDS", "1", "b")
				for i := range n {
					s.put("HSET", k("timed"), fmt.Sprint("f", i), noisy(i%80))
				}
			}
		}
		s.seedStreams(p)
	}
	s.put("SELECT", "3")
	s.put("SET", "in another database", "v")
	s.put("SELECT", "0")
	s.settle()
}

func (s *speaker) seedStreams(p string) {
	k := p + "stream"
	for i := 1; i <= 300; i++ {
		args := []string{"XADD", k, fmt.Sprintf("%d-%d", 1000+i/3, i%3), "name", fmt.Sprint(i), "other", "text"}
		if i%7 == 0 {
			args = append(args, "third", "3")
		}
		s.put(args...)
	}
	s.put("XDEL", k, "1005-1", "1006-0")
	for _, g := range []string{"one", "two"} {
		s.put("XGROUP", "CREATE", k, g, "0")
		for i := range 6 {
			s.put("XREADGROUP", "GROUP", g, fmt.Sprint("c", i%3), "COUNT", "5", "STREAMS", k, ">")
		}
		s.put("XACK", k, g, "1002-1")
		s.put("XCLAIM", k, g, "c2", "0", "1001-0", "TIME", "1600000000000", "RETRYCOUNT", "7")
	}
	s.put("XDEL", k, "1003-0") // pending, and gone
	s.put("XGROUP", "CREATE", p+"emptystream", "g", "$", "MKSTREAM")
	s.put("XADD", p+"trimmed", "1-1", "a", "b")
	s.put("XDEL", p+"trimmed", "1-1")
}

// keys returns all keys of the selected database.
func (s *speaker) keys() []string {
	var list []string
	for _, v := range s.do("KEYS", "*").Elems {
		list = append(list, v.Str)
	}
	sort.Strings(list)
	return list
}

// picture tells all that a client can see of the value at a key, the same on every server.
func (s *speaker) picture(key string) string {
	var b strings.Builder
	kind := s.do("TYPE", key).Str
	fmt.Fprintln(&b, kind, s.do("PEXPIRETIME", key).Int)
	sorted := func(v command.Value) {
		list := make([]string, len(v.Elems))
		for i, e := range v.Elems {
			list[i] = fmt.Sprintf("%q", e.Str)
		}
		sort.Strings(list)
		fmt.Fprintln(&b, list)
	}
	switch kind {
	case "string":
		fmt.Fprintf(&b, "%q", s.do("GET", key).Str)
	case "list":
		for _, v := range s.do("LRANGE", key, "0", "-1").Elems {
			fmt.Fprintf(&b, "%q ", v.Str)
		}
	case "set":
		sorted(s.do("SMEMBERS", key))
	case "zset":
		for _, v := range s.do("ZRANGE", key, "0", "-1", "WITHSCORES").Elems {
			fmt.Fprintf(&b, "%q %v ", v.Elems[0].Str, v.Elems[1].Float)
		}
	case "hash":
		s.pictureHash(&b, key)
	case "stream":
		s.pictureStream(&b, key)
	}
	return b.String()
}

func (s *speaker) pictureHash(b *strings.Builder, key string) {
	v := s.do("HGETALL", key)
	list, fields := make([]string, 0, len(v.Elems)/2), []string{}
	for i := 0; i+1 < len(v.Elems); i += 2 {
		list = append(list, fmt.Sprintf("%q=%q", v.Elems[i].Str, v.Elems[i+1].Str))
		fields = append(fields, v.Elems[i].Str)
	}
	sort.Strings(list)
	fmt.Fprintln(b, list)
	sort.Strings(fields)
	times := s.try(append([]string{"HPEXPIRETIME", key, "FIELDS", fmt.Sprint(len(fields))}, fields...)...)
	for i, v := range times.Elems {
		if v.Int >= 0 {
			fmt.Fprintf(b, "%q goes at %d ", fields[i], v.Int)
		}
	}
}

func (s *speaker) pictureStream(b *strings.Builder, key string) {
	var show func(v command.Value)
	show = func(v command.Value) {
		if v.Elems == nil {
			fmt.Fprintf(b, "%q/%d ", v.Str, v.Int)
		}
		for _, e := range v.Elems {
			show(e)
		}
	}
	show(s.do("XRANGE", key, "-", "+"))
	// What depends on how the blocks of a stream lie is left out, and what not all tell.
	told := map[string]bool{"length": true, "last-generated-id": true, "max-deleted-entry-id": true, "entries-added": true, "recorded-first-entry-id": true,
		"groups": true, "name": true, "last-delivered-id": true, "entries-read": true, "pel-count": true, "pending": true, "pel": true, "consumers": true, "seen-time": true}
	var dive func(v command.Value)
	dive = func(v command.Value) {
		for i := 0; i+1 < len(v.Elems); i += 2 {
			name, x := v.Elems[i].Str, v.Elems[i+1]
			if !told[name] {
				continue
			}
			fmt.Fprintf(b, "\n%s: ", name)
			if name != "groups" && name != "consumers" {
				show(x)
				continue
			}
			for _, e := range x.Elems {
				dive(e)
			}
		}
	}
	dive(s.do("XINFO", "STREAM", key, "FULL", "COUNT", "0"))
}

// alike fails where the two servers have other keys or values.
func alike(t *testing.T, a, b *speaker) {
	t.Helper()
	for _, db := range []string{"0", "3"} {
		a.do("SELECT", db)
		b.do("SELECT", db)
		keys := a.keys()
		if other := b.keys(); fmt.Sprint(keys) != fmt.Sprint(other) {
			t.Errorf("database %s: %s has %d keys, %s %d: %.500q and %.500q", db, a.n, len(keys), b.n, len(other), keys, other)
		}
		for _, key := range keys {
			if x, y := a.picture(key), b.picture(key); x != y {
				t.Errorf("%s: %s has\n%.1000s\n%s has\n%.1000s", key, a.n, x, b.n, y)
			}
		}
	}
	a.do("SELECT", "0")
	b.do("SELECT", "0")
}

// TestPayloadsCross protects that what DUMP of Medley answers can be restored by other
// servers, and the other way round, whatever the type and the encoding.
func TestPayloadsCross(t *testing.T) {
	e, err := inprocess.Listen(commands.Options{}, t.TempDir(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for _, binary := range references(t) {
		server := startReference(t, binary)
		name := server.Peer.String()
		t.Run(name, func(t *testing.T) {
			own, other := speakTo(t, e, "medley"), speakTo(t, server.Target, name)
			for _, pair := range [][2]*speaker{{own, other}, {other, own}} {
				from, to := pair[0], pair[1]
				own.do("FLUSHALL")
				other.do("FLUSHALL")
				from.seed()
				timed := other.try("HPEXPIREAT", "none", "1", "FIELDS", "1", "f").Err() == nil
				keys := from.keys()
				if len(keys) < 100 {
					t.Fatalf("%s has only %d keys", from.n, len(keys))
				}
				for _, key := range keys {
					v := to.try("RESTORE", key, "0", from.do("DUMP", key).Str)
					if err := v.Err(); err != nil {
						if strings.Contains(key, "timed") && (!timed || server.Peer.Product == "valkey") {
							continue // a form that the one has and the other has not
						}
						t.Errorf("%s does not take the payload of %s from %s: %v", to.n, key, from.n, err)
						continue
					}
					was, is := from.picture(key), to.picture(key)
					if key == "default:expires" || strings.HasSuffix(key, ":expires") {
						continue // the time is no part of the payload
					}
					if was != is {
						t.Errorf("%s: %s has\n%.1000s\n%s has\n%.1000s", key, from.n, was, to.n, is)
					}
				}
			}
		})
	}
}

// openWithFiles returns an engine behind a socket that keeps its data in the folder.
func openWithFiles(t *testing.T, dir string, settings ...config.Pair) *inprocess.Engine {
	t.Helper()
	cfg := config.New()
	if err := cfg.Override(settings...); err != nil {
		t.Fatal(err)
	}
	e, err := inprocess.Listen(commands.Options{Files: true, Config: cfg}, dir, false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// TestJournalsCross protects that other servers load the append-only files that Medley writes,
// whatever their base is, that their tools find nothing wrong with them, and the other way round.
func TestJournalsCross(t *testing.T) {
	for i, binary := range references(t) {
		start := func(dir string) (*reference.Server, *speaker) {
			t.Helper()
			server, err := reference.StartIn(binary, dir, "--appendonly", "yes")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(server.Stop)
			return server, speakTo(t, server, filepath.Base(binary))
		}
		t.Run(fmt.Sprint(i, " ", filepath.Base(binary)), func(t *testing.T) {
			settings := []config.Pair{{Name: "appendonly", Value: "yes"}, {Name: "rdb-version", Value: "10"}}
			for _, preamble := range []string{"yes", "no"} {
				dir := t.TempDir()
				e := openWithFiles(t, dir, append(settings, config.Pair{Name: "aof-use-rdb-preamble", Value: preamble})...)
				own := speakTo(t, e, "medley")
				own.seedPlain()
				own.do("BGREWRITEAOF")
				own.until("aof_rewrite_in_progress:0")
				own.do("SET", "after", "the rewrite")
				own.do("XADD", "default:stream", "5000-1", "f", "v")
				own.do("EXPIRE", "after", "1000")
				own.do("SPOP", "default:set:600", "100")
				own.do("WAITAOF", "1", "0", "0")
				copied := filepath.Join(t.TempDir(), "data")
				if err := os.CopyFS(filepath.Join(copied, "appendonlydir"), os.DirFS(filepath.Join(dir, "appendonlydir"))); err != nil {
					t.Fatal(err)
				}
				manifest := filepath.Join(copied, "appendonlydir", "appendonly.aof.manifest")
				if out, err := checkTool(binary, "aof", manifest); err != nil {
					t.Errorf("its tool says: %v\n%s", err, out)
				}
				_, other := start(copied)
				alike(t, own, other)
			}

			server, other := start(t.TempDir())
			other.seedPlain()
			other.do("BGREWRITEAOF")
			other.until("aof_rewrite_in_progress:0")
			other.until("aof_rewrite_scheduled:0")
			other.do("SET", "after", "the rewrite")
			other.do("EXPIRE", "after", "1000")
			other.do("SPOP", "default:set:600", "100")
			other.do("CONFIG", "SET", "appendfsync", "always")
			other.do("INCR", "n")
			dir := t.TempDir()
			if err := os.CopyFS(filepath.Join(dir, "appendonlydir"), os.DirFS(filepath.Join(server.Dir(), "appendonlydir"))); err != nil {
				t.Fatal(err)
			}
			alike(t, speakTo(t, openWithFiles(t, dir, settings...), "medley"), other)
		})
	}
}

// seedPlain is seed without what not every server has a form for.
func (s *speaker) seedPlain() {
	s.seed()
	for _, key := range s.keys() {
		if strings.Contains(key, "timed") {
			s.do("DEL", key)
		}
	}
}

// until waits until INFO persistence has the text.
func (s *speaker) until(text string) {
	s.t.Helper()
	s.untilIn("persistence", text)
}

func containsField(info, field, value string) bool {
	return strings.Contains(info, "\r\n"+field+":"+value+"\r\n")
}

func (s *speaker) untilIn(section, text string) {
	s.t.Helper()
	for end := time.Now().Add(10 * time.Second); !strings.Contains(s.do("INFO", section).Str, text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatal(s.n, " never says ", text)
		}
	}
}

// checkTool runs the tool beside the server's program that checks files; where there is none,
// nothing is wrong.
func checkTool(binary, kind string, args ...string) (out []byte, err error) {
	path := strings.TrimSuffix(binary, "server") + "check-" + kind
	if _, err := os.Stat(path); err != nil {
		return nil, nil
	}
	return exec.Command(path, args...).CombinedOutput()
}

// TestFilesCross protects that other servers load the snapshots that Medley writes, that their own
// tools find nothing wrong with them, and that Medley loads theirs: the same keys and values.
func TestFilesCross(t *testing.T) {
	for _, binary := range references(t) {
		server, err := reference.Start(binary)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.Stop)
		peer, err := cases.Detect(server)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(peer.String(), func(t *testing.T) {
			dir := t.TempDir()
			own, other := speakTo(t, openWithFiles(t, dir), "medley"), speakTo(t, server, peer.String())
			theirs, ours := filepath.Join(server.Dir(), "dump.rdb"), filepath.Join(dir, "dump.rdb")

			other.seed()
			other.do("SAVE")
			copyFile(t, theirs, ours)
			own.do("DEBUG", "RELOAD", "NOSAVE")
			alike(t, own, other)

			own.do("FLUSHALL")
			own.seed()
			version := "11"
			if old, _ := cases.Promises("redis<7.2", peer); old {
				version = "10"
			}
			if v := other.try("HPEXPIREAT", "none", "1", "FIELDS", "1", "f"); v.Err() != nil || peer.Product == "valkey" {
				for _, key := range own.keys() { // hashes that the other has no form for, or another
					if strings.Contains(key, "timed") && (v.Err() != nil || version == "11") {
						own.do("DEL", key)
					}
				}
			}
			own.do("CONFIG", "SET", "rdb-version", version)
			own.do("SAVE")
			if out, err := checkTool(binary, "rdb", ours); err != nil {
				t.Errorf("its tool says: %v\n%s", err, out)
			}
			copyFile(t, ours, theirs)
			other.do("DEBUG", "RELOAD", "NOSAVE")
			alike(t, own, other)

			if peer.Product == "valkey" {
				own.do("HSET", "timed", "a", "1", "b", "2")
				own.do("HPEXPIREAT", "timed", "9999999999999", "FIELDS", "1", "a")
				own.do("CONFIG", "SET", "rdb-version", "80")
				own.do("SAVE")
				copyFile(t, ours, theirs)
				other.do("DEBUG", "RELOAD", "NOSAVE")
				alike(t, own, other)
			}
		})
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

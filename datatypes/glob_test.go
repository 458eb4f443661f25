package datatypes

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// TestMatch protects the answers of servers of the field, as SSCAN gave them.
func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"*", "", true}, {"**", "", false}, {"", "", true}, {"?", "", false}, {"*?", "", false},
		{"[^", "", false}, {"a*", "a", true}, {"*a*", "a", true}, {"*a**", "a", true}, {"a**", "a", true},
		{"[", "a", false}, {"[", "[", false}, {"[^", "a", true}, {"[^]", "a", true}, {"[]", "a", false},
		{"[]a]", "a", false}, {"[]a]", "]", false}, {"[]a]", "a]", false}, {"[a", "a", true},
		{"[a", "b", false}, {"[a-", "a", true}, {"[a-", "-", true}, {"[a-", "b", false},
		{"[a-]", "a", true}, {"[a-]", "Z", false}, {"[a-]", "^", true}, {"[a-]", "]", true},
		{"[a-]", "-", false}, {"[a-c", "b", true}, {"[c-a]", "b", true}, {"[^a-c]", "b", false},
		{"[^a-c]", "d", true}, {"[\\]]", "]", true}, {"[\\]]", "\\", false}, {"[\\", "\\", true},
		{"[\\a", "a", true}, {"[\\-a]", "-", true}, {"[a\\-c]", "b", false}, {"[a\\-c]", "-", true},
		{"[a-\\]]", "b", false}, {"[a-\\]]", "\\", false}, {"[a-\\z]", "z", true},
		{"[\\a-c]", "b", false}, {"[\\a-c]", "-", true}, {"[\\a-c]", "c", true}, {"\\", "\\", true},
		{"\\a", "a", true}, {"\\*", "*", true}, {"\\*", "a", false}, {"a\\", "a\\", true},
		{"\\\\", "\\", true}, {"*\\", "a\\", true}, {"\x00", "\x00", true}, {"a\x00b", "a\x00b", true},
		{"*\x00", "a\x00", true}, {"?", "\x00", true}, {"[\x00-\x05]", "\x03", true},
		{"a*\x00", "a", false}, {"[a-\xff]", "b", false}, {"[a-\xff]", "\xff", true},
		{"[a-\xff]", "A", true}, {"[a-\xff]", "\x80", false}, {"[\x80-\xff]", "\x90", true},
		{"[\x80-\xff]", "a", false}, {"[\x01-\x80]", "\x00", true}, {"[\x01-\x80]", "\xff", true},
		{"[\x01-\x80]", "\x90", true}, {"[\x01-\x80]", "\x02", false}, {"\xff", "\xff", true},
		{"[a]b", "ab", true}, {"[a]", "ab", false}, {"a[", "a", false}, {"a[", "a[", false},
		{"a[b", "ab", true}, {"[!a]", "b", false}, {"[!a]", "!", true}, {"[^^]", "^", false},
		{"[^^]", "a", true}, {"h[^e]llo", "hallo", true}, {"h[^e]llo", "hello", false},
		{"*[b]", "ab", true}, {"*[^b]", "ab", false}, {"a?c", "abc", true}, {"?", "\xe9", true},
		{"??", "\xe9", false}, {"*b*d", "abcd", true}, {"*b*d", "abc", false}, {"[a-\xff]", "a", true},
		{"[a-\xff]", "\x00", true}, {"*.*.txt", "a.b.txt", true}, {"*a", "ba", true},
		{"*ab", "aab", true}, {"news.*", "news.", true}, {"n?ws", "news", true}, {"\\?", "?", true},
		{"[?*]", "*", true}, {"[0-9][0-9]", "42", true}, {"h*llo", "hllo", true},
	} {
		if got := Match([]byte(c.pattern), []byte(c.s)); got != c.want {
			t.Errorf("Match(%q, %q) = %v", c.pattern, c.s, got)
		}
	}
}

// TestMatchFold protects the answers that COMMAND LIST FILTERBY PATTERN gave for get.
func TestMatchFold(t *testing.T) {
	for pattern, want := range map[string]bool{
		"GET": true, "get": true, "[G]ET": true, "[\\G]ET": false, "[\\g]et": true,
		"[F-H]et": true, "[f-h]ET": true, "[_-A]get": false, "[Z-a]et": false, "[H-_]et": false,
		"[_-H]et": false, "\\GET": true, "[^G]ET": false, "G*T": true, "[G-g]et": true,
		"[g-G]et": true, "[Z-`]et": false,
	} {
		if got := MatchFold([]byte(pattern), []byte("get")); got != want {
			t.Errorf("MatchFold(%q, get) = %v", pattern, got)
		}
	}
}

// TestMatchStars protects the limit of stars, and the time that hostile patterns take.
func TestMatchStars(t *testing.T) {
	for n, want := range map[int]bool{10: true, 1000: true, 1001: false, 2000: false} {
		pattern, s := strings.Repeat("*?", n), strings.Repeat("a", n)
		if got := Match([]byte(pattern), []byte(s)); got != want {
			t.Errorf("%d stars: %v", n, got)
		}
		if got := Match([]byte(pattern+"*"), []byte(s)); got != want {
			t.Errorf("%d stars and one at the end: %v", n, got)
		}
		if !Match([]byte(strings.Repeat("*", n)+"a"), []byte("a")) {
			t.Errorf("%d adjacent stars do not match", n)
		}
	}
	start := time.Now()
	Match([]byte(strings.Repeat("*a", 900)+"b"), bytes.Repeat([]byte("a"), 20000))
	Match([]byte(strings.Repeat("a*", 900)+"b"), bytes.Repeat([]byte("a"), 20000))
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("hostile patterns took %v", d)
	}
}

// slowMatch is the model: the pattern's meaning by plain recursion.
func slowMatch(p, s []byte, fold bool) bool {
	if len(s) == 0 {
		return len(bytes.Trim(p, "*")) == 0
	}
	if len(p) == 0 {
		return false
	}
	if p[0] == '*' {
		for i := range len(s) + 1 {
			if slowMatch(p[1:], s[i:], fold) {
				return true
			}
		}
		return false
	}
	n, ok := matchOne(p, s[0], fold)
	return ok && slowMatch(p[n:], s[1:], fold)
}

func drawFrom(r *rand.Rand, alphabet string, n int) []byte {
	b := make([]byte, r.IntN(n))
	for i := range b {
		b[i] = alphabet[r.IntN(len(alphabet))]
	}
	return b
}

// TestMatchModel compares going back to the last star only with trying all.
func TestMatchModel(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200000 {
		p, s := drawFrom(r, "**?ab[]^-\\", 10), drawFrom(r, "aab-]", 8)
		fold := r.IntN(2) == 0
		if len(s) == 0 {
			continue // a rule of its own
		}
		if got, want := match(p, s, fold), slowMatch(p, s, fold); got != want {
			t.Fatalf("match(%q, %q, %v) = %v", p, s, fold, got)
		}
	}
}

// TestMatchAgainstPeer compares with SSCAN.
func TestMatchAgainstPeer(t *testing.T) {
	p := dialPeer(t)
	r := rand.New(rand.NewPCG(rand.Uint64(), 2))
	for range 200 {
		var commands [][]string
		var want []bool
		for range 500 {
			pattern := string(drawFrom(r, "**?ab[[]]^-\\\x00\x01\x7f\x80\xff", 12))
			s := string(drawFrom(r, "aabb-]^[\\\x00\x01\x7f\x80\xff", 8))
			commands = append(commands, []string{"DEL", "m"}, []string{"SADD", "m", s},
				[]string{"SSCAN", "m", "0", "MATCH", pattern, "COUNT", "10"})
			want = append(want, Match([]byte(pattern), []byte(s)))
		}
		for i, reply := range p.do(commands...) {
			if i%3 != 2 || commands[i-1][2] == "" {
				continue
			}
			if got := reply == "0 "+commands[i-1][2]; got != want[i/3] {
				t.Errorf("%q, %q: %v, here %v", commands[i][4], commands[i-1][2], got, want[i/3])
			}
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add([]byte("a*[b-"), []byte("abc"), false)
	f.Add([]byte("*\\"), []byte("\\"), true)
	f.Fuzz(func(t *testing.T, p, s []byte, fold bool) {
		got := match(p, s, fold)
		if len(s) > 0 && len(s) < 20 && bytes.Count(p, []byte("*")) < 5 && got != slowMatch(p, s, fold) {
			t.Errorf("match(%q, %q, %v) = %v", p, s, fold, got)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	b.ReportAllocs()
	p, s := []byte("user:*:name"), []byte("user:1234567:name")
	for b.Loop() {
		Match(p, s)
	}
}

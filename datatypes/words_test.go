package datatypes

import "testing"

// FuzzWords protects configuration files and typed commands: what AppendQuoted
// writes comes back as the one word that it was, and no line is too odd to be cut.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"", "a b", "\"q\"", "'", "\x00\xff\n\\", "\\x41"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		words, ok := SplitWords(nil, AppendQuoted(nil, s))
		if !ok || len(words) != 1 || string(words[0]) != s {
			t.Fatalf("%q comes back as %q", s, words)
		}
		SplitWords(nil, []byte(s))
	})
}

// TestSplitWords protects the notation that people type.
func TestSplitWords(t *testing.T) {
	for line, want := range map[string][]string{
		"":                   {},
		"  a  b\t\r\n":       {"a", "b"},
		`set "a b" 'c d'`:    {"set", "a b", "c d"},
		`"\x41\n\q" '\'x\n'`: {"A\nq", `'x\n`},
		`a"b"c`:              nil,
		`a"b" c`:             {"ab", "c"},
		`"open`:              nil,
		`'open`:              nil,
		`"" ''`:              {"", ""},
		`"\x4" "\xzz"`:       {"x4", "xzz"},
	} {
		words, ok := SplitWords(nil, []byte(line))
		if ok != (want != nil) || len(words) < len(want) {
			t.Errorf("%q: %q, %v", line, words, ok)
			continue
		}
		for i := range want {
			if string(words[i]) != want[i] {
				t.Errorf("%q: word %d is %q, want %q", line, i, words[i], want[i])
			}
		}
	}
}

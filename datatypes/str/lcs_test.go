package str

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
)

// slowLCS is the model: the table in full and the walk as the package describes it.
func slowLCS(a, b []byte) ([]byte, []CommonRange) {
	table := make([][]int, len(a)+1)
	for i := range table {
		table[i] = make([]int, len(b)+1)
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			if a[i-1] == b[j-1] {
				table[i][j] = table[i-1][j-1] + 1
			} else {
				table[i][j] = max(table[i-1][j], table[i][j-1])
			}
		}
	}
	var text []byte
	var ranges []CommonRange
	run := false
	for i, j := len(a), len(b); i > 0 && j > 0; {
		if a[i-1] != b[j-1] {
			if run = false; table[i-1][j] > table[i][j-1] {
				i--
			} else {
				j--
			}
			continue
		}
		i, j = i-1, j-1
		text = append(text, a[i])
		if run {
			r := &ranges[len(ranges)-1]
			*r = CommonRange{i, j, r.Len + 1}
		} else {
			ranges = append(ranges, CommonRange{i, j, 1})
		}
		run = true
	}
	slices.Reverse(text)
	return text, ranges
}

func checkLCS(t *testing.T, a, b []byte, minLen int) {
	const limit = 512 << 20
	wantText, wantRanges := slowLCS(a, b)
	text, err := LCS(a, b, limit)
	if err != nil || !bytes.Equal(text, wantText) {
		t.Fatalf("LCS(%q, %q) = %q, %v; want %q", a, b, text, err, wantText)
	}
	if n, err := LCSLen(a, b, limit); err != nil || n != len(wantText) {
		t.Fatalf("LCSLen(%q, %q) = %d, %v; want %d", a, b, n, err, len(wantText))
	}
	wantRanges = slices.DeleteFunc(wantRanges, func(r CommonRange) bool { return r.Len < minLen })
	ranges, n, err := LCSRanges(a, b, minLen, limit)
	if err != nil || n != len(wantText) || !slices.Equal(ranges, wantRanges) {
		t.Fatalf("LCSRanges(%q, %q, %d) = %v, %d, %v; want %v", a, b, minLen, ranges, n, err, wantRanges)
	}
}

// TestLCS protects known answers of servers of the field.
func TestLCS(t *testing.T) {
	a, b := []byte("ohmytext"), []byte("mynewtext")
	if text, _ := LCS(a, b, 1<<20); string(text) != "mytext" {
		t.Errorf("%q", text)
	}
	ranges, n, _ := LCSRanges(a, b, 0, 1<<20)
	if n != 6 || !slices.Equal(ranges, []CommonRange{{4, 5, 4}, {2, 0, 2}}) {
		t.Errorf("%v, %d", ranges, n)
	}
	if ranges, _, _ := LCSRanges(a, b, 4, 1<<20); !slices.Equal(ranges, []CommonRange{{4, 5, 4}}) {
		t.Errorf("%v", ranges)
	}
}

// TestLCSModel compares with the table in full, over few letters, so that many
// subsequences are equally long.
func TestLCSModel(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	draw := func() []byte {
		b := make([]byte, r.IntN([]int{3, 12, 70, 200}[r.IntN(4)]))
		for i := range b {
			b[i] = 'a' + byte(r.IntN(1+r.IntN(4)))
		}
		return b
	}
	for range 5000 {
		checkLCS(t, draw(), draw(), r.IntN(4))
	}
}

// TestLCSLimit protects the bound on memory and time: four bytes a cell.
func TestLCSLimit(t *testing.T) {
	a, b := make([]byte, 99), make([]byte, 9)
	for _, f := range []func(limit int) error{
		func(limit int) error { _, err := LCS(a, b, limit); return err },
		func(limit int) error { _, err := LCSLen(a, b, limit); return err },
		func(limit int) error { _, _, err := LCSRanges(a, b, 0, limit); return err },
	} {
		if err := f(4000); err != nil {
			t.Error(err)
		}
		if err := f(3999); !errors.Is(err, ErrLCSTooLarge) {
			t.Error(err)
		}
	}
}

func FuzzLCS(f *testing.F) {
	f.Add([]byte("ohmytext"), []byte("mynewtext"), 2)
	f.Fuzz(func(t *testing.T, a, b []byte, minLen int) {
		if len(a) < 500 && len(b) < 500 {
			checkLCS(t, a, b, minLen)
		}
	})
}

func BenchmarkLCS(b *testing.B) {
	r := rand.New(rand.NewPCG(7, 8))
	x, y := make([]byte, 4000), make([]byte, 4000)
	for i := range x {
		x[i], y[i] = "acgt"[r.IntN(4)], "acgt"[r.IntN(4)]
	}
	b.Run("text", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			LCS(x, y, 512<<20)
		}
	})
	b.Run("len", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			LCSLen(x, y, 512<<20)
		}
	})
}

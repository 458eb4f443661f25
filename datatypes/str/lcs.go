package str

import (
	"errors"
	"math/bits"
)

// The longest common subsequence of two strings is the classic table: cell (i, j)
// holds the length for the first i bytes of a and the first j of b, and a walk back
// from the last cell finds a subsequence. Which one, of several equally long, is
// settled by the walk: equal bytes are taken, otherwise it goes up where the cell
// above is larger than the one to the left, else left.
//
// A row of the table grows by 0 or 1 from cell to cell. So it is kept as one bit
// for each, 64 of them computed at a time (Hyyrö, "Bit-parallel LCS-length
// computation revisited", 2004): a bit is clear where the row grows. That bit is
// also all that the walk asks for. A cell is the larger of the one above and the
// one to the left; where the row grows the left one is smaller, hence the upper
// one larger, and where it does not the left one is as large as can be. The table
// takes a bit a cell in place of four bytes, and the length alone a single row.

// ErrLCSTooLarge: a table of four bytes a cell would take more memory than a string
// may. The table here takes less, but the limit also bounds the time.
var ErrLCSTooLarge = errors.New("transient memory for LCS exceeds proto-max-bulk-len")

// A CommonRange is a run of bytes that belongs to the longest common subsequence:
// Len bytes from A in one string and from B in the other.
type CommonRange struct{ A, B, Len int }

// lcs is the table, or its last row only.
type lcs struct {
	a, b  []byte
	words int      // of a row
	rows  []uint64 // after the first, second, ... byte of a
}

// LCSLen returns the length in bytes of the longest common subsequence. maxString
// is the longest string in bytes. Error: ErrLCSTooLarge.
func LCSLen(a, b []byte, maxString int) (int, error) {
	t, err := newLCS(a, b, maxString, false)
	if err != nil {
		return 0, err
	}
	return t.len(), nil
}

// LCS returns the longest common subsequence; for errors see LCSLen.
func LCS(a, b []byte, maxString int) ([]byte, error) {
	t, err := newLCS(a, b, maxString, true)
	if err != nil {
		return nil, err
	}
	n := t.len()
	out := make([]byte, n)
	t.walk(func(i, _ int) {
		n--
		out[n] = a[i]
	})
	return out, nil
}

// LCSRanges returns where the longest common subsequence stands in both strings,
// as runs of at least minLen bytes, the last one first, and its length. For errors
// see LCSLen.
func LCSRanges(a, b []byte, minLen, maxString int) (ranges []CommonRange, length int, err error) {
	t, err := newLCS(a, b, maxString, true)
	if err != nil {
		return nil, 0, err
	}
	var r CommonRange
	flush := func() {
		if r.Len > 0 && r.Len >= minLen {
			ranges = append(ranges, r)
		}
	}
	t.walk(func(i, j int) {
		if r.Len > 0 && r.A == i+1 && r.B == j+1 {
			r = CommonRange{i, j, r.Len + 1}
			return
		}
		flush()
		r = CommonRange{i, j, 1}
	})
	flush()
	return ranges, t.len(), nil
}

func newLCS(a, b []byte, maxString int, whole bool) (*lcs, error) {
	hi, cells := bits.Mul64(uint64(len(a))+1, uint64(len(b))+1)
	if hi != 0 || cells > uint64(maxString)/4 {
		return nil, ErrLCSTooLarge
	}
	t := &lcs{a: a, b: b, words: (len(b) + 63) / 64}
	keep := 1
	if whole {
		keep = len(a)
	}
	t.rows = make([]uint64, keep*t.words)
	t.fill(keep)
	return t, nil
}

// fill computes the rows; with keep 1 each in the place of the one before.
func (t *lcs) fill(keep int) {
	masks := t.masks()
	none := make([]uint64, t.words)
	prev := make([]uint64, t.words)
	for i := range prev {
		prev[i] = ^uint64(0)
	}
	for i, c := range t.a {
		mask := masks[c]
		if mask == nil {
			mask = none
		}
		row := prev
		if keep > 1 || i == 0 {
			row = t.rows[i*t.words : (i+1)*t.words]
		}
		var carry uint64
		for w, v := range prev {
			var sum uint64
			sum, carry = bits.Add64(v, v&mask[w], carry)
			row[w] = sum | v&^mask[w]
		}
		prev = row
	}
}

// masks returns for each byte of a where it stands in b: nil for nowhere.
func (t *lcs) masks() *[256][]uint64 {
	var m [256][]uint64
	var inA [256]bool
	for _, c := range t.a {
		inA[c] = true
	}
	for j, c := range t.b {
		if !inA[c] {
			continue
		}
		if m[c] == nil {
			m[c] = make([]uint64, t.words)
		}
		m[c][j/64] |= 1 << (j % 64)
	}
	return &m
}

// len returns the length of the subsequence: how often the last row grows.
func (t *lcs) len() int {
	if len(t.a) == 0 || t.words == 0 {
		return 0
	}
	n := 0
	last := t.rows[len(t.rows)-t.words:]
	for _, v := range last {
		n += bits.OnesCount64(^v)
	}
	return n - bits.OnesCount64(^last[t.words-1]&^t.lastWord())
}

// lastWord returns the bits of a row's last word that stand for bytes of b.
func (t *lcs) lastWord() uint64 { return ^uint64(0) >> ((64 - len(t.b)%64) % 64) }

// walk calls found for the positions in a and b of each byte, the last one first.
func (t *lcs) walk(found func(i, j int)) {
	i, j := len(t.a)-1, len(t.b)-1
	for i >= 0 && j >= 0 {
		switch {
		case t.a[i] == t.b[j]:
			found(i, j)
			i, j = i-1, j-1
		case t.rows[i*t.words+j/64]&(1<<(j%64)) == 0:
			i--
		default:
			j--
		}
	}
}

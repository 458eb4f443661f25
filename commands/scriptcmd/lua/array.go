package lua

import glua "github.com/yuin/gopher-lua"

// The machine keeps elements with whole positive indices in one array up to a limit, with all
// that are missing between: at its own limit of 2^26 a single t[60000000] = 1 takes a
// gigabyte. So the limit is lower here, and what lies above it is in the table's hash. The
// machine's own # and table functions do not look there; ours do.

// maxArray is the index from which on elements are in the hash.
var maxArray = func() int {
	const limit = 1 << 18
	glua.MaxArrayIndex = limit // the machine has it as a variable of the package
	return limit
}()

// lengthOf returns the length of a table: a border, the last of the array where there is one.
func lengthOf(t *glua.LTable) int {
	n := t.Len()
	if n < maxArray-1 {
		return n
	}
	have := func(i int) bool { return t.RawGet(glua.LNumber(i)) != glua.LNil }
	low, high := n, n+1
	for have(high) {
		low, high = high, high*2
	}
	for high-low > 1 {
		if mid := (low + high) / 2; have(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return low
}

// elementOf returns an element, wherever it lies.
func elementOf(t *glua.LTable, i int) glua.LValue { return t.RawGet(glua.LNumber(i)) }

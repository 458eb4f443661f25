package config

// nearest returns the word that takes the fewest edits (insert, delete, replace or swap neighbours a
// letter) to become name, or "" if that would change more than a third of it.
func nearest(name string, words []string) string {
	best, limit := "", max(2, len(name)/3)+1
	for _, w := range words {
		if diff := len(w) - len(name); diff >= limit || -diff >= limit {
			continue
		}
		if n := editDistance(name, w); n < limit {
			best, limit = w, n
		}
	}
	return best
}

// editDistance is the optimal string alignment distance.
func editDistance(a, b string) int {
	before, prev, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, prev, row = prev, row, before
	}
	return prev[len(b)]
}

package cli

import "github.com/medleydb/medley/datatypes"

// splitArgs cuts a line into words; false if its quotes do not balance.
func splitArgs(line string) (words []string, ok bool) {
	list, ok := datatypes.SplitWords(nil, []byte(line))
	if !ok {
		return nil, false
	}
	for _, w := range list {
		words = append(words, string(w))
	}
	return words, true
}

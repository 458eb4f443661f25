package config

import (
	"errors"

	"github.com/medleydb/medley/datatypes"
)

var errUnbalanced = errors.New("Unbalanced quotes in configuration line")

// splitArgs splits a configuration line into arguments.
func splitArgs(line string) ([]string, error) {
	words, ok := datatypes.SplitWords(nil, []byte(line))
	if !ok {
		return nil, errUnbalanced
	}
	var args []string
	for _, w := range words {
		args = append(args, string(w))
	}
	return args, nil
}

// quote writes s as one argument that splitArgs reads back unchanged.
func quote(s string) string { return string(datatypes.AppendQuoted(nil, s)) }

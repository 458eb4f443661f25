package config

import (
	"errors"
	"strings"
)

var errUnbalanced = errors.New("Unbalanced quotes in configuration line")

// splitArgs splits a configuration line into arguments, as redis-server and redis-cli do. Arguments
// are separated by white space. Within "..." the escapes \n \r \t \b \a \xHH stand for their byte
// and \c for any other c; within '...' only \' is an escape. A closing quote must end its
// argument.
func splitArgs(line string) ([]string, error) {
	var args []string
	for i := 0; ; {
		for i < len(line) && isSpace(line[i]) {
			i++
		}
		if i == len(line) {
			return args, nil
		}
		var arg []byte
		for i < len(line) && !isSpace(line[i]) {
			q := line[i]
			if q != '"' && q != '\'' {
				arg = append(arg, q)
				i++
				continue
			}
			var ok bool
			if arg, i, ok = unquote(arg, line, i+1, q); !ok {
				return nil, errUnbalanced
			}
			break
		}
		args = append(args, string(arg))
	}
}

// unquote appends the quoted text that starts at line[i] to arg and returns the index past the
// closing quote q.
func unquote(arg []byte, line string, i int, q byte) ([]byte, int, bool) {
	for ; i < len(line); i++ {
		c := line[i]
		switch {
		case c == q:
			i++
			return arg, i, i == len(line) || isSpace(line[i])
		case c == '\\' && q == '\'' && i+1 < len(line) && line[i+1] == '\'':
			i++
			arg = append(arg, '\'')
		case c == '\\' && q == '"' && i+3 < len(line) && line[i+1] == 'x' && isHex(line[i+2]) && isHex(line[i+3]):
			arg = append(arg, hexDigit(line[i+2])<<4|hexDigit(line[i+3]))
			i += 3
		case c == '\\' && q == '"' && i+1 < len(line):
			i++
			arg = append(arg, unescape(line[i]))
		default:
			arg = append(arg, c)
		}
	}
	return nil, 0, false
}

func unescape(c byte) byte {
	if k := strings.IndexByte("nrtba", c); k >= 0 {
		return "\n\r\t\b\a"[k]
	}
	return c
}

// quote writes s as one double-quoted argument that splitArgs reads back unchanged.
func quote(s string) string {
	const hex = "0123456789abcdef"
	out := make([]byte, 0, len(s)+2)
	out = append(out, '"')
	for i := range len(s) {
		c := s[i]
		switch k := strings.IndexByte("\n\r\t\b\a", c); {
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case k >= 0:
			out = append(out, '\\', "nrtba"[k])
		case c < ' ' || c > '~':
			out = append(out, '\\', 'x', hex[c>>4], hex[c&15])
		default:
			out = append(out, c)
		}
	}
	return string(append(out, '"'))
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

func hexDigit(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&7 + 9
}

package cli

// splitArgs cuts a line into words the way redis-cli does: words are separated by
// white space; "..." takes the escapes \n \r \t \b \a \xNN and backslash before
// any other byte stands for that byte; '...' takes \' only. A closing quote must
// be followed by white space or the end. It reports false if the quotes do not
// balance.
func splitArgs(line string) (words []string, ok bool) {
	i := 0
	for {
		for i < len(line) && isSpace(line[i]) {
			i++
		}
		if i == len(line) {
			return words, true
		}
		var word string
		if word, i, ok = nextWord(line, i); !ok {
			return nil, false
		}
		words = append(words, word)
	}
}

func nextWord(line string, i int) (word string, end int, ok bool) {
	var b []byte
	for i < len(line) && !isSpace(line[i]) {
		quote := line[i]
		if quote != '"' && quote != '\'' {
			b = append(b, quote)
			i++
			continue
		}
		if b, i, ok = quoted(b, line, i+1, quote); !ok {
			return "", i, false
		}
		if i < len(line) && !isSpace(line[i]) {
			return "", i, false
		}
	}
	return string(b), i, true
}

// quoted appends what stands between quotes; i is the position after the opening
// one, end the position after the closing one.
func quoted(b []byte, line string, i int, quote byte) (_ []byte, end int, ok bool) {
	for i < len(line) {
		c := line[i]
		switch {
		case c == quote:
			return b, i + 1, true
		case c == '\\' && i+1 < len(line) && quote == '\'':
			if line[i+1] == '\'' {
				i++
				c = '\''
			}
			b = append(b, c)
			i++
		case c == '\\' && i+1 < len(line):
			var n int
			c, n = escape(line[i+1:])
			b = append(b, c)
			i += 1 + n
		default:
			b = append(b, c)
			i++
		}
	}
	return b, i, false
}

// escape returns the byte that the text after a backslash stands for, and the
// length of that text, which is not empty.
func escape(s string) (c byte, n int) {
	switch s[0] {
	case 'n':
		return '\n', 1
	case 'r':
		return '\r', 1
	case 't':
		return '\t', 1
	case 'b':
		return '\b', 1
	case 'a':
		return '\a', 1
	case 'x':
		if len(s) >= 3 {
			high, ok1 := hexDigit(s[1])
			low, ok2 := hexDigit(s[2])
			if ok1 && ok2 {
				return high<<4 | low, 3
			}
		}
	}
	return s[0], 1
}

func hexDigit(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

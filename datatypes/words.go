package datatypes

// SplitWords appends the words of a line: separated by spaces; in double quotes with
// the escapes \n \r \t \b \a \xHH, in single quotes with \'. False when a quote is not
// closed or something other than a space follows it.
func SplitWords(argv [][]byte, line []byte) ([][]byte, bool) {
	for i := 0; ; {
		for i < len(line) && isSpace(line[i]) {
			i++
		}
		if i == len(line) {
			return argv, true
		}
		word, next, ok := splitWord(line, i)
		if !ok {
			return argv, false
		}
		argv = append(argv, word)
		i = next
	}
}

func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

func splitWord(line []byte, i int) (word []byte, next int, ok bool) {
	word = []byte{}
	quote := byte(0)
	for ; i < len(line); i++ {
		c := line[i]
		switch {
		case quote == 0 && isSpace(c):
			return word, i, true
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			if i+1 < len(line) && !isSpace(line[i+1]) {
				return nil, 0, false
			}
			return word, i + 1, true
		case quote == '"' && c == '\\' && i+1 < len(line):
			var b byte
			b, i = unescape(line, i)
			word = append(word, b)
		case quote == '\'' && c == '\\' && i+1 < len(line) && line[i+1] == '\'':
			word = append(word, '\'')
			i++
		default:
			word = append(word, c)
		}
	}
	return word, i, quote == 0
}

// unescape returns what the backslash at i stands for, and the last byte it took.
func unescape(line []byte, i int) (byte, int) {
	c := line[i+1]
	if c == 'x' && i+3 < len(line) && isHex(line[i+2]) && isHex(line[i+3]) {
		return hexValue(line[i+2])<<4 | hexValue(line[i+3]), i + 3
	}
	switch c {
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'b':
		c = '\b'
	case 'a':
		c = '\a'
	}
	return c, i + 1
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func hexValue(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// AppendQuoted appends s in double quotes, so that SplitWords reads it back as one
// word; every byte that is no printable ASCII is escaped.
func AppendQuoted(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '\\', '"':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\a':
			dst = append(dst, '\\', 'a')
		case '\b':
			dst = append(dst, '\\', 'b')
		default:
			if c >= ' ' && c <= '~' {
				dst = append(dst, c)
			} else {
				dst = append(dst, '\\', 'x', hex[c>>4], hex[c&15])
			}
		}
	}
	return append(dst, '"')
}

package datatypes

import "bytes"

// maxStars is the number of stars (adjacent ones count once, one at the end not)
// beyond which a pattern matches nothing: servers of the field give up there.
const maxStars = 1000

// Match reports whether s matches the glob pattern: * ? [a-z] [^x] and \ to
// quote the next character. Every byte is a character. It answers as servers of
// the field do, also where that is odd:
//   - an empty s matches the empty pattern and a single star, no other pattern;
//   - a class that is not closed ends with the pattern, and [] matches nothing;
//   - the ends of a range are signed bytes, so that [a-\xff] is [\xff\x00-a];
//   - a quoted byte in a class is neither an end of a range nor, in MatchFold,
//     without regard to case.
//
// A star is retried from the last one only, so the time is at most
// len(pattern)*len(s), whatever the pattern.
func Match(pattern, s []byte) bool { return match(pattern, s, false) }

// MatchFold is Match without regard to the case of ASCII letters.
func MatchFold(pattern, s []byte) bool { return match(pattern, s, true) }

func match(p, s []byte, fold bool) bool {
	if len(s) == 0 {
		return len(p) == 0 || len(p) == 1 && p[0] == '*'
	}
	star, mark, stars := -1, 0, 0
	pi, si := 0, 0
	for si < len(s) {
		if pi < len(p) {
			if p[pi] == '*' {
				for pi++; pi < len(p) && p[pi] == '*'; pi++ {
				}
				if pi == len(p) {
					return true
				}
				if stars++; stars > maxStars {
					return false
				}
				star, mark = pi, si
				continue
			}
			if n, ok := matchOne(p[pi:], s[si], fold); ok {
				pi += n
				si++
				continue
			}
		}
		if star < 0 {
			return false
		}
		mark++
		if c := p[star]; !fold && c != '?' && c != '[' && c != '\\' {
			// No need to try where the character behind the star is not.
			i := bytes.IndexByte(s[mark:], c)
			if i < 0 {
				return false
			}
			mark += i
		}
		pi, si = star, mark
	}
	for pi < len(p) && p[pi] == '*' {
		pi++
	}
	return pi == len(p)
}

// matchOne matches one character against the first element of p and returns the
// element's length.
func matchOne(p []byte, c byte, fold bool) (int, bool) {
	switch p[0] {
	case '?':
		return 1, true
	case '[':
		return matchClass(p, c, fold)
	case '\\':
		if len(p) > 1 {
			return 2, equalByte(p[1], c, fold)
		}
	}
	return 1, equalByte(p[0], c, fold)
}

func matchClass(p []byte, c byte, fold bool) (int, bool) {
	i, not, hit := 1, false, false
	if i < len(p) && p[i] == '^' {
		not = true
		i++
	}
	for ; i < len(p) && p[i] != ']'; i++ {
		switch {
		case p[i] == '\\' && i+1 < len(p):
			i++
			hit = hit || p[i] == c
		case i+2 < len(p) && p[i+1] == '-':
			hit = hit || inRange(p[i], p[i+2], c, fold)
			i += 2
		default:
			hit = hit || equalByte(p[i], c, fold)
		}
	}
	if i < len(p) {
		i++ // the closing bracket; a class that is not closed ends the pattern
	}
	return i, hit != not
}

func inRange(from, to, char byte, fold bool) bool {
	lo, hi := min(int8(from), int8(to)), max(int8(from), int8(to))
	if fold {
		// After the ends are in order, so that [Z-a] is the empty range from z to a.
		return int8(lower(byte(lo))) <= int8(lower(char)) && int8(lower(char)) <= int8(lower(byte(hi)))
	}
	return lo <= int8(char) && int8(char) <= hi
}

func equalByte(a, b byte, fold bool) bool { return a == b || fold && lower(a) == lower(b) }

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

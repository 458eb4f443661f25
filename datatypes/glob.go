package datatypes

// Match reports whether s matches the glob pattern: * ? [a-z] [^x] and \ to
// quote the next character. Every byte is a character.
//
// A star is retried from the last one only, so the time is at most
// len(pattern)*len(s), whatever the pattern.
func Match(pattern, s []byte) bool { return match(pattern, s, false) }

// MatchFold is Match without regard to the case of ASCII letters.
func MatchFold(pattern, s []byte) bool { return match(pattern, s, true) }

func match(p, s []byte, fold bool) bool {
	star, mark := -1, 0
	pi, si := 0, 0
	for si < len(s) {
		if pi < len(p) {
			if p[pi] == '*' {
				star, mark = pi, si
				pi++
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
		pi, si = star+1, mark
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
			hit = hit || equalByte(p[i], c, fold)
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

func inRange(lo, hi, c byte, fold bool) bool {
	if fold {
		lo, hi, c = lower(lo), lower(hi), lower(c)
	}
	if lo > hi {
		lo, hi = hi, lo
	}
	return lo <= c && c <= hi
}

func equalByte(a, b byte, fold bool) bool { return a == b || fold && lower(a) == lower(b) }

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

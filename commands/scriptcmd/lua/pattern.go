package lua

import glua "github.com/yuin/gopher-lua"

// A matcher matches Lua 5.1's patterns by backtracking, as lstrlib.c defines them.
type matcher struct {
	L       *glua.LState
	src     string
	pat     string
	level   int
	capture [maxCaptures]struct{ from, len int }
	depth   int
	steps   int
}

const (
	maxCaptures = 32
	openCapture = -1 // lengths of captures that have none
	posCapture  = -2
	// maxMatchDepth ends a match that would go on backtracking on the stack for ever.
	maxMatchDepth = 200000
	// askEvery is how many steps a match makes before it looks whether it is to end.
	askEvery = 1 << 16
)

// match returns where the match of the pattern from p on ends that begins at s, -1 for none.
func (m *matcher) match(s, p int) int {
	m.depth++
	defer func() { m.depth-- }()
	if m.depth > maxMatchDepth {
		fail(m.L, "pattern too complex")
	}
	if m.steps++; m.steps%askEvery == 0 {
		ask(m.L)
	}
	for p < len(m.pat) {
		switch c := m.pat[p]; {
		case c == '(':
			if p+1 < len(m.pat) && m.pat[p+1] == ')' {
				return m.startCapture(s, p+2, posCapture)
			}
			return m.startCapture(s, p+1, openCapture)
		case c == ')':
			return m.endCapture(s, p+1)
		case c == '%' && p+1 < len(m.pat) && m.pat[p+1] == 'b':
			if s, p = m.balance(s, p+2); s < 0 {
				return -1
			}
			continue
		case c == '%' && p+1 < len(m.pat) && m.pat[p+1] == 'f':
			p += 2
			if p >= len(m.pat) || m.pat[p] != '[' {
				fail(m.L, "%s", "missing '[' after '%f' in pattern")
			}
			end := m.classEnd(p)
			before := byte(0)
			if s > 0 {
				before = m.src[s-1]
			}
			if m.matchSet(before, p, end-1) || !m.matchSet(m.at(s), p, end-1) {
				return -1
			}
			p = end
			continue
		case c == '%' && p+1 < len(m.pat) && m.pat[p+1] >= '0' && m.pat[p+1] <= '9':
			if s = m.matchCapture(s, m.pat[p+1]); s < 0 {
				return -1
			}
			p += 2
			continue
		case c == '$' && p+1 == len(m.pat):
			if s == len(m.src) {
				return s
			}
			return -1
		}
		end := m.classEnd(p)
		one := s < len(m.src) && m.single(m.src[s], p, end)
		suffix := byte(0)
		if end < len(m.pat) {
			suffix = m.pat[end]
		}
		switch suffix {
		case '?':
			if one {
				if r := m.match(s+1, end+1); r >= 0 {
					return r
				}
			}
			p = end + 1
		case '*':
			return m.maxExpand(s, p, end)
		case '+':
			if !one {
				return -1
			}
			return m.maxExpand(s+1, p, end)
		case '-':
			return m.minExpand(s, p, end)
		default:
			if !one {
				return -1
			}
			s, p = s+1, end
		}
	}
	return s
}

// at returns the byte at s, 0 at the end.
func (m *matcher) at(s int) byte {
	if s < len(m.src) {
		return m.src[s]
	}
	return 0
}

// classEnd returns where the single-character class at p ends.
func (m *matcher) classEnd(p int) int {
	c := m.pat[p]
	p++
	switch c {
	case '%':
		if p >= len(m.pat) {
			fail(m.L, "%s", "malformed pattern (ends with '%')")
		}
		return p + 1
	case '[':
		if p < len(m.pat) && m.pat[p] == '^' {
			p++
		}
		for first := true; ; first = false {
			if p >= len(m.pat) {
				fail(m.L, "malformed pattern (missing ']')")
			}
			c := m.pat[p]
			if c == ']' && !first {
				return p + 1
			}
			p++
			if c == '%' && p < len(m.pat) {
				p++
			}
		}
	}
	return p
}

func (m *matcher) single(c byte, p, end int) bool {
	switch m.pat[p] {
	case '.':
		return true
	case '%':
		return matchClass(c, m.pat[p+1])
	case '[':
		return m.matchSet(c, p, end-1)
	}
	return m.pat[p] == c
}

// matchSet reports whether c is in the set [...] whose brackets stand at p and last.
func (m *matcher) matchSet(c byte, p, last int) bool {
	in := true
	if m.pat[p+1] == '^' {
		in = false
		p++
	}
	for p++; p < last; p++ {
		switch {
		case m.pat[p] == '%':
			p++
			if matchClass(c, m.pat[p]) {
				return in
			}
		case p+2 < last && m.pat[p+1] == '-':
			if m.pat[p] <= c && c <= m.pat[p+2] {
				return in
			}
			p += 2
		case m.pat[p] == c:
			return in
		}
	}
	return !in
}

func matchClass(c, class byte) bool {
	var in bool
	switch class | 0x20 {
	case 'a':
		in = isAlpha(c)
	case 'c':
		in = c < 32 || c == 127
	case 'd':
		in = c >= '0' && c <= '9'
	case 'l':
		in = c >= 'a' && c <= 'z'
	case 'p':
		in = c > 32 && c < 127 && !isAlpha(c) && (c < '0' || c > '9')
	case 's':
		in = isSpace(c)
	case 'u':
		in = c >= 'A' && c <= 'Z'
	case 'w':
		in = isAlpha(c) || c >= '0' && c <= '9'
	case 'x':
		in = c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
	case 'z':
		in = c == 0
	default:
		return class == c
	}
	if class < 'a' {
		return !in && isAlpha(class) || in && !isAlpha(class)
	}
	return in
}

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func (m *matcher) maxExpand(s, p, end int) int {
	n := 0
	for s+n < len(m.src) && m.single(m.src[s+n], p, end) {
		n++
	}
	for ; n >= 0; n-- {
		if r := m.match(s+n, end+1); r >= 0 {
			return r
		}
	}
	return -1
}

func (m *matcher) minExpand(s, p, end int) int {
	for {
		if r := m.match(s, end+1); r >= 0 {
			return r
		}
		if s >= len(m.src) || !m.single(m.src[s], p, end) {
			return -1
		}
		s++
	}
}

func (m *matcher) startCapture(s, p, what int) int {
	if m.level >= maxCaptures {
		fail(m.L, "too many captures")
	}
	m.capture[m.level].from, m.capture[m.level].len = s, what
	m.level++
	r := m.match(s, p)
	if r < 0 {
		m.level--
	}
	return r
}

func (m *matcher) endCapture(s, p int) int {
	l := -1
	for i := m.level - 1; i >= 0; i-- {
		if m.capture[i].len == openCapture {
			l = i
			break
		}
	}
	if l < 0 {
		fail(m.L, "invalid pattern capture")
	}
	m.capture[l].len = s - m.capture[l].from
	r := m.match(s, p)
	if r < 0 {
		m.capture[l].len = openCapture
	}
	return r
}

// balance matches %bxy, whose x and y stand at p.
func (m *matcher) balance(s, p int) (end, next int) {
	if p+1 >= len(m.pat) {
		fail(m.L, "unbalanced pattern")
	}
	open, close := m.pat[p], m.pat[p+1]
	if s >= len(m.src) || m.src[s] != open {
		return -1, p
	}
	for depth, i := 1, s+1; i < len(m.src); i++ {
		switch m.src[i] {
		case close:
			if depth--; depth == 0 {
				return i + 1, p + 2
			}
		case open:
			depth++
		}
	}
	return -1, p
}

func (m *matcher) matchCapture(s int, digit byte) int {
	l := int(digit) - '1'
	if l < 0 || l >= m.level || m.capture[l].len == openCapture {
		fail(m.L, "invalid capture index")
	}
	c := m.capture[l]
	n := max(c.len, 0)
	if len(m.src)-s >= n && m.src[c.from:c.from+n] == m.src[s:s+n] {
		return s + n
	}
	return -1
}

// captured returns capture i of a match from s to e; the whole match where there are none.
func (m *matcher) captured(i, s, e int) glua.LValue {
	if i >= m.level {
		if i != 0 {
			fail(m.L, "invalid capture index")
		}
		return glua.LString(m.src[s:e])
	}
	switch c := m.capture[i]; c.len {
	case openCapture:
		fail(m.L, "unfinished capture")
		return nil
	case posCapture:
		return glua.LNumber(c.from + 1)
	default:
		return glua.LString(m.src[c.from : c.from+c.len])
	}
}

// pushCaptures pushes all captures, or the whole match where there are none and it is wanted.
func (m *matcher) pushCaptures(s, e int, whole bool) int {
	n := m.level
	if n == 0 && whole {
		n = 1
	}
	for i := range n {
		m.L.Push(m.captured(i, s, e))
	}
	return n
}

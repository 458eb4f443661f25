package cases

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A template is text with ${...} expressions in it.
type template []part

type part struct {
	text string // literal text, or the expression's source
	expr bool
}

func literal(s string) template { return template{{text: s}} }

// An env is what expressions and time patterns are evaluated against.
type env struct {
	now  time.Time
	vars map[string]string
}

func (t template) expand(e env) (string, error) {
	if len(t) == 1 && !t[0].expr {
		return t[0].text, nil
	}
	var b strings.Builder
	for _, p := range t {
		if !p.expr {
			b.WriteString(p.text)
			continue
		}
		s, err := evaluate(p.text, e)
		if err != nil {
			return "", err
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

func evaluate(expr string, e env) (string, error) {
	if words := strings.Fields(expr); len(words) == 3 && words[0] == "rep" {
		n, err := strconv.Atoi(words[2])
		if err != nil || n < 0 {
			return "", fmt.Errorf("bad count in ${%s}", expr)
		}
		return strings.Repeat(words[1], n), nil
	}
	name, offset := expr, int64(0)
	if i := strings.IndexAny(expr, "+-"); i > 0 {
		n, err := strconv.ParseInt(expr[i:], 10, 64)
		if err != nil {
			return "", fmt.Errorf("bad offset in ${%s}", expr)
		}
		name, offset = expr[:i], n
	}
	switch name {
	case "unix":
		return strconv.FormatInt(e.now.Unix()+offset, 10), nil
	case "ms":
		return strconv.FormatInt(e.now.UnixMilli()+offset, 10), nil
	}
	if v, ok := e.vars[expr]; ok {
		return v, nil
	}
	return "", fmt.Errorf("${%s} is not known", expr)
}

// An argument is one word of a command line: one template, or a series that
// stands for several arguments.
type argument struct {
	one      template
	each     []string // with # for the number; nil unless a series
	from, to int
}

func expandAll(words []argument, e env) ([]string, error) {
	out := make([]string, 0, len(words))
	for _, w := range words {
		if w.each != nil {
			for i := w.from; i <= w.to; i++ {
				for _, pattern := range w.each {
					out = append(out, strings.ReplaceAll(pattern, "#", strconv.Itoa(i)))
				}
			}
			continue
		}
		s, err := w.one.expand(e)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

// splitWords cuts a command line into arguments.
func splitWords(line string) ([]argument, error) {
	var words []argument
	s := &scanner{src: line}
	for {
		s.skipSpace()
		if s.done() {
			return words, nil
		}
		if s.hasPrefix("@{") {
			w, err := s.series()
			if err != nil {
				return nil, err
			}
			words = append(words, w)
			continue
		}
		t, err := s.word()
		if err != nil {
			return nil, err
		}
		words = append(words, argument{one: t})
	}
}

// A scanner reads the small languages of a script line.
type scanner struct {
	src string
	at  int
}

func (s *scanner) done() bool                 { return s.at >= len(s.src) }
func (s *scanner) rest() string               { return s.src[s.at:] }
func (s *scanner) hasPrefix(text string) bool { return strings.HasPrefix(s.rest(), text) }

func (s *scanner) skipSpace() {
	for !s.done() && (s.src[s.at] == ' ' || s.src[s.at] == '\t' || s.src[s.at] == '\n') {
		s.at++
	}
}

// accept consumes text, and space before it, if it is next.
func (s *scanner) accept(text string) bool {
	s.skipSpace()
	if !s.hasPrefix(text) {
		return false
	}
	s.at += len(text)
	return true
}

func (s *scanner) series() (w argument, err error) {
	end := strings.IndexByte(s.rest(), '}')
	if end < 0 {
		return w, fmt.Errorf("@{ without }")
	}
	fields := strings.Fields(s.src[s.at+2 : s.at+end])
	s.at += end + 1
	if len(fields) < 2 {
		return w, fmt.Errorf("@{ needs a range and words")
	}
	from, to, ok := strings.Cut(fields[0], "..")
	if !ok {
		return w, fmt.Errorf("@{ needs a range such as 1..9")
	}
	if w.from, err = strconv.Atoi(from); err != nil {
		return w, err
	}
	if w.to, err = strconv.Atoi(to); err != nil {
		return w, err
	}
	w.each = fields[1:]
	return w, nil
}

// word reads one argument: quoted, or bare up to the next space.
func (s *scanner) word() (template, error) {
	switch s.src[s.at] {
	case '"':
		return s.quoted()
	case '\'':
		end := strings.IndexByte(s.src[s.at+1:], '\'')
		if end < 0 {
			return nil, fmt.Errorf("unbalanced '")
		}
		text := s.src[s.at+1 : s.at+1+end]
		s.at += end + 2
		return literal(text), nil
	}
	var t template
	var text strings.Builder
	for !s.done() && !strings.ContainsRune(" \t\n", rune(s.src[s.at])) {
		if s.hasPrefix("${") {
			p, err := s.expression()
			if err != nil {
				return nil, err
			}
			t = appendPart(t, &text, p)
			continue
		}
		text.WriteByte(s.src[s.at])
		s.at++
	}
	return finishTemplate(t, &text), nil
}

func (s *scanner) expression() (part, error) {
	end := strings.IndexByte(s.rest(), '}')
	if end < 0 {
		return part{}, fmt.Errorf("${ without }")
	}
	p := part{text: s.src[s.at+2 : s.at+end], expr: true}
	s.at += end + 1
	return p, nil
}

func appendPart(t template, text *strings.Builder, p part) template {
	if text.Len() > 0 {
		t = append(t, part{text: text.String()})
		text.Reset()
	}
	return append(t, p)
}

func finishTemplate(t template, text *strings.Builder) template {
	if text.Len() > 0 || len(t) == 0 {
		t = append(t, part{text: text.String()})
	}
	return t
}

// quoted reads "text" with its escapes.
func (s *scanner) quoted() (template, error) {
	var t template
	var text strings.Builder
	for s.at++; !s.done(); {
		switch c := s.src[s.at]; {
		case c == '"':
			s.at++
			return finishTemplate(t, &text), nil
		case c == '\\':
			b, err := s.escape()
			if err != nil {
				return nil, err
			}
			text.WriteByte(b)
		case s.hasPrefix("${"):
			p, err := s.expression()
			if err != nil {
				return nil, err
			}
			t = appendPart(t, &text, p)
		default:
			text.WriteByte(c)
			s.at++
		}
	}
	return nil, fmt.Errorf(`unbalanced "`)
}

func (s *scanner) escape() (byte, error) {
	if s.at+1 >= len(s.src) {
		return 0, fmt.Errorf(`\ at the end`)
	}
	c := s.src[s.at+1]
	s.at += 2
	switch c {
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case '"', '\\':
		return c, nil
	case 'x':
		if s.at+2 > len(s.src) {
			return 0, fmt.Errorf(`\x needs two digits`)
		}
		n, err := strconv.ParseUint(s.src[s.at:s.at+2], 16, 8)
		s.at += 2
		return byte(n), err
	}
	return 0, fmt.Errorf(`unknown escape \%c`, c)
}

// Quote returns an argument as a script writes it: bare where it can be.
func Quote(arg string) string {
	if arg != "" && !strings.HasPrefix(arg, "@{") && !strings.Contains(arg, "${") {
		bare := true
		for i := range len(arg) {
			c := arg[i]
			if c <= ' ' || c >= 0x7f || c == '"' || c == '\'' {
				bare = false
				break
			}
		}
		if bare {
			return arg
		}
	}
	return quoteText(arg)
}

// QuoteAll returns a command line as a script writes it.
func QuoteAll(args []string) string {
	quoted := make([]string, len(args))
	for i, a := range args {
		quoted[i] = Quote(a)
	}
	return strings.Join(quoted, " ")
}

func quoteText(s string) string {
	b := []byte{'"'}
	for i := range len(s) {
		switch c := s[i]; {
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c < ' ' || c >= 0x7f || c == '$':
			b = fmt.Appendf(b, `\x%02x`, c)
		default:
			b = append(b, c)
		}
	}
	return string(append(b, '"'))
}

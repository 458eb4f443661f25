package cases

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/medleydb/medley/commands/command"
)

// closedPattern stands for the end of the connection; the runner knows it.
type closedPattern struct{}

func (closedPattern) match(moment, command.Value) bool { return false }

// parseReply reads a whole reply line: a pattern and "as name".
func parseReply(text string) (p pattern, name string, err error) {
	s := &scanner{src: strings.TrimSpace(text)}
	if s.done() {
		return nil, "", fmt.Errorf("a reply is missing")
	}
	if p, ok := wholeLine(s.src); ok {
		return p, "", nil
	}
	if p, err = s.alternatives(); err != nil {
		return nil, "", err
	}
	if s.accept("as ") {
		s.skipSpace()
		name, s.at = s.rest(), len(s.src)
		if strings.IndexFunc(name, func(r rune) bool { return !isWordRune(r) }) >= 0 || name == "" {
			return nil, "", fmt.Errorf("bad name %q", name)
		}
	}
	if s.skipSpace(); !s.done() {
		return nil, "", fmt.Errorf("unexpected %q", s.rest())
	}
	return p, name, nil
}

// wholeLine reads +status and -error texts, which go on to the end of the line.
func wholeLine(src string) (pattern, bool) {
	if len(src) < 2 || src[0] != '+' && src[0] != '-' {
		return nil, false
	}
	next := src[1]
	if next == '/' || next == '"' || src[0] == '-' && (next == '.' || next >= '0' && next <= '9') {
		return nil, false
	}
	kind := command.Status
	if src[0] == '-' {
		kind = command.Error
	}
	return textPattern{kind: kind, text: literal(src[1:])}, true
}

func (s *scanner) alternatives() (pattern, error) {
	first, err := s.pattern()
	if err != nil {
		return nil, err
	}
	either := eitherPattern{first}
	for s.accept("|") {
		p, err := s.pattern()
		if err != nil {
			return nil, err
		}
		either = append(either, p)
	}
	if len(either) == 1 {
		return first, nil
	}
	return either, nil
}

func (s *scanner) pattern() (pattern, error) {
	s.skipSpace()
	if s.done() {
		return nil, fmt.Errorf("a reply is missing")
	}
	switch c := s.src[s.at]; {
	case c == '"' || c == '/':
		return s.text(command.Bulk)
	case c == '+':
		s.at++
		return s.text(command.Status)
	case c == '-' && s.at+1 < len(s.src) && !strings.ContainsRune("0123456789", rune(s.src[s.at+1])):
		s.at++
		return s.text(command.Error)
	case c == '[':
		return s.list(command.Array, false)
	case c == '{':
		return s.pairs()
	case s.hasPrefix("${"):
		p, err := s.expression()
		return textPattern{kind: command.Int, text: template{p}}, err
	}
	return s.named()
}

// text reads "text", /re/ or one word.
func (s *scanner) text(kind command.Kind) (p textPattern, err error) {
	p.kind = kind
	switch {
	case s.hasPrefix(`"`):
		p.text, err = s.quoted()
		return p, err
	case s.hasPrefix("/"):
		p.re, err = s.regexp()
		return p, err
	}
	word := s.wordText()
	if word == "" {
		return p, fmt.Errorf("text is missing before %q", s.rest())
	}
	p.text = literal(word)
	return p, nil
}

func (s *scanner) wordText() string {
	start := s.at
	for !s.done() && isWordRune(rune(s.src[s.at])) {
		s.at++
	}
	return s.src[start:s.at]
}

// regexp reads /re/, in which \/ is a slash and . matches a newline too.
func (s *scanner) regexp() (*regexp.Regexp, error) {
	start := s.at + 1
	for s.at = start; !s.done() && s.src[s.at] != '/'; s.at++ {
		if s.src[s.at] == '\\' {
			s.at++
		}
	}
	if s.done() {
		return nil, fmt.Errorf("/ is missing at the end")
	}
	source := strings.ReplaceAll(s.src[start:s.at], `\/`, "/")
	s.at++
	return regexp.Compile("(?s)" + source)
}

func (s *scanner) list(kind command.Kind, unordered bool) (pattern, error) {
	p := listPattern{kind: kind, unordered: unordered}
	s.at++
	for {
		if s.accept("]") {
			return p, nil
		}
		if len(p.elems) > 0 && !s.accept(",") {
			return nil, fmt.Errorf(", or ] is missing before %q", s.rest())
		}
		if s.accept("...") {
			p.open = true
			if !s.accept("]") {
				return nil, fmt.Errorf("] is missing after ...")
			}
			return p, nil
		}
		e, err := s.alternatives()
		if err != nil {
			return nil, err
		}
		p.elems = append(p.elems, e)
	}
}

func (s *scanner) pairs() (pattern, error) {
	p := mapPattern{}
	s.at++
	for {
		if s.accept("}") {
			return p, nil
		}
		if len(p.pairs) > 0 && !s.accept(",") {
			return nil, fmt.Errorf(", or } is missing before %q", s.rest())
		}
		if s.accept("...") {
			p.open = true
			if !s.accept("}") {
				return nil, fmt.Errorf("} is missing after ...")
			}
			return p, nil
		}
		key, err := s.alternatives()
		if err != nil {
			return nil, err
		}
		if !s.accept(":") {
			return nil, fmt.Errorf(": is missing before %q", s.rest())
		}
		value, err := s.alternatives()
		if err != nil {
			return nil, err
		}
		p.pairs = append(p.pairs, key, value)
	}
}

// named reads words, numbers, ranges and forms such as double(1.5).
func (s *scanner) named() (pattern, error) {
	start := s.at
	for !s.done() && (isWordRune(rune(s.src[s.at])) || strings.ContainsRune(".+", rune(s.src[s.at]))) {
		s.at++
	}
	word := s.src[start:s.at]
	switch word {
	case "any":
		return anyPattern{}, nil
	case "nil":
		return nullPattern(command.Null), nil
	case "nil-array":
		return nullPattern(command.NullArray), nil
	case "true", "false":
		return boolPattern(word == "true"), nil
	case "closed":
		return closedPattern{}, nil
	case "unordered", "set", "push":
		if !s.hasPrefix("[") {
			return nil, fmt.Errorf("[ is missing after %s", word)
		}
		kind := map[string]command.Kind{"unordered": command.Array, "set": command.Set, "push": command.Push}[word]
		return s.list(kind, word != "push")
	case "text", "double", "big", "str":
		if !s.hasPrefix("(") {
			return s.kind(word)
		}
		return s.call(word)
	}
	if p, ok := parseClock(word); ok {
		return p, nil
	}
	if from, to, err := parseRange(word); err == nil {
		return rangePattern{command.Int, from, to}, nil
	}
	return s.kind(word)
}

func (s *scanner) kind(word string) (pattern, error) {
	switch word {
	case "int":
		return kindPattern{command.Int}, nil
	case "string":
		return kindPattern{command.Bulk}, nil
	case "status":
		return kindPattern{command.Status}, nil
	case "error":
		return kindPattern{command.Error}, nil
	case "double":
		return doublePattern{from: math.Inf(-1), to: math.Inf(1)}, nil
	case "array":
		return listPattern{kind: command.Array, open: true}, nil
	case "map":
		return mapPattern{open: true}, nil
	}
	return nil, fmt.Errorf("unknown reply %q", word+s.rest())
}

// call reads text(..), double(..), big(..) and str(..).
func (s *scanner) call(word string) (pattern, error) {
	s.at++
	if word == "text" {
		p, err := s.text(command.Verbatim)
		if err == nil && !s.accept(")") {
			err = fmt.Errorf(") is missing")
		}
		return verbatimPattern{p}, err
	}
	end := strings.IndexByte(s.rest(), ')')
	if end < 0 {
		return nil, fmt.Errorf(") is missing")
	}
	inside := s.src[s.at : s.at+end]
	s.at += end + 1
	switch word {
	case "big":
		return bigPattern(inside), nil
	case "str":
		from, to, err := parseRange(inside)
		return rangePattern{command.Bulk, from, to}, err
	}
	if low, high, ok := strings.Cut(inside, ".."); ok {
		from, err1 := strconv.ParseFloat(low, 64)
		to, err2 := strconv.ParseFloat(high, 64)
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("bad range %q", inside)
		}
		return doublePattern{from: from, to: to}, nil
	}
	f, err := strconv.ParseFloat(inside, 64)
	return doublePattern{from: f, to: f, text: inside}, err
}

// parseRange reads 5, 1..9, 5.. and ..5.
func parseRange(s string) (from, to int64, err error) {
	low, high, ok := strings.Cut(s, "..")
	if !ok {
		from, err = strconv.ParseInt(s, 10, 64)
		return from, from, err
	}
	from, to = math.MinInt64, math.MaxInt64
	if low != "" {
		if from, err = strconv.ParseInt(low, 10, 64); err != nil {
			return 0, 0, err
		}
	}
	if high != "" {
		to, err = strconv.ParseInt(high, 10, 64)
	}
	if low == "" && high == "" {
		err = fmt.Errorf("a range needs a bound")
	}
	return from, to, err
}

// parseClock reads now+10s (milliseconds) and unix+10s (seconds).
func parseClock(s string) (p clockPattern, ok bool) {
	rest, ok := strings.CutPrefix(s, "now")
	p.unit = time.Millisecond
	if !ok {
		if rest, ok = strings.CutPrefix(s, "unix"); !ok {
			return p, false
		}
		p.unit = time.Second
	}
	if rest == "" {
		return p, true
	}
	if rest[0] != '+' && rest[0] != '-' {
		return p, false
	}
	offset, err := time.ParseDuration(rest)
	p.offset = offset
	return p, err == nil
}

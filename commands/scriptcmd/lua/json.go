package lua

import (
	"math"
	"strconv"
	"unicode/utf8"

	glua "github.com/yuin/gopher-lua"
)

// jsonSettings are what a script may change of cjson. They last for one script.
type jsonSettings struct {
	sparseConvert   bool
	sparseRatio     int
	sparseSafe      int
	encodeDepth     int
	decodeDepth     int
	precision       int
	keepBuffer      bool
	invalidEncoding invalidNumbers
	invalidDecoding bool
}

// invalidNumbers says what becomes of NaN and infinity.
type invalidNumbers uint8

const (
	invalidRefused invalidNumbers = iota
	invalidWritten
	invalidNull
)

var defaultJSON = jsonSettings{sparseRatio: 2, sparseSafe: 10, encodeDepth: 1000, decodeDepth: 1000, precision: 14, keepBuffer: true, invalidDecoding: true}

// jsonNull stands for null in decoded values.
var jsonNull = &glua.LUserData{Metatable: glua.LNil}

// IsNull reports whether the value is cjson.null.
func IsNull(v glua.LValue) bool { return v == glua.LValue(jsonNull) }

var jsonLibrary = Library{Names: []string{"cjson"}, Open: func(st *State) map[string]glua.LValue {
	return st.openJSON(&st.json)
}}

func (st *State) openJSON(s *jsonSettings) map[string]glua.LValue {
	m := functions(st, map[string]glua.LGFunction{
		"encode": func(L *glua.LState) int {
			checkOne(L, "encode")
			e := jsonEncoder{L: L, st: st, s: s}
			L.Push(glua.LString(e.value(nil, L.Get(1), 0)))
			return 1
		},
		"decode": func(L *glua.LState) int {
			checkOne(L, "decode")
			d := jsonDecoder{L: L, s: s, in: checkString(L, 1, "decode")}
			L.Push(d.decode())
			return 1
		},
		"new": func(L *glua.LState) int {
			own := defaultJSON
			t := L.NewTable()
			for name, v := range st.openJSON(&own) {
				t.RawSetString(name, v)
			}
			L.Push(t)
			return 1
		},
		"encode_sparse_array": func(L *glua.LState) int {
			if L.GetTop() > 3 {
				argError(L, 4, "encode_sparse_array", "found too many arguments")
			}
			optBool(L, 1, "encode_sparse_array", &s.sparseConvert)
			optLimit(L, 2, "encode_sparse_array", &s.sparseRatio, 0, math.MaxInt32)
			optLimit(L, 3, "encode_sparse_array", &s.sparseSafe, 0, math.MaxInt32)
			L.Push(glua.LBool(s.sparseConvert))
			L.Push(glua.LNumber(s.sparseRatio))
			L.Push(glua.LNumber(s.sparseSafe))
			return 3
		},
		"encode_max_depth":        limitSetting("encode_max_depth", &s.encodeDepth, 1, math.MaxInt32),
		"decode_max_depth":        limitSetting("decode_max_depth", &s.decodeDepth, 1, math.MaxInt32),
		"encode_number_precision": limitSetting("encode_number_precision", &s.precision, 1, 14),
		"encode_keep_buffer": func(L *glua.LState) int {
			atMostOne(L, "encode_keep_buffer")
			optBool(L, 1, "encode_keep_buffer", &s.keepBuffer)
			L.Push(glua.LBool(s.keepBuffer))
			return 1
		},
		"encode_invalid_numbers": func(L *glua.LState) int { return encodeInvalid(L, s) },
		"decode_invalid_numbers": func(L *glua.LState) int {
			atMostOne(L, "decode_invalid_numbers")
			optBool(L, 1, "decode_invalid_numbers", &s.invalidDecoding)
			L.Push(glua.LBool(s.invalidDecoding))
			return 1
		},
	})
	m["null"] = jsonNull
	m["_NAME"], m["_VERSION"] = glua.LString("cjson"), glua.LString("2.1.0")
	return m
}

func checkOne(L *glua.LState, name string) {
	if L.GetTop() != 1 {
		argError(L, 1, name, "expected 1 argument")
	}
}

func atMostOne(L *glua.LState, name string) {
	if L.GetTop() > 1 {
		argError(L, 2, name, "found too many arguments")
	}
}

func optBool(L *glua.LState, n int, name string, to *bool) {
	switch v := L.Get(n).(type) {
	case *glua.LNilType:
	case glua.LBool:
		*to = bool(v)
	default:
		s := checkString(L, n, name)
		switch s {
		case "on":
			*to = true
		case "off":
			*to = false
		default:
			argError(L, n, name, "invalid option '"+s+"'")
		}
	}
}

func optLimit(L *glua.LState, n int, name string, to *int, lo, hi int) {
	if L.Get(n) == glua.LNil {
		return
	}
	v := checkInt(L, n, name)
	if v < lo || v > hi {
		argError(L, n, name, "expected integer between "+strconv.Itoa(lo)+" and "+strconv.Itoa(hi))
	}
	*to = v
}

func limitSetting(name string, to *int, lo, hi int) glua.LGFunction {
	return func(L *glua.LState) int {
		atMostOne(L, name)
		optLimit(L, 1, name, to, lo, hi)
		return pushNumber(L, float64(*to))
	}
}

func encodeInvalid(L *glua.LState, s *jsonSettings) int {
	atMostOne(L, "encode_invalid_numbers")
	if v, ok := L.Get(1).(glua.LString); ok && v == "null" {
		s.invalidEncoding = invalidNull
	} else {
		on := s.invalidEncoding == invalidWritten
		optBool(L, 1, "encode_invalid_numbers", &on)
		if L.GetTop() == 1 {
			s.invalidEncoding = invalidRefused
			if on {
				s.invalidEncoding = invalidWritten
			}
		}
	}
	switch s.invalidEncoding {
	case invalidNull:
		L.Push(glua.LString("null"))
	default:
		L.Push(glua.LBool(s.invalidEncoding == invalidWritten))
	}
	return 1
}

type jsonEncoder struct {
	L  *glua.LState
	st *State
	s  *jsonSettings
}

func (e *jsonEncoder) refuse(v glua.LValue, why string) {
	fail(e.L, "%s", "Cannot serialise "+v.Type().String()+": "+why)
}

func (e *jsonEncoder) value(b []byte, v glua.LValue, depth int) []byte {
	switch x := v.(type) {
	case glua.LString:
		return appendJSONString(b, string(x))
	case glua.LNumber:
		return e.number(b, float64(x))
	case glua.LBool:
		return strconv.AppendBool(b, bool(x))
	case *glua.LNilType:
		return append(b, "null"...)
	case *glua.LTable:
		return e.table(b, e.st.behind(x), depth+1)
	case *glua.LUserData:
		if x == jsonNull {
			return append(b, "null"...)
		}
	}
	e.refuse(v, "type not supported")
	return nil
}

func (e *jsonEncoder) number(b []byte, f float64) []byte {
	if s := special(f); s != "" {
		switch e.s.invalidEncoding {
		case invalidRefused:
			e.refuse(glua.LNumber(f), "must not be NaN or Inf")
		case invalidNull:
			return append(b, "null"...)
		case invalidWritten:
			if f != f {
				s = "nan"
			}
			return append(b, s...)
		}
	}
	return appendG(b, f, e.s.precision)
}

func (e *jsonEncoder) table(b []byte, t *glua.LTable, depth int) []byte {
	if depth > e.s.encodeDepth {
		fail(e.L, "Cannot serialise, excessive nesting (%d)", depth)
	}
	if n := e.arrayLength(t); n > 0 {
		b = append(b, '[')
		for i := 1; i <= n; i++ {
			if i > 1 {
				b = append(b, ',')
			}
			b = e.value(b, t.RawGet(glua.LNumber(i)), depth)
		}
		return append(b, ']')
	}
	b = append(b, '{')
	first := true
	for k, v := t.Next(glua.LNil); k != glua.LNil; k, v = t.Next(k) {
		if !first {
			b = append(b, ',')
		}
		first = false
		switch k := k.(type) {
		case glua.LString:
			b = appendJSONString(b, string(k))
		case glua.LNumber:
			b = append(e.number(append(b, '"'), float64(k)), '"')
		default:
			e.refuse(k, "table key must be a number or string")
		}
		b = e.value(append(b, ':'), v, depth)
	}
	return append(b, '}')
}

// arrayLength returns the length of a table that is an array, -1 for another, or one
// that would be mostly nulls.
func (e *jsonEncoder) arrayLength(t *glua.LTable) int {
	highest, items := 0.0, 0
	for k, _ := t.Next(glua.LNil); k != glua.LNil; k, _ = t.Next(k) {
		n, ok := k.(glua.LNumber)
		if !ok || n < 1 || float64(n) != math.Floor(float64(n)) {
			return -1
		}
		if n <= math.MaxInt32 { // others are lost where lengths are C's int
			highest = max(highest, float64(n))
		}
		items++
	}
	if e.s.sparseRatio > 0 && highest > float64(items*e.s.sparseRatio) && highest > float64(e.s.sparseSafe) {
		if !e.s.sparseConvert {
			e.refuse(t, "excessively sparse array")
		}
		return -1
	}
	return int(highest)
}

const hexDigits = "0123456789abcdef"

func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\' || c == '/':
			b = append(b, '\\', c)
		case c == '\b':
			b = append(b, `\b`...)
		case c == '\t':
			b = append(b, `\t`...)
		case c == '\n':
			b = append(b, `\n`...)
		case c == '\f':
			b = append(b, `\f`...)
		case c == '\r':
			b = append(b, `\r`...)
		case c < 32 || c == 127:
			b = append(b, `\u00`...)
			b = append(b, hexDigits[c>>4], hexDigits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}

type jsonDecoder struct {
	L     *glua.LState
	s     *jsonSettings
	in    string
	at    int
	depth int
}

// A jsonToken is what stands next in the input; text is that of a string.
type jsonToken struct {
	kind   string // as errors call it
	at     int
	text   string
	number float64
}

func (d *jsonDecoder) decode() glua.LValue {
	if len(d.in) >= 2 && (d.in[0] == 0 || d.in[1] == 0) {
		fail(d.L, "JSON parser does not support UTF-16 or UTF-32")
	}
	v := d.value(d.next())
	if tok := d.next(); tok.kind != "T_END" {
		d.expected("the end", tok)
	}
	return v
}

func (d *jsonDecoder) expected(what string, tok jsonToken) {
	found := tok.kind
	if found == "T_ERROR" {
		found = tok.text
	}
	fail(d.L, "%s", "Expected "+what+" but found "+found+" at character "+strconv.Itoa(tok.at+1))
}

func (d *jsonDecoder) value(tok jsonToken) glua.LValue {
	switch tok.kind {
	case "T_STRING":
		return glua.LString(tok.text)
	case "T_NUMBER":
		return glua.LNumber(tok.number)
	case "T_BOOLEAN":
		return glua.LBool(tok.text == "true")
	case "T_NULL":
		return jsonNull
	case "T_OBJ_BEGIN":
		return d.object()
	case "T_ARR_BEGIN":
		return d.array()
	}
	d.expected("value", tok)
	return nil
}

func (d *jsonDecoder) descend() {
	if d.depth++; d.depth > d.s.decodeDepth {
		fail(d.L, "Found too many nested data structures (%d) at character %d", d.depth, d.at)
	}
}

func (d *jsonDecoder) object() glua.LValue {
	d.descend()
	t := d.L.CreateTable(0, 4)
	tok := d.next()
	if tok.kind == "T_OBJ_END" {
		d.depth--
		return t
	}
	for {
		if tok.kind != "T_STRING" {
			d.expected("object key string", tok)
		}
		key := tok.text
		if tok = d.next(); tok.kind != "T_COLON" {
			d.expected("colon", tok)
		}
		t.RawSetString(key, d.value(d.next()))
		if tok = d.next(); tok.kind == "T_OBJ_END" {
			d.depth--
			return t
		}
		if tok.kind != "T_COMMA" {
			d.expected("comma or object end", tok)
		}
		tok = d.next()
	}
}

func (d *jsonDecoder) array() glua.LValue {
	d.descend()
	t := d.L.CreateTable(4, 0)
	tok := d.next()
	if tok.kind == "T_ARR_END" {
		d.depth--
		return t
	}
	for i := 1; ; i++ {
		t.RawSetInt(i, d.value(tok))
		if tok = d.next(); tok.kind == "T_ARR_END" {
			d.depth--
			return t
		}
		if tok.kind != "T_COMMA" {
			d.expected("comma or array end", tok)
		}
		tok = d.next()
	}
}

func (d *jsonDecoder) next() jsonToken {
	for d.at < len(d.in) && (d.in[d.at] == ' ' || d.in[d.at] >= '\t' && d.in[d.at] <= '\r' && d.in[d.at] != '\v') {
		d.at++
	}
	tok := jsonToken{at: d.at}
	if d.at >= len(d.in) {
		tok.kind = "T_END"
		return tok
	}
	simple := func(kind string) jsonToken {
		d.at++
		tok.kind = kind
		return tok
	}
	switch c := d.in[d.at]; c {
	case '{':
		return simple("T_OBJ_BEGIN")
	case '}':
		return simple("T_OBJ_END")
	case '[':
		return simple("T_ARR_BEGIN")
	case ']':
		return simple("T_ARR_END")
	case ',':
		return simple("T_COMMA")
	case ':':
		return simple("T_COLON")
	case '"':
		return d.str(tok)
	}
	for word, kind := range map[string]string{"true": "T_BOOLEAN", "false": "T_BOOLEAN", "null": "T_NULL"} {
		if len(d.in)-d.at >= len(word) && d.in[d.at:d.at+len(word)] == word {
			d.at += len(word)
			tok.kind, tok.text = kind, word
			return tok
		}
	}
	return d.num(tok)
}

func (d *jsonDecoder) invalid(tok jsonToken, at int, what string) jsonToken {
	tok.kind, tok.text, tok.at = "T_ERROR", what, at
	return tok
}

// str reads a string; its opening quote is next.
func (d *jsonDecoder) str(tok jsonToken) jsonToken {
	d.at++
	var out []byte
	for {
		if d.at >= len(d.in) {
			return d.invalid(tok, d.at, "unexpected end of string")
		}
		c := d.in[d.at]
		switch c {
		case '"':
			d.at++
			tok.kind, tok.text = "T_STRING", string(out)
			return tok
		case 0:
			return d.invalid(tok, d.at, "unexpected end of string")
		case '\\':
			var bad string
			if out, bad = d.escape(out); bad != "" {
				return d.invalid(tok, d.at, bad)
			}
		default:
			out = append(out, c)
			d.at++
		}
	}
}

func (d *jsonDecoder) escape(out []byte) (_ []byte, bad string) {
	if d.at+1 >= len(d.in) {
		return out, "invalid escape code"
	}
	c := d.in[d.at+1]
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		return d.unicode(out)
	default:
		return out, "invalid escape code"
	}
	d.at += 2
	return append(out, c), ""
}

func (d *jsonDecoder) hex4(at int) (rune, bool) {
	if at+4 > len(d.in) {
		return 0, false
	}
	n, err := strconv.ParseUint(d.in[at:at+4], 16, 16)
	return rune(n), err == nil
}

func (d *jsonDecoder) unicode(out []byte) (_ []byte, bad string) {
	const text = "invalid unicode escape code"
	r, ok := d.hex4(d.at + 2)
	if !ok {
		return out, text
	}
	n := 6
	if r&0xf800 == 0xd800 {
		if r&0x400 != 0 || d.at+12 > len(d.in) || d.in[d.at+6] != '\\' || d.in[d.at+7] != 'u' {
			return out, text
		}
		low, ok := d.hex4(d.at + 8)
		if !ok || low&0xfc00 != 0xdc00 {
			return out, text
		}
		r = 0x10000 + (r&0x3ff)<<10 + low&0x3ff
		n = 12
	}
	d.at += n
	return utf8.AppendRune(out, r), ""
}

// num reads a number, and what C's strtod takes for one where that is allowed.
func (d *jsonDecoder) num(tok jsonToken) jsonToken {
	end := d.at
	for end < len(d.in) && (isAlpha(d.in[end]) || d.in[end] >= '0' && d.in[end] <= '9' || d.in[end] == '-' || d.in[end] == '+' || d.in[end] == '.') {
		end++
	}
	c := d.in[d.at]
	if !d.s.invalidDecoding && (c >= '0' && c <= '9' || c == '-') && !plainNumber(d.in[d.at:end]) {
		return d.invalid(tok, d.at, "invalid number")
	}
	if c >= '0' && c <= '9' || c == '-' || d.s.invalidDecoding && (c == '+' || isAlpha(c)) {
		for ; end > d.at; end-- {
			f, ok := parseNumber(d.in[d.at:end])
			if !ok {
				continue
			}
			if isAlpha(c) && special(f) == "" {
				break
			}
			d.at = end
			tok.kind, tok.number = "T_NUMBER", f
			return tok
		}
		if c >= '0' && c <= '9' || c == '-' {
			return d.invalid(tok, d.at, "invalid number")
		}
	}
	return d.invalid(tok, d.at, "invalid token")
}

// plainNumber reports whether the text is a number as JSON has them, more or less.
func plainNumber(s string) bool {
	if s[0] == '-' {
		s = s[1:]
	}
	if s == "" || s[0] < '0' || s[0] > '9' {
		return false
	}
	if s[0] == '0' && len(s) > 1 && (s[1]|0x20 == 'x' || s[1] >= '0' && s[1] <= '9') {
		return false
	}
	return true
}

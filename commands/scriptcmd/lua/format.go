package lua

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// strFormat is string.format: printf of C with the conversions that Lua 5.1 allows.
func strFormat(L *glua.LState) int {
	format := checkString(L, 1, "format")
	var out []byte
	arg := 1
	for i := 0; i < len(format); i++ {
		if format[i] != '%' {
			out = append(out, format[i])
			continue
		}
		i++
		if i < len(format) && format[i] == '%' {
			out = append(out, '%')
			continue
		}
		if arg++; arg > L.GetTop() {
			argError(L, arg, "format", "no value")
		}
		d, next := parseDirective(L, format, i)
		i = next
		out = d.append(L, out, arg)
	}
	L.Push(glua.LString(out))
	return 1
}

// A directive is one conversion of a format.
type directive struct {
	flags           string
	width           int
	precision       int
	hasPrecision    bool
	verb            byte
	minus, zero     bool
	plus, blank, sh bool
}

func parseDirective(L *glua.LState, format string, i int) (d directive, at int) {
	from := i
	for i < len(format) && strings.IndexByte("-+ #0", format[i]) >= 0 {
		switch format[i] {
		case '-':
			d.minus = true
		case '+':
			d.plus = true
		case ' ':
			d.blank = true
		case '#':
			d.sh = true
		case '0':
			d.zero = true
		}
		i++
	}
	if i-from > 5 {
		fail(L, "invalid format (repeated flags)")
	}
	digits := func() (n int) {
		for k := 0; k < 2 && i < len(format) && format[i] >= '0' && format[i] <= '9'; k++ {
			n = n*10 + int(format[i]-'0')
			i++
		}
		return n
	}
	d.width = digits()
	if i < len(format) && format[i] == '.' {
		i++
		d.hasPrecision = true
		d.precision = digits()
	}
	if i < len(format) && format[i] >= '0' && format[i] <= '9' {
		fail(L, "invalid format (width or precision too long)")
	}
	if i < len(format) {
		d.verb = format[i]
	}
	return d, i
}

// append appends argument n as the directive says.
func (d directive) append(L *glua.LState, out []byte, n int) []byte {
	switch d.verb {
	case 'c':
		c := d.pad(nil, "", string([]byte{byte(checkInt(L, n, "format"))}), false)
		if i := bytes.IndexByte(c, 0); i >= 0 {
			c = c[:i] // where C's string ends
		}
		return append(out, c...)
	case 'd', 'i':
		return d.integer(out, int64(toInt(checkNumber(L, n, "format"))))
	case 'o', 'u', 'x', 'X':
		return d.unsigned(out, checkNumber(L, n, "format"))
	case 'e', 'E', 'f', 'g', 'G':
		return d.float(out, checkNumber(L, n, "format"))
	case 'q':
		return appendQuoted(out, checkString(L, n, "format"))
	case 's':
		s := checkString(L, n, "format")
		if d.hasPrecision && d.precision < len(s) {
			s = s[:d.precision]
		}
		return d.pad(out, "", s, false)
	}
	option := ""
	if d.verb != 0 {
		option = string([]byte{d.verb})
	}
	fail(L, "%s", "invalid option '%"+option+"' to 'format'")
	return nil
}

// pad appends sign and text in the width; zeros stand between them where they are allowed.
func (d directive) pad(out []byte, sign, text string, zeros bool) []byte {
	fill := max(d.width-len(sign)-len(text), 0)
	switch {
	case d.minus:
		return append(append(append(out, sign...), text...), strings.Repeat(" ", fill)...)
	case d.zero && zeros:
		return append(append(append(out, sign...), strings.Repeat("0", fill)...), text...)
	}
	return append(append(append(out, strings.Repeat(" ", fill)...), sign...), text...)
}

func (d directive) sign(negative bool) string {
	switch {
	case negative:
		return "-"
	case d.plus:
		return "+"
	case d.blank:
		return " "
	}
	return ""
}

func (d directive) digits(text string, zero bool) string {
	if d.hasPrecision {
		if d.precision == 0 && zero {
			return ""
		}
		if n := d.precision - len(text); n > 0 {
			return strings.Repeat("0", n) + text
		}
	}
	return text
}

func (d directive) integer(out []byte, n int64) []byte {
	text := strings.TrimPrefix(strconv.FormatInt(n, 10), "-")
	return d.pad(out, d.sign(n < 0), d.digits(text, n == 0), !d.hasPrecision)
}

func (d directive) unsigned(out []byte, f float64) []byte {
	var n uint64
	if f >= 1<<63 && f < 1<<64 {
		n = uint64(f)
	} else {
		n = uint64(toInt(f))
	}
	base, prefix := 10, ""
	switch d.verb {
	case 'o':
		base = 8
	case 'x', 'X':
		base = 16
		if d.sh && n != 0 {
			prefix = "0" + string([]byte{d.verb})
		}
	}
	text := d.digits(strconv.FormatUint(n, base), n == 0)
	if d.verb == 'o' && d.sh && !strings.HasPrefix(text, "0") {
		text = "0" + text
	}
	if d.verb == 'X' {
		text = strings.ToUpper(text)
	}
	return d.pad(out, prefix, text, !d.hasPrecision)
}

func (d directive) float(out []byte, f float64) []byte {
	precision := 6
	if d.hasPrecision {
		precision = d.precision
	}
	upper := d.verb < 'a'
	if s := special(f); s != "" {
		text := strings.TrimPrefix(s, "-")
		if upper {
			text = strings.ToUpper(text)
		}
		return d.pad(out, d.sign(s[0] == '-'), text, false)
	}
	verb := d.verb | 0x20
	var text string
	switch {
	case d.sh:
		text = fmt.Sprintf("%#."+strconv.Itoa(precision)+string([]byte{verb}), f)
	case verb == 'g':
		text = strconv.FormatFloat(f, 'g', max(precision, 1), 64)
	default:
		text = strconv.FormatFloat(f, verb, precision, 64)
	}
	negative := strings.HasPrefix(text, "-")
	text = strings.TrimPrefix(text, "-")
	if upper {
		text = strings.ToUpper(text)
	}
	return d.pad(out, d.sign(negative), text, true)
}

// appendQuoted appends the string as a literal of Lua.
func appendQuoted(out []byte, s string) []byte {
	out = append(out, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '"', '\\', '\n':
			out = append(out, '\\', c)
		case '\r':
			out = append(out, `\r`...)
		case 0:
			out = append(out, `\000`...)
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}

package cli

import (
	"strconv"

	"github.com/medleydb/medley/commands/command"
	"github.com/medleydb/medley/datatypes"
)

// appendReply appends a reply as it is printed. rawText is set for commands whose
// reply is a text to read (INFO, CLIENT LIST): it appears as it is, whatever the
// format.
func (o *options) appendReply(dst []byte, v command.Value, rawText bool) []byte {
	switch {
	case rawText:
		return appendRaw(dst, v, o.elemDelim)
	case o.format == formatStandard:
		return appendStandard(dst, v, nil)
	case o.format == formatRaw:
		return append(appendRaw(dst, v, o.elemDelim), o.replyDelim...)
	case o.format == formatCSV:
		return append(appendCSV(dst, v), '\n')
	}
	return append(appendJSON(dst, v, o.format == formatQuotedJSON), '\n')
}

// appendStandard appends the form for people. indent stands before every line of
// an aggregate but the first.
func appendStandard(dst []byte, v command.Value, indent []byte) []byte {
	switch v.Kind {
	case command.Null, command.NullArray:
		dst = append(dst, "(nil)"...)
	case command.Status, command.Verbatim:
		dst = append(dst, v.Str...)
	case command.BigNumber:
		dst = append(dst, "(big number) "...)
		dst = append(dst, v.Str...)
	case command.Error:
		dst = append(dst, "(error) "...)
		dst = append(dst, v.Str...)
	case command.Int:
		dst = append(dst, "(integer) "...)
		dst = strconv.AppendInt(dst, v.Int, 10)
	case command.Double:
		dst = append(dst, "(double) "...)
		dst = append(dst, doubleText(v)...)
	case command.Bulk:
		dst = datatypes.AppendQuoted(dst, v.Str)
	case command.Bool:
		dst = appendBool(dst, v)
	default:
		if len(v.Elems) > 0 {
			return appendElements(dst, v, indent)
		}
		dst = append(dst, emptyText(v.Kind)...)
	}
	return append(dst, '\n')
}

func emptyText(k command.Kind) string {
	switch k {
	case command.Map:
		return "(empty hash)"
	case command.Set:
		return "(empty set)"
	case command.Push:
		return "(empty push)"
	}
	return "(empty array)"
}

// appendElements appends numbered elements, each on its line; numbers are padded
// to one width and what is nested is indented by it.
func appendElements(dst []byte, v command.Value, indent []byte) []byte {
	step, mark := 1, byte(')')
	switch v.Kind {
	case command.Map:
		step, mark = 2, '#'
	case command.Set:
		mark = '~'
	}
	width := len(strconv.Itoa(len(v.Elems) / step))
	inner := append([]byte(nil), indent...)
	for range width + 2 {
		inner = append(inner, ' ')
	}
	for i := 0; i < len(v.Elems); i += step {
		if i > 0 {
			dst = append(dst, indent...)
		}
		number := strconv.Itoa(i/step + 1)
		for range width - len(number) {
			dst = append(dst, ' ')
		}
		dst = append(append(dst, number...), mark, ' ')
		dst = appendStandard(dst, v.Elems[i], inner)
		if step == 1 {
			continue
		}
		dst = append(dst[:len(dst)-1], " => "...) // in place of the line end
		if isMultiline(v.Elems[i+1]) {
			dst = append(append(dst, '\n'), inner...)
		}
		dst = appendStandard(dst, v.Elems[i+1], inner)
	}
	return dst
}

// isMultiline reports whether the form for people takes more than one line.
func isMultiline(v command.Value) bool {
	n := len(v.Elems)
	if n == 0 {
		return false
	}
	if v.Kind == command.Map {
		n /= 2
	}
	return n > 1 || isMultiline(v.Elems[len(v.Elems)-1])
}

// appendRaw appends the bytes of the reply, elements joined by delim.
func appendRaw(dst []byte, v command.Value, delim string) []byte {
	switch v.Kind {
	case command.Null, command.NullArray:
		return dst
	case command.Error:
		return append(append(dst, v.Str...), '\n')
	case command.Bool:
		return appendBool(dst, v)
	case command.Double:
		return append(dst, doubleText(v)...)
	case command.Array, command.Set, command.Push, command.Map:
		for i, e := range v.Elems {
			if v.Kind == command.Map && i%2 == 1 {
				dst = append(dst, ' ')
			} else if i > 0 {
				dst = append(dst, delim...)
			}
			dst = appendRaw(dst, e, delim)
		}
		return dst
	}
	return append(dst, v.Text()...)
}

// appendCSV appends one line of comma-separated values; aggregates are flattened.
func appendCSV(dst []byte, v command.Value) []byte {
	switch v.Kind {
	case command.Null, command.NullArray:
		return append(dst, "NULL"...)
	case command.Error:
		return datatypes.AppendQuoted(append(dst, "ERROR,"...), v.Str)
	case command.Status, command.Bulk, command.Verbatim:
		return datatypes.AppendQuoted(dst, v.Str)
	case command.Double:
		return append(dst, doubleText(v)...)
	case command.Array, command.Set, command.Push, command.Map:
		for i, e := range v.Elems {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendCSV(dst, e)
		}
		return dst
	}
	return append(dst, v.Text()...)
}

// appendJSON appends a reply as JSON. With ascii, strings are written as for
// people and their backslashes doubled, so that any bytes survive.
func appendJSON(dst []byte, v command.Value, ascii bool) []byte {
	switch v.Kind {
	case command.Null, command.NullArray:
		return append(dst, "null"...)
	case command.Error:
		return appendJSONString(append(dst, "error:"...), v.Str, ascii)
	case command.Status, command.Bulk, command.Verbatim:
		return appendJSONString(dst, v.Str, ascii)
	case command.Double:
		return append(dst, doubleText(v)...)
	case command.Array, command.Set, command.Push:
		dst = append(dst, '[')
		for i, e := range v.Elems {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, e, ascii)
		}
		return append(dst, ']')
	case command.Map:
		dst = append(dst, '{')
		for i := 0; i+1 < len(v.Elems); i += 2 {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSONKey(dst, v.Elems[i], ascii)
			dst = append(dst, ':')
			dst = appendJSON(dst, v.Elems[i+1], ascii)
		}
		return append(dst, '}')
	}
	return append(dst, v.Text()...)
}

// appendJSONKey quotes keys that are no strings: JSON has no others.
func appendJSONKey(dst []byte, v command.Value, ascii bool) []byte {
	switch v.Kind {
	case command.Status, command.Bulk, command.Verbatim, command.Error:
		return appendJSON(dst, v, ascii)
	}
	dst = append(dst, '"')
	dst = appendJSON(dst, v, ascii)
	return append(dst, '"')
}

func appendBool(dst []byte, v command.Value) []byte {
	if v.Int != 0 {
		return append(dst, "(true)"...)
	}
	return append(dst, "(false)"...)
}

// doubleText is the double as the server wrote it: "3.0" and "3" are different
// answers to someone who looks at a server.
func doubleText(v command.Value) string {
	if v.Str != "" {
		return v.Str
	}
	return v.Text()
}

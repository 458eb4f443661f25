package cli

import "github.com/medleydb/medley/datatypes"

// appendJSONString appends s as a JSON string. Bytes above 0x1f pass as they are:
// text that is UTF-8 stays readable.
func appendJSONString(dst []byte, s string, ascii bool) []byte {
	if ascii {
		for _, c := range datatypes.AppendQuoted(nil, s) {
			if c == '\\' {
				dst = append(dst, '\\')
			}
			dst = append(dst, c)
		}
		return dst
	}
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '\\', '"':
			dst = append(dst, '\\', c)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\f':
			dst = append(dst, '\\', 'f')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		case '\b':
			dst = append(dst, '\\', 'b')
		default:
			if c <= 0x1f {
				dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			} else {
				dst = append(dst, c)
			}
		}
	}
	return append(dst, '"')
}

const hexDigits = "0123456789abcdef"

package zset

import (
	"bytes"
	"math"
	"strconv"

	"github.com/medleydb/medley/datatypes"
)

// AppendScore17 appends a score in 17 digits, as C's %.17g: no zeros at the end, and an
// exponent of at least two digits where the number is below 1e-4 or has more than 17
// digits. Servers of the field write scores so where they scan or digest them; everywhere
// else it is datatypes.FormatFloat.
func AppendScore17(dst []byte, f float64) []byte {
	if math.IsInf(f, 0) {
		return datatypes.FormatFloat(dst, f)
	}
	var room [32]byte
	e := strconv.AppendFloat(room[:0], f, 'e', 16, 64)
	at := bytes.IndexByte(e, 'e')
	exp, _ := strconv.Atoi(string(e[at+1:]))
	if exp < -4 || exp >= 17 {
		return append(append(dst, trimZeros(e[:at])...), e[at:]...)
	}
	from := len(dst)
	dst = strconv.AppendFloat(dst, f, 'f', 16-exp, 64)
	return dst[:from+len(trimZeros(dst[from:]))]
}

// trimZeros cuts the zeros at the end of a fraction.
func trimZeros(b []byte) []byte {
	if bytes.IndexByte(b, '.') < 0 {
		return b
	}
	return bytes.TrimSuffix(bytes.TrimRight(b, "0"), []byte("."))
}

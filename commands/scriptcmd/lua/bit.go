package lua

import (
	"math"
	"math/bits"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// bitLibrary is bit (BitOp): operations on signed 32-bit integers.
var bitLibrary = Library{Names: []string{"bit"}, Open: func(st *State) map[string]glua.LValue {
	list := map[string]glua.LGFunction{
		"tobit": func(L *glua.LState) int { return pushBits(L, checkBits(L, 1, "tobit")) },
		"bnot":  func(L *glua.LState) int { return pushBits(L, ^checkBits(L, 1, "bnot")) },
		"bswap": func(L *glua.LState) int { return pushBits(L, bits.ReverseBytes32(checkBits(L, 1, "bswap"))) },
		"tohex": bitToHex,
	}
	for name, f := range map[string]func(a, b uint32) uint32{
		"band": func(a, b uint32) uint32 { return a & b },
		"bor":  func(a, b uint32) uint32 { return a | b },
		"bxor": func(a, b uint32) uint32 { return a ^ b },
	} {
		list[name] = func(L *glua.LState) int {
			b := checkBits(L, 1, name)
			for i := 2; i <= L.GetTop(); i++ {
				b = f(b, checkBits(L, i, name))
			}
			return pushBits(L, b)
		}
	}
	for name, f := range map[string]func(b, n uint32) uint32{
		"lshift":  func(b, n uint32) uint32 { return b << n },
		"rshift":  func(b, n uint32) uint32 { return b >> n },
		"arshift": func(b, n uint32) uint32 { return uint32(int32(b) >> n) },
		"rol":     func(b, n uint32) uint32 { return bits.RotateLeft32(b, int(n)) },
		"ror":     func(b, n uint32) uint32 { return bits.RotateLeft32(b, -int(n)) },
	} {
		list[name] = func(L *glua.LState) int {
			return pushBits(L, f(checkBits(L, 1, name), checkBits(L, 2, name)&31))
		}
	}
	return functions(st, list)
}}

// checkBits takes the low 32 bits of a number, rounded to the nearest whole one: adding 1.5 *
// 2^52 puts them at the end of the double.
func checkBits(L *glua.LState, n int, name string) uint32 {
	return uint32(math.Float64bits(checkNumber(L, n, name) + 6755399441055744))
}

func pushBits(L *glua.LState, b uint32) int { return pushNumber(L, float64(int32(b))) }

func bitToHex(L *glua.LState) int {
	b := checkBits(L, 1, "tohex")
	n := int32(8)
	if L.GetTop() >= 2 && L.Get(2) != glua.LNil {
		n = int32(checkBits(L, 2, "tohex"))
	}
	upper := n < 0
	if upper {
		n = -n
	}
	if n < 0 || n > 8 {
		n = 8
	}
	s := strconv.FormatUint(uint64(b), 16)
	s = strings.Repeat("0", 8-len(s)) + s
	s = s[8-n:]
	if upper {
		s = strings.ToUpper(s)
	}
	L.Push(glua.LString(s))
	return 1
}

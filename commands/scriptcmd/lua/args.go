package lua

import (
	"fmt"

	glua "github.com/yuin/gopher-lua"
)

// Arguments of builtins, with the errors that Lua 5.1 has for them. name is the function's.

// typeName returns the type of argument n, "no value" where there is none.
func typeName(L *glua.LState, n int) string {
	if n > L.GetTop() {
		return "no value"
	}
	return L.Get(n).Type().String()
}

// fail raises an error that begins with the position of the caller, if that is a function of
// Lua.
func fail(L *glua.LState, format string, args ...any) {
	raise(L, glua.LString(where(L, 1)+fmt.Sprintf(format, args...)))
}

func argError(L *glua.LState, n int, name, text string) {
	if where(L, 1) == "" {
		name = "?" // nobody has named it
	}
	fail(L, "bad argument #%d to '%s' (%s)", n, name, text)
}

func typeError(L *glua.LState, n int, name, want string) {
	argError(L, n, name, want+" expected, got "+typeName(L, n))
}

func checkAny(L *glua.LState, n int, name string) glua.LValue {
	if n > L.GetTop() {
		argError(L, n, name, "value expected")
	}
	return L.Get(n)
}

func checkTable(L *glua.LState, n int, name string) *glua.LTable {
	t, ok := L.Get(n).(*glua.LTable)
	if !ok {
		typeError(L, n, name, "table")
	}
	return t
}

func checkFunction(L *glua.LState, n int, name string) *glua.LFunction {
	f, ok := L.Get(n).(*glua.LFunction)
	if !ok {
		typeError(L, n, name, "function")
	}
	return f
}

func checkString(L *glua.LState, n int, name string) string {
	s, ok := toText(L.Get(n))
	if !ok {
		typeError(L, n, name, "string")
	}
	return s
}

func optString(L *glua.LState, n int, name, otherwise string) string {
	if L.Get(n) == glua.LNil {
		return otherwise
	}
	return checkString(L, n, name)
}

func checkNumber(L *glua.LState, n int, name string) float64 {
	f, ok := toNumber(L.Get(n))
	if !ok {
		typeError(L, n, name, "number")
	}
	return f
}

func checkInt(L *glua.LState, n int, name string) int { return toInt(checkNumber(L, n, name)) }

func optInt(L *glua.LState, n int, name string, otherwise int) int {
	if L.Get(n) == glua.LNil {
		return otherwise
	}
	return checkInt(L, n, name)
}

// toText returns a string, or a number as a string.
func toText(v glua.LValue) (string, bool) {
	switch v := v.(type) {
	case glua.LString:
		return string(v), true
	case glua.LNumber:
		return numberText(float64(v)), true
	}
	return "", false
}

// Text returns a string, or a number as Lua writes it; false for other values.
func Text(v glua.LValue) (string, bool) { return toText(v) }

// Raise raises the value as an error.
func Raise(L *glua.LState, v glua.LValue) { raise(L, v) }

// Where returns the position of the function at a level above the running one, as errors begin
// with it: "name:line: ".
func Where(L *glua.LState, level int) string { return where(L, level) }
